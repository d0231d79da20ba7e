/* SPDX-License-Identifier: MIT */
/* The table of settings, and their values in the environment and the layers' settings file. Logs nothing, because the
 * log's level is itself a setting; everything except the log uses settings.h. */
#ifndef TONGS_UTIL_SETTING_TABLE_H
#define TONGS_UTIL_SETTING_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum tongs_setting {
	TONGS_SETTING_LOG,
	TONGS_SETTING_POOL_LIMIT,
	TONGS_SETTING_VALIDATION,
	TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT,
	TONGS_SETTING_LEAKS,
	TONGS_SETTING_ZOMBIES,
	TONGS_SETTING_SHARE_PROCESSES,
	TONGS_SETTING_SHARE_SEMAPHORES,
	TONGS_SETTING_COUNT,
};

enum tongs_setting_type {
	TONGS_SETTING_SWITCH, /* 1, on or true; 0, off or false */
	TONGS_SETTING_NUMBER, /* decimal, at most UINT32_MAX */
	TONGS_SETTING_SIZE,   /* bytes, decimal; also with K, M or G for 2^10, 2^20 or 2^30, in either case */
	TONGS_SETTING_CHOICE, /* one of a few words; the value is its index */
};

/* What a setting applies to, and so when VK_EXT_layer_settings can set it. */
enum tongs_setting_scope {
	TONGS_SETTING_OF_INSTANCE, /* of the VkInstance */
	TONGS_SETTING_OF_PROCESS,  /* of the process, from then on */
	TONGS_SETTING_AT_LOAD,     /* of the process; read when libtongs is loaded, before there can be an instance */
};

struct tongs_setting_row {
	const char *name; /* in VK_EXT_layer_settings; in vk_layer_settings.txt after "tongs_metal_interop." */
	const char *variable;
	const char *old_variable; /* an alias for a release; NULL: none */
	enum tongs_setting_type type;
	enum tongs_setting_scope scope;
	uint64_t default_value; /* but see tongs_setting_get_default */
	const char *words[4];   /* of a choice; NULL ends them */
	const char *help;
};

const struct tongs_setting_row *tongs_setting_get_row(enum tongs_setting setting);

uint64_t tongs_setting_get_default(enum tongs_setting setting);

/* The values that the type accepts, as a phrase that follows "it can be". */
const char *tongs_setting_describe_type(const struct tongs_setting_row *row);

/* False, with `*value` unchanged, if the type does not accept `text`. */
bool tongs_setting_parse(const struct tongs_setting_row *row, const char *text, uint64_t *value);

/* Where a setting is looked up, in this order; the first source that has it wins: the environment variables
 * TONGS_<NAME> and VK_TONGS_METAL_INTEROP_<NAME>, and vk_layer_settings.txt, read once per process. The file is
 * searched where the SDK's layers search it: $XDG_DATA_HOME/vulkan/settings.d or else ~/.local/share/vulkan/settings.d,
 * then $VK_LAYER_SETTINGS_PATH, a file or its folder; never in the working directory. A mebibyte of it is read, and
 * 4096 bytes of a line. Programs with privileges of their own (setuid and the like) use none of these. */
enum tongs_setting_source {
	TONGS_SETTING_VARIABLE,
	TONGS_SETTING_OLD_VARIABLE,
	TONGS_SETTING_LAYER_VARIABLE,
	TONGS_SETTING_FILE,
	TONGS_SETTING_SOURCE_COUNT,
};

enum { TONGS_SETTING_NAME_SIZE = 64 };

/* The source's text for the setting, valid as long as the environment is not changed; NULL if it has none or an empty
 * one. `name` receives the setting's name in that source. */
const char *tongs_setting_find(
	enum tongs_setting setting, enum tongs_setting_source source, char name[TONGS_SETTING_NAME_SIZE]);

#endif
