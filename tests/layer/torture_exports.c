/* SPDX-License-Identifier: MIT */
/* Flows of VK_EXT_metal_objects. */
#include <string.h>

#include "metal_objects.h"
#include "torture_flows.h"
#include "util/alloc.h"

#define UNTOUCHED(type) ((type)(uintptr_t)0x5a5a)

enum { SIZE = 20000, WIDTH = 40, HEIGHT = 24 };

static bool allocate(struct torture *torture, const void *next, const VkMemoryRequirements *requirements,
	uint32_t types, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = requirements->size,
		.memoryTypeIndex = pick_mapped(&torture->gpu, requirements->memoryTypeBits & types),
	};
	*memory = UNTOUCHED(VkDeviceMemory);
	if (went(torture, vkAllocateMemory(torture->gpu.device, &info, torture->callbacks, memory), MEMORY))
		return true;
	assert_true(*memory == VK_NULL_HANDLE);
	return false;
}

/* A buffer, its memory and a view of it. */
bool flow_object_buffer(struct torture *torture, const struct flow *flow) {
	const VkExportMetalObjectCreateInfoEXT memory_info = object_info(EXPORT(BUFFER), NULL),
					       view_info = object_info(EXPORT(TEXTURE), NULL);
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	VkDevice device = torture->gpu.device;
	VkBuffer buffer = VK_NULL_HANDLE;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkBufferView view = VK_NULL_HANDLE;
	VkMemoryRequirements requirements = {0};
	(void)flow;
	/* Another that names its handle type has the memory types of such. */
	bool ok = torture_create_buffer(torture, MTLBUFFER, &buffer);
	if (!ok)
		return false;
	vkGetBufferMemoryRequirements(device, buffer, &requirements);
	vkDestroyBuffer(device, buffer, torture->callbacks);
	const uint32_t shared = requirements.memoryTypeBits;
	buffer = VK_NULL_HANDLE;
	ok = went(torture, vkCreateBuffer(device, &info, torture->callbacks, &buffer), MEMORY);
	if (ok)
		vkGetBufferMemoryRequirements(device, buffer, &requirements);
	ok = ok && allocate(torture, &memory_info, &requirements, shared, &memory);
	ok = ok && went(torture, vkBindBufferMemory(device, buffer, memory, 0), MEMORY);
	const VkBufferViewCreateInfo buffer_view = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
		.pNext = &view_info,
		.buffer = buffer,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.range = VK_WHOLE_SIZE,
	};
	ok = ok && went(torture, vkCreateBufferView(device, &buffer_view, torture->callbacks, &view), MEMORY);
	if (ok)
		assert_non_null(buffer_object(&torture->gpu, memory));
	vkDestroyBufferView(device, view, torture->callbacks);
	vkDestroyBuffer(device, buffer, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	return ok;
}

static bool create_image(struct torture *torture, const VkImageCreateInfo *info, unsigned listed, VkImage *image) {
	*image = UNTOUCHED(VkImage);
	if (went(torture, vkCreateImage(torture->gpu.device, info, torture->callbacks, image), listed))
		return true;
	assert_true(*image == VK_NULL_HANDLE);
	return false;
}

/* After a failure an image without memory is as before: its next view gives it a surface. A validation layer reports if
 * it did not. */
static void view_again(struct torture *torture, const VkImageViewCreateInfo *info) {
	VkImageView view;
	assert_vk(vkCreateImageView(torture->gpu.device, info, torture->callbacks, &view));
	assert_non_null(surface_object(&torture->gpu, info->image));
	vkDestroyImageView(torture->gpu.device, view, torture->callbacks);
}

