/* SPDX-License-Identifier: MIT */
/* Ownership that is released to external users and acquired back, contents that are discarded, and contents from before
 * the first transition. */
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

enum { WIDTH = 45, HEIGHT = 30, SIZE = 20000, CYCLES = 4 };

/* Colour, whose texels the host can access, and depth, whose layout only the driver knows. */
static const VkFormat cycled[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_D32_SFLOAT};

/* A shared picture, and the texels last sent to it. */
struct picture {
	struct gpu *gpu;
	const struct tongs_format *format;
	struct slice slice;
	VkImageCreateInfo info;
	VkImage image;
	VkDeviceMemory memory;
	struct tongs_texture *texture;
	uint8_t sent[WIDTH * HEIGHT * 4];
};

static void picture_create(
	struct picture *picture, struct gpu *gpu, VkFormat format, VkImageTiling tiling, VkImageLayout layout) {
	*picture = (struct picture){
		.gpu = gpu, .format = tongs_format_from_vk(format), .info = image_info(format, WIDTH, HEIGHT, tiling)};
	picture->info.initialLayout = layout;
	picture->slice = slice_at(&picture->info, picture->format, 0);
	picture->image = make_image(gpu, &picture->info, MTLTEXTURE);
}

static void picture_export(struct picture *picture) {
	picture->memory = export_for_image(picture->gpu, picture->image, MTLTEXTURE);
	picture->texture = handle_of(picture->gpu, picture->memory, MTLTEXTURE);
}

static void picture_import(struct picture *picture, struct tongs_texture *texture) {
	struct gpu *gpu = picture->gpu;
	picture->texture = texture;
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 0, pick_type(gpu, handle_types(gpu, MTLTEXTURE, texture), 0),
		picture->image, &picture->memory));
	assert_vk(vkBindImageMemory(gpu->device, picture->image, picture->memory, 0));
}

static void picture_init(struct picture *picture, struct gpu *gpu, VkFormat format) {
	picture_create(picture, gpu, format, VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_LAYOUT_UNDEFINED);
	picture_export(picture);
}

static void picture_finish(struct picture *picture) {
	vkDestroyImage(picture->gpu->device, picture->image, NULL);
	vkFreeMemory(picture->gpu->device, picture->memory, NULL);
}

static void vulkan_writes(struct picture *picture, uint32_t seed) {
	fill_texels(picture->sent, picture->slice.size, picture->format, seed);
	gpu_write_slice(picture->gpu, picture->image, picture->format, &picture->slice, picture->sent);
}

static void metal_writes(struct picture *picture, uint32_t seed) {
	fill_texels(picture->sent, picture->slice.size, picture->format, seed);
	assert_true(metal_write_slice(picture->gpu, picture->texture, &picture->info, &picture->slice, picture->sent));
}

static void vulkan_reads(const struct picture *picture, const uint8_t *wanted) {
	static uint8_t got[sizeof(picture->sent)];
	gpu_read_slice(picture->gpu, picture->image, picture->format, &picture->slice, got);
	assert_memory_equal(got, wanted, picture->slice.size);
}

static void metal_reads(const struct picture *picture) {
	static uint8_t got[sizeof(picture->sent)];
	assert_true(metal_read_slice(picture->gpu, picture->texture, &picture->info, &picture->slice, got));
	assert_memory_equal(got, picture->sent, picture->slice.size);
}

/* From `layout` to GENERAL, and from one family to another. */
static void transfer(const struct picture *picture, VkImageLayout layout, uint32_t from, uint32_t to) {
	const bool depth = picture->format->aspects & VK_IMAGE_ASPECT_DEPTH_BIT;
	const VkImageMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
		.oldLayout = layout,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = picture->image,
		.subresourceRange = {depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkCommandBuffer commands = begin(picture->gpu);
	vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
		NULL, 0, NULL, 1, &barrier);
	submit(picture->gpu, commands);
}

static void release(const struct picture *picture, uint32_t outside) {
	transfer(picture, VK_IMAGE_LAYOUT_GENERAL, picture->gpu->queue_family, outside);
}

static void acquire(const struct picture *picture, uint32_t outside) {
	transfer(picture, VK_IMAGE_LAYOUT_GENERAL, outside, picture->gpu->queue_family);
}

