/* SPDX-License-Identifier: MIT */
/* `tongs bench`: selects benchmarks, has them measured, and reports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vulkan.h"
#include "commands.h"
#include "harness.h"

static const char help[] =
	"Usage: tongs bench [options]\n"
	"\n"
	"Measures what sharing with Metal costs on this machine. Compares each benchmark with a baseline\n"
	"in turn: the driver's own sharing through file descriptors, memcpy, a plain call, the device\n"
	"without the layer. Prints median times, their ratio (below 1: Tongs is faster) with its\n"
	"quartiles, and whether the goals are met.\n"
	"\n"
	"Options:\n"
	"      --device DEVICE   its number in 'tongs info', or a part of its name, ignoring case;\n"
	"                        default: the first that can share memory\n"
	"      --filter TEXT     only benchmarks with TEXT in their names\n"
	"      --quick           take fewer samples and skip large sizes: half a minute at most instead\n"
	"                        of four minutes\n"
	"      --check           fail if a benchmark misses its goal by more than a factor of 2; such\n"
	"                        are measured up to five times more, and the best counts\n"
	"      --json FILE       also write the results, goals and the machine's description to FILE\n"
	"      --plot FILE       draw ratios and goals to FILE, an SVG picture\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            show this text\n"
	"\n"
	"Exit code: 0 if all benchmarks that the device supports were measured, 1 if one failed, no\n"
	"device can share or the check failed, 2 for wrong usage.\n";

static const struct tongs_benchmark *const tables[] = {
	tongs_bench_memory_cases, tongs_bench_object_cases, tongs_bench_program_cases};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

struct options {
	const char *device; /* NULL: the first device that can share */
	const char *filter;
	const char *json, *plot; /* NULL: none */
	bool quick, check;
};

/* Enters the selected benchmarks, each at its sizes, into `results` (NULL: only counts them). */
static size_t list_results(const struct options *options, struct tongs_bench_result *results) {
	size_t count = 0;

	for (int i = 0; i < TABLE_COUNT; i++) {
		for (const struct tongs_benchmark *benchmark = tables[i]; benchmark->name; benchmark++) {
			for (const uint64_t *size = benchmark->sizes; *size; size++) {
				if (!strstr(benchmark->name, options->filter) ||
					(options->quick && benchmark->quick_limit && *size > benchmark->quick_limit))
					continue;
				if (results)
					results[count] = (struct tongs_bench_result){
						.benchmark = benchmark, .size = *size, .why_not = "not measured"};
				count++;
			}
		}
	}
	return count;
}

static void print_names(FILE *file) {
	const char *last = "";

	for (int i = 0; i < TABLE_COUNT; i++) {
		for (const struct tongs_benchmark *benchmark = tables[i]; benchmark->name; benchmark++) {
			if (strcmp(benchmark->name, last))
				fprintf(file, "  %s\n", benchmark->name);
			last = benchmark->name;
		}
	}
}

/* Opened before measuring: a mistyped path must not cost minutes. `path` may be NULL. */
static bool open_output(FILE **file, const char *path, const char *option) {
	*file = path ? fopen(path, "w") : NULL;
	if (*file || !path)
		return true;
	tongs_command_error("cannot write %s: %s; choose another file with %s", path, strerror(errno), option);
	return false;
}

static bool close_output(FILE *file, const char *path) {
	if (!file)
		return true;
	bool failed = ferror(file);
	if (!fclose(file) && !failed)
		return true;
	tongs_command_error("cannot write %s: %s", path, strerror(errno));
	return false;
}

struct retry {
	struct tongs_bench_report *report;
	const char *device;
};

static bool measure_again(void *user, size_t index) {
	const struct retry *retry = user;

	sleep(1); /* noise rarely lasts */
	return tongs_bench_harness_measure(retry->report, retry->device, index);
}

static bool measure(const struct options *options, struct tongs_bench_report *report) {
	bool done = true;

	if (!tongs_bench_harness_probe(report, options->device))
		return false;
	for (size_t i = 0; i < report->result_count; i++)
		done = tongs_bench_harness_measure(report, options->device, i) && done;
	if (options->check)
		done = tongs_bench_check_again(report, measure_again, &(struct retry){report, options->device}) && done;
	tongs_bench_report_print(stdout, report);
	return (!options->check || tongs_bench_check_print(stderr, report)) && done;
}

static int bench(const struct options *options, const char *layer) {
	size_t count = list_results(options, NULL);
	FILE *json = NULL, *plot = NULL;

	if (!count) {
		tongs_command_error("no benchmark has '%s' in its name; the names:", options->filter);
		print_names(stderr);
		return TONGS_EXIT_USAGE;
	}
	struct tongs_bench_report *report =
		tongs_vulkan_use_layer(layer) ? tongs_bench_harness_new_report(count) : NULL;
	if (!report)
		return TONGS_EXIT_FAILED;
	report->quick = options->quick;
	list_results(options, report->results);
	bool done = open_output(&json, options->json, "--json") && open_output(&plot, options->plot, "--plot") &&
		    measure(options, report);
	if (json)
		done = tongs_bench_report_write_json(json, report) && done;
	if (plot)
		tongs_bench_report_write_plot(plot, report);
	done = close_output(json, options->json) && done;
	done = close_output(plot, options->plot) && done;
	tongs_bench_harness_free_report(report);
	return done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	struct options chosen = {.filter = ""};
	const char *layer = NULL;
	const struct tongs_command_option options[] = {
		{"check", .flag = &chosen.check},
		{"device", .text = &chosen.device},
		{"filter", .text = &chosen.filter},
		{"json", .text = &chosen.json},
		{"layer-path", .text = &layer},
		{"plot", .text = &chosen.plot},
		{"quick", .flag = &chosen.quick},
		{0},
	};
	int code = tongs_command_parse(self, options, false, argc, argv);

	if (code >= 0)
		return code;
	if (chosen.device && !*chosen.device) {
		tongs_command_error("--device is empty; pass a number or part of a name from 'tongs info'");
		return TONGS_EXIT_USAGE;
	}
	if (chosen.json && chosen.plot && !strcmp(chosen.json, chosen.plot)) {
		tongs_command_error("--json and --plot name the same file, %s", chosen.json);
		return TONGS_EXIT_USAGE;
	}
	return bench(&chosen, layer);
}

const struct tongs_command tongs_command_bench = {
	.name = "bench",
	.summary = "measure what sharing costs, compared with the driver's own",
	.help = help,
	.main = run,
};
