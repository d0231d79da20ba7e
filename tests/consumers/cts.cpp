// SPDX-License-Identifier: MIT
// Khronos' conformance tests for external memory (VK-GL-CTS): queries whose answers must work, exports and imports
// before and after binding, and 4,096 of each.
#include <cstring>
#include <initializer_list>

#include "consumer.h"

namespace {

constexpr VkDeviceSize kBytes = 1024;
constexpr uint32_t kTimes = 4096, kSide = 64;
constexpr VkBufferUsageFlags kUsage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

// The suite knows no heaps.
const VkExternalMemoryHandleTypeFlagBits kBuffer = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					 kTexture = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;

VkExternalMemoryProperties query_buffer(
	gpu *device, VkBufferUsageFlags usage, VkExternalMemoryHandleTypeFlagBits type) {
	VkPhysicalDeviceExternalBufferInfo info = {
		VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO, nullptr, 0, usage, type};
	VkExternalBufferProperties properties = {VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(device->physical_device, &info, &properties);
	return properties.externalMemoryProperties;
}

uint32_t lowest(uint32_t bits) {
	assert_true(bits != 0);
	return static_cast<uint32_t>(__builtin_ctz(bits));
}

// Exactly one resource is given.
VkDeviceMemory allocate_exportable(
	gpu *device, VkMemoryRequirements requirements, VkExternalMemoryHandleTypeFlagBits type, VkImage image) {
	return export_memory(
		device, requirements.size, lowest(requirements.memoryTypeBits), type, image, VK_NULL_HANDLE);
}

// The handle's types restrict those of the resource.
VkDeviceMemory import(gpu *device, VkMemoryRequirements requirements, VkExternalMemoryHandleTypeFlagBits type,
	VkImage image, void *handle) {
	VkDeviceMemory memory;
	assert_vk(try_import(device, type, handle, requirements.size,
		lowest(requirements.memoryTypeBits & handle_types(device, type, handle)), image, &memory));
	return memory;
}

// What a query says can be exported or imported is created, allocated and bound.
void buffer_queries(void **) {
	gpu device;
	gpu_init(&device, nullptr);
	for (VkBufferUsageFlags usage : {VK_BUFFER_USAGE_TRANSFER_SRC_BIT, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		     VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT, VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT,
		     VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
		     VK_BUFFER_USAGE_INDEX_BUFFER_BIT, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT,
		     VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT}) {
		const VkExternalMemoryProperties properties = query_buffer(&device, usage, kBuffer);
		const bool exportable = properties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
		assert_true(exportable || !has_unified_memory(&device));
		if (!exportable)
			continue;
		assert_true(properties.compatibleHandleTypes & kBuffer);
		VkBuffer buffer = make_buffer(&device, kBytes, usage, kBuffer);
		VkMemoryRequirements requirements;
		vkGetBufferMemoryRequirements(device.device, buffer, &requirements);
		VkDeviceMemory memory = allocate_exportable(&device, requirements, kBuffer, VK_NULL_HANDLE);
		assert_vk(vkBindBufferMemory(device.device, buffer, memory, 0));
		vkDestroyBuffer(device.device, buffer, nullptr);
		vkFreeMemory(device.device, memory, nullptr);
	}
	// Textures are no memory of buffers.
	const VkExternalMemoryProperties none = query_buffer(&device, kUsage, kTexture);
	assert_int_equal(none.externalMemoryFeatures, 0);
	assert_int_equal(none.exportFromImportedHandleTypes, 0);
	assert_reported(&device, nullptr);
	gpu_finish(&device);
}

// One device writes and the other reads, whatever comes first.
enum Order { kBindExportImportBind, kExportBindImportBind, kExportImportBindBind };

void buffers(Order order) {
	static uint8_t sent[kBytes], got[kBytes];
	gpu first, second;
	gpu_init(&first, nullptr);
	gpu_init(&second, nullptr);
	VkBuffer buffer = make_buffer(&first, kBytes, kUsage, kBuffer),
		 imported = make_buffer(&second, kBytes, kUsage, kBuffer);
	VkMemoryRequirements requirements, imported_requirements;
	vkGetBufferMemoryRequirements(first.device, buffer, &requirements);
	vkGetBufferMemoryRequirements(second.device, imported, &imported_requirements);
	VkDeviceMemory memory = allocate_exportable(&first, requirements, kBuffer, VK_NULL_HANDLE);
	if (order == kBindExportImportBind)
		assert_vk(vkBindBufferMemory(first.device, buffer, memory, 0));
	void *handle = handle_of(&first, memory, kBuffer);
	if (order == kExportBindImportBind)
		assert_vk(vkBindBufferMemory(first.device, buffer, memory, 0));
	VkDeviceMemory copy = import(&second, imported_requirements, kBuffer, VK_NULL_HANDLE, handle);
	if (order == kExportImportBindBind)
		assert_vk(vkBindBufferMemory(first.device, buffer, memory, 0));
	assert_vk(vkBindBufferMemory(second.device, imported, copy, 0));
	if (consumer_executes()) {
		fill_noise(sent, kBytes, 141 + order);
		gpu_write_buffer(&first, buffer, 0, sent, kBytes);
		gpu_transfer_buffer(&first, buffer, first.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
		gpu_transfer_buffer(&second, imported, VK_QUEUE_FAMILY_EXTERNAL, second.queue_family);
		gpu_read_buffer(&second, imported, 0, got, kBytes);
		assert_memory_equal(got, sent, kBytes);
	}
	vkDestroyBuffer(second.device, imported, nullptr);
	vkFreeMemory(second.device, copy, nullptr);
	vkDestroyBuffer(first.device, buffer, nullptr);
	vkFreeMemory(first.device, memory, nullptr);
	assert_reported(&second, nullptr);
	gpu_finish(&second);
	assert_reported(&first, nullptr);
	gpu_finish(&first);
}

void buffer_bind_export_import_bind(void **) {
	buffers(kBindExportImportBind);
}

void buffer_export_bind_import_bind(void **) {
	buffers(kExportBindImportBind);
}

void buffer_export_import_bind_bind(void **) {
	buffers(kExportImportBindBind);
}

void image_bind_export_import_bind(void **) {
	static uint8_t sent[kSide * kSide * 4], got[sizeof(sent)];
	gpu first, second;
	gpu_init(&first, nullptr);
	gpu_init(&second, nullptr);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, kSide, kSide, VK_IMAGE_TILING_OPTIMAL);
	if (!consumer_executes() || !can_share_image(&first, &info, kTexture)) {
		gpu_finish(&second);
		gpu_finish_and_skip(&first, "the device shares no OPTIMAL images, or " NOTHING_EXECUTES);
	}
	VkImage image = make_image(&first, &info, kTexture), imported = make_image(&second, &info, kTexture);
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(first.device, image, &requirements);
	VkDeviceMemory memory = allocate_exportable(&first, requirements, kTexture, image);
	assert_vk(vkBindImageMemory(first.device, image, memory, 0));
	requirements.size = 0; // of a texture it is not looked at
	VkDeviceMemory copy = import(&second, requirements, kTexture, imported, handle_of(&first, memory, kTexture));
	assert_vk(vkBindImageMemory(second.device, imported, copy, 0));
	fill_noise(sent, sizeof(sent), 151);
	gpu_write_image(&first, image, kSide, kSide, sent, sizeof(sent));
	gpu_transfer_image(&first, image, VK_IMAGE_ASPECT_COLOR_BIT, first.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	gpu_acquire_image(&second, imported);
	gpu_read_image(&second, imported, kSide, kSide, got, sizeof(got));
	assert_memory_equal(got, sent, sizeof(sent));
	vkDestroyImage(second.device, imported, nullptr);
	vkFreeMemory(second.device, copy, nullptr);
	vkDestroyImage(first.device, image, nullptr);
	vkFreeMemory(first.device, memory, nullptr);
	assert_reported(&second, nullptr);
	gpu_finish(&second);
	assert_reported(&first, nullptr);
	gpu_finish(&first);
}

// Imports one after the other, and as many at once; exports give one pointer.
void many_times(void **) {
	static VkDeviceMemory all[kTimes];
	gpu device;
	gpu_init(&device, nullptr);
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(device.physical_device, &properties);
	const uint32_t at_once = properties.limits.maxMemoryAllocationCount < 2 * kTimes ? 1 : kTimes;
	VkBuffer buffer = make_buffer(&device, kBytes, kUsage, kBuffer);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(device.device, buffer, &requirements);
	VkDeviceMemory memory = allocate_exportable(&device, requirements, kBuffer, VK_NULL_HANDLE);
	void *handle = handle_of(&device, memory, kBuffer);
	for (uint32_t i = 0; i < kTimes; i++)
		assert_ptr_equal(handle_of(&device, memory, kBuffer), handle);
	for (uint32_t i = 0; i < kTimes; i++) {
		VkDeviceMemory imported = import(&device, requirements, kBuffer, VK_NULL_HANDLE, handle);
		assert_true(imported != memory);
		vkFreeMemory(device.device, imported, nullptr);
	}
	for (uint32_t i = 0; i < at_once; i++)
		all[i] = import(&device, requirements, kBuffer, VK_NULL_HANDLE, handle);
	for (uint32_t i = 1; i < at_once; i++)
		assert_true(all[i] != all[i - 1]);
	// The last one works like the first.
	static uint8_t sent[kBytes], got[kBytes];
	VkBuffer last = make_buffer(&device, kBytes, kUsage, kBuffer);
	assert_vk(vkBindBufferMemory(device.device, buffer, memory, 0));
	assert_vk(vkBindBufferMemory(device.device, last, all[at_once - 1], 0));
	if (consumer_executes()) {
		fill_noise(sent, kBytes, 161);
		gpu_write_buffer(&device, buffer, 0, sent, kBytes);
		gpu_read_buffer(&device, last, 0, got, kBytes);
		assert_memory_equal(got, sent, kBytes);
	}
	vkDestroyBuffer(device.device, last, nullptr);
	for (uint32_t i = 0; i < at_once; i++)
		vkFreeMemory(device.device, all[i], nullptr);
	vkDestroyBuffer(device.device, buffer, nullptr);
	vkFreeMemory(device.device, memory, nullptr);
	assert_reported(&device, nullptr);
	gpu_finish(&device);
}

} // namespace

int main() {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_queries),
		cmocka_unit_test(buffer_bind_export_import_bind),
		cmocka_unit_test(buffer_export_bind_import_bind),
		cmocka_unit_test(buffer_export_import_bind_bind),
		cmocka_unit_test(image_bind_export_import_bind),
		cmocka_unit_test(many_times),
	};
	return cmocka_run_group_tests_name("consumers: the conformance tests", tests, nullptr, nullptr);
}
