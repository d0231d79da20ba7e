/* SPDX-License-Identifier: MIT */
/* `tongs info` as text and as JSON. */
#include "info_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "client/terminal.h"
#include "info_formats.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { UUID_SIZE = 37, WIDTH = 110, ROWS = TONGS_PROBE_TYPE_COUNT * TONGS_PROBE_TILING_COUNT };

static const struct {
	VkExternalMemoryFeatureFlagBits bit;
	const char *name;
} features[] = {
	{VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT, "export"},
	{VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT, "import"},
	{VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, "dedicated"},
};

static const struct {
	VkMemoryPropertyFlagBits bit;
	const char *name, *key;
} memory_flags[] = {
	{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, "device-local", "deviceLocal"},
	{VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, "host-visible", "hostVisible"},
	{VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, "host-coherent", "hostCoherent"},
	{VK_MEMORY_PROPERTY_HOST_CACHED_BIT, "host-cached", "hostCached"},
	{VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT, "lazily-allocated", "lazilyAllocated"},
	{VK_MEMORY_PROPERTY_PROTECTED_BIT, "protected", "protected"},
};

/* Of lists and tables. */
static int get_width(void) {
	return tongs_terminal_get_width(stdout, WIDTH);
}

static void format_uuid(const uint8_t uuid[VK_UUID_SIZE], char text[UUID_SIZE]) {
	for (uint32_t i = 0; i < VK_UUID_SIZE; i++)
		text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

/* Except for the handle type, the tiling and the format. */
static bool is_same_row(const struct tongs_probe_row *a, const struct tongs_probe_row *b) {
	return a->features == b->features && a->why_not == b->why_not && a->shapes == b->shapes &&
	       a->samples == b->samples && a->usage == b->usage && a->memory_types == b->memory_types &&
	       a->storage_mode == b->storage_mode;
}

static bool is_same_format(const struct tongs_probe *probe, size_t a, size_t b) {
	for (size_t i = 0; i < ROWS; i++)
		if (!is_same_row(&probe->images[a][i], &probe->images[b][i]))
			return false;
	return true;
}

static bool is_refused(const struct tongs_probe *probe, size_t format) {
	for (size_t i = 0; i < ROWS; i++)
		if (!probe->images[format][i].why_not)
			return false;
	return true;
}

static void print_features(FILE *file, const struct tongs_probe_row *row) {
	for (size_t i = 0; i < COUNT(features); i++)
		if (row->features & features[i].bit)
			fprintf(file, " %s", features[i].name);
}

static void print_memory(FILE *file, const struct tongs_probe_row *row) {
	fprintf(file, "; %s, memory types", row->storage_mode);
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			fprintf(file, " %u", i);
}

static void print_image(FILE *file, const struct tongs_probe_row *row) {
	for (int i = 0, n = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (row->shapes >> i & 1)
			fprintf(file, "%s%s", n++ ? ", " : "", tongs_probe_get_shape_name((enum tongs_probe_shape)i));
	fprintf(file, "; samples");
	for (VkSampleCountFlags rest = row->samples; rest; rest &= rest - 1)
		fprintf(file, " %u", rest & -rest);
	fputc(';', file);
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			fprintf(file, " %s", tongs_probe_get_usage_name((enum tongs_probe_usage)i));
}

static void print_buffers(FILE *file, const struct tongs_probe *probe) {
	fputs("\n  Buffers\n", file);
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT; i++) {
		const struct tongs_probe_row *row = &probe->buffers[i];
		fprintf(file, "    %-10s ", row->handle_type);
		if (row->why_not) {
			fprintf(file, " no: %s\n", row->why_not);
			continue;
		}
		print_features(file, row);
		print_memory(file, row);
		fputc('\n', file);
	}
}

/* Prints the formats with the same rows as `first`, wrapped. */
static void print_formats(FILE *file, const struct tongs_probe *probe, size_t first) {
	const int width = get_width();
	int column = fprintf(file, "\n ") - 1;

	for (size_t i = first; i < probe->format_count; i++) {
		const char *name = probe->images[i][0].format->mtl_name;
		if (!is_same_format(probe, first, i))
			continue;
		if (column + 1 + (int)strlen(name) > width)
			column = fprintf(file, "\n ") - 1;
		column += fprintf(file, " %s", name);
	}
	fputc('\n', file);
}

/* Prints the different rows of one format, each after the handle types and tilings that it is for. */
static void print_format_rows(FILE *file, const struct tongs_probe_row rows[ROWS]) {
	for (size_t i = 0; i < ROWS; i++) {
		bool is_first = true;
		for (size_t before = 0; before < i && is_first; before++)
			is_first = !is_same_row(&rows[before], &rows[i]);
		if (!is_first)
			continue;
		fprintf(file, "    ");
		for (size_t n = i, shown = 0; n < ROWS; n++)
			if (is_same_row(&rows[i], &rows[n]))
				fprintf(file, "%s%s %s", shown++ ? ", " : "", rows[n].handle_type, rows[n].tiling);
		if (rows[i].why_not) {
			fprintf(file, ": no, %s\n", rows[i].why_not);
			continue;
		}
		fputc(':', file);
		print_features(file, &rows[i]);
		print_memory(file, &rows[i]);
		fprintf(file, "\n      ");
		print_image(file, &rows[i]);
		fputc('\n', file);
	}
}

static void print_groups(FILE *file, const struct tongs_probe *probe) {
	for (int refused = 0; refused < 2; refused++) {
		for (size_t i = 0; i < probe->format_count; i++) {
			bool is_first = is_refused(probe, i) == refused;
			for (size_t before = 0; before < i && is_first; before++)
				is_first = !is_same_format(probe, before, i);
			if (!is_first)
				continue;
			print_formats(file, probe, i);
			if (refused)
				fprintf(file, "    no: %s\n", probe->images[i][0].why_not);
			else
				print_format_rows(file, probe->images[i]);
		}
	}
}

static void print_matrix(FILE *file, const struct tongs_probe *probe) {
	fputc('\n', file);
	for (size_t i = 0; i < probe->format_count; i++) {
		for (size_t n = 0; n < ROWS; n++) {
			const struct tongs_probe_row *row = &probe->images[i][n];
			fprintf(file, "  %-22s  %-10s  %-7s ", row->format->mtl_name, row->handle_type, row->tiling);
			if (row->why_not) {
				fprintf(file, " no: %s\n", row->why_not);
				continue;
			}
			print_features(file, row);
			print_memory(file, row);
			fprintf(file, "; ");
			print_image(file, row);
			fputc('\n', file);
		}
	}
}

static const char *get_memory_name(enum tongs_layer_memory_kind memory) {
	static const char *const names[] = {
		[TONGS_LAYER_MEMORY_NONE] = "none",
		[TONGS_LAYER_MEMORY_HOST_PAGES] = "host pages",
		[TONGS_LAYER_MEMORY_DRIVER] = "driver memory",
	};
	return names[memory];
}

static bool is_shared(const struct tongs_probe *probe, uint32_t memory_type) {
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT; i++)
		if (probe->shared_as[i] >> memory_type & 1)
			return true;
	return false;
}

