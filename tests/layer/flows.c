/* SPDX-License-Identifier: MIT */
/* Vulkan's side of the flows. */
#include "flows.h"

#include <stdlib.h>
#include <string.h>

#include "drawing.h"
#include "semaphores.h"

#include "texels_frag.h"

enum { WIDTH = 300, HEIGHT = 200, LAYERS = 3 };

const struct metal_flows *metal;

/* The plotting library. */

struct plotter {
	struct gpu gpu;
	VkBuffer buffer;
	VkDeviceMemory memory;
	VkSemaphore semaphore;
	struct staging log; /* Vulkan's words after each cycle */
	VkCommandBuffer commands[PLOT_CYCLES];
};

static void check_offer(struct gpu *gpu, VkBufferUsageFlags usage) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = MTLBUFFER,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(gpu->physical_device, &info, &properties);
	assert_true(
		properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
	assert_true(properties.externalMemoryProperties.compatibleHandleTypes & MTLBUFFER);
}

static void plotter_init(struct plotter *plotter) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT |
					 VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	struct gpu *gpu = &plotter->gpu;
	gpu_init(gpu, &OBJECTS);
	if (!gpu->has_timelines)
		gpu_finish_and_skip(gpu, "the driver has no timeline semaphores");
	check_offer(gpu, usage);
	plotter->buffer = make_buffer(gpu, PLOT_SIZE, usage, MTLBUFFER);
	plotter->memory = export_for_buffer(gpu, plotter->buffer, MTLBUFFER);
	staging_init(gpu, &plotter->log, PLOT_CYCLES * PLOT_BYTES);
	plotter->semaphore = make_semaphore(gpu, 0);
}

static void plotter_finish(struct plotter *plotter) {
	struct gpu *gpu = &plotter->gpu;
	vkFreeCommandBuffers(gpu->device, gpu->pool, PLOT_CYCLES, plotter->commands);
	staging_finish(gpu, &plotter->log);
	vkDestroySemaphore(gpu->device, plotter->semaphore, NULL);
	vkDestroyBuffer(gpu->device, plotter->buffer, NULL);
	vkFreeMemory(gpu->device, plotter->memory, NULL);
	gpu_finish_unrefused(gpu);
}

static void barrier(const struct plotter *plotter, VkCommandBuffer commands, uint32_t from, uint32_t to) {
	const VkBufferMemoryBarrier transfer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = plotter->buffer,
		.size = VK_WHOLE_SIZE,
	};
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 1, &transfer, 0, NULL);
}

