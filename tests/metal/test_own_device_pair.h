/* SPDX-License-Identifier: MIT */
/* What the tests of libtongs' own images share: two of them over the same pages, and texels that go between. */
#ifndef TONGS_TEST_GPU_PAIR_H
#define TONGS_TEST_GPU_PAIR_H

#include "support.h"

#include "vulkan/own_device.h"
#include "format/format.h"
#include "vulkan/own_image.h"

/* The images begin one alignment after the start of the pages. */
struct pair {
	struct tongs_own_device *dev;
	struct tongs_image_shape shape;
	struct tongs_own_image_requirements needs;
	size_t size, offset;
	char *pages;
	struct tongs_own_image *writer, *reader;
};

/* False, and nothing to finish, on failure. */
bool pair_init(struct pair *pair, struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags);
void pair_finish(struct pair *pair);

/* The whole of a level, and how many bytes its rows and planes have. */
struct plane {
	struct tongs_own_image_region region;
	struct tongs_texel_block block;
	size_t row_bytes, rows, image_bytes, bytes;
};

/* Visits the whole of each aspect, level and layer; the sum of what `visit` returns. To find what overlaps, all is
 * written before the first is read. */
size_t visit_planes(const struct pair *pair, size_t (*visit)(const struct pair *pair, const struct plane *plane));
/* These return how much was not as it should be. The writer writes noise that follows from the place; */
size_t write_plane(const struct pair *pair, const struct plane *plane);
/* the reader reads it back, and the pages of LINEAR images have it where the layout says; */
size_t read_plane(const struct pair *pair, const struct plane *plane);
/* a part of the first level is replaced, which leaves the rest as it is. */
size_t replace_part(const struct pair *pair, const struct plane *all);

/* What the driver says when it is asked without Tongs. */
bool driver_has(struct tongs_own_device *dev, const struct tongs_image_shape *shape, VkImageCreateFlags flags);

size_t round_up(size_t size, size_t step);

#endif
