/* SPDX-License-Identifier: MIT */
/* Compares results with their goals and prints the table. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const struct tongs_bench_goal *tongs_bench_goal_next(
	const struct tongs_bench_result *result, const struct tongs_bench_goal *goal) {
	for (goal = goal ? goal + 1 : result->benchmark->goals; goal->quantity; goal++)
		if (result->size >= goal->min_size && (!goal->max_size || result->size <= goal->max_size))
			return goal;
	return NULL;
}

double tongs_bench_goal_measured(const struct tongs_bench_goal *goal, const struct tongs_bench_result *result) {
	switch (goal->quantity) {
	case TONGS_BENCH_TIME:
		return result->tongs.median;
	case TONGS_BENCH_EXTRA:
		return result->extra.median / result->benchmark->hooked_calls;
	case TONGS_BENCH_AMOUNT:
		return result->amount;
	default:
		return result->ratio.median;
	}
}

double tongs_bench_goal_worst(const struct tongs_bench_result *result) {
	double worst = 0;

	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));) {
		double measured = tongs_bench_goal_measured(goal, result);
		/* Anything above a limit of 0 is infinitely worse. */
		if (measured > 0 && measured / goal->limit > worst)
			worst = measured / goal->limit;
	}
	return worst;
}

const char *tongs_bench_goal_met(const struct tongs_bench_result *result) {
	if (result->why_not || !tongs_bench_goal_next(result, NULL))
		return "-";
	return tongs_bench_goal_worst(result) <= 1 ? "yes" : "no";
}

static const double max_factor = 2;

/* What failed to be measured, or is missing on the device, is not bad. */
static bool is_bad(const struct tongs_bench_result *result) {
	return !result->why_not && tongs_bench_goal_worst(result) > max_factor;
}

bool tongs_bench_check_again(struct tongs_bench_report *report, bool (*measure)(void *user, size_t index), void *user) {
	bool done = true;

	/* In rounds: what slows a benchmark down now may be over in the next. */
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < report->result_count; i++) {
			struct tongs_bench_result *result = &report->results[i], best = *result;
			if (!is_bad(result))
				continue;
			done = measure(user, i) && done;
			if (result->why_not || tongs_bench_goal_worst(result) > tongs_bench_goal_worst(&best))
				*result = best;
		}
	}
	return done;
}

bool tongs_bench_check_print(FILE *file, const struct tongs_bench_report *report) {
	size_t count = 0;

	for (size_t i = 0; i < report->result_count; i++) {
		if (!is_bad(&report->results[i]))
			continue;
		if (!count++)
			fprintf(file, "Worse than %g times the goal:\n", max_factor);
		fprintf(file, "  %.3g times: ", tongs_bench_goal_worst(&report->results[i]));
		tongs_bench_report_print_line(file, &report->results[i]);
	}
	return !count;
}

static const char *const byte_units[] = {"B", "KiB", "MiB", "GiB"};
enum { BYTE_UNIT_COUNT = sizeof byte_units / sizeof *byte_units };

/* Returns how many decimals show three digits of the rounded value, at most five. */
static int get_decimals(double value) {
	value = fabs(value);
	return value < 0.0009995 ? 5
	       : value < 0.09995 ? 4
	       : value < 0.9995  ? 3
	       : value < 9.995   ? 2
	       : value < 99.95   ? 1
				 : 0;
}

void tongs_bench_format_size(enum tongs_bench_unit unit, uint64_t size, char text[TONGS_BENCH_TEXT]) {
	size_t power = 0;

	switch (unit) {
	case TONGS_BENCH_BYTES:
		for (; size >= 1024 && size % 1024 == 0 && power + 1 < BYTE_UNIT_COUNT; size /= 1024)
			power++;
		snprintf(text, TONGS_BENCH_TEXT, "%" PRIu64 " %s", size, byte_units[power]);
		break;
	case TONGS_BENCH_LIVE_EXPORTS:
		snprintf(text, TONGS_BENCH_TEXT, "%" PRIu64 " live", size);
		break;
	case TONGS_BENCH_SIDE_LENGTH:
		snprintf(text, TONGS_BENCH_TEXT, "%" PRIu64 " x %" PRIu64, size, size);
		break;
	case TONGS_BENCH_COMMANDS:
		snprintf(text, TONGS_BENCH_TEXT, "%" PRIu64 " commands", size);
		break;
	case TONGS_BENCH_NO_SIZE:
		snprintf(text, TONGS_BENCH_TEXT, "-");
		break;
	}
}

