/* SPDX-License-Identifier: MIT */
/* A plotting library (datoviz): Metal writes vertices into a buffer that Vulkan owns and exports, in turns that a
 * shared event orders; neither side waits on the CPU. Compiles with and without ARC. */
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include "consumer.h"

#if __has_feature(objc_arc)
#define LET_GO(object) ((void)(object))
#else
#define LET_GO(object) [(object) release]
#endif

enum { CYCLES = 100, FLOATS = 6, BYTES = FLOATS * 4 };

/* What Vulkan owns is borrowed. */
@interface Lab : NSObject {
	__unsafe_unretained id<MTLBuffer> _sharedBuffer;
	__unsafe_unretained id<MTLSharedEvent> _sharedEvent;
	id<MTLDevice> _device;
	id<MTLCommandQueue> _commandQueue;
	id<MTLCommandBuffer> _lastCommandBuffer;
}
@property(nonatomic, unsafe_unretained) id<MTLBuffer> sharedBuffer;
@property(nonatomic, unsafe_unretained) id<MTLSharedEvent> sharedEvent;
@property(nonatomic, strong) id<MTLDevice> device;
@property(nonatomic, strong) id<MTLCommandQueue> commandQueue;
@property(nonatomic, strong) id<MTLCommandBuffer> lastCommandBuffer;
@end

@implementation Lab
/* GCC's runtime has no ivars that the compiler adds. */
@synthesize sharedBuffer = _sharedBuffer, sharedEvent = _sharedEvent, device = _device, commandQueue = _commandQueue,
	    lastCommandBuffer = _lastCommandBuffer;
#if !__has_feature(objc_arc)
- (void)dealloc {
	self.device = nil;
	self.commandQueue = nil;
	self.lastCommandBuffer = nil;
	[super dealloc];
}
#endif
@end

static bool is_enumerated(id<MTLDevice> device) {
	NSArray *all = MTLCopyAllDevices();
	bool found = false;
	for (id<MTLDevice> candidate in all)
		found |= candidate.registryID == device.registryID;
	LET_GO(all);
	return found;
}

static void *lab_create(void *metal_buffer, void *metal_event, VkDeviceSize size) {
	@autoreleasepool {
		id<MTLBuffer> buffer = (__bridge id<MTLBuffer>)metal_buffer;
		id<MTLSharedEvent> event = (__bridge id<MTLSharedEvent>)metal_event;
		id<MTLDevice> device = buffer.device;
		assert_true(device != nil && buffer.length >= size);
		assert_true(is_enumerated(device));
		id<MTLCommandQueue> queue = [device newCommandQueue];
		assert_true(queue != nil);
		Lab *lab = [[Lab alloc] init];
		lab.sharedBuffer = buffer;
		lab.sharedEvent = event;
		lab.device = device;
		lab.commandQueue = queue;
		LET_GO(queue);
		return (__bridge_retained void *)lab;
	}
}

static void lab_enqueue_blit(void *handle, const float *vertices, uint64_t wait, uint64_t signal) {
	@autoreleasepool {
		Lab *lab = (__bridge Lab *)handle;
		id<MTLBuffer> source = [lab.device newBufferWithBytes:vertices
							       length:BYTES
							      options:MTLResourceStorageModeShared];
		id<MTLCommandBuffer> commands = [lab.commandQueue commandBuffer];
		assert_true(source != nil && commands != nil);
		[commands encodeWaitForEvent:lab.sharedEvent value:wait];
		id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
		[blit copyFromBuffer:source sourceOffset:0 toBuffer:lab.sharedBuffer destinationOffset:0 size:BYTES];
		[blit endEncoding];
		[commands encodeSignalEvent:lab.sharedEvent value:signal];
		[commands commit];
		lab.lastCommandBuffer = commands;
		LET_GO(source);
	}
}

/* The one wait of the CPU. */
static void lab_finish(void *handle, const float *expected, uint64_t value) {
	@autoreleasepool {
		Lab *lab = (__bridge Lab *)handle;
		[lab.lastCommandBuffer waitUntilCompleted];
		assert_int_equal(lab.lastCommandBuffer.status, MTLCommandBufferStatusCompleted);
		assert_true(lab.lastCommandBuffer.error == nil);
		assert_true(lab.lastCommandBuffer.error.localizedDescription.UTF8String == NULL);
		assert_true(lab.sharedEvent.signaledValue >= value);
		const void *contents = lab.sharedBuffer.contents;
		if (contents)
			assert_memory_equal(contents, expected, BYTES);
		else
			assert_int_equal(lab.sharedBuffer.storageMode, MTLStorageModePrivate);
	}
}

