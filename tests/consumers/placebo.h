/* SPDX-License-Identifier: MIT */
/* How a rendering library (libplacebo) takes Metal textures and surfaces as images: as part of vkCreateImage, and
 * without memory. */
#ifndef TONGS_TESTS_PLACEBO_H
#define TONGS_TESTS_PLACEBO_H

#include "consumer.h"

/* What is imported: an MTLTexture, of a plane of the image, or an IOSurface. */
enum placebo_handle { PLACEBO_TEXTURE, PLACEBO_SURFACE };

/* False: the driver has no such images, as far as the queries say. */
bool placebo_can_create(struct gpu *gpu, const VkImageCreateInfo *info);
/* An image for sampling and blits, over `handle`. */
VkImageCreateInfo placebo_info(VkFormat format, uint32_t width, uint32_t height);
VkResult placebo_import(
	struct gpu *gpu, const VkImageCreateInfo *info, enum placebo_handle type, void *handle, VkImage *image);

#endif
