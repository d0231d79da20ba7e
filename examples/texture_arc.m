/* SPDX-License-Identifier: MIT */
/* Metal's texture becomes Vulkan's image, and Vulkan's memory Metal's buffer. Objective-C with automatic reference
 * counting and blocks: a handle that goes to Vulkan, or comes from there, is __bridge cast, and never counted.
 *
 * GCC's runtime has no ARC. With libobjc2 and a Tongs that was built for it (docs/arc.md):
 *
 *     clang -fobjc-runtime=gnustep-2.0 -fobjc-arc -fblocks texture_arc.m -o texture_arc \
 *         $(pkg-config --cflags --libs tongs vulkan libobjc)
 *     tongs run ./texture_arc */
#include <string.h>

#include <Metal/Metal.h>
#include "vulkan_setup.h"

enum { SIZE = 64, ROW = SIZE * 4 };

static const unsigned char red[4] = {255, 0, 0, 255};

/* Borrowed in the struct, and retained by the variable that receives it. */
static id<MTLDevice> get_device(const struct vulkan *vk) {
	PFN_vkExportMetalObjectsEXT export_objects =
		(PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(vk->device, "vkExportMetalObjectsEXT");
	VkExportMetalDeviceInfoEXT device = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT};
	VkExportMetalObjectsInfoEXT info = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT, .pNext = &device};
	export_objects(vk->device, &info);
	return device.mtlDevice;
}

/* A texture of which Metal has painted the left half red. */
static id<MTLTexture> make_texture(id<MTLDevice> device) {
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								   width:SIZE
								  height:SIZE
							       mipmapped:NO];
	id<MTLTexture> texture = [device newTextureWithDescriptor:descriptor];
	for (NSUInteger y = 0; y < SIZE; y++)
		for (NSUInteger x = 0; x < SIZE / 2; x++)
			[texture replaceRegion:MTLRegionMake2D(x, y, 1, 1) mipmapLevel:0 withBytes:red bytesPerRow:4];
	return texture;
}

/* The memory retains the texture, and is always dedicated to the image. */
static VkDeviceMemory import_texture(const struct vulkan *vk, id<MTLTexture> texture, VkImage *image) {
	const VkExternalMemoryHandleTypeFlagBits type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;
	VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = type};
	VkImageCreateInfo image_info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {SIZE, SIZE, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT};
	check(vkCreateImage(vk->device, &image_info, NULL, image), "vkCreateImage");

	PFN_vkGetMemoryMetalHandlePropertiesEXT get_properties =
		(PFN_vkGetMemoryMetalHandlePropertiesEXT)vkGetDeviceProcAddr(
			vk->device, "vkGetMemoryMetalHandlePropertiesEXT");
	VkMemoryMetalHandlePropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};
	check(get_properties(vk->device, type, (__bridge void *)texture, &properties),
		"vkGetMemoryMetalHandlePropertiesEXT");

	VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = *image};
	VkImportMemoryMetalHandleInfoEXT import = {.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = &dedicated,
		.handleType = type,
		.handle = (__bridge void *)texture};
	VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.memoryTypeIndex = find_memory_type(vk, properties.memoryTypeBits, 0)};
	VkDeviceMemory memory;
	check(vkAllocateMemory(vk->device, &info, NULL, &memory), "vkAllocateMemory");
	check(vkBindImageMemory(vk->device, *image, memory, 0), "vkBindImageMemory");
	return memory;
}

static VkDeviceMemory create_buffer(const struct vulkan *vk, VkBuffer *buffer) {
	VkExternalMemoryBufferCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	VkBufferCreateInfo buffer_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = SIZE * ROW,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	check(vkCreateBuffer(vk->device, &buffer_info, NULL, buffer), "vkCreateBuffer");
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(vk->device, *buffer, &requirements);
	VkExportMemoryAllocateInfo export = {.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = requirements.size,
		.memoryTypeIndex =
			find_memory_type(vk, requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)};
	VkDeviceMemory memory;
	check(vkAllocateMemory(vk->device, &info, NULL, &memory), "vkAllocateMemory");
	check(vkBindBufferMemory(vk->device, *buffer, memory, 0), "vkBindBufferMemory");
	return memory;
}

