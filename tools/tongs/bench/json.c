/* SPDX-License-Identifier: MIT */
/* The report as JSON. All its numbers are integers, which every reader has. */
#include "report.h"

#include <math.h>

#include <tongs/version.h>

#include "goal.h"
#include "json.h"

static const char *const unit_names[] = {
	[TONGS_BENCH_BYTES] = "bytes",
	[TONGS_BENCH_LIVE_EXPORTS] = "live exports",
	[TONGS_BENCH_SIDE] = "texels a side",
	[TONGS_BENCH_COMMANDS] = "commands",
};

/* What the JSON calls each quantity, and what its numbers are multiplied with. */
static const struct {
	const char *key;
	double scale;
} quantities[] = {
	[TONGS_BENCH_RATIO] = {"ratioMillionths", 1e6},
	[TONGS_BENCH_TIME] = {"oursPicoseconds", 1e3},
	[TONGS_BENCH_EXTRA] = {"extraPicosecondsPerCall", 1e3},
	[TONGS_BENCH_AMOUNT] = {"amount", 1},
};

/* null where it was not measured. */
static void write_quartiles(struct tongs_json *json, const char *key, bool measured,
	const struct tongs_bench_quartiles *quartiles, double scale) {
	if (!measured) {
		tongs_json_string(json, key, NULL);
		return;
	}
	tongs_json_open(json, key, '{');
	tongs_json_integer(json, "lower", llround(quartiles->lower * scale));
	tongs_json_integer(json, "median", llround(quartiles->median * scale));
	tongs_json_integer(json, "upper", llround(quartiles->upper * scale));
	tongs_json_close(json, '{');
}

static void write_times(struct tongs_json *json, const struct tongs_bench_result *result) {
	const unsigned calls = result->figure->hooked_calls;
	const bool measured = !result->why_not && !result->figure->measure;

	tongs_json_number(json, "pairs", result->pairs);
	write_quartiles(
		json, quantities[TONGS_BENCH_TIME].key, measured, &result->ours, quantities[TONGS_BENCH_TIME].scale);
	write_quartiles(json, "yardstickPicoseconds", measured, &result->yardstick, 1e3);
	write_quartiles(
		json, quantities[TONGS_BENCH_RATIO].key, measured, &result->ratio, quantities[TONGS_BENCH_RATIO].scale);
	write_quartiles(json, quantities[TONGS_BENCH_EXTRA].key, measured && calls, &result->extra,
		quantities[TONGS_BENCH_EXTRA].scale / (calls ? calls : 1));
}

static void write_amount(struct tongs_json *json, const struct tongs_bench_result *result) {
	if (result->figure->measure && !result->why_not)
		tongs_json_integer(json, quantities[TONGS_BENCH_AMOUNT].key, llround(result->amount));
	else
		tongs_json_string(json, quantities[TONGS_BENCH_AMOUNT].key, NULL);
	tongs_json_string(json, "amountUnit", unit_names[result->figure->amount_unit]);
}

static void write_goals(struct tongs_json *json, const struct tongs_bench_result *result) {
	const struct tongs_bench_goal *goal = NULL;

	tongs_json_open(json, "goals", '[');
	while ((goal = tongs_bench_goal_next(result, goal))) {
		tongs_json_open(json, NULL, '{');
		tongs_json_string(json, "of", quantities[goal->quantity].key);
		tongs_json_integer(json, "limit", llround(goal->limit * quantities[goal->quantity].scale));
		if (result->why_not)
			tongs_json_string(json, "met", NULL);
		else
			tongs_json_bool(json, "met", tongs_bench_goal_measured(goal, result) <= goal->limit);
		tongs_json_close(json, '{');
	}
	tongs_json_close(json, '[');
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
	write_times(json, result);
	write_amount(json, result);
	write_goals(json, result);
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
