/* SPDX-License-Identifier: MIT */
/* A recursive-descent reader of JSON. */
#include "json_check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct reader {
	const char *at;
	char path[256];
	json_visitor visitor;
	void *user;
};

static bool read_value(struct reader *reader);

static void skip_space(struct reader *reader) {
	reader->at += strspn(reader->at, " \t\n\r");
}

static bool take(struct reader *reader, const char *token) {
	skip_space(reader);
	if (strncmp(reader->at, token, strlen(token)))
		return false;
	reader->at += strlen(token);
	return true;
}

static bool read_string(struct reader *reader) {
	if (!take(reader, "\""))
		return false;
	for (; *reader->at != '"'; reader->at++) {
		if ((unsigned char)*reader->at < 0x20)
			return false;
		if (*reader->at != '\\')
			continue;
		reader->at++;
		if (!*reader->at || !strchr("\"\\/bfnrtu", *reader->at))
			return false;
		if (*reader->at == 'u')
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char)*++reader->at))
					return false;
	}
	reader->at++;
	return true;
}

static bool read_digits(struct reader *reader) {
	size_t digits = strspn(reader->at, "0123456789");

	reader->at += digits;
	return digits;
}

static bool read_number(struct reader *reader) {
	reader->at += *reader->at == '-';
	if (*reader->at == '0')
		reader->at++;
	else if (!read_digits(reader))
		return false;
	if (*reader->at == '.') {
		reader->at++;
		if (!read_digits(reader))
			return false;
	}
	if (*reader->at == 'e' || *reader->at == 'E') {
		reader->at++;
		reader->at += *reader->at == '+' || *reader->at == '-';
		if (!read_digits(reader))
			return false;
	}
	return !strchr("0123456789.eE+-", *reader->at) || !*reader->at;
}

static bool read_members(struct reader *reader) {
	size_t length = strlen(reader->path);

	if (take(reader, "}"))
		return true;
	do {
		skip_space(reader);
		const char *key = reader->at + 1;
		if (!read_string(reader))
			return false;
		snprintf(reader->path + length, sizeof reader->path - length, "%s%.*s", length ? "." : "",
			(int)(reader->at - 1 - key), key);
		if (!take(reader, ":") || !read_value(reader))
			return false;
		reader->path[length] = '\0';
	} while (take(reader, ","));
	return take(reader, "}");
}

static bool read_items(struct reader *reader) {
	if (take(reader, "]"))
		return true;
	do {
		if (!read_value(reader))
			return false;
	} while (take(reader, ","));
	return take(reader, "]");
}

static bool read_value(struct reader *reader) {
	char value[256];

	skip_space(reader);
	const char *start = reader->at;
	bool nested = *start == '{' || *start == '[';
	if (nested) {
		value[0] = *start;
		value[1] = '\0';
		if (reader->visitor)
			reader->visitor(reader->path, value, reader->user);
		reader->at++;
		return *start == '{' ? read_members(reader) : read_items(reader);
	}
	bool valid = *start == '"' ? read_string(reader)
				   : take(reader, "true") || take(reader, "false") || take(reader, "null") ||
					     read_number(reader);
	if (valid && reader->visitor) {
		snprintf(value, sizeof value, "%.*s", (int)(reader->at - start), start);
		reader->visitor(reader->path, value, reader->user);
	}
	return valid;
}

bool json_check(const char *text, json_visitor visitor, void *user) {
	struct reader reader = {.at = text, .visitor = visitor, .user = user};

	if (!read_value(&reader))
		return false;
	skip_space(&reader);
	return !*reader.at;
}
