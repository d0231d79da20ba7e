/* SPDX-License-Identifier: MIT */
/* An image on the own device. Private to src/gpu. */
#ifndef TONGS_VULKAN_IMAGE_PRIVATE_H
#define TONGS_VULKAN_IMAGE_PRIVATE_H

#include "vulkan/own_device_private.h"
#include "vulkan/own_image.h"

struct tongs_own_image {
	struct tongs_own_device *gpu; /* not counted: whoever has the image uses the device */
	struct tongs_image_shape shape;
	struct tongs_image_params params;
	VkImage image;
	VkDeviceMemory memory; /* an import of the caller's pages */
};

#endif
