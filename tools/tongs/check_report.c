/* SPDX-License-Identifier: MIT */
/* Verdicts as tables and as JSON. */
#include "check_report.h"

#include <stdarg.h>
#include <string.h>

#include <tongs/version.h>

#include "client/terminal.h"
#include "json.h"

static const struct {
	const char *text, *key;
	enum tongs_terminal_colour colour;
} verdicts[] = {
	[TONGS_CHECK_OK] = {"ok", "ok", TONGS_TERMINAL_GOOD},
	[TONGS_CHECK_NO] = {"no", "no", TONGS_TERMINAL_DOUBTFUL},
	[TONGS_CHECK_FAILED] = {"FAILED", "failed", TONGS_TERMINAL_BAD},
};

struct tongs_check_row *tongs_check_add(
	struct tongs_check_report *report, uint32_t device, const char *name, enum tongs_check_verdict verdict) {
	struct tongs_check_row *row = &report->rows[report->row_count];

	if (report->row_count < TONGS_CHECK_MAX_ROWS - 1)
		report->row_count++;
	*row = (struct tongs_check_row){.device = device, .verdict = verdict};
	snprintf(row->name, sizeof row->name, "%s", name);
	return row;
}

void tongs_check_say(struct tongs_check_row *row, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(row->text, sizeof row->text, format, arguments);
	va_end(arguments);
}

void tongs_check_mend(struct tongs_check_row *row, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(row->mend, sizeof row->mend, format, arguments);
	va_end(arguments);
}

void tongs_check_format_types(uint32_t memory_types, char text[128]) {
	size_t length = 0;

	*text = '\0';
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (memory_types >> i & 1)
			length += (size_t)snprintf(text + length, 128 - length, "%s%u", length ? ", " : "", i);
}

static unsigned count(const struct tongs_check_report *report, enum tongs_check_verdict verdict) {
	unsigned n = 0;

	for (size_t i = 0; i < report->row_count; i++)
		n += report->rows[i].verdict == verdict;
	return n;
}

static bool is_any_shared(const struct tongs_check_report *report) {
	bool any = false;

	for (size_t i = 0; i < report->device_count; i++)
		any |= report->devices[i].device.shares;
	return any;
}

bool tongs_check_is_good(const struct tongs_check_report *report) {
	return is_any_shared(report) && !count(report, TONGS_CHECK_FAILED);
}

enum { WIDTH = 110, INDENT = 6 }; /* columns where stdout is no terminal; of a line that goes on */

/* Before the verdict, of rows about devices. */
enum { HEAD = 42 };

/* Prints what to do, unless the rows of the device before this one have said it. */
static void print_mend(
	FILE *file, const struct tongs_check_report *report, const struct tongs_check_row *row, int width) {
	for (const struct tongs_check_row *before = report->rows; before < row; before++)
		if (before->device == row->device && !strcmp(before->mend, row->mend))
			return;
	fprintf(file, "%*sTo mend it: ", INDENT, "");
	tongs_terminal_print_wrapped(file, INDENT + 12, INDENT, width, row->mend);
}

static void print_row(FILE *file, const struct tongs_check_row *row, uint32_t memory_types, int width) {
	char types[128], head[256], text[TONGS_CHECK_TEXT + 1];

	tongs_check_format_types(memory_types, types);
	if (!*row->resource)
		snprintf(head, sizeof head, "  %-*s", row->device == UINT32_MAX ? 11 : HEAD - 2, row->name);
	else
		snprintf(head, sizeof head, "  %-10s  %-13s  memory type%s %s", row->name, row->resource,
			memory_types & (memory_types - 1) ? "s" : "", types);
	const int column =
		fprintf(file, "%-*s  ", *row->resource ? HEAD : 0, head) + (int)strlen(verdicts[row->verdict].text);
	tongs_terminal_print(file, verdicts[row->verdict].colour, verdicts[row->verdict].text);
	if (*row->text) {
		snprintf(text, sizeof text, " %s", row->text);
		fputc(':', file);
		tongs_terminal_print_wrapped(file, column + 1, INDENT, width, text);
	} else {
		fputc('\n', file);
	}
}

/* Except for the memory types. */
static bool is_same(const struct tongs_check_row *a, const struct tongs_check_row *b) {
	return a->device == b->device && a->verdict == b->verdict && !strcmp(a->name, b->name) &&
	       !strcmp(a->resource, b->resource) && !strcmp(a->text, b->text) && !strcmp(a->mend, b->mend);
}

