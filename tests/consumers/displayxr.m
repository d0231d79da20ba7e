/* SPDX-License-Identifier: MIT */
/* A compositor runtime (DisplayXR): swapchain images are IOSurfaces. A client's VkImage takes the surface, gives a
 * texture of it, and that is imported as the image's memory. */
#import <Foundation/Foundation.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include "consumer.h"

enum { WIDTH = 256, HEIGHT = 192, BYTES = WIDTH * HEIGHT * 4 };

static const VkFormat FORMAT = VK_FORMAT_B8G8R8A8_UNORM;
static const VkImageUsageFlags USAGE = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
				       VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT;

/* The compositor's own: a surface, and a texture that it draws from. */
static IOSurfaceRef new_swapchain_image(id<MTLDevice> device, id<MTLTexture> *texture) {
	@autoreleasepool {
		NSDictionary *properties = @{
			(id)kIOSurfaceWidth : @(WIDTH),
			(id)kIOSurfaceHeight : @(HEIGHT),
			(id)kIOSurfaceBytesPerElement : @(4),
			(id)kIOSurfacePixelFormat : @(0x42475241) /* 'BGRA' */,
		};
		IOSurfaceRef surface = IOSurfaceCreate((CFDictionaryRef)properties);
		assert_non_null(surface);
		MTLTextureDescriptor *descriptor =
			[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatBGRA8Unorm
									   width:WIDTH
									  height:HEIGHT
								       mipmapped:NO];
		descriptor.usage =
			MTLTextureUsageRenderTarget | MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView;
		descriptor.storageMode = MTLStorageModeShared;
		*texture = [device newTextureWithDescriptor:descriptor iosurface:surface plane:0];
		assert_non_null(*texture);
		return surface;
	}
}

struct client_image {
	VkImage image;
	VkDeviceMemory memory;
	void *texture;
};

/* `handle` is a surface. Each struct in front of the one before. */
static VkResult create_client_image(struct gpu *gpu, void *handle, VkImage *image) {
	static const VkFormat formats[] = {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_B8G8R8A8_SRGB};
	const VkImageFormatListCreateInfo list = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
		.viewFormatCount = 2,
		.pViewFormats = formats,
	};
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.pNext = &list,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkExportMetalObjectCreateInfoEXT exported = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.pNext = &external,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT,
	};
	const VkImportMetalIOSurfaceInfoEXT imported = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = &exported,
		.ioSurface = (IOSurfaceRef)handle,
	};
	VkImageCreateInfo info = image_info(FORMAT, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.pNext = &imported;
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	info.usage = USAGE;
	return vkCreateImage(gpu->device, &info, NULL, image);
}

/* It asks for the aspect COLOR, which is not a plane, and takes the surface itself for the texture if it gets none. */
static void *export_texture(struct gpu *gpu, VkImage image, void *handle) {
	VkExportMetalTextureInfoEXT texture = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT,
		.image = image,
		.plane = VK_IMAGE_ASPECT_COLOR_BIT,
	};
	VkExportMetalObjectsInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT,
		.pNext = &texture,
	};
	gpu->export_objects(gpu->device, &info);
	return texture.mtlTexture ? (void *)texture.mtlTexture : handle;
}

/* With the requirements' size, and the handle's types alone. The dedication stands before the import. */
static void import_memory(struct gpu *gpu, struct client_image *client, void *handle) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
	};
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, client->image, &requirements);
	client->texture = export_texture(gpu, client->image, handle);
	assert_vk(gpu->get_properties(
		gpu->device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, client->texture, &properties));
	const VkImportMemoryMetalHandleInfoEXT imported = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
		.handle = client->texture,
	};
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.pNext = &imported,
		.image = client->image,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &dedicated,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_type(gpu, properties.memoryTypeBits, 0),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &client->memory));
	assert_vk(vkBindImageMemory(gpu->device, client->image, client->memory, 0));
}

/* What Vulkan draws, the CPU finds in the surface; and the memory's handle is the texture that was imported. */
static void compare(struct gpu *gpu, struct client_image *client, IOSurfaceRef surface, uint32_t seed) {
	static uint8_t sent[BYTES];
	fill_noise(sent, BYTES, seed);
	gpu_write_image(gpu, client->image, WIDTH, HEIGHT, sent, BYTES);
	assert_int_equal(IOSurfaceLock(surface, kIOSurfaceLockReadOnly, NULL), 0);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_memory_equal((char *)IOSurfaceGetBaseAddress(surface) + y * IOSurfaceGetBytesPerRow(surface),
			sent + y * WIDTH * 4, WIDTH * 4);
	assert_int_equal(IOSurfaceUnlock(surface, kIOSurfaceLockReadOnly, NULL), 0);
	assert_ptr_equal(handle_of(gpu, client->memory, MTLTEXTURE), client->texture);
}

