/* SPDX-License-Identifier: MIT */
/* `tongs info` as text. */
#include <stdio.h>
#include <string.h>

#include "info_words.h"

enum { WIDTH = 110, ROWS = TONGS_PROBE_TYPE_COUNT * TONGS_PROBE_TILING_COUNT };

/* But for the handle type, the tiling and the format. */
static bool is_same_answer(const struct tongs_probe_row *a, const struct tongs_probe_row *b) {
	return a->features == b->features && a->why_not == b->why_not && a->shapes == b->shapes &&
	       a->samples == b->samples && a->usage == b->usage && a->memory_types == b->memory_types &&
	       a->storage_mode == b->storage_mode;
}

static bool is_same_format(const struct tongs_probe *probe, size_t a, size_t b) {
	for (size_t i = 0; i < ROWS; i++)
		if (!is_same_answer(&probe->images[a][i], &probe->images[b][i]))
			return false;
	return true;
}

static bool is_refused(const struct tongs_probe *probe, size_t format) {
	for (size_t i = 0; i < ROWS; i++)
		if (!probe->images[format][i].why_not)
			return false;
	return true;
}

static void print_features(const struct tongs_probe_row *row) {
	for (size_t i = 0; i < TONGS_INFO_FEATURE_COUNT; i++)
		if (row->features & tongs_info_features[i].bit)
			printf(" %s", tongs_info_features[i].name);
}

static void print_memory(const struct tongs_probe_row *row) {
	printf("; %s, memory types", row->storage_mode);
	for (uint32_t i = 0; i < VK_MAX_MEMORY_TYPES; i++)
		if (row->memory_types >> i & 1)
			printf(" %u", i);
}

static void print_image(const struct tongs_probe_row *row) {
	for (int i = 0, n = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (row->shapes >> i & 1)
			printf("%s%s", n++ ? ", " : "", tongs_probe_get_shape_name((enum tongs_probe_shape)i));
	printf("; samples");
	for (VkSampleCountFlags rest = row->samples; rest; rest &= rest - 1)
		printf(" %u", rest & -rest);
	putchar(';');
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++)
		if (row->usage >> i & 1)
			printf(" %s", tongs_probe_get_usage_name((enum tongs_probe_usage)i));
}

static void print_buffers(const struct tongs_probe *probe) {
	puts("\n  Buffers");
	for (size_t i = 0; i < TONGS_PROBE_TYPE_COUNT; i++) {
		const struct tongs_probe_row *row = &probe->buffers[i];
		printf("    %-10s ", row->handle_type);
		if (row->why_not) {
			printf(" no: %s\n", row->why_not);
			continue;
		}
		print_features(row);
		print_memory(row);
		putchar('\n');
	}
}

/* The formats with the answers of `first`, wrapped. */
static void print_formats(const struct tongs_probe *probe, size_t first) {
	int column = printf("\n ") - 1;

	for (size_t i = first; i < probe->format_count; i++) {
		const char *name = probe->images[i][0].format->mtl_name;
		if (!is_same_format(probe, first, i))
			continue;
		if (column + 1 + (int)strlen(name) > WIDTH)
			column = printf("\n ") - 1;
		column += printf(" %s", name);
	}
	putchar('\n');
}

/* The different answers about one format, each behind all that it is the answer to. */
static void print_answers(const struct tongs_probe_row rows[ROWS]) {
	for (size_t i = 0; i < ROWS; i++) {
		bool is_first = true;
		for (size_t before = 0; before < i && is_first; before++)
			is_first = !is_same_answer(&rows[before], &rows[i]);
		if (!is_first)
			continue;
		printf("    ");
		for (size_t n = i, shown = 0; n < ROWS; n++)
			if (is_same_answer(&rows[i], &rows[n]))
				printf("%s%s %s", shown++ ? ", " : "", rows[n].handle_type, rows[n].tiling);
		if (rows[i].why_not) {
			printf(": no, %s\n", rows[i].why_not);
			continue;
		}
		putchar(':');
		print_features(&rows[i]);
		print_memory(&rows[i]);
		printf("\n      ");
		print_image(&rows[i]);
		putchar('\n');
	}
}

static void print_groups(const struct tongs_probe *probe) {
	for (int refused = 0; refused < 2; refused++) {
		for (size_t i = 0; i < probe->format_count; i++) {
			bool is_first = is_refused(probe, i) == refused;
			for (size_t before = 0; before < i && is_first; before++)
				is_first = !is_same_format(probe, before, i);
			if (!is_first)
				continue;
			print_formats(probe, i);
			if (refused)
				printf("    no: %s\n", probe->images[i][0].why_not);
			else
				print_answers(probe->images[i]);
		}
	}
}

static void print_matrix(const struct tongs_probe *probe) {
	putchar('\n');
	for (size_t i = 0; i < probe->format_count; i++) {
		for (size_t n = 0; n < ROWS; n++) {
			const struct tongs_probe_row *row = &probe->images[i][n];
			printf("  %-22s  %-10s  %-7s ", row->format->mtl_name, row->handle_type, row->tiling);
			if (row->why_not) {
				printf(" no: %s\n", row->why_not);
				continue;
			}
			print_features(row);
			print_memory(row);
			printf("; ");
			print_image(row);
			putchar('\n');
		}
	}
}

static void print_rows(const struct tongs_probe *probe, bool all) {
	print_buffers(probe);
	if (all)
		print_matrix(probe);
	else
		print_groups(probe);
}

void tongs_info_print(uint32_t index, const struct tongs_probe *probe, bool all) {
	char version[TONGS_INFO_VERSION], uuid[TONGS_INFO_UUID];

	tongs_info_format_version(probe->properties.apiVersion, version);
	tongs_info_format_uuid(probe->uuid, uuid);
	printf("Device %u: %s\n", index, probe->properties.deviceName);
	printf("  driver  %s%s%s (Vulkan %s)\n", *probe->driver ? probe->driver : "not told",
		*probe->driver_info ? ", " : "", probe->driver_info, version);
	printf("  UUID    %s\n", probe->has_uuid ? uuid : "not told");
	for (uint32_t i = 0; i < probe->memory.memoryTypeCount; i++) {
		printf("  memory type %u:", i);
		for (size_t n = 0; n < TONGS_INFO_FLAG_COUNT; n++)
			if (probe->memory.memoryTypes[i].propertyFlags & tongs_info_flags[n].bit)
				printf(" %s", tongs_info_flags[n].name);
		putchar('\n');
	}
	if (probe->why_not)
		printf("  shares  nothing: %s\n", probe->why_not);
	else
		print_rows(probe, all);
}