static void discard(const struct picture *picture) {
	transfer(picture, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
}

/* Not supported in host memory: never on unified memory, and never for the first format. */
static bool is_out_of_reach(struct gpu *gpu, VkFormat format) {
	const VkImageCreateInfo info = image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	return format != cycled[0] && !has_unified_memory(gpu) && !can_share_image(gpu, &info, MTLTEXTURE);
}

static void image_cycles(struct gpu *gpu, VkFormat format, uint32_t outside) {
	static struct picture picture;
	if (is_out_of_reach(gpu, format))
		return;
	picture_init(&picture, gpu, format);
	discard(&picture);
	for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
		vulkan_writes(&picture, 2 * cycle);
		release(&picture, outside);
		metal_reads(&picture);
		metal_writes(&picture, 2 * cycle + 1);
		acquire(&picture, outside);
		vulkan_reads(&picture, picture.sent);
	}
	picture_finish(&picture);
}

static void buffer_cycles(struct gpu *gpu, uint32_t outside) {
	static uint8_t sent[SIZE], got[SIZE];
	VkBuffer buffer =
		make_buffer(gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(gpu, buffer, MTLBUFFER);
	struct tongs_buffer *metal = handle_of(gpu, memory, MTLBUFFER);
	for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
		fill_noise(sent, SIZE, 2 * cycle);
		gpu_write_buffer(gpu, buffer, 0, sent, SIZE);
		gpu_transfer_buffer(gpu, buffer, gpu->queue_family, outside);
		metal_read_buffer(gpu, metal, 0, got, SIZE);
		assert_memory_equal(got, sent, SIZE);
		fill_noise(sent, SIZE, 2 * cycle + 1);
		metal_write_buffer(gpu, metal, 0, sent, SIZE);
		gpu_transfer_buffer(gpu, buffer, outside, gpu->queue_family);
		gpu_read_buffer(gpu, buffer, 0, got, SIZE);
		assert_memory_equal(got, sent, SIZE);
	}
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void cycles(struct gpu *gpu, uint32_t outside) {
	for (size_t i = 0; i < sizeof(cycled) / sizeof(*cycled); i++)
		image_cycles(gpu, cycled[i], outside);
	buffer_cycles(gpu, outside);
}

static void to_and_from_external(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	cycles(&gpu, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_finish(&gpu);
}

static bool has_foreign(struct gpu *gpu) {
	uint32_t count;
	bool found = false;
	assert_vk(vkEnumerateDeviceExtensionProperties(gpu->physical_device, NULL, &count, NULL));
	VkExtensionProperties *extensions = calloc(count, sizeof(*extensions));
	assert_vk(vkEnumerateDeviceExtensionProperties(gpu->physical_device, NULL, &count, extensions));
	for (uint32_t i = 0; i < count; i++)
		found |= strcmp(extensions[i].extensionName, VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME) == 0;
	free(extensions);
	return found;
}

static void to_and_from_foreign(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	bool found = has_foreign(&gpu);
	gpu_finish(&gpu);
	if (!found)
		skip();
	gpu_init(&gpu, &(struct gpu_options){.with_foreign = true});
	cycles(&gpu, VK_QUEUE_FAMILY_FOREIGN_EXT);
	gpu_finish(&gpu);
}

/* Back and forth between two devices, with Metal in between. */
static void between_two_devices(void **state) {
	static struct picture here, there;
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	for (size_t i = 0; i < sizeof(cycled) / sizeof(*cycled) && !is_out_of_reach(&gpu, cycled[i]); i++) {
		picture_init(&here, &gpu, cycled[i]);
		picture_create(&there, &other, cycled[i], VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_LAYOUT_UNDEFINED);
		picture_import(&there, here.texture);
		discard(&here);
		for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
			vulkan_writes(&here, 3 * cycle);
			release(&here, VK_QUEUE_FAMILY_EXTERNAL);
			acquire(&there, VK_QUEUE_FAMILY_EXTERNAL);
			vulkan_reads(&there, here.sent);
			vulkan_writes(&there, 3 * cycle + 1);
			release(&there, VK_QUEUE_FAMILY_EXTERNAL);
			metal_reads(&there);
			metal_writes(&there, 3 * cycle + 2);
			acquire(&here, VK_QUEUE_FAMILY_EXTERNAL);
			vulkan_reads(&here, there.sent);
		}
		picture_finish(&there);
		picture_finish(&here);
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* Earlier contents may be lost; everything written after the discard is kept, whichever side writes it. */
static void discarded_and_rewritten(void **state) {
	static struct picture picture;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(cycled) / sizeof(*cycled) && !is_out_of_reach(&gpu, cycled[i]); i++) {
		picture_init(&picture, &gpu, cycled[i]);
		for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
			metal_writes(&picture, 3 * cycle);
			discard(&picture);
			vulkan_writes(&picture, 3 * cycle + 1);
			metal_reads(&picture);
			discard(&picture);
			metal_writes(&picture, 3 * cycle + 2);
			vulkan_reads(&picture, picture.sent);
		}
		picture_finish(&picture);
	}
	gpu_finish(&gpu);
}

static void host_writes(struct picture *picture, uint32_t seed) {
	const VkImageSubresource subresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0};
	const struct slice *slice = &picture->slice;
	VkDevice device = picture->gpu->device;
	VkSubresourceLayout layout;
	void *mapped;
	fill_texels(picture->sent, slice->size, picture->format, seed);
	vkGetImageSubresourceLayout(device, picture->image, &subresource, &layout);
	assert_vk(vkMapMemory(device, picture->memory, 0, VK_WHOLE_SIZE, 0, &mapped));
	for (uint32_t y = 0; y < HEIGHT; y++)
		memcpy((char *)mapped + layout.offset + y * layout.rowPitch, picture->sent + y * slice->row_bytes,
			slice->row_bytes);
	vkUnmapMemory(device, picture->memory);
}