/* An image for export as `type`, its memory, if it is to have any, without a word about Metal, and a view of it. */
static bool export_image(
	struct torture *torture, const struct flow *flow, VkExportMetalObjectTypeFlagsEXT type, bool has_memory) {
	const VkExportMetalObjectCreateInfoEXT image_object_info = object_info(type, NULL),
					       object = object_info(EXPORT(TEXTURE), NULL);
	VkImageCreateInfo info = image_info(flow->format, WIDTH, HEIGHT, flow->tiling);
	VkDevice device = torture->gpu.device;
	VkImage image = VK_NULL_HANDLE;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkImageView view = VK_NULL_HANDLE;
	VkMemoryRequirements requirements = {0};
	info.pNext = &image_object_info;
	bool ok = create_image(torture, &info, MEMORY, &image);
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	if (ok)
		vkGetImageMemoryRequirements(device, image, &requirements);
	/* Without a dedication, `size` in flows. */
	if (ok && has_memory)
		ok = allocate(torture, flow->size ? NULL : &dedicated, &requirements, UINT32_MAX, &memory) &&
		     went(torture, vkBindImageMemory(device, image, memory, 0), MEMORY);
	const VkImageViewCreateInfo view_info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.pNext = &object,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = flow->format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	const bool viewed = ok && went(torture, vkCreateImageView(device, &view_info, torture->callbacks, &view),
					  has_memory ? MEMORY : MEMORY | INVALID_EXTERNAL_HANDLE);
	if (ok && !viewed && !has_memory)
		view_again(torture, &view_info);
	ok = viewed;
	if (ok && !flow->size && type == EXPORT(TEXTURE))
		assert_non_null(image_object(&torture->gpu, image));
	else if (ok && !flow->size)
		assert_non_null(surface_object(&torture->gpu, image));
	vkDestroyImageView(device, view, torture->callbacks);
	vkDestroyImage(device, image, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	return ok;
}

bool flow_object_image(struct torture *torture, const struct flow *flow) {
	return export_image(torture, flow, EXPORT(TEXTURE), true);
}

bool flow_object_image_surface(struct torture *torture, const struct flow *flow) {
	return export_image(torture, flow, EXPORT(IOSURFACE), true);
}

bool flow_object_unbound_surface(struct torture *torture, const struct flow *flow) {
	return export_image(torture, flow, EXPORT(IOSURFACE), false);
}

/* Makes an image of what an import struct names. */
static bool import_image(struct torture *torture, const struct flow *flow, const void *import) {
	VkImageCreateInfo info = image_info(flow->format, WIDTH, HEIGHT, flow->tiling);
	VkImage image = VK_NULL_HANDLE;
	info.pNext = import;
	const bool ok = create_image(torture, &info, MEMORY | INVALID_EXTERNAL_HANDLE, &image);
	if (ok)
		vkDestroyImage(torture->gpu.device, image, torture->callbacks);
	return ok;
}

/* An image of a texture. */
bool flow_object_import(struct torture *torture, const struct flow *flow) {
	const struct tongs_texture_info texture_info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *texture = tongs_device_new_texture(torture->metal, &texture_info);
	if (!made(torture, texture))
		return false;
	const VkImportMetalTextureInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = (void *)texture,
	};
	const bool ok = import_image(torture, flow, &import);
	tongs_texture_unref(texture);
	return ok;
}

/* An image of a surface of the program's, or of a new one: with a size. */
bool flow_object_surface(struct torture *torture, const struct flow *flow) {
	const struct tongs_surface_info surface_info = {
		.whole = {.width = WIDTH, .height = HEIGHT, .bytes_per_element = 4}};
	struct tongs_surface *surface = flow->size ? NULL : tongs_surface_new(&surface_info);
	if (!flow->size && !made(torture, surface))
		return false;
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.ioSurface = (void *)surface,
	};
	const bool ok = import_image(torture, flow, &import);
	tongs_surface_unref(surface);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	return ok;
}

static VkImageCreateInfo planar_info(VkImageTiling tiling) {
	VkImageCreateInfo info = image_info(VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, WIDTH, HEIGHT, tiling);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	return info;
}

/* Asked while nothing fails. */
static bool shares_planar(
	struct torture *torture, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlagBits type) {
	const uint64_t countdown = tongs_alloc_fail_after(UINT64_MAX);
	const bool shared = can_share_image(&torture->gpu, info, type);
	tongs_alloc_fail_after(countdown);
	return shared;
}

static struct tongs_texture *plane_of(struct torture *torture, VkImage image, uint32_t plane) {
	struct tongs_texture *texture = texture_object(&torture->gpu, image, VK_NULL_HANDLE, VK_NULL_HANDLE,
		(VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << plane);
	assert_non_null(texture);
	return texture;
}

/* An image of several planes that is a new surface, where the driver has such. */
bool flow_object_planes(struct torture *torture, const struct flow *flow) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	const VkImportMetalIOSurfaceInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &object,
	};
	VkImageCreateInfo info = planar_info(VK_IMAGE_TILING_LINEAR);
	VkImage image = UNTOUCHED(VkImage);
	(void)flow;
	if (!torture->host_pages || !shares_planar(torture, &info, MTLBUFFER))
		return true;
	info.pNext = &import;
	VkResult result = vkCreateImage(torture->gpu.device, &info, torture->callbacks, &image);
	/* lavapipe 25 does not say where the planes lie. */
	if (result == VK_ERROR_FEATURE_NOT_PRESENT)
		return true;
	if (!went(torture, result, MEMORY | INVALID_EXTERNAL_HANDLE)) {
		assert_true(image == VK_NULL_HANDLE);
		return false;
	}
	for (uint32_t i = 0; i < 2; i++)
		plane_of(torture, image, i);
	vkDestroyImage(torture->gpu.device, image, torture->callbacks);
	return true;
}