static void print_rows(FILE *file, const struct tongs_check_report *report, uint32_t device, int width) {
	uint32_t types = 0;
	size_t first = 0; /* of equal rows */

	for (size_t i = 0; i < report->row_count; i++) {
		const struct tongs_check_row *row = &report->rows[i];
		if (row->device != device)
			continue;
		first = types ? first : i;
		types |= row->memory_types;
		if (i + 1 < report->row_count && *row->resource && is_same(row, row + 1))
			continue;
		print_row(file, row, types, width);
		if (*row->mend)
			print_mend(file, report, &report->rows[first], width);
		types = 0;
	}
}

static void print_device(FILE *file, uint32_t index, const struct tongs_vulkan_identity *identity, int width) {
	const VkPhysicalDeviceDriverProperties *driver = &identity->driver;
	char version[TONGS_VULKAN_VERSION_SIZE], line[1024];

	tongs_vulkan_format_version(identity->properties.apiVersion, version);
	snprintf(line, sizeof line, "Device %u: %s; driver %s%s%s (Vulkan %s)", index, identity->properties.deviceName,
		*driver->driverName ? driver->driverName : "unknown", *driver->driverInfo ? ", " : "",
		driver->driverInfo, version);
	fputc('\n', file);
	tongs_terminal_print_wrapped(file, 0, INDENT, width, line);
}

void tongs_check_print(FILE *file, const struct tongs_check_report *report) {
	const int width = tongs_terminal_get_width(file, WIDTH);
	const unsigned failed = count(report, TONGS_CHECK_FAILED), refused = count(report, TONGS_CHECK_NO);

	fputs("This machine\n", file);
	print_rows(file, report, UINT32_MAX, width);
	for (size_t i = 0; i < report->device_count; i++) {
		print_device(file, report->devices[i].index, &report->devices[i].device.identity, width);
		print_rows(file, report, report->devices[i].index, width);
	}
	fputc('\n', file);
	if (failed)
		fprintf(file, "%u of %zu checks failed, in %.1f s.\n", failed, report->row_count, report->seconds);
	else if (!is_any_shared(report))
		fprintf(file, "No device can share memory with Metal.\n");
	else
		fprintf(file, "All is well: %u checks ok, %u not there, in %.1f s.\n", count(report, TONGS_CHECK_OK),
			refused, report->seconds);
}

static void add_rows(cJSON *parent, const struct tongs_check_report *report, uint32_t device) {
	cJSON *rows = cJSON_AddArrayToObject(parent, "checks");

	for (size_t i = 0; i < report->row_count; i++) {
		const struct tongs_check_row *row = &report->rows[i];
		if (row->device != device)
			continue;
		cJSON *json = tongs_json_add_object(rows);
		tongs_json_add_string(json, "name", row->name);
		tongs_json_add_string(json, "resource", *row->resource ? row->resource : NULL);
		cJSON *types = cJSON_AddArrayToObject(json, "memoryTypes");
		for (uint32_t n = 0; n < VK_MAX_MEMORY_TYPES; n++)
			if (row->memory_types >> n & 1)
				cJSON_AddItemToArray(types, cJSON_CreateNumber(n));
		tongs_json_add_string(json, "verdict", verdicts[row->verdict].key);
		tongs_json_add_string(json, "text", *row->text ? row->text : NULL);
		tongs_json_add_string(json, "mend", *row->mend ? row->mend : NULL);
	}
}

bool tongs_check_write_json(FILE *file, const struct tongs_check_report *report) {
	cJSON *json = cJSON_CreateObject();

	tongs_json_add_string(json, "tongs", TONGS_VERSION);
	cJSON_AddBoolToObject(json, "good", tongs_check_is_good(report));
	cJSON_AddNumberToObject(json, "seconds", report->seconds);
	tongs_json_add_string(json, "error", *report->error ? report->error : NULL);
	add_rows(json, report, UINT32_MAX);
	cJSON *devices = cJSON_AddArrayToObject(json, "devices");
	for (size_t i = 0; i < report->device_count; i++) {
		const struct tongs_check_device *device = &report->devices[i].device;
		const VkPhysicalDeviceDriverProperties *driver = &device->identity.driver;
		char version[TONGS_VULKAN_VERSION_SIZE];
		cJSON *object = tongs_json_add_object(devices);
		tongs_vulkan_format_version(device->identity.properties.apiVersion, version);
		cJSON_AddNumberToObject(object, "index", report->devices[i].index);
		tongs_json_add_string(object, "name", device->identity.properties.deviceName);
		tongs_json_add_string(object, "driver", *driver->driverName ? driver->driverName : NULL);
		tongs_json_add_string(object, "driverInfo", *driver->driverInfo ? driver->driverInfo : NULL);
		tongs_json_add_string(object, "apiVersion", version);
		cJSON_AddBoolToObject(object, "shares", device->shares);
		add_rows(object, report, report->devices[i].index);
	}
	return tongs_json_write(file, json);
}
