/* SPDX-License-Identifier: MIT */
/* Buffers exported as MTLBUFFER, MTLHEAP and both: the same bytes on every side. */
#include <string.h>

#include "metal_side.h"

enum { SIZE = 70000 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* Vulkan writes and Metal reads, and the other way round, all bytes. */
static void check_both_ways(struct gpu *gpu, VkBuffer buffer, struct tongs_buffer *metal, size_t size) {
	uint8_t sent[SIZE], got[SIZE];
	fill_noise(sent, size, 1);
	gpu_write_buffer(gpu, buffer, 0, sent, size);
	metal_read_buffer(gpu, metal, 0, got, size);
	assert_memory_equal(got, sent, size);
	fill_noise(sent, size, 2);
	metal_write_buffer(gpu, metal, 0, sent, size);
	gpu_read_buffer(gpu, buffer, 0, got, size);
	assert_memory_equal(got, sent, size);
}

static void exported_as_buffer(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	struct tongs_buffer *metal = handle_of(&gpu, memory, MTLBUFFER);
	assert_ptr_equal(tongs_buffer_from_handle(metal), metal);
	assert_true(tongs_buffer_get_length(metal) >= SIZE);
	assert_int_equal(tongs_resource_get_storage_mode(tongs_buffer_get_resource(metal)), MTLStorageModeShared);
	assert_null(tongs_resource_get_heap(tongs_buffer_get_resource(metal)));
	check_both_ways(&gpu, buffer, metal, SIZE);

	void *mapped;
	assert_vk(vkMapMemory(gpu.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
	if (imports_host_pages(&gpu))
		assert_ptr_equal(mapped, tongs_buffer_get_contents(metal));
	vkUnmapMemory(gpu.device, memory);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void exported_as_heap(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLHEAP);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	VkDeviceSize offset = 3 * requirements.alignment;
	VkDeviceMemory memory = export_memory(&gpu, offset + requirements.size,
		pick_mapped(&gpu, requirements.memoryTypeBits), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, offset));

	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	assert_int_equal(tongs_heap_get_type(heap), MTLHeapTypePlacement);
	assert_true(tongs_heap_get_size(heap) >= offset + requirements.size);
	MTLSizeAndAlign metal_requirements = tongs_device_get_heap_buffer_size_and_align(
		tongs_heap_get_device(heap), SIZE, MTLResourceStorageModeShared);
	assert_true(metal_requirements.size <= requirements.size && metal_requirements.align <= requirements.alignment);
	struct tongs_buffer *placed =
		tongs_heap_new_buffer_at(heap, SIZE, tongs_heap_get_resource_options(heap), offset);
	assert_non_null(placed);
	check_both_ways(&gpu, buffer, placed, SIZE);
	const NSUInteger outside[] = {4 * requirements.alignment, -requirements.alignment, (NSUInteger)INT64_MIN};
	for (size_t i = 0; i < 3; i++)
		assert_null(tongs_heap_new_buffer_at(heap, SIZE, tongs_heap_get_resource_options(heap), outside[i]));
	tongs_buffer_unref(placed);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* What Metal says of a buffer in a heap is what Vulkan says of a shared one, whatever it is used for: each can lie
 * where the other put one. */
static void one_alignment_for_all_uses(void **state) {
	struct gpu gpu;
	static const VkDeviceSize sizes[] = {1, 4, 255, 256, 257, 4096, SIZE};
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		MTLSizeAndAlign metal_requirements =
			tongs_device_get_heap_buffer_size_and_align(device, sizes[i], MTLResourceStorageModeShared);
		assert_true(metal_requirements.align >= 256 && metal_requirements.size >= sizes[i]);
		assert_int_equal(metal_requirements.size % metal_requirements.align, 0);
		for (VkBufferUsageFlags usage = 1; usage <= VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT; usage <<= 1) {
			VkBuffer buffer = make_buffer(&gpu, sizes[i], usage, MTLHEAP);
			VkMemoryRequirements requirements;
			vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
			assert_int_equal(requirements.alignment, metal_requirements.align);
			assert_int_equal(requirements.size, metal_requirements.size);
			vkDestroyBuffer(gpu.device, buffer, NULL);
		}
	}
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void exported_as_both(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	if (!can_combine(&gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER | MTLHEAP);
	struct tongs_buffer *metal = handle_of(&gpu, memory, MTLBUFFER);
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	assert_ptr_equal(tongs_resource_get_heap(tongs_buffer_get_resource(metal)), heap);
	assert_int_equal(tongs_resource_get_heap_offset(tongs_buffer_get_resource(metal)), 0);
	check_both_ways(&gpu, buffer, metal, SIZE);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

static void same_pointer_before_and_after_binding(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	VkDeviceMemory memory = export_memory(&gpu, requirements.size, pick_type(&gpu, requirements.memoryTypeBits, 0),
		MTLBUFFER, VK_NULL_HANDLE, buffer);
	void *before = handle_of(&gpu, memory, MTLBUFFER);
	assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
	assert_ptr_equal(handle_of(&gpu, memory, MTLBUFFER), before);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	assert_ptr_equal(handle_of(&gpu, memory, MTLBUFFER), before);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(before), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

/* A retained handle keeps its bytes after everything of Vulkan is gone. */
static void outlives_vulkan(void **state) {
	struct gpu gpu;
	uint8_t bytes[SIZE], got[SIZE];
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	fill_noise(bytes, SIZE, 3);
	gpu_write_buffer(&gpu, buffer, 0, bytes, SIZE);
	struct tongs_buffer *metal = tongs_buffer_ref(handle_of(&gpu, memory, MTLBUFFER));
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);

	metal_read_buffer(NULL, metal, 0, got, SIZE);
	assert_memory_equal(got, bytes, SIZE);
	struct tongs_device *device = tongs_resource_get_device(tongs_buffer_get_resource(metal));
	struct tongs_buffer *made = tongs_device_new_buffer(device, 100, MTLResourceStorageModeShared);
	assert_non_null(made);
	tongs_buffer_unref(made);
	tongs_buffer_unref(metal);
	assert_int_equal(tongs_handle_kind(metal), TONGS_KIND_NONE);
}

static void new_memory_is_zero(void **state) {
	static const uint8_t zeros[SIZE];
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (int round = 0; round < 20; round++) {
		VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
		VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
		void *contents = tongs_buffer_get_contents(handle_of(&gpu, memory, MTLBUFFER));
		assert_memory_equal(contents, zeros, SIZE);
		memset(contents, 0xee, SIZE);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

/* A part of a mapping, flushed and invalidated as memory that isn't coherent would want. */
static void mapping_parts(void **state) {
	struct gpu gpu;
	uint8_t bytes[SIZE];
	(void)state;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
	char *contents = tongs_buffer_get_contents(handle_of(&gpu, memory, MTLBUFFER));
	void *mapped;
	assert_vk(vkMapMemory(gpu.device, memory, 4096, requirements.size - 4096, 0, &mapped));
	if (imports_host_pages(&gpu))
		assert_ptr_equal(mapped, contents + 4096);
	fill_noise(bytes, SIZE, 4);
	memcpy(mapped, bytes + 4096, SIZE - 4096);
	const VkMappedMemoryRange ranges[] = {
		{.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = memory, .offset = 4096, .size = 8192},
		{.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
			.memory = memory,
			.offset = 4096,
			.size = VK_WHOLE_SIZE},
	};
	assert_vk(vkFlushMappedMemoryRanges(gpu.device, 2, ranges));
	uint8_t got[SIZE];
	gpu_read_buffer(&gpu, buffer, 4096, got, SIZE - 4096);
	assert_memory_equal(got, bytes + 4096, SIZE - 4096);
	assert_vk(vkInvalidateMappedMemoryRanges(gpu.device, 2, ranges));
	vkUnmapMemory(gpu.device, memory);
	/* A mapping may begin and end at any byte. */
	static const VkDeviceSize offsets[] = {1, 100, 4095, 4097, SIZE - 1};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		assert_vk(vkMapMemory(gpu.device, memory, offsets[i], 1, 0, &mapped));
		if (imports_host_pages(&gpu))
			assert_ptr_equal(mapped, contents + offsets[i]);
		assert_memory_equal(mapped, contents + offsets[i], 1);
		vkUnmapMemory(gpu.device, memory);
	}
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
}

/* Two devices and a second instance: one MTLDevice. */
static void one_metal_device_per_uuid(void **state) {
	struct gpu gpus[3];
	void *metal[3];
	VkDeviceMemory memory[3];
	(void)state;
	gpu_init(&gpus[0], NULL);
	gpu_init_sibling(&gpus[1], &gpus[0]);
	gpu_init(&gpus[2], NULL);
	for (int i = 0; i < 3; i++) {
		VkBuffer buffer = make_buffer(&gpus[i], 64, COPIES, MTLHEAP);
		memory[i] = export_for_buffer(&gpus[i], buffer, MTLHEAP);
		metal[i] = tongs_heap_get_device(handle_of(&gpus[i], memory[i], MTLHEAP));
		vkDestroyBuffer(gpus[i].device, buffer, NULL);
	}
	assert_ptr_equal(metal[0], metal[1]);
	assert_ptr_equal(metal[0], metal[2]);
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
	vkGetPhysicalDeviceProperties2(gpus[0].physical_device, &properties);
	uint8_t uuid[VK_UUID_SIZE];
	tongs_device_get_uuid(metal[0], uuid);
	assert_memory_equal(uuid, id.deviceUUID, VK_UUID_SIZE);
	assert_string_equal(tongs_device_get_name(metal[0]), properties.properties.deviceName);
	for (int i = 0; i < 3; i++)
		vkFreeMemory(gpus[i].device, memory[i], NULL);
	gpu_finish(&gpus[2]);
	gpu_finish(&gpus[1]);
	gpu_finish(&gpus[0]);
}

static MTLResourceOptions options_of(VkMemoryPropertyFlags flags) {
	if (!(flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT))
		return MTLResourceStorageModePrivate;
	return MTLResourceStorageModeShared |
	       (flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT ? MTLResourceCPUCacheModeDefaultCache
							   : MTLResourceCPUCacheModeWriteCombined);
}

static void check_options(MTLResourceOptions options, VkMemoryPropertyFlags flags) {
	assert_int_equal(options & (MTLResourceCPUCacheModeMask | MTLResourceStorageModeMask), options_of(flags));
}

static void check_buffer_options(struct gpu *gpu, VkDeviceSize size, uint32_t type,
	VkExternalMemoryHandleTypeFlags types, VkMemoryPropertyFlags flags) {
	VkDeviceMemory memory = export_memory(gpu, size, type, types, VK_NULL_HANDLE, VK_NULL_HANDLE);
	struct tongs_buffer *metal = handle_of(gpu, memory, MTLBUFFER);
	check_options(tongs_resource_get_resource_options(tongs_buffer_get_resource(metal)), flags);
	assert_int_equal(!tongs_buffer_get_contents(metal), !(flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT));
	if (types & MTLHEAP)
		check_options(tongs_heap_get_resource_options(handle_of(gpu, memory, MTLHEAP)), flags);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* Whatever memory type is shared: Metal's objects are as the CPU finds the type. */
static void storage_and_cache_modes_are_the_memory_types(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	VkPhysicalDeviceMemoryProperties types;
	vkGetPhysicalDeviceMemoryProperties(gpu.physical_device, &types);
	const VkExternalMemoryHandleTypeFlags handles[] = {MTLBUFFER, can_combine(&gpu) ? MTLBUFFER | MTLHEAP : 0};
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_LINEAR);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkMemoryRequirements requirements;
	unsigned checked = 0;
	for (size_t i = 0; i < 2 && handles[i]; i++) {
		VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, handles[i]);
		vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		for (uint32_t type = 0; type < types.memoryTypeCount; type++) {
			if (!(requirements.memoryTypeBits >> type & 1))
				continue;
			check_buffer_options(
				&gpu, requirements.size, type, handles[i], types.memoryTypes[type].propertyFlags);
			checked++;
		}
	}
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	for (uint32_t type = 0; type < types.memoryTypeCount; type++) {
		if (!(requirements.memoryTypeBits >> type & 1))
			continue;
		VkDeviceMemory memory = export_memory(&gpu, requirements.size, type, MTLTEXTURE, image, VK_NULL_HANDLE);
		struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
		check_options(tongs_resource_get_resource_options(tongs_texture_get_resource(texture)),
			types.memoryTypes[type].propertyFlags);
		vkFreeMemory(gpu.device, memory, NULL);
		checked++;
	}
	assert_true(checked >= 2);
	vkDestroyImage(gpu.device, image, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_as_buffer),
		cmocka_unit_test(exported_as_heap),
		cmocka_unit_test(exported_as_both),
		cmocka_unit_test(storage_and_cache_modes_are_the_memory_types),
		cmocka_unit_test(one_alignment_for_all_uses),
		cmocka_unit_test(same_pointer_before_and_after_binding),
		cmocka_unit_test(outlives_vulkan),
		cmocka_unit_test(new_memory_is_zero),
		cmocka_unit_test(mapping_parts),
		cmocka_unit_test(one_metal_device_per_uuid),
	};
	return cmocka_run_group_tests_name("layer: buffers", tests, NULL, NULL);
}
