/* SPDX-License-Identifier: MIT */
/* The Metal texture of an image: its layout and description. Queried when memory is allocated, because most images
 * never need them. */
#ifndef TONGS_LAYER_IMAGE_H
#define TONGS_LAYER_IMAGE_H

#include "layer/objects.h"

/* `img` is the layer's object for `handle`. */
void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	struct tongs_texture_layout *layout);
void tongs_image_get_texture_info(const struct tongs_layer_image *img, struct tongs_texture_info *info);

/* `payload` is driver memory that is dedicated to the image: the image stays as long as the memory, and no longer for
 * the payload before. Called from any thread. */
void tongs_image_set_exported(
	struct tongs_layer_device *dev, struct tongs_layer_image *img, struct tongs_payload *payload);

/* A handle type in `types`, which are Metal's, that the queries do not report for images like `img`; 0: none. */
VkExternalMemoryHandleTypeFlags tongs_image_find_unsupported_type(
	struct tongs_layer_device *dev, const struct tongs_layer_image *img, VkExternalMemoryHandleTypeFlags types);

/* The same for the resource that memory is `dedicated` to. 0, too, if the layer doesn't know the resource: it has no
 * Metal handle types, or is another device's. */
static inline VkExternalMemoryHandleTypeFlags tongs_image_find_unsupported_dedicated(struct tongs_layer_device *dev,
	const VkMemoryDedicatedAllocateInfo *dedicated, VkExternalMemoryHandleTypeFlags types) {
	if (dedicated->buffer)
		return types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	const struct tongs_layer_image *img = tongs_layer_device_find_dedicated_image(dev, dedicated);
	return img ? tongs_image_find_unsupported_type(dev, img, types) : 0;
}

#endif
