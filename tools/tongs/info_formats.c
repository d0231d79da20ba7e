/* SPDX-License-Identifier: MIT */
/* Finds formats by names, and counts them. */
#include "info_formats.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "client/command.h"

enum { NAME_SIZE = 64, MOST_NEAR = 5 };

static bool is_listed(const struct tongs_format *format) {
	return format->vk_name && format->mtl_name;
}

static const char *skip(const char *name, const char *prefix) {
	return strncasecmp(name, prefix, strlen(prefix)) ? name : name + strlen(prefix);
}

static unsigned min(unsigned a, unsigned b) {
	return a < b ? a : b;
}

/* The letters to insert, remove or replace, ignoring case (Levenshtein). Names that contain the other one are near,
 * too.
 */
static unsigned get_distance(const char *a, const char *b) {
	unsigned row[NAME_SIZE + 1];
	const size_t length = strnlen(b, NAME_SIZE);

	if (*a && strcasestr(b, a))
		return 1;
	for (size_t k = 0; k <= length; k++)
		row[k] = (unsigned)k;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t k = 0; k < length; k++) {
			const bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[k]);
			const unsigned replaced = diagonal + !same;
			diagonal = row[k + 1];
			row[k + 1] = min(replaced, min(row[k + 1], row[k]) + 1);
		}
	}
	return row[length];
}

static void report_unknown(const char *name, const char *bare) {
	char near[MOST_NEAR * NAME_SIZE * 2] = "";
	size_t length = 0, found = 0;
	const unsigned limit = (unsigned)strlen(bare) / 2 + 1;

	/* The nearest first. */
	for (unsigned distance = 0; distance <= limit; distance++) {
		const struct tongs_format *format = NULL;
		while ((format = tongs_format_next(format)) && found < MOST_NEAR) {
			if (!is_listed(format) || min(get_distance(bare, format->mtl_name),
							  get_distance(bare, format->vk_name)) != distance)
				continue;
			length += (size_t)snprintf(near + length, sizeof near - length, "%s%s (%s)",
				found++ ? ", " : "", format->mtl_name, format->vk_name);
		}
	}
	tongs_command_error("no pixel format of both Metal and Vulkan is called '%s'%s%s; 'tongs info --groups' lists "
			    "them",
		name, found ? "; similar: " : "", near);
}

const struct tongs_format *tongs_info_find_format(const char *name) {
	const char *bare = skip(skip(name, "MTLPixelFormat"), "VK_FORMAT_");
	const struct tongs_format *format = NULL;

	while ((format = tongs_format_next(format)))
		if (is_listed(format) && (!strcasecmp(format->mtl_name, bare) || !strcasecmp(format->vk_name, bare)))
			return format;
	report_unknown(name, bare);
	return NULL;
}

enum family { COLOUR, PACKED_422, BC, ASTC, ETC, PVRTC, DEPTH, OTHER, FAMILY_COUNT };

static const char *const family_names[FAMILY_COUNT] = {
	[COLOUR] = "colour",
	[PACKED_422] = "4:2:2",
	[BC] = "BC",
	[ASTC] = "ASTC",
	[ETC] = "ETC2 and EAC",
	[PVRTC] = "PVRTC",
	[DEPTH] = "depth, stencil",
	[OTHER] = "others",
};

static enum family get_family(const struct tongs_format *format) {
	switch (format->kind) {
	case TONGS_FORMAT_COLOR:
		return COLOUR;
	case TONGS_FORMAT_PACKED_422:
		return PACKED_422;
	case TONGS_FORMAT_DEPTH:
	case TONGS_FORMAT_STENCIL:
	case TONGS_FORMAT_DEPTH_STENCIL:
		return DEPTH;
	case TONGS_FORMAT_COMPRESSED:
		return !strncmp(format->vk_name, "BC", 2)      ? BC
		       : !strncmp(format->vk_name, "ASTC", 4)  ? ASTC
		       : !strncmp(format->vk_name, "E", 1)     ? ETC
		       : !strncmp(format->vk_name, "PVRTC", 5) ? PVRTC
							       : OTHER;
	default:
		return OTHER;
	}
}

