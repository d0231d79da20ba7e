/* SPDX-License-Identifier: MIT */
/* The call sequences of real programs, as they run on macOS; flows.c has those in which Metal does work, too. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "metal_side.h"

enum { WIDTH = 300, HEIGHT = 200 };

/* An emulator's graphics host: images and buffers as heaps, held with a retain, imported by a second device with the
 * same size and memory type, and with a dedicated image that belongs to the first. */
static void emulator(void **state) {
	static uint8_t sent[WIDTH * HEIGHT * 4], got[sizeof(sent)];
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	VkImageCreateInfo create = image_info(VK_FORMAT_B8G8R8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	VkImage image = make_image(&gpu, &create, MTLHEAP);
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	const VkImageMemoryRequirementsInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	vkGetImageMemoryRequirements2(gpu.device, &query, &requirements);
	uint32_t type = pick_mapped(&gpu, requirements.memoryRequirements.memoryTypeBits);
	VkDeviceMemory memory = export_memory(&gpu, requirements.memoryRequirements.size, type, MTLHEAP,
		dedicated.requiresDedicatedAllocation ? image : VK_NULL_HANDLE, VK_NULL_HANDLE);
	if (is_mapped(&gpu, type)) {
		void *mapped;
		assert_vk(vkMapMemory(gpu.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
		assert_int_equal((uintptr_t)mapped % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
	}
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	struct tongs_heap *heap = tongs_heap_ref(handle_of(&gpu, memory, MTLHEAP));

	VkImage imported_image = make_image(&other, &create, MTLHEAP);
	VkDeviceMemory imported;
	/* Where images require memory of their own, only the import's image will do. */
	assert_vk(try_import(&other, MTLHEAP, heap, requirements.memoryRequirements.size, type,
		dedicated.requiresDedicatedAllocation ? imported_image : image, &imported));
	assert_vk(vkBindImageMemory(other.device, imported_image, imported, 0));
	fill_noise(sent, sizeof(sent), 51);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, sent, sizeof(sent));
	gpu_acquire_image(&other, imported_image);
	gpu_read_image(&other, imported_image, WIDTH, HEIGHT, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));

	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_read_image(&other, imported_image, WIDTH, HEIGHT, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));
	vkDestroyImage(other.device, imported_image, NULL);
	vkFreeMemory(other.device, imported, NULL);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
	tongs_heap_unref(heap);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
	gpu_finish_unrefused(&other);
	gpu_finish_unrefused(&gpu);
}

/* A virtual machine's renderer: its own mapping as a no-copy buffer, imported and not dedicated, mapped again. */
static void virtual_machine(void **state) {
	const size_t length = 16 * (size_t)sysconf(_SC_PAGESIZE);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	void *guest = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(device, guest, length, MTLResourceStorageModeShared, NULL, NULL);
	assert_non_null(buffer);
	fill_noise(guest, length, 71);
	if (imports_host_pages(&gpu)) {
		VkDeviceMemory memory;
		uint32_t type =
			pick_type(&gpu, handle_types(&gpu, MTLBUFFER, buffer), VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
		assert_vk(try_import(&gpu, MTLBUFFER, buffer, length, type, VK_NULL_HANDLE, &memory));
		void *mapped;
		assert_vk(vkMapMemory(gpu.device, memory, 0, length, 0, &mapped));
		assert_memory_equal(mapped, guest, length);
		memset(mapped, 0x3c, length);
		assert_int_equal(((uint8_t *)guest)[length - 1], 0x3c);
		vkUnmapMemory(gpu.device, memory);
		vkFreeMemory(gpu.device, memory, NULL);
	} else {
		refuse_import(&gpu, buffer, length, NO_HOST_PAGES);
	}
	tongs_buffer_unref(buffer);
	munmap(guest, length);
	tongs_device_unref(device);
	gpu_finish_unrefused(&gpu);
}
/* R8 textures made by Metal: their memory types are queried, allocationSize is not zero, and they are in GENERAL
 * layout. */
static void imported_r8_textures(void **state) {
	static uint8_t sent[WIDTH * HEIGHT], got[sizeof(sent)];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, WIDTH, HEIGHT);
	const VkImageCreateInfo create = image_info(VK_FORMAT_R8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	struct tongs_texture *texture = metal_new_texture(&gpu, device, &info);
	assert_non_null(texture);
	fill_noise(sent, sizeof(sent), 81);
	assert_true(metal_write_image(&gpu, texture, &create, sent));

	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory;
	uint32_t type = pick_type(&gpu, handle_types(&gpu, MTLTEXTURE, texture), 0);
	assert_vk(try_import(&gpu, MTLTEXTURE, texture, WIDTH * HEIGHT, type, image, &memory));
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	gpu_acquire_image(&gpu, image);
	gpu_read_image(&gpu, image, WIDTH, HEIGHT, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	tongs_texture_unref(texture);
	tongs_device_unref(device);
	gpu_finish_unrefused(&gpu);
}

/* A compositor runtime: what is imported is exported again as the same pointer, and its texels are the image's. */
static void compositor(void **state) {
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init(&other, NULL);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_SRGB, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	create.flags |= VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT;
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	void *texture = handle_of(&gpu, memory, MTLTEXTURE);
	VkImage there = make_image(&other, &create, MTLTEXTURE);
	VkDeviceMemory imported;
	assert_vk(try_import(&other, MTLTEXTURE, texture, 0,
		pick_type(&other, handle_types(&other, MTLTEXTURE, texture), 0), there, &imported));
	assert_vk(vkBindImageMemory(other.device, there, imported, 0));
	assert_ptr_equal(handle_of(&other, imported, MTLTEXTURE), texture);
	vkDestroyImage(other.device, there, NULL);
	vkFreeMemory(other.device, imported, NULL);
	assert_ptr_equal(handle_of(&gpu, memory, MTLTEXTURE), texture);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish_unrefused(&other);
	gpu_finish_unrefused(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emulator),
		cmocka_unit_test(virtual_machine),
		cmocka_unit_test(imported_r8_textures),
		cmocka_unit_test(compositor),
	};
	return cmocka_run_group_tests_name("layer: flows", tests, NULL, NULL);
}
