/* SPDX-License-Identifier: MIT */
/* What a shared image is in Metal's words, asked for when memory is made for it: most of it is never needed. */
#ifndef TONGS_LAYER_IMAGE_H
#define TONGS_LAYER_IMAGE_H

#include "layer/objects.h"

/* `img` is the record of `handle`. */
void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	struct tongs_texture_layout *layout);
void tongs_image_get_texture_info(const struct tongs_layer_image *img, struct tongs_texture_info *info);

#endif
