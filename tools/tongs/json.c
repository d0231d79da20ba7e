/* SPDX-License-Identifier: MIT */
/* A JSON writer. */
#include "json.h"

#include <inttypes.h>

#include "utf8.h"

static void break_line(const struct tongs_json *json) {
	fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
}

static void put_string(const struct tongs_json *json, const char *value) {
	fputc('"', json->file);
	for (const unsigned char *c = (const unsigned char *)value; *c;) {
		unsigned length = tongs_utf8_length(c);
		if (!length)
			fputs("\\ufffd", json->file);
		else if (*c < 0x20)
			fprintf(json->file, "\\u%04x", *c);
		else
			fprintf(json->file, "%s%.*s", *c == '"' || *c == '\\' ? "\\" : "", (int)length,
				(const char *)c);
		c += length ? length : 1;
	}
	fputc('"', json->file);
}

static void begin_value(struct tongs_json *json, const char *key) {
	if (json->has_values)
		fputc(',', json->file);
	if (json->depth)
		break_line(json);
	json->has_values = true;
	if (key) {
		put_string(json, key);
		fputs(": ", json->file);
	}
}

void tongs_json_open(struct tongs_json *json, const char *key, char bracket) {
	begin_value(json, key);
	fputc(bracket, json->file);
	json->depth++;
	json->has_values = false;
}

void tongs_json_close(struct tongs_json *json, char bracket) {
	json->depth--;
	if (json->has_values)
		break_line(json);
	fputc(bracket == '{' ? '}' : ']', json->file);
	json->has_values = true;
	if (!json->depth)
		fputc('\n', json->file);
}

void tongs_json_string(struct tongs_json *json, const char *key, const char *value) {
	begin_value(json, key);
	if (value)
		put_string(json, value);
	else
		fputs("null", json->file);
}

void tongs_json_number(struct tongs_json *json, const char *key, uint64_t value) {
	begin_value(json, key);
	fprintf(json->file, "%" PRIu64, value);
}

void tongs_json_integer(struct tongs_json *json, const char *key, int64_t value) {
	begin_value(json, key);
	fprintf(json->file, "%" PRId64, value);
}

void tongs_json_bool(struct tongs_json *json, const char *key, bool value) {
	begin_value(json, key);
	fputs(value ? "true" : "false", json->file);
}
