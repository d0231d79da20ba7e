/* SPDX-License-Identifier: MIT */
/* The words of `tongs info`. */
#include "info_words.h"

#include <stdio.h>

const struct tongs_info_feature tongs_info_features[TONGS_INFO_FEATURE_COUNT] = {
	{VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT, "export"},
	{VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT, "import"},
	{VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, "dedicated"},
};

const struct tongs_info_flag tongs_info_flags[TONGS_INFO_FLAG_COUNT] = {
	{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, "device-local", "deviceLocal"},
	{VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, "host-visible", "hostVisible"},
	{VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, "host-coherent", "hostCoherent"},
	{VK_MEMORY_PROPERTY_HOST_CACHED_BIT, "host-cached", "hostCached"},
	{VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT, "lazily-allocated", "lazilyAllocated"},
	{VK_MEMORY_PROPERTY_PROTECTED_BIT, "protected", "protected"},
};

void tongs_info_format_version(uint32_t version, char text[TONGS_INFO_VERSION]) {
	snprintf(text, TONGS_INFO_VERSION, "%u.%u.%u", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
		VK_API_VERSION_PATCH(version));
}

void tongs_info_format_uuid(const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_INFO_UUID]) {
	for (uint32_t i = 0; i < VK_UUID_SIZE; i++)
		text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}
