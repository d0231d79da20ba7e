/* SPDX-License-Identifier: MIT */
/* Helpers of the tests of VK_EXT_metal_objects. */
#ifndef TONGS_TESTS_LAYER_METAL_OBJECTS_H
#define TONGS_TESTS_LAYER_METAL_OBJECTS_H

#include "metal_side.h"

#define EXPORT(kind) VK_EXPORT_METAL_OBJECT_TYPE_METAL_##kind##_BIT_EXT

static inline VkExportMetalObjectCreateInfoEXT object_info(VkExportMetalObjectTypeFlagsEXT type, const void *next) {
	return (VkExportMetalObjectCreateInfoEXT){
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.pNext = next,
		.exportObjectType = (VkExportMetalObjectTypeFlagBitsEXT)type,
	};
}

/* Exports by one struct. */
static inline void export_by(struct gpu *gpu, const void *next) {
	VkExportMetalObjectsInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT,
		.pNext = next,
	};
	gpu->export_objects(gpu->device, &info);
}

static inline struct tongs_device *device_object(struct gpu *gpu) {
	VkExportMetalDeviceInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT,
		.mtlDevice = (void *)&info,
	};
	export_by(gpu, &info);
	return info.mtlDevice;
}

static inline struct tongs_buffer *buffer_object(struct gpu *gpu, VkDeviceMemory memory) {
	VkExportMetalBufferInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_BUFFER_INFO_EXT,
		.memory = memory,
		.mtlBuffer = (void *)&info,
	};
	export_by(gpu, &info);
	return info.mtlBuffer;
}

static inline struct tongs_texture *texture_object(
	struct gpu *gpu, VkImage image, VkImageView image_view, VkBufferView buffer_view, VkImageAspectFlags plane) {
	VkExportMetalTextureInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT,
		.image = image,
		.imageView = image_view,
		.bufferView = buffer_view,
		.plane = (VkImageAspectFlagBits)plane,
		.mtlTexture = (void *)&info,
	};
	export_by(gpu, &info);
	return info.mtlTexture;
}

static inline struct tongs_texture *image_object(struct gpu *gpu, VkImage image) {
	return texture_object(gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_0_BIT);
}

static inline struct tongs_surface *surface_object(struct gpu *gpu, VkImage image) {
	VkExportMetalIOSurfaceInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_IO_SURFACE_INFO_EXT,
		.image = image,
		.ioSurface = (void *)&info,
	};
	export_by(gpu, &info);
	return (struct tongs_surface *)info.ioSurface;
}

static inline struct tongs_shared_event *event_object(struct gpu *gpu, VkSemaphore semaphore, VkEvent event) {
	VkExportMetalSharedEventInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT,
		.semaphore = semaphore,
		.event = event,
		.mtlSharedEvent = (void *)&info,
	};
	export_by(gpu, &info);
	return info.mtlSharedEvent;
}

/* An image that is made for export, skipping the test if it cannot be shared. */
static inline VkImage make_object_image(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), info->pNext);
	VkImageCreateInfo shared = *info;
	VkImage image;
	if (!has_unified_memory(gpu) && !can_share_image(gpu, info, MTLTEXTURE))
		skip();
	shared.pNext = &object;
	assert_vk(vkCreateImage(gpu->device, &shared, NULL, &image));
	return image;
}

#endif
