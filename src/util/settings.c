/* SPDX-License-Identifier: MIT */
/* Settings: the first source with a good value, and a warning for each bad one. */
#include "util/settings.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "util/layer_settings.h"
#include "util/log.h"

#define LAYER_NAME "VK_LAYER_TONGS_metal_interop"

static struct {
	_Atomic uint64_t value;
	atomic_bool is_known; /* `value` is set */
	atomic_bool has_warned;
} states[TONGS_SETTING_COUNT];

static void warn(enum tongs_setting setting, const char *name, const char *text) {
	if (!atomic_exchange(&states[setting].has_warned, true))
		tongs_log_warning("%s is `%.100s'; it can be %s; the value is ignored", name, text,
			tongs_setting_describe_type(tongs_setting_get_row(setting)));
}

/* From the environment and the file. False: neither has it. */
static bool read_outside(enum tongs_setting setting, uint64_t *value) {
	for (enum tongs_setting_source source = 0; source < TONGS_SETTING_SOURCE_COUNT; source++) {
		char name[TONGS_SETTING_NAME_SIZE];
		const char *text = tongs_setting_find(setting, source, name);
		if (text && tongs_setting_parse(tongs_setting_get_row(setting), text, value))
			return true;
		/* The log warns about its own setting. */
		if (text && setting != TONGS_SETTING_LOG)
			warn(setting, name, text);
	}
	return false;
}

static void set(enum tongs_setting setting, uint64_t value) {
	atomic_store(&states[setting].value, value);
	atomic_store(&states[setting].is_known, true);
	if (setting == TONGS_SETTING_LOG)
		tongs_log_set_level((unsigned)value);
}

uint64_t tongs_settings_get(enum tongs_setting setting) {
	uint64_t value;
	if (atomic_load(&states[setting].is_known))
		return atomic_load(&states[setting].value);
	if (!read_outside(setting, &value))
		value = tongs_setting_get_default(setting);
	set(setting, value);
	return value;
}

/* False for a type that the setting does not accept, and for a value that it does not accept. */
static bool read_value(const struct tongs_setting_row *row, const VkLayerSettingEXT *setting, uint64_t *value) {
	const bool is_switch = row->type == TONGS_SETTING_SWITCH;
	const uint64_t most = is_switch ? 1 : row->type == TONGS_SETTING_NUMBER ? UINT32_MAX : SIZE_MAX;
	uint64_t number = 0;
	if (setting->valueCount != 1 || !setting->pValues)
		return false;
	if (setting->type == VK_LAYER_SETTING_TYPE_STRING_EXT) {
		const char *text = *(const char *const *)setting->pValues;
		return text && tongs_setting_parse(row, text, value);
	}
	switch (setting->type) {
	case VK_LAYER_SETTING_TYPE_BOOL32_EXT:
		if (!is_switch)
			return false;
		number = *(const VkBool32 *)setting->pValues != VK_FALSE;
		break;
	/* Negative numbers become larger than any setting accepts. */
	case VK_LAYER_SETTING_TYPE_INT32_EXT:
		number = (uint64_t)(int64_t) * (const int32_t *)setting->pValues;
		break;
	case VK_LAYER_SETTING_TYPE_INT64_EXT:
		number = (uint64_t) * (const int64_t *)setting->pValues;
		break;
	case VK_LAYER_SETTING_TYPE_UINT32_EXT:
		number = *(const uint32_t *)setting->pValues;
		break;
	case VK_LAYER_SETTING_TYPE_UINT64_EXT:
		number = *(const uint64_t *)setting->pValues;
		break;
	default:
		return false;
	}
	const bool is_negative = (setting->type == VK_LAYER_SETTING_TYPE_INT32_EXT ||
					 setting->type == VK_LAYER_SETTING_TYPE_INT64_EXT) &&
				 (int64_t)number < 0;
	if (row->type == TONGS_SETTING_CHOICE || is_negative || number > most)
		return false;
	*value = number;
	return true;
}

static const VkLayerSettingEXT *find_in_chain(const void *pNext, const char *name) {
	assert(name);
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		const VkLayerSettingsCreateInfoEXT *info = (const void *)s;
		if (s->sType != VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT)
			continue;
		for (uint32_t i = 0; i < info->settingCount; i++) {
			const VkLayerSettingEXT *setting = &info->pSettings[i];
			if (setting->pLayerName && setting->pSettingName &&
				strcmp(setting->pLayerName, LAYER_NAME) == 0 &&
				strcmp(setting->pSettingName, name) == 0)
				return setting;
		}
	}
	return NULL;
}

static void warn_of_instance(enum tongs_setting setting, const char *name, const VkLayerSettingEXT *found) {
	const bool is_text = found->type == VK_LAYER_SETTING_TYPE_STRING_EXT && found->valueCount == 1 &&
			     found->pValues && *(const char *const *)found->pValues;
	if (is_text)
		warn(setting, name, *(const char *const *)found->pValues);
	else if (!atomic_exchange(&states[setting].has_warned, true))
		tongs_log_warning(
			"%s has %u values of VkLayerSettingTypeEXT %d, or one out of range; it can be one value: "
			"%s; it is ignored",
			name, found->valueCount, (int)found->type,
			tongs_setting_describe_type(tongs_setting_get_row(setting)));
}

void tongs_settings_read_instance(const void *pNext, uint64_t values[TONGS_SETTING_COUNT]) {
	for (enum tongs_setting i = 0; i < TONGS_SETTING_COUNT; i++) {
		const struct tongs_setting_row *row = tongs_setting_get_row(i);
		const VkLayerSettingEXT *found = find_in_chain(pNext, row->name);
		char name[TONGS_SETTING_NAME_SIZE + 64];
		snprintf(name, sizeof(name), "the setting %s of " LAYER_NAME, row->name);
		if (found && row->scope == TONGS_SETTING_AT_LOAD) {
			if (!atomic_exchange(&states[i].has_warned, true))
				tongs_log_warning("%s is read when libtongs is loaded, before an instance can set it; "
						  "set %s in the environment",
					name, row->variable);
			found = NULL;
		}
		uint64_t value;
		const bool outside = row->scope != TONGS_SETTING_AT_LOAD && read_outside(i, &value);
		const bool inside = found && !outside && read_value(row, found, &value);
		if (found && !outside && !inside)
			warn_of_instance(i, name, found);
		if (inside && row->scope == TONGS_SETTING_OF_PROCESS)
			set(i, value);
		if (!outside && !inside)
			value = row->scope == TONGS_SETTING_OF_INSTANCE ? tongs_setting_get_default(i)
									: tongs_settings_get(i);
		values[i] = value;
	}
}
