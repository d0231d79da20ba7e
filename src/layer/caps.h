/* SPDX-License-Identifier: MIT */
/* What a physical device can share: the one place that decides it, for queries, creation and requirements alike. */
#ifndef TONGS_LAYER_CAPS_H
#define TONGS_LAYER_CAPS_H

#include <tongs/layer.h>

#include "layer/objects.h"

/* How the dev imports payloads; NULL if the layer does not provide the extension there. */
VkResult tongs_caps_get_import_kind(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, const struct tongs_import_kind **kind);

/* Why the layer provides the extension on the dev, or why not. */
VkResult tongs_caps_get_status(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, enum tongs_layer_status *status);

/* Whether it does to any device of the instance; also where memory to tell is lacking. */
bool tongs_caps_any_device(struct tongs_layer_instance *inst);

/* All device extensions of the next layer, to be freed with tongs_free. */
VkResult tongs_caps_list_extensions(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, VkExtensionProperties **extensions, uint32_t *count);

/* The devices as the next layer has them, to be freed with tongs_free; NULL on failure. */
VkPhysicalDevice *tongs_caps_list_devices(struct tongs_layer_instance *inst, uint32_t *count);

/* Whether the next layer has the device extension `name`. */
VkResult tongs_caps_has_extension(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const char *name,
	const VkAllocationCallbacks *callbacks, bool *supported);

/* What a handle type can do for buffers with `flags` and `usage`; no features where it can do nothing. */
VkExternalMemoryProperties tongs_caps_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info);

/* What a buffer is to be used for: VkBufferUsageFlags2CreateInfo's usage if it is in the chain, else `usage`. */
uint64_t tongs_caps_buffer_usage(VkBufferUsageFlags usage, const void *pNext);

/* Whether a buffer with `info` can be created for sharing as all of `types`. */
bool tongs_caps_buffer_create(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types);

/* The properties of images that can be shared as `handle_type`. `info` and its chain are the application's, and name
 * Metal handle types; `external` and `properties` are set to zero on VK_ERROR_FORMAT_NOT_SUPPORTED. */
VkResult tongs_caps_image(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type,
	VkImageFormatProperties2 *properties, VkExternalMemoryProperties *external);

/* What decides the layout of an image with `info`. */
static inline struct tongs_image_shape tongs_caps_image_shape(const VkImageCreateInfo *info) {
	return (struct tongs_image_shape){
		.format = info->format,
		.type = info->imageType,
		.extent = info->extent,
		.levels = info->mipLevels,
		.layers = info->arrayLayers,
		.samples = info->samples,
		.tiling = info->tiling,
	};
}

/* How an image with `info` and its shape is created for sharing as all of `types`; VK_ERROR_FORMAT_NOT_SUPPORTED when
 * it cannot be. */
VkResult tongs_caps_image_create(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkImageCreateInfo *info, const struct tongs_image_shape *shape, VkExternalMemoryHandleTypeFlags types,
	struct tongs_image_params *params);

/* One of the Metal handle types in `types` that the queries do not report for the resource which memory is `dedicated`
 * to; 0: they report all, or nothing is known of the resource, as of one that has nothing to do with Metal or belongs
 * to another device. `dedicated` may be NULL. */
VkExternalMemoryHandleTypeFlags tongs_caps_find_unsupported(struct tongs_layer_device *dev,
	const VkMemoryDedicatedAllocateInfo *dedicated, VkExternalMemoryHandleTypeFlags types);

#endif