/* The handle belongs to the memory; the variable that receives the result has a reference of its own. */
static id<MTLBuffer> get_metal_buffer(const struct vulkan *vk, VkDeviceMemory memory) {
	PFN_vkGetMemoryMetalHandleEXT get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(vk->device, "vkGetMemoryMetalHandleEXT");
	VkMemoryGetMetalHandleInfoEXT info = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	void *handle;
	check(get_handle(vk->device, &info, &handle), "vkGetMemoryMetalHandleEXT");
	return (__bridge id<MTLBuffer>)handle;
}

static bool all_red(const unsigned char *texels) {
	for (unsigned i = 0; i < SIZE * ROW; i += 4)
		if (memcmp(texels + i, red, 4) != 0)
			return false;
	return true;
}

/* Vulkan copies the image's left half over its right one, and all of it into the buffer. */
static void copy_in_vulkan(const struct vulkan *vk, VkImage image, VkBuffer buffer) {
	VkImageSubresourceLayers color = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
	VkCommandBuffer commands = begin_commands(vk);
	hand_image(commands, image, METAL, VULKAN);
	VkImageCopy half = {.srcSubresource = color,
		.dstSubresource = color,
		.dstOffset = {SIZE / 2, 0, 0},
		.extent = {SIZE / 2, SIZE, 1}};
	vkCmdCopyImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, image, VK_IMAGE_LAYOUT_GENERAL, 1, &half);
	VkMemoryBarrier written = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &written,
		0, NULL, 0, NULL);
	VkBufferImageCopy all = {.imageSubresource = color, .imageExtent = {SIZE, SIZE, 1}};
	vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_GENERAL, buffer, 1, &all);
	hand_image(commands, image, VULKAN, METAL);
	hand_buffer(commands, buffer, VULKAN, METAL);
	run_commands(vk, commands);
}

/* Metal reads the texture by a blit, and looks at the texels when that has completed. */
static bool is_red_in_metal(id<MTLDevice> device, id<MTLTexture> texture) {
	id<MTLBuffer> texels = [device newBufferWithLength:SIZE * ROW options:MTLResourceStorageModeShared];
	id<MTLCommandQueue> queue = [device newCommandQueue];
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	[blit copyFromTexture:texture
			     sourceSlice:0
			     sourceLevel:0
			    sourceOrigin:MTLOriginMake(0, 0, 0)
			      sourceSize:MTLSizeMake(SIZE, SIZE, 1)
				toBuffer:texels
		       destinationOffset:0
		  destinationBytesPerRow:ROW
		destinationBytesPerImage:0];
	[blit endEncoding];
	__block bool is_red = false;
	[commands addCompletedHandler:^(id<MTLCommandBuffer> completed) {
	  is_red = [completed status] == MTLCommandBufferStatusCompleted && all_red([texels contents]);
	}];
	[commands commit];
	[commands waitUntilCompleted];
	return is_red;
}

int main(void) {
	@autoreleasepool {
		struct vulkan vk = open_vulkan();
		id<MTLDevice> device = get_device(&vk);
		id<MTLTexture> texture = make_texture(device);
		VkImage image;
		VkDeviceMemory texture_memory = import_texture(&vk, texture, &image);
		VkBuffer buffer;
		VkDeviceMemory buffer_memory = create_buffer(&vk, &buffer);
		id<MTLBuffer> copied = get_metal_buffer(&vk, buffer_memory);

		copy_in_vulkan(&vk, image, buffer);
		vkDestroyImage(vk.device, image, NULL);
		vkFreeMemory(vk.device, texture_memory, NULL);
		vkDestroyBuffer(vk.device, buffer, NULL);
		vkFreeMemory(vk.device, buffer_memory, NULL);
		close_vulkan(&vk);

		expect(all_red([copied contents]), "what Vulkan copied from Metal's texture");
		expect(is_red_in_metal(device, texture), "what Vulkan painted in Metal's texture");
		printf("Vulkan read and painted Metal's texture: %d texels the same\n", SIZE * SIZE);
	}
	return 0;
}