enum beginning { METAL_WRITES_AN_EXPORT, HOST_WRITES_AN_EXPORT, METAL_WRITES_BEFORE_THE_IMPORT, BEGINNINGS };

/* A LINEAR image keeps what was written before its first transition. */
static void preinitialize(struct gpu *gpu, VkFormat format, enum beginning beginning) {
	static struct picture picture, source;
	picture_create(&picture, gpu, format, VK_IMAGE_TILING_LINEAR, VK_IMAGE_LAYOUT_PREINITIALIZED);
	if (beginning == METAL_WRITES_BEFORE_THE_IMPORT) {
		picture_create(&source, gpu, format, VK_IMAGE_TILING_LINEAR, VK_IMAGE_LAYOUT_UNDEFINED);
		picture_export(&source);
		metal_writes(&source, 7);
		memcpy(picture.sent, source.sent, sizeof(source.sent));
		picture_import(&picture, source.texture);
		picture_finish(&source);
	} else {
		picture_export(&picture);
		if (beginning == HOST_WRITES_AN_EXPORT)
			host_writes(&picture, 7);
		else
			metal_writes(&picture, 7);
	}
	transfer(&picture, VK_IMAGE_LAYOUT_PREINITIALIZED, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED);
	vulkan_reads(&picture, picture.sent);
	metal_reads(&picture);
	picture_finish(&picture);
}

/* VUID-VkImageCreateInfo-pNext-01443 requires external images to begin UNDEFINED, and the validation layer would report
 * it. Drivers preserve the contents all the same, and programs that fill LINEAR images through mappings rely on it. */
static void preinitialized_linear_images(void **state) {
	struct gpu gpu;
	(void)state;
	const char *layers = getenv("VK_INSTANCE_LAYERS");
	char *saved = layers ? strdup(layers) : NULL;
	setenv("VK_INSTANCE_LAYERS", "VK_LAYER_TONGS_metal_interop", 1);
	gpu_init(&gpu, NULL);
	for (enum beginning beginning = 0; beginning < BEGINNINGS; beginning++) {
		preinitialize(&gpu, VK_FORMAT_R8G8B8A8_UNORM, beginning);
		preinitialize(&gpu, VK_FORMAT_R32_UINT, beginning);
	}
	gpu_finish(&gpu);
	if (saved)
		setenv("VK_INSTANCE_LAYERS", saved, 1);
	free(saved);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_and_from_external),
		cmocka_unit_test(to_and_from_foreign),
		cmocka_unit_test(between_two_devices),
		cmocka_unit_test(discarded_and_rewritten),
		cmocka_unit_test(preinitialized_linear_images),
	};
	return cmocka_run_group_tests_name("layer: ownership", tests, NULL, NULL);
}
