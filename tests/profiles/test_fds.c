/* SPDX-License-Identifier: MIT */
/* What drivers themselves do with memory as OPAQUE_FD, without Tongs: two instances' devices see the same bytes and
 * texels, whatever the image. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../layer/held.h"
#include "../layer/texels.h"

#define OPAQUE_FD VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT

static struct gpu gpus[2];

static int init(void **state) {
	(void)state;
	for (int i = 0; i < 2; i++)
		gpu_init(&gpus[i], &(struct gpu_options){.without_extension = true, .with_fd = true});
	return 0;
}

static int finish(void **state) {
	(void)state;
	for (int i = 0; i < 2; i++)
		gpu_finish(&gpus[i]);
	return 0;
}

static int fd_of(struct gpu *gpu, VkDeviceMemory memory) {
	PFN_vkGetMemoryFdKHR get = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(gpu->device, "vkGetMemoryFdKHR");
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = memory,
		.handleType = OPAQUE_FD,
	};
	int fd = -1;
	assert_vk(get(gpu->device, &info, &fd));
	assert_true(fd >= 0);
	return fd;
}

/* An import of `fd`, or an export if it is -1. Dedicated to `image` or `buffer` unless they are NULL. */
static VkDeviceMemory allocate(
	struct gpu *gpu, int fd, VkDeviceSize size, uint32_t type, VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
	const void *next = image || buffer ? &dedicated : NULL;
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.handleTypes = OPAQUE_FD,
	};
	const VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = next,
		.handleType = OPAQUE_FD,
		.fd = fd,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = fd < 0 ? (const void *)&export : &import,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	return memory;
}

static void buffers(void **state) {
	enum { SIZE = 100000 };
	static char bytes[SIZE], seen[SIZE];
	(void)state;
	for (int dedicated = 0; dedicated < 2; dedicated++) {
		VkBuffer buffer[2];
		VkDeviceMemory memory[2];
		for (int i = 0; i < 2; i++) {
			VkMemoryRequirements requirements;
			buffer[i] = make_buffer(&gpus[i], SIZE,
				VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, OPAQUE_FD);
			vkGetBufferMemoryRequirements(gpus[i].device, buffer[i], &requirements);
			memory[i] = allocate(&gpus[i], i ? fd_of(&gpus[0], memory[0]) : -1, requirements.size,
				pick_type(&gpus[i], requirements.memoryTypeBits, 0), VK_NULL_HANDLE,
				dedicated ? buffer[i] : VK_NULL_HANDLE);
			assert_vk(vkBindBufferMemory(gpus[i].device, buffer[i], memory[i], 0));
		}
		for (int from = 0; from < 2; from++) {
			fill_noise(bytes, SIZE, 2 * (uint32_t)dedicated + (uint32_t)from);
			gpu_write_buffer(&gpus[from], buffer[from], 0, bytes, SIZE);
			gpu_read_buffer(&gpus[!from], buffer[!from], 0, seen, SIZE);
			assert_memory_equal(seen, bytes, SIZE);
		}
		for (int i = 0; i < 2; i++) {
			vkDestroyBuffer(gpus[i].device, buffer[i], NULL);
			vkFreeMemory(gpus[i].device, memory[i], NULL);
		}
	}
}