/* The memory is undefined at first. Later cycles begin with what Metal left. */
static VkCommandBuffer record_cycle(struct plotter *plotter, uint32_t cycle) {
	const uint32_t family = plotter->gpu.queue_family;
	const VkBufferCopy take = {PLOT_METAL, PLOT_VULKAN + 4, PLOT_BYTES - 4},
			   note = {PLOT_VULKAN, (VkDeviceSize)(cycle - 1) * PLOT_BYTES, PLOT_BYTES};
	VkCommandBuffer commands = begin(&plotter->gpu);
	if (cycle == 1) {
		vkCmdFillBuffer(commands, plotter->buffer, 0, VK_WHOLE_SIZE, 0);
		barrier(plotter, commands, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
	} else {
		barrier(plotter, commands, VK_QUEUE_FAMILY_EXTERNAL, family);
	}
	vkCmdCopyBuffer(commands, plotter->buffer, plotter->buffer, 1, &take);
	vkCmdUpdateBuffer(commands, plotter->buffer, PLOT_VULKAN, 4, &cycle);
	barrier(plotter, commands, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
	vkCmdCopyBuffer(commands, plotter->buffer, plotter->log.buffer, 1, &note);
	barrier(plotter, commands, family, VK_QUEUE_FAMILY_EXTERNAL);
	const VkMemoryBarrier to_host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT,
	};
	vkCmdPipelineBarrier(
		commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host, 0, NULL, 0, NULL);
	assert_vk(vkEndCommandBuffer(commands));
	return commands;
}

/* Waits for the even value before, by the queue, and signals the odd one. */
static void submit_cycle(struct plotter *plotter, uint32_t cycle) {
	const uint64_t before = 2 * (uint64_t)(cycle - 1);
	plotter->commands[cycle - 1] = record_cycle(plotter, cycle);
	submit_commands(
		&plotter->gpu, plotter->semaphore, before, plotter->commands[cycle - 1], before + 1, VK_NULL_HANDLE);
}

/* The words of one side, as they come from the other's. */
static void move_on(uint32_t *to, const uint32_t *from, uint32_t first) {
	memcpy(to + 1, from, PLOT_BYTES - 4);
	to[0] = first;
}

/* Metal fills with a byte. */
static void check_words(const uint32_t *vulkan_log, const uint32_t *metal_log) {
	uint32_t vulkan_words[PLOT_WORDS], metal_words[PLOT_WORDS] = {0};
	for (uint32_t cycle = 1; cycle <= PLOT_CYCLES; cycle++) {
		const size_t at = (size_t)(cycle - 1) * PLOT_WORDS;
		move_on(vulkan_words, metal_words, cycle);
		if (memcmp(vulkan_log + at, vulkan_words, PLOT_BYTES) != 0)
			fail_msg("Vulkan's words differ in cycle %u: %#x, %#x", cycle, vulkan_log[at],
				vulkan_log[at + 1]);
		move_on(metal_words, vulkan_words, (cycle & 0xff) * 0x01010101u);
		if (memcmp(metal_log + at, metal_words, PLOT_BYTES) != 0)
			fail_msg("Metal's words differ in cycle %u: %#x, %#x", cycle, metal_log[at], metal_log[at + 1]);
	}
}

/* A plotting library: a dedicated buffer is handed over and back in every cycle, by odd values of a shared event from
 * Vulkan to Metal and even ones back, and no CPU waits. */
void plotting_library(void **state) {
	static struct plotter plotter;
	(void)state;
	plotter_init(&plotter);
	void *plot = metal->plot_begin(handle_of(&plotter.gpu, plotter.memory, MTLBUFFER),
		event_object(&plotter.gpu, plotter.semaphore, VK_NULL_HANDLE));
	for (uint32_t cycle = 1; cycle <= PLOT_CYCLES; cycle++) {
		submit_cycle(&plotter, cycle);
		metal->plot_cycle(plot, 2 * cycle - 1);
	}
	assert_vk(wait_vulkan(&plotter.gpu, plotter.semaphore, 2 * PLOT_CYCLES));
	assert_int_equal(counter(&plotter.gpu, plotter.semaphore), 2 * PLOT_CYCLES);
	check_words(plotter.log.bytes, metal->plot_finish(plot));
	metal->plot_end(plot);
	assert_vk(vkQueueWaitIdle(plotter.gpu.queue));
	assert_reported(&plotter.gpu, NULL);
	plotter_finish(&plotter);
}

/* Images. */

/* An upscaler: a render target's heap, from whose properties a texture at offset 0 is made, and worked on. */
static void upscaler(VkFormat format, MTLPixelFormat metal_format, size_t texel) {
	static uint8_t before[WIDTH * HEIGHT * 8], after[sizeof(before)], got[sizeof(before)];
	const size_t size = WIDTH * HEIGHT * texel;
	VkMemoryRequirements requirements;
	struct gpu gpu;
	gpu_init(&gpu, &OBJECTS);
	VkImageCreateInfo create = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_STORAGE_BIT;
	VkImage image = make_image(&gpu, &create, MTLHEAP);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	/* It prefers device-local memory, and accepts any other. */
	const VkMemoryPropertyFlags wanted = has_unified_memory(&gpu) ? VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT : 0;
	VkDeviceMemory memory = export_memory(&gpu, requirements.size,
		pick_type(&gpu, requirements.memoryTypeBits, wanted), MTLHEAP, image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	fill_texels(before, size, tongs_format_from_vk(format), 61);
	fill_texels(after, size, tongs_format_from_vk(format), 62);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, before, size);
	gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	metal->upscale(handle_of(&gpu, memory, MTLHEAP),
		&(struct upscaling){metal_format, WIDTH, HEIGHT, texel, size, requirements.size, before, after});
	gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, VK_QUEUE_FAMILY_EXTERNAL, gpu.queue_family);
	gpu_read_image(&gpu, image, WIDTH, HEIGHT, got, size);
	assert_memory_equal(got, after, size);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish_unrefused(&gpu);
}

