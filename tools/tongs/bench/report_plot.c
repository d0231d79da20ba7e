/* SPDX-License-Identifier: MIT */
/* The ratios as bars of an SVG. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "utf8.h"

/* Pixels. */
enum {
	WIDTH = 1240,
	TOP = 118,
	ROW = 20,
	BAR = 12,
	BOTTOM = 34,
	NAME_X = 20,
	SIZE_X = 392, /* right end */
	BASELINE_X = 404,
	SCALE_X = 590,
	SCALE_WIDTH = 400,
	RATIO_X = 1046, /* right end */
	GOAL_X = 1058,
};

static const char met_colour[] = "#2b7a9b", missed_colour[] = "#d2601a", plain_colour[] = "#9a9a9a",
		  black[] = "#111111", grey[] = "#666666";

/* Whole decades. */
struct scale {
	int first, last;
};

/* `anchor`: start, middle or end. Bytes that XML does not allow become '?'. */
static void draw_text(FILE *file, double x, double y, const char *anchor, const char *colour, const char *text) {
	fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, colour);
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		unsigned length = tongs_utf8_length(c);
		if (strchr("&<>", *c))
			fputs(*c == '&' ? "&amp;" : *c == '<' ? "&lt;" : "&gt;", file);
		else if (!length || *c < 0x20)
			fputc('?', file);
		else
			fwrite(c, 1, length, file);
		c += length ? length : 1;
	}
	fputs("</text>\n", file);
}

static void draw_box(FILE *file, double x, double y, double width, double height, const char *colour) {
	fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, width, height,
		colour);
}

static double get_x(const struct scale *scale, double ratio) {
	return SCALE_X + (log10(ratio) - scale->first) / (scale->last - scale->first) * SCALE_WIDTH;
}

/* Returns the ratio at which the goal is just met; 0 for an amount. */
static double get_goal_ratio(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	const double baseline = result->baseline.median;

	switch (goal->quantity) {
	case TONGS_BENCH_RATIO:
		return goal->limit;
	case TONGS_BENCH_TIME:
		return goal->limit / baseline;
	case TONGS_BENCH_EXTRA:
		return (baseline + goal->limit * result->benchmark->hooked_calls) / baseline;
	default:
		return 0;
	}
}

static bool has_bar(const struct tongs_bench_result *result) {
	return !result->why_not && !result->benchmark->measure;
}

static void include(struct scale *scale, double ratio) {
	scale->first = (int)fmin(scale->first, floor(log10(ratio)));
	scale->last = (int)fmax(scale->last, ceil(log10(ratio)));
}

static struct scale find_scale(const struct tongs_bench_report *report) {
	struct scale scale = {-1, 1};

	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		if (!has_bar(result))
			continue;
		include(&scale, result->ratio.median);
		for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));)
			include(&scale, get_goal_ratio(goal, result));
	}
	return scale;
}

static void draw_scale(FILE *file, const struct scale *scale, double bottom) {
	for (int decade = scale->first; decade <= scale->last; decade++) {
		double ratio = pow(10, decade), x = get_x(scale, ratio);
		char text[TONGS_BENCH_TEXT];
		snprintf(text, sizeof text, "%g", ratio);
		draw_box(file, x - 0.5, TOP - 6, 1, bottom - TOP + 12, decade ? "#dddddd" : "#555555");
		draw_text(file, x, TOP - 12, "middle", grey, text);
		draw_text(file, x, bottom + 20, "middle", grey, text);
	}
}

static void draw_bar(FILE *file, const struct scale *scale, const struct tongs_bench_result *result, double y) {
	const char met = *tongs_bench_goal_met(result);
	double one = get_x(scale, 1), x = get_x(scale, result->ratio.median);

	draw_box(file, fmin(one, x), y + (ROW - BAR) / 2.0, fmax(fabs(x - one), 1), BAR,
		met == 'y'   ? met_colour
		: met == 'n' ? missed_colour
			     : plain_colour);
	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));)
		draw_box(file, get_x(scale, get_goal_ratio(goal, result)) - 1, y + 1, 2, ROW - 2, black);
}

