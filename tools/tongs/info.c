/* SPDX-License-Identifier: MIT */
/* `tongs info`: what each Vulkan device can share, as text or as JSON. */
#include "commands.h"

#include <stdio.h>

#include <tongs/version.h>

#include "info_metal.h"
#include "info_print.h"
#include "json.h"
#include "client/vulkan.h"
#include "probe.h"

static const char help[] = "Usage: tongs info [options]\n"
			   "\n"
			   "Shows what each Vulkan device can share with Metal, or why not: for each handle type with\n"
			   "buffers, and with images of each of Metal's pixel formats, whether it can be exported and\n"
			   "imported, whether it requires a dedicated allocation, Metal's storage mode, memory types,\n"
			   "shapes and sample counts. Also, each tried: VK_EXT_metal_objects, shared events, command\n"
			   "queues and their queue families, blits, render passes and IOSurfaces.\n"
			   "\n"
			   "Options:\n"
			   "      --device N        only the device of that number, counted from 0 as\n"
			   "                        vkEnumeratePhysicalDevices does\n"
			   "      --all             a line for each pixel format, handle type and tiling, instead of\n"
			   "                        grouping equal formats\n"
			   "      --metal           instead, what each method of Metal's classes does: works, keeps a\n"
			   "                        value that nothing uses, answers no, or refuses, and why\n"
			   "      --json            JSON instead of text\n"
			   "      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
			   "  -h, --help            show this text\n"
			   "\n"
			   "Exit code: 0 if at least one of the devices can share, 1 if none can, 2 for wrong usage.\n";

/* Prints `count` devices from `first` on. */
static int print(const struct tongs_vulkan *vulkan, uint32_t first, uint32_t count, bool as_json, bool all) {
	cJSON *json = as_json ? cJSON_CreateObject() : NULL, *devices = NULL;
	bool any = false, done = true;

	if (as_json) {
		tongs_json_add_string(json, "tongs", TONGS_VERSION);
		devices = cJSON_AddArrayToObject(json, "devices");
	}
	for (uint32_t i = first; i < first + count; i++) {
		struct tongs_probe probe;
		done &= tongs_probe_device(vulkan->instance, vulkan->devices[i], &probe);
		any |= !probe.why_not;
		if (as_json)
			tongs_info_add_json(devices, i, &probe);
		else
			tongs_info_print(i, &probe, all);
	}
	if (as_json)
		done &= tongs_json_write(stdout, json);
	return any && done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	const char *layer = NULL;
	uint32_t index = UINT32_MAX;
	bool as_json = false, all = false, metal = false;
	const struct tongs_command_option options[] = {
		{"all", .flag = &all},
		{"device", .index = &index},
		{"json", .flag = &as_json},
		{"layer-path", .text = &layer},
		{"metal", .flag = &metal},
		{0},
	};
	struct tongs_vulkan vulkan;
	int code = tongs_command_parse(self, options, false, argc, argv);

	if (code >= 0)
		return code;
	if (metal && (all || layer || index != UINT32_MAX)) {
		tongs_command_error("--metal is the same for all devices: it goes with --json alone");
		return tongs_command_usage(self);
	}
	if (metal)
		return tongs_info_print_metal(as_json) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
	if (!tongs_vulkan_use_layer(layer) || !tongs_vulkan_init(&vulkan))
		return TONGS_EXIT_FAILED;
	if (index == UINT32_MAX) {
		code = print(&vulkan, 0, vulkan.device_count, as_json, all);
	} else if (index < vulkan.device_count) {
		code = print(&vulkan, index, 1, as_json, all);
	} else {
		tongs_command_error(
			"no device has number %u; there are %u, numbered from 0", index, vulkan.device_count);
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
