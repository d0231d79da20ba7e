/* SPDX-License-Identifier: MIT */
/* The report as JSON. */
#include "report.h"

#include <tongs/version.h>

#include "json.h"

static const char *const unit_names[] = {
	[TONGS_BENCH_BYTES] = "bytes",
	[TONGS_BENCH_LIVE_EXPORTS] = "live exports",
	[TONGS_BENCH_SIDE_LENGTH] = "texels a side",
	[TONGS_BENCH_COMMANDS] = "commands",
};

static const char *const quantity_keys[] = {
	[TONGS_BENCH_RATIO] = "ratio",
	[TONGS_BENCH_TIME] = "tongsNanoseconds",
	[TONGS_BENCH_EXTRA] = "extraNanosecondsPerCall",
	[TONGS_BENCH_AMOUNT] = "amount",
};

/* null if not measured. */
static void add_quartiles(
	cJSON *parent, const char *key, bool measured, const struct tongs_bench_quartiles *quartiles, double divisor) {
	if (!measured) {
		cJSON_AddNullToObject(parent, key);
		return;
	}
	cJSON *json = cJSON_AddObjectToObject(parent, key);
	cJSON_AddNumberToObject(json, "lower", quartiles->lower / divisor);
	cJSON_AddNumberToObject(json, "median", quartiles->median / divisor);
	cJSON_AddNumberToObject(json, "upper", quartiles->upper / divisor);
}

static void add_goals(cJSON *parent, const struct tongs_bench_result *result) {
	cJSON *goals = cJSON_AddArrayToObject(parent, "goals");

	for (const struct tongs_bench_goal *goal = NULL; (goal = tongs_bench_goal_next(result, goal));) {
		cJSON *json = tongs_json_add_object(goals);
		cJSON_AddStringToObject(json, "of", quantity_keys[goal->quantity]);
		cJSON_AddNumberToObject(json, "limit", goal->limit);
		if (result->why_not)
			cJSON_AddNullToObject(json, "met");
		else
			cJSON_AddBoolToObject(json, "met", tongs_bench_goal_measured(goal, result) <= goal->limit);
	}
}

static void add_result(cJSON *parent, const struct tongs_bench_result *result) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	const unsigned calls = benchmark->hooked_calls;
	const bool timed = !result->why_not && !benchmark->measure;
	cJSON *json = tongs_json_add_object(parent);

	tongs_json_add_string(json, "name", benchmark->name);
	tongs_json_add_string(json, "baseline", benchmark->baseline_name);
	if (benchmark->unit)
		cJSON_AddNumberToObject(json, "size", (double)result->size);
	else
		cJSON_AddNullToObject(json, "size");
	tongs_json_add_string(json, "sizeUnit", unit_names[benchmark->unit]);
	cJSON_AddNumberToObject(json, "pairs", result->pairs);
	add_quartiles(json, quantity_keys[TONGS_BENCH_TIME], timed, &result->tongs, 1);
	add_quartiles(json, "baselineNanoseconds", timed, &result->baseline, 1);
	add_quartiles(json, quantity_keys[TONGS_BENCH_RATIO], timed, &result->ratio, 1);
	add_quartiles(json, quantity_keys[TONGS_BENCH_EXTRA], timed && calls, &result->extra, calls);
	if (benchmark->measure && !result->why_not)
		cJSON_AddNumberToObject(json, quantity_keys[TONGS_BENCH_AMOUNT], result->amount);
	else
		cJSON_AddNullToObject(json, quantity_keys[TONGS_BENCH_AMOUNT]);
	tongs_json_add_string(json, "amountUnit", unit_names[benchmark->amount_unit]);
	add_goals(json, result);
	tongs_json_add_string(json, "whyNot", result->why_not);
}

static void add_text(cJSON *parent, const char *key, const char *text) {
	tongs_json_add_string(parent, key, *text ? text : NULL);
}

bool tongs_bench_report_write_json(FILE *file, const struct tongs_bench_report *report) {
	const struct tongs_bench_machine *machine = &report->machine;
	const struct tongs_vulkan_identity *identity = &machine->identity;
	char version[TONGS_VULKAN_VERSION_SIZE];
	cJSON *json = cJSON_CreateObject();

	tongs_json_add_string(json, "tongs", TONGS_VERSION);
	cJSON_AddBoolToObject(json, "quick", report->quick);
	cJSON *machine_json = cJSON_AddObjectToObject(json, "machine");
	add_text(machine_json, "cpu", machine->cpu);
	cJSON_AddNumberToObject(machine_json, "cores", machine->cores);
	add_text(machine_json, "kernel", machine->kernel);
	add_text(machine_json, "device", identity->properties.deviceName);
	add_text(machine_json, "driver", identity->driver.driverName);
	add_text(machine_json, "driverInfo", identity->driver.driverInfo);
	tongs_vulkan_format_version(identity->properties.apiVersion, version);
	add_text(machine_json, "apiVersion", version);
	tongs_vulkan_format_version(machine->loader_version, version);
	add_text(machine_json, "loader", version);
	cJSON *results = cJSON_AddArrayToObject(json, "benchmarks");
	for (size_t i = 0; i < report->result_count; i++)
		add_result(results, &report->results[i]);
	return tongs_json_write(file, json);
}
