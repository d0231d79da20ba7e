/* SPDX-License-Identifier: MIT */
/* Figure: the commands of an ordinary program's frame that the layer may stand in, on a device that could share,
 * against the same device without the layer. Nothing in them is shared. */
#include "bench.h"

#include <stdlib.h>

#include "bare.h"
#include "user.h"

struct state {
	struct tongs_bench_bare bare;
	struct tongs_bench_user ours, yardstick;
};

static bool prepare(struct tongs_bench_case *bench) {
	const struct tongs_bench_device *device = bench->device;
	struct state *state = bench->state = calloc(1, sizeof *state);

	if (!state)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a frame");
	return tongs_bench_bare_init(&state->bare, device) &&
	       tongs_bench_user_init(&state->ours, device->context.device, device->metal_type) &&
	       tongs_bench_user_init(&state->yardstick, state->bare.device, device->metal_type);
}

static void finish(struct tongs_bench_case *bench) {
	struct state *state = bench->state;

	if (!state)
		return;
	tongs_bench_user_finish(&state->ours);
	tongs_bench_user_finish(&state->yardstick);
	tongs_bench_bare_finish(&state->bare);
	free(state);
}

static VkResult allocate(const struct tongs_bench_user *user) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = 64 << 10,
		.memoryTypeIndex = user->memory_type,
	};
	VkDeviceMemory memory;
	VkResult result = user->AllocateMemory(user->device, &info, NULL, &memory);

	if (result == VK_SUCCESS)
		user->FreeMemory(user->device, memory, NULL);
	return result;
}

static VkResult map(const struct tongs_bench_user *user) {
	void *bytes;
	VkResult result = user->MapMemory(user->device, user->memory, 0, VK_WHOLE_SIZE, 0, &bytes);

	user->UnmapMemory(user->device, user->memory);
	return result;
}

static VkResult flush(const struct tongs_bench_user *user) {
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = user->mapped, .size = VK_WHOLE_SIZE};

	return user->FlushMappedMemoryRanges(user->device, 1, &range);
}

static VkResult invalidate(const struct tongs_bench_user *user) {
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = user->mapped, .size = VK_WHOLE_SIZE};

	return user->InvalidateMappedMemoryRanges(user->device, 1, &range);
}

static VkResult make_buffer(const struct tongs_bench_user *user) {
	VkBuffer buffer;
	VkResult result = user->CreateBuffer(user->device, &tongs_bench_user_buffer, NULL, &buffer);

	if (result != VK_SUCCESS)
		return result;
	result = user->BindBufferMemory(user->device, buffer, user->memory, 0);
	user->DestroyBuffer(user->device, buffer, NULL);
	return result;
}

static VkResult make_image(const struct tongs_bench_user *user) {
	VkImage image;
	VkResult result = user->CreateImage(user->device, &tongs_bench_user_image, NULL, &image);

	if (result != VK_SUCCESS)
		return result;
	result = user->BindImageMemory(user->device, image, user->memory, 0);
	user->DestroyImage(user->device, image, NULL);
	return result;
}

static VkResult make_view(const struct tongs_bench_user *user) {
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = user->image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = tongs_bench_user_image.format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view;
	VkResult result = user->CreateImageView(user->device, &info, NULL, &view);

	if (result == VK_SUCCESS)
		user->DestroyImageView(user->device, view, NULL);
	return result;
}

static VkResult ask_buffer(const struct tongs_bench_user *user) {
	VkMemoryRequirements requirements;

	user->GetBufferMemoryRequirements(user->device, user->buffer, &requirements);
	return VK_SUCCESS;
}

static VkResult ask_buffer_2(const struct tongs_bench_user *user) {
	const VkBufferMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, .buffer = user->buffer};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};

	user->GetBufferMemoryRequirements2(user->device, &info, &requirements);
	return VK_SUCCESS;
}

static VkResult ask_image(const struct tongs_bench_user *user) {
	VkMemoryRequirements requirements;

	user->GetImageMemoryRequirements(user->device, user->image, &requirements);
	return VK_SUCCESS;
}

static VkResult ask_image_2(const struct tongs_bench_user *user) {
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = user->image};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};

	user->GetImageMemoryRequirements2(user->device, &info, &requirements);
	return VK_SUCCESS;
}

/* Compiled once for each step and side, so that a step is called straight. */
static inline __attribute__((always_inline)) bool repeat(const struct tongs_bench_user *user,
	VkResult (*step)(const struct tongs_bench_user *), const char *name, uint64_t count) {
	VkResult result = VK_SUCCESS;

	for (; count && result == VK_SUCCESS; count--)
		result = step(user);
	return tongs_vulkan_ok(result, name);
}

/* X(the step, its name, how many commands in it the layer may stand in) */
#define STEPS(X) \
	X(allocate, "vkAllocateMemory + vkFreeMemory", 2) \
	X(map, "vkMapMemory", 1) \
	X(flush, "vkFlushMappedMemoryRanges", 1) \
	X(invalidate, "vkInvalidateMappedMemoryRanges", 1) \
	X(make_buffer, "buffer, create + bind + destroy", 3) \
	X(make_image, "image, create + bind + destroy", 3) \
	X(make_view, "vkCreateImageView", 1) \
	X(ask_buffer, "vkGetBufferMemoryRequirements", 1) \
	X(ask_buffer_2, "vkGetBufferMemoryRequirements2", 1) \
	X(ask_image, "vkGetImageMemoryRequirements", 1) \
	X(ask_image_2, "vkGetImageMemoryRequirements2", 1)

#define OPERATIONS(step, name, calls) \
	static bool step##_with_layer(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) { \
		(void)thread; \
		return repeat(&((const struct state *)bench->state)->ours, step, name, count); \
	} \
	static bool step##_without(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) { \
		(void)thread; \
		return repeat(&((const struct state *)bench->state)->yardstick, step, name, count); \
	}
STEPS(OPERATIONS)

#define ROW(step, title, calls) \
	{.name = "frame, " title, \
		.yardstick_name = "no layer", \
		.unit = TONGS_BENCH_NO_SIZE, \
		.sizes = {1}, \
		.hooked_calls = calls, \
		.prepare = prepare, \
		.finish = finish, \
		.ours.operation = step##_with_layer, \
		.yardstick.operation = step##_without},

const struct tongs_bench_figure tongs_bench_frame[] = {STEPS(ROW){0}};
