/* SPDX-License-Identifier: MIT */
/* Benchmarks of command buffers and blits, against Vulkan's own commands on the program's device. */
#include "benchmark.h"

#include "client/command.h"

enum { SMALL_COUNT = 10000, SMALL_SIZE = 256 };

struct state {
	struct tongs_command_queue *queue;
	struct tongs_buffer *from, *to;
	struct tongs_texture *texture;
	struct tongs_context_buffer plain_from, plain_to;
	struct tongs_context_image plain_image;
	VkFence fence;
};

static void finish(struct tongs_bench_run *run) {
	const struct tongs_context *context = &run->device->context;
	struct state *state = run->state;

	tongs_command_queue_unref(state->queue);
	tongs_buffer_unref(state->from);
	tongs_buffer_unref(state->to);
	tongs_texture_unref(state->texture);
	tongs_context_destroy_buffer(context, &state->plain_from);
	tongs_context_destroy_buffer(context, &state->plain_to);
	tongs_context_destroy_image(context, &state->plain_image);
	vkDestroyFence(context->device, state->fence, NULL);
}

static bool prepare_queue(struct tongs_bench_run *run) {
	const VkFenceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	struct state *state = run->state;

	state->queue = tongs_device_new_command_queue(run->device->metal);
	if (state->queue)
		return TONGS_VULKAN_TRY(vkCreateFence, run->device->context.device, &info, NULL, &state->fence);
	tongs_command_error("cannot make the queue to measure");
	return false;
}

static bool prepare_target(struct tongs_bench_run *run, uint64_t size) {
	struct state *state = run->state;

	state->to = tongs_device_new_buffer(run->device->metal, size, MTLResourceStorageModeShared);
	if (!state->to)
		tongs_command_error("cannot make the buffer to measure");
	return state->to && prepare_queue(run) &&
	       tongs_context_create_buffer(
		       &run->device->context, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &state->plain_to);
}

static bool prepare_buffers(struct tongs_bench_run *run) {
	struct state *state = run->state;

	state->from = tongs_device_new_buffer(run->device->metal, run->size, MTLResourceStorageModeShared);
	if (!state->from)
		tongs_command_error("cannot make the buffer to measure");
	return state->from && prepare_target(run, run->size) &&
	       tongs_context_create_buffer(
		       &run->device->context, run->size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &state->plain_from);
}

/* Both in memory that OPTIMAL images are shared in. */
static bool prepare_texture(struct tongs_bench_run *run) {
	const struct tongs_context_image_info image = {
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {(uint32_t)run->size, (uint32_t)run->size},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
		.aspect = VK_IMAGE_ASPECT_COLOR_BIT,
	};
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, run->size, run->size);
	struct state *state = run->state;
	const struct tongs_context *context = &run->device->context;

	info.resource_options = MTLResourceStorageModePrivate;
	state->texture = tongs_device_new_texture(run->device->metal, &info);
	if (!state->texture)
		tongs_command_error("cannot make the texture to measure");
	if (!state->texture || !prepare_target(run, run->size * run->size * 4) ||
		!tongs_context_create_image(context, &image, &state->plain_image))
		return false;
	VkCommandBuffer commands = tongs_context_begin(context);
	if (commands)
		tongs_context_begin_image(commands, state->plain_image.image, VK_IMAGE_ASPECT_COLOR_BIT);
	return commands && tongs_context_submit(context, commands);
}

/* Commits, waits and releases. */
static bool run_commands(struct tongs_command_buffer *commands) {
	const bool committed = commands && tongs_command_buffer_commit(commands);

	if (committed)
		tongs_command_buffer_wait_until_completed(commands);
	const bool done = committed && tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted;
	tongs_command_buffer_unref(commands);
	return done;
}

static bool commit_empty(struct tongs_bench_run *run, uint64_t count) {
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--)
		done = run_commands(tongs_command_queue_new_command_buffer(state->queue));
	return done;
}

static bool submit_empty(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--)
		done = TONGS_VULKAN_TRY(vkQueueSubmit, context->queue, 0, NULL, state->fence) &&
		       TONGS_VULKAN_TRY(vkWaitForFences, context->device, 1, &state->fence, VK_TRUE, UINT64_MAX) &&
		       TONGS_VULKAN_TRY(vkResetFences, context->device, 1, &state->fence);
	return done;
}