static void lab_destroy(void *handle) {
	@autoreleasepool {
		Lab *lab = (__bridge_transfer Lab *)handle;
		lab.sharedBuffer = nil;
		lab.sharedEvent = nil;
		lab.lastCommandBuffer = nil;
		lab.commandQueue = nil;
		lab.device = nil;
		LET_GO(lab);
	}
}

struct plot {
	struct gpu gpu;
	VkBuffer buffer;
	VkDeviceMemory memory;
	VkDeviceSize size;
	VkSemaphore semaphore;
	struct staging staging; /* the vertices of each cycle */
	VkCommandBuffer commands[CYCLES + 1];
};

/* For the exact usage; asked before the allocation, and again before the export. */
static void check_offer(struct plot *plot, VkBufferUsageFlags usage) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(plot->gpu.physical_device, &info, &properties);
	assert_true(
		properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
	assert_true(properties.externalMemoryProperties.compatibleHandleTypes & MTLBUFFER);
}

static void make_vertex_buffer(struct plot *plot) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_VERTEX_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;
	VkMemoryRequirements requirements;
	check_offer(plot, usage);
	plot->buffer = make_buffer(&plot->gpu, BYTES, usage, MTLBUFFER);
	vkGetBufferMemoryRequirements(plot->gpu.device, plot->buffer, &requirements);
	plot->size = requirements.size;
	plot->memory = export_memory(&plot->gpu, requirements.size,
		pick_mapped(&plot->gpu, requirements.memoryTypeBits), MTLBUFFER, VK_NULL_HANDLE, plot->buffer);
	assert_vk(vkBindBufferMemory(plot->gpu.device, plot->buffer, plot->memory, 0));
	check_offer(plot, usage);
}

static void transfer(struct plot *plot, VkCommandBuffer commands, uint32_t from, uint32_t to,
	VkPipelineStageFlags2 source, VkAccessFlags2 source_access, VkPipelineStageFlags2 destination,
	VkAccessFlags2 destination_access) {
	const VkBufferMemoryBarrier2 barrier = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER_2,
		.srcStageMask = source,
		.srcAccessMask = source_access,
		.dstStageMask = destination,
		.dstAccessMask = destination_access,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = plot->buffer,
		.size = BYTES,
	};
	const VkDependencyInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
		.bufferMemoryBarrierCount = 1,
		.pBufferMemoryBarriers = &barrier,
	};
	vkCmdPipelineBarrier2(commands, &info);
}

/* After nothing, or after reading. */
static void release(struct plot *plot, VkCommandBuffer commands, bool has_read) {
	transfer(plot, commands, plot->gpu.queue_family, VK_QUEUE_FAMILY_EXTERNAL,
		has_read ? VK_PIPELINE_STAGE_2_TRANSFER_BIT : VK_PIPELINE_STAGE_2_NONE,
		has_read ? VK_ACCESS_2_TRANSFER_READ_BIT : VK_ACCESS_2_NONE, VK_PIPELINE_STAGE_2_NONE,
		VK_ACCESS_2_NONE);
}

static void submit_handoff(
	struct plot *plot, VkCommandBuffer commands, uint64_t wait, VkPipelineStageFlags2 stage, uint64_t signal) {
	const VkSemaphoreSubmitInfo waits = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
		.semaphore = plot->semaphore,
		.value = wait,
		.stageMask = stage,
	};
	const VkSemaphoreSubmitInfo signals = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
		.semaphore = plot->semaphore,
		.value = signal,
		.stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
	};
	const VkCommandBufferSubmitInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
		.commandBuffer = commands,
	};
	const VkSubmitInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
		.waitSemaphoreInfoCount = wait ? 1 : 0,
		.pWaitSemaphoreInfos = &waits,
		.commandBufferInfoCount = 1,
		.pCommandBufferInfos = &buffer,
		.signalSemaphoreInfoCount = signal ? 1 : 0,
		.pSignalSemaphoreInfos = &signals,
	};
	assert_vk(vkEndCommandBuffer(commands));
	assert_vk(vkQueueSubmit2(plot->gpu.queue, 1, &info, VK_NULL_HANDLE));
}

