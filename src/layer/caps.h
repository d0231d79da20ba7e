/* SPDX-License-Identifier: MIT */
/* What a physical device supports: the one place that decides it, for queries, creation and memory requirements.
 *
 * `callbacks` are for temporary memory, and may be NULL. */
#ifndef TONGS_LAYER_CAPS_H
#define TONGS_LAYER_CAPS_H

#include <tongs/layer.h>

#include "layer/objects.h"

/* The kinds of memory that the device uses; none: the layer does not provide the extension for it. */
VkResult tongs_caps_get_roles(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, struct tongs_import_roles *roles);

/* Why the layer provides the extension for the device, or why not; then there are no roles. */
VkResult tongs_caps_get_status(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, enum tongs_layer_status *status, struct tongs_import_roles *roles);

/* Whether the layer provides the extension for any device of the instance; true, too, if memory runs out. */
bool tongs_caps_is_any_provided(struct tongs_layer_instance *inst);

/* The next layer's device extensions, to be freed with tongs_free and `callbacks`; NULL on failure. */
VkResult tongs_caps_list_extensions(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, VkExtensionProperties **extensions, uint32_t *count);

/* The physical devices of the next layer, to be freed with tongs_free and the instance's callbacks; NULL on failure. */
VkPhysicalDevice *tongs_caps_list_devices(struct tongs_layer_instance *inst, uint32_t *count);

/* Whether the next layer has the device extension `name`. */
VkResult tongs_caps_has_extension(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const char *name,
	const VkAllocationCallbacks *callbacks, bool *supported);

/* Whether GPUs wait for MTLSharedEvents that are timeline semaphores without the CPU: vulkan/semaphore.h. */
VkResult tongs_caps_query_semaphores(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *shared);

/* vkGetPhysicalDeviceExternalBufferProperties for a Metal handle type. No features: not supported. */
VkExternalMemoryProperties tongs_caps_query_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info);

/* The usage of VkBufferUsageFlags2CreateInfo if it is in the chain, else `usage`. */
uint64_t tongs_caps_get_buffer_usage(VkBufferUsageFlags usage, const void *pNext);

/* Whether a buffer can be created with `info` and all handle types in `types`. */
bool tongs_caps_supports_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_import_roles *roles, const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types);

/* vkGetPhysicalDeviceImageFormatProperties2 for a Metal handle type, which is in `info`'s chain. On failure `external`
 * and the limits in `properties` are zero. */
VkResult tongs_caps_query_image(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type,
	VkImageFormatProperties2 *properties, VkExternalMemoryProperties *external);

/* The part of `info` that decides an image's layout. */
static inline struct tongs_image_shape tongs_caps_get_image_shape(const VkImageCreateInfo *info) {
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

/* How the driver's image for `info`, whose shape is `shape`, is created, for all handle types in `types`.
 * VK_ERROR_FORMAT_NOT_SUPPORTED: it cannot be. */
VkResult tongs_caps_choose_image_params(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkImageCreateInfo *info, const struct tongs_image_shape *shape, VkExternalMemoryHandleTypeFlags types,
	struct tongs_image_params *params);

#endif
