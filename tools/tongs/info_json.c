/* SPDX-License-Identifier: MIT */
/* `tongs info --json`. */
#include "info_words.h"

static void write_row(struct tongs_json *json, const struct tongs_probe_row *row) {
	tongs_json_open(json, NULL, '{');
	tongs_json_string(json, "handleType", row->handle_type);
	tongs_json_string(json, "resource", row->format ? "image" : "buffer");
	tongs_json_string(json, "pixelFormat", row->format ? row->format->mtl_name : NULL);
	tongs_json_string(json, "format", row->format ? row->format->vk_name : NULL);
	tongs_json_string(json, "tiling", row->tiling);
	for (size_t i = 0; i < TONGS_INFO_FEATURE_COUNT; i++)
		tongs_json_bool(json, tongs_info_features[i].name, row->features & tongs_info_features[i].bit);
	tongs_json_string(json, "storageMode", row->storage_mode);
	tongs_json_open(json, "memoryTypes", '[');
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			tongs_json_number(json, NULL, i);
	tongs_json_close(json, '[');
	tongs_json_open(json, "shapes", '[');
	for (int i = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (row->shapes >> i & 1)
			tongs_json_string(json, NULL, tongs_probe_get_shape_name((enum tongs_probe_shape)i));
	tongs_json_close(json, '[');
	tongs_json_open(json, "sampleCounts", '[');
	for (VkSampleCountFlags rest = row->samples; rest; rest &= rest - 1)
		tongs_json_number(json, NULL, rest & -rest);
	tongs_json_close(json, '[');
	tongs_json_open(json, "usage", '[');
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			tongs_json_string(json, NULL, tongs_probe_get_usage_name(i));
	tongs_json_close(json, '[');
	tongs_json_string(json, "whyNot", row->why_not);
	tongs_json_close(json, '{');
}

void tongs_info_write_json(struct tongs_json *json, uint32_t index, const struct tongs_probe *probe) {
	char version[TONGS_INFO_VERSION], uuid[TONGS_INFO_UUID];

	tongs_info_format_version(probe->properties.apiVersion, version);
	tongs_info_format_uuid(probe->uuid, uuid);
	tongs_json_open(json, NULL, '{');
	tongs_json_number(json, "index", index);
	tongs_json_string(json, "name", probe->properties.deviceName);
	tongs_json_string(json, "driver", *probe->driver ? probe->driver : NULL);
	tongs_json_string(json, "driverInfo", *probe->driver_info ? probe->driver_info : NULL);
	tongs_json_string(json, "apiVersion", version);
	tongs_json_string(json, "uuid", probe->has_uuid ? uuid : NULL);
	tongs_json_open(json, "memoryTypes", '[');
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++) {
		tongs_json_open(json, NULL, '{');
		tongs_json_number(json, "index", i);
		for (size_t n = 0; n < TONGS_INFO_FLAG_COUNT; n++)
			tongs_json_bool(json, tongs_info_flags[n].key,
				probe->memory.memoryTypes[i].propertyFlags & tongs_info_flags[n].bit);
		tongs_json_close(json, '{');
	}
	tongs_json_close(json, '[');
	tongs_json_bool(json, "shares", !probe->why_not);
	tongs_json_string(json, "whyNot", probe->why_not);
	tongs_json_open(json, "rows", '[');
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT && !probe->why_not; i++)
		write_row(json, &probe->buffers[i]);
	for (size_t i = 0; i < probe->format_count && !probe->why_not; i++)
		for (size_t n = 0; n < (size_t)TONGS_PROBE_TYPE_COUNT * TONGS_PROBE_TILING_COUNT; n++)
			write_row(json, &probe->images[i][n]);
	tongs_json_close(json, '[');
	tongs_json_close(json, '{');
}
