/* SPDX-License-Identifier: MIT */
/* Where commands on libtongs' own device read and write. */
#ifndef TONGS_VULKAN_OWN_PLACE_H
#define TONGS_VULKAN_OWN_PLACE_H

#include <stdint.h>

#include "vulkan/own_buffer.h"
#include "vulkan/own_image.h"

/* Bytes that a command may access, so that commands whose bytes overlap run one after the other. */
struct tongs_own_bytes {
	const void *memory; /* any address that is the memory's alone */
	uint64_t begin, end;
};

struct tongs_own_place {
	struct tongs_own_buffer *buffer;
	struct tongs_own_bytes bytes; /* all that the command accesses */
	VkDeviceSize offset;          /* of the command's first byte from the buffer's */
};

/* Texels of one level and of layers from `layer` on, of one aspect. */
struct tongs_own_texels {
	struct tongs_own_image *image;
	struct tongs_own_bytes bytes; /* of the whole image */
	VkImageAspectFlags aspect;
	uint32_t level, layer;
	VkOffset3D origin; /* in texels */
};

/* Rows of blocks in a buffer. */
struct tongs_own_rows {
	VkDeviceSize row_pitch, plane_pitch; /* in bytes, multiples of a block's */
	uint32_t block_bytes, block_width, block_height;
};

#endif
