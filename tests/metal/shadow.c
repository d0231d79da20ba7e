/* SPDX-License-Identifier: MIT */
/* The expected texels of a texture. */
#include "shadow.h"
#include "memory/payload.h"

#include <stdlib.h>
#include <string.h>

struct box {
	NSUInteger level, slice;
	MTLRegion region;
	size_t x, y, z;               /* of the first block */
	size_t columns, rows, planes; /* of blocks */
};

static size_t blocks(NSUInteger texels, unsigned block) {
	return (texels + block - 1) / block;
}

static struct box whole(const struct shadow *shadow, NSUInteger level, NSUInteger slice) {
	MTLSize size = tongs_texture_info_get_level_size(&shadow->info, level);
	return (struct box){
		.level = level,
		.slice = slice,
		.region = {{0, 0, 0}, size},
		.columns = blocks(size.width, shadow->format->block_width),
		.rows = blocks(size.height, shadow->format->block_height),
		.planes = size.depth,
	};
}

static size_t block_count(const struct box *box) {
	return box->columns * box->rows * box->planes;
}

static unsigned char **texels_of(const struct shadow *shadow, NSUInteger level, NSUInteger slice) {
	return &shadow->texels[slice * shadow->info.mipmap_level_count + level];
}

static unsigned char *block_at(const struct shadow *shadow, const struct box *box, size_t x, size_t y, size_t z) {
	struct box all = whole(shadow, box->level, box->slice);
	size_t index = ((box->z + z) * all.rows + box->y + y) * all.columns + box->x + x;
	return *texels_of(shadow, box->level, box->slice) + index * shadow->stride;
}

#define FOR_EACH_SUBRESOURCE(shadow) \
	for (NSUInteger slice = 0; slice < tongs_texture_info_get_slice_count(&(shadow)->info); slice++) \
		for (NSUInteger level = 0; level < (shadow)->info.mipmap_level_count; level++)

void shadow_init(struct shadow *shadow, struct tongs_texture *texture) {
	shadow->texture = texture;
	tongs_texture_get_info(texture, &shadow->info);
	shadow->format = tongs_format_from_metal(shadow->info.pixel_format);
	shadow->stride = shadow->format->block_stride;
	shadow->texels = calloc(tongs_texture_info_get_slice_count(&shadow->info) * shadow->info.mipmap_level_count,
		sizeof(*shadow->texels));
	assert_non_null(shadow->texels);
	FOR_EACH_SUBRESOURCE(shadow) {
		struct box all = whole(shadow, level, slice);
		*texels_of(shadow, level, slice) = calloc(block_count(&all), shadow->stride);
		assert_non_null(*texels_of(shadow, level, slice));
	}
}

void shadow_finish(struct shadow *shadow) {
	FOR_EACH_SUBRESOURCE(shadow)
	free(*texels_of(shadow, level, slice));
	free(shadow->texels);
}

/* Depths are floats from 0 to 1; the last bytes of an 8-byte texel mean nothing. */
static void make_noise(const struct shadow *shadow, unsigned char *block, uint32_t *random) {
	const MTLPixelFormat format = shadow->info.pixel_format;
	for (size_t i = 0; i < shadow->stride; i++)
		block[i] = (unsigned char)(next_random(random) >> 8);
	if (format == MTLPixelFormatDepth32Float || format == MTLPixelFormatDepth32Float_Stencil8) {
		float depth = (float)(next_random(random) >> 8) / (float)(1 << 24);
		memcpy(block, &depth, sizeof(depth));
	}
	if (shadow->stride == 8 && shadow->format->block_bytes == 5)
		memset(block + 5, 0, 3);
}

/* The box's noise goes to the shadow and, with these pitches, to `bytes`. */
static void fill_box(const struct shadow *shadow, const struct box *box, unsigned char *bytes, size_t row_pitch,
	size_t plane_pitch, uint32_t *random) {
	for (size_t z = 0; z < box->planes; z++) {
		for (size_t y = 0; y < box->rows; y++) {
			for (size_t x = 0; x < box->columns; x++) {
				unsigned char *block = block_at(shadow, box, x, y, z);
				make_noise(shadow, block, random);
				memcpy(bytes + z * plane_pitch + y * row_pitch + x * shadow->stride, block,
					shadow->stride);
			}
		}
	}
}

void shadow_fill(struct shadow *shadow, uint32_t *random) {
	FOR_EACH_SUBRESOURCE(shadow) {
		struct box all = whole(shadow, level, slice);
		size_t row = all.columns * shadow->stride, plane = row * all.rows;
		unsigned char *bytes = malloc(plane * all.planes);
		assert_non_null(bytes);
		fill_box(shadow, &all, bytes, row, plane, random);
		assert_true(tongs_texture_replace_region(shadow->texture, all.region, level, slice, bytes, row, plane));
		free(bytes);
	}
}

static void choose(uint32_t *random, size_t count, unsigned block, NSUInteger extent, size_t *first, size_t *chosen,
	NSUInteger *origin, NSUInteger *size) {
	*first = next_random(random) % count;
	*chosen = next_random(random) % (count - *first) + 1;
	*origin = *first * block;
	*size = *chosen * block < extent - *origin ? *chosen * block : extent - *origin;
}

