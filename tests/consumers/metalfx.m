/* SPDX-License-Identifier: MIT */
/* An upscaler's pass: the renderer's colour and output images are heaps, in which Metal places its textures; it waits
 * for the renderer's event, works, and signals. What MetalFX does there stands for a copy of the picture into a quarter
 * of the output, and a pass that clears the rest. */
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include "consumer.h"

enum { WIDTH = 160, HEIGHT = 90, SCALE = 2, FRAMES = 8, BYTES = WIDTH * HEIGHT * 4 };

struct target {
	VkImage image;
	VkDeviceMemory memory;
	VkMemoryRequirements requirements;
	uint32_t width, height;
	id<MTLTexture> texture;
};

struct upscaler {
	struct gpu gpu;
	struct target color, output;
	VkSemaphore semaphore;
	id<MTLSharedEvent> event;
	id<MTLCommandQueue> queue;
};

/* Dedicated, and device-local if that can be. */
static void target_init(struct gpu *gpu, struct target *target) {
	VkImageCreateInfo info =
		image_info(VK_FORMAT_R8G8B8A8_UNORM, target->width, target->height, VK_IMAGE_TILING_OPTIMAL);
	VkPhysicalDeviceMemoryProperties memory;
	info.usage |= VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_STORAGE_BIT;
	target->image = make_image(gpu, &info, MTLHEAP);
	vkGetImageMemoryRequirements(gpu->device, target->image, &target->requirements);
	vkGetPhysicalDeviceMemoryProperties(gpu->physical_device, &memory);
	uint32_t type = pick_type(gpu, target->requirements.memoryTypeBits, 0);
	for (uint32_t i = memory.memoryTypeCount; i-- > 0;)
		if ((target->requirements.memoryTypeBits >> i & 1) &&
			(memory.memoryTypes[i].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT))
			type = i;
	target->memory = export_memory(gpu, target->requirements.size, type, MTLHEAP, target->image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(gpu->device, target->image, target->memory, 0));
}

/* In the heap, with what the heap says of itself. */
static void place_texture(struct gpu *gpu, struct target *target) {
	id<MTLHeap> heap = (id<MTLHeap>)handle_of(gpu, target->memory, MTLHEAP);
	assert_int_equal(heap.type, MTLHeapTypePlacement);
	MTLTextureDescriptor *descriptor =
		[MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								   width:target->width
								  height:target->height
							       mipmapped:NO];
	descriptor.storageMode = heap.storageMode;
	descriptor.cpuCacheMode = heap.cpuCacheMode;
	descriptor.hazardTrackingMode = heap.hazardTrackingMode;
	descriptor.usage = MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite | MTLTextureUsageRenderTarget;
	const MTLSizeAndAlign needed = [heap.device heapTextureSizeAndAlignWithDescriptor:descriptor];
	assert_true(needed.size && needed.size <= target->requirements.size && needed.size <= heap.size);
	target->texture = [heap newTextureWithDescriptor:descriptor offset:0];
	assert_non_null(target->texture);
	assert_ptr_equal(target->texture.heap, heap);
}

static void target_finish(struct gpu *gpu, struct target *target) {
	[target->texture release];
	vkDestroyImage(gpu->device, target->image, NULL);
	vkFreeMemory(gpu->device, target->memory, NULL);
}

static void upscaler_init(struct upscaler *upscaler) {
	struct gpu *gpu = &upscaler->gpu;
	*upscaler = (struct upscaler){
		.color = {.width = WIDTH, .height = HEIGHT},
		.output = {.width = WIDTH * SCALE, .height = HEIGHT * SCALE},
	};
	consumer_open(gpu);
	if (!consumer_executes() || !gpu->has_timelines)
		gpu_finish_and_skip(gpu, "the driver has no timelines, or " NOTHING_EXECUTES);
	target_init(gpu, &upscaler->color);
	target_init(gpu, &upscaler->output);
	upscaler->semaphore = consumer_make_timeline(gpu);
	upscaler->event = (id<MTLSharedEvent>)consumer_export_event(gpu, upscaler->semaphore);
	place_texture(gpu, &upscaler->color);
	place_texture(gpu, &upscaler->output);
	upscaler->queue = [upscaler->color.texture.device newCommandQueue];
}

static void upscaler_finish(struct upscaler *upscaler) {
	struct gpu *gpu = &upscaler->gpu;
	[upscaler->queue release];
	target_finish(gpu, &upscaler->color);
	target_finish(gpu, &upscaler->output);
	vkDestroySemaphore(gpu->device, upscaler->semaphore, NULL);
	gpu_finish_unrefused(gpu);
}

