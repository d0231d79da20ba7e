/* SPDX-License-Identifier: MIT */
/* Compares results with their goals and shows them as a table and as a plot. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/terminal.h"
#include "utf8.h"

double tongs_bench_goal_worst(const struct tongs_bench_result *result) {
	double worst = 0;

	for (const struct tongs_bench_goal *goal = result->goals; goal->quantity; goal++) {
		double measured = result->quartiles[goal->quantity].median;
		/* Anything above a limit of 0 is infinitely worse. */
		if (measured > 0 && !result->why_not)
			worst = fmax(worst, measured / goal->limit);
	}
	return worst;
}

static const double max_factor = 2;

/* The same for the check, which passes a fair ratio. */
static double get_checked_worst(const struct tongs_bench_result *result) {
	return result->quartiles[TONGS_BENCH_RATIO].median < result->benchmark->fair_ratio
		       ? 0
		       : tongs_bench_goal_worst(result);
}

bool tongs_bench_check_again(struct tongs_bench_report *report,
	bool (*measure)(struct tongs_bench_report *report, struct tongs_bench_result *result)) {
	bool done = true;

	/* In rounds: what slows a benchmark down now may be over in the next. */
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < report->result_count; i++) {
			struct tongs_bench_result *result = &report->results[i], best = *result;
			if (get_checked_worst(&best) <= max_factor)
				continue;
			done = measure(report, result) && done;
			if (result->why_not || get_checked_worst(result) > get_checked_worst(&best))
				*result = best;
		}
	}
	return done;
}

