/* SPDX-License-Identifier: MIT */
/* What images of some shapes need, remembered. Private to src/gpu. */
#ifndef TONGS_GPU_NEEDS_H
#define TONGS_GPU_NEEDS_H

#include "gpu/image.h"

enum { TONGS_NEEDS_SLOTS = 64 };

/* A shape has one slot, where the last one that was put stays. */
struct tongs_needs_cache {
	struct tongs_needs_slot {
		struct tongs_image_shape shape; /* .levels 0: empty */
		VkImageCreateFlags flags;
		struct tongs_gpu_image_needs needs;
	} slots[TONGS_NEEDS_SLOTS];
};

bool tongs_needs_get(struct tongs_needs_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_gpu_image_needs *needs);
void tongs_needs_put(struct tongs_needs_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	const struct tongs_gpu_image_needs *needs);

#endif
