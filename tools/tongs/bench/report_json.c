/* SPDX-License-Identifier: MIT */
/* The report as JSON. */
#include "report.h"

#include <tongs/version.h>

#include "json.h"

static const char *const unit_names[] = {
	[TONGS_BENCH_BYTES] = "bytes",
	[TONGS_BENCH_LIVE_EXPORTS] = "live exports",
	[TONGS_BENCH_SIDE_LENGTH] = "texels a side",
};

static const char *const quantity_keys[] = {
	[TONGS_BENCH_TIME] = "tongsNanoseconds",
	[TONGS_BENCH_BASELINE_TIME] = "baselineNanoseconds",
	[TONGS_BENCH_RATIO] = "ratio",
	[TONGS_BENCH_EXTRA] = "extraNanosecondsPerCall",
	[TONGS_BENCH_AMOUNT] = "amount",
};

static void add_number(cJSON *parent, const char *key, bool known, double number) {
	cJSON_AddItemToObject(parent, key, known ? cJSON_CreateNumber(number) : cJSON_CreateNull());
}

static void add_result(cJSON *parent, const struct tongs_bench_result *result) {
	const struct tongs_benchmark *benchmark = result->benchmark;
	const bool measured = !result->why_not, timed = measured && !benchmark->is_amount;
	cJSON *json = tongs_json_add_object(parent);

	tongs_json_add_string(json, "name", benchmark->name);
	tongs_json_add_string(json, "baseline", benchmark->baseline_name);
	add_number(json, "size", benchmark->unit, (double)result->size);
	tongs_json_add_string(json, "sizeUnit", unit_names[benchmark->unit]);
	cJSON_AddNumberToObject(json, "pairs", result->pairs);
	for (int i = TONGS_BENCH_TIME; i < TONGS_BENCH_AMOUNT; i++) {
		bool known = timed && (i != TONGS_BENCH_EXTRA || benchmark->hooked_calls);
		cJSON *quartiles = known ? cJSON_CreateObject() : cJSON_CreateNull();
		cJSON_AddItemToObject(json, quantity_keys[i], quartiles);
		if (!known)
			continue;
		cJSON_AddNumberToObject(quartiles, "lower", result->quartiles[i].lower);
		cJSON_AddNumberToObject(quartiles, "median", result->quartiles[i].median);
		cJSON_AddNumberToObject(quartiles, "upper", result->quartiles[i].upper);
	}
	add_number(json, quantity_keys[TONGS_BENCH_AMOUNT], measured && benchmark->is_amount,
		result->quartiles[TONGS_BENCH_AMOUNT].median);
	tongs_json_add_string(json, "amountUnit", benchmark->is_amount ? unit_names[TONGS_BENCH_BYTES] : NULL);
	cJSON *goals = cJSON_AddArrayToObject(json, "goals");
	for (const struct tongs_bench_goal *goal = result->goals; goal->quantity; goal++) {
		bool met = result->quartiles[goal->quantity].median <= goal->limit;
		cJSON *goal_json = tongs_json_add_object(goals);
		cJSON_AddStringToObject(goal_json, "of", quantity_keys[goal->quantity]);
		cJSON_AddNumberToObject(goal_json, "limit", goal->limit);
		cJSON_AddItemToObject(goal_json, "met", measured ? cJSON_CreateBool(met) : cJSON_CreateNull());
	}
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
	tongs_json_add_string(machine_json, "apiVersion", version);
	tongs_vulkan_format_version(machine->loader_version, version);
	tongs_json_add_string(machine_json, "loader", version);
	cJSON *results = cJSON_AddArrayToObject(json, "benchmarks");
	for (size_t i = 0; i < report->result_count; i++)
		add_result(results, &report->results[i]);
	return tongs_json_write(file, json);
}