bool tongs_bench_check_print(FILE *file, const struct tongs_bench_report *report) {
	bool good = true;

	for (size_t i = 0; i < report->result_count; i++) {
		double worst = get_checked_worst(&report->results[i]);
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
	int count; /* of cells: without a measurement, the reason is in the last, TONGS */
};

/* Returns how many decimals show three digits of the rounded value, at most five. */
static int get_decimals(double value) {
	static const double limits[] = {99.95, 9.995, 0.9995, 0.09995, 0.0009995};
	int decimals = 0;

	while (decimals < 5 && fabs(value) < limits[decimals])
		decimals++;
	return decimals;
}

static void format_ratio(double ratio, char text[CELL_BYTES]) {
	snprintf(text, CELL_BYTES, "%.*f", get_decimals(ratio), ratio);
}

static void format_time(double nanoseconds, char text[CELL_BYTES]) {
	static const char *const units[] = {"ns", "µs", "ms", "s "};
	size_t power = 0;

	for (; nanoseconds >= 999.5 && power < 3; nanoseconds /= 1000)
		power++;
	snprintf(text, CELL_BYTES, "%.*f %s", get_decimals(nanoseconds), nanoseconds, units[power]);
}

static void format_bytes(double bytes, char text[CELL_BYTES]) {
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	size_t power = 0;

	for (; fabs(bytes) >= 1024 && power < 3; bytes /= 1024)
		power++;
	snprintf(text, CELL_BYTES, "%.*f %s", power && bytes != floor(bytes) ? get_decimals(bytes) : 0, bytes,
		units[power]);
}

static void format_size(const struct tongs_bench_result *result, char text[CELL_BYTES]) {
	const enum tongs_bench_unit unit = result->benchmark->unit;
	const uint64_t size = result->size;

	if (unit == TONGS_BENCH_NO_SIZE)
		snprintf(text, CELL_BYTES, "-");
	else if (unit == TONGS_BENCH_BYTES)
		format_bytes((double)size, text);
	else if (unit == TONGS_BENCH_SIDE_LENGTH)
		snprintf(text, CELL_BYTES, "%" PRIu64 " x %" PRIu64, size, size);
	else
		snprintf(text, CELL_BYTES, "%" PRIu64 " live", size);
}

static void format_goals(const struct tongs_bench_result *result, char text[CELL_BYTES]) {
	size_t length = 0;

	for (const struct tongs_bench_goal *goal = result->goals; goal->quantity; goal++) {
		char limit[CELL_BYTES];
		if (goal->quantity == TONGS_BENCH_RATIO)
			format_ratio(goal->limit, limit);
		else if (goal->quantity == TONGS_BENCH_AMOUNT)
			format_bytes(goal->limit, limit);
		else if (goal->quantity == TONGS_BENCH_TIME)
			snprintf(limit, sizeof limit, "%g ns", goal->limit);
		else if (goal->limit < 1000) /* No column of the table has what was measured. */
			snprintf(limit, sizeof limit, "+%g ns a call (%+.2f)", goal->limit,
				result->quartiles[goal->quantity].median);
		else
			snprintf(limit, sizeof limit, "+%g µs (%+.0f)", goal->limit / 1000,
				result->quartiles[goal->quantity].median / 1000);
		snprintf(text + length, CELL_BYTES - length, "%s≤ %.40s", length ? ", " : "", limit);
		length = strlen(text);
	}
}

static void fill_row(struct row *row, const struct tongs_bench_result *result) {
	const struct tongs_bench_quartiles *quartiles = result->quartiles, *ratio = &quartiles[TONGS_BENCH_RATIO];
	const struct tongs_benchmark *benchmark = result->benchmark;

	row->count = result->why_not ? TONGS + 1 : COLUMN_COUNT;
	for (int i = 0; i < COLUMN_COUNT; i++)
		snprintf(row->cells[i], CELL_BYTES, "-");
	snprintf(row->cells[NAME], CELL_BYTES, "%s", benchmark->name);
	snprintf(row->cells[BASELINE_NAME], CELL_BYTES, "%s", benchmark->baseline_name);
	format_size(result, row->cells[SIZE]);
	if (result->why_not) {
		snprintf(row->cells[TONGS], CELL_BYTES, "%s", result->why_not);
		return;
	}
	if (result->goals[0].quantity)
		snprintf(row->cells[MET], CELL_BYTES, tongs_bench_goal_worst(result) <= 1 ? "yes" : "no");
	format_goals(result, row->cells[GOALS]);
	if (benchmark->is_amount) {
		format_bytes(quartiles[TONGS_BENCH_AMOUNT].median, row->cells[TONGS]);
		return;
	}
	format_time(quartiles[TONGS_BENCH_TIME].median, row->cells[TONGS]);
	format_time(quartiles[TONGS_BENCH_BASELINE_TIME].median, row->cells[BASELINE]);
	format_ratio(ratio->median, row->cells[RATIO]);
	snprintf(row->cells[SPREAD], CELL_BYTES, "%.*f to %.*f", get_decimals(ratio->lower), ratio->lower,
		get_decimals(ratio->upper), ratio->upper);
}

enum { LINE_BYTES = COLUMN_COUNT * CELL_BYTES };

static void format_line(const struct tongs_bench_result *result, char text[LINE_BYTES]) {
	const bool has_size = result->benchmark->unit;
	struct row row;
	int length;

	fill_row(&row, result);
	length = snprintf(text, LINE_BYTES, "%s%s%s: %s", row.cells[NAME], has_size ? ", " : "",
		has_size ? row.cells[SIZE] : "", row.cells[TONGS]);
	if (!result->why_not && result->benchmark->is_amount)
		length += snprintf(text + length, (size_t)(LINE_BYTES - length), " %s", row.cells[BASELINE_NAME]);
	else if (!result->why_not)
		length += snprintf(text + length, (size_t)(LINE_BYTES - length), "; %s: %s; ratio %s",
			row.cells[BASELINE_NAME], row.cells[BASELINE], row.cells[RATIO]);
	if (*row.cells[MET] != '-')
		snprintf(text + length, (size_t)(LINE_BYTES - length), "; goal %s: %s", row.cells[GOALS],
			row.cells[MET]);
}

void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result) {
	char text[LINE_BYTES];

	format_line(result, text);
	tongs_terminal_print_wrapped(file, 0, 4, tongs_terminal_get_width(file, 0), text);
}

