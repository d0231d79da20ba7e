/* SPDX-License-Identifier: MIT */
/* `tongs info`: what each Vulkan device can share, as text or as JSON. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <tongs/version.h>

#include "json.h"
#include "layer_path.h"
#include "probe.h"

static const char help[] =
	"Usage: tongs info [options]\n"
	"\n"
	"For each Vulkan device: whether it can share memory with Metal; for each handle type with\n"
	"buffers and 2D images, whether it can be exported and imported, whether the memory must be\n"
	"dedicated, Metal's storage mode, the memory types, and why not where it cannot.\n"
	"\n"
	"Options:\n"
	"      --device N        only the device of that number, counted from 0 as\n"
	"                        vkEnumeratePhysicalDevices does\n"
	"      --json            JSON instead of text\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit code: 0 if at least one of the devices can share, 1 if none can, 2 for wrong usage.\n";

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

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { VERSION_LENGTH = 40, UUID_LENGTH = 37 };

static void format_version(uint32_t version, char text[VERSION_LENGTH]) {
	snprintf(text, VERSION_LENGTH, "%u.%u.%u", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
		VK_API_VERSION_PATCH(version));
}

static void format_uuid(const uint8_t uuid[VK_UUID_SIZE], char text[UUID_LENGTH]) {
	for (uint32_t i = 0; i < VK_UUID_SIZE; i++)
		text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

static bool is_same_answer(const struct tongs_probe_row *a, const struct tongs_probe_row *b) {
	return a->handle_type == b->handle_type && a->tiling == b->tiling && a->features == b->features &&
	       a->why_not == b->why_not && a->usage == b->usage && a->memory_types == b->memory_types &&
	       a->storage_mode == b->storage_mode;
}

static void print_answer(const struct tongs_probe_row *row) {
	char resource[32], can[64] = "", types[128] = "";
	char *end = can;

	snprintf(resource, sizeof resource, "%s%s", row->tiling ? "image, " : "buffer", row->tiling ? row->tiling : "");
	if (row->why_not) {
		printf("  %-10s  %-14s  no: %s\n", row->handle_type, resource, row->why_not);
		return;
	}
	for (size_t i = 0; i < COUNT(features); i++)
		if (row->features & features[i].bit)
			end += sprintf(end, end == can ? "%s" : " %s", features[i].name);
	end = types;
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			end += sprintf(end, end == types ? "%u" : " %u", i);
	printf("  %-10s  %-14s  %-23s  %-7s  %s\n", row->handle_type, resource, can, row->storage_mode, types);
}

/* The formats of all rows with the answer of `row`, wrapped, and what such images can be used for. */
static void print_formats(const struct tongs_probe *probe, const struct tongs_probe_row *row) {
	const int margin = 27, width = 96;
	int column = printf("%*s", margin, "");

	for (size_t i = 0; i < probe->row_count; i++) {
		const struct tongs_probe_row *other = &probe->rows[i];
		if (!other->format || !is_same_answer(row, other))
			continue;
		if (column + 1 + (int)strlen(other->format) > width) {
			putchar('\n');
			column = printf("%*s", margin, "");
		}
		column += printf(" %s", other->format);
	}
	putchar('\n');
	if (!row->usage)
		return;
	printf("%*s as", margin, "");
	for (int i = 0, n = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			printf("%s%s", n++ ? ", " : " ", tongs_probe_get_usage_name(i));
	putchar('\n');
}

static void print_rows(const struct tongs_probe *probe) {
	printf("\n  %-10s  %-14s  %-23s  %-7s  %s\n", "handle", "resource", "can", "storage", "memory types");
	for (size_t i = 0; i < probe->row_count; i++) {
		const struct tongs_probe_row *row = &probe->rows[i];
		bool is_first = true;
		for (size_t before = 0; before < i && is_first; before++)
			is_first = !is_same_answer(row, &probe->rows[before]);
		if (!is_first)
			continue;
		print_answer(row);
		if (row->format)
			print_formats(probe, row);
	}
}

static void print_text(uint32_t index, const struct tongs_probe *probe) {
	char version[VERSION_LENGTH], uuid[UUID_LENGTH];

	format_version(probe->properties.apiVersion, version);
	format_uuid(probe->uuid, uuid);
	printf("Device %u: %s\n", index, probe->properties.deviceName);
	printf("  driver  %s%s%s (Vulkan %s)\n", *probe->driver ? probe->driver : "not told",
		*probe->driver_info ? ", " : "", probe->driver_info, version);
	printf("  UUID    %s\n", probe->has_uuid ? uuid : "not told");
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++) {
		printf("  memory type %u:", i);
		for (size_t n = 0; n < COUNT(memory_flags); n++)
			if (probe->memory.memoryTypes[i].propertyFlags & memory_flags[n].bit)
				printf(" %s", memory_flags[n].name);
		putchar('\n');
	}
	if (probe->why_not)
		printf("  shares  nothing: %s\n", probe->why_not);
	else
		print_rows(probe);
}