void tongs_bench_format_time(double nanoseconds, char text[TONGS_BENCH_TEXT]) {
	static const char *const units[] = {"ns", "µs", "ms", "s "};
	size_t power = 0;

	for (; nanoseconds >= 999.5 && power + 1 < sizeof units / sizeof *units; nanoseconds /= 1000)
		power++;
	snprintf(text, TONGS_BENCH_TEXT, "%6.*f %s", get_decimals(nanoseconds), nanoseconds, units[power]);
}

void tongs_bench_format_ratio(double ratio, char text[TONGS_BENCH_TEXT]) {
	snprintf(text, TONGS_BENCH_TEXT, "%.*f", get_decimals(ratio), ratio);
}

void tongs_bench_format_amount(enum tongs_bench_unit unit, double amount, char text[TONGS_BENCH_TEXT]) {
	size_t power = 0;

	if (unit != TONGS_BENCH_BYTES) {
		snprintf(text, TONGS_BENCH_TEXT, "%.0f", amount);
		return;
	}
	for (; fabs(amount) >= 1024 && power + 1 < BYTE_UNIT_COUNT; amount /= 1024)
		power++;
	snprintf(text, TONGS_BENCH_TEXT, "%.*f %s", power && amount != floor(amount) ? get_decimals(amount) : 0, amount,
		byte_units[power]);
}

void tongs_bench_format_goals(const struct tongs_bench_result *result, char text[TONGS_BENCH_TEXT]) {
	const struct tongs_bench_goal *goal = NULL;
	size_t length = 0;

	snprintf(text, TONGS_BENCH_TEXT, "-");
	while ((goal = tongs_bench_goal_next(result, goal))) {
		char limit[TONGS_BENCH_TEXT], measured[32] = "";
		if (goal->quantity == TONGS_BENCH_RATIO)
			tongs_bench_format_ratio(goal->limit, limit);
		else if (goal->quantity == TONGS_BENCH_AMOUNT)
			tongs_bench_format_amount(result->benchmark->amount_unit, goal->limit, limit);
		else
			snprintf(limit, sizeof limit, "%s%g ns%s", goal->quantity == TONGS_BENCH_EXTRA ? "+" : "",
				goal->limit, goal->quantity == TONGS_BENCH_EXTRA ? " a call" : "");
		/* No column of the table has it. */
		if (goal->quantity == TONGS_BENCH_EXTRA && !result->why_not)
			snprintf(measured, sizeof measured, " (%+.2f)", tongs_bench_goal_measured(goal, result));
		snprintf(text + length, TONGS_BENCH_TEXT - length, "%s≤ %s%s", length ? ", " : "", limit, measured);
		length = strlen(text);
	}
}

int tongs_bench_get_width(const char *text) {
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

enum column { NAME, SIZE, TONGS, BASELINE, BASELINE_NAME, RATIO, SPREAD, MET, GOALS, COLUMN_COUNT };

struct row {
	char cells[COLUMN_COUNT][TONGS_BENCH_TEXT];
};

/* A result that was not measured fills the first columns only. */
static void fill_row(const struct tongs_bench_result *result, struct row *row) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	char lower[16], upper[TONGS_BENCH_TEXT];

	*row = (struct row){.cells = {[BASELINE] = "-", [RATIO] = "-", [SPREAD] = "-"}};
	snprintf(row->cells[NAME], TONGS_BENCH_TEXT, "%s", benchmark->name);
	tongs_bench_format_size(benchmark->unit, result->size, row->cells[SIZE]);
	if (result->why_not)
		return;
	snprintf(row->cells[BASELINE_NAME], TONGS_BENCH_TEXT, "%s", benchmark->baseline_name);
	snprintf(row->cells[MET], TONGS_BENCH_TEXT, "%s", tongs_bench_goal_met(result));
	tongs_bench_format_goals(result, row->cells[GOALS]);
	if (benchmark->measure) {
		tongs_bench_format_amount(benchmark->amount_unit, result->amount, row->cells[TONGS]);
		return;
	}
	tongs_bench_format_time(result->tongs.median, row->cells[TONGS]);
	tongs_bench_format_time(result->baseline.median, row->cells[BASELINE]);
	tongs_bench_format_ratio(result->ratio.median, row->cells[RATIO]);
	tongs_bench_format_ratio(result->ratio.lower, upper);
	snprintf(lower, sizeof lower, "%.15s", upper);
	tongs_bench_format_ratio(result->ratio.upper, upper);
	snprintf(row->cells[SPREAD], TONGS_BENCH_TEXT, "%s to %.32s", lower, upper);
}

