/* SPDX-License-Identifier: MIT */
/* The table of settings, the parsing of their values, and the sources in which they are looked up. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* secure_getenv; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/setting_table.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sys/stat.h>

#include "util/alloc.h"

#define FILE_NAME "vk_layer_settings.txt"
#define LAYER_PREFIX "tongs_metal_interop."

/* The most bytes of the settings file that are read. */
enum { MOST_OF_FILE = 1 << 20, MOST_OF_LINE = 4096 };

/* Room for a gigabyte and for some smaller allocations. */
#define MOST_POOLED (UINT64_C(1280) << 20)

static const struct tongs_setting_row rows[TONGS_SETTING_COUNT] = {
	[TONGS_SETTING_LOG] =
		{
			.name = "log",
			.variable = "TONGS_LOG",
			.type = TONGS_SETTING_CHOICE,
			.scope = TONGS_SETTING_OF_PROCESS,
			.default_value = 2,
			.words = {"off", "error", "warning"},
			.help = "The least severe messages that are logged",
		},
	[TONGS_SETTING_POOL_LIMIT] =
		{
			.name = "pool_limit",
			.variable = "TONGS_POOL_LIMIT",
			.type = TONGS_SETTING_SIZE,
			.scope = TONGS_SETTING_OF_PROCESS,
			.default_value = MOST_POOLED,
			.help = "How many bytes of freed memory are kept for the next allocation; 0: none",
		},
	[TONGS_SETTING_VALIDATION] =
		{
			.name = "validation",
			.variable = "TONGS_VALIDATION",
			.type = TONGS_SETTING_SWITCH,
			.scope = TONGS_SETTING_OF_INSTANCE,
			.help = "Log broken rules where there is no debug messenger",
		},
	[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT] =
		{
			.name = "duplicate_message_limit",
			.variable = "TONGS_DUPLICATE_MESSAGE_LIMIT",
			.old_variable = "TONGS_VALIDATION_LIMIT",
			.type = TONGS_SETTING_NUMBER,
			.scope = TONGS_SETTING_OF_INSTANCE,
			.default_value = 10,
			.help = "How often a broken rule is reported for the same objects; 0: always",
		},
	[TONGS_SETTING_LEAKS] =
		{
			.name = "leaks",
			.variable = "TONGS_LEAKS",
			.type = TONGS_SETTING_SWITCH,
			.scope = TONGS_SETTING_AT_LOAD,
			.help = "List Metal objects that are alive at exit",
		},
	[TONGS_SETTING_ZOMBIES] =
		{
			.name = "zombies",
			.variable = "TONGS_ZOMBIES",
			.type = TONGS_SETTING_SWITCH,
			.scope = TONGS_SETTING_AT_LOAD,
			.help = "Report messages to released Metal objects",
		},
	[TONGS_SETTING_SHARE_PROCESSES] =
		{
			.name = "share_processes",
			.variable = "TONGS_SHARE_PROCESSES",
			.type = TONGS_SETTING_SWITCH,
			.scope = TONGS_SETTING_AT_LOAD,
			.help = "Allocate all host pages so that they can be sent to other processes",
		},
	[TONGS_SETTING_SHARE_SEMAPHORES] =
		{
			.name = "share_semaphores",
			.variable = "TONGS_SHARE_SEMAPHORES",
			.type = TONGS_SETTING_SWITCH,
			.scope = TONGS_SETTING_AT_LOAD,
			.default_value = 1,
			.help = "Let the GPU wait for events that are timeline semaphores, where it can",
		},
};

const struct tongs_setting_row *tongs_setting_get_row(enum tongs_setting setting) {
	return &rows[setting];
}

uint64_t tongs_setting_get_default(enum tongs_setting setting) {
	if (setting != TONGS_SETTING_POOL_LIMIT)
		return rows[setting].default_value;
	/* An eighth of the machine's memory if that is less. */
	const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	if (pages <= 0 || page <= 0 || (uint64_t)pages >= MOST_POOLED * 8 / (uint64_t)page)
		return MOST_POOLED;
	return (uint64_t)pages / 8 * (uint64_t)page;
}

const char *tongs_setting_describe_type(const struct tongs_setting_row *row) {
	switch (row->type) {
	case TONGS_SETTING_SWITCH:
		return "1, on or true, 0, off or false";
	case TONGS_SETTING_NUMBER:
		return "a number of at most 4294967295";
	case TONGS_SETTING_SIZE:
		return "a number of bytes, as 1048576, 1024K, 1M or 2G";
	default:
		return "off, error or warning";
	}
}

/* Parses decimal digits; returns what follows them, or NULL if there are none or the number is too large. */
static const char *parse_digits(const char *text, uint64_t *number) {
	const char *at = text;
	*number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*number, 10, number) ||
			__builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
			return NULL;
	return at > text ? at : NULL;
}

static bool parse_size(const char *text, uint64_t *size) {
	static const char letters[] = "kKmMgG";
	uint64_t number, unit = 1;
	const char *end = parse_digits(text, &number), *letter = end && *end ? strchr(letters, *end) : NULL;
	if (letter) {
		unit = UINT64_C(1) << (10 * ((letter - letters) / 2 + 1));
		end++;
	}
	if (!end || *end || __builtin_mul_overflow(number, unit, &number) || number > SIZE_MAX)
		return false;
	*size = number;
	return true;
}

