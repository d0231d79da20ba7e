/* SPDX-License-Identifier: MIT */
/* The expected texels of a texture: a copy of every level and slice in plain memory, updated by each write. */
#ifndef TONGS_TEST_SHADOW_H
#define TONGS_TEST_SHADOW_H

#include "support.h"

#include "format/format.h"
#include "metal/texture_shape.h"

struct shadow {
	struct tongs_texture *texture; /* borrowed */
	struct tongs_texture_info info;
	const struct tongs_format *format;
	size_t stride;          /* bytes of a block */
	unsigned char **texels; /* of each level of each slice, without gaps */
};

/* All zero, as a new texture is. */
void shadow_init(struct shadow *shadow, struct tongs_texture *texture);
void shadow_finish(struct shadow *shadow);

/* Noise in every level and slice, through replaceRegion:. */
void shadow_fill(struct shadow *shadow, uint32_t *random);
/* Writes a box of noise at a random place, with row and image pitches larger than necessary. */
void shadow_replace(struct shadow *shadow, uint32_t *random);
/* Reads a random box with such pitches: its texels are right, and the bytes between rows are left alone. */
void shadow_check_box(struct shadow *shadow, uint32_t *random);
/* Every texel of every level and slice; where the layout is known, the bytes in memory too. */
void shadow_check(struct shadow *shadow);

/* The shadow of a view is a part of its parent's, from a level and slice on. */
void shadow_copy_to_parent(struct shadow *parent, const struct shadow *view, NSUInteger level, NSUInteger slice);
void shadow_copy_from_parent(struct shadow *view, const struct shadow *parent, NSUInteger level, NSUInteger slice);

#endif
