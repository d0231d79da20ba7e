/* SPDX-License-Identifier: MIT */
/* Benchmarks of ordinary commands: resources that can be shared against those that cannot, and what the layer costs a
 * program that shares nothing. */
#include "benchmark.h"

#include <string.h>

#include "client/command.h"
#include "client/share.h"

#define BUFFER_USAGE (VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT)
#define IMAGE_USAGE (VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT)

static const VkBufferCreateInfo buffer_info = {
	VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = 64 << 10, .usage = BUFFER_USAGE};
static const struct tongs_context_image_info image_info = {
	VK_FORMAT_R8G8B8A8_UNORM, {256, 256}, VK_SAMPLE_COUNT_1_BIT, IMAGE_USAGE, VK_IMAGE_ASPECT_COLOR_BIT};

static bool prepare_image(struct tongs_bench_run *run) {
	if (!tongs_share_can_image(run->device->context.physical_device, &image_info))
		run->why_not = "the device shares no such image";
	return !run->why_not;
}

static bool create_images(struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryImageCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, NULL,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT};
	const VkDevice device = run->device->context.device;
	VkImageCreateInfo info = tongs_context_get_create_info(&image_info);
	VkImage image;

	info.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL;
	for (; count && TONGS_VULKAN_TRY(vkCreateImage, device, &info, NULL, &image); count--)
		vkDestroyImage(device, image, NULL);
	return !count;
}

static bool create_buffers(struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryBufferCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, NULL,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	const VkDevice device = run->device->context.device;
	VkBufferCreateInfo info = buffer_info;
	VkBuffer buffer;

	info.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL;
	for (; count && TONGS_VULKAN_TRY(vkCreateBuffer, device, &info, NULL, &buffer); count--)
		vkDestroyBuffer(device, buffer, NULL);
	return !count;
}

/* A program that shares nothing, on one device. */
struct program {
	struct VolkDeviceTable vk;
	VkDevice device;
	uint32_t memory_type;  /* host-visible */
	VkDeviceMemory memory; /* for what a frame binds; never mapped */
};

enum { WITH_LAYER, WITHOUT_LAYER };

struct state {
	struct tongs_vulkan bare; /* without the layer */
	struct program programs[2];
};

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	for (struct program *p = state->programs; p < state->programs + 2; p++)
		if (p->memory)
			p->vk.vkFreeMemory(p->device, p->memory, NULL);
	if (state->programs[WITHOUT_LAYER].device)
		vkDestroyDevice(state->programs[WITHOUT_LAYER].device, NULL);
	tongs_vulkan_finish(&state->bare);
}

/* Opens the device without the layer. Later instances of this process lack the layer, too. */
static bool open_bare(struct tongs_bench_run *run) {
	struct tongs_vulkan_identity wanted, found;
	struct state *state = run->state;

	tongs_vulkan_identify(run->device->context.physical_device, &wanted);
	if (!tongs_vulkan_disable_layer() || !tongs_vulkan_init(&state->bare))
		return false;
	for (uint32_t i = 0; i < state->bare.device_count; i++) {
		tongs_vulkan_identify(state->bare.devices[i], &found);
		if (!memcmp(found.ids.deviceUUID, wanted.ids.deviceUUID, VK_UUID_SIZE) &&
			!memcmp(found.ids.driverUUID, wanted.ids.driverUUID, VK_UUID_SIZE))
			return tongs_vulkan_create_device(
				state->bare.devices[i], 0, NULL, 0, NULL, &state->programs[WITHOUT_LAYER].device);
	}
	tongs_command_error("the device is not there without the layer");
	return false;
}

static VkResult allocate(const struct program *p, VkDeviceSize size, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, NULL, size, p->memory_type};

	return p->vk.vkAllocateMemory(p->device, &info, NULL, memory);
}

static bool prepare_frame(struct tongs_bench_run *run) {
	struct program *programs = ((struct state *)run->state)->programs;
	bool done = open_bare(run);

	programs[WITH_LAYER].device = run->device->context.device;
	for (struct program *p = programs; p < programs + 2 && done; p++) {
		p->memory_type = run->device->memory_types[TONGS_BENCH_PLAIN];
		volkLoadDeviceTable(&p->vk, p->device);
		done = tongs_vulkan_ok(allocate(p, 1 << 20, &p->memory), "vkAllocateMemory");
	}
	return done;
}