/* Of a Metal object in that memory type. */
static const char *get_storage_mode(const struct tongs_probe *probe, uint32_t memory_type) {
	return probe->memory.memoryTypes[memory_type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT ? "Shared"
													  : "Private";
}

static void print_memory_type(FILE *file, const struct tongs_probe *probe, uint32_t index) {
	fprintf(file, "  memory type %u:", index);
	for (size_t n = 0; n < COUNT(memory_flags); n++)
		if (probe->memory.memoryTypes[index].propertyFlags & memory_flags[n].bit)
			fprintf(file, " %s", memory_flags[n].name);
	if (is_shared(probe, index)) {
		fprintf(file, "; %s:", get_storage_mode(probe, index));
		for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT; i++)
			if (probe->shared_as[i] >> index & 1)
				fprintf(file, " %s", tongs_probe_get_type_name(i));
	}
	fputc('\n', file);
}

static void print_roles(FILE *file, const struct tongs_probe_memory *memory) {
	fputs("\n  Memory\n", file);
	for (size_t i = 0; i < TONGS_PROBE_ROLE_COUNT; i++) {
		const struct tongs_probe_role *role = &memory->roles[i];
		fprintf(file, "    %-10s  %-7s  %s: %s\n", role->handle_type, role->tiling ? role->tiling : "",
			get_memory_name(role->memory), role->why);
	}
	for (unsigned i = 0; i < memory->limit_count; i++)
		fprintf(file, "    %s\n", memory->limits[i]);
}

static void print_metal(FILE *file, const struct tongs_probe_metal *metal) {
	fputs("\n  Metal\n", file);
	for (size_t i = 0; i < TONGS_PROBE_FEATURE_COUNT; i++) {
		const char *text = metal->features[i].text;
		fprintf(file, "    %-24s %s%s%s\n", metal->features[i].name, metal->features[i].works ? "yes" : "no",
			*text ? ": " : "", text);
	}
}

