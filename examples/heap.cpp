// SPDX-License-Identifier: MIT
// Vulkan's memory is an MTLHeap, in which Metal places buffers where Vulkan bound its own. C++ in the manner of
// metal-cpp.
//
//     clang++ -std=c++20 heap.cpp -o heap $(pkg-config --cflags --libs tongs-apple vulkan)
//     tongs run ./heap
//
// metal-cpp itself does as well: add -fblocks and -I with its folder, and link -lBlocksRuntime.
#if __has_include(<Metal/Metal.hpp>)
#define NS_PRIVATE_IMPLEMENTATION
#define MTL_PRIVATE_IMPLEMENTATION
#include <Metal/Metal.hpp>
#else
#include "tiny_metal.hpp"
#endif

#include <algorithm>
#include <cstdio>

#include "vulkan_setup.h"

constexpr VkDeviceSize half = 65536;

// A buffer over all of the memory, which is exported as a heap.
struct SharedHeap {
	VkBuffer buffer;
	VkDeviceMemory memory;
};

static SharedHeap createHeap(const vulkan &vk) {
	SharedHeap heap;
	VkExternalMemoryBufferCreateInfo external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT};
	VkBufferCreateInfo bufferInfo = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 2 * half,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT};
	check(vkCreateBuffer(vk.device, &bufferInfo, nullptr, &heap.buffer), "vkCreateBuffer");
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(vk.device, heap.buffer, &requirements);

	VkExportMemoryAllocateInfo exported = {.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT};
	VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &exported,
		.allocationSize = requirements.size,
		.memoryTypeIndex = find_memory_type(&vk, requirements.memoryTypeBits, 0)};
	check(vkAllocateMemory(vk.device, &info, nullptr, &heap.memory), "vkAllocateMemory");
	check(vkBindBufferMemory(vk.device, heap.buffer, heap.memory, 0), "vkBindBufferMemory");
	return heap;
}

// Borrowed from the memory.
static MTL::Heap *getMetalHeap(const vulkan &vk, VkDeviceMemory memory) {
	auto getHandle = reinterpret_cast<PFN_vkGetMemoryMetalHandleEXT>(
		vkGetDeviceProcAddr(vk.device, "vkGetMemoryMetalHandleEXT"));
	VkMemoryGetMetalHandleInfoEXT info = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT};
	void *handle;
	check(getHandle(vk.device, &info, &handle), "vkGetMemoryMetalHandleEXT");
	return static_cast<MTL::Heap *>(handle);
}

// Runs what `record` records, a function of a blit encoder.
template <class Record> static void runInMetal(MTL::CommandQueue *queue, Record record) {
	MTL::CommandBuffer *commands = queue->commandBuffer();
	MTL::BlitCommandEncoder *blit = commands->blitCommandEncoder();
	record(blit);
	blit->endEncoding();
	commands->commit();
	commands->waitUntilCompleted();
	expect(commands->status() == MTL::CommandBufferStatusCompleted, "Metal's commands");
}

int main() {
	vulkan vk = open_vulkan();
	SharedHeap shared = createHeap(vk);
	MTL::Heap *heap = getMetalHeap(vk, shared.memory)->retain();
	MTL::Device *device = heap->device();
	MTL::SizeAndAlign needed = device->heapBufferSizeAndAlign(half, heap->resourceOptions());
	expect(heap->type() == MTL::HeapTypePlacement && heap->size() >= 2 * half, "the heap");
	expect(needed.size <= half && half % needed.align == 0, "what a buffer needs in a heap");

	MTL::Buffer *first = heap->newBuffer(half, heap->resourceOptions(), 0);
	MTL::Buffer *second = heap->newBuffer(half, heap->resourceOptions(), half);
	MTL::Buffer *seen = device->newBuffer(half, MTL::ResourceStorageModeShared);
	MTL::CommandQueue *queue = device->newCommandQueue();
	auto allAre = [&](unsigned char value) {
		auto *bytes = static_cast<unsigned char *>(seen->contents());
		return std::all_of(bytes, bytes + half, [&](unsigned char byte) { return byte == value; });
	};

	// Vulkan to Metal, which also writes the second half.
	VkCommandBuffer commands = begin_commands(&vk);
	vkCmdFillBuffer(commands, shared.buffer, 0, half, 0x11111111);
	hand_buffer(commands, shared.buffer, VULKAN, METAL);
	run_commands(&vk, commands);
	runInMetal(queue, [&](MTL::BlitCommandEncoder *blit) {
		blit->copyFromBuffer(first, 0, seen, 0, half);
		blit->fillBuffer(second, NS::Range::Make(0, half), 0x22);
	});
	expect(allAre(0x11), "what Metal reads of Vulkan's");

	// Metal to Vulkan, and back: Vulkan copies the second half over the first one.
	commands = begin_commands(&vk);
	hand_buffer(commands, shared.buffer, METAL, VULKAN);
	VkBufferCopy copy = {.srcOffset = half, .dstOffset = 0, .size = half};
	vkCmdCopyBuffer(commands, shared.buffer, shared.buffer, 1, &copy);
	hand_buffer(commands, shared.buffer, VULKAN, METAL);
	run_commands(&vk, commands);
	runInMetal(queue, [&](MTL::BlitCommandEncoder *blit) { blit->copyFromBuffer(first, 0, seen, 0, half); });
	expect(allAre(0x22), "what Vulkan copied of Metal's");

	vkDestroyBuffer(vk.device, shared.buffer, nullptr);
	vkFreeMemory(vk.device, shared.memory, nullptr);
	close_vulkan(&vk);
	std::printf("a heap of %d bytes, written by Vulkan and by Metal\n", static_cast<int>(2 * half));
	queue->release();
	seen->release();
	second->release();
	first->release();
	heap->release();
	return 0;
}
