/* SPDX-License-Identifier: MIT */
/* Compares results with their goals and shows them as a table and as a plot. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "utf8.h"

const struct tongs_bench_goal *tongs_bench_goal_next(
	const struct tongs_bench_result *result, const struct tongs_bench_goal *goal) {
	for (goal = goal ? goal + 1 : result->benchmark->goals; goal->quantity; goal++)
		if (result->size >= goal->min_size && (!goal->max_size || result->size <= goal->max_size))
			return goal;
	return NULL;
}

double tongs_bench_goal_worst(const struct tongs_bench_result *result) {
	const struct tongs_bench_goal *goal = NULL;
	double worst = 0;

	while (!result->why_not && (goal = tongs_bench_goal_next(result, goal))) {
		double measured = result->quartiles[goal->quantity].median;
		/* Anything above a limit of 0 is infinitely worse. */
		if (measured > 0)
			worst = fmax(worst, measured / goal->limit);
	}
	return worst;
}

static const double max_factor = 2;

bool tongs_bench_check_again(struct tongs_bench_report *report,
	bool (*measure)(struct tongs_bench_report *report, struct tongs_bench_result *result)) {
	bool done = true;

	/* In rounds: what slows a benchmark down now may be over in the next. */
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < report->result_count; i++) {
			struct tongs_bench_result *result = &report->results[i], best = *result;
			if (tongs_bench_goal_worst(&best) <= max_factor)
				continue;
			done = measure(report, result) && done;
			if (result->why_not || tongs_bench_goal_worst(result) > tongs_bench_goal_worst(&best))
				*result = best;
		}
	}
	return done;
}

bool tongs_bench_check_print(FILE *file, const struct tongs_bench_report *report) {
	bool good = true;

	for (size_t i = 0; i < report->result_count; i++) {
		double worst = tongs_bench_goal_worst(&report->results[i]);
		if (worst <= max_factor)
			continue;
		if (good)
			fprintf(file, "Worse than %g times the goal:\n", max_factor);
		fprintf(file, "  %.3g times: ", worst);
		tongs_bench_report_print_line(file, &report->results[i]);
		good = false;
	}
	return good;
}

/* Columns of the table; the plot shows some of them. */
enum column { NAME, SIZE, TONGS, BASELINE, BASELINE_NAME, RATIO, SPREAD, MET, GOALS, COLUMN_COUNT };

enum { CELL_BYTES = 96 };

/* A result as text; what does not apply is "-". */
struct row {
	char cells[COLUMN_COUNT][CELL_BYTES];
};

/* Returns how many decimals show three digits of the rounded value, at most five. */
static int get_decimals(double value) {
	static const double limits[] = {99.95, 9.995, 0.9995, 0.09995, 0.0009995};
	int decimals = 0;

	while (decimals < 5 && fabs(value) < limits[decimals])
		decimals++;
	return decimals;
}

static void format_time(double nanoseconds, char text[CELL_BYTES]) {
	static const char *const units[] = {"ns", "µs", "ms", "s "};
	size_t power = 0;

	for (; nanoseconds >= 999.5 && power < 3; nanoseconds /= 1000)
		power++;
	snprintf(text, CELL_BYTES, "%.*f %s", get_decimals(nanoseconds), nanoseconds, units[power]);
}

static void format_ratio(double ratio, char text[CELL_BYTES]) {
	snprintf(text, CELL_BYTES, "%.*f", get_decimals(ratio), ratio);
}

static void format_amount(enum tongs_bench_unit unit, double amount, char text[CELL_BYTES]) {
	static const char *const units[] = {" B", " KiB", " MiB", " GiB"};
	size_t power = 0;

	for (; unit == TONGS_BENCH_BYTES && fabs(amount) >= 1024 && power < 3; amount /= 1024)
		power++;
	snprintf(text, CELL_BYTES, "%.*f%s", power && amount != floor(amount) ? get_decimals(amount) : 0, amount,
		unit == TONGS_BENCH_BYTES ? units[power] : "");
}

static void format_size(enum tongs_bench_unit unit, uint64_t size, char text[CELL_BYTES]) {
	if (unit == TONGS_BENCH_BYTES)
		format_amount(unit, (double)size, text);
	else if (unit == TONGS_BENCH_SIDE_LENGTH)
		snprintf(text, CELL_BYTES, "%" PRIu64 " x %" PRIu64, size, size);
	else
		snprintf(text, CELL_BYTES, "%" PRIu64 " %s", size, unit == TONGS_BENCH_COMMANDS ? "commands" : "live");
}