static void print_format(FILE *file, const struct tongs_probe *probe, const struct tongs_format *format) {
	fprintf(file, "\n  %s (VK_FORMAT_%s)\n", format->mtl_name, format->vk_name);
	for (size_t i = 0; i < probe->format_count; i++)
		if (probe->images[i][0].format == format)
			print_format_rows(file, probe->images[i]);
}

static void print_rows(FILE *file, const struct tongs_probe *probe, enum tongs_info_detail detail) {
	if (probe->roles.roles[0].handle_type)
		print_roles(file, &probe->roles);
	print_metal(file, &probe->metal);
	print_buffers(file, probe);
	if (detail == TONGS_INFO_ALL)
		print_matrix(file, probe);
	else if (detail == TONGS_INFO_GROUPS)
		print_groups(file, probe);
	else
		tongs_info_print_families(file, probe, get_width());
}

static void print_device(
	FILE *file, uint32_t index, const struct tongs_probe *probe, const struct tongs_info_view *view) {
	const struct tongs_vulkan_identity *identity = &probe->identity;
	char version[TONGS_VULKAN_VERSION_SIZE], uuid[UUID_SIZE];

	tongs_vulkan_format_version(identity->properties.apiVersion, version);
	format_uuid(identity->ids.deviceUUID, uuid);
	fprintf(file, "Device %u: %s\n", index, identity->properties.deviceName);
	fprintf(file, "  driver  %s%s%s (Vulkan %s)\n",
		*identity->driver.driverName ? identity->driver.driverName : "unknown",
		*identity->driver.driverInfo ? ", " : "", identity->driver.driverInfo, version);
	fprintf(file, "  UUID    %s\n", identity->properties.apiVersion >= VK_API_VERSION_1_1 ? uuid : "unknown");
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++)
		print_memory_type(file, probe, i);
	if (probe->why_not)
		fprintf(file, "  shares  nothing: %s\n", probe->why_not);
	else if (view->format)
		print_format(file, probe, view->format);
	else
		print_rows(file, probe, view->detail);
}

/* "0: llvmpipe: MTLBUFFER, MTLTEXTURE (111 formats), MTLHEAP" */
static void print_summary(FILE *file, uint32_t index, const struct tongs_probe *probe) {
	unsigned shown = 0;

	fprintf(file, "%u: %s: ", index, probe->identity.properties.deviceName);
	if (probe->why_not)
		fprintf(file, "nothing, %s", probe->why_not);
	for (size_t type = 0; type < TONGS_PROBE_TYPE_COUNT; type++) {
		const unsigned optimal = tongs_info_count_formats(probe, type, VK_IMAGE_TILING_OPTIMAL),
			       linear = tongs_info_count_formats(probe, type, VK_IMAGE_TILING_LINEAR);
		const bool is_buffer = probe->shared_as[type] && !probe->buffers[type].why_not;
		if (probe->why_not || (!is_buffer && !optimal && !linear))
			continue;
		fprintf(file, "%s%s (%s%u formats OPTIMAL, %u LINEAR)", shown++ ? ", " : "",
			tongs_probe_get_type_name(type), is_buffer ? "buffers, " : "", optimal, linear);
	}
	fputc('\n', file);
}

bool tongs_info_print(uint32_t index, const struct tongs_probe *probe, const struct tongs_info_view *view) {
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (file && view->detail == TONGS_INFO_SUMMARY)
		print_summary(file, index, probe);
	else if (file)
		print_device(file, index, probe, view);
	const bool done = file && !fclose(file);
	if (done)
		tongs_terminal_print_lines(stdout, tongs_terminal_get_width(stdout, 0), text);
	else
		tongs_command_error("out of memory");
	free(text);
	return done;
}

