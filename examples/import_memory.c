/* SPDX-License-Identifier: MIT */
/* Pages of the program as an MTLBuffer that Vulkan imports, and Vulkan's memory as an MTLBuffer that Metal copies from:
 * C's way around the circle, in which nothing is copied but by the two GPUs' own commands.
 *
 *     cc -std=c11 import_memory.c -o import_memory $(pkg-config --cflags --libs tongs vulkan)
 *     tongs run ./import_memory */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include <tongs/metal.h>
#include "vulkan_setup.h"

enum { SIZE = 65536 };

/* A Vulkan buffer and its memory, which is new if `import` is NULL. Both name the handle type. */
struct shared_buffer {
	VkBuffer buffer;
	VkDeviceMemory memory;
};

static struct shared_buffer create_buffer(const struct vulkan *vk, struct tongs_buffer *import) {
	const VkExternalMemoryHandleTypeFlagBits type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT;
	struct shared_buffer shared;
	VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = type};
	VkBufferCreateInfo buffer_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	check(vkCreateBuffer(vk->device, &buffer_info, NULL, &shared.buffer), "vkCreateBuffer");
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(vk->device, shared.buffer, &requirements);
	uint32_t types = requirements.memoryTypeBits;

	VkExportMemoryAllocateInfo export_info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = type};
	VkImportMemoryMetalHandleInfoEXT import_info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT, .handleType = type, .handle = import};
	if (import) {
		PFN_vkGetMemoryMetalHandlePropertiesEXT get_properties =
			(PFN_vkGetMemoryMetalHandlePropertiesEXT)vkGetDeviceProcAddr(
				vk->device, "vkGetMemoryMetalHandlePropertiesEXT");
		VkMemoryMetalHandlePropertiesEXT properties = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};
		check(get_properties(vk->device, type, import, &properties), "vkGetMemoryMetalHandlePropertiesEXT");
		types &= properties.memoryTypeBits;
	}
	VkMemoryAllocateInfo memory_info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import ? (void *)&import_info : (void *)&export_info,
		.allocationSize = import ? SIZE : requirements.size,
		.memoryTypeIndex = find_memory_type(vk, types, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)};
	check(vkAllocateMemory(vk->device, &memory_info, NULL, &shared.memory), "vkAllocateMemory");
	check(vkBindBufferMemory(vk->device, shared.buffer, shared.memory, 0), "vkBindBufferMemory");
	return shared;
}

static void destroy_buffer(const struct vulkan *vk, struct shared_buffer *shared) {
	vkDestroyBuffer(vk->device, shared->buffer, NULL);
	vkFreeMemory(vk->device, shared->memory, NULL);
}

/* Borrowed from the memory. */
static struct tongs_buffer *get_metal_buffer(const struct vulkan *vk, VkDeviceMemory memory) {
	PFN_vkGetMemoryMetalHandleEXT get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(vk->device, "vkGetMemoryMetalHandleEXT");
	VkMemoryGetMetalHandleInfoEXT info = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	void *handle;
	check(get_handle(vk->device, &info, &handle), "vkGetMemoryMetalHandleEXT");
	return tongs_buffer_from_handle(handle);
}

/* Metal's device of the same GPU. */
static struct tongs_device *find_metal_device(const struct vulkan *vk) {
	VkPhysicalDeviceIDProperties ids = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &ids};
	vkGetPhysicalDeviceProperties2(vk->physical, &properties);
	struct tongs_device *device = tongs_device_new_from_uuids(ids.deviceUUID, ids.driverUUID);
	expect(device, "Metal lacks the device");
	return device;
}

static void unmap(void *pointer, NSUInteger length, void *user) {
	munmap(pointer, length);
	*(bool *)user = true;
}

/* In Metal: copies the first half over the second one, and copies all of it to `to`. */
static void copy_in_metal(struct tongs_device *device, struct tongs_buffer *from, struct tongs_buffer *to) {
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	tongs_blit_copy_buffer(blit, from, 0, from, SIZE / 2, SIZE / 2);
	tongs_blit_copy_buffer(blit, from, 0, to, 0, SIZE);
	tongs_encoder_end(blit);
	expect(tongs_command_buffer_commit(commands), "commit");
	tongs_command_buffer_wait_until_completed(commands);
	expect(tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted, "Metal's commands");
	tongs_encoder_unref(blit);
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
}

int main(void) {
	struct vulkan vk = open_vulkan();
	struct tongs_device *device = find_metal_device(&vk);

	/* Metal to Vulkan: a buffer over pages of our own, given back when nobody uses them any more. */
	unsigned char *pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(pages != MAP_FAILED, "mmap");
	for (unsigned i = 0; i < SIZE; i++)
		pages[i] = (unsigned char)(i % 251);
	bool unmapped = false;
	struct tongs_buffer *own =
		tongs_device_new_buffer_no_copy(device, pages, SIZE, MTLResourceStorageModeShared, unmap, &unmapped);
	expect(own, "newBufferWithBytesNoCopy:");
	struct shared_buffer imported = create_buffer(&vk, own);

	/* Vulkan to Metal. */
	struct shared_buffer exported = create_buffer(&vk, NULL);
	struct tongs_buffer *vulkans = get_metal_buffer(&vk, exported.memory);

	VkCommandBuffer commands = begin_commands(&vk);
	hand_buffer(commands, imported.buffer, METAL, VULKAN);
	VkBufferCopy half = {.size = SIZE / 2};
	vkCmdCopyBuffer(commands, imported.buffer, exported.buffer, 1, &half);
	hand_buffer(commands, imported.buffer, VULKAN, METAL);
	hand_buffer(commands, exported.buffer, VULKAN, METAL);
	run_commands(&vk, commands);
	expect(memcmp(tongs_buffer_get_contents(vulkans), pages, SIZE / 2) == 0, "what Vulkan copied");

	copy_in_metal(device, vulkans, own);
	expect(memcmp(pages + SIZE / 2, pages, SIZE / 2) == 0, "what Metal copied");
	expect(pages[1] == 1 && pages[SIZE / 2 + 250] == 250, "the pages' first bytes");

	/* The memory still uses the pages when the program's own reference is gone. */
	tongs_buffer_unref(own);
	expect(!unmapped, "the pages went too early");
	destroy_buffer(&vk, &imported);
	expect(unmapped, "the pages did not come back");
	destroy_buffer(&vk, &exported);
	tongs_device_unref(device);
	close_vulkan(&vk);
	printf("Vulkan read Metal's pages, Metal Vulkan's memory: %d bytes the same\n", SIZE);
	return 0;
}
