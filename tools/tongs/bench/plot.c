/* SPDX-License-Identifier: MIT */
/* Bars of ratios as SVG. */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "words.h"
#include "utf8.h"

/* Pixels, of which a viewer may make more. */
enum {
	WIDTH = 1240,
	TOP = 118,
	ROW = 20,
	BAR = 12,
	BOTTOM = 34,
	NAME_X = 20,
	SIZE_X = 392, /* its right end */
	YARDSTICK_X = 404,
	SCALE_X = 590,
	SCALE_WIDTH = 400,
	RATIO_X = 1046, /* its right end */
	GOAL_X = 1058,
};

static const char *const met_colour = "#2b7a9b", *const missed_colour = "#d2601a", *const plain_colour = "#9a9a9a",
			 *const goal_colour = "#111111", *const grey = "#666666";

/* Whole decades. */
struct scale {
	int first, last;
};

static void put_text(FILE *file, const char *text) {
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		unsigned length = tongs_utf8_length(c);
		switch (length == 1 ? *c : 0) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		default:
			if (!length || *c < 0x20)
				fputc('?', file);
			else
				fwrite(c, 1, length, file);
		}
		c += length ? length : 1;
	}
}

/* `anchor`: start, middle or end. */
static void draw_text(FILE *file, double x, double y, const char *anchor, const char *colour, const char *text) {
	fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">", x, y, anchor, colour);
	put_text(file, text);
	fputs("</text>\n", file);
}

static void draw_box(FILE *file, double x, double y, double width, double height, const char *colour) {
	fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, width, height,
		colour);
}

static double get_x(const struct scale *scale, double ratio) {
	return SCALE_X + (log10(ratio) - scale->first) / (scale->last - scale->first) * SCALE_WIDTH;
}

/* The goal as a ratio; 0 where it is none. */
static double get_goal_ratio(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	const double yardstick = result->yardstick.median;

	switch (goal->quantity) {
	case TONGS_BENCH_RATIO:
		return goal->limit;
	case TONGS_BENCH_TIME:
		return goal->limit / yardstick;
	case TONGS_BENCH_EXTRA:
		return (yardstick + goal->limit * result->figure->hooked_calls) / yardstick;
	default:
		return 0;
	}
}

static bool has_bar(const struct tongs_bench_result *result) {
	return !result->why_not && !result->figure->measure;
}

static void include(struct scale *scale, double ratio) {
	int below = (int)floor(log10(ratio)), above = (int)ceil(log10(ratio));

	if (below < scale->first)
		scale->first = below;
	if (above > scale->last)
		scale->last = above;
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
		char text[TONGS_BENCH_WORDS];
		snprintf(text, sizeof text, "%g", ratio);
		draw_box(file, x - 0.5, TOP - 6, 1, bottom - TOP + 12, decade ? "#dddddd" : "#555555");
		draw_text(file, x, TOP - 12, "middle", grey, text);
		draw_text(file, x, bottom + 20, "middle", grey, text);
	}
}

static void draw_bar(FILE *file, const struct scale *scale, const struct tongs_bench_result *result, double y) {
	const char *met = tongs_bench_words_met(result);
	double one = get_x(scale, 1), x = get_x(scale, result->ratio.median);

	draw_box(file, fmin(one, x), y + (ROW - BAR) / 2.0, fmax(fabs(x - one), 1), BAR,
		*met == 'y'   ? met_colour
		: *met == 'n' ? missed_colour
			      : plain_colour);
	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));)
		draw_box(file, get_x(scale, get_goal_ratio(goal, result)) - 1, y + 1, 2, ROW - 2, goal_colour);
}

static void draw_result(
	FILE *file, const struct scale *scale, const struct tongs_bench_result *result, bool with_name, double y) {
	const struct tongs_bench_figure *figure = result->figure;
	const double baseline = y + 14;
	char text[TONGS_BENCH_WORDS];

	if (with_name)
		draw_text(file, NAME_X, baseline, "start", "#111111", figure->name);
	if (figure->unit != TONGS_BENCH_NO_SIZE) {
		tongs_bench_words_size(figure->unit, result->size, text);
		draw_text(file, SIZE_X, baseline, "end", "#111111", text);
	}
	draw_text(file, YARDSTICK_X, baseline, "start", grey, figure->yardstick_name);
	if (result->why_not) {
		draw_text(file, SCALE_X, baseline, "start", grey, result->why_not);
		return;
	}
	if (has_bar(result)) {
		draw_bar(file, scale, result, y);
		tongs_bench_words_ratio(result->ratio.median, text);
	} else {
		tongs_bench_words_amount(figure->amount_unit, result->amount, text);
	}
	draw_text(file, RATIO_X, baseline, "end", *tongs_bench_words_met(result) == 'n' ? missed_colour : "#111111",
		text);
	tongs_bench_words_goals(result, text);
	draw_text(file, GOAL_X, baseline, "start", grey, text);
}

static void draw_legend(FILE *file) {
	static const struct {
		const char *const *colour;
		const char *text;
		double x;
	} entries[] = {
		{&met_colour, "goal met", SCALE_X},
		{&missed_colour, "goal missed", SCALE_X + 96},
		{&plain_colour, "no goal", SCALE_X + 212},
	};

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		draw_box(file, entries[i].x, 60, 12, 12, *entries[i].colour);
		draw_text(file, entries[i].x + 18, 71, "start", "#111111", entries[i].text);
	}
	draw_box(file, SCALE_X + 300, 57, 2, 18, goal_colour);
	draw_text(file, SCALE_X + 308, 71, "start", "#111111", "a goal");
	draw_text(file, SCALE_X, TOP - 30, "start", grey, "Tongs is cheaper left of 1, the yardstick right of it");
	draw_text(file, RATIO_X, TOP - 12, "end", grey, "ratio");
	draw_text(file, GOAL_X, TOP - 12, "start", grey, "goal");
}

static void draw_heading(FILE *file, const struct tongs_bench_machine *machine) {
	char text[1024];

	fputs("<text x=\"20\" y=\"36\" font-size=\"20\" fill=\"#111111\">What sharing costs: ratios to the yardsticks, "
	      "logarithmic</text>\n",
		file);
	snprintf(text, sizeof text, "%s, %s %s", machine->device, machine->driver, machine->driver_info);
	draw_text(file, NAME_X, 60, "start", grey, text);
	snprintf(text, sizeof text, "%s, %u cores; %s", machine->cpu, machine->cores, machine->kernel);
	draw_text(file, NAME_X, 78, "start", grey, text);
	draw_text(file, YARDSTICK_X, TOP - 12, "start", grey, "yardstick");
}

void tongs_bench_plot(FILE *file, const struct tongs_bench_report *report) {
	const struct scale scale = find_scale(report);
	const double bottom = TOP + (double)ROW * (double)report->result_count;
	const char *last = "";

	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%.0f\" viewBox=\"0 0 %d %.0f\" font-family=\"DejaVu Sans, Verdana, sans-serif\" "
		"font-size=\"12\">\n",
		WIDTH, bottom + BOTTOM, WIDTH, bottom + BOTTOM);
	draw_box(file, 0, 0, WIDTH, bottom + BOTTOM, "#ffffff");
	draw_heading(file, &report->machine);
	draw_legend(file);
	draw_scale(file, &scale, bottom);
	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		draw_result(file, &scale, result, strcmp(last, result->figure->name) != 0, TOP + (double)(ROW * i));
		last = result->figure->name;
	}
	fputs("</svg>\n", file);
}