static void format_goals(const struct tongs_bench_result *result, char text[CELL_BYTES]) {
	size_t length = 0;

	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));) {
		char limit[CELL_BYTES];
		if (goal->quantity == TONGS_BENCH_RATIO)
			format_ratio(goal->limit, limit);
		else if (goal->quantity == TONGS_BENCH_AMOUNT)
			format_amount(result->benchmark->amount_unit, goal->limit, limit);
		else if (goal->quantity == TONGS_BENCH_TIME)
			snprintf(limit, sizeof limit, "%g ns", goal->limit);
		else /* No column of the table has what was measured. */
			snprintf(limit, sizeof limit, "+%g ns a call (%+.2f)", goal->limit,
				result->quartiles[goal->quantity].median);
		snprintf(text + length, CELL_BYTES - length, "%s≤ %s", length ? ", " : "", limit);
		length = strlen(text);
	}
}

static void fill_row(struct row *row, const struct tongs_bench_result *result) {
	const struct tongs_bench_quartiles *ratio = &result->quartiles[TONGS_BENCH_RATIO];
	const struct tongs_benchmark *benchmark = result->benchmark;

	for (int i = 0; i < COLUMN_COUNT; i++)
		snprintf(row->cells[i], CELL_BYTES, "-");
	snprintf(row->cells[NAME], CELL_BYTES, "%s", benchmark->name);
	snprintf(row->cells[BASELINE_NAME], CELL_BYTES, "%s", benchmark->baseline_name);
	if (benchmark->unit)
		format_size(benchmark->unit, result->size, row->cells[SIZE]);
	if (result->why_not)
		return;
	if (tongs_bench_goal_next(result, NULL))
		snprintf(row->cells[MET], CELL_BYTES, tongs_bench_goal_worst(result) <= 1 ? "yes" : "no");
	format_goals(result, row->cells[GOALS]);
	if (benchmark->measure) {
		format_amount(benchmark->amount_unit, result->quartiles[TONGS_BENCH_AMOUNT].median, row->cells[TONGS]);
		return;
	}
	format_time(result->quartiles[TONGS_BENCH_TIME].median, row->cells[TONGS]);
	format_time(result->quartiles[TONGS_BENCH_BASELINE_TIME].median, row->cells[BASELINE]);
	format_ratio(ratio->median, row->cells[RATIO]);
	snprintf(row->cells[SPREAD], CELL_BYTES, "%.*f to %.*f", get_decimals(ratio->lower), ratio->lower,
		get_decimals(ratio->upper), ratio->upper);
}

/* Returns the columns that UTF-8 text takes. */
static int get_width(const char *text) {
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void print_row(FILE *file, const struct row *row, const int *widths, const char *why_not) {
	for (int i = 0; i < (why_not ? TONGS : GOALS); i++) {
		const bool to_the_right = i == SIZE || i == TONGS || i == BASELINE || i == RATIO;
		int spaces = widths[i] - get_width(row->cells[i]);
		fprintf(file, "%*s%s%*s  ", to_the_right ? spaces : 0, "", row->cells[i], to_the_right ? 0 : spaces,
			"");
	}
	fprintf(file, "%s\n", why_not ? why_not : row->cells[GOALS]);
}

void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result) {
	char size[CELL_BYTES];

	format_size(result->benchmark->unit, result->size, size);
	fprintf(file, "%s%s%s", result->benchmark->name, result->benchmark->unit ? ", " : "",
		result->benchmark->unit ? size : "");
}

void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result) {
	const char *baseline_name = result->benchmark->baseline_name;
	struct row row;

	fill_row(&row, result);
	tongs_bench_report_print_name(file, result);
	fprintf(file, ": %s", result->why_not ? result->why_not : row.cells[TONGS]);
	if (!result->why_not && result->benchmark->measure)
		fprintf(file, " %s", baseline_name);
	else if (!result->why_not)
		fprintf(file, "; %s: %s; ratio %s", baseline_name, row.cells[BASELINE], row.cells[RATIO]);
	if (*row.cells[MET] != '-')
		fprintf(file, "; goal %s: %s", row.cells[GOALS], row.cells[MET]);
	fputc('\n', file);
}