/* The renderer's side of a frame: signals its value when the picture is there, and goes on at the next. */
static void signal_queue(struct upscaler *upscaler, uint64_t wait, uint64_t signal) {
	const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	const VkTimelineSemaphoreSubmitInfo values = {
		.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = wait ? 1 : 0,
		.pWaitSemaphoreValues = &wait,
		.signalSemaphoreValueCount = signal ? 1 : 0,
		.pSignalSemaphoreValues = &signal,
	};
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = wait ? 1 : 0,
		.pWaitSemaphores = &upscaler->semaphore,
		.pWaitDstStageMask = &stage,
		.signalSemaphoreCount = signal ? 1 : 0,
		.pSignalSemaphores = &upscaler->semaphore,
	};
	assert_vk(vkQueueSubmit(upscaler->gpu.queue, 1, &info, VK_NULL_HANDLE));
}

static void transfer(struct gpu *gpu, struct target *target, uint32_t from, uint32_t to) {
	gpu_transfer_image(gpu, target->image, VK_IMAGE_ASPECT_COLOR_BIT, from, to);
}

/* Metal's side: encoded before the renderer's value is there. */
static void encode(struct upscaler *upscaler, uint32_t frame) {
	@autoreleasepool {
		id<MTLCommandBuffer> commands = [upscaler->queue commandBuffer];
		[commands encodeWaitForEvent:upscaler->event value:2 * frame + 1];
		MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
		/* For GCC's runtime clang has no subscripts of objects. */
		MTLRenderPassColorAttachmentDescriptor *attachment = [pass.colorAttachments objectAtIndexedSubscript:0];
		attachment.texture = upscaler->output.texture;
		attachment.loadAction = MTLLoadActionClear;
		attachment.clearColor = MTLClearColorMake((double)frame / 255, 0, 1, 1);
		attachment.storeAction = MTLStoreActionStore;
		[[commands renderCommandEncoderWithDescriptor:pass] endEncoding];
		id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
		[blit copyFromTexture:upscaler->color.texture
			      sourceSlice:0
			      sourceLevel:0
			     sourceOrigin:MTLOriginMake(0, 0, 0)
			       sourceSize:MTLSizeMake(WIDTH, HEIGHT, 1)
				toTexture:upscaler->output.texture
			 destinationSlice:0
			 destinationLevel:0
			destinationOrigin:MTLOriginMake(WIDTH, HEIGHT, 0)];
		[blit endEncoding];
		[commands encodeSignalEvent:upscaler->event value:2 * frame + 2];
		[commands commit];
	}
}

/* The picture in the last quarter, the colour of the frame everywhere else. */
static void check_output(const uint8_t *output, const uint8_t *picture, uint32_t frame) {
	const uint8_t cleared[] = {(uint8_t)frame, 0, 255, 255};
	for (uint32_t y = 0; y < HEIGHT * SCALE; y++) {
		const uint8_t *row = output + (size_t)y * WIDTH * SCALE * 4;
		for (uint32_t x = 0; x < (y < HEIGHT ? WIDTH * SCALE : WIDTH); x++)
			assert_memory_equal(row + x * 4, cleared, 4);
		if (y >= HEIGHT)
			assert_memory_equal(row + WIDTH * 4, picture + (size_t)(y - HEIGHT) * WIDTH * 4, WIDTH * 4);
	}
}

static void frames(void **state) {
	static uint8_t picture[BYTES], output[BYTES * SCALE * SCALE];
	static struct upscaler upscaler;
	struct gpu *gpu = &upscaler.gpu;
	(void)state;
	@autoreleasepool {
		upscaler_init(&upscaler);
		for (uint32_t frame = 0; frame < FRAMES; frame++) {
			encode(&upscaler, frame);
			fill_noise(picture, BYTES, frame + 131);
			gpu_write_image(gpu, upscaler.color.image, WIDTH, HEIGHT, picture, BYTES);
			transfer(gpu, &upscaler.color, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
			signal_queue(&upscaler, 0, 2 * frame + 1);
			signal_queue(&upscaler, 2 * frame + 2, 0);
			transfer(gpu, &upscaler.output, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
			gpu_read_image(
				gpu, upscaler.output.image, WIDTH * SCALE, HEIGHT * SCALE, output, sizeof(output));
			check_output(output, picture, frame);
			transfer(gpu, &upscaler.output, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
		}
		assert_int_equal(upscaler.event.signaledValue, 2 * FRAMES);
		upscaler_finish(&upscaler);
	}
}

int main(void) {
	@autoreleasepool {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test(frames),
		};
		return cmocka_run_group_tests_name("consumers: an upscaler", tests, NULL, NULL);
	}
}
