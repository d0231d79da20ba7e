/* SPDX-License-Identifier: MIT */
/* Benchmarks of OPTIMAL images that are shared: making the first one of a process, drawing into one, and reading one.
 */
#include "benchmark.h"

#include <stdlib.h>
#include <string.h>

#include "client/command.h"
#include "client/share.h"
#include "scene.h"

enum { SHARED, UNSHARED, COUNT };

struct state {
	struct tongs_context_image images[COUNT];
	struct tongs_scene *scene;          /* with both as targets, and all else in common */
	VkQueryPool timestamps;             /* before and after the drawing */
	double period;                      /* nanoseconds of a timestamp's unit */
	struct tongs_texture *texture;      /* of images[SHARED] */
	struct tongs_context_buffer buffer; /* what UNSHARED is copied to */
	char *bytes;                        /* for the texels */
};

static struct tongs_context_image_info get_info(const struct tongs_bench_run *run) {
	return (struct tongs_context_image_info){
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {(uint32_t)run->size, (uint32_t)run->size},
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT |
			 VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
		.aspect = VK_IMAGE_ASPECT_COLOR_BIT,
	};
}

/* Queries, as a careful program does, then creates an image with a view. Returns false after a message or with
 * `why_not`. */
static bool create_image(struct tongs_bench_run *run, int which, bool device_local) {
	const struct tongs_context *context = &run->device->context;
	const struct tongs_context_image_info info = get_info(run);
	const struct tongs_share share = {
		.type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, .device_local = device_local};
	struct tongs_context_image *image = &((struct state *)run->state)->images[which];
	const VkImageCreateInfo create_info = tongs_context_get_create_info(&info);
	VkImageFormatProperties properties;

	if (which == SHARED && !tongs_share_can_create(context->physical_device, &create_info))
		run->why_not = "the device shares no such image";
	if (which == SHARED)
		return !run->why_not && tongs_share_create_shape(context, &share, &create_info, image) &&
		       tongs_context_create_view(context, &info, image);
	return TONGS_VULKAN_TRY(vkGetPhysicalDeviceImageFormatProperties, context->physical_device, info.format,
		       VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, info.usage, 0, &properties) &&
	       tongs_context_create_image(context, &info, image);
}

static void finish(struct tongs_bench_run *run) {
	const struct tongs_context *context = &run->device->context;
	struct state *state = run->state;

	tongs_scene_destroy(context, state->scene);
	for (int i = 0; i < COUNT; i++)
		tongs_context_destroy_image(context, &state->images[i]);
	vkDestroyQueryPool(context->device, state->timestamps, NULL);
	tongs_context_destroy_buffer(context, &state->buffer);
	free(state->bytes);
}

/* Nothing was queried before: the answer may be what costs. */
static bool create_first(struct tongs_bench_run *run, uint64_t count) {
	(void)count;
	return create_image(run, (int)run->side->variant, false);
}

static bool prepare_images(struct tongs_bench_run *run, bool device_local) {
	return create_image(run, SHARED, device_local) && create_image(run, UNSHARED, device_local);
}

static bool prepare_drawing(struct tongs_bench_run *run) {
	const struct tongs_context *context = &run->device->context;
	const VkQueryPoolCreateInfo pool_info = {
		VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO, .queryType = VK_QUERY_TYPE_TIMESTAMP, .queryCount = 2};
	const struct tongs_context_image_info info = get_info(run);
	struct state *state = run->state;
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(context->physical_device, &properties);
	state->period = (double)properties.limits.timestampPeriod;
	if (!properties.limits.timestampComputeAndGraphics)
		run->why_not = "the driver has no timestamps";
	if (run->why_not || !prepare_images(run, true) ||
		!TONGS_VULKAN_TRY(vkCreateQueryPool, context->device, &pool_info, NULL, &state->timestamps))
		return false;
	const VkImageView targets[COUNT] = {state->images[SHARED].view, state->images[UNSHARED].view};
	state->scene = tongs_scene_create(context, targets, COUNT, info.format, info.extent, 0);
	return state->scene;
}