static void write_row(struct tongs_json *json, const struct tongs_probe_row *row) {
	tongs_json_open(json, NULL, '{');
	tongs_json_string(json, "handleType", row->handle_type);
	tongs_json_string(json, "resource", row->format ? "image" : "buffer");
	tongs_json_string(json, "format", row->format);
	tongs_json_string(json, "tiling", row->tiling);
	for (size_t i = 0; i < COUNT(features); i++)
		tongs_json_bool(json, features[i].name, row->features & features[i].bit);
	tongs_json_string(json, "storageMode", row->storage_mode);
	tongs_json_open(json, "memoryTypes", '[');
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			tongs_json_number(json, NULL, i);
	tongs_json_close(json, '[');
	tongs_json_open(json, "usage", '[');
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			tongs_json_string(json, NULL, tongs_probe_get_usage_name(i));
	tongs_json_close(json, '[');
	tongs_json_string(json, "whyNot", row->why_not);
	tongs_json_close(json, '{');
}

static void write_json(struct tongs_json *json, uint32_t index, const struct tongs_probe *probe) {
	char version[VERSION_LENGTH], uuid[UUID_LENGTH];

	format_version(probe->properties.apiVersion, version);
	format_uuid(probe->uuid, uuid);
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
		for (size_t n = 0; n < COUNT(memory_flags); n++)
			tongs_json_bool(json, memory_flags[n].key,
				probe->memory.memoryTypes[i].propertyFlags & memory_flags[n].bit);
		tongs_json_close(json, '{');
	}
	tongs_json_close(json, '[');
	tongs_json_bool(json, "shares", !probe->why_not);
	tongs_json_string(json, "whyNot", probe->why_not);
	tongs_json_open(json, "rows", '[');
	for (size_t i = 0; i < probe->row_count; i++)
		write_row(json, &probe->rows[i]);
	tongs_json_close(json, '[');
	tongs_json_close(json, '{');
}

/* Tells of `count` devices from `first` on. */
static int tell(const struct tongs_vulkan *vulkan, uint32_t first, uint32_t count, bool as_json) {
	struct tongs_json json = {.file = stdout};
	bool any = false, done = true;

	if (as_json) {
		tongs_json_open(&json, NULL, '{');
		tongs_json_string(&json, "tongs", TONGS_VERSION);
		tongs_json_open(&json, "devices", '[');
	}
	for (uint32_t i = first; i < first + count; i++) {
		struct tongs_probe probe;
		done &= tongs_probe_device(vulkan->devices[i], &probe);
		any |= !probe.why_not;
		if (as_json)
			write_json(&json, i, &probe);
		else
			print_text(i, &probe);
	}
	if (as_json) {
		tongs_json_close(&json, '[');
		tongs_json_close(&json, '{');
	}
	return any && done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	static const struct option options[] = {
		{"device", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		TONGS_COMMAND_COMMON_OPTIONS,
	};
	const char *layer = NULL;
	uint32_t index = UINT32_MAX;
	bool as_json = false;
	struct tongs_vulkan vulkan;
	int letter, code;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (letter) {
		case 'd':
			if (!tongs_command_parse_index(optarg, &index))
				return TONGS_EXIT_USAGE;
			break;
		case 'j':
			as_json = true;
			break;
		case 'L':
			layer = optarg;
			break;
		default:
			return tongs_command_other_option(self, letter);
		}
	}
	if (!tongs_command_no_arguments(self, argc, argv))
		return TONGS_EXIT_USAGE;
	if (!tongs_layer_path_use(layer) || !tongs_vulkan_init(&vulkan))
		return TONGS_EXIT_FAILED;
	if (index == UINT32_MAX) {
		code = tell(&vulkan, 0, vulkan.device_count, as_json);
	} else if (index < vulkan.device_count) {
		code = tell(&vulkan, index, 1, as_json);
	} else {
		tongs_command_error(
			"there is no device %u; this machine has %u, counted from 0", index, vulkan.device_count);
		code = TONGS_EXIT_FAILED;
	}
	tongs_vulkan_finish(&vulkan);
	return code;
}

const struct tongs_command tongs_command_info = {
	.name = "info",
	.summary = "what each Vulkan device can share with Metal, and why not",
	.help = help,
	.main = run,
};
