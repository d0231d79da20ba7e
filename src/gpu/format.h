/* SPDX-License-Identifier: MIT */
/* How the texels of each VkFormat lie in the bytes of a copy. */
#ifndef TONGS_GPU_FORMAT_H
#define TONGS_GPU_FORMAT_H

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

#endif
