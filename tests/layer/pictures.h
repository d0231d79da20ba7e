/* SPDX-License-Identifier: MIT */
/* Pictures that shaders and the tests compute the same way: four integers per texel, and their encoding in each format.
 */
#ifndef TONGS_TESTS_LAYER_PICTURES_H
#define TONGS_TESTS_LAYER_PICTURES_H

#include "texels.h"

/* Push constants of shaders/texel.glsl. */
struct constants {
	uint32_t mask[4];
	float scale[4];
	float depth_scale;
	uint32_t seed;
	int32_t level;
	uint32_t samples; /* for drawings with several: each texel is drawn in some of them */
};

struct picture_format {
	VkFormat vulkan;
	uint32_t mask[4];
	float scale[4];
	uint32_t shift[4]; /* of the channels, from a texel's lowest bit */
	bool integer;
	uint64_t (*encode)(uint32_t value); /* NULL: as it is */
};

extern const struct picture_format picture_formats[];
extern const size_t picture_format_count;

const struct picture_format *picture_format_of(VkFormat vulkan);
static inline const struct tongs_format *picture_base(const struct picture_format *format) {
	return tongs_format_from_vk(format->vulkan);
}

struct texel {
	uint32_t channels[4];
};

struct texel texel_at(uint32_t x, uint32_t y, uint32_t z, uint32_t seed);
/* Bits that the format cannot store are dropped. */
void pack_texel(const struct picture_format *format, struct texel texel, void *bytes);
/* A level's picture as Metal packs it. A layer of an array has the plane `z` to itself; a 3D image begins at plane 0.
 */
void pack_slice(const struct picture_format *format, const struct slice *slice, uint32_t seed, void *bytes);

struct constants constants_for(const struct picture_format *format, uint32_t seed);

#endif