static struct box choose_box(const struct shadow *shadow, uint32_t *random) {
	NSUInteger level = next_random(random) % shadow->info.mipmap_level_count;
	NSUInteger slice = next_random(random) % tongs_texture_info_get_slice_count(&shadow->info);
	struct box all = whole(shadow, level, slice), box = {.level = level, .slice = slice};
	const MTLSize *extent = &all.region.size;
	choose(random, all.columns, shadow->format->block_width, extent->width, &box.x, &box.columns,
		&box.region.origin.x, &box.region.size.width);
	choose(random, all.rows, shadow->format->block_height, extent->height, &box.y, &box.rows, &box.region.origin.y,
		&box.region.size.height);
	choose(random, all.planes, 1, extent->depth, &box.z, &box.planes, &box.region.origin.z, &box.region.size.depth);
	return box;
}

struct pitches {
	size_t row, plane, bytes;
};

static struct pitches choose_pitches(const struct shadow *shadow, const struct box *box, uint32_t *random) {
	struct pitches pitches = {.row = box->columns * shadow->stride + next_random(random) % 3 * shadow->stride};
	if (next_random(random) % 4 == 0)
		pitches.row++;
	pitches.plane = pitches.row * box->rows + next_random(random) % 2 * 3 * pitches.row;
	pitches.bytes = pitches.plane * box->planes;
	return pitches;
}

void shadow_replace(struct shadow *shadow, uint32_t *random) {
	struct box box = choose_box(shadow, random);
	struct pitches pitches = choose_pitches(shadow, &box, random);
	unsigned char *bytes = malloc(pitches.bytes);
	assert_non_null(bytes);
	memset(bytes, 0xcc, pitches.bytes);
	fill_box(shadow, &box, bytes, pitches.row, pitches.plane, random);
	assert_true(tongs_texture_replace_region(shadow->texture, box.region, box.level, box.slice, bytes, pitches.row,
		box.planes == 1 && pitches.row % 2 ? 0 : pitches.plane));
	free(bytes);
}

void shadow_check_box(struct shadow *shadow, uint32_t *random) {
	struct box box = choose_box(shadow, random);
	struct pitches pitches = choose_pitches(shadow, &box, random);
	unsigned char *bytes = malloc(pitches.bytes), *wanted = malloc(pitches.bytes);
	assert_true(bytes && wanted);
	memset(bytes, 0xee, pitches.bytes);
	memset(wanted, 0xee, pitches.bytes);
	for (size_t z = 0; z < box.planes; z++)
		for (size_t y = 0; y < box.rows; y++)
			memcpy(wanted + z * pitches.plane + y * pitches.row, block_at(shadow, &box, 0, y, z),
				box.columns * shadow->stride);
	assert_true(tongs_texture_get_bytes(
		shadow->texture, bytes, pitches.row, pitches.plane, box.region, box.level, box.slice));
	assert_memory_equal(bytes, wanted, pitches.bytes);
	free(bytes);
	free(wanted);
}

/* By Vulkan's rule for subresources, without getBytes:. */
static void check_memory(const struct shadow *shadow, const struct tongs_texture_layout *layout) {
	struct tongs_backing backing;
	tongs_interop_get_backing(shadow->texture, TONGS_KIND_TEXTURE, &backing);
	const char *first = (char *)tongs_payload_get_contents(backing.payload) + backing.offset;
	FOR_EACH_SUBRESOURCE(shadow) {
		const VkSubresourceLayout *place = &layout->levels[level];
		struct box all = whole(shadow, level, slice);
		for (size_t z = 0; z < all.planes; z++)
			for (size_t y = 0; y < all.rows; y++)
				assert_memory_equal(first + place->offset + slice * place->arrayPitch +
							    z * place->depthPitch + y * place->rowPitch,
					block_at(shadow, &all, 0, y, z), all.columns * shadow->stride);
	}
}

void shadow_check(struct shadow *shadow) {
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	FOR_EACH_SUBRESOURCE(shadow) {
		struct box all = whole(shadow, level, slice);
		size_t row = all.columns * shadow->stride, plane = row * all.rows;
		unsigned char *bytes = malloc(plane * all.planes);
		assert_non_null(bytes);
		assert_true(tongs_texture_get_bytes(shadow->texture, bytes, row, plane, all.region, level, slice));
		assert_memory_equal(bytes, *texels_of(shadow, level, slice), plane * all.planes);
		free(bytes);
	}
	if (tongs_interop_get_texture_image(shadow->texture, &shape, &layout) && layout->linear)
		check_memory(shadow, layout);
}

void shadow_copy_from_parent(
	struct shadow *view, const struct shadow *parent, NSUInteger first_level, NSUInteger first_slice) {
	FOR_EACH_SUBRESOURCE(view) {
		struct box all = whole(view, level, slice);
		memcpy(*texels_of(view, level, slice), *texels_of(parent, first_level + level, first_slice + slice),
			block_count(&all) * view->stride);
	}
}

void shadow_copy_to_parent(
	struct shadow *parent, const struct shadow *view, NSUInteger first_level, NSUInteger first_slice) {
	FOR_EACH_SUBRESOURCE(view) {
		struct box all = whole(view, level, slice);
		memcpy(*texels_of(parent, first_level + level, first_slice + slice), *texels_of(view, level, slice),
			block_count(&all) * view->stride);
	}
}
