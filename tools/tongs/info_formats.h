/* SPDX-License-Identifier: MIT */
/* Pixel formats by name, and counted by families. */
#ifndef TONGS_TOOL_INFO_FORMATS_H
#define TONGS_TOOL_INFO_FORMATS_H

#include <stdio.h>

#include "probe.h"

/* Finds a format that Metal and Vulkan both have, by a name of either, with or without MTLPixelFormat or VK_FORMAT_,
 * and in any case. Returns NULL after a message that lists those with similar names. */
const struct tongs_format *tongs_info_find_format(const char *name);

/* How many formats of each family the device shares as MTLTEXTURE in each shape, and why not the others. `width`: of
 * lines, in columns. */
void tongs_info_print_families(FILE *file, const struct tongs_probe *probe, int width);

/* Returns how many formats the device shares as a handle of that type, in LINEAR or OPTIMAL images. */
unsigned tongs_info_count_formats(const struct tongs_probe *probe, size_t type, VkImageTiling tiling);

#endif