static void print_cell(FILE *file, const struct row *row, enum column column, const int *widths) {
	const bool to_the_right = column == SIZE || column == TONGS || column == BASELINE || column == RATIO;
	const int spaces = widths[column] - tongs_bench_get_width(row->cells[column]);

	fprintf(file, "%*s%s%*s  ", to_the_right ? spaces : 0, "", row->cells[column], to_the_right ? 0 : spaces, "");
}

static void print_row(FILE *file, const struct row *row, const int *widths, const char *why_not) {
	for (enum column i = NAME; i < (why_not ? TONGS : GOALS); i++)
		print_cell(file, row, i, widths);
	fprintf(file, "%s\n", why_not ? why_not : row->cells[GOALS]);
}

void tongs_bench_report_print_name(FILE *file, const struct tongs_bench_result *result) {
	char size[TONGS_BENCH_TEXT];

	tongs_bench_format_size(result->benchmark->unit, result->size, size);
	fprintf(file, "%s%s%s", result->benchmark->name, *size == '-' ? "" : ", ", *size == '-' ? "" : size);
}

void tongs_bench_report_print_line(FILE *file, const struct tongs_bench_result *result) {
	struct row row;

	fill_row(result, &row);
	const char *tongs = row.cells[TONGS], *baseline = row.cells[BASELINE];
	tongs_bench_report_print_name(file, result);
	if (result->why_not) {
		fprintf(file, ": %s\n", result->why_not);
		return;
	}
	fprintf(file, ": %s", tongs + strspn(tongs, " "));
	if (result->benchmark->measure)
		fprintf(file, " %s", row.cells[BASELINE_NAME]);
	else
		fprintf(file, "; %s: %s; ratio %s", row.cells[BASELINE_NAME], baseline + strspn(baseline, " "),
			row.cells[RATIO]);
	if (tongs_bench_goal_next(result, NULL))
		fprintf(file, "; goal %s: %s", row.cells[GOALS], row.cells[MET]);
	fputc('\n', file);
}

static const char *or_unknown(const char *text) {
	return *text ? text : "unknown";
}

static void print_machine(FILE *file, const struct tongs_bench_machine *machine) {
	const struct tongs_vulkan_identity *identity = &machine->identity;
	char api_version[TONGS_VULKAN_VERSION_SIZE], loader_version[TONGS_VULKAN_VERSION_SIZE];

	tongs_vulkan_format_version(identity->properties.apiVersion, api_version);
	tongs_vulkan_format_version(machine->loader_version, loader_version);
	fprintf(file, "CPU     %s, %u core%s\n", or_unknown(machine->cpu), machine->cores,
		machine->cores == 1 ? "" : "s");
	fprintf(file, "kernel  %s\n", or_unknown(machine->kernel));
	fprintf(file, "device  %s\n", identity->properties.deviceName);
	fprintf(file, "driver  %s%s%s (Vulkan %s)\n", or_unknown(identity->driver.driverName),
		*identity->driver.driverInfo ? ", " : "", identity->driver.driverInfo, api_version);
	fprintf(file, "loader  Vulkan %s\n\n", loader_version);
}

void tongs_bench_report_print(FILE *file, const struct tongs_bench_report *report) {
	static const struct row heading = {
		{"benchmark", "size", "Tongs", "baseline", "", "ratio", "spread (quartiles)", "met", "goal"}};
	int widths[COLUMN_COUNT];
	size_t with_goal = 0, met = 0;
	struct row row = heading;

	for (enum column column = NAME; column < COLUMN_COUNT; column++)
		widths[column] = tongs_bench_get_width(heading.cells[column]);
	for (size_t i = 0; i < report->result_count; i++) {
		fill_row(&report->results[i], &row);
		for (enum column column = NAME; column < COLUMN_COUNT; column++)
			if (tongs_bench_get_width(row.cells[column]) > widths[column])
				widths[column] = tongs_bench_get_width(row.cells[column]);
	}
	print_machine(file, &report->machine);
	print_row(file, &heading, widths, NULL);
	for (size_t i = 0; i < report->result_count; i++) {
		fill_row(&report->results[i], &row);
		print_row(file, &row, widths, report->results[i].why_not);
		with_goal += *tongs_bench_goal_met(&report->results[i]) != '-';
		met += *tongs_bench_goal_met(&report->results[i]) == 'y';
	}
	fprintf(file, "\n%zu of %zu benchmarks with a goal meet it.\n", met, with_goal);
}
