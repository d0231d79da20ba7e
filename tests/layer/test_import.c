/* SPDX-License-Identifier: MIT */
/* Import of what Vulkan exported and of what Metal made: nothing is copied, every side sees every byte. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "metal_side.h"

enum { SIZE = 20000, WIDTH = 53, HEIGHT = 37 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static uint32_t any_type(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle) {
	return pick_mapped(gpu, handle_types(gpu, type, handle));
}

/* Vulkan maps host pages at the very address of Metal's contents, and driver memory anywhere. */
static void check_mapping(struct gpu *gpu, VkDeviceMemory memory, struct tongs_buffer *metal, VkDeviceSize size) {
	const void *contents = tongs_buffer_get_contents(metal);
	void *mapped;
	if (!contents)
		return;
	assert_vk(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
	if (imports_host_pages(gpu) &&
		(has_unified_memory(gpu) || !tongs_resource_get_heap(tongs_buffer_get_resource(metal))))
		assert_ptr_equal(mapped, contents);
	assert_memory_equal(mapped, contents, size);
	vkUnmapMemory(gpu->device, memory);
}

/* Imports `handle` for a buffer of `size` bytes, and compares with `metal`, a buffer over the same bytes, in both
 * directions. */
static void check_buffer_import(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle,
	struct tongs_buffer *metal, VkDeviceSize size) {
	uint8_t *sent = malloc(size), *got = malloc(size);
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer_for(gpu, type, handle, size, &requirements);
	VkDeviceMemory memory;
	assert_vk(try_import(gpu, type, handle, requirements.size, pick_mapped(gpu, requirements.memoryTypeBits),
		VK_NULL_HANDLE, &memory));
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	fill_noise(sent, size, 21);
	metal_write_buffer(gpu, metal, 0, sent, size);
	gpu_read_buffer(gpu, buffer, 0, got, size);
	assert_memory_equal(got, sent, size);
	fill_noise(sent, size, 22);
	gpu_write_buffer(gpu, buffer, 0, sent, size);
	metal_read_buffer(gpu, metal, 0, got, size);
	assert_memory_equal(got, sent, size);
	check_mapping(gpu, memory, metal, size);
	assert_ptr_equal(handle_of(gpu, memory, type), handle);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	assert_int_not_equal(tongs_handle_kind(handle), TONGS_KIND_NONE);
	free(sent);
	free(got);
}

static struct tongs_device *metal_device(struct gpu *gpu) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
	vkGetPhysicalDeviceProperties2(gpu->physical_device, &properties);
	struct tongs_device *device = tongs_device_new_from_uuid(id.deviceUUID);
	assert_non_null(device);
	return device;
}

static void own_exports_into_another_device(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, MTLHEAP};
	struct gpu gpu, other, far;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	gpu_init(&far, NULL);
	for (size_t i = 0; i < 2; i++) {
		VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, types[i]);
		VkDeviceMemory memory = export_for_buffer(&gpu, buffer, types[i]);
		void *handle = handle_of(&gpu, memory, types[i]);
		struct tongs_buffer *metal = handle;
		if (types[i] == MTLHEAP)
			metal = tongs_heap_new_buffer_at(handle, SIZE, tongs_heap_get_resource_options(handle), 0);
		assert_non_null(metal);
		check_buffer_import(&gpu, types[i], handle, metal, SIZE);
		check_buffer_import(&other, types[i], handle, metal, SIZE);
		check_buffer_import(&far, types[i], handle, metal, SIZE);
		if (types[i] == MTLHEAP)
			tongs_buffer_unref(metal);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&far);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