static void fill_vertices(float *vertices, uint32_t cycle) {
	for (uint32_t i = 0; i < FLOATS; i++)
		vertices[i] = (float)(cycle * FLOATS + i) / 16 - 1;
}

/* Acquires what Metal wrote, takes it, and hands the buffer back, except in the last cycle. */
static void take(struct plot *plot, uint32_t cycle) {
	const bool last = cycle + 1 == CYCLES;
	const VkBufferCopy copy = {0, (VkDeviceSize)cycle * BYTES, BYTES};
	VkCommandBuffer commands = begin(&plot->gpu);
	transfer(plot, commands, VK_QUEUE_FAMILY_EXTERNAL, plot->gpu.queue_family, VK_PIPELINE_STAGE_2_NONE,
		VK_ACCESS_2_NONE, VK_PIPELINE_STAGE_2_TRANSFER_BIT, VK_ACCESS_2_TRANSFER_READ_BIT);
	vkCmdCopyBuffer(commands, plot->buffer, plot->staging.buffer, 1, &copy);
	if (!last)
		release(plot, commands, true);
	else
		transfer(plot, commands, VK_QUEUE_FAMILY_IGNORED, VK_QUEUE_FAMILY_IGNORED,
			VK_PIPELINE_STAGE_2_TRANSFER_BIT, VK_ACCESS_2_TRANSFER_READ_BIT,
			VK_PIPELINE_STAGE_2_VERTEX_ATTRIBUTE_INPUT_BIT, VK_ACCESS_2_VERTEX_ATTRIBUTE_READ_BIT);
	plot->commands[cycle + 1] = commands;
	submit_handoff(plot, commands, 2 * cycle + 2, VK_PIPELINE_STAGE_2_TRANSFER_BIT, last ? 0 : 2 * cycle + 3);
}

static void finish(struct plot *plot) {
	struct gpu *gpu = &plot->gpu;
	vkFreeCommandBuffers(gpu->device, gpu->pool, CYCLES + 1, plot->commands);
	staging_finish(gpu, &plot->staging);
	vkDestroySemaphore(gpu->device, plot->semaphore, NULL);
	vkDestroyBuffer(gpu->device, plot->buffer, NULL);
	vkFreeMemory(gpu->device, plot->memory, NULL);
	gpu_finish_unrefused(gpu);
}

static void external_buffer(void **state) {
	static struct plot plot;
	struct gpu *gpu = &plot.gpu;
	float vertices[FLOATS];
	uint64_t value;
	(void)state;
	gpu_init(gpu, &(struct gpu_options){.with_objects = true, .with_synchronization2 = true});
	if (!consumer_executes() || !gpu->has_timelines || !gpu->has_synchronization2)
		gpu_finish_and_skip(gpu, "the driver has no timelines, no synchronization2, or " NOTHING_EXECUTES);
	staging_init(gpu, &plot.staging, CYCLES * BYTES);
	make_vertex_buffer(&plot);
	plot.semaphore = consumer_make_timeline(gpu);
	void *lab = lab_create(
		handle_of(gpu, plot.memory, MTLBUFFER), consumer_export_event(gpu, plot.semaphore), plot.size);
	plot.commands[0] = begin(gpu);
	release(&plot, plot.commands[0], false);
	submit_handoff(&plot, plot.commands[0], 0, VK_PIPELINE_STAGE_2_NONE, 1);
	for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
		fill_vertices(vertices, cycle);
		lab_enqueue_blit(lab, vertices, 2 * cycle + 1, 2 * cycle + 2);
		take(&plot, cycle);
	}
	assert_vk(vkDeviceWaitIdle(gpu->device));
	lab_finish(lab, vertices, 2 * CYCLES);
	assert_vk(vkGetSemaphoreCounterValue(gpu->device, plot.semaphore, &value));
	assert_int_equal(value, 2 * CYCLES);
	for (uint32_t cycle = 0; cycle < CYCLES; cycle++) {
		fill_vertices(vertices, cycle);
		assert_memory_equal((const char *)plot.staging.bytes + cycle * BYTES, vertices, BYTES);
	}
	lab_destroy(lab);
	finish(&plot);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(external_buffer),
	};
	return cmocka_run_group_tests_name("consumers: datoviz", tests, NULL, NULL);
}
