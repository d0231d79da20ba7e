/* SPDX-License-Identifier: MIT */
/* What Metal's texture for an image is. Queried when memory is allocated: most images never need it. */
#ifndef TONGS_LAYER_IMAGE_H
#define TONGS_LAYER_IMAGE_H

#include "layer/objects.h"

/* `img` is the layer's object for `handle`. */
void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	struct tongs_texture_layout *layout);
void tongs_image_get_texture_info(const struct tongs_layer_image *img, struct tongs_texture_info *info);

#endif
