/* SPDX-License-Identifier: MIT */
/* Buffers on libtongs' own device, for copies of the bytes of shared memory. */
#ifndef TONGS_VULKAN_OWN_BUFFER_H
#define TONGS_VULKAN_OWN_BUFFER_H

#include "vulkan/import.h"
#include "vulkan/own_device.h"

struct tongs_own_buffer {
	struct tongs_own_device *dev; /* not a reference: the caller holds one */
	VkBuffer handle;
	VkDeviceMemory memory; /* an import; VK_NULL_HANDLE: the caller's memory */
	VkDeviceSize offset;   /* of the first byte of the bytes in the buffer */
};

/* Creates a buffer for `size` bytes from `offset` on: of `existing`, memory of the device, or of `import` if that is
 * VK_NULL_HANDLE. The memory must outlive the buffer, which holds no reference to `dev`. NULL, with an error logged, on
 * failure. */
struct tongs_own_buffer *tongs_own_buffer_create(struct tongs_own_device *dev, const struct tongs_import *import,
	VkDeviceMemory existing, uint64_t offset, uint64_t size);
/* `buffer` may be NULL. */
void tongs_own_buffer_destroy(struct tongs_own_buffer *buffer);

#endif