static VkResult use_memory(const struct program *p) {
	VkMappedMemoryRange range = {VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .size = VK_WHOLE_SIZE};
	VkResult result = allocate(p, 64 << 10, &range.memory);
	void *bytes;

	if (result == VK_SUCCESS)
		result = p->vk.vkMapMemory(p->device, range.memory, 0, VK_WHOLE_SIZE, 0, &bytes);
	if (result == VK_SUCCESS)
		result = p->vk.vkFlushMappedMemoryRanges(p->device, 1, &range);
	p->vk.vkFreeMemory(p->device, range.memory, NULL);
	return result;
}

static VkResult use_buffer(const struct program *p) {
	VkBuffer buffer = VK_NULL_HANDLE;
	VkResult result = p->vk.vkCreateBuffer(p->device, &buffer_info, NULL, &buffer);
	VkMemoryRequirements requirements;

	if (result == VK_SUCCESS) {
		p->vk.vkGetBufferMemoryRequirements(p->device, buffer, &requirements);
		result = p->vk.vkBindBufferMemory(p->device, buffer, p->memory, 0);
	}
	p->vk.vkDestroyBuffer(p->device, buffer, NULL);
	return result;
}

/* LINEAR, which can be in host-visible memory on every driver. */
static VkResult use_image(const struct program *p) {
	VkImageCreateInfo info = tongs_context_get_create_info(&image_info);
	VkImageMemoryRequirementsInfo2 query = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	VkImageViewCreateInfo view_info = {VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO, .viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = image_info.format, .subresourceRange = {image_info.aspect, 0, 1, 0, 1}};
	VkImageView view = VK_NULL_HANDLE;

	info.tiling = VK_IMAGE_TILING_LINEAR;
	VkResult result = p->vk.vkCreateImage(p->device, &info, NULL, &query.image);
	if (result != VK_SUCCESS)
		return result;
	p->vk.vkGetImageMemoryRequirements2(p->device, &query, &requirements);
	result = p->vk.vkBindImageMemory(p->device, query.image, p->memory, 0);
	view_info.image = query.image;
	if (result == VK_SUCCESS)
		result = p->vk.vkCreateImageView(p->device, &view_info, NULL, &view);
	p->vk.vkDestroyImageView(p->device, view, NULL);
	p->vk.vkDestroyImage(p->device, query.image, NULL);
	return result;
}

/* Defines an operation that repeats a part of a frame, and has only that in its loop. */
#define OPERATION(name, part) \
	static bool name(struct tongs_bench_run *run, uint64_t count) { \
		const struct program *program = &((const struct state *)run->state)->programs[run->side->variant]; \
		VkResult result = VK_SUCCESS; \
		for (; count && result == VK_SUCCESS; count--) \
			result = part(program); \
		return tongs_vulkan_ok(result, "a command of a frame"); \
	}
OPERATION(repeat_memory, use_memory)
OPERATION(repeat_buffer, use_buffer)
OPERATION(repeat_image, use_image)

#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define FRAME(calls, operation) \
	.baseline_name = "no layer", STATE(prepare_frame), .sizes = {1}, \
	.goals = {{.quantity = TONGS_BENCH_EXTRA, .limit = 3}}, .hooked_calls = calls, .fair_ratio = 1.25, \
	TONGS_BENCH_SIDES(WITH_LAYER, WITHOUT_LAYER, operation)
#define AGAINST_PLAIN(operation) \
	.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.5}}, \
	TONGS_BENCH_SIDES(TONGS_BENCH_METAL, TONGS_BENCH_PLAIN, operation)

const struct tongs_benchmark tongs_bench_program_cases[] = {
	{"image, create + destroy", "no Metal type", .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {256},
		.prepare = prepare_image, AGAINST_PLAIN(create_images)},
	{"buffer, create + destroy", "no Metal type", .unit = TONGS_BENCH_BYTES, .sizes = {64 << 10},
		AGAINST_PLAIN(create_buffers)},
	/* Each with all commands that the layer hooks. */
	{"frame, memory", FRAME(4, repeat_memory)},
	{"frame, buffer", FRAME(4, repeat_buffer)},
	{"frame, image", FRAME(5, repeat_image)},
	{0},
};