/* A second image of the planes. */
static bool import_planes(struct torture *torture, VkImage from) {
	VkImageCreateInfo info = planar_info(VK_IMAGE_TILING_OPTIMAL);
	VkImportMetalTextureInfoEXT imports[2];
	VkImage image;
	for (uint32_t i = 0; i < 2; i++) {
		imports[i] = (VkImportMetalTextureInfoEXT){
			.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
			.pNext = info.pNext,
			.plane = VK_IMAGE_ASPECT_PLANE_0_BIT << i,
			.mtlTexture = (void *)plane_of(torture, from, i),
		};
		info.pNext = &imports[i];
	}
	if (!create_image(torture, &info, MEMORY | INVALID_EXTERNAL_HANDLE, &image))
		return false;
	assert_ptr_equal(plane_of(torture, image, 1), plane_of(torture, from, 1));
	vkDestroyImage(torture->gpu.device, image, torture->callbacks);
	return true;
}

/* Both planes, by libtongs' own device. */
static bool copy_planes(struct torture *torture, VkImage image) {
	static unsigned char sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	const bool is_shared = !is_private(tongs_texture_get_resource(plane_of(torture, image, 0)));
	bool ok = true;
	for (uint32_t i = 0; i < 2 && ok && is_shared; i++) {
		const MTLRegion region = MTLRegionMake2D(0, 0, WIDTH >> i, HEIGHT >> i);
		struct tongs_texture *texture = plane_of(torture, image, i);
		memset(sent, 7 + (int)i, sizeof(sent));
		ok = made(torture, tongs_texture_replace_region(texture, region, 0, 0, sent, WIDTH, 0)) &&
		     made(torture, tongs_texture_get_bytes(texture, got, WIDTH, 0, region, 0, 0));
		if (ok)
			assert_memory_equal(got, sent, (size_t)WIDTH * (HEIGHT >> i));
	}
	return ok;
}

/* An OPTIMAL image of several planes in memory of its own, where the driver shares such; and its texels in late flows.
 */
bool flow_object_optimal_planes(struct torture *torture, const struct flow *flow) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(TEXTURE), NULL);
	VkImageCreateInfo info = planar_info(VK_IMAGE_TILING_OPTIMAL);
	VkDevice device = torture->gpu.device;
	VkImage image;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkMemoryRequirements requirements;
	if (!shares_planar(torture, &info, MTLHEAP))
		return true;
	info.pNext = &object;
	if (!create_image(torture, &info, MEMORY, &image))
		return false;
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	vkGetImageMemoryRequirements(device, image, &requirements);
	const bool ok = allocate(torture, &dedicated, &requirements, UINT32_MAX, &memory) &&
			went(torture, vkBindImageMemory(device, image, memory, 0), MEMORY) &&
			(flow->late ? copy_planes(torture, image) : import_planes(torture, image));
	vkDestroyImage(device, image, torture->callbacks);
	vkFreeMemory(device, memory, torture->callbacks);
	return ok;
}

/* A second semaphore of the event's, which is the first where the driver shares them. */
static bool import_event(struct torture *torture, struct tongs_shared_event *event) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	const VkImportMetalSharedEventInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_SHARED_EVENT_INFO_EXT,
		.pNext = &object,
		.mtlSharedEvent = (void *)event,
	};
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &import,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
	};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	VkSemaphore semaphore = UNTOUCHED(VkSemaphore);
	if (!went(torture, vkCreateSemaphore(torture->gpu.device, &info, torture->callbacks, &semaphore), MEMORY)) {
		assert_true(semaphore == VK_NULL_HANDLE);
		return false;
	}
	assert_ptr_equal(event_object(&torture->gpu, semaphore, VK_NULL_HANDLE), event);
	vkDestroySemaphore(torture->gpu.device, semaphore, torture->callbacks);
	return true;
}

/* A timeline semaphore and a VkEvent. */
bool flow_object_events(struct torture *torture, const struct flow *flow) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &object,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
	};
	const VkSemaphoreCreateInfo semaphore_info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	const VkEventCreateInfo event_info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, .pNext = &object};
	VkDevice device = torture->gpu.device;
	VkSemaphore semaphore = UNTOUCHED(VkSemaphore);
	VkEvent event = UNTOUCHED(VkEvent);
	(void)flow;
	if (!went(torture, vkCreateSemaphore(device, &semaphore_info, torture->callbacks, &semaphore), MEMORY)) {
		assert_true(semaphore == VK_NULL_HANDLE);
		return false;
	}
	bool ok = went(torture, vkCreateEvent(device, &event_info, torture->callbacks, &event), MEMORY);
	if (ok)
		assert_non_null(event_object(&torture->gpu, semaphore, VK_NULL_HANDLE));
	else
		assert_true(event == VK_NULL_HANDLE);
	if (ok)
		ok = import_event(torture, event_object(&torture->gpu, semaphore, VK_NULL_HANDLE));
	vkDestroyEvent(device, event, torture->callbacks);
	vkDestroySemaphore(device, semaphore, torture->callbacks);
	return ok;
}