void upscaler_rgba8(void **state) {
	(void)state;
	upscaler(VK_FORMAT_R8G8B8A8_UNORM, MTLPixelFormatRGBA8Unorm, 4);
}

void upscaler_rgba16f(void **state) {
	(void)state;
	upscaler(VK_FORMAT_R16G16B16A16_SFLOAT, MTLPixelFormatRGBA16Float, 8);
}

static VkDeviceMemory import_texture(struct gpu *gpu, void *texture, VkImage image) {
	VkDeviceMemory memory;
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 0, pick_type(gpu, handle_types(gpu, MTLTEXTURE, texture), 0),
		image, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	assert_ptr_equal(handle_of(gpu, memory, MTLTEXTURE), texture);
	return memory;
}

/* A compositor runtime: Metal's texture is imported, exported as the same pointer, read and written. */
static void compositor(uint32_t layers) {
	static uint8_t before[WIDTH * HEIGHT * 4 * LAYERS], after[sizeof(before)], got[sizeof(before)];
	const size_t size = (size_t)WIDTH * HEIGHT * 4;
	const struct tongs_format *format = tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
	struct gpu gpu;
	gpu_init(&gpu, &OBJECTS);
	if (getenv("TONGS_TESTS_CANNOT_EXECUTE"))
		gpu_finish_and_skip(&gpu, "Metal's copies are not executed");
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	create.arrayLayers = layers;
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	fill_noise(before, size * layers, 81);
	fill_noise(after, size * layers, 82);
	void *texture = metal->new_texture(device_object(&gpu), WIDTH, HEIGHT, layers, before);
	VkDeviceMemory memory = import_texture(&gpu, texture, image);
	gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, VK_QUEUE_FAMILY_EXTERNAL, gpu.queue_family);
	for (uint32_t layer = 0; layer < layers; layer++) {
		const struct slice slice = slice_at(&create, format, layer);
		gpu_read_slice(&gpu, image, format, &slice, got + layer * size);
		gpu_write_slice(&gpu, image, format, &slice, after + layer * size);
	}
	assert_memory_equal(got, before, size * layers);
	gpu_transfer_image(&gpu, image, VK_IMAGE_ASPECT_COLOR_BIT, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	metal->read_texture(texture, WIDTH, HEIGHT, layers, got);
	assert_memory_equal(got, after, size * layers);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	metal->release(texture);
	gpu_finish_unrefused(&gpu);
}

void compositor_2d(void **state) {
	(void)state;
	compositor(1);
}

void compositor_2d_array(void **state) {
	(void)state;
	compositor(LAYERS);
}

static bool begins_with_texels(struct gpu *gpu, VkImage image) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	VkSubresourceLayout layout;
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layout);
	return layout.offset == 0;
}

