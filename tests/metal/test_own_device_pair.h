/* SPDX-License-Identifier: MIT */
/* Two own images bound to the same memory, of the kind that the device has for their tiling: one reads the texels that
 * the other writes. */
#ifndef TONGS_TEST_OWN_DEVICE_PAIR_H
#define TONGS_TEST_OWN_DEVICE_PAIR_H

#include "support.h"

#include "memory/driver_memory.h"
#include "vulkan/own_device.h"
#include "format/format.h"
#include "vulkan/own_image.h"

/* In pages the images are bound one alignment after the start; driver memory begins with them. */
struct pair {
	struct tongs_own_device *dev;
	struct tongs_image_shape shape;
	VkImageCreateFlags flags;
	struct tongs_own_image_requirements requirements;
	size_t size, offset;
	char *pages;                   /* NULL: driver memory */
	struct tongs_payload *payload; /* NULL: pages */
	struct tongs_own_image *writer, *reader;
};

/* Returns false on failure; then there is nothing to finish. */
bool pair_init(struct pair *pair, struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags);
void pair_finish(struct pair *pair);
/* Another image that is bound there. */
struct tongs_own_image *pair_new_image(const struct pair *pair);

/* The kind of memory of the device's images of a tiling. */
const struct tongs_import_kind *find_kind(const struct tongs_own_device *dev, VkImageTiling tiling);
/* An image with driver memory of one of the types, which outlives it. NULL on failure. */
struct tongs_own_image *create_in_driver_memory(struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, uint32_t memory_types, struct tongs_payload **payload);

/* One aspect of a whole level and layer, and its sizes in bytes. */
struct plane {
	struct tongs_own_image_region region;
	struct tongs_texel_block block;
	size_t row_bytes, rows, image_bytes, bytes;
};

/* Calls `visit` for each aspect, level and layer and returns the sum of its results. Write all before reading the
 * first, so that overlaps are found. */
size_t visit_planes(const struct pair *pair, size_t (*visit)(const struct pair *pair, const struct plane *plane));
/* The next three return the number of differences. Writes noise that depends on the place: */
size_t write_plane(const struct pair *pair, const struct plane *plane);
/* Reads it with the other image, and in the pages where a LINEAR image's layout says: */
size_t read_plane(const struct pair *pair, const struct plane *plane);
/* Replaces a part of the first level and expects the rest to be unchanged: */
size_t replace_part(const struct pair *pair, const struct plane *all);

/* Whether the driver supports the image, queried without Tongs. */
bool driver_has(struct tongs_own_device *dev, const struct tongs_image_shape *shape, VkImageCreateFlags flags);

size_t round_up(size_t size, size_t step);

#endif