/* The time that the device takes, without recording and submission. */
static bool draw(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	uint64_t times[2];

	for (; count; count--) {
		VkCommandBuffer commands = tongs_context_begin(context);
		if (!commands)
			return false;
		vkCmdResetQueryPool(commands, state->timestamps, 0, 2);
		vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, state->timestamps, 0);
		tongs_scene_record(state->scene, run->side->variant, 0, commands);
		vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, state->timestamps, 1);
		if (!tongs_context_submit(context, commands) ||
			!TONGS_VULKAN_TRY(vkGetQueryPoolResults, context->device, state->timestamps, 0, 2, sizeof times,
				times, sizeof *times, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT))
			return false;
		run->measured += (double)(times[1] - times[0]) * state->period;
	}
	return true;
}

static bool clear_images(struct tongs_bench_run *run) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	const VkClearColorValue colour = {.float32 = {0.25f, 0.5f, 0.75f, 1}};
	const VkImageSubresourceRange range = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	VkCommandBuffer commands = tongs_context_begin(context);

	for (int i = 0; commands && i < COUNT; i++) {
		const VkImage image = state->images[i].image;
		tongs_context_begin_image(commands, image, VK_IMAGE_ASPECT_COLOR_BIT);
		vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &colour, 1, &range);
	}
	if (commands)
		tongs_context_barrier(commands);
	if (commands)
		tongs_share_release_image(context, commands, state->images[SHARED].image);
	return commands && tongs_context_submit(context, commands);
}

static bool prepare_reading(struct tongs_bench_run *run) {
	const struct tongs_context *context = &run->device->context;
	const uint64_t size = run->size * run->size * 4;
	struct state *state = run->state;

	if (!prepare_images(run, false))
		return false;
	state->texture = tongs_texture_from_handle(tongs_context_export(
		context, state->images[SHARED].memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT));
	if (state->texture &&
		tongs_resource_get_storage_mode((struct tongs_resource *)state->texture) != MTLStorageModeShared)
		run->why_not = "an OPTIMAL image has no host-visible memory there, so its texture is Private";
	if (!state->texture || run->why_not)
		return false;
	state->bytes = malloc(size);
	if (!state->bytes)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a texture");
	memset(state->bytes, 1, size);
	return tongs_context_create_buffer(context, size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &state->buffer) &&
	       clear_images(run);
}

static bool get_bytes(struct tongs_bench_run *run, uint64_t count) {
	const NSUInteger side = (NSUInteger)run->size;
	const struct state *state = run->state;
	bool done = true;

	for (; count && done; count--)
		done = tongs_texture_get_bytes(
			state->texture, state->bytes, side * 4, 0, (MTLRegion){{0, 0, 0}, {side, side, 1}}, 0, 0);
	return done;
}

static bool copy_to_buffer(struct tongs_bench_run *run, uint64_t count) {
	const struct tongs_context *context = &run->device->context;
	const struct state *state = run->state;
	const VkBufferImageCopy copy = {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
		.imageExtent = {(uint32_t)run->size, (uint32_t)run->size, 1}};
	bool done = true;

	for (; count && done; count--) {
		VkCommandBuffer commands = tongs_context_begin(context);
		if (!commands)
			return false;
		vkCmdCopyImageToBuffer(commands, state->images[UNSHARED].image, VK_IMAGE_LAYOUT_GENERAL,
			state->buffer.buffer, 1, &copy);
		tongs_context_barrier(commands);
		done = tongs_context_submit(context, commands);
		memcpy(state->bytes, state->buffer.pages, state->buffer.size);
	}
	return done;
}

#define IMAGES(prepare_it, ...) \
	.unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {__VA_ARGS__}, .state_size = sizeof(struct state), \
	.prepare = prepare_it, .finish = finish

const struct tongs_benchmark tongs_bench_image_cases[] = {
	{"first image of a process", "not shared", IMAGES(NULL, 256), .is_first = true, .hooked_calls = 1,
		.goals = {{.quantity = TONGS_BENCH_EXTRA, .limit = 0.3e6}},
		TONGS_BENCH_SIDES(SHARED, UNSHARED, create_first)},
	{"drawing a frame, GPU time", "not shared", IMAGES(prepare_drawing, 256, 1024), .quick_limit = 256,
		.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.02}}, TONGS_BENCH_SIDES(SHARED, UNSHARED, draw)},
	{"getBytes, OPTIMAL export", "copy to a buffer + memcpy", IMAGES(prepare_reading, 4096),
		.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.1}}, .tongs = {.operation = get_bytes},
		.baseline = {.operation = copy_to_buffer}},
	{0},
};