/* The last cell is as wide as its text. */
static void print_row(FILE *file, const struct row *row, const int widths[COLUMN_COUNT]) {
	for (int i = 0; i < row->count - 1; i++) {
		const bool to_the_right = i == SIZE || i == TONGS || i == BASELINE || i == RATIO;
		const int spaces = widths[i] - tongs_terminal_count_columns(row->cells[i]);
		fprintf(file, "%*s", to_the_right ? spaces : 0, "");
		if (i == MET && strchr("yn", *row->cells[i]))
			tongs_terminal_print(
				file, *row->cells[i] == 'y' ? TONGS_TERMINAL_GOOD : TONGS_TERMINAL_BAD, row->cells[i]);
		else
			fputs(row->cells[i], file);
		fprintf(file, "%*s  ", to_the_right ? 0 : spaces, "");
	}
	fprintf(file, "%s\n", row->cells[row->count - 1]);
}

static void print_machine(FILE *file, const struct tongs_bench_machine *machine) {
	const struct tongs_vulkan_identity *identity = &machine->identity;
	const VkPhysicalDeviceDriverProperties *driver = &identity->driver;
	char api_version[TONGS_VULKAN_VERSION_SIZE], loader_version[TONGS_VULKAN_VERSION_SIZE];

	tongs_vulkan_format_version(identity->properties.apiVersion, api_version);
	tongs_vulkan_format_version(machine->loader_version, loader_version);
	fprintf(file, "CPU     %s, %u core%s\n", *machine->cpu ? machine->cpu : "unknown", machine->cores,
		machine->cores == 1 ? "" : "s");
	fprintf(file, "kernel  %s\n", *machine->kernel ? machine->kernel : "unknown");
	fprintf(file, "device  %s (goals of a %s)\n", identity->properties.deviceName,
		machine->driver == TONGS_BENCH_SOFTWARE ? "software driver" : "GPU");
	fprintf(file, "driver  %s%s%s (Vulkan %s)\n", *driver->driverName ? driver->driverName : "unknown",
		*driver->driverInfo ? ", " : "", driver->driverInfo, api_version);
	fprintf(file, "loader  Vulkan %s\n\n", loader_version);
}

struct table {
	struct row rows[TONGS_BENCH_MAX_RESULTS + 1]; /* the first has the titles */
	int widths[COLUMN_COUNT], width;              /* of columns; of all */
	int with_goal, met;
};

static const struct row titles = {
	{"benchmark", "size", "Tongs", "baseline", "", "ratio", "spread (quartiles)", "met", "goal"}, COLUMN_COUNT};

/* With `fitted`, the cells are texts for the terminal. */
static void fill_table(struct table *table, const struct tongs_bench_report *report, bool fitted) {
	*table = (struct table){.rows[0] = titles};
	for (size_t i = 0; i <= report->result_count; i++) {
		struct row *row = &table->rows[i];
		int width = 0;
		if (i)
			fill_row(row, &report->results[i - 1]);
		for (int j = 0; j < row->count && fitted; j++)
			tongs_terminal_fit(row->cells[j]);
		for (int j = 0; j < row->count - 1; j++)
			table->widths[j] = (int)fmax(table->widths[j], tongs_terminal_count_columns(row->cells[j]));
		for (int j = 0; j < row->count - 1; j++)
			width += table->widths[j] + 2;
		width += tongs_terminal_count_columns(row->cells[row->count - 1]);
		table->width = (int)fmax(table->width, width);
		table->with_goal += i && *row->cells[MET] != '-';
		table->met += *row->cells[MET] == 'y';
	}
}