/* CPU drivers' memory is a file from the start, which exports and imports hold. What is freed holds nothing. */
static void files(void **state) {
	enum { COUNT = 300, SIZE = 4096 };
	static VkDeviceMemory exported[COUNT], imported[COUNT];
	const size_t before = held_files();
	(void)state;
	for (int i = 0; i < COUNT; i++)
		exported[i] = allocate(&gpus[0], -1, SIZE, 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	const size_t by_exports = held_files() - before;
	for (int i = 0; i < COUNT; i++)
		imported[i] = allocate(&gpus[1], fd_of(&gpus[0], exported[i]), SIZE, 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	const size_t by_all = held_files() - before;
	for (int i = 0; i < COUNT; i++) {
		vkFreeMemory(gpus[0].device, exported[i], NULL);
		vkFreeMemory(gpus[1].device, imported[i], NULL);
	}
	print_message("%d exports hold %zu files, as many imports %zu\n", COUNT, by_exports, by_all - by_exports);
	assert_int_equal(held_files(), before);
}

/* Neither the memory that an fd was made of nor its device is needed. */
static void fds_outlive_the_memory(void **state) {
	enum { SIZE = 4096 };
	void *bytes;
	(void)state;
	const uint32_t type = pick_mapped(&gpus[0], ~0u);
	VkDeviceMemory memory = allocate(&gpus[0], -1, SIZE, type, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_vk(vkMapMemory(gpus[0].device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	memset(bytes, 0x5a, SIZE);
	int fd = fd_of(&gpus[0], memory);
	vkFreeMemory(gpus[0].device, memory, NULL);
	memory = allocate(&gpus[1], fd, SIZE, type, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_vk(vkMapMemory(gpus[1].device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	assert_int_equal(((char *)bytes)[SIZE - 1], 0x5a);
	vkFreeMemory(gpus[1].device, memory, NULL);
}

static VkImage create_image(struct gpu *gpu, const VkImageCreateInfo *shape) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = OPAQUE_FD,
	};
	VkImageCreateInfo info = *shape;
	VkImage image;
	info.pNext = &external;
	assert_vk(vkCreateImage(gpu->device, &info, NULL, &image));
	return image;
}

static bool can_share(const VkImageCreateInfo *info, bool *dedicated_only) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = OPAQUE_FD,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &external};
	const VkImageFormatProperties *limits = &caps.imageFormatProperties;
	const VkExternalMemoryFeatureFlags needed =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	if (vkGetPhysicalDeviceImageFormatProperties2(gpus[0].physical_device, &query, &caps) != VK_SUCCESS)
		return false;
	const VkExternalMemoryFeatureFlags features = external.externalMemoryProperties.externalMemoryFeatures;
	*dedicated_only = features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	return (features & needed) == needed && limits->maxMipLevels >= info->mipLevels &&
	       limits->maxArrayLayers >= info->arrayLayers;
}

/* Returns the number of bytes that differ. */
static size_t exchange(const VkImageCreateInfo *info, const VkImage image[2], int from) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	size_t differ = 0;
	for (size_t i = 0; i < slice_count(info); i++) {
		struct slice slice = slice_at(info, format, i);
		char *texels = malloc(slice.size), *seen = malloc(slice.size);
		fill_texels(texels, slice.size, format, (uint32_t)i * 2 + (uint32_t)from);
		gpu_write_slice(&gpus[from], image[from], format, &slice, texels);
		gpu_read_slice(&gpus[!from], image[!from], format, &slice, seen);
		for (size_t j = 0; j < slice.size; j++)
			differ += texels[j] != seen[j];
		free(seen);
		free(texels);
	}
	return differ;
}

static void share_image(const VkImageCreateInfo *info, bool dedicated) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	VkImage image[2];
	VkDeviceMemory memory[2];
	for (int i = 0; i < 2; i++) {
		VkMemoryRequirements requirements;
		image[i] = create_image(&gpus[i], info);
		vkGetImageMemoryRequirements(gpus[i].device, image[i], &requirements);
		memory[i] = allocate(&gpus[i], i ? fd_of(&gpus[0], memory[0]) : -1, requirements.size,
			pick_type(&gpus[i], requirements.memoryTypeBits, 0), dedicated ? image[i] : VK_NULL_HANDLE,
			VK_NULL_HANDLE);
		assert_vk(vkBindImageMemory(gpus[i].device, image[i], memory[i], 0));
	}
	gpu_to_general(&gpus[0], image[0], format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	gpu_to_general(&gpus[1], image[1], format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
	assert_int_equal(exchange(info, image, 0), 0);
	assert_int_equal(exchange(info, image, 1), 0);
	for (int i = 0; i < 2; i++) {
		vkDestroyImage(gpus[i].device, image[i], NULL);
		vkFreeMemory(gpus[i].device, memory[i], NULL);
	}
}

static const struct shape {
	const char *name;
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkExtent3D extent;
	uint32_t levels, layers;
} shapes[] = {
	{"2D", VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 1, 1},
	{"levels and layers", VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 6, 5},
	{"1D", VK_FORMAT_R16G16_SFLOAT, VK_IMAGE_TYPE_1D, VK_IMAGE_TILING_OPTIMAL, {61, 1, 1}, 6, 3},
	{"3D", VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_3D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 7}, 1, 1},
	{"3D, levels", VK_FORMAT_R32_UINT, VK_IMAGE_TYPE_3D, VK_IMAGE_TILING_OPTIMAL, {64, 32, 16}, 7, 1},
	{"LINEAR", VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR, {61, 45, 1}, 1, 1},
	{"LINEAR, levels and layers", VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR, {61, 45, 1},
		6, 5},
	{"BC7", VK_FORMAT_BC7_UNORM_BLOCK, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {60, 44, 1}, 4, 2},
	{"D16", VK_FORMAT_D16_UNORM, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 1, 1},
	{"D32", VK_FORMAT_D32_SFLOAT, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 3, 2},
	{"S8", VK_FORMAT_S8_UINT, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 1, 1},
	{"D32S8", VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, {61, 45, 1}, 1, 1},
};

static void images(void **state) {
	unsigned count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];
		VkImageCreateInfo info =
			image_info(shape->format, shape->extent.width, shape->extent.height, shape->tiling);
		info.imageType = shape->type;
		info.extent = shape->extent;
		info.mipLevels = shape->levels;
		info.arrayLayers = shape->layers;
		bool dedicated_only;
		if (!can_share(&info, &dedicated_only)) {
			print_message("%s: not as OPAQUE_FD\n", shape->name);
			continue;
		}
		for (int dedicated = dedicated_only; dedicated < 2; dedicated++, count++)
			share_image(&info, dedicated);
	}
	print_message("%u images shared by two devices as OPAQUE_FD, 0 bytes differ\n", count);
	assert_true(count >= 20);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers),
		cmocka_unit_test(images),
		cmocka_unit_test(files),
		cmocka_unit_test(fds_outlive_the_memory),
	};
	return cmocka_run_group_tests_name("drivers: OPAQUE_FD", tests, init, finish);
}