static void add_row(cJSON *parent, const struct tongs_probe_row *row) {
	cJSON *json = tongs_json_add_object(parent);

	tongs_json_add_string(json, "handleType", row->handle_type);
	tongs_json_add_string(json, "resource", row->format ? "image" : "buffer");
	tongs_json_add_string(json, "pixelFormat", row->format ? row->format->mtl_name : NULL);
	tongs_json_add_string(json, "format", row->format ? row->format->vk_name : NULL);
	tongs_json_add_string(json, "tiling", row->tiling);
	for (size_t i = 0; i < COUNT(features); i++)
		cJSON_AddBoolToObject(json, features[i].name, (row->features & features[i].bit) != 0);
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

static void add_memory_types(cJSON *json, const struct tongs_probe *probe) {
	cJSON *types = cJSON_AddArrayToObject(json, "memoryTypes");
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++) {
		cJSON *type = tongs_json_add_object(types);
		cJSON_AddNumberToObject(type, "index", i);
		for (size_t n = 0; n < COUNT(memory_flags); n++)
			cJSON_AddBoolToObject(type, memory_flags[n].key,
				(probe->memory.memoryTypes[i].propertyFlags & memory_flags[n].bit) != 0);
		tongs_json_add_string(type, "storageMode", is_shared(probe, i) ? get_storage_mode(probe, i) : NULL);
		cJSON *handle_types = cJSON_AddArrayToObject(type, "handleTypes");
		for (size_t n = 0; n < TONGS_PROBE_TYPE_COUNT; n++)
			if (probe->shared_as[n] >> i & 1)
				tongs_json_add_string(handle_types, NULL, tongs_probe_get_type_name(n));
	}
}

static void add_roles(cJSON *json, const struct tongs_probe_memory *memory) {
	cJSON *roles = cJSON_AddArrayToObject(json, "memory");
	for (size_t i = 0; i < TONGS_PROBE_ROLE_COUNT && memory->roles[i].handle_type; i++) {
		const struct tongs_probe_role *role = &memory->roles[i];
		cJSON *object = tongs_json_add_object(roles);
		tongs_json_add_string(object, "handleType", role->handle_type);
		tongs_json_add_string(object, "tiling", role->tiling);
		tongs_json_add_string(object, "memory", role->memory ? get_memory_name(role->memory) : NULL);
		tongs_json_add_string(object, "why", role->why);
	}
	cJSON *limits = cJSON_AddArrayToObject(json, "limits");
	for (unsigned i = 0; i < memory->limit_count; i++)
		tongs_json_add_string(limits, NULL, memory->limits[i]);
}

static void add_metal(cJSON *json, const struct tongs_probe_metal *metal) {
	cJSON *list = cJSON_AddArrayToObject(json, "metal");
	for (size_t i = 0; i < TONGS_PROBE_FEATURE_COUNT && metal->features[i].name; i++) {
		const bool works = metal->features[i].works;
		const char *text = *metal->features[i].text ? metal->features[i].text : NULL;
		cJSON *feature = tongs_json_add_object(list);
		tongs_json_add_string(feature, "name", metal->features[i].name);
		cJSON_AddBoolToObject(feature, "works", works);
		tongs_json_add_string(feature, "how", works ? text : NULL);
		tongs_json_add_string(feature, "whyNot", works ? NULL : text);
	}
}

void tongs_info_add_json(
	cJSON *devices, uint32_t index, const struct tongs_probe *probe, const struct tongs_info_view *view) {
	const struct tongs_vulkan_identity *identity = &probe->identity;
	char version[TONGS_VULKAN_VERSION_SIZE], uuid[UUID_SIZE];
	cJSON *json = tongs_json_add_object(devices);

	tongs_vulkan_format_version(identity->properties.apiVersion, version);
	format_uuid(identity->ids.deviceUUID, uuid);
	cJSON_AddNumberToObject(json, "index", index);
	tongs_json_add_string(json, "name", identity->properties.deviceName);
	tongs_json_add_string(json, "driver", *identity->driver.driverName ? identity->driver.driverName : NULL);
	tongs_json_add_string(json, "driverInfo", *identity->driver.driverInfo ? identity->driver.driverInfo : NULL);
	tongs_json_add_string(json, "apiVersion", version);
	tongs_json_add_string(json, "uuid", identity->properties.apiVersion >= VK_API_VERSION_1_1 ? uuid : NULL);
	add_memory_types(json, probe);
	cJSON_AddBoolToObject(json, "shares", !probe->why_not);
	tongs_json_add_string(json, "whyNot", probe->why_not);
	add_roles(json, &probe->roles);
	add_metal(json, &probe->metal);
	cJSON *rows = cJSON_AddArrayToObject(json, "rows");
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT && !probe->why_not && !view->format; i++)
		add_row(rows, &probe->buffers[i]);
	for (size_t i = 0; i < probe->format_count && !probe->why_not; i++)
		for (size_t n = 0; n < ROWS && (!view->format || view->format == probe->images[i][0].format); n++)
			add_row(rows, &probe->images[i][n]);
}
