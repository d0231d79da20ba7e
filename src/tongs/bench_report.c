/* SPDX-License-Identifier: MIT */
/* The table and the JSON. */
#include "bench_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <tongs/version.h>

#include "json.h"

static const char *const unit_names[] = {
	[TONGS_BENCH_BYTES] = "bytes",
	[TONGS_BENCH_LIVE_EXPORTS] = "live exports",
	[TONGS_BENCH_SIDE] = "texels a side",
};

enum { TEXT_LENGTH = 32 };

/* "64 KiB", "100 live", ... */
static void format_size(enum tongs_bench_unit unit, uint64_t size, char text[TEXT_LENGTH]) {
	static const char *const bytes[] = {"B", "KiB", "MiB", "GiB"};
	size_t power = 0;

	switch (unit) {
	case TONGS_BENCH_BYTES:
		for (; size >= 1024 && size % 1024 == 0 && power + 1 < sizeof bytes / sizeof *bytes; size /= 1024)
			power++;
		snprintf(text, TEXT_LENGTH, "%" PRIu64 " %s", size, bytes[power]);
		break;
	case TONGS_BENCH_LIVE_EXPORTS:
		snprintf(text, TEXT_LENGTH, "%" PRIu64 " live", size);
		break;
	case TONGS_BENCH_SIDE:
		snprintf(text, TEXT_LENGTH, "%" PRIu64 " x %" PRIu64, size, size);
		break;
	case TONGS_BENCH_NO_SIZE:
		snprintf(text, TEXT_LENGTH, "-");
		break;
	}
}

/* How many decimals show three digits of `value`, and no more than four. */
static int get_decimals(double value) {
	return value < 0.1 ? 4 : value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
}

/* Every unit is two columns wide. */
static void format_time(double nanoseconds, char text[TEXT_LENGTH]) {
	static const char *const units[] = {"ns", "µs", "ms", "s "};
	size_t power = 0;

	for (; nanoseconds >= 999.5 && power + 1 < sizeof units / sizeof *units; nanoseconds /= 1000)
		power++;
	snprintf(text, TEXT_LENGTH, "%6.*f %s", get_decimals(nanoseconds), nanoseconds, units[power]);
}

static void format_ratio(double ratio, char text[TEXT_LENGTH]) {
	snprintf(text, TEXT_LENGTH, "%.*f", get_decimals(ratio), ratio);
}

void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result) {
	char size[TEXT_LENGTH];

	format_size(result->figure->unit, result->size, size);
	fputs(result->figure->name, file);
	if (result->figure->unit != TONGS_BENCH_NO_SIZE)
		fprintf(file, ", %s", size);
}

void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result) {
	char ours[TEXT_LENGTH], yardstick[TEXT_LENGTH], ratio[TEXT_LENGTH];

	tongs_bench_report_print_name(file, result);
	fputs(": ", file);
	if (result->why_not) {
		fprintf(file, "%s\n", result->why_not);
		return;
	}
	format_time(result->ours.median, ours);
	format_time(result->yardstick.median, yardstick);
	format_ratio(result->ratio.median, ratio);
	fprintf(file, "%s; %s: %s; ratio %s\n", ours + strspn(ours, " "), result->figure->yardstick_name,
		yardstick + strspn(yardstick, " "), ratio);
}

static void print_machine(FILE *file, const struct tongs_bench_machine *machine) {
	fprintf(file, "CPU     %s, %u core%s\n", *machine->cpu ? machine->cpu : "not told", machine->cores,
		machine->cores == 1 ? "" : "s");
	fprintf(file, "kernel  %s\n", *machine->kernel ? machine->kernel : "not told");
	fprintf(file, "device  %s\n", machine->device);
	fprintf(file, "driver  %s%s%s (Vulkan %s)\n", *machine->driver ? machine->driver : "not told",
		*machine->driver_info ? ", " : "", machine->driver_info, machine->api_version);
	fprintf(file, "loader  Vulkan %s\n\n", *machine->loader_version ? machine->loader_version : "not told");
}

static int get_wider(int width, const char *text) {
	int length = (int)strlen(text);

	return length > width ? length : width;
}

