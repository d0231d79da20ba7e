/* SPDX-License-Identifier: MIT */
/* What a device can share with Metal: Vulkan's queries, verified by creating a small resource. */
#ifndef TONGS_TOOL_PROBE_H
#define TONGS_TOOL_PROBE_H

#include "client/context.h"
#include "layer_status.h"
#include "probe_memory.h"
#include "probe_metal.h"

#include <tongs/format.h>

/* Ways to use an image, each with its bit in tongs_probe_row::usage. */
enum tongs_probe_usage {
	TONGS_PROBE_TRANSFER,
	TONGS_PROBE_SAMPLED,
	TONGS_PROBE_STORAGE,
	TONGS_PROBE_ATTACHMENT,
	TONGS_PROBE_USAGE_COUNT,
};

/* Kinds of images, each with its bit in tongs_probe_row::shapes. */
enum tongs_probe_shape {
	TONGS_PROBE_1D,
	TONGS_PROBE_1D_ARRAY,
	TONGS_PROBE_2D,
	TONGS_PROBE_MIPS, /* 2D */
	TONGS_PROBE_ARRAY,
	TONGS_PROBE_CUBE,
	TONGS_PROBE_CUBE_ARRAY,
	TONGS_PROBE_3D,
	TONGS_PROBE_3D_MIPS,
	TONGS_PROBE_SHAPE_COUNT,
};

/* A handle type with a resource. */
struct tongs_probe_row {
	const char *handle_type;           /* "MTLBUFFER", … */
	const struct tongs_format *format; /* NULL: a buffer */
	const char *tiling;                /* NULL: a buffer */
	VkExternalMemoryFeatureFlags features;
	const char *why_not;        /* NULL: can be shared; else what follows is 0 */
	bool is_broken;             /* it cannot, against the queries */
	unsigned shapes;            /* of images */
	VkSampleCountFlags samples; /* of 2D images */
	unsigned usage;             /* of 2D images */
	uint32_t memory_types;      /* bits */
	const char *storage_mode;   /* of the Metal object, as Metal names it */
};

enum { TONGS_PROBE_TYPE_COUNT = 3, TONGS_PROBE_TILING_COUNT = 2, TONGS_PROBE_MAX_FORMATS = 160 };

struct tongs_probe {
	struct tongs_vulkan_identity identity;
	VkPhysicalDeviceMemoryProperties memory;
	uint32_t shared_as[TONGS_PROBE_TYPE_COUNT]; /* memory types: bits, by handle type */
	const char *why_not;                        /* NULL: the device has the extension */
	char why_not_text[TONGS_LAYER_STATUS_TEXT]; /* `why_not` may point here */
	/* Zeroed without the extension, like shared_as. Images: the formats that Metal and Vulkan both have, in the
	 * order of tongs_format_next; for each, the handle types' tilings. */
	struct tongs_probe_memory roles;
	struct tongs_probe_metal metal;
	struct tongs_probe_row buffers[TONGS_PROBE_TYPE_COUNT];
	size_t format_count;
	struct tongs_probe_row images[TONGS_PROBE_MAX_FORMATS][TONGS_PROBE_TYPE_COUNT * TONGS_PROBE_TILING_COUNT];
};

/* Fills `probe` for a device of the instance. Returns false after a message if creating something failed that the
 * queries promise. */
bool tongs_probe_device(VkInstance instance, VkPhysicalDevice device, struct tongs_probe *probe);

/* "MTLBUFFER", … */
const char *tongs_probe_get_type_name(size_t type);
/* "transfer", … */
const char *tongs_probe_get_usage_name(enum tongs_probe_usage usage);
/* "1D", … */
const char *tongs_probe_get_shape_name(enum tongs_probe_shape shape);

#endif
