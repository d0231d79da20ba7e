/* SPDX-License-Identifier: MIT */
/* What VK_EXT_metal_objects makes an image of: an IOSurface, or an MTLTexture for each plane. */
#ifndef TONGS_LAYER_SOURCE_H
#define TONGS_LAYER_SOURCE_H

#include "layer/objects.h"

struct tongs_layer_source {
	struct tongs_texture *textures[TONGS_MAX_PLANES]; /* references, one for each plane of the image */
	struct tongs_payload *payload;                    /* of them all; borrowed */
	const struct tongs_planes *planes; /* the same, of an image whose layout only the driver knows; borrowed */
	uint64_t offset;                   /* of the image's first byte in it */
};

/* Both check that the image has every byte in its place, and else report why it cannot. On failure there is nothing to
 * finish. */

/* `surface`: any address, or NULL for a new one. */
VkResult tongs_layer_source_init_surface(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	VkImage handle, const struct tongs_layer_image *img, void *surface);
/* The textures in the VkImportMetalTextureInfoEXT of a chain, for an image with several planes. */
VkResult tongs_layer_source_init_planes(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	VkImage handle, const struct tongs_layer_image *img, const void *pNext);
void tongs_layer_source_finish(struct tongs_layer_source *source);

#endif