static void print_machine(FILE *file, const struct tongs_bench_machine *machine) {
	static const char unknown[] = "unknown";
	const struct tongs_vulkan_identity *identity = &machine->identity;
	const VkPhysicalDeviceDriverProperties *driver = &identity->driver;
	char api_version[TONGS_VULKAN_VERSION_SIZE], loader_version[TONGS_VULKAN_VERSION_SIZE];

	tongs_vulkan_format_version(identity->properties.apiVersion, api_version);
	tongs_vulkan_format_version(machine->loader_version, loader_version);
	fprintf(file, "CPU     %s, %u core%s\n", *machine->cpu ? machine->cpu : unknown, machine->cores,
		machine->cores == 1 ? "" : "s");
	fprintf(file, "kernel  %s\n", *machine->kernel ? machine->kernel : unknown);
	fprintf(file, "device  %s\n", identity->properties.deviceName);
	fprintf(file, "driver  %s%s%s (Vulkan %s)\n", *driver->driverName ? driver->driverName : unknown,
		*driver->driverInfo ? ", " : "", driver->driverInfo, api_version);
	fprintf(file, "loader  Vulkan %s\n\n", loader_version);
}

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report) {
	static const struct row heading = {
		{"benchmark", "size", "Tongs", "baseline", "", "ratio", "spread (quartiles)", "met", "goal"}};
	int widths[COLUMN_COUNT] = {0}, with_goal = 0, met = 0;
	struct row row = heading;

	for (size_t next = 0;; fill_row(&row, &report->results[next++])) {
		for (int i = 0; i < COLUMN_COUNT; i++)
			widths[i] = (int)fmax(widths[i], get_width(row.cells[i]));
		if (next == report->result_count)
			break;
	}
	print_machine(file, &report->machine);
	print_row(file, &heading, widths, NULL);
	for (size_t i = 0; i < report->result_count; i++) {
		fill_row(&row, &report->results[i]);
		print_row(file, &row, widths, report->results[i].why_not);
		with_goal += *row.cells[MET] != '-';
		met += *row.cells[MET] == 'y';
	}
	fprintf(file, "\n%d of %d benchmarks with a goal meet it.\n", met, with_goal);
}

/* Pixels of the plot. */
enum { WIDTH = 1240, TOP = 118, LINE = 20, BOTTOM = 34, SCALE_X = 590, SCALE_WIDTH = 400 };

