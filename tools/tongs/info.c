/* SPDX-License-Identifier: MIT */
/* `tongs info`: what each Vulkan device can share, as text or as JSON. */
#include "commands.h"

#include <stdio.h>

#include <tongs/version.h>

#include "client/terminal.h"
#include "client/vulkan.h"
#include "info_formats.h"
#include "info_metal.h"
#include "info_print.h"
#include "json.h"
#include "probe.h"

static const char help[] =
	"Usage: tongs info [options]\n"
	"\n"
	"Shows what each Vulkan device can share with Metal, or why not: which memory is shared as\n"
	"what; what Metal's parts can do (events, command queues, blits, render passes, IOSurfaces);\n"
	"buffers; and how many of Metal's pixel formats, by families, in which shapes. For each\n"
	"handle type a small buffer, and an image of each format, are created and exported.\n"
	"\n"
	"Options:\n"
	"      --device N        only the device of that number, counted from 0 as\n"
	"                        vkEnumeratePhysicalDevices does\n"
	"      --summary         a line for each device\n"
	"      --groups          the pixel formats by name, those with equal results together: for\n"
	"                        each handle type and tiling, whether it can be exported and\n"
	"                        imported, needs a dedicated allocation, Metal's storage mode, memory\n"
	"                        types, shapes, sample counts and usage\n"
	"      --all             the same, a line for each format, handle type and tiling\n"
	"      --format NAME     the same for one format, by Metal's or Vulkan's name\n"
	"      --metal           instead, what each method of Metal's classes does: works, keeps a\n"
	"                        value that nothing uses, answers no, or refuses, and why\n"
	"      --json            everything as JSON; docs/json.md describes it\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            show this text\n"
	"\n"
	"Exit code: 0 if at least one of the devices can share, 1 if none can, 2 for wrong usage.\n";

struct options {
	const char *layer, *format;
	uint32_t device; /* UINT32_MAX: all */
	bool json, all, groups, metal, summary;
};

/* Prints the devices, or adds them to `devices`. Returns whether one can share, and all was tried. */
static bool show(const struct tongs_vulkan *vulkan, const struct options *options, const struct tongs_info_view *view,
	cJSON *devices) {
	static struct tongs_probe probe; /* too large for the stack */
	bool any = false, done = true;

	if (options->device != UINT32_MAX && options->device >= vulkan->device_count) {
		tongs_command_error("no device has number %u; there are %u, numbered from 0", options->device,
			vulkan->device_count);
		return false;
	}
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		if (options->device != UINT32_MAX && i != options->device)
			continue;
		tongs_terminal_show_progress("device %u: trying what can be shared", i);
		done &= tongs_probe_device(vulkan->instance, vulkan->devices[i], &probe);
		tongs_terminal_end_progress();
		any |= !probe.why_not;
		if (devices)
			tongs_info_add_json(devices, i, &probe, view);
		else
			done &= tongs_info_print(i, &probe, view);
	}
	return any && done;
}

static bool show_with_layer(const struct options *options, const struct tongs_info_view *view, cJSON *devices) {
	struct tongs_vulkan vulkan;

	if (!tongs_vulkan_use_layer(options->layer) || !tongs_vulkan_init(&vulkan))
		return false;
	const bool done = show(&vulkan, options, view, devices);
	tongs_vulkan_finish(&vulkan);
	return done;
}

/* There is JSON also where nothing could be tried. */
static bool show_json(const struct options *options, const struct tongs_info_view *view) {
	cJSON *json = cJSON_CreateObject(), *devices = cJSON_CreateArray();
	char error[1024];

	tongs_command_keep_error(error, sizeof error, false);
	bool done = show_with_layer(options, view, devices);
	tongs_command_keep_error(NULL, 0, false);
	tongs_json_add_string(json, "tongs", TONGS_VERSION);
	tongs_json_add_string(json, "error", *error ? error : NULL);
	cJSON_AddItemToObject(json, "devices", devices);
	return tongs_json_write(stdout, json) && done;
}

/* Returns whether the options go together; reports if not. */
static bool check(const struct options *options) {
	if (options->metal && (options->all || options->groups || options->summary || options->format ||
				      options->layer || options->device != UINT32_MAX))
		tongs_command_error("--metal is the same for all devices: it goes with --json alone");
	else if (options->all + options->groups + options->summary + (options->format != NULL) > 1)
		tongs_command_error("--all, --groups, --summary and --format are different views; choose one");
	else if (options->summary && options->json)
		tongs_command_error("--summary is text; --json has it all");
	else
		return true;
	return false;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	struct options given = {.device = UINT32_MAX};
	struct tongs_info_view view = {0};
	const struct tongs_command_option options[] = {
		{"all", .flag = &given.all},
		{"device", .index = &given.device},
		{"format", .text = &given.format},
		{"groups", .flag = &given.groups},
		{"json", .flag = &given.json},
		{"layer-path", .text = &given.layer},
		{"metal", .flag = &given.metal},
		{"summary", .flag = &given.summary},
		{0},
	};
	int code = tongs_command_parse(self, options, false, argc, argv);

	if (code >= 0)
		return code;
	if (!check(&given))
		return tongs_command_usage(self);
	if (given.format && !(view.format = tongs_info_find_format(given.format)))
		return TONGS_EXIT_USAGE;
	if (given.metal)
		return tongs_info_print_metal(given.json) ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
	view.detail = given.all       ? TONGS_INFO_ALL
		      : given.groups  ? TONGS_INFO_GROUPS
		      : given.summary ? TONGS_INFO_SUMMARY
				      : TONGS_INFO_SCREEN;
	const bool done = given.json ? show_json(&given, &view) : show_with_layer(&given, &view, NULL);
	return done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

const struct tongs_command tongs_command_info = {
	.name = "info",
	.summary = "what each Vulkan device can share with Metal, and why not",
	.help = help,
	.main = run,
};