/* Whether the device has such images in a surface's pages. */
static bool try_client_image(struct gpu *gpu, void *surface, VkImage *image) {
	VkImageCreateInfo info = image_info(FORMAT, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	info.usage = USAGE;
	const VkResult result = create_client_image(gpu, surface, image);
	if (has_unified_memory(gpu))
		assert_vk(result);
	return result == VK_SUCCESS;
}

static void native_swapchain(void **state) {
	struct gpu gpu;
	struct client_image client;
	id<MTLTexture> drawn;
	(void)state;
	consumer_open(&gpu);
	if (!consumer_executes())
		gpu_finish_and_skip(&gpu, NOTHING_EXECUTES);
	id<MTLDevice> device = MTLCreateSystemDefaultDevice();
	IOSurfaceRef surface = new_swapchain_image(device, &drawn);
	if (!try_client_image(&gpu, surface, &client.image)) {
		CFRelease(drawn);
		CFRelease(surface);
		CFRelease(device);
		gpu.refused = 0;
		gpu_finish_and_skip(&gpu, "OPTIMAL images have no rows there");
	}
	import_memory(&gpu, &client, surface);
	assert_ptr_equal([(id<MTLTexture>)client.texture iosurface], surface);
	compare(&gpu, &client, surface, 91);
	vkDestroyImage(gpu.device, client.image, NULL);
	vkFreeMemory(gpu.device, client.memory, NULL);
	CFRelease(drawn);
	CFRelease(surface);
	CFRelease(device);
	gpu_finish_unrefused(&gpu);
}

/* The image of the runtime's allocator, which other clients get by its surface. */
static VkImage create_service_image(struct gpu *gpu, VkDeviceMemory *memory) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	const VkExportMetalObjectCreateInfoEXT exported = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.pNext = &external,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT,
	};
	VkImageCreateInfo info = image_info(FORMAT, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkMemoryRequirements requirements;
	VkImage image;
	info.pNext = &exported;
	info.usage = USAGE;
	const VkResult result = vkCreateImage(gpu->device, &info, NULL, &image);
	if (has_unified_memory(gpu))
		assert_vk(result);
	if (result != VK_SUCCESS)
		return VK_NULL_HANDLE;
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	*memory = export_memory(gpu, requirements.size, pick_type(gpu, requirements.memoryTypeBits, 0), MTLTEXTURE,
		image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(gpu->device, image, *memory, 0));
	return image;
}

static void service_swapchain(void **state) {
	struct gpu service, gpu;
	struct client_image client;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	(void)state;
	consumer_open(&service);
	consumer_open(&gpu);
	VkImage image = consumer_executes() ? create_service_image(&service, &memory) : VK_NULL_HANDLE;
	if (!image) {
		service.refused = 0;
		gpu_finish(&gpu);
		gpu_finish_and_skip(&service, "OPTIMAL images have no rows there, or " NOTHING_EXECUTES);
	}
	VkExportMetalIOSurfaceInfoEXT surface = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_IO_SURFACE_INFO_EXT,
		.image = image,
	};
	VkExportMetalObjectsInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT,
		.pNext = &surface,
	};
	service.export_objects(service.device, &info);
	assert_non_null(surface.ioSurface);
	CFRetain(surface.ioSurface);
	assert_true(try_client_image(&gpu, (void *)surface.ioSurface, &client.image));
	import_memory(&gpu, &client, (void *)surface.ioSurface);
	compare(&gpu, &client, surface.ioSurface, 92);
	vkDestroyImage(service.device, image, NULL);
	vkFreeMemory(service.device, memory, NULL);
	compare(&gpu, &client, surface.ioSurface, 93);
	vkDestroyImage(gpu.device, client.image, NULL);
	vkFreeMemory(gpu.device, client.memory, NULL);
	CFRelease(surface.ioSurface);
	gpu_finish_unrefused(&gpu);
	gpu_finish_unrefused(&service);
}

int main(void) {
	@autoreleasepool {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test(native_swapchain),
			cmocka_unit_test(service_swapchain),
		};
		return cmocka_run_group_tests_name("consumers: DisplayXR", tests, NULL, NULL);
	}
}
