/* SPDX-License-Identifier: MIT */
/* A video player (mpv, on libplacebo): each plane of a decoded picture is an MTLTexture over the picture's IOSurface,
 * on the device that Vulkan exports, and an image of it is rendered from. The player has them from CoreVideo's texture
 * cache, which makes them by the call that stands here. */
#import <Foundation/Foundation.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include "placebo.h"

enum { WIDTH = 320, HEIGHT = 180 };

/* Pictures as decoders make them, 8 and 10 bits. */
static const struct picture {
	uint32_t code; /* of four characters */
	struct plane {
		VkFormat vulkan;
		MTLPixelFormat metal;
		uint32_t bytes, width, height;
	} planes[2];
} pictures[] = {
	{0x34323066 /* '420f' */, {{VK_FORMAT_R8_UNORM, MTLPixelFormatR8Unorm, 1, WIDTH, HEIGHT},
					  {VK_FORMAT_R8G8_UNORM, MTLPixelFormatRG8Unorm, 2, WIDTH / 2, HEIGHT / 2}}},
	{0x78663230 /* 'xf20' */, {{VK_FORMAT_R16_UNORM, MTLPixelFormatR16Unorm, 2, WIDTH, HEIGHT},
					  {VK_FORMAT_R16G16_UNORM, MTLPixelFormatRG16Unorm, 4, WIDTH / 2, HEIGHT / 2}}},
};

static IOSurfaceRef new_surface(const struct picture *picture) {
	NSMutableArray *planes = [NSMutableArray array];
	for (size_t i = 0; i < 2; i++)
		[planes addObject:@{
			(id)kIOSurfacePlaneWidth : @(picture->planes[i].width),
			(id)kIOSurfacePlaneHeight : @(picture->planes[i].height),
			(id)kIOSurfacePlaneBytesPerElement : @(picture->planes[i].bytes),
		}];
	return IOSurfaceCreate((CFDictionaryRef) @{
		(id)kIOSurfaceWidth : @(WIDTH),
		(id)kIOSurfaceHeight : @(HEIGHT),
		(id)kIOSurfacePixelFormat : @(picture->code),
		(id)kIOSurfacePlaneInfo : planes,
	});
}

/* The instance's own function pointer, of an instance that did not say that it exports devices. */
static id<MTLDevice> find_device(struct gpu *gpu) {
	id<MTLDevice> device = (id<MTLDevice>)consumer_export_device(
		gpu, (PFN_vkExportMetalObjectsEXT)vkGetInstanceProcAddr(gpu->instance, "vkExportMetalObjectsEXT"));
	/* Else it takes the default device, which is another where there are two. */
	assert_non_null(device);
	return [device retain];
}

static id<MTLTexture> new_texture(id<MTLDevice> device, const struct plane *plane, IOSurfaceRef surface, size_t index) {
	MTLTextureDescriptor *descriptor = [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:plane->metal
											      width:plane->width
											     height:plane->height
											  mipmapped:NO];
	return [device newTextureWithDescriptor:descriptor iosurface:surface plane:index];
}

/* By the CPU, as a decoder writes it. */
static void fill_plane(const struct plane *plane, IOSurfaceRef surface, size_t index, uint8_t *texels) {
	const size_t row = (size_t)plane->width * plane->bytes;
	fill_noise(texels, row * plane->height, (uint32_t)index + 101);
	assert_int_equal(IOSurfaceLock(surface, 0, NULL), 0);
	for (size_t y = 0; y < plane->height; y++)
		memcpy((char *)IOSurfaceGetBaseAddressOfPlane(surface, index) +
				y * IOSurfaceGetBytesPerRowOfPlane(surface, index),
			texels + y * row, row);
	assert_int_equal(IOSurfaceUnlock(surface, 0, NULL), 0);
}