static void print_result(FILE *file, const struct tongs_bench_result *result, int name_width, int yardstick_width) {
	const struct tongs_bench_figure *figure = result->figure;
	char size[TEXT_LENGTH], ours[TEXT_LENGTH], yardstick[TEXT_LENGTH], ratio[TEXT_LENGTH], lower[TEXT_LENGTH],
		upper[TEXT_LENGTH];

	format_size(figure->unit, result->size, size);
	fprintf(file, "%-*s  %12s  ", name_width, figure->name, size);
	if (result->why_not) {
		fprintf(file, "%s\n", result->why_not);
		return;
	}
	format_time(result->ours.median, ours);
	format_time(result->yardstick.median, yardstick);
	format_ratio(result->ratio.median, ratio);
	format_ratio(result->ratio.lower, lower);
	format_ratio(result->ratio.upper, upper);
	fprintf(file, "%s  %s  %-*s  %6s  %s to %s\n", ours, yardstick, yardstick_width, figure->yardstick_name, ratio,
		lower, upper);
}

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report) {
	int name_width = 0, yardstick_width = 0;

	for (size_t i = 0; i < report->result_count; i++) {
		name_width = get_wider(name_width, report->results[i].figure->name);
		yardstick_width = get_wider(yardstick_width, report->results[i].figure->yardstick_name);
	}
	print_machine(file, &report->machine);
	fprintf(file, "%-*s  %12s  %9s  %9s  %-*s  %6s  %s\n", name_width, "figure", "size", "ours", "yardstick",
		yardstick_width, "", "ratio", "spread (quartiles)");
	for (size_t i = 0; i < report->result_count; i++)
		print_result(file, &report->results[i], name_width, yardstick_width);
}

/* `scale` makes integers of them, which is what JSON numbers are to every reader. */
static void write_quartiles(struct tongs_json *json, const char *key, const struct tongs_bench_result *result,
	const struct tongs_bench_quartiles *quartiles, double scale) {
	if (result->why_not) {
		tongs_json_string(json, key, NULL);
		return;
	}
	tongs_json_open(json, key, '{');
	tongs_json_number(json, "lower", (uint64_t)llround(quartiles->lower * scale));
	tongs_json_number(json, "median", (uint64_t)llround(quartiles->median * scale));
	tongs_json_number(json, "upper", (uint64_t)llround(quartiles->upper * scale));
	tongs_json_close(json, '{');
}

static void write_result(struct tongs_json *json, const struct tongs_bench_result *result) {
	const struct tongs_bench_figure *figure = result->figure;

	tongs_json_open(json, NULL, '{');
	tongs_json_string(json, "name", figure->name);
	tongs_json_string(json, "yardstick", figure->yardstick_name);
	if (unit_names[figure->unit])
		tongs_json_number(json, "size", result->size);
	else
		tongs_json_string(json, "size", NULL);
	tongs_json_string(json, "sizeUnit", unit_names[figure->unit]);
	tongs_json_number(json, "pairs", result->pairs);
	write_quartiles(json, "oursPicoseconds", result, &result->ours, 1e3);
	write_quartiles(json, "yardstickPicoseconds", result, &result->yardstick, 1e3);
	write_quartiles(json, "ratioMillionths", result, &result->ratio, 1e6);
	tongs_json_string(json, "whyNot", result->why_not);
	tongs_json_close(json, '{');
}

static void write_text(struct tongs_json *json, const char *key, const char *text) {
	tongs_json_string(json, key, *text ? text : NULL);
}

void tongs_bench_report_write_json(FILE *file, const struct tongs_bench_report *report) {
	const struct tongs_bench_machine *machine = &report->machine;
	struct tongs_json json = {.file = file};

	tongs_json_open(&json, NULL, '{');
	tongs_json_string(&json, "tongs", TONGS_VERSION);
	tongs_json_bool(&json, "quick", report->quick);
	tongs_json_open(&json, "machine", '{');
	write_text(&json, "cpu", machine->cpu);
	tongs_json_number(&json, "cores", machine->cores);
	write_text(&json, "kernel", machine->kernel);
	write_text(&json, "device", machine->device);
	write_text(&json, "driver", machine->driver);
	write_text(&json, "driverInfo", machine->driver_info);
	write_text(&json, "apiVersion", machine->api_version);
	write_text(&json, "loader", machine->loader_version);
	tongs_json_close(&json, '{');
	tongs_json_open(&json, "figures", '[');
	for (size_t i = 0; i < report->result_count; i++)
		write_result(&json, &report->results[i]);
	tongs_json_close(&json, '[');
	tongs_json_close(&json, '{');
}
