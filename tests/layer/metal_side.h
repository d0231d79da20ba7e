/* SPDX-License-Identifier: MIT */
/* Metal's side of shared memory. Where an object is Shared, the CPU reads and writes its bytes. Where it is Private,
 * these functions assert that Metal's calls refuse, and reach the bytes through an import of the handle into a device
 * of their own. That device is the sibling of `gpu`, ended by gpu_finish, or one with its own instance if `gpu` is
 * NULL. */
#ifndef TONGS_TESTS_LAYER_METAL_SIDE_H
#define TONGS_TESTS_LAYER_METAL_SIDE_H

#include "texels.h"

bool is_private(struct tongs_resource *resource);

/* `texture` is that of an image with `info`, or a view like it. False: Metal refuses, and there is no other way,
 * because the texture has several samples. */
bool metal_read_slice(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info,
	const struct slice *slice, void *texels);
bool metal_write_slice(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info,
	const struct slice *slice, const void *texels);

/* The first level of the first layer. */
bool metal_read_image(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, void *texels);
bool metal_write_image(
	struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, const void *texels);

/* A buffer for copies that can be bound to an import of `handle` as `type`: created for that type alone or, if `handle`
 * lies in memory types of heaps, for buffers and heaps. Only memory types of both are in `requirements`. */
VkBuffer make_buffer_for(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle, VkDeviceSize size,
	VkMemoryRequirements *requirements);

void metal_read_buffer(struct gpu *gpu, struct tongs_buffer *buffer, size_t offset, void *bytes, size_t size);
void metal_write_buffer(struct gpu *gpu, struct tongs_buffer *buffer, size_t offset, const void *bytes, size_t size);

/* Metal's own, Shared where the CPU reaches OPTIMAL images, else Private. */
struct tongs_texture *metal_new_texture(
	struct gpu *gpu, struct tongs_device *device, const struct tongs_texture_info *info);
/* A placement heap that Vulkan can import: Shared if textures can be in such, else Private. */
struct tongs_heap *metal_new_heap(struct tongs_device *device, NSUInteger size);

#endif
