/* SPDX-License-Identifier: MIT */
/* Figure: creating and destroying a resource that can be shared, against one that cannot. */
#include "bench.h"

#include "client/share.h"

static const struct tongs_context_image_info image_info = {
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
};

static bool prepare_image(struct tongs_bench_case *bench) {
	struct tongs_context_image_info info = image_info;

	info.extent = (VkExtent2D){(uint32_t)bench->size, (uint32_t)bench->size};
	if (tongs_share_can_image(bench->device->context.physical_device, &info))
		return true;
	bench->why_not = "the device shares no such image";
	return false;
}

static bool create_images(const struct tongs_bench_case *bench, const void *next, uint64_t count) {
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = next,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = image_info.format,
		.extent = {(uint32_t)bench->size, (uint32_t)bench->size, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = image_info.samples,
		.usage = image_info.usage,
	};
	VkDevice device = bench->device->context.device;
	VkImage image;

	for (; count; count--) {
		VkResult result = vkCreateImage(device, &info, NULL, &image);
		if (result != VK_SUCCESS)
			return tongs_vulkan_ok(result, "vkCreateImage");
		vkDestroyImage(device, image, NULL);
	}
	return true;
}

static bool create_shared_images(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return create_images(bench,
		&(VkExternalMemoryImageCreateInfo){
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
			.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
		},
		count);
}

static bool create_own_images(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return create_images(bench, NULL, count);
}

static bool create_buffers(const struct tongs_bench_case *bench, const void *next, uint64_t count) {
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = next,
		.size = bench->size,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	VkDevice device = bench->device->context.device;
	VkBuffer buffer;

	for (; count; count--) {
		VkResult result = vkCreateBuffer(device, &info, NULL, &buffer);
		if (result != VK_SUCCESS)
			return tongs_vulkan_ok(result, "vkCreateBuffer");
		vkDestroyBuffer(device, buffer, NULL);
	}
	return true;
}

static bool create_shared_buffers(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return create_buffers(bench,
		&(VkExternalMemoryBufferCreateInfo){
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
			.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		},
		count);
}

static bool create_own_buffers(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return create_buffers(bench, NULL, count);
}

const struct tongs_bench_figure tongs_bench_create[] = {
	{.name = "image, create + destroy",
		.yardstick_name = "no Metal type",
		.unit = TONGS_BENCH_SIDE,
		.sizes = {256},
		.prepare = prepare_image,
		.ours.operation = create_shared_images,
		.yardstick.operation = create_own_images},
	{.name = "buffer, create + destroy",
		.yardstick_name = "no Metal type",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {64 << 10},
		.ours.operation = create_shared_buffers,
		.yardstick.operation = create_own_buffers},
	{0},
};