/* Reads the whole image as the renderer does, with the layout that the library assumes. */
static void check_image(struct gpu *gpu, VkImage image, const struct plane *plane, const uint8_t *texels) {
	static uint8_t got[WIDTH * HEIGHT * 4];
	const size_t size = (size_t)plane->width * plane->height * plane->bytes;
	gpu_acquire_image(gpu, image);
	gpu_read_image(gpu, image, plane->width, plane->height, got, size);
	assert_memory_equal(got, texels, size);
}

static bool map_plane(struct gpu *gpu, const struct plane *plane, id<MTLTexture> texture, const uint8_t *texels) {
	const VkImageCreateInfo info = placebo_info(plane->vulkan, plane->width, plane->height);
	VkImage image;
	if (!placebo_can_create(gpu, &info))
		return false;
	const VkResult result = placebo_import(gpu, &info, PLACEBO_TEXTURE, (void *)texture, &image);
	if (has_unified_memory(gpu))
		assert_vk(result);
	if (result != VK_SUCCESS) {
		gpu->refused = 0;
		return false;
	}
	check_image(gpu, image, plane, texels);
	vkDestroyImage(gpu->device, image, NULL);
	return true;
}

static void planes_of_a_picture(void **state) {
	static uint8_t texels[WIDTH * HEIGHT * 4];
	struct gpu gpu;
	unsigned mapped = 0;
	(void)state;
	consumer_open_plainly(&gpu);
	if (!consumer_executes())
		gpu_finish_and_skip(&gpu, NOTHING_EXECUTES);
	@autoreleasepool {
		id<MTLDevice> device = find_device(&gpu);
		assert_non_null(device);
		for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
			IOSurfaceRef surface = new_surface(&pictures[i]);
			assert_non_null(surface);
			for (size_t j = 0; j < 2; j++) {
				const struct plane *plane = &pictures[i].planes[j];
				id<MTLTexture> texture = new_texture(device, plane, surface, j);
				assert_non_null(texture);
				fill_plane(plane, surface, j, texels);
				mapped += map_plane(&gpu, plane, texture, texels);
				CFRelease(texture);
			}
			CFRelease(surface);
		}
		[device release];
	}
	if (!mapped)
		gpu_finish_and_skip(&gpu, "OPTIMAL images have no rows there");
	gpu_finish_unrefused(&gpu);
}

/* The library's other handle: a surface without planes. */
static void surface(void **state) {
	static const struct plane whole = {VK_FORMAT_B8G8R8A8_UNORM, MTLPixelFormatBGRA8Unorm, 4, WIDTH, HEIGHT};
	static uint8_t texels[WIDTH * HEIGHT * 4];
	const VkImageCreateInfo info = placebo_info(whole.vulkan, WIDTH, HEIGHT);
	struct gpu gpu;
	VkImage image;
	(void)state;
	consumer_open_plainly(&gpu);
	if (!consumer_executes() || !placebo_can_create(&gpu, &info))
		gpu_finish_and_skip(&gpu, NOTHING_EXECUTES);
	@autoreleasepool {
		IOSurfaceRef made = IOSurfaceCreate((CFDictionaryRef) @{
			(id)kIOSurfaceWidth : @(WIDTH),
			(id)kIOSurfaceHeight : @(HEIGHT),
			(id)kIOSurfaceBytesPerElement : @(4),
		});
		fill_plane(&whole, made, 0, texels);
		const VkResult result = placebo_import(&gpu, &info, PLACEBO_SURFACE, made, &image);
		CFRelease(made);
		if (has_unified_memory(&gpu))
			assert_vk(result);
		if (result != VK_SUCCESS) {
			gpu.refused = 0;
			gpu_finish_and_skip(&gpu, "OPTIMAL images have no rows there");
		}
	}
	check_image(&gpu, image, &whole, texels);
	vkDestroyImage(gpu.device, image, NULL);
	gpu_finish_unrefused(&gpu);
}

int main(void) {
	@autoreleasepool {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test(planes_of_a_picture),
			cmocka_unit_test(surface),
		};
		return cmocka_run_group_tests_name("consumers: mpv and libplacebo", tests, NULL, NULL);
	}
}
