/* SPDX-License-Identifier: MIT */
/* The Metal objects of what is bound to memory, for vkExportMetalObjectsEXT. */
#ifndef TONGS_LAYER_EXPORT_H
#define TONGS_LAYER_EXPORT_H

#include "layer/objects.h"

/* Releases the command queues that were exported. */
void tongs_export_finish_queues(struct tongs_layer_device *dev);

/* Before `image` is bound to `memory`: sets the texture of an image that has `objects`, or that a view may be made of.
 * VK_ERROR_OUT_OF_HOST_MEMORY, or VK_SUCCESS: also if the memory cannot be shared. */
VkResult tongs_export_bind_image(
	struct tongs_layer_device *dev, VkImage image, VkDeviceMemory memory, VkDeviceSize offset);
/* The same for a buffer that buffer views can be made of. */
VkResult tongs_export_bind_buffer(
	struct tongs_layer_device *dev, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset);

#endif
