/* SPDX-License-Identifier: MIT */
/* A media framework (GStreamer's applemedia): an NV12 picture in an IOSurface of two planes, each plane an image that
 * is created first and gets its texture afterwards. There it does so by MoltenVK's own vkSetMTLTextureMVK; here the
 * texture comes with vkCreateImage, and everything else is as there. */
#import <Foundation/Foundation.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include "consumer.h"

enum { WIDTH = 320, HEIGHT = 240 };

static const VkImageUsageFlags USAGE =
	VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;

struct plane_memory {
	IOSurfaceRef surface;
	id<MTLTexture> texture;
	VkImage image;
	VkDeviceSize size;
	uint32_t plane, width, height, bytes;
};

static IOSurfaceRef new_picture(void) {
	return IOSurfaceCreate((CFDictionaryRef) @{
		(id)kIOSurfaceWidth : @(WIDTH),
		(id)kIOSurfaceHeight : @(HEIGHT),
		(id)kIOSurfacePixelFormat : @(0x34323076), /* '420v' */
		(id)kIOSurfacePlaneInfo : @[
			@{
				(id)kIOSurfacePlaneWidth : @(WIDTH),
				(id)kIOSurfacePlaneHeight : @(HEIGHT),
				(id)kIOSurfacePlaneBytesPerElement : @(1),
			},
			@{
				(id)kIOSurfacePlaneWidth : @(WIDTH / 2),
				(id)kIOSurfacePlaneHeight : @(HEIGHT / 2),
				(id)kIOSurfacePlaneBytesPerElement : @(2),
			},
		],
	});
}

/* Every property of the descriptor is set, the defaults, too. */
static void set_surface(struct plane_memory *memory, id<MTLDevice> device, IOSurfaceRef surface) {
	IOSurfaceIncrementUseCount(surface);
	MTLTextureDescriptor *descriptor = [MTLTextureDescriptor new];
	descriptor.pixelFormat = memory->bytes == 1 ? MTLPixelFormatR8Unorm : MTLPixelFormatRG8Unorm;
	descriptor.textureType = MTLTextureType2D;
	descriptor.width = memory->width;
	descriptor.height = memory->height;
	descriptor.depth = 1;
	descriptor.mipmapLevelCount = 1;
	descriptor.sampleCount = 1;
	descriptor.arrayLength = 1;
	descriptor.usage = MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView;
	descriptor.storageMode = MTLStorageModeShared;
	descriptor.cpuCacheMode = MTLCPUCacheModeDefaultCache;
	memory->surface = surface;
	memory->texture = [device newTextureWithDescriptor:descriptor iosurface:surface plane:memory->plane];
	[descriptor release];
	assert_non_null(memory->texture);
}

/* False: the device has no such images in a surface's pages. */
static bool plane_init(struct gpu *gpu, struct plane_memory *memory, id<MTLDevice> device, IOSurfaceRef surface) {
	VkImageCreateInfo info = image_info(memory->bytes == 1 ? VK_FORMAT_R8_UNORM : VK_FORMAT_R8G8_UNORM,
		memory->width, memory->height, VK_IMAGE_TILING_OPTIMAL);
	VkImageFormatProperties properties;
	VkMemoryRequirements requirements;
	info.usage = USAGE;
	set_surface(memory, device, surface);
	const VkImportMetalTextureInfoEXT texture = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = memory->texture,
	};
	info.pNext = &texture;
	const VkResult result = vkCreateImage(gpu->device, &info, NULL, &memory->image);
	if (has_unified_memory(gpu))
		assert_vk(result);
	if (result != VK_SUCCESS)
		return false;
	vkGetImageMemoryRequirements(gpu->device, memory->image, &requirements);
	memory->size = requirements.size;
	assert_vk(vkGetPhysicalDeviceImageFormatProperties(
		gpu->physical_device, info.format, VK_IMAGE_TYPE_2D, info.tiling, USAGE, 0, &properties));
	return true;
}

static void plane_finish(struct gpu *gpu, struct plane_memory *memory) {
	vkDestroyImage(gpu->device, memory->image, NULL);
	IOSurfaceDecrementUseCount(memory->surface);
	[memory->texture release];
}

/* What a decoder writes into a plane is what Vulkan reads, and what the framework maps for reading. */
static void compare(struct gpu *gpu, struct plane_memory *memory) {
	static uint8_t sent[WIDTH * HEIGHT], got[sizeof(sent)];
	const size_t row = (size_t)memory->width * memory->bytes, size = row * memory->height;
	const size_t pitch = IOSurfaceGetBytesPerRowOfPlane(memory->surface, memory->plane);
	fill_noise(sent, size, memory->plane + 111);
	assert_int_equal(IOSurfaceGetWidthOfPlane(memory->surface, memory->plane), memory->width);
	assert_int_equal(IOSurfaceLock(memory->surface, 0, NULL), 0);
	char *bytes = IOSurfaceGetBaseAddressOfPlane(memory->surface, memory->plane);
	for (size_t y = 0; y < memory->height; y++)
		memcpy(bytes + y * pitch, sent + y * row, row);
	assert_int_equal(IOSurfaceUnlock(memory->surface, 0, NULL), 0);
	gpu_acquire_image(gpu, memory->image);
	gpu_read_image(gpu, memory->image, memory->width, memory->height, got, size);
	assert_memory_equal(got, sent, size);
	assert_int_equal(IOSurfaceLock(memory->surface, kIOSurfaceLockReadOnly, NULL), 0);
	assert_ptr_equal(IOSurfaceGetBaseAddressOfPlane(memory->surface, memory->plane), bytes);
	assert_int_equal(IOSurfaceUnlock(memory->surface, kIOSurfaceLockReadOnly, NULL), 0);
}

static void picture_of_two_planes(void **state) {
	struct plane_memory planes[] = {
		{.plane = 0, .width = WIDTH, .height = HEIGHT, .bytes = 1},
		{.plane = 1, .width = WIDTH / 2, .height = HEIGHT / 2, .bytes = 2},
	};
	struct gpu gpu;
	bool all = true;
	(void)state;
	consumer_open_plainly(&gpu);
	if (!consumer_executes())
		gpu_finish_and_skip(&gpu, NOTHING_EXECUTES);
	@autoreleasepool {
		id<MTLDevice> device = MTLCreateSystemDefaultDevice();
		IOSurfaceRef surface = new_picture();
		assert_non_null(surface);
		assert_int_equal(IOSurfaceGetPlaneCount(surface), 2);
		for (size_t i = 0; i < 2; i++) {
			planes[i].image = VK_NULL_HANDLE;
			all &= plane_init(&gpu, &planes[i], device, surface);
		}
		assert_int_equal(IOSurfaceGetUseCount(surface), 2);
		for (size_t i = 0; i < 2 && all; i++)
			compare(&gpu, &planes[i]);
		for (size_t i = 0; i < 2; i++)
			plane_finish(&gpu, &planes[i]);
		assert_false(IOSurfaceIsInUse(surface));
		CFRelease(surface);
		[device release];
	}
	if (!all) {
		gpu.refused = 0;
		gpu_finish_and_skip(&gpu, "OPTIMAL images have no rows there");
	}
	gpu_finish_unrefused(&gpu);
}

int main(void) {
	@autoreleasepool {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test(picture_of_two_planes),
		};
		return cmocka_run_group_tests_name("consumers: GStreamer", tests, NULL, NULL);
	}
}
