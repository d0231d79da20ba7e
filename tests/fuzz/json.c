/* SPDX-License-Identifier: MIT */
/* The JSON writer must write valid JSON for any text. */
#include "input.h"

#include "json.h"
#include "json_check.h"

/* The keys are the program's own. */
static void add(struct input *input, cJSON *parent, bool is_object, unsigned depth) {
	while (input->left && choose(input, 8)) {
		char value[64] = {0};
		cJSON *child;
		memcpy(value, input->bytes, input->left < 63 ? input->left : 63);
		switch (choose(input, 4)) {
		case 0:
			child = choose(input, 2) ? cJSON_CreateObject() : cJSON_CreateArray();
			if (is_object)
				cJSON_AddItemToObject(parent, "nested", child);
			else
				cJSON_AddItemToArray(parent, child);
			if (depth < 15)
				add(input, child, cJSON_IsObject(child), depth + 1);
			break;
		case 1:
			if (is_object)
				cJSON_AddNumberToObject(parent, "number", (double)take(input, 8));
			else
				tongs_json_add_object(parent);
			break;
		default:
			tongs_json_add_string(parent, is_object ? "text" : NULL, choose(input, 8) ? value : NULL);
			break;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	cJSON *json = cJSON_CreateObject();
	REQUIRE(file && json);
	add(&input, json, true, 0);
	REQUIRE(tongs_json_write(file, json));
	fclose(file);
	REQUIRE(json_check(text, NULL, NULL));
	free(text);
	return 0;
}
