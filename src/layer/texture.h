/* SPDX-License-Identifier: MIT */
/* The MTLTextures of an image, one for each plane, and the IOSurface that the image may be. */
#ifndef TONGS_LAYER_TEXTURE_H
#define TONGS_LAYER_TEXTURE_H

#include "layer/objects.h"

/* What the texture of an image, or of one plane of it, is. */
struct tongs_layer_texels {
	struct tongs_texture_info info;
	struct tongs_image_shape shape;
	struct tongs_texture_layout layout; /* from the image's first byte on */
};

/* `plane`: 0 for an image without planes. */
void tongs_layer_texture_describe(const struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, uint32_t plane, struct tongs_layer_texels *texels);

/* Where an image lies. */
struct tongs_layer_place {
	struct tongs_payload *payload; /* borrowed */
	uint64_t offset, size;         /* of the image in it, in bytes */
};

/* New textures of an image, over a new surface if the image is to be one. `options` are added to their resource
 * options. VK_ERROR_OUT_OF_HOST_MEMORY, with an error logged; then all are NULL. */
VkResult tongs_layer_texture_new_all(const struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, const struct tongs_layer_place *place, MTLResourceOptions options,
	struct tongs_texture *textures[TONGS_MAX_PLANES]);

#endif