enum { TEXTURE = 1 /* the handle type, as for tongs_probe_get_type_name */ };

static const struct tongs_probe_row *get_row(
	const struct tongs_probe *probe, size_t format, size_t type, VkImageTiling tiling) {
	return &probe->images[format][type * TONGS_PROBE_TILING_COUNT + tiling];
}

unsigned tongs_info_count_formats(const struct tongs_probe *probe, size_t type, VkImageTiling tiling) {
	unsigned count = 0;

	for (size_t i = 0; i < probe->format_count; i++)
		count += !get_row(probe, i, type, tiling)->why_not;
	return count;
}

/* The columns: all formats of the family; what is shared in OPTIMAL images, by shapes, and with several samples; what
 * is in LINEAR images. Together they take 80 columns of a terminal. */
enum column { ALL_OF_THEM, FIRST_SHAPE, SAMPLES = FIRST_SHAPE + TONGS_PROBE_SHAPE_COUNT, LINEAR, COLUMNS };

static const char *const titles[COLUMNS] = {
	[ALL_OF_THEM] = "all",
	[FIRST_SHAPE + TONGS_PROBE_1D] = "1D",
	[FIRST_SHAPE + TONGS_PROBE_1D_ARRAY] = "1D[]",
	[FIRST_SHAPE + TONGS_PROBE_2D] = "2D",
	[FIRST_SHAPE + TONGS_PROBE_MIPS] = "mips",
	[FIRST_SHAPE + TONGS_PROBE_ARRAY] = "2D[]",
	[FIRST_SHAPE + TONGS_PROBE_CUBE] = "cube",
	[FIRST_SHAPE + TONGS_PROBE_CUBE_ARRAY] = "cube[]",
	[FIRST_SHAPE + TONGS_PROBE_3D] = "3D",
	[FIRST_SHAPE + TONGS_PROBE_3D_MIPS] = "3Dmips",
	[SAMPLES] = "MSAA",
	[LINEAR] = "LINEAR",
};

static bool is_counted(const struct tongs_probe *probe, size_t format, enum column column) {
	const struct tongs_probe_row *optimal = get_row(probe, format, TEXTURE, VK_IMAGE_TILING_OPTIMAL);

	switch (column) {
	case ALL_OF_THEM:
		return true;
	case SAMPLES:
		return optimal->samples & ~(VkSampleCountFlags)VK_SAMPLE_COUNT_1_BIT;
	case LINEAR:
		return !get_row(probe, format, TEXTURE, VK_IMAGE_TILING_LINEAR)->why_not;
	default:
		return optimal->shapes >> (column - FIRST_SHAPE) & 1;
	}
}

static unsigned count(const struct tongs_probe *probe, enum family family, enum column column) {
	unsigned n = 0;

	for (size_t i = 0; i < probe->format_count; i++)
		n += get_family(probe->images[i][0].format) == family && is_counted(probe, i, column);
	return n;
}

static bool is_shared(const struct tongs_probe *probe, enum family family) {
	unsigned n = 0;

	for (int column = ALL_OF_THEM + 1; column < COLUMNS; column++)
		n += count(probe, family, (enum column)column);
	return n;
}

enum { INDENT = 4, LABEL = 14 };

static int get_column_width(int column) {
	const int title = (int)strlen(titles[column]);

	return title < 3 ? 3 : title;
}

