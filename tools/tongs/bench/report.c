/* SPDX-License-Identifier: MIT */
/* The table. */
#include "report.h"

#include <string.h>

#include "words.h"

void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result) {
	char size[TONGS_BENCH_WORDS];

	tongs_bench_words_size(result->figure->unit, result->size, size);
	fputs(result->figure->name, file);
	if (result->figure->unit != TONGS_BENCH_NO_SIZE)
		fprintf(file, ", %s", size);
}

/* What stands in the table's columns. */
struct cells {
	char size[TONGS_BENCH_WORDS], ours[TONGS_BENCH_WORDS], yardstick[TONGS_BENCH_WORDS], ratio[TONGS_BENCH_WORDS],
		spread[TONGS_BENCH_WORDS], goals[TONGS_BENCH_WORDS];
};

static void fill_cells(const struct tongs_bench_result *result, struct cells *cells) {
	char lower[TONGS_BENCH_WORDS], upper[TONGS_BENCH_WORDS];

	*cells = (struct cells){.yardstick = "-", .ratio = "-", .spread = "-"};
	tongs_bench_words_size(result->figure->unit, result->size, cells->size);
	tongs_bench_words_goals(result, cells->goals);
	if (result->figure->measure) {
		tongs_bench_words_amount(result->figure->amount_unit, result->amount, cells->ours);
		return;
	}
	tongs_bench_words_time(result->ours.median, cells->ours);
	tongs_bench_words_time(result->yardstick.median, cells->yardstick);
	tongs_bench_words_ratio(result->ratio.median, cells->ratio);
	tongs_bench_words_ratio(result->ratio.lower, lower);
	tongs_bench_words_ratio(result->ratio.upper, upper);
	snprintf(cells->spread, sizeof cells->spread, "%.32s to %.32s", lower, upper);
}

void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result) {
	struct cells cells;

	tongs_bench_report_print_name(file, result);
	fputs(": ", file);
	if (result->why_not) {
		fprintf(file, "%s\n", result->why_not);
		return;
	}
	fill_cells(result, &cells);
	fprintf(file, "%s", cells.ours + strspn(cells.ours, " "));
	if (result->figure->measure)
		fprintf(file, " %s", result->figure->yardstick_name);
	else
		fprintf(file, "; %s: %s; ratio %s", result->figure->yardstick_name,
			cells.yardstick + strspn(cells.yardstick, " "), cells.ratio);
	if (tongs_bench_goal_next(result, NULL))
		fprintf(file, "; goal %s: %s", cells.goals, tongs_bench_words_met(result));
	fputc('\n', file);
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

/* `text`, and spaces up to `width` columns: before it for a positive width, behind it for a negative one. */
static void put_cell(FILE *file, const char *text, int width) {
	int spaces = (width < 0 ? -width : width) - tongs_bench_words_width(text);

	fprintf(file, "%*s%s%*s  ", width > 0 && spaces > 0 ? spaces : 0, "", text,
		width < 0 && spaces > 0 ? spaces : 0, "");
}

struct widths {
	int name, size, yardstick_name, spread;
};

static void put_row(FILE *file, const struct widths *widths, const char *name, const struct cells *cells,
	const char *yardstick_name, const char *met) {
	put_cell(file, name, -widths->name);
	put_cell(file, cells->size, widths->size);
	put_cell(file, cells->ours, 9);
	put_cell(file, cells->yardstick, 9);
	put_cell(file, yardstick_name, -widths->yardstick_name);
	put_cell(file, cells->ratio, 7);
	put_cell(file, cells->spread, -widths->spread);
	put_cell(file, met, -3);
	fprintf(file, "%s\n", cells->goals);
}

static void print_result(FILE *file, const struct widths *widths, const struct tongs_bench_result *result) {
	struct cells cells;

	fill_cells(result, &cells);
	if (!result->why_not) {
		put_row(file, widths, result->figure->name, &cells, result->figure->yardstick_name,
			tongs_bench_words_met(result));
		return;
	}
	put_cell(file, result->figure->name, -widths->name);
	put_cell(file, cells.size, widths->size);
	fprintf(file, "%s\n", result->why_not);
}

static void widen(int *width, const char *text) {
	int needed = tongs_bench_words_width(text);

	if (needed > *width)
		*width = needed;
}

static struct widths find_widths(const struct tongs_bench_report *report, const struct cells *heading) {
	struct widths widths = {0};

	widen(&widths.spread, heading->spread);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		struct cells cells;
		fill_cells(result, &cells);
		widen(&widths.name, result->figure->name);
		widen(&widths.yardstick_name, result->figure->yardstick_name);
		widen(&widths.size, cells.size);
		widen(&widths.spread, cells.spread);
	}
	return widths;
}

static void print_sum(FILE *file, const struct tongs_bench_report *report) {
	size_t with_goal = 0, met = 0;

	for (size_t i = 0; i < report->result_count; i++) {
		const char *word = tongs_bench_words_met(&report->results[i]);
		with_goal += *word != '-';
		met += *word == 'y';
	}
	fprintf(file, "\n%zu of %zu figures with a goal meet it.\n", met, with_goal);
}

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report) {
	static const struct cells heading = {"size", "ours", "yardstick", "ratio", "spread (quartiles)", "goal"};
	const struct widths widths = find_widths(report, &heading);

	print_machine(file, &report->machine);
	put_row(file, &widths, "figure", &heading, "", "met");
	for (size_t i = 0; i < report->result_count; i++)
		print_result(file, &widths, &report->results[i]);
	print_sum(file, report);
}
