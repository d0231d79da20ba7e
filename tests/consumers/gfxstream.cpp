// SPDX-License-Identifier: MIT
// An emulator's graphics host (google/gfxstream): the guest's colour buffers and buffers are MTLHEAPs of the host's
// device, which the guest's own device imports.
#include <CoreFoundation/CoreFoundation.h>

#include <cstring>
#include <unistd.h>

#include "consumer.h"

namespace {

constexpr uint32_t kWidth = 320, kHeight = 240, kBytes = kWidth * kHeight * 4;

// What the host keeps of an allocation.
struct ExternalMemory {
	VkDeviceSize size = 0;
	uint32_t type = 0;
	bool dedicated = false;
	VkDeviceMemory memory = VK_NULL_HANDLE;
	void *mapped = nullptr;
	MTLResource_id handle = nullptr;
};

// The type with exactly these flags, or else the last that has one of them.
uint32_t memory_type(gpu *host, uint32_t bits, VkMemoryPropertyFlags wanted) {
	VkPhysicalDeviceMemoryProperties properties;
	vkGetPhysicalDeviceMemoryProperties(host->physical_device, &properties);
	uint32_t second = UINT32_MAX;
	for (uint32_t i = 0; i < properties.memoryTypeCount; i++) {
		const VkMemoryPropertyFlags flags = properties.memoryTypes[i].propertyFlags;
		if (!(bits >> i & 1))
			continue;
		if (flags == wanted)
			return i;
		if (flags & wanted)
			second = i;
	}
	return second;
}

// Allocates, maps what can be mapped, and exports: the result is not looked at, the pointer is.
void allocate(gpu *host, ExternalMemory *external, VkImage image, VkBuffer buffer) {
	VkMemoryDedicatedAllocateInfo dedicated = {
		VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, image, buffer};
	VkExportMemoryAllocateInfo exported = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		external->dedicated ? &dedicated : nullptr, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT};
	VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &exported, external->size, external->type};
	assert_vk(vkAllocateMemory(host->device, &info, nullptr, &external->memory));
	if (is_mapped(host, external->type)) {
		assert_vk(vkMapMemory(host->device, external->memory, 0, external->size, 0, &external->mapped));
		assert_int_equal(reinterpret_cast<uintptr_t>(external->mapped) % getpagesize(), 0);
	}
	VkMemoryGetMetalHandleInfoEXT get = {VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, nullptr,
		external->memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT};
	MTLResource_id handle = nullptr;
	host->get_handle(host->device, &get, &handle);
	external->handle = handle;
	assert_non_null(external->handle);
	CFRetain(external->handle);
}

// The memory first, the heap's reference last.
void release(gpu *host, ExternalMemory *external) {
	if (external->mapped)
		vkUnmapMemory(host->device, external->memory);
	vkFreeMemory(host->device, external->memory, nullptr);
	CFRelease(external->handle);
	*external = {};
}

// The guest's allocation: the import first, then the dedication, with the size and type of the host's.
VkResult import(gpu *guest, const ExternalMemory &external, VkImage image, VkDeviceMemory *memory) {
	VkMemoryDedicatedAllocateInfo dedicated = {
		VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, image, VK_NULL_HANDLE};
	VkImportMemoryMetalHandleInfoEXT imported = {VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		image ? &dedicated : nullptr, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, external.handle};
	VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &imported, external.size, external.type};
	return vkAllocateMemory(guest->device, &info, nullptr, memory);
}

// Usage follows from the features of the tiling.
VkImageCreateInfo color_buffer_info(gpu *host, VkImageTiling tiling) {
	static const struct {
		VkFormatFeatureFlags feature;
		VkImageUsageFlags usage;
	} uses[] = {
		{VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
			VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT},
		{VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, VK_IMAGE_USAGE_SAMPLED_BIT},
		{VK_FORMAT_FEATURE_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
		{VK_FORMAT_FEATURE_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT},
	};
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, kWidth, kHeight, tiling);
	VkFormatProperties properties;
	vkGetPhysicalDeviceFormatProperties(host->physical_device, info.format, &properties);
	const VkFormatFeatureFlags features =
		tiling == VK_IMAGE_TILING_LINEAR ? properties.linearTilingFeatures : properties.optimalTilingFeatures;
	info.usage = 0;
	for (const auto &use : uses)
		info.usage |= features & use.feature ? use.usage : 0;
	return info;
}

// Whether the guest sees what the host writes, and the other way; also when the host has let go of its memory.
void compare(gpu *host, VkImage image, gpu *guest, VkImage guest_image, ExternalMemory *external) {
	static uint8_t sent[kBytes], got[kBytes];
	fill_noise(sent, kBytes, 61);
	gpu_write_image(host, image, kWidth, kHeight, sent, kBytes);
	gpu_acquire_image(guest, guest_image);
	gpu_read_image(guest, guest_image, kWidth, kHeight, got, kBytes);
	assert_memory_equal(got, sent, kBytes);
	vkDestroyImage(host->device, image, nullptr);
	release(host, external);
	std::memset(got, 0, kBytes);
	gpu_read_image(guest, guest_image, kWidth, kHeight, got, kBytes);
	assert_memory_equal(got, sent, kBytes);
}