static void print_table(FILE *file, const struct tongs_bench_report *report, const struct table *table) {
	for (size_t i = 0; i <= report->result_count; i++)
		print_row(file, &table->rows[i], table->widths);
	fprintf(file, "\n%d of %d benchmarks with a goal meet it.\n", table->met, table->with_goal);
}

void tongs_bench_report_leave_out(
	struct tongs_bench_report *report, const struct tongs_benchmark *benchmark, uint64_t size) {
	const struct tongs_bench_result result = {.benchmark = benchmark, .size = size};
	const size_t length = strlen(report->left_out);
	char text[CELL_BYTES];

	format_size(&result, text);
	snprintf(report->left_out + length, sizeof report->left_out - length, "%s%s, %s", length ? "; " : "",
		benchmark->name, text);
}

/* By name, what the table lacks. */
static void print_missing(FILE *file, const struct tongs_bench_report *report, int width) {
	char text[4096], size[CELL_BYTES];
	int length = 0, count = 0;

	for (size_t i = 0; i < report->result_count; i++) {
		const struct tongs_bench_result *result = &report->results[i];
		if (!result->why_not || length >= (int)sizeof text)
			continue;
		format_size(result, size);
		length += snprintf(text + length, sizeof text - (size_t)length, "%s%s%s%s", count++ ? "; " : "",
			result->benchmark->name, result->benchmark->unit ? ", " : "",
			result->benchmark->unit ? size : "");
	}
	if (count) {
		length = fprintf(file, "%d not measured: ", count);
		tongs_terminal_print_wrapped(file, length, 4, width, text);
	}
	if (*report->left_out) {
		length = fprintf(file, "Left out by --quick: ");
		tongs_terminal_print_wrapped(file, length, 4, width, report->left_out);
	}
}

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report) {
	const int width = tongs_terminal_get_width(file, 0);
	struct table *table = malloc(sizeof *table);
	char *machine = NULL;
	size_t size;
	FILE *memory = open_memstream(&machine, &size);

	if (memory)
		print_machine(memory, &report->machine);
	const bool done = memory && !fclose(memory);
	if (table && done) {
		fill_table(table, report, true);
		tongs_terminal_print_lines(file, width, machine);
		if (!width || table->width <= width) {
			print_table(file, report, table);
		} else {
			for (size_t i = 0; i < report->result_count; i++)
				tongs_bench_report_print_line(file, &report->results[i]);
			fprintf(file, "\n%d of %d benchmarks with a goal meet it.\n", table->met, table->with_goal);
		}
		print_missing(file, report, width);
	} else {
		tongs_vulkan_report(VK_ERROR_OUT_OF_HOST_MEMORY, "printing the results");
	}
	free(machine);
	free(table);
}

/* The plot is the table with a bar for each ratio to the right of its line. Pixels; its decades are those of every
 * plot, so that pictures can be compared. */
enum { MARGIN = 20, LINE = 20, SCALE_WIDTH = 400, FIRST_DECADE = -5, LAST_DECADE = 2 };

static const double letter_width = 7.3; /* at most, in the fonts of plot_head */

