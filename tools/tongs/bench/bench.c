/* SPDX-License-Identifier: MIT */
/* `tongs bench`: selects benchmarks, has them measured, and reports. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "client/vulkan.h"
#include "commands.h"
#include "report.h"

static const char help[] =
	"Usage: tongs bench [options]\n"
	"\n"
	"Measures what sharing with Metal costs on this machine. Compares each benchmark with a baseline\n"
	"in turn: the driver's own sharing through file descriptors, memcpy, the device without the\n"
	"layer. Prints median times, their ratio (below 1: Tongs is faster) with its quartiles, and\n"
	"whether the goals are met.\n"
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
	"      --plot FILE       draw the table, ratios and goals to FILE, an SVG picture\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json\n"
	"  -h, --help            show this text\n"
	"\n"
	"Exit code: 0 if all benchmarks that the device supports were measured, 1 if one failed, no\n"
	"device can share or the check failed, 2 for wrong usage.\n";

static const struct tongs_benchmark *const tables[] = {tongs_bench_memory_cases, tongs_bench_image_cases,
	tongs_bench_texture_cases, tongs_bench_commands_cases, tongs_bench_event_cases, tongs_bench_program_cases,
	tongs_bench_process_cases};

/* Enters the benchmarks with `filter` in their names into the report, each at its sizes. */
static void list_results(struct tongs_bench_report *report, const char *filter) {
	report->result_count = 0;
	*report->left_out = '\0';
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		for (const struct tongs_benchmark *benchmark = tables[i]; benchmark->name; benchmark++) {
			for (const uint64_t *size = benchmark->sizes; *size; size++) {
				if (!strstr(benchmark->name, filter))
					continue;
				if (report->quick && benchmark->quick_limit && *size > benchmark->quick_limit) {
					tongs_bench_report_leave_out(report, benchmark, *size);
					continue;
				}
				assert(report->result_count < TONGS_BENCH_MAX_RESULTS);
				report->results[report->result_count++] = (struct tongs_bench_result){
					.benchmark = benchmark, .size = *size, .why_not = "not measured"};
			}
		}
	}
}

/* A file to write after measuring. */
struct output {
	const char *option, *path; /* `path` NULL: none */
	bool (*write)(FILE *file, const struct tongs_bench_report *report);
	FILE *file;
};

/* Before measuring: a mistyped path must not cost minutes. */
static bool open_output(struct output *output) {
	if (!output->path || (output->file = fopen(output->path, "w")))
		return true;
	tongs_command_error(
		"cannot write %s: %s; choose another file with %s", output->path, strerror(errno), output->option);
	return false;
}

static bool write_output(const struct output *output, const struct tongs_bench_report *report) {
	if (!output->file)
		return true;
	bool done = output->write(output->file, report), failed = ferror(output->file);
	if (!fclose(output->file) && !failed)
		return done;
	tongs_command_error("cannot write %s: %s", output->path, strerror(errno));
	return false;
}

static bool measure(struct tongs_bench_report *report, bool check) {
	bool done = tongs_bench_measure(report, NULL);

	if (!done)
		return false;
	for (size_t i = 0; i < report->result_count; i++)
		done = tongs_bench_measure(report, &report->results[i]) && done;
	if (check)
		done = tongs_bench_check_again(report, tongs_bench_measure) && done;
	tongs_bench_report_print(stdout, report);
	return (!check || tongs_bench_check_print(stderr, report)) && done;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	/* Shared with the processes that measure. */
	struct tongs_bench_report *report =
		mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct output json = {.option = "--json", .write = tongs_bench_report_write_json},
		      plot = {.option = "--plot", .write = tongs_bench_report_write_plot};
	const char *layer = NULL, *filter = "";
	bool check = false;

	if (report == MAP_FAILED) {
		tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "allocating the results");
		return TONGS_EXIT_FAILED;
	}
	const struct tongs_command_option options[] = {
		{"check", .flag = &check},
		{"device", .text = &report->device},
		{"filter", .text = &filter},
		{"json", .text = &json.path},
		{"layer-path", .text = &layer},
		{"plot", .text = &plot.path},
		{"quick", .flag = &report->quick},
		{0},
	};
	int code = tongs_command_parse(self, options, false, argc, argv);
	if (code >= 0)
		return code;
	if (report->device && !*report->device) {
		tongs_command_error("--device is empty; pass a number or part of a name from 'tongs info'");
		return TONGS_EXIT_USAGE;
	}
	if (json.path && plot.path && !strcmp(json.path, plot.path)) {
		tongs_command_error("--json and --plot name the same file, %s", json.path);
		return TONGS_EXIT_USAGE;
	}
	list_results(report, filter);
	if (!report->result_count) {
		tongs_command_error("no benchmark has '%s' in its name; the names:", filter);
		list_results(report, "");
		for (size_t i = 0; i < report->result_count; i++)
			if (!i || strcmp(report->results[i].benchmark->name, report->results[i - 1].benchmark->name))
				fprintf(stderr, "  %s\n", report->results[i].benchmark->name);
		return TONGS_EXIT_USAGE;
	}
	if (!tongs_vulkan_use_layer(layer))
		return TONGS_EXIT_FAILED;
	bool done = open_output(&json) && open_output(&plot) && measure(report, check);
	done = write_output(&json, report) && done;
	done = write_output(&plot, report) && done;
	return done ? TONGS_EXIT_OK : TONGS_EXIT_FAILED;
}

const struct tongs_command tongs_command_bench = {
	.name = "bench",
	.summary = "measure what sharing costs, compared with the driver's own",
	.help = help,
	.main = run,
};