static bool parse_word(const char *const *words, const char *text, uint64_t *index) {
	for (uint64_t i = 0; words[i]; i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

bool tongs_setting_parse(const struct tongs_setting_row *row, const char *text, uint64_t *value) {
	static const char *const switch_words[] = {"0", "1", "off", "on", "false", "true", NULL};
	uint64_t number;
	switch (row->type) {
	case TONGS_SETTING_SWITCH:
		if (!parse_word(switch_words, text, &number))
			return false;
		*value = number & 1;
		return true;
	case TONGS_SETTING_NUMBER: {
		const char *end = parse_digits(text, &number);
		if (!end || *end || number > UINT32_MAX)
			return false;
		*value = number;
		return true;
	}
	case TONGS_SETTING_SIZE:
		return parse_size(text, value);
	default:
		return parse_word(row->words, text, value);
	}
}

static pthread_once_t file_once = PTHREAD_ONCE_INIT;
static char *file_values[TONGS_SETTING_COUNT]; /* set once, by read_file; NULL: not in the file */

static char *trim(char *text) {
	while (isspace((unsigned char)*text))
		text++;
	for (size_t length = strlen(text); length > 0 && isspace((unsigned char)text[length - 1]); length--)
		text[length - 1] = '\0';
	return text;
}

/* "key = value # comment"; the last line of a key wins. If memory runs out, a line is ignored. */
static void read_line(char *line) {
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	if (strncmp(line, byte_order_mark, strlen(byte_order_mark)) == 0)
		line += strlen(byte_order_mark);
	line[strcspn(line, "#")] = '\0';
	char *equals = strchr(line, '=');
	if (!equals)
		return;
	*equals = '\0';
	const char *key = trim(line), *value = trim(equals + 1);
	if (strncmp(key, LAYER_PREFIX, strlen(LAYER_PREFIX)) != 0)
		return;
	for (size_t i = 0; i < TONGS_SETTING_COUNT; i++) {
		if (strcmp(key + strlen(LAYER_PREFIX), rows[i].name) != 0)
			continue;
		tongs_free(NULL, file_values[i]);
		file_values[i] = tongs_malloc(1, strlen(value) + 1);
		if (file_values[i])
			memcpy(file_values[i], value, strlen(value) + 1);
	}
}

/* What only looks like a regular file, as the kernel's log does, must not block. */
static FILE *open_regular(const char *path) {
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return NULL;
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	if (!file && descriptor >= 0)
		close(descriptor);
	return file;
}

static FILE *open_in(const char *folder, const char *below) {
	char path[4096];
	if (!folder || !*folder ||
		(size_t)snprintf(path, sizeof(path), "%s%s/" FILE_NAME, folder, below) >= sizeof(path))
		return NULL;
	return open_regular(path);
}

static FILE *open_file(void) {
	const char *data = secure_getenv("XDG_DATA_HOME"), *path = secure_getenv("VK_LAYER_SETTINGS_PATH");
	struct stat info;
	FILE *file = data && *data == '/' ? open_in(data, "/vulkan/settings.d")
					  : open_in(secure_getenv("HOME"), "/.local/share/vulkan/settings.d");
	if (file || !path || stat(path, &info) != 0)
		return file;
	return S_ISDIR(info.st_mode) ? open_in(path, "") : open_regular(path);
}

static void read_file(void) {
	FILE *file = open_file();
	char line[MOST_OF_LINE + 1] = {0};
	size_t length = 0;
	int next = file ? 0 : EOF;
	for (size_t i = 0; i < MOST_OF_FILE && next != EOF; i++) {
		next = getc(file);
		if (next == '\n' || next == EOF) {
			line[length] = '\0';
			read_line(line);
			length = 0;
		} else if (length < MOST_OF_LINE) {
			line[length++] = (char)next;
		}
	}
	if (file)
		fclose(file);
}

/* TONGS_POOL_LIMIT becomes VK_TONGS_METAL_INTEROP_POOL_LIMIT, the form of names that the SDK's layers use. */
static const char *find_variable(
	const struct tongs_setting_row *row, enum tongs_setting_source source, char name[TONGS_SETTING_NAME_SIZE]) {
	const bool old = source == TONGS_SETTING_OLD_VARIABLE, layers = source == TONGS_SETTING_LAYER_VARIABLE;
	if (old && !row->old_variable)
		return NULL;
	snprintf(name, TONGS_SETTING_NAME_SIZE, "%s%s", layers ? "VK_TONGS_METAL_INTEROP_" : "",
		old      ? row->old_variable
		: layers ? row->variable + strlen("TONGS_")
			 : row->variable);
	return secure_getenv(name);
}

const char *tongs_setting_find(
	enum tongs_setting setting, enum tongs_setting_source source, char name[TONGS_SETTING_NAME_SIZE]) {
	const char *text;
	if (source == TONGS_SETTING_FILE) {
		pthread_once(&file_once, read_file);
		snprintf(name, TONGS_SETTING_NAME_SIZE, LAYER_PREFIX "%s", rows[setting].name);
		text = file_values[setting];
	} else {
		text = find_variable(&rows[setting], source, name);
	}
	return text && *text ? text : NULL;
}
