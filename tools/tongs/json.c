/* SPDX-License-Identifier: MIT */
/* cJSON trusts its input to be UTF-8; here, bytes that are not are replaced. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "utf8.h"

void tongs_json_add_string(cJSON *parent, const char *key, const char *text) {
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	char *valid = text ? malloc(strlen(text) * strlen(replacement) + 1) : NULL, *end = valid;

	for (const unsigned char *c = (const unsigned char *)text; valid && *c;) {
		unsigned length = tongs_utf8_length(c);
		end = mempcpy(end, length ? (const char *)c : replacement, length ? length : strlen(replacement));
		c += length ? length : 1;
	}
	if (end)
		*end = '\0';
	cJSON *json = valid ? cJSON_CreateString(valid) : cJSON_CreateNull();
	free(valid);
	if (key)
		cJSON_AddItemToObject(parent, key, json);
	else
		cJSON_AddItemToArray(parent, json);
}

cJSON *tongs_json_add_object(cJSON *array) {
	cJSON *json = cJSON_CreateObject();

	cJSON_AddItemToArray(array, json);
	return json;
}

bool tongs_json_write(FILE *file, cJSON *json) {
	char *text = cJSON_Print(json);

	cJSON_Delete(json);
	if (!text) {
		tongs_command_error("cannot write JSON: memory has run out");
		return false;
	}
	fprintf(file, "%s\n", text);
	cJSON_free(text);
	return true;
}
