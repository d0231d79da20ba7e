/* SPDX-License-Identifier: MIT */
/* Writing JSON: commas, indentation and escapes. */
#ifndef TONGS_TOOL_JSON_H
#define TONGS_TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Start with `file` set and the rest zero. */
struct tongs_json {
	FILE *file;
	unsigned depth;
	bool has_values; /* something stands already in the innermost object or array */
};

/* `key` is NULL inside arrays and at the top. `bracket`: '{' or '['; the same is given to close. */
void tongs_json_open(struct tongs_json *json, const char *key, char bracket);
void tongs_json_close(struct tongs_json *json, char bracket);
/* UTF-8; NULL: null. Bytes that are no UTF-8 become U+FFFD. */
void tongs_json_string(struct tongs_json *json, const char *key, const char *value);
void tongs_json_number(struct tongs_json *json, const char *key, uint64_t value);
void tongs_json_integer(struct tongs_json *json, const char *key, int64_t value);
void tongs_json_bool(struct tongs_json *json, const char *key, bool value);

#endif