/* Prints the columns from `first` on that fit, of every family. Returns the first that did not. */
static int print_columns(FILE *file, const struct tongs_probe *probe, int first, int width) {
	int end = first, column = INDENT + LABEL;

	for (; end < COLUMNS && (end == first || column + 1 + get_column_width(end) <= width); end++)
		column += 1 + get_column_width(end);
	fprintf(file, "%*s", INDENT + LABEL, "");
	for (int i = first; i < end; i++)
		fprintf(file, " %*s", get_column_width(i), titles[i]);
	fputc('\n', file);
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!is_shared(probe, (enum family)family))
			continue;
		fprintf(file, "%*s%-*s", INDENT, "", LABEL, family_names[family]);
		for (int i = first; i < end; i++) {
			const unsigned n = count(probe, (enum family)family, (enum column)i);
			if (n)
				fprintf(file, " %*u", get_column_width(i), n);
			else
				fprintf(file, " %*s", get_column_width(i), "-");
		}
		fputc('\n', file);
	}
	return end;
}

static bool has_reason(const struct tongs_probe *probe, size_t format, VkImageTiling tiling, const char *reason) {
	const char *why_not = get_row(probe, format, TEXTURE, tiling)->why_not;

	return why_not && !strcmp(why_not, reason);
}

/* How many formats have that reason, and of which families those are that OPTIMAL images cannot have. */
static void print_reason(FILE *file, const struct tongs_probe *probe, const char *reason) {
	unsigned counts[FAMILY_COUNT] = {0}, optimal = 0, linear = 0, shown = 0;

	for (size_t i = 0; i < probe->format_count; i++) {
		const bool is_optimal = has_reason(probe, i, VK_IMAGE_TILING_OPTIMAL, reason);
		counts[get_family(probe->images[i][0].format)] += is_optimal;
		optimal += is_optimal;
		linear += has_reason(probe, i, VK_IMAGE_TILING_LINEAR, reason);
	}
	fprintf(file, "    %s: ", reason);
	if (linear)
		fprintf(file, "%u LINEAR%s", linear, optimal ? "; " : "");
	if (optimal)
		fprintf(file, "%u OPTIMAL", optimal);
	for (int family = 0; family < FAMILY_COUNT; family++)
		if (counts[family])
			fprintf(file, "%s%u %s", shown++ ? ", " : " (", counts[family], family_names[family]);
	fprintf(file, "%s\n", shown ? ")" : "");
}

/* Of both tilings, each reason once. */
static void print_reasons(FILE *file, const struct tongs_probe *probe) {
	const char *reasons[16];
	size_t count = 0;

	for (size_t i = 0; i < probe->format_count * TONGS_PROBE_TILING_COUNT; i++) {
		const char *why_not = get_row(
			probe, i / TONGS_PROBE_TILING_COUNT, TEXTURE, (VkImageTiling)(i % TONGS_PROBE_TILING_COUNT))
					      ->why_not;
		bool is_new = why_not && count < sizeof reasons / sizeof *reasons;
		for (size_t n = 0; n < count && is_new; n++)
			is_new = strcmp(reasons[n], why_not) != 0;
		if (is_new)
			reasons[count++] = why_not;
	}
	if (count)
		fputs("\n  Why not the other formats\n", file);
	for (size_t n = 0; n < count; n++)
		print_reason(file, probe, reasons[n]);
}

void tongs_info_print_families(FILE *file, const struct tongs_probe *probe, int width) {
	int column = 0, shown = 0;

	fputs("\n  Formats as MTLTEXTURE: how many OPTIMAL, by shapes; how many LINEAR\n", file);
	while (column < COLUMNS)
		column = print_columns(file, probe, column, width);
	fputs("    ", file);
	for (size_t type = 0; type < TONGS_PROBE_TYPE_COUNT; type++)
		if (type != TEXTURE)
			fprintf(file, "%sas %s: %u OPTIMAL, %u LINEAR", shown++ ? "; " : "",
				tongs_probe_get_type_name(type),
				tongs_info_count_formats(probe, type, VK_IMAGE_TILING_OPTIMAL),
				tongs_info_count_formats(probe, type, VK_IMAGE_TILING_LINEAR));
	fputs("\n    by name: tongs info --groups; one: --format NAME; a line for each: --all\n", file);
	print_reasons(file, probe);
}
