/* SPDX-License-Identifier: MIT */
/* `tongs info --json`. */
#include "info_words.h"

static void add_row(cJSON *parent, const struct tongs_probe_row *row) {
	cJSON *json = tongs_json_add_object(parent);

	tongs_json_add_string(json, "handleType", row->handle_type);
	tongs_json_add_string(json, "resource", row->format ? "image" : "buffer");
	tongs_json_add_string(json, "pixelFormat", row->format ? row->format->mtl_name : NULL);
	tongs_json_add_string(json, "format", row->format ? row->format->vk_name : NULL);
	tongs_json_add_string(json, "tiling", row->tiling);
	for (size_t i = 0; i < TONGS_INFO_FEATURE_COUNT; i++)
		cJSON_AddBoolToObject(
			json, tongs_info_features[i].name, (row->features & tongs_info_features[i].bit) != 0);
	tongs_json_add_string(json, "storageMode", row->storage_mode);
	cJSON *types = cJSON_AddArrayToObject(json, "memoryTypes");
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			cJSON_AddItemToArray(types, cJSON_CreateNumber(i));
	cJSON *shapes = cJSON_AddArrayToObject(json, "shapes");
	for (int i = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (row->shapes >> i & 1)
			tongs_json_add_string(shapes, NULL, tongs_probe_get_shape_name((enum tongs_probe_shape)i));
	cJSON *counts = cJSON_AddArrayToObject(json, "sampleCounts");
	for (VkSampleCountFlags rest = row->samples; rest; rest &= rest - 1)
		cJSON_AddItemToArray(counts, cJSON_CreateNumber(rest & -rest));
	cJSON *usage = cJSON_AddArrayToObject(json, "usage");
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			tongs_json_add_string(usage, NULL, tongs_probe_get_usage_name((enum tongs_probe_usage)i));
	tongs_json_add_string(json, "whyNot", row->why_not);
}

void tongs_info_add_json(cJSON *devices, uint32_t index, const struct tongs_probe *probe) {
	char version[TONGS_INFO_VERSION], uuid[TONGS_INFO_UUID];
	cJSON *json = tongs_json_add_object(devices);

	tongs_info_format_version(probe->properties.apiVersion, version);
	tongs_info_format_uuid(probe->uuid, uuid);
	cJSON_AddNumberToObject(json, "index", index);
	tongs_json_add_string(json, "name", probe->properties.deviceName);
	tongs_json_add_string(json, "driver", *probe->driver ? probe->driver : NULL);
	tongs_json_add_string(json, "driverInfo", *probe->driver_info ? probe->driver_info : NULL);
	tongs_json_add_string(json, "apiVersion", version);
	tongs_json_add_string(json, "uuid", probe->has_uuid ? uuid : NULL);
	cJSON *types = cJSON_AddArrayToObject(json, "memoryTypes");
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++) {
		cJSON *type = tongs_json_add_object(types);
		cJSON_AddNumberToObject(type, "index", i);
		for (size_t n = 0; n < TONGS_INFO_FLAG_COUNT; n++)
			cJSON_AddBoolToObject(type, tongs_info_flags[n].key,
				(probe->memory.memoryTypes[i].propertyFlags & tongs_info_flags[n].bit) != 0);
	}
	cJSON_AddBoolToObject(json, "shares", !probe->why_not);
	tongs_json_add_string(json, "whyNot", probe->why_not);
	cJSON *rows = cJSON_AddArrayToObject(json, "rows");
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT && !probe->why_not; i++)
		add_row(rows, &probe->buffers[i]);
	for (size_t i = 0; i < probe->format_count && !probe->why_not; i++)
		for (size_t n = 0; n < (size_t)TONGS_PROBE_TYPE_COUNT * TONGS_PROBE_TILING_COUNT; n++)
			add_row(rows, &probe->images[i][n]);
}
