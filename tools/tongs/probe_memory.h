/* SPDX-License-Identifier: MIT */
/* Which memory a device shares as what, and why. */
#ifndef TONGS_TOOL_PROBE_MEMORY_H
#define TONGS_TOOL_PROBE_MEMORY_H

#include "client/vulkan.h"

#include <tongs/layer.h>

struct tongs_probe_role {
	const char *handle_type, *tiling; /* tiling: NULL for both, and buffers */
	enum tongs_layer_memory_kind memory;
	const char *why;
};

enum { TONGS_PROBE_ROLE_COUNT = 4, TONGS_PROBE_MAX_LIMITS = 4, TONGS_PROBE_LIMIT_SIZE = 256 };

struct tongs_probe_memory {
	struct tongs_probe_role roles[TONGS_PROBE_ROLE_COUNT]; /* handle_type NULL: not known, the driver's own */
	unsigned limit_count;
	char limits[TONGS_PROBE_MAX_LIMITS][TONGS_PROBE_LIMIT_SIZE]; /* sentences */
};

/* `dedicated`: which images as MTLHEAP require a dedicated allocation: LINEAR for both tilings, OPTIMAL for that alone,
 * MAX_ENUM for none. */
void tongs_probe_memory_init(VkPhysicalDevice device, const struct tongs_layer_roles *roles, VkImageTiling dedicated,
	struct tongs_probe_memory *memory);

#endif
