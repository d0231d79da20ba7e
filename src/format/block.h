/* SPDX-License-Identifier: MIT */
/* How the texels of each VkFormat lie in the bytes of a copy. */
#ifndef TONGS_FORMAT_BLOCK_H
#define TONGS_FORMAT_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

/* A compressed block, or one texel. */
struct tongs_texel_block {
	uint8_t width, height; /* in texels */
	uint8_t bytes;
};

/* Of one aspect, as VkBufferImageCopy has it. False for formats of several planes and those that Tongs does not know,
 * and for aspects that the format lacks. */
bool tongs_format_get_block(VkFormat format, VkImageAspectFlagBits aspect, struct tongs_texel_block *block);

/* The formats that need a sampler Y'CbCr conversion, and the multiples that their images' extents must be, which is
 * more than 1 where texels share their chroma. False for all other formats. */
bool tongs_format_get_chroma(VkFormat format, VkExtent2D *granule);

/* Whether images of `format` can be seen under `view`, for all that is known here: at least what the specification
 * calls compatible, blocks seen as texels included. */
bool tongs_format_is_view(VkFormat format, VkFormat view);

#endif