static void metal_buffers(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	check_buffer_import(&gpu, MTLBUFFER, buffer, buffer, SIZE);
	tongs_buffer_unref(buffer);

	/* Small and odd: Vulkan's requirement for so many bytes is more, and the object has it. */
	buffer = tongs_device_new_buffer(device, 13, MTLResourceStorageModeShared);
	check_buffer_import(&gpu, MTLBUFFER, buffer, buffer, 13);
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static unsigned freed;

static void count_free(void *pointer, NSUInteger length, void *user) {
	assert_ptr_equal(pointer, user);
	munmap(pointer, length);
	freed++;
}

/* A program's own mapping, wrapped without a copy: Vulkan maps the very same bytes, and they are freed with the last
 * owner. */
static void no_copy_buffers(void **state) {
	const size_t length = 64 * 1024;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	freed = 0;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(device, pages, length, MTLResourceStorageModeShared, count_free, pages);
	assert_ptr_equal(tongs_buffer_get_contents(buffer), pages);
	if (imports_host_pages(&gpu)) {
		check_buffer_import(&gpu, MTLBUFFER, buffer, buffer, length);
		VkDeviceMemory memory;
		assert_vk(try_import(
			&gpu, MTLBUFFER, buffer, length, any_type(&gpu, MTLBUFFER, buffer), VK_NULL_HANDLE, &memory));
		tongs_buffer_unref(buffer);
		assert_int_equal(freed, 0);
		assert_ptr_equal(handle_of(&gpu, memory, MTLBUFFER), buffer);
		vkFreeMemory(gpu.device, memory, NULL);
	} else {
		refuse_import(&gpu, buffer, length, NO_HOST_PAGES);
		tongs_buffer_unref(buffer);
	}
	assert_int_equal(freed, 1);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* A file's pages, as model weights are wrapped: a device that is the CPU reads them where they are. They do not reach
 * other drivers, which afterwards accept good pages as before. */
static void no_copy_buffers_of_a_file(void **state) {
	const size_t length = 64 * 1024;
	struct gpu gpu;
	VkDeviceMemory memory;
	(void)state;
	gpu_init(&gpu, NULL);
	const bool taken = has_unified_memory(&gpu);
	struct tongs_device *device = metal_device(&gpu);
	uint8_t *weights = malloc(length), *got = malloc(length);
	FILE *file = tmpfile();
	assert_non_null(file);
	fill_noise(weights, length, 77);
	assert_int_equal(fwrite(weights, 1, length, file), length);
	assert_int_equal(fflush(file), 0);
	void *pages = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_no_copy(device, pages, length, MTLResourceStorageModeShared, NULL, NULL);
	assert_non_null(buffer);
	assert_int_equal(handle_types(&gpu, MTLBUFFER, buffer) != 0, taken);
	VkResult result = try_import(&gpu, MTLBUFFER, buffer, length, shared_type(&gpu), VK_NULL_HANDLE, &memory);
	assert_int_equal(result, taken ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE);
	if (taken) {
		VkBuffer vulkan = make_buffer(&gpu, length, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MTLBUFFER);
		assert_vk(vkBindBufferMemory(gpu.device, vulkan, memory, 0));
		gpu_read_buffer(&gpu, vulkan, 0, got, length);
		assert_memory_equal(got, weights, length);
		vkDestroyBuffer(gpu.device, vulkan, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	} else {
		assert_reported(&gpu, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412");
	}
	assert_memory_equal(pages, weights, length);
	tongs_buffer_unref(buffer);

	buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	check_buffer_import(&gpu, MTLBUFFER, buffer, buffer, SIZE);
	tongs_buffer_unref(buffer);
	munmap(pages, length);
	fclose(file);
	free(weights);
	free(got);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void metal_heaps(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	struct tongs_heap *heap = metal_new_heap(device, 3 * SIZE);
	assert_non_null(heap);
	struct tongs_buffer *whole = tongs_heap_new_buffer_at(heap, 2 * SIZE, tongs_heap_get_resource_options(heap), 0);
	assert_non_null(whole);
	check_buffer_import(&gpu, MTLHEAP, heap, whole, 2 * SIZE);
	tongs_buffer_unref(whole);
	tongs_heap_unref(heap);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static struct tongs_heap *new_heap(struct tongs_device *device, NSUInteger size, MTLResourceOptions options) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = size;
	info.type = MTLHeapTypePlacement;
	info.resource_options = options;
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	assert_non_null(heap);
	return heap;
}

/* Where MTLBUFFER is host pages and MTLHEAP is not, a buffer in a heap can be imported as MTLBUFFER only if the CPU
 * does not reach it, which is for the device's memory types to allow. */
static bool is_importable(struct gpu *gpu, struct tongs_buffer *buffer) {
	const bool importable = handle_types(gpu, MTLBUFFER, buffer) != 0;
	assert_true(importable || (imports_host_pages(gpu) && !has_unified_memory(gpu)));
	return importable;
}

/* A buffer at the smallest step into its heap, far from a page: its memory begins at its own first byte. */
static void buffers_inside(struct gpu *gpu, struct tongs_device *device, MTLResourceOptions options) {
	MTLSizeAndAlign requirements = tongs_device_get_heap_buffer_size_and_align(device, SIZE, options);
	struct tongs_heap *heap = new_heap(device, requirements.size + 4096 + 7 * requirements.align, options);
	const NSUInteger offsets[] = {
		0, requirements.align, 7 * requirements.align, 4096, 4096 + 3 * requirements.align};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		struct tongs_buffer *buffer = tongs_heap_new_buffer_at(heap, SIZE, options, offsets[i]);
		assert_non_null(buffer);
		if (is_importable(gpu, buffer))
			check_buffer_import(gpu, MTLBUFFER, buffer, buffer, SIZE);
		else
			refuse_import(gpu, buffer, SIZE, MAPPED_DRIVER_MEMORY);
		tongs_buffer_unref(buffer);
	}
	tongs_heap_unref(heap);
}

static void buffers_inside_heaps(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	buffers_inside(&gpu, device, MTLResourceStorageModeShared);
	buffers_inside(&gpu, device, MTLResourceStorageModePrivate);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void check_partial_mapping(struct gpu *gpu, VkDeviceMemory memory, struct tongs_buffer *buffer) {
	const char *contents = tongs_buffer_get_contents(buffer);
	void *mapped;
	assert_vk(vkMapMemory(gpu->device, memory, 256, SIZE - 256, 0, &mapped));
	if (imports_host_pages(gpu) && has_unified_memory(gpu))
		assert_ptr_equal(mapped, contents + 256);
	assert_memory_equal(mapped, contents + 256, SIZE - 256);
	const VkMappedMemoryRange ranges[] = {
		{.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = memory, .offset = 512, .size = 256},
		{.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = memory, .offset = 256, .size = SIZE - 256},
	};
	assert_vk(vkFlushMappedMemoryRanges(gpu->device, 2, ranges));
	assert_vk(vkInvalidateMappedMemoryRanges(gpu->device, 2, ranges));
	vkUnmapMemory(gpu->device, memory);
}

static void bind_and_map(struct gpu *gpu, struct tongs_buffer *buffer) {
	uint8_t sent[SIZE], got[1000];
	VkBuffer bound[2];
	VkMemoryRequirements requirements;
	for (int i = 0; i < 2; i++)
		bound[i] = make_buffer_for(gpu, MTLBUFFER, buffer, 1000, &requirements);
	VkDeviceMemory memory;
	assert_vk(try_import(
		gpu, MTLBUFFER, buffer, SIZE, pick_mapped(gpu, requirements.memoryTypeBits), VK_NULL_HANDLE, &memory));
	/* The largest alignment that any device has for a buffer of this usage. */
	const VkDeviceSize second = 4096;
	assert_int_equal(second % requirements.alignment, 0);
	const VkBindBufferMemoryInfo binds[] = {
		{.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO, .buffer = bound[0], .memory = memory},
		{.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO,
			.buffer = bound[1],
			.memory = memory,
			.memoryOffset = second},
	};
	assert_vk(vkBindBufferMemory2(gpu->device, 2, binds));
	fill_noise(sent, SIZE, 31);
	metal_write_buffer(gpu, buffer, 0, sent, SIZE);
	gpu_read_buffer(gpu, bound[0], 0, got, 1000);
	assert_memory_equal(got, sent, 1000);
	gpu_read_buffer(gpu, bound[1], 0, got, 1000);
	assert_memory_equal(got, sent + second, 1000);

	if (!is_private(tongs_buffer_get_resource(buffer)))
		check_partial_mapping(gpu, memory, buffer);
	for (int i = 0; i < 2; i++)
		vkDestroyBuffer(gpu->device, bound[i], NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* The same with everything that counts from the memory's first byte: bind2, partial maps, flushes. */
static void offsets_count_from_the_buffer(void **state) {
	static const MTLResourceOptions modes[] = {MTLResourceStorageModeShared, MTLResourceStorageModePrivate};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		MTLSizeAndAlign requirements = tongs_device_get_heap_buffer_size_and_align(device, SIZE, modes[i]);
		struct tongs_heap *heap = new_heap(device, requirements.size + requirements.align, modes[i]);
		struct tongs_buffer *buffer = tongs_heap_new_buffer_at(heap, SIZE, modes[i], requirements.align);
		assert_non_null(buffer);
		if (is_importable(&gpu, buffer))
			bind_and_map(&gpu, buffer);
		tongs_buffer_unref(buffer);
		tongs_heap_unref(heap);
	}
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* Imports `texture` under a new image with `create`, and compares in both directions. */
static void check_texture_import(struct gpu *gpu, const VkImageCreateInfo *create, struct tongs_texture *texture) {
	static uint8_t sent[WIDTH * HEIGHT * 4], got[WIDTH * HEIGHT * 4];
	VkImage image = make_image(gpu, create, MTLTEXTURE);
	VkDeviceMemory memory;
	/* A non-zero allocationSize, too: it is ignored, with a warning. */
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 12345, any_type(gpu, MTLTEXTURE, texture), image, &memory));
	const VkBindImageMemoryInfo bind = {
		.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO,
		.image = image,
		.memory = memory,
	};
	assert_vk(vkBindImageMemory2(gpu->device, 1, &bind));
	fill_noise(sent, sizeof(sent), 41);
	gpu_write_image(gpu, image, WIDTH, HEIGHT, sent, sizeof(sent));
	assert_true(metal_read_image(gpu, texture, create, got));
	assert_memory_equal(got, sent, sizeof(sent));
	fill_noise(sent, sizeof(sent), 42);
	assert_true(metal_write_image(gpu, texture, create, sent));
	gpu_read_image(gpu, image, WIDTH, HEIGHT, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));
	assert_ptr_equal(handle_of(gpu, memory, MTLTEXTURE), texture);
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void own_textures_into_another_device(void **state) {
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
	check_texture_import(&gpu, &create, texture);
	create.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
	check_texture_import(&other, &create, texture);
	/* Its sRGB counterpart, unless the memory is for one image, which has one format. */
	create.format = VK_FORMAT_R8G8B8A8_SRGB;
	if (!needs_dedicated(&gpu, &create, MTLTEXTURE))
		check_texture_import(&other, &create, texture);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* A texture over a buffer does; an image need not. */
static bool begins_with_texels(struct gpu *gpu, const VkImageCreateInfo *create) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	VkImageCreateInfo linear = *create;
	linear.tiling = VK_IMAGE_TILING_LINEAR;
	VkImage image = make_image(gpu, &linear, MTLTEXTURE);
	VkSubresourceLayout layout;
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layout);
	vkDestroyImage(gpu->device, image, NULL);
	return layout.offset == 0;
}

static void refuse_texture_import(struct gpu *gpu, const VkImageCreateInfo *create, struct tongs_texture *texture) {
	VkImage image = make_image(gpu, create, MTLTEXTURE);
	VkDeviceMemory memory;
	assert_int_equal(try_import(gpu, MTLTEXTURE, texture, 0, any_type(gpu, MTLTEXTURE, texture), image, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	vkDestroyImage(gpu->device, image, NULL);
}

static void textures_in_a_heap(struct gpu *gpu, struct tongs_device *device, const VkImageCreateInfo *create) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_heap *sample = metal_new_heap(device, SIZE);
	info.resource_options = tongs_heap_get_resource_options(sample);
	tongs_heap_unref(sample);
	if (needs_dedicated(gpu, create, MTLHEAP))
		return;
	const MTLSizeAndAlign requirements = tongs_device_get_heap_texture_size_and_align(device, &info);
	/* The last one lies over the end of a page, where pages are not what it is aligned to. */
	const NSUInteger offsets[] = {0, requirements.align,
		(4096 + requirements.align - 1) / requirements.align * requirements.align + 5 * requirements.align};
	struct tongs_heap *heap = metal_new_heap(device, requirements.size + offsets[2]);
	for (size_t i = 0; i < 3; i++) {
		struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, offsets[i]);
		assert_non_null(texture);
		check_texture_import(gpu, create, texture);
		tongs_texture_unref(texture);
	}
	tongs_heap_unref(heap);
}

/* Its texture's memory is the heap's or its own, whichever the driver takes. */
static void texture_in_an_automatic_heap(
	struct gpu *gpu, struct tongs_device *device, const VkImageCreateInfo *create, MTLResourceOptions options) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_heap_info heap_info;
	info.resource_options = options;
	tongs_heap_info_init(&heap_info);
	heap_info.size = tongs_device_get_heap_texture_size_and_align(device, &info).size;
	heap_info.resource_options = options;
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	assert_non_null(heap);
	struct tongs_texture *texture = tongs_heap_new_texture(heap, &info);
	assert_non_null(texture);
	check_texture_import(gpu, create, texture);
	tongs_texture_unref(texture);
	tongs_heap_unref(heap);
}

/* Its layout is LINEAR. An OPTIMAL image can be imported from it where that is LINEAR underneath. */
static void texture_over_a_buffer(struct gpu *gpu, struct tongs_device *device, const VkImageCreateInfo *create) {
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	const MTLSizeAndAlign requirements = tongs_device_get_heap_texture_size_and_align(device, &info);
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	const NSUInteger pitch = (4 * WIDTH + alignment - 1) / alignment * alignment;
	/* Vulkan may want more than Metal does of a texture over a buffer. */
	const NSUInteger place = alignment > requirements.align ? 16 * alignment : 16 * requirements.align;
	struct tongs_buffer *buffer = tongs_device_new_buffer(
		device, place + pitch * HEIGHT + requirements.size, MTLResourceStorageModeShared);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, place, pitch);
	assert_non_null(texture);
	VkImageCreateInfo linear = *create;
	if (!has_unified_memory(gpu))
		linear.tiling = VK_IMAGE_TILING_LINEAR;
	if (begins_with_texels(gpu, &linear))
		check_texture_import(gpu, &linear, texture);
	else
		refuse_texture_import(gpu, &linear, texture);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
}

static void metal_textures(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	const VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *texture = metal_new_texture(&gpu, device, &info);
	assert_non_null(texture);
	check_texture_import(&gpu, &create, texture);
	tongs_texture_unref(texture);
	textures_in_a_heap(&gpu, device, &create);
	texture_in_an_automatic_heap(&gpu, device, &create, MTLResourceStorageModeShared);
	texture_in_an_automatic_heap(&gpu, device, &create, MTLResourceStorageModePrivate);
	texture_over_a_buffer(&gpu, device, &create);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}
/* A view of the whole parent, and of its sRGB pair, is the image; a view of a part is none. */
static void views(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *parent = metal_new_texture(&gpu, device, &info);
	const MTLTextureSwizzleChannels as_is = MTLTextureSwizzleChannelsMake(
		MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue, MTLTextureSwizzleAlpha);
	const VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	/* Memory that is for one image has one format. */
	const MTLPixelFormat format =
		needs_dedicated(&gpu, &create, MTLTEXTURE) ? MTLPixelFormatRGBA8Unorm : MTLPixelFormatRGBA8Unorm_sRGB;
	struct tongs_texture *whole = tongs_texture_new_view(parent, format, MTLTextureType2D, 0, 1, 0, 1, as_is);
	assert_non_null(whole);
	check_texture_import(&gpu, &create, whole);
	tongs_texture_unref(whole);
	tongs_texture_unref(parent);

	info.type = MTLTextureType2DArray;
	info.array_length = 3;
	VkImageCreateInfo layers = create;
	layers.arrayLayers = 3;
	if (has_unified_memory(&gpu) || can_share_image(&gpu, &layers, MTLTEXTURE)) {
		parent = metal_new_texture(&gpu, device, &info);
		struct tongs_texture *part =
			tongs_texture_new_view(parent, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 1, 1, 1, as_is);
		assert_non_null(part);
		VkImage image = make_image(&gpu, &create, MTLTEXTURE);
		VkDeviceMemory memory;
		gpu.reports = 0;
		assert_int_equal(
			try_import(&gpu, MTLTEXTURE, part, 0, any_type(&gpu, MTLTEXTURE, part), image, &memory),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&gpu, "10412");
		vkDestroyImage(gpu.device, image, NULL);
		tongs_texture_unref(part);
		tongs_texture_unref(parent);
	}
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* Each import is memory of its own, whatever order they are freed in; none adds a byte or a file. */
static void many_imports_of_one_object(void **state) {
	enum { COUNT = 64 };
	struct gpu gpu;
	VkDeviceMemory memories[COUNT];
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	NSUInteger before = tongs_device_get_current_allocated_size(device);
	uint32_t type = any_type(&gpu, MTLBUFFER, buffer);
	for (int i = 0; i < COUNT; i++) {
		assert_vk(try_import(&gpu, MTLBUFFER, buffer, SIZE, type, VK_NULL_HANDLE, &memories[i]));
		for (int j = 0; j < i; j++)
			assert_true(memories[i] != memories[j]);
	}
	assert_int_equal(tongs_device_get_current_allocated_size(device), before);
	tongs_buffer_unref(buffer);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
		vkFreeMemory(gpu.device, memories[(i * 37 + 5) % COUNT], NULL);
	}
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* handleType 0: the struct is there, and is no import. */
static void import_of_type_zero_is_none(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkDeviceMemory memory;
	assert_vk(try_import(&gpu, 0, NULL, 4096, 0, VK_NULL_HANDLE, &memory));
	vkFreeMemory(gpu.device, memory, NULL);
	assert_reported(&gpu, NULL);
	gpu_finish(&gpu);
}

struct labeller {
	struct tongs_buffer *buffer;
	atomic_bool stop;
};

static void *set_labels(void *user) {
	struct labeller *labeller = user;
	while (!labeller->stop) {
		tongs_resource_set_label(tongs_buffer_get_resource(labeller->buffer), "one and only");
		tongs_resource_set_label(tongs_buffer_get_resource(labeller->buffer), "two");
	}
	return NULL;
}

/* The message of a refused import has one label or the other. */
static void an_import_while_the_label_changes(void **state) {
	enum { ROUNDS = 2000 };
	struct gpu gpu;
	pthread_t thread;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = metal_device(&gpu);
	struct labeller labeller = {.buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared)};
	const uint32_t type = any_type(&gpu, MTLBUFFER, labeller.buffer);
	tongs_resource_set_label(tongs_buffer_get_resource(labeller.buffer), "two");
	assert_int_equal(pthread_create(&thread, NULL, set_labels, &labeller), 0);
	unsigned reports = 0;
	for (int round = 0; round < ROUNDS; round++) {
		VkDeviceMemory memory;
		gpu.reports = 0;
		assert_int_equal(try_import(&gpu, MTLBUFFER, labeller.buffer, 1 << 20, type, VK_NULL_HANDLE, &memory),
			VK_ERROR_INVALID_EXTERNAL_HANDLE);
		if (gpu.reports == 0) /* after the tenth time */
			continue;
		reports++;
		const char *name = gpu.last.objects[0].name;
		assert_true(strcmp(name, "one and only") == 0 || strcmp(name, "two") == 0);
	}
	assert_true(reports > 0);
	labeller.stop = true;
	pthread_join(thread, NULL);
	gpu.reports = gpu.refused = 0;
	tongs_buffer_unref(labeller.buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_exports_into_another_device),
		cmocka_unit_test(metal_buffers),
		cmocka_unit_test(no_copy_buffers),
		cmocka_unit_test(no_copy_buffers_of_a_file),
		cmocka_unit_test(metal_heaps),
		cmocka_unit_test(buffers_inside_heaps),
		cmocka_unit_test(offsets_count_from_the_buffer),
		cmocka_unit_test(own_textures_into_another_device),
		cmocka_unit_test(metal_textures),
		cmocka_unit_test(views),
		cmocka_unit_test(many_imports_of_one_object),
		cmocka_unit_test(import_of_type_zero_is_none),
		cmocka_unit_test(an_import_while_the_label_changes),
	};
	return cmocka_run_group_tests_name("layer: import", tests, NULL, NULL);
}