static void draw_result(
	FILE *file, const struct scale *scale, const struct tongs_bench_result *result, bool with_name, double y) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	char text[TONGS_BENCH_TEXT];

	if (with_name)
		draw_text(file, NAME_X, y + 14, "start", black, benchmark->name);
	tongs_bench_format_size(benchmark->unit, result->size, text);
	if (benchmark->unit)
		draw_text(file, SIZE_X, y + 14, "end", black, text);
	draw_text(file, BASELINE_X, y + 14, "start", grey, benchmark->baseline_name);
	if (result->why_not) {
		draw_text(file, SCALE_X, y + 14, "start", grey, result->why_not);
		return;
	}
	if (has_bar(result)) {
		draw_bar(file, scale, result, y);
		tongs_bench_format_ratio(result->ratio.median, text);
	} else {
		tongs_bench_format_amount(benchmark->amount_unit, result->amount, text);
	}
	draw_text(file, RATIO_X, y + 14, "end", *tongs_bench_goal_met(result) == 'n' ? missed_colour : black, text);
	tongs_bench_format_goals(result, text);
	draw_text(file, GOAL_X, y + 14, "start", grey, text);
}

static void draw_legend(FILE *file, const struct tongs_bench_machine *machine) {
	static const struct {
		double x;
		const char *colour, *text;
	} boxes[] = {
		{SCALE_X, met_colour, "goal met"},
		{SCALE_X + 96, missed_colour, "goal missed"},
		{SCALE_X + 212, plain_colour, "no goal"},
	};
	char text[1024];

	fprintf(file, "<g font-size=\"20\">\n");
	draw_text(file, NAME_X, 36, "start", black, "Cost of sharing: ratios to the baselines, logarithmic");
	fprintf(file, "</g>\n");
	snprintf(text, sizeof text, "%s, %s %s", machine->identity.properties.deviceName,
		machine->identity.driver.driverName, machine->identity.driver.driverInfo);
	draw_text(file, NAME_X, 60, "start", grey, text);
	snprintf(text, sizeof text, "%s, %u cores; %s", machine->cpu, machine->cores, machine->kernel);
	draw_text(file, NAME_X, 78, "start", grey, text);
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		draw_box(file, boxes[i].x, 60, BAR, BAR, boxes[i].colour);
		draw_text(file, boxes[i].x + 18, 71, "start", black, boxes[i].text);
	}
	draw_box(file, SCALE_X + 300, 57, 2, 18, black);
	draw_text(file, SCALE_X + 308, 71, "start", black, "a goal");
	draw_text(file, SCALE_X, TOP - 30, "start", grey, "left of 1 Tongs is faster, right of it the baseline");
	draw_text(file, BASELINE_X, TOP - 12, "start", grey, "baseline");
	draw_text(file, RATIO_X, TOP - 12, "end", grey, "ratio");
	draw_text(file, GOAL_X, TOP - 12, "start", grey, "goal");
}

void tongs_bench_report_write_plot(FILE *file, const struct tongs_bench_report *report) {
	const struct scale scale = find_scale(report);
	const double bottom = TOP + (double)ROW * (double)report->result_count;
	const char *last = "";

	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%.0f\" viewBox=\"0 0 %d %.0f\" font-family=\"DejaVu Sans, Verdana, sans-serif\" "
		"font-size=\"12\">\n",
		WIDTH, bottom + BOTTOM, WIDTH, bottom + BOTTOM);
	draw_box(file, 0, 0, WIDTH, bottom + BOTTOM, "#ffffff");
	draw_legend(file, &report->machine);
	draw_scale(file, &scale, bottom);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		draw_result(file, &scale, result, strcmp(last, result->benchmark->name) != 0, TOP + (double)(ROW * i));
		last = result->benchmark->name;
	}
	fputs("</svg>\n", file);
}
