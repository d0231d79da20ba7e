/* SPDX-License-Identifier: MIT */
/* `tongs bench`: chooses figures, measures one after the other, and reports. */
#include "bench.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_report.h"
#include "bench_sample.h"
#include "command.h"
#include "layer_path.h"

static const char help[] =
	"Usage: tongs bench [options]\n"
	"\n"
	"Measures what sharing with Metal costs on this machine, each figure against a yardstick of the\n"
	"same machine, in turn: the driver's own sharing through file descriptors, memcpy, a plain call.\n"
	"Prints medians of the times, their ratio (below 1: Tongs is cheaper) and its quartiles.\n"
	"\n"
	"Options:\n"
	"      --device N        the device of that number in 'tongs info'; default: the first that\n"
	"                        can share memory\n"
	"      --filter TEXT     only the figures with TEXT in their names\n"
	"      --quick           fewer samples, and no size that takes long to prepare: half a minute\n"
	"                        at most instead of three\n"
	"      --json FILE       write the figures and what the machine is to FILE, too\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit code: 0 if every figure was measured that the device has, 1 if one failed or nothing can be\n"
	"shared here, 2 for wrong usage.\n";

static const struct tongs_bench_figure *const tables[] = {
	tongs_bench_handle,
	tongs_bench_allocate,
	tongs_bench_import,
	tongs_bench_texels,
	tongs_bench_create,
	tongs_bench_message,
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static const double quick_seconds = 0.4, full_seconds = 3; /* for a figure at one size */

struct options {
	uint32_t index; /* UINT32_MAX: the first device that can share */
	const char *filter;
	const char *json; /* NULL: none */
	bool quick;
};

static bool is_wanted(const struct options *options, const struct tongs_bench_figure *figure, uint64_t size) {
	return strstr(figure->name, options->filter) &&
	       !(options->quick && figure->quick_limit && size > figure->quick_limit);
}

/* The wanted figures at their sizes, nothing measured yet; counts them alone when `results` is NULL. */
static size_t list_results(const struct options *options, struct tongs_bench_result *results) {
	size_t count = 0;

	for (int i = 0; i < TABLE_COUNT; i++) {
		for (const struct tongs_bench_figure *figure = tables[i]; figure->name; figure++) {
			for (const uint64_t *size = figure->sizes; *size; size++) {
				if (!is_wanted(options, figure, *size))
					continue;
				if (results)
					results[count] = (struct tongs_bench_result){
						.figure = figure, .size = *size, .why_not = "not measured"};
				count++;
			}
		}
	}
	return count;
}

/* Each once, on a line: figures of one name stand together. */
static void print_names(FILE *file) {
	const char *last = "";

	for (int i = 0; i < TABLE_COUNT; i++) {
		for (const struct tongs_bench_figure *figure = tables[i]; figure->name; figure++) {
			if (strcmp(figure->name, last))
				fprintf(file, "  %s\n", figure->name);
			last = figure->name;
		}
	}
}

static bool measure(const struct tongs_bench_device *device, double seconds, struct tongs_bench_result *result) {
	const struct tongs_bench_figure *figure = result->figure;
	struct tongs_bench_case bench = {.device = device, .size = result->size};

	if (figure->needs_fd && !device->get_fd) {
		result->why_not = "the driver shares no such memory as an OPAQUE_FD";
		return true;
	}
	bool prepared = !figure->prepare || figure->prepare(&bench);
	bool done = prepared ? tongs_bench_sample(figure, &bench, seconds, result) : bench.why_not != NULL;
	if (figure->finish)
		figure->finish(&bench);
	result->why_not = done ? bench.why_not : "it failed";
	return done;
}

/* On a terminal one line that changes tells what is measured; elsewhere a line tells what was. */
static void tell_start(bool on_terminal, size_t number, size_t count, const struct tongs_bench_result *result) {
	if (!on_terminal)
		return;
	fprintf(stderr, "\r\033[K[%zu/%zu] ", number, count);
	tongs_bench_report_print_name(stderr, result);
	fflush(stderr);
}

static void tell_end(bool on_terminal, size_t number, size_t count, const struct tongs_bench_result *result) {
	if (on_terminal) {
		fputs("\r\033[K", stderr);
		return;
	}
	fprintf(stderr, "[%zu/%zu] ", number, count);
	tongs_bench_report_print_line(stderr, result);
}

/* Measures everything in `report`; what fails does not keep the rest from it. */
static bool measure_all(const struct tongs_bench_device *device, struct tongs_bench_report *report) {
	bool on_terminal = isatty(STDERR_FILENO), done = true;

	for (size_t i = 0; i < report->result_count; i++) {
		struct tongs_bench_result *result = &report->results[i];
		tell_start(on_terminal, i + 1, report->result_count, result);
		done = measure(device, report->quick ? quick_seconds : full_seconds, result) && done;
		tell_end(on_terminal, i + 1, report->result_count, result);
	}
	return done;
}

static bool can_share(VkPhysicalDevice device) {
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return properties.apiVersion >= VK_API_VERSION_1_1 &&
	       tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
}

/* VK_NULL_HANDLE, with a message, if there is none. */
static VkPhysicalDevice choose_device(const struct tongs_vulkan *vulkan, uint32_t index) {
	if (index == UINT32_MAX) {
		for (uint32_t i = 0; i < vulkan->device_count; i++)
			if (can_share(vulkan->devices[i]))
				return vulkan->devices[i];
		tongs_command_error("no device here can share memory with Metal; 'tongs info' says why");
	} else if (index >= vulkan->device_count) {
		tongs_command_error(
			"there is no device %u; 'tongs info' lists %u, from 0", index, vulkan->device_count);
	} else if (can_share(vulkan->devices[index])) {
		return vulkan->devices[index];
	} else {
		tongs_command_error("device %u cannot share memory with Metal; 'tongs info' says why", index);
	}
	return VK_NULL_HANDLE;
}

static bool measure_on_device(const struct tongs_vulkan *vulkan, uint32_t index, struct tongs_bench_report *report) {
	VkPhysicalDevice physical_device = choose_device(vulkan, index);
	struct tongs_bench_device device;

	if (!physical_device || !tongs_bench_device_init(&device, physical_device))
		return false;
	tongs_bench_machine_read(physical_device, &report->machine);
	bool done = measure_all(&device, report);
	tongs_bench_report_print(stdout, report);
	tongs_bench_device_finish(&device);
	return done;
}

static bool close_json(FILE *file, const char *path) {
	bool failed = ferror(file);

	if (!fclose(file) && !failed)
		return true;
	tongs_command_error("%s cannot be written: %s", path, strerror(errno));
	return false;
}

/* Opens the file first: minutes of measuring are not to end in a mistyped path. */
static bool run_report(const struct options *options, struct tongs_bench_report *report) {
	FILE *json = options->json ? fopen(options->json, "w") : NULL;
	struct tongs_vulkan vulkan;

	if (options->json && !json) {
		tongs_command_error(
			"%s cannot be written: %s; choose another with --json", options->json, strerror(errno));
		return false;
	}
	bool done = tongs_vulkan_init(&vulkan);
	if (done) {
		done = measure_on_device(&vulkan, options->index, report);
		tongs_vulkan_finish(&vulkan);
	}
	if (json) {
		tongs_bench_report_write_json(json, report);
		done = close_json(json, options->json) && done;
	}
	return done;
}

/* Drivers allocate with malloc, and glibc's learns when to keep what was freed. It gets the most that it would learn:
 * no figure depends on those before it, and the yardstick is a program that has run for a while. */
static void settle_malloc(void) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

static int bench(const struct options *options, const char *layer) {
	struct tongs_bench_report report = {.quick = options->quick, .result_count = list_results(options, NULL)};

	if (!report.result_count) {
		tongs_command_error("no figure's name holds '%s'; their names:", options->filter);
		print_names(stderr);
		return TONGS_EXIT_USAGE;
	}
	if (!tongs_layer_path_use(layer))
		return TONGS_EXIT_FAILED;
	report.results = calloc(report.result_count, sizeof *report.results);
	if (!report.results) {
		tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "making room for the results");
		return TONGS_EXIT_FAILED;
	}
	list_results(options, report.results);
	settle_malloc();
	bool done = run_report(options, &report);
	free(report.results);
	return done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	static const struct option options[] = {
		{"device", required_argument, NULL, 'd'},
		{"filter", required_argument, NULL, 'f'},
		{"json", required_argument, NULL, 'j'},
		{"quick", no_argument, NULL, 'q'},
		TONGS_COMMAND_COMMON_OPTIONS,
	};
	struct options chosen = {.index = UINT32_MAX, .filter = ""};
	const char *layer = NULL;
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (letter) {
		case 'd':
			if (!tongs_command_parse_index(optarg, &chosen.index))
				return TONGS_EXIT_USAGE;
			break;
		case 'f':
			chosen.filter = optarg;
			break;
		case 'j':
			chosen.json = optarg;
			break;
		case 'q':
			chosen.quick = true;
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
	return bench(&chosen, layer);
}

const struct tongs_command tongs_command_bench = {
	.name = "bench",
	.summary = "measure what sharing costs, against the driver's own",
	.help = help,
	.main = run,
};
