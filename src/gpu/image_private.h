/* SPDX-License-Identifier: MIT */
/* An image on the own device. Private to src/gpu. */
#ifndef TONGS_GPU_IMAGE_PRIVATE_H
#define TONGS_GPU_IMAGE_PRIVATE_H

#include "gpu/device.h"
#include "gpu/image.h"

struct tongs_gpu_image {
	struct tongs_gpu *gpu; /* not counted: whoever has the image uses the device */
	struct tongs_image_shape shape;
	struct tongs_canonical_image canonical;
	VkImage image;
	VkDeviceMemory memory; /* an import of the caller's pages */
};

#endif
