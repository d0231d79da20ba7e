/* SPDX-License-Identifier: MIT */
/* What images of some shapes need, remembered. Private to src/gpu. */
#ifndef TONGS_VULKAN_REQUIREMENTS_H
#define TONGS_VULKAN_REQUIREMENTS_H

#include "vulkan/own_image.h"

enum { TONGS_REQUIREMENTS_SLOTS = 64 };

/* A shape has one slot, where the last one that was put stays. */
struct tongs_requirements_cache {
	struct tongs_requirements_slot {
		struct tongs_image_shape shape; /* .levels 0: empty */
		VkImageCreateFlags flags;
		struct tongs_own_image_requirements needs;
	} slots[TONGS_REQUIREMENTS_SLOTS];
};

bool tongs_requirements_get(struct tongs_requirements_cache *cache, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_own_image_requirements *needs);
void tongs_requirements_put(struct tongs_requirements_cache *cache, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, const struct tongs_own_image_requirements *needs);

#endif