// Without the guest's word on a dedication, the import names the image of the host's device.
void color_buffer(VkImageTiling tiling, VkMemoryPropertyFlags wanted, bool guest_names_image) {
	gpu host, guest;
	gpu_init(&host, nullptr);
	gpu_init(&guest, nullptr);
	// Where images want memory of their own, the import names none of the guest's, which newer validation layers
	// see.
	if (!guest_names_image)
		guest.expected_below = "vkBindImageMemory-image-01445";
	const VkImageCreateInfo info = color_buffer_info(&host, tiling);
	if (!consumer_executes() || !can_share_image(&host, &info, MTLHEAP)) {
		gpu_finish(&guest);
		gpu_finish_and_skip(&host, "the device shares no such colour buffer");
	}
	VkImage image = make_image(&host, &info, MTLHEAP);
	VkMemoryDedicatedRequirements dedicated = {VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, &dedicated};
	VkImageMemoryRequirementsInfo2 query = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, nullptr, image};
	vkGetImageMemoryRequirements2(host.device, &query, &requirements);
	ExternalMemory external;
	external.dedicated = dedicated.requiresDedicatedAllocation;
	external.size = requirements.memoryRequirements.size;
	external.type = memory_type(&host, requirements.memoryRequirements.memoryTypeBits, wanted);
	if (external.type == UINT32_MAX)
		external.type = pick_type(&host, requirements.memoryRequirements.memoryTypeBits, 0);
	allocate(&host, &external, image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(host.device, image, external.memory, 0));

	VkImage guest_image = make_image(&guest, &info, MTLHEAP);
	VkDeviceMemory memory = VK_NULL_HANDLE;
	const VkResult result = import(&guest, external, guest_names_image ? guest_image : image, &memory);
	assert_vk(result);
	assert_vk(vkBindImageMemory(guest.device, guest_image, memory, 0));
	compare(&host, image, &guest, guest_image, &external);
	vkDestroyImage(guest.device, guest_image, nullptr);
	vkFreeMemory(guest.device, memory, nullptr);
	gpu_finish_unrefused(&guest);
	gpu_finish_unrefused(&host);
}

void device_local_color_buffer(void **) {
	color_buffer(VK_IMAGE_TILING_OPTIMAL, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, true);
}

void mapped_color_buffer(void **) {
	color_buffer(VK_IMAGE_TILING_LINEAR, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, true);
}

void image_of_another_device(void **) {
	color_buffer(VK_IMAGE_TILING_OPTIMAL, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, false);
}

VkBuffer make_guest_buffer(gpu *on) {
	return make_buffer(on, kBytes,
		VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_INDEX_BUFFER_BIT |
			VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
			VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		MTLHEAP);
}

// The query of a buffer's requirements says that it is one of an image, which drivers do not look at.
void buffer(void **) {
	static uint8_t sent[kBytes], got[kBytes];
	gpu host, guest;
	gpu_init(&host, nullptr);
	gpu_init(&guest, nullptr);
	host.expected_below = "VkBufferMemoryRequirementsInfo2-sType-sType";
	VkBuffer buffer = make_guest_buffer(&host), guest_buffer = make_guest_buffer(&guest);
	VkMemoryDedicatedRequirements dedicated = {VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, &dedicated};
	VkBufferMemoryRequirementsInfo2 query = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, nullptr, buffer};
	vkGetBufferMemoryRequirements2(host.device, &query, &requirements);
	ExternalMemory external;
	external.dedicated = dedicated.requiresDedicatedAllocation;
	external.size = requirements.memoryRequirements.size;
	external.type =
		memory_type(&host, requirements.memoryRequirements.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
	allocate(&host, &external, VK_NULL_HANDLE, buffer);
	assert_vk(vkBindBufferMemory(host.device, buffer, external.memory, 0));
	VkDeviceMemory memory;
	assert_vk(import(&guest, external, VK_NULL_HANDLE, &memory));
	assert_vk(vkBindBufferMemory(guest.device, guest_buffer, memory, 0));
	if (consumer_executes()) {
		fill_noise(sent, kBytes, 62);
		gpu_write_buffer(&host, buffer, 0, sent, kBytes);
		gpu_transfer_buffer(&guest, guest_buffer, VK_QUEUE_FAMILY_EXTERNAL, guest.queue_family);
		gpu_read_buffer(&guest, guest_buffer, 0, got, kBytes);
		assert_memory_equal(got, sent, kBytes);
	}
	vkDestroyBuffer(host.device, buffer, nullptr);
	release(&host, &external);
	vkDestroyBuffer(guest.device, guest_buffer, nullptr);
	vkFreeMemory(guest.device, memory, nullptr);
	gpu_finish_unrefused(&guest);
	gpu_finish_unrefused(&host);
}

} // namespace

int main() {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_local_color_buffer),
		cmocka_unit_test(mapped_color_buffer),
		cmocka_unit_test(image_of_another_device),
		cmocka_unit_test(buffer),
	};
	return cmocka_run_group_tests_name("consumers: gfxstream", tests, nullptr, nullptr);
}
