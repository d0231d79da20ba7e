/* SPDX-License-Identifier: MIT */
/* Names and numbers as `tongs info` writes them, in text and in JSON. */
#ifndef TONGS_TOOL_INFO_WORDS_H
#define TONGS_TOOL_INFO_WORDS_H

#include "json.h"
#include "probe.h"

enum { TONGS_INFO_FEATURE_COUNT = 3, TONGS_INFO_FLAG_COUNT = 6, TONGS_INFO_VERSION = 40, TONGS_INFO_UUID = 37 };

extern const struct tongs_info_feature {
	VkExternalMemoryFeatureFlagBits bit;
	const char *name;
} tongs_info_features[TONGS_INFO_FEATURE_COUNT];

extern const struct tongs_info_flag {
	VkMemoryPropertyFlagBits bit;
	const char *name, *key;
} tongs_info_flags[TONGS_INFO_FLAG_COUNT];

void tongs_info_format_version(uint32_t version, char text[TONGS_INFO_VERSION]);
void tongs_info_format_uuid(const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_INFO_UUID]);

/* What `probe` found, on stdout: formats with equal answers together, or, with `all`, a line for each. */
void tongs_info_print(uint32_t index, const struct tongs_probe *probe, bool all);
void tongs_info_add_json(cJSON *devices, uint32_t index, const struct tongs_probe *probe);

#endif
