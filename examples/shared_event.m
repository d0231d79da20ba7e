/* SPDX-License-Identifier: MIT */
/* Vulkan and Metal take turns on one buffer, and neither waits on the CPU: a timeline semaphore is an MTLSharedEvent.
 * Objective-C with manual reference counting, by VK_EXT_metal_objects.
 *
 *     gcc -std=gnu11 shared_event.m -o shared_event $(pkg-config --cflags --libs tongs vulkan) -lobjc
 *     tongs run ./shared_event */
#include <Metal/Metal.h>
#include "vulkan_setup.h"

enum { TURNS = 8, SLOT = 64 }; /* bytes that are written in a turn: even turns are Vulkan's, odd ones Metal's */

static id<MTLDevice> get_device(const struct vulkan *vk, PFN_vkExportMetalObjectsEXT export_objects) {
	VkExportMetalDeviceInfoEXT device = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT};
	VkExportMetalObjectsInfoEXT info = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT, .pNext = &device};
	export_objects(vk->device, &info);
	return device.mtlDevice;
}

static VkSemaphore create_timeline(const struct vulkan *vk) {
	VkExportMetalObjectCreateInfoEXT as_event = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT};
	VkSemaphoreTypeCreateInfo timeline = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &as_event,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
	VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &timeline};
	VkSemaphore semaphore;
	check(vkCreateSemaphore(vk->device, &info, NULL, &semaphore), "vkCreateSemaphore");
	return semaphore;
}

static id<MTLSharedEvent> get_event(
	const struct vulkan *vk, PFN_vkExportMetalObjectsEXT export_objects, VkSemaphore semaphore) {
	VkExportMetalSharedEventInfoEXT event = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT, .semaphore = semaphore};
	VkExportMetalObjectsInfoEXT info = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT, .pNext = &event};
	export_objects(vk->device, &info);
	return event.mtlSharedEvent;
}

/* Metal's buffer, as memory of Vulkan's that retains it. */
static VkDeviceMemory import_buffer(const struct vulkan *vk, id<MTLBuffer> metal, VkBuffer buffer) {
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(vk->device, buffer, &requirements);
	VkImportMetalBufferInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT, .mtlBuffer = metal};
	VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = requirements.size,
		.memoryTypeIndex =
			find_memory_type(vk, requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)};
	VkDeviceMemory memory;
	check(vkAllocateMemory(vk->device, &info, NULL, &memory), "vkAllocateMemory");
	check(vkBindBufferMemory(vk->device, buffer, memory, 0), "vkBindBufferMemory");
	return memory;
}

/* Vulkan's turn: copies the slot before into its own, once `semaphore` is `turn`, and makes that `turn` + 1. */
static void take_vulkans_turn(const struct vulkan *vk, VkBuffer buffer, VkSemaphore semaphore, uint64_t turn) {
	VkCommandBuffer commands = begin_commands(vk);
	hand_buffer(commands, buffer, METAL, VULKAN);
	if (turn == 0)
		vkCmdFillBuffer(commands, buffer, 0, SLOT, 0x07070707);
	else
		vkCmdCopyBuffer(commands, buffer, buffer, 1,
			&(VkBufferCopy){.srcOffset = (turn - 1) * SLOT, .dstOffset = turn * SLOT, .size = SLOT});
	hand_buffer(commands, buffer, VULKAN, METAL);
	check(vkEndCommandBuffer(commands), "vkEndCommandBuffer");

	VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = 1,
		.pWaitSemaphoreValues = &turn,
		.signalSemaphoreValueCount = 1,
		.pSignalSemaphoreValues = &(uint64_t){turn + 1}};
	VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = 1,
		.pWaitSemaphores = &semaphore,
		.pWaitDstStageMask = &(VkPipelineStageFlags){VK_PIPELINE_STAGE_ALL_COMMANDS_BIT},
		.commandBufferCount = 1,
		.pCommandBuffers = &commands,
		.signalSemaphoreCount = 1,
		.pSignalSemaphores = &semaphore};
	check(vkQueueSubmit(vk->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit");
}

/* Metal's: copies the first half of the slot before, and makes the second half the turn's number. Returns what runs,
 * which the queue keeps until then. */
static id<MTLCommandBuffer> take_metals_turn(
	id<MTLCommandQueue> queue, id<MTLBuffer> buffer, id<MTLSharedEvent> event, uint64_t turn) {
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	[commands encodeWaitForEvent:event value:turn];
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	[blit copyFromBuffer:buffer
		     sourceOffset:(turn - 1) * SLOT
			 toBuffer:buffer
		destinationOffset:turn * SLOT
			     size:SLOT / 2];
	[blit fillBuffer:buffer range:NSMakeRange(turn * SLOT + SLOT / 2, SLOT / 2) value:(uint8_t)turn];
	[blit endEncoding];
	[commands encodeSignalEvent:event value:turn + 1];
	[commands commit];
	return commands;
}

int main(void) {
	struct vulkan vk = open_vulkan();
	PFN_vkExportMetalObjectsEXT export_objects =
		(PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(vk.device, "vkExportMetalObjectsEXT");
	id<MTLDevice> device = get_device(&vk, export_objects);
	VkSemaphore semaphore = create_timeline(&vk);
	id<MTLSharedEvent> event = [get_event(&vk, export_objects, semaphore) retain]; /* it was borrowed */

	id<MTLBuffer> metal = [device newBufferWithLength:TURNS * SLOT options:MTLResourceStorageModeShared];
	VkBufferCreateInfo buffer_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = TURNS * SLOT,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	VkBuffer buffer;
	check(vkCreateBuffer(vk.device, &buffer_info, NULL, &buffer), "vkCreateBuffer");
	VkDeviceMemory memory = import_buffer(&vk, metal, buffer);

	/* All turns are queued at once, the second side's first. */
	id<MTLCommandQueue> queue = [device newCommandQueue];
	id<MTLCommandBuffer> last = nil;
	for (uint64_t turn = 1; turn < TURNS; turn += 2)
		last = take_metals_turn(queue, metal, event, turn);
	for (uint64_t turn = 0; turn < TURNS; turn += 2)
		take_vulkans_turn(&vk, buffer, semaphore, turn);
	expect([event waitUntilSignaledValue:TURNS timeoutMS:20000], "the turns do not end");
	[last waitUntilCompleted]; /* it signals before it has completed */

	/* The first halves are Vulkan's first turn, handed on. Each of Metal's numbers is copied once, by Vulkan. */
	const unsigned char *bytes = [metal contents];
	for (unsigned turn = 0; turn < TURNS; turn++) {
		const unsigned metals = turn % 2 ? turn : turn - 1;
		expect(bytes[turn * SLOT] == 7, "Vulkan's byte");
		expect(bytes[turn * SLOT + SLOT - 1] == (turn ? metals : 7), "Metal's byte");
	}
	check(vkQueueWaitIdle(vk.queue), "vkQueueWaitIdle");
	vkDestroyBuffer(vk.device, buffer, NULL);
	vkFreeMemory(vk.device, memory, NULL);
	vkDestroySemaphore(vk.device, semaphore, NULL);
	close_vulkan(&vk);

	printf("%d turns, the event is %llu\n", TURNS, (unsigned long long)[event signaledValue]);
	[queue release];
	[metal release];
	[event release];
	return 0;
}