static const char plot_head[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d' "
	"font-family='DejaVu Sans, Verdana, sans-serif' font-size='12'>\n"
	"<rect width='100%%' height='100%%' fill='#ffffff'/>\n"
	"<g fill='#111111'>\n"
	"<text x='20' y='36' font-size='20'>Cost of sharing: ratios to the baselines, logarithmic</text>\n"
	"<rect x='590' y='60' width='12' height='12' fill='#2b7a9b'/><text x='608' y='71'>goal met</text>\n"
	"<rect x='686' y='60' width='12' height='12' fill='#d2601a'/><text x='704' y='71'>goal missed</text>\n"
	"<rect x='802' y='60' width='12' height='12' fill='#9a9a9a'/><text x='820' y='71'>no goal</text>\n"
	"<rect x='890' y='57' width='2' height='18'/><text x='898' y='71'>a goal</text>\n"
	"</g>\n<g fill='#666666'>\n"
	"<text x='590' y='88'>left of 1 Tongs is faster, right of it the baseline</text>\n"
	"<text x='404' y='106'>baseline</text>\n"
	"<text x='1046' y='106' text-anchor='end'>ratio</text>\n"
	"<text x='1058' y='106'>goal</text>\n"
	"</g>\n";

/* Bytes that XML does not allow become '?'. */
static void draw_text(FILE *file, int y, const char *attributes, const char *text) {
	fprintf(file, "<text y='%d' %s>", y, attributes);
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

static void draw_box(FILE *file, double x, int y, double width, int height, const char *colour) {
	fprintf(file, "<rect x='%.1f' y='%d' width='%.1f' height='%d' fill='%s'/>\n", x, y, width, height, colour);
}

/* Whole decades. */
struct scale {
	int first, last;
};

static double get_x(const struct scale *scale, double ratio) {
	return SCALE_X + (log10(ratio) - scale->first) / (scale->last - scale->first) * SCALE_WIDTH;
}

/* Returns the ratio at which the goal of a timed result is just met. */
static double get_goal_ratio(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	if (goal->quantity == TONGS_BENCH_RATIO)
		return goal->limit;
	if (goal->quantity == TONGS_BENCH_EXTRA)
		return 1 + goal->limit * result->benchmark->hooked_calls /
				   result->quartiles[TONGS_BENCH_BASELINE_TIME].median;
	return goal->limit / result->quartiles[TONGS_BENCH_BASELINE_TIME].median;
}

static struct scale find_scale(const struct tongs_bench_report *report) {
	double lowest = 0.1, highest = 10;

	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		const struct tongs_bench_goal *goal = NULL;
		if (result->why_not || result->benchmark->measure)
			continue;
		for (double ratio = result->quartiles[TONGS_BENCH_RATIO].median; ratio;
			ratio = goal ? get_goal_ratio(goal, result) : 0) {
			lowest = fmin(lowest, ratio);
			highest = fmax(highest, ratio);
			goal = tongs_bench_goal_next(result, goal);
		}
	}
	return (struct scale){(int)floor(log10(lowest)), (int)ceil(log10(highest))};
}

static void draw_result(FILE *file, const struct scale *scale, const struct tongs_bench_result *result, int y) {
	struct row row;

	fill_row(&row, result);
	const char met = *row.cells[MET];
	if (result->benchmark->unit)
		draw_text(file, y + 14, "x='392' text-anchor='end' fill='#111111'", row.cells[SIZE]);
	draw_text(file, y + 14, "x='404' fill='#666666'", row.cells[BASELINE_NAME]);
	if (result->why_not) {
		draw_text(file, y + 14, "x='590' fill='#666666'", result->why_not);
		return;
	}
	draw_text(file, y + 14,
		met == 'n' ? "x='1046' text-anchor='end' fill='#d2601a'" : "x='1046' text-anchor='end' fill='#111111'",
		row.cells[result->benchmark->measure ? TONGS : RATIO]);
	draw_text(file, y + 14, "x='1058' fill='#666666'", row.cells[GOALS]);
	if (result->benchmark->measure)
		return;
	const double one = get_x(scale, 1), x = get_x(scale, result->quartiles[TONGS_BENCH_RATIO].median);
	draw_box(file, fmin(one, x), y + 4, fmax(fabs(x - one), 1), 12,
		met == 'y'   ? "#2b7a9b"
		: met == 'n' ? "#d2601a"
			     : "#9a9a9a");
	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));)
		draw_box(file, get_x(scale, get_goal_ratio(goal, result)) - 1, y + 1, 2, LINE - 2, "#111111");
}

bool tongs_bench_report_write_plot(FILE *file, const struct tongs_bench_report *report) {
	const struct tongs_bench_machine *machine = &report->machine;
	const struct scale scale = find_scale(report);
	const int bottom = TOP + LINE * (int)report->result_count;
	const char *last = "";
	char text[1024], attributes[80];

	fprintf(file, plot_head, WIDTH, bottom + BOTTOM, WIDTH, bottom + BOTTOM);
	snprintf(text, sizeof text, "%s, %s %s", machine->identity.properties.deviceName,
		machine->identity.driver.driverName, machine->identity.driver.driverInfo);
	draw_text(file, 60, "x='20' fill='#666666'", text);
	snprintf(text, sizeof text, "%s, %u cores; %s", machine->cpu, machine->cores, machine->kernel);
	draw_text(file, 78, "x='20' fill='#666666'", text);
	for (int decade = scale.first; decade <= scale.last; decade++) {
		double x = get_x(&scale, pow(10, decade));
		draw_box(file, x - 0.5, TOP - 6, 1, bottom - TOP + 12, decade ? "#dddddd" : "#555555");
		snprintf(attributes, sizeof attributes, "x='%.1f' text-anchor='middle' fill='#666666'", x);
		snprintf(text, sizeof text, "%g", pow(10, decade));
		draw_text(file, TOP - 12, attributes, text);
		draw_text(file, bottom + 20, attributes, text);
	}
	for (size_t i = 0; i < report->result_count; i++) {
		const char *name = report->results[i].benchmark->name;
		int y = TOP + LINE * (int)i;
		if (strcmp(last, name))
			draw_text(file, y + 14, "x='20' fill='#111111'", name);
		draw_result(file, &scale, &report->results[i], y);
		last = name;
	}
	fputs("</svg>\n", file);
	return true;
}