static const char plot_head[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%d' viewBox='0 0 %.0f %d' xml:space='preserve'>\n"
	"<style>text {font: 12px DejaVu Sans Mono, monospace} .middle {text-anchor: middle} .grid {fill: #dddddd}\n"
	".yes {fill: #2b7a9b} .no {fill: #d2601a} .none {fill: #9a9a9a}</style>\n"
	"<rect width='100%%' height='100%%' fill='#ffffff'/>\n"
	"<text x='20' y='20'>Bars: ratio to the baseline, logarithmic; to the left of 1 Tongs is faster; "
	"<tspan class='yes'>■ goal met</tspan> <tspan class='no'>■ goal missed</tspan> "
	"<tspan class='none'>■ no goal</tspan> ▏a goal</text>\n";

/* Bytes that XML does not allow become '?'. */
static void draw_text(FILE *file, double x, int y, const char *class, const char *text) {
	fprintf(file, "<text x='%.1f' y='%d' class='%s'>", x, y, class);
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

static void draw_box(FILE *file, double x, int y, double width, int height, const char *class) {
	fprintf(file, "<rect x='%.1f' y='%d' width='%.1f' height='%d' class='%s'/>\n", x, y, width, height, class);
}

/* Returns the distance from the scale's left end, at which what is off the scale is, too. */
static double get_x(double ratio) {
	const double decade = fmin(fmax(log10(ratio), FIRST_DECADE), LAST_DECADE);

	return (decade - FIRST_DECADE) / (LAST_DECADE - FIRST_DECADE) * SCALE_WIDTH;
}

/* Returns the ratio at which the goal of a timed result is just met. */
static double get_goal_ratio(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	const double baseline = result->quartiles[TONGS_BENCH_BASELINE_TIME].median;

	if (goal->quantity == TONGS_BENCH_RATIO)
		return goal->limit;
	if (goal->quantity == TONGS_BENCH_EXTRA)
		return 1 + goal->limit * result->benchmark->hooked_calls / baseline;
	return goal->limit / baseline;
}

/* Left of `left` is the table, whose line has its middle at `y`. */
static void draw_bar(FILE *file, double left, int y, const struct tongs_bench_result *result) {
	const double ratio = result->quartiles[TONGS_BENCH_RATIO].median, x = get_x(ratio), one = get_x(1);
	const struct tongs_bench_goal *goal = result->goals;

	if (ratio <= 0)
		return; /* an amount, or not measured */
	draw_box(file, left + fmin(one, x), y - 6, fmax(fabs(x - one), 1), 12,
		!goal->quantity                       ? "none"
		: tongs_bench_goal_worst(result) <= 1 ? "yes"
						      : "no");
	for (; goal->quantity; goal++)
		draw_box(file, left + get_x(get_goal_ratio(goal, result)) - 1, y - 9, 2, LINE - 2, "goal");
}

bool tongs_bench_report_write_plot(FILE *file, const struct tongs_bench_report *report) {
	char *table = NULL, label[16];
	int columns = 0, lines = 0;
	size_t size;
	FILE *memory = open_memstream(&table, &size);

	struct table *cells = malloc(sizeof *cells);

	if (memory && cells) {
		print_machine(memory, &report->machine);
		fill_table(cells, report, false);
		print_table(memory, report, cells);
	}
	if (!cells || !memory || fclose(memory)) {
		free(cells);
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "drawing the plot");
	}
	free(cells);
	for (char *line = table; *line; line += strlen(line) + 1, lines++) {
		line[strcspn(line, "\n")] = '\0';
		columns = (int)fmax(columns, tongs_terminal_count_columns(line));
	}
	const double left = 2 * MARGIN + columns * letter_width, width = left + SCALE_WIDTH + MARGIN;
	const int height = 2 * MARGIN + LINE * (lines + 1), bottom = height - MARGIN - 2 * LINE,
		  top = bottom - LINE * (int)report->result_count;
	fprintf(file, plot_head, width, height, width, height);
	for (int decade = FIRST_DECADE; decade <= LAST_DECADE; decade++) {
		const double x = left + get_x(pow(10, decade));
		draw_box(file, x - 0.5, top, 1, bottom - top, decade ? "grid" : "goal");
		snprintf(label, sizeof label, "%g", pow(10, decade));
		draw_text(file, x, top - 6, "middle", label);
	}
	for (char *line = table; lines; line += strlen(line) + 1, lines--)
		draw_text(file, MARGIN, height - MARGIN - LINE * lines + 14, "", line);
	for (size_t i = 0; i < report->result_count; i++)
		draw_bar(file, left, top + LINE * (int)i + LINE / 2, &report->results[i]);
	fputs("</svg>\n", file);
	free(table);
	return true;
}
