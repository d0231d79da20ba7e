/* SPDX-License-Identifier: MIT */
/* The JSON writer, given any text, writes JSON. */
#include "input.h"

#include "json.h"
#include "json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	struct input input = {bytes, size};
	char *text = NULL;
	size_t length = 0;
	struct tongs_json json = {.file = open_memstream(&text, &length)};
	char brackets[16];
	REQUIRE(json.file);
	tongs_json_open(&json, NULL, brackets[0] = '{');
	while (input.left) {
		char key[16] = {0}, value[64] = {0};
		bool object = brackets[json.depth - 1] == '{';
		memcpy(key, input.bytes, input.left < 15 ? input.left : 15);
		take(&input, 3);
		memcpy(value, input.bytes, input.left < 63 ? input.left : 63);
		switch (choose(&input, 6)) {
		case 0:
			if (json.depth < 15) {
				char bracket = choose(&input, 2) ? '{' : '[';
				tongs_json_open(&json, object ? key : NULL, bracket);
				brackets[json.depth - 1] = bracket;
			}
			break;
		case 1:
			if (json.depth > 1)
				tongs_json_close(&json, brackets[json.depth - 1]);
			break;
		case 2:
			tongs_json_number(&json, object ? key : NULL, take(&input, 8));
			break;
		case 3:
			tongs_json_bool(&json, object ? key : NULL, choose(&input, 2));
			break;
		default:
			tongs_json_string(&json, object ? key : NULL, choose(&input, 8) ? value : NULL);
			break;
		}
	}
	while (json.depth)
		tongs_json_close(&json, brackets[json.depth - 1]);
	fclose(json.file);
	REQUIRE(json_check(text, NULL, NULL));
	free(text);
	return 0;
}