/* All in one copy; `count` command buffers. */
static bool blit(struct tongs_bench_run *run, uint64_t count) {
	const struct state *state = run->state;
	const NSUInteger side = (NSUInteger)run->size;
	bool done = true;

	for (; count && done; count--) {
		struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(state->queue);
		struct tongs_encoder *encoder = commands ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
		if (encoder && state->texture)
			tongs_blit_copy_texture_to_buffer(encoder, state->texture, 0, 0, MTLOriginMake(0, 0, 0),
				MTLSizeMake(side, side, 1), state->to, 0, side * 4, 0, 0);
		else if (encoder)
			tongs_blit_copy_buffer(encoder, state->from, 0, state->to, 0, side);
		if (encoder)
			tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
		done = run_commands(commands);
	}
	return done;
}

static bool copy(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	const VkBufferCopy bytes = {.size = run->size};
	const VkBufferImageCopy texels = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.imageExtent = {(uint32_t)run->size, (uint32_t)run->size, 1}};
	bool done = true;

	for (; count && done; count--) {
		VkCommandBuffer commands = tongs_context_begin(context);
		if (!commands)
			return false;
		if (state->texture)
			vkCmdCopyImageToBuffer(commands, state->plain_image.image, VK_IMAGE_LAYOUT_GENERAL,
				state->plain_to.buffer, 1, &texels);
		else
			vkCmdCopyBuffer(commands, state->plain_from.buffer, state->plain_to.buffer, 1, &bytes);
		tongs_context_barrier(commands);
		done = tongs_context_submit(context, commands);
	}
	return done;
}

/* One command buffer with many: recorded, committed, waited for. */
static bool blit_small(struct tongs_bench_run *run, uint64_t count) {
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--) {
		struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(state->queue);
		struct tongs_encoder *encoder = commands ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
		for (NSUInteger i = 0; encoder && i < SMALL_COUNT; i++)
			tongs_blit_copy_buffer(
				encoder, state->from, i * SMALL_SIZE, state->to, i * SMALL_SIZE, SMALL_SIZE);
		if (encoder)
			tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
		done = run_commands(commands);
	}
	return done;
}

static bool copy_small(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--) {
		VkCommandBuffer commands = tongs_context_begin(context);
		if (!commands)
			return false;
		for (VkDeviceSize i = 0; i < SMALL_COUNT; i++) {
			const VkBufferCopy bytes = {i * SMALL_SIZE, i * SMALL_SIZE, SMALL_SIZE};
			vkCmdCopyBuffer(commands, state->plain_from.buffer, state->plain_to.buffer, 1, &bytes);
		}
		done = tongs_context_submit(context, commands);
	}
	return done;
}

#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define RATIO(most) .goals = {{.quantity = TONGS_BENCH_RATIO, .limit = most}}

const struct tongs_benchmark tongs_bench_commands_cases[] = {
	{"command buffer, empty", "vkQueueSubmit + vkWaitForFences", .sizes = {1}, STATE(prepare_queue), RATIO(1.5),
		.tongs = {.operation = commit_empty}, .baseline = {.operation = submit_empty}},
	{"blit, buffer to buffer", "vkCmdCopyBuffer", .unit = TONGS_BENCH_BYTES, .sizes = {(uint64_t)64 << 20},
		STATE(prepare_buffers), RATIO(1 / 0.95), .tongs = {.operation = blit}, .baseline = {.operation = copy}},
	{"blit, texture to buffer", "vkCmdCopyImageToBuffer", .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {4096},
		STATE(prepare_texture), RATIO(1 / 0.95), .tongs = {.operation = blit}, .baseline = {.operation = copy}},
	{"blits, 10,000 small", "vkCmdCopyBuffer", .unit = TONGS_BENCH_BYTES,
		.sizes = {(uint64_t)SMALL_COUNT * SMALL_SIZE}, STATE(prepare_buffers), RATIO(1.3),
		.tongs = {.operation = blit_small}, .baseline = {.operation = copy_small}},
	{0},
};
