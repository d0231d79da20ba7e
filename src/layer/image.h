/* SPDX-License-Identifier: MIT */
/* Images with Metal handle types, and their layouts. Queried when memory is allocated, because most images never need
 * them. */
#ifndef TONGS_LAYER_IMAGE_H
#define TONGS_LAYER_IMAGE_H

#include "layer/objects.h"

/* `img` is the layer's object for `handle`; `plane` is 0 for an image without planes. */
void tongs_image_get_layout(const struct tongs_layer_device *dev, VkImage handle, const struct tongs_layer_image *img,
	uint32_t plane, struct tongs_texture_layout *layout);

/* vkCreateImage, without the import of VK_EXT_metal_objects; and vkDestroyImage, which returns memory that such an
 * import made, for the caller to free. */
VkResult tongs_image_create(struct tongs_layer_device *dev, const VkImageCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkImage *pImage);
VkDeviceMemory tongs_image_destroy(
	struct tongs_layer_device *dev, VkImage image, const VkAllocationCallbacks *callbacks);

/* Makes an image for export as IOSurface, which has no memory and of which a view is to be made, a new surface:
 * programs for MoltenVK rely on that. The first call for an image reports a warning; the others wait until it has the
 * surface. On failure the image is as before. Called from any thread. */
VkResult tongs_image_provide_surface(struct tongs_layer_device *dev, VkImage image, struct tongs_layer_image *img);

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

/* After "memory is dedicated to ": why an MTLTexture's memory cannot be, and what to do. NULL: it can. */
static inline const char *tongs_image_explain_dedicated(
	const VkMemoryDedicatedAllocateInfo *dedicated, const struct tongs_layer_image *img) {
	if (img && (img->types & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT))
		return NULL;
	if (img)
		return "an image of other handle types: add MTLTEXTURE to VkExternalMemoryImageCreateInfo::handleTypes";
	if (dedicated && dedicated->image)
		return "an image that this device did not create for a Metal handle type: create it there, with "
		       "VkExternalMemoryImageCreateInfo and MTLTEXTURE in its handleTypes";
	return "no image: chain VkMemoryDedicatedAllocateInfo with an image of this device that was created with "
	       "MTLTEXTURE in VkExternalMemoryImageCreateInfo::handleTypes";
}

#endif
