/* SPDX-License-Identifier: MIT */
/* What the program adds to cJSON: text from drivers and the kernel, and writing to a file. */
#ifndef TONGS_TOOL_JSON_H
#define TONGS_TOOL_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

/* Adds `text` under `key`, or to an array if `key` is NULL. NULL: null. Bytes that are not UTF-8 become U+FFFD. */
void tongs_json_add_string(cJSON *parent, const char *key, const char *text);

/* Appends an empty object to an array and returns it. */
cJSON *tongs_json_add_object(cJSON *array);

/* Writes `json` and a newline, and deletes it. Returns false after a message if memory runs out; the caller checks
 * `file` for errors. */
bool tongs_json_write(FILE *file, cJSON *json);

#endif
