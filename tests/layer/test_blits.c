/* SPDX-License-Identifier: MIT */
/* What Vulkan wrote is seen by Metal's blits, and the other way round, round after round: exports and imports, images
 * of every kind of format and shape, and buffers. */
#include <string.h>

#include "texels.h"

enum { ROUNDS = 4, SIZE = 20000 };

static struct gpu gpu;
static struct tongs_device *device;
static struct tongs_command_queue *queue;

static const VkFormat formats[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_R8_UINT,
	VK_FORMAT_BC7_UNORM_BLOCK, VK_FORMAT_D32_SFLOAT};

static const struct {
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkImageCreateFlags flags;
} shapes[] = {
	{VK_IMAGE_TYPE_2D, {45, 30, 1}, 1, 1, 0},
	{VK_IMAGE_TYPE_2D, {64, 36, 1}, 5, 3, 0},
	{VK_IMAGE_TYPE_2D, {32, 32, 1}, 2, 6, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{VK_IMAGE_TYPE_3D, {20, 12, 7}, 3, 1, 0},
};

static int init(void **state) {
	(void)state;
	gpu_init(&gpu, NULL);
	return 0;
}

static int finish(void **state) {
	(void)state;
	gpu_finish(&gpu);
	return 0;
}

/* Of the device of an object that Vulkan exports. */
static void open_queue(struct tongs_device *of) {
	device = tongs_device_ref(of);
	queue = tongs_device_new_command_queue(device);
	assert_non_null(queue);
}

static void close_queue(void) {
	tongs_command_queue_unref(queue);
	tongs_device_unref(device);
}

struct pass {
	struct tongs_command_buffer *commands;
	struct tongs_encoder *encoder;
};

static struct pass pass_begin(void) {
	struct pass pass = {.commands = tongs_command_queue_new_command_buffer(queue)};
	pass.encoder = tongs_command_buffer_new_blit_encoder(pass.commands);
	assert_non_null(pass.encoder);
	return pass;
}

static void pass_finish(struct pass *pass) {
	tongs_encoder_end(pass->encoder);
	tongs_encoder_unref(pass->encoder);
	assert_true(tongs_command_buffer_commit(pass->commands));
	tongs_command_buffer_wait_until_completed(pass->commands);
	assert_int_equal(tongs_command_buffer_get_status(pass->commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(pass->commands);
}

/* All levels and layers between two families: the extension's rule for what Metal uses in between. */
static void transfer(
	VkImage image, const struct tongs_format *format, VkImageLayout layout, uint32_t from, uint32_t to) {
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = layout,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = image,
		.subresourceRange = {format->aspects, 0, VK_REMAINING_MIP_LEVELS, 0, VK_REMAINING_ARRAY_LAYERS},
	};
	VkCommandBuffer commands = begin(&gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(&gpu, commands);
}

/* The slice's texels in a buffer of Metal's: read, or written. */
static void blit_slice(
	struct tongs_texture *texture, const struct slice *slice, struct tongs_buffer *buffer, bool writes) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	const MTLSize size = MTLSizeMake(slice->extent.width, slice->extent.height, slice->extent.depth);
	struct pass pass = pass_begin();
	if (writes)
		tongs_blit_copy_buffer_to_texture(pass.encoder, buffer, 0, slice->row_bytes, slice->image_bytes, size,
			texture, slice->layer, slice->level, zero, 0);
	else
		tongs_blit_copy_texture_to_buffer(pass.encoder, texture, slice->layer, slice->level, zero, size, buffer,
			0, slice->row_bytes, slice->image_bytes, 0);
	pass_finish(&pass);
}

static void compare_slice(VkImage image, struct tongs_texture *texture, const struct tongs_format *format,
	const struct slice *slice, uint32_t seed) {
	static uint8_t sent[SIZE], got[SIZE];
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	assert_true(slice->size <= SIZE);
	fill_texels(sent, slice->size, format, seed);
	gpu_write_slice(&gpu, image, format, slice, sent);
	transfer(image, format, VK_IMAGE_LAYOUT_GENERAL, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	blit_slice(texture, slice, buffer, false);
	assert_memory_equal(tongs_buffer_get_contents(buffer), sent, slice->size);

	fill_texels(sent, slice->size, format, seed + 1);
	memcpy(tongs_buffer_get_contents(buffer), sent, slice->size);
	blit_slice(texture, slice, buffer, true);
	transfer(image, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL, gpu.queue_family);
	gpu_read_slice(&gpu, image, format, slice, got);
	assert_memory_equal(got, sent, slice->size);
	tongs_buffer_unref(buffer);
}

static void compare_image(VkImage image, struct tongs_texture *texture, const VkImageCreateInfo *info) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	transfer(image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < slice_count(info); i++) {
			const struct slice slice = slice_at(info, format, i);
			compare_slice(image, texture, format, &slice, (uint32_t)(round * 100 + i));
		}
}

static VkImageCreateInfo make_info(size_t format, size_t shape) {
	VkImageCreateInfo info = image_info(
		formats[format], shapes[shape].extent.width, shapes[shape].extent.height, VK_IMAGE_TILING_OPTIMAL);
	info.imageType = shapes[shape].type;
	info.extent = shapes[shape].extent;
	info.mipLevels = shapes[shape].levels;
	info.arrayLayers = shapes[shape].layers;
	info.flags = shapes[shape].flags;
	return info;
}

static bool is_exportable(const VkImageCreateInfo *info) {
	const bool depth = info->format == VK_FORMAT_D32_SFLOAT;
	return !(depth && info->imageType == VK_IMAGE_TYPE_3D) && can_share_image(&gpu, info, MTLTEXTURE);
}

static void exported_images(void **state) {
	size_t count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		for (size_t shape = 0; shape < sizeof(shapes) / sizeof(*shapes); shape++) {
			const VkImageCreateInfo info = make_info(i, shape);
			if (!is_exportable(&info))
				continue;
			VkImage image = make_image(&gpu, &info, MTLTEXTURE);
			VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
			struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
			open_queue(tongs_resource_get_device(tongs_texture_get_resource(texture)));
			compare_image(image, texture, &info);
			close_queue();
			vkDestroyImage(gpu.device, image, NULL);
			vkFreeMemory(gpu.device, memory, NULL);
			count++;
		}
	print_message("%zu exported images\n", count);
	if (!count)
		skip();
}

/* Textures that Metal made. */
static void imported_images(void **state) {
	size_t count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		const VkImageCreateInfo info = make_info(i, 0);
		const struct tongs_format *format = tongs_format_from_vk(info.format);
		if (!is_exportable(&info))
			continue;
		struct tongs_device *metal = tongs_device_new_default();
		struct tongs_texture_info texture_info =
			tongs_texture_info_2d(format->mtl_format, info.extent.width, info.extent.height);
		texture_info.usage =
			MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite | MTLTextureUsageRenderTarget;
		texture_info.resource_options = MTLResourceStorageModePrivate;
		struct tongs_texture *texture = tongs_device_new_texture(metal, &texture_info);
		assert_non_null(texture);
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory;
		assert_vk(try_import(&gpu, MTLTEXTURE, texture, 0,
			pick_type(&gpu, handle_types(&gpu, MTLTEXTURE, texture), 0), image, &memory));
		assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
		open_queue(metal);
		compare_image(image, texture, &info);
		close_queue();
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		tongs_texture_unref(texture);
		tongs_device_unref(metal);
		count++;
	}
	print_message("%zu imported images\n", count);
	if (!count)
		skip();
}

static void compare_buffers(struct tongs_buffer *shared, VkBuffer buffer) {
	static uint8_t noise[SIZE], got[SIZE];
	struct tongs_buffer *plain = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		fill_noise(noise, SIZE, 2 * round);
		gpu_write_buffer(&gpu, buffer, 0, noise, SIZE);
		gpu_transfer_buffer(&gpu, buffer, gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
		struct pass pass = pass_begin();
		tongs_blit_copy_buffer(pass.encoder, shared, 0, plain, 0, SIZE);
		tongs_blit_fill_buffer(pass.encoder, shared, 3, SIZE - 4, (uint8_t)(round + 1));
		pass_finish(&pass);
		assert_memory_equal(tongs_buffer_get_contents(plain), noise, SIZE);
		memset(noise + 3, (int)round + 1, SIZE - 4);
		gpu_transfer_buffer(&gpu, buffer, VK_QUEUE_FAMILY_EXTERNAL, gpu.queue_family);
		gpu_read_buffer(&gpu, buffer, 0, got, SIZE);
		assert_memory_equal(got, noise, SIZE);
	}
	tongs_buffer_unref(plain);
}

static void exported_buffers(void **state) {
	(void)state;
	VkBuffer buffer =
		make_buffer(&gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	struct tongs_buffer *shared = handle_of(&gpu, memory, MTLBUFFER);
	open_queue(tongs_resource_get_device(tongs_buffer_get_resource(shared)));
	compare_buffers(shared, buffer);
	close_queue();
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
}

static void compare_odd_sizes(VkExternalMemoryHandleTypeFlags types) {
	const VkBufferUsageFlags copies = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	VkBuffer buffer = make_buffer(&gpu, SIZE, copies, types);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	for (uint32_t rest = requirements.memoryTypeBits; rest; rest &= rest - 1) {
		const uint32_t type = pick_type(&gpu, rest & -rest, 0);
		buffer = make_buffer(&gpu, SIZE, copies, types);
		VkDeviceMemory memory =
			export_memory(&gpu, requirements.size + 1, type, types, VK_NULL_HANDLE, VK_NULL_HANDLE);
		assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
		struct tongs_buffer *shared = handle_of(&gpu, memory, MTLBUFFER);
		assert_int_equal(tongs_buffer_get_length(shared), requirements.size + 1);
		open_queue(tongs_resource_get_device(tongs_buffer_get_resource(shared)));
		compare_buffers(shared, buffer);
		close_queue();
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
}

/* Memory may be larger than the buffer that it is for, by any number of bytes, and the MTLBuffer is all of it. */
static void buffers_of_odd_sizes(void **state) {
	(void)state;
	compare_odd_sizes(MTLBUFFER);
	if (can_combine(&gpu))
		compare_odd_sizes(MTLBUFFER | MTLHEAP);
}

/* A buffer that Metal places in a heap which is Vulkan's memory, Private where heaps are. */
static void buffers_in_heaps(void **state) {
	(void)state;
	VkBuffer buffer =
		make_buffer(&gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLHEAP);
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	open_queue(tongs_heap_get_device(heap));
	struct tongs_buffer *shared = tongs_heap_new_buffer_at(heap, SIZE, tongs_heap_get_resource_options(heap), 0);
	assert_non_null(shared);
	compare_buffers(shared, buffer);
	tongs_buffer_unref(shared);
	close_queue();
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_images),
		cmocka_unit_test(imported_images),
		cmocka_unit_test(exported_buffers),
		cmocka_unit_test(buffers_of_odd_sizes),
		cmocka_unit_test(buffers_in_heaps),
	};
	return cmocka_run_group_tests_name("layer: blits", tests, init, finish);
}
