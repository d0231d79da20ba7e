/* SPDX-License-Identifier: MIT */
/* What a freed allocation held is never seen by the next one, whether Vulkan or Metal made either. */
#include <stdlib.h>
#include <string.h>

#include "metal_side.h"

enum { ROUNDS = 40 };

static const VkDeviceSize sizes[] = {4096, 20000, 256 << 10, 300 << 10, 2 << 20, (2 << 20) + 4096};

static bool is_zero(const uint8_t *bytes, size_t size) {
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Read through one side and overwritten through the other. */
static void exported_buffer(struct gpu *gpu, VkDeviceSize size, VkExternalMemoryHandleTypeFlags types) {
	VkBuffer buffer =
		make_buffer(gpu, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, types);
	VkDeviceMemory memory = export_for_buffer(gpu, buffer, types);
	uint8_t *copy = malloc(size);
	assert_non_null(copy);
	gpu_read_buffer(gpu, buffer, 0, copy, size);
	assert_true(is_zero(copy, size));
	if (types & MTLBUFFER) {
		metal_read_buffer(gpu, handle_of(gpu, memory, MTLBUFFER), 0, copy, size);
		assert_true(is_zero(copy, size));
	}
	memset(copy, 0xa5, size);
	gpu_write_buffer(gpu, buffer, 0, copy, size);
	free(copy);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void metal_buffer(struct tongs_device *device, VkDeviceSize size) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	assert_true(is_zero(tongs_buffer_get_contents(buffer), size));
	memset(tongs_buffer_get_contents(buffer), 0x5a, size);
	tongs_buffer_unref(buffer);
}

static void exported_texture(struct gpu *gpu, VkFormat format, uint32_t width, uint32_t height) {
	VkImageCreateInfo create = image_info(format, width, height, VK_IMAGE_TILING_OPTIMAL);
	create.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	if (!can_share_image(gpu, &create, MTLTEXTURE))
		return;
	VkImage image = make_image(gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = handle_of(gpu, memory, MTLTEXTURE);
	const size_t size = (size_t)width * height * 4;
	uint8_t *texels = malloc(size);
	assert_non_null(texels);
	memset(texels, 0xff, size);
	assert_true(metal_read_image(gpu, texture, &create, texels));
	assert_true(is_zero(texels, size));
	/* As a depth, 0.58. */
	for (size_t i = 0; i < size; i++)
		texels[i] = i % 4 == 3 ? 0x3f : 0x15;
	assert_true(metal_write_image(gpu, texture, &create, texels));
	free(texels);
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void nobody_sees_what_was_freed(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	for (size_t i = 0; i < ROUNDS; i++) {
		const VkDeviceSize size = sizes[i % (sizeof(sizes) / sizeof(*sizes))];
		exported_buffer(&gpu, size, MTLBUFFER);
		metal_buffer(device, size);
		exported_buffer(&gpu, size, MTLHEAP);
		exported_texture(&gpu, VK_FORMAT_R8G8B8A8_UNORM, 256, (uint32_t)(size / 1024));
		if (can_combine(&gpu))
			exported_buffer(&gpu, size, MTLBUFFER | MTLHEAP);
		exported_texture(&gpu, VK_FORMAT_D32_SFLOAT, 256, (uint32_t)(size / 1024));
		metal_buffer(device, size);
	}
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_sees_what_was_freed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
