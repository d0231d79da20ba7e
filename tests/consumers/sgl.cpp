// SPDX-License-Identifier: MIT
// A graphics library for visualization (chrismile/sgl): a buffer, dedicated where that is required, whose MTLBuffer is
// asked for by VK_EXT_metal_objects.
#include <cstring>

#include "consumer.h"

namespace {

constexpr VkDeviceSize kBytes = 100000;

class Buffer {
      public:
	// With `for_metal` the memory says that it will be exported, as the specification has it; the library itself
	// does not, because MoltenVK does not look.
	Buffer(gpu *device, VkBufferUsageFlags usage, bool for_metal) : device(device) {
		VkBufferCreateInfo info{};
		info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
		info.size = kBytes;
		info.usage = usage;
		info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
		assert_vk(vkCreateBuffer(device->device, &info, nullptr, &buffer));
		allocate(usage, for_metal);
		assert_vk(vkBindBufferMemory(device->device, buffer, memory, 0));
	}

	void finish() {
		vkDestroyBuffer(device->device, buffer, nullptr);
		vkFreeMemory(device->device, memory, nullptr);
	}

	MTLBuffer_id metal_buffer() {
		VkExportMetalBufferInfoEXT buffer_info{};
		buffer_info.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_BUFFER_INFO_EXT;
		buffer_info.memory = memory;
		VkExportMetalObjectsInfoEXT objects_info{};
		objects_info.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT;
		objects_info.pNext = &buffer_info;
		device->export_objects(device->device, &objects_info);
		return buffer_info.mtlBuffer;
	}

	gpu *device;
	VkBuffer buffer = VK_NULL_HANDLE;
	VkDeviceMemory memory = VK_NULL_HANDLE;

      private:
	// Requirements are asked for twice; the flags struct stands in front of what exports.
	void allocate(VkBufferUsageFlags usage, bool for_metal) {
		VkBufferMemoryRequirementsInfo2 query{};
		VkMemoryRequirements2 requirements2{};
		VkMemoryDedicatedRequirements dedicated_requirements{};
		query.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
		query.buffer = buffer;
		dedicated_requirements.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS;
		requirements2.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
		requirements2.pNext = &dedicated_requirements;
		vkGetBufferMemoryRequirements2(device->device, &query, &requirements2);
		VkMemoryRequirements requirements;
		vkGetBufferMemoryRequirements(device->device, buffer, &requirements);

		VkMemoryDedicatedAllocateInfo dedicated{};
		dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
		dedicated.buffer = buffer;
		VkExportMetalObjectCreateInfoEXT exported{};
		exported.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT;
		exported.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_BUFFER_BIT_EXT;
		const void *next = dedicated_requirements.requiresDedicatedAllocation ? &dedicated : nullptr;
		if (for_metal) {
			exported.pNext = next;
			next = &exported;
		}
		VkMemoryAllocateFlagsInfo flags{};
		flags.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO;
		flags.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT;
		if (usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT) {
			flags.pNext = next;
			next = &flags;
		}
		VkMemoryAllocateInfo info{};
		info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
		info.pNext = next;
		info.allocationSize = requirements.size;
		info.memoryTypeIndex =
			for_metal ? shared_type(device) : pick_type(device, requirements.memoryTypeBits, 0);
		assert_vk(vkAllocateMemory(device->device, &info, nullptr, &memory));
	}
};

VkBufferUsageFlags usage_of(const gpu *device) {
	return VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
	       VK_BUFFER_USAGE_TRANSFER_DST_BIT |
	       (device->has_addresses ? VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT : 0);
}

void buffer_for_metal(void **) {
	static uint8_t sent[kBytes], got[kBytes];
	gpu device;
	consumer_open_plainly(&device);
	Buffer buffer(&device, usage_of(&device), true);
	auto *metal = static_cast<tongs_buffer *>(buffer.metal_buffer());
	assert_int_equal(tongs_handle_kind(metal), TONGS_KIND_BUFFER);
	assert_ptr_equal(buffer.metal_buffer(), metal);
	assert_true(tongs_buffer_get_length(metal) >= kBytes);
	auto *contents = static_cast<uint8_t *>(tongs_buffer_get_contents(metal));
	if (contents && consumer_executes()) {
		fill_noise(sent, kBytes, 121);
		gpu_write_buffer(&device, buffer.buffer, 0, sent, kBytes);
		assert_memory_equal(contents, sent, kBytes);
		fill_noise(sent, kBytes, 122);
		std::memcpy(contents, sent, kBytes);
		gpu_read_buffer(&device, buffer.buffer, 0, got, kBytes);
		assert_memory_equal(got, sent, kBytes);
	}
	buffer.finish();
	gpu_finish_unrefused(&device);
}

// Memory that does not say so is the driver's own: there is no buffer, and the reason is given.
void buffer_as_the_library_allocates_it(void **) {
	gpu device;
	consumer_open_plainly(&device);
	Buffer buffer(&device, usage_of(&device), false);
	assert_null(buffer.metal_buffer());
	assert_reported(&device, "VUID-VkExportMetalObjectsInfoEXT-pNext-06793");
	assert_non_null(std::strstr(device.last.text, "chain VkExportMetalObjectCreateInfoEXT with METAL_BUFFER"));
	buffer.finish();
	gpu_finish_unrefused(&device);
}

} // namespace

int main() {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_for_metal),
		cmocka_unit_test(buffer_as_the_library_allocates_it),
	};
	return cmocka_run_group_tests_name("consumers: sgl", tests, nullptr, nullptr);
}
