/* SPDX-License-Identifier: MIT */
/* The colors of clears, in the numbers of a format. */
#ifndef TONGS_COMMANDS_CLEAR_COLOR_H
#define TONGS_COMMANDS_CLEAR_COLOR_H

#include <vulkan/vulkan_core.h>

#include <tongs/metal_types.h>

#include "format/format.h"

/* What Vulkan clears an image of the second format with, so that its texels are a color of the first: the same format,
 * or one that differs by the transfer function alone. */
VkClearColorValue tongs_clear_color_make(
	const struct tongs_format *format, const struct tongs_format *image, const MTLClearColor *color);

#endif