/* A picture over the whole image, whose contents are undefined. */
static void draw_picture(struct gpu *gpu, VkImage image, uint32_t seed) {
	VkImageCreateInfo create = image_info(VK_FORMAT_D32_SFLOAT, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.usage = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	VkImage depth = make_image(gpu, &create, 0);
	VkDeviceMemory memory = export_for_image(gpu, depth, 0);
	const struct drawing_info info = {
		.color = image,
		.color_format = VK_FORMAT_B8G8R8A8_UNORM,
		.depth = depth,
		.depth_format = VK_FORMAT_D32_SFLOAT,
		.extent = {WIDTH, HEIGHT},
		.load = VK_ATTACHMENT_LOAD_OP_CLEAR,
		.clear = {[1].depthStencil.depth = 1},
		.fragment = SHADER(texels_frag),
	};
	const struct draw all = {
		{{0, 0}, {WIDTH, HEIGHT}},
		constants_for(picture_format_of(VK_FORMAT_B8G8R8A8_UNORM), seed),
	};
	gpu_to_general(gpu, image, tongs_format_from_vk(VK_FORMAT_B8G8R8A8_UNORM), VK_IMAGE_LAYOUT_UNDEFINED,
		VK_QUEUE_FAMILY_IGNORED);
	gpu_to_general(gpu, depth, tongs_format_from_vk(VK_FORMAT_D32_SFLOAT), VK_IMAGE_LAYOUT_UNDEFINED,
		VK_QUEUE_FAMILY_IGNORED);
	draw(gpu, &info, &all, 1);
	vkDestroyImage(gpu->device, depth, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* A compositor runtime: Vulkan draws, and the CPU finds the picture in the surface. */
void compositor_surface(void **state) {
	static uint8_t got[WIDTH * HEIGHT * 4];
	const struct picture_format *format = picture_format_of(VK_FORMAT_B8G8R8A8_UNORM);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	VkImageCreateInfo create = image_info(format->vulkan, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	if (getenv("TONGS_TESTS_CANNOT_EXECUTE") || !can_share_image(&gpu, &create, MTLTEXTURE))
		gpu_finish_and_skip(&gpu, "the device shares no LINEAR image to draw into");
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	void *surface, *texture = metal->new_surface_texture(device_object(&gpu), WIDTH, HEIGHT, &surface);
	const bool importable = handle_types(&gpu, MTLTEXTURE, texture) && begins_with_texels(&gpu, image);
	if (importable) {
		VkDeviceMemory memory = import_texture(&gpu, texture, image);
		draw_picture(&gpu, image, 91);
		metal->read_surface(surface, WIDTH, HEIGHT, got);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
			uint8_t wanted[4];
			pack_texel(format, texel_at(i % WIDTH, i / WIDTH, 0, 91), wanted);
			if (memcmp(got + (size_t)i * 4, wanted, 4) != 0)
				fail_msg("the surface differs at %u, %u", i % WIDTH, i / WIDTH);
		}
	} else {
		vkDestroyImage(gpu.device, image, NULL);
	}
	metal->release(texture);
	metal->release(surface);
	if (!importable)
		gpu_finish_and_skip(&gpu, "the driver cannot import a surface's pages for images");
	gpu_finish_unrefused(&gpu);
}

/* The machine-learning trainer. */

static VkDeviceMemory import_with_address(struct gpu *gpu, void *handle, VkBuffer buffer) {
	const VkMemoryAllocateFlagsInfo flags = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = &flags,
		.handleType = MTLBUFFER,
		.handle = handle,
	};
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	vkGetBufferMemoryRequirements(gpu->device, buffer, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = requirements.size,
		.memoryTypeIndex =
			pick_type(gpu, requirements.memoryTypeBits & handle_types(gpu, MTLBUFFER, handle), 0),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	return memory;
}

/* The device address of a Vulkan buffer that is bound to an imported Metal buffer is its gpuAddress. */
void trainer(void **state) {
	enum { LENGTH = 40000 };
	static uint8_t sent[LENGTH], got[LENGTH];
	uint64_t reported;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OBJECTS);
	if (!gpu.has_addresses)
		gpu_finish_and_skip(&gpu, "the driver has no buffer device addresses");
	fill_noise(sent, LENGTH, 101);
	void *handle = metal->new_buffer(device_object(&gpu), sent, LENGTH, &reported);
	VkBuffer buffer = make_buffer(&gpu, LENGTH,
		VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT |
			VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
		MTLBUFFER);
	VkDeviceMemory memory = import_with_address(&gpu, handle, buffer);
	const VkBufferDeviceAddressInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
		.buffer = buffer,
	};
	const uint64_t address = vkGetBufferDeviceAddress(gpu.device, &info);
	const bool executes = !getenv("TONGS_TESTS_CANNOT_EXECUTE");
	if (executes)
		gpu_read_buffer(&gpu, buffer, 0, got, LENGTH);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	metal->release(handle);
	if (executes)
		assert_memory_equal(got, sent, LENGTH);
	assert_true(reported || !has_unified_memory(&gpu));
	if (!reported)
		gpu_finish_and_skip(&gpu, "gpuAddress is 0, because every VkDevice has its own addresses");
	assert_true(address == reported);
	gpu_finish_unrefused(&gpu);
}
