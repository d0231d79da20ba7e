/* SPDX-License-Identifier: MIT */
/* `tongs bench`: chooses figures, has them measured, and reports. */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "plot.h"
#include "report.h"
#include "run.h"
#include "commands.h"
#include "client/layer_path.h"

static const char help[] =
	"Usage: tongs bench [options]\n"
	"\n"
	"Measures what sharing with Metal costs on this machine, each figure against a yardstick of the\n"
	"same machine, in turn: the driver's own sharing through file descriptors, memcpy, a plain call,\n"
	"the device without the layer. Prints medians of the times, their ratio (below 1: Tongs is\n"
	"cheaper) with its quartiles, and whether the figure's goals are met.\n"
	"\n"
	"Options:\n"
	"      --device DEVICE   the device of that number in 'tongs info', or with that in its name;\n"
	"                        default: the first that can share memory\n"
	"      --filter TEXT     only the figures with TEXT in their names\n"
	"      --quick           fewer samples, and no size that takes long: half a minute at most\n"
	"                        instead of four minutes\n"
	"      --check           fail if a figure is worse than twice its goal; one that seems to be is\n"
	"                        measured up to five times more, and the best counts\n"
	"      --json FILE       write the figures, their goals and what the machine is to FILE, too\n"
	"      --plot FILE       draw the ratios and their goals into FILE, an SVG picture\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit code: 0 if every figure was measured that the device has, 1 if one failed, nothing can be\n"
	"shared here or the check found something, 2 for wrong usage.\n";

static const struct tongs_bench_figure *const tables[] = {
	tongs_bench_handle,
	tongs_bench_allocate,
	tongs_bench_first_byte,
	tongs_bench_release,
	tongs_bench_import,
	tongs_bench_texels,
	tongs_bench_create,
	tongs_bench_hooked,
	tongs_bench_frame,
	tongs_bench_message,
	tongs_bench_memory,
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

struct options {
	const char *device; /* NULL: the first device that can share */
	const char *filter;
	const char *json, *plot; /* NULL: none */
	bool quick, check;
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

/* A file to write results to, opened before they are measured: minutes of measuring are not to end in a mistyped path.
 */
struct output {
	FILE *file; /* NULL: not wanted */
	const char *path;
};

static bool open_output(struct output *output, const char *path, const char *option) {
	*output = (struct output){.file = path ? fopen(path, "w") : NULL, .path = path};
	if (output->file || !path)
		return true;
	tongs_command_error("%s cannot be written: %s; choose another with %s", path, strerror(errno), option);
	return false;
}

static bool close_output(struct output *output) {
	if (!output->file)
		return true;
	bool failed = ferror(output->file);
	if (!fclose(output->file) && !failed)
		return true;
	tongs_command_error("%s cannot be written: %s", output->path, strerror(errno));
	return false;
}

struct measuring {
	struct tongs_bench_report *report;
	const char *device;
};

static bool measure_again(void *user, size_t index) {
	const struct measuring *measuring = user;

	sleep(1); /* noise rarely lasts */
	return tongs_bench_run_measure_one(measuring->report, measuring->device, index);
}

static bool measure(const struct options *options, struct tongs_bench_report *report) {
	if (!tongs_bench_run_probe(report, options->device))
		return false;
	bool done = tongs_bench_run_measure(report, options->device);
	if (options->check)
		done = tongs_bench_check_again(report, measure_again, &(struct measuring){report, options->device}) &&
		       done;
	tongs_bench_report_print(stdout, report);
	return (!options->check || tongs_bench_check_tell(stderr, report)) && done;
}

static bool run_report(const struct options *options, struct tongs_bench_report *report) {
	struct output json = {0}, plot = {0};
	bool done = open_output(&json, options->json, "--json") && open_output(&plot, options->plot, "--plot") &&
		    measure(options, report);

	if (json.file)
		tongs_bench_report_write_json(json.file, report);
	if (plot.file)
		tongs_bench_plot(plot.file, report);
	done = close_output(&json) && done;
	return close_output(&plot) && done;
}

static int bench(const struct options *options, const char *layer) {
	size_t count = list_results(options, NULL);

	if (!count) {
		tongs_command_error("no figure's name holds '%s'; their names:", options->filter);
		print_names(stderr);
		return TONGS_EXIT_USAGE;
	}
	if (!tongs_layer_path_use(layer))
		return TONGS_EXIT_FAILED;
	struct tongs_bench_report *report = tongs_bench_run_new(count);
	if (!report)
		return TONGS_EXIT_FAILED;
	report->quick = options->quick;
	list_results(options, report->results);
	bool done = run_report(options, report);
	tongs_bench_run_free(report);
	return done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	static const struct option options[] = {
		{"check", no_argument, NULL, 'c'},
		{"device", required_argument, NULL, 'd'},
		{"filter", required_argument, NULL, 'f'},
		{"json", required_argument, NULL, 'j'},
		{"plot", required_argument, NULL, 'p'},
		{"quick", no_argument, NULL, 'q'},
		TONGS_COMMAND_COMMON_OPTIONS,
	};
	struct options chosen = {.filter = ""};
	const char *layer = NULL;
	int letter;

	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			chosen.check = true;
			break;
		case 'd':
			chosen.device = optarg;
			break;
		case 'f':
			chosen.filter = optarg;
			break;
		case 'j':
			chosen.json = optarg;
			break;
		case 'p':
			chosen.plot = optarg;
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
	if (chosen.device && !*chosen.device) {
		tongs_command_error("--device wants a number or a part of a name; 'tongs info' lists the devices");
		return TONGS_EXIT_USAGE;
	}
	return bench(&chosen, layer);
}

const struct tongs_command tongs_command_bench = {
	.name = "bench",
	.summary = "measure what sharing costs, against the driver's own",
	.help = help,
	.main = run,
};
