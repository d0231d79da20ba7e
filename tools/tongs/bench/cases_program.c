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

/* LINEAR images can be in host-visible memory on every driver. */
static const VkImageCreateInfo linear_info = {VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO, .imageType = VK_IMAGE_TYPE_2D,
	.format = VK_FORMAT_R8G8B8A8_UNORM, .extent = {256, 256, 1}, .mipLevels = 1, .arrayLayers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT, .tiling = VK_IMAGE_TILING_LINEAR, .usage = IMAGE_USAGE};
static const struct tongs_context_image_info image_info = {
	VK_FORMAT_R8G8B8A8_UNORM, {256, 256}, VK_SAMPLE_COUNT_1_BIT, IMAGE_USAGE, VK_IMAGE_ASPECT_COLOR_BIT};

static bool prepare_image(struct tongs_bench_run *run) {
	if (!tongs_share_can_image(run->device->physical_device, &image_info))
		run->why_not = "the device shares no such image";
	return !run->why_not;
}

static bool create_images(const struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryImageCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, NULL,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT};
	VkImageCreateInfo info = linear_info;
	VkImage image;

	info.tiling = VK_IMAGE_TILING_OPTIMAL;
	info.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL;
	for (; count && TONGS_VULKAN_TRY(vkCreateImage, run->device->device, &info, NULL, &image); count--)
		vkDestroyImage(run->device->device, image, NULL);
	return !count;
}

static bool create_buffers(const struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryBufferCreateInfo external = {VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, NULL,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	VkBufferCreateInfo info = buffer_info;
	VkBuffer buffer;

	info.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL;
	for (; count && TONGS_VULKAN_TRY(vkCreateBuffer, run->device->device, &info, NULL, &buffer); count--)
		vkDestroyBuffer(run->device->device, buffer, NULL);
	return !count;
}

/* A program's objects on one device, none of them shared. */
struct program {
	struct VolkDeviceTable vk;
	struct tongs_context context; /* only for resources */
	uint32_t memory_type;         /* host-visible */
	VkDeviceMemory memory;        /* for resources that are measured; never mapped */
	struct tongs_context_buffer buffer;
	struct tongs_context_image image;
};

enum { WITH_LAYER, WITHOUT_LAYER };

struct state {
	struct tongs_vulkan bare_vulkan; /* without the layer */
	VkDevice bare;                   /* the same driver's device; without extensions */
	struct program programs[2];
};

static void finish_program(struct program *program) {
	if (!program->context.device)
		return;
	tongs_context_destroy_buffer(&program->context, &program->buffer);
	tongs_context_destroy_image(&program->context, &program->image);
	vkFreeMemory(program->context.device, program->memory, NULL);
}

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	finish_program(&state->programs[WITH_LAYER]);
	finish_program(&state->programs[WITHOUT_LAYER]);
	if (state->bare)
		vkDestroyDevice(state->bare, NULL);
	tongs_vulkan_finish(&state->bare_vulkan);
}

/* Later instances of this process lack the layer, too. */
static bool prepare_bare(struct tongs_bench_run *run) {
	struct tongs_vulkan_identity wanted, found;
	struct state *state = run->state;

	tongs_vulkan_identify(run->device->physical_device, &wanted);
	if (!tongs_vulkan_disable_layer() || !tongs_vulkan_init(&state->bare_vulkan))
		return false;
	for (uint32_t i = 0; i < state->bare_vulkan.device_count; i++) {
		tongs_vulkan_identify(state->bare_vulkan.devices[i], &found);
		if (!memcmp(found.ids.deviceUUID, wanted.ids.deviceUUID, VK_UUID_SIZE) &&
			!memcmp(found.ids.driverUUID, wanted.ids.driverUUID, VK_UUID_SIZE) &&
			tongs_vulkan_create_device(state->bare_vulkan.devices[i], 0, NULL, 0, &state->bare))
			return true;
	}
	tongs_command_error("cannot open the device without the layer");
	return false;
}

static const char *const command_names[] = {
#include "commands.inc"
};
enum { COMMAND_COUNT = sizeof command_names / sizeof *command_names };

/* All other commands are the pointers that a program gets without the layer, and cost what they cost there. */
static double count_hooked(const struct tongs_bench_run *run, VkDevice device) {
	const VkDevice bare = ((const struct state *)run->state)->bare;
	double count = 0;

	for (int i = 0; i < COMMAND_COUNT; i++)
		count += vkGetDeviceProcAddr(device, command_names[i]) != vkGetDeviceProcAddr(bare, command_names[i]);
	return count;
}

static bool count_enabled(const struct tongs_bench_run *run, double *amount) {
	*amount = count_hooked(run, run->device->device);
	return true;
}

static bool count_disabled(const struct tongs_bench_run *run, double *amount) {
	VkDevice device;

	if (!tongs_vulkan_create_device(run->device->physical_device, 0, NULL, 0, &device))
		return false;
	*amount = count_hooked(run, device);
	vkDestroyDevice(device, NULL);
	return true;
}

static VkResult allocate(const struct program *program, VkDeviceSize size, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, NULL, size, program->memory_type};

	return program->vk.vkAllocateMemory(program->context.device, &info, NULL, memory);
}

static bool init_program(struct program *program, const struct tongs_bench_device *like, VkDevice device) {
	*program = (struct program){.context.device = device, .memory_type = like->memory_types[TONGS_BENCH_PLAIN]};
	vkGetPhysicalDeviceMemoryProperties(like->physical_device, &program->context.memory_properties);
	volkLoadDeviceTable(&program->vk, device);
	return tongs_vulkan_ok(allocate(program, 1 << 20, &program->memory), "vkAllocateMemory") &&
	       tongs_context_create_buffer(&program->context, 1 << 20, BUFFER_USAGE, &program->buffer) &&
	       tongs_context_create_image(&program->context, &image_info, &program->image);
}

static bool prepare_frame(struct tongs_bench_run *run) {
	struct state *state = run->state;

	return prepare_bare(run) && init_program(&state->programs[WITH_LAYER], run->device, run->device->device) &&
	       init_program(&state->programs[WITHOUT_LAYER], run->device, state->bare);
}

/* X(step, its name, commands in it that the layer hooks) */
#define STEPS(X) \
	X(ALLOCATE, "vkAllocateMemory + vkFreeMemory", 2) \
	X(MAP, "vkMapMemory", 1) \
	X(FLUSH, "vkFlushMappedMemoryRanges", 1) \
	X(INVALIDATE, "vkInvalidateMappedMemoryRanges", 1) \
	X(CREATE_BUFFER, "buffer, create + bind + destroy", 3) \
	X(CREATE_IMAGE, "image, create + bind + destroy", 3) \
	X(CREATE_VIEW, "vkCreateImageView", 1) \
	X(QUERY_BUFFER, "vkGetBufferMemoryRequirements", 1) \
	X(QUERY_BUFFER_2, "vkGetBufferMemoryRequirements2", 1) \
	X(QUERY_IMAGE, "vkGetImageMemoryRequirements", 1) \
	X(QUERY_IMAGE_2, "vkGetImageMemoryRequirements2", 1)

#define STEP(step, name, calls) step,
enum step { STEPS(STEP) };

/* Inline, so that each operation has only its own step in its loop. What a step creates, it destroys. */
__attribute__((always_inline)) static inline VkResult take_step(const struct program *program, enum step step) {
	const struct VolkDeviceTable *vk = &program->vk;
	const VkDevice device = program->context.device;
	const VkMappedMemoryRange range = {
		VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, NULL, program->buffer.memory, 0, VK_WHOLE_SIZE};
	const VkBufferMemoryRequirementsInfo2 buffer_query = {
		VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, NULL, program->buffer.buffer};
	const VkImageMemoryRequirementsInfo2 image_query = {
		VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, NULL, program->image.image};
	const VkImageViewCreateInfo view_info = {VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = program->image.image, .viewType = VK_IMAGE_VIEW_TYPE_2D, .format = VK_FORMAT_R8G8B8A8_UNORM,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	VkBuffer buffer = VK_NULL_HANDLE;
	VkImage image = VK_NULL_HANDLE;
	VkImageView view = VK_NULL_HANDLE;
	VkResult result = VK_SUCCESS;
	void *bytes;

	switch (step) {
	case ALLOCATE:
		result = allocate(program, 64 << 10, &memory);
		vk->vkFreeMemory(device, memory, NULL);
		break;
	case MAP:
		result = vk->vkMapMemory(device, program->memory, 0, VK_WHOLE_SIZE, 0, &bytes);
		vk->vkUnmapMemory(device, program->memory);
		break;
	case FLUSH:
		return vk->vkFlushMappedMemoryRanges(device, 1, &range);
	case INVALIDATE:
		return vk->vkInvalidateMappedMemoryRanges(device, 1, &range);
	case CREATE_BUFFER:
		result = vk->vkCreateBuffer(device, &buffer_info, NULL, &buffer);
		if (result == VK_SUCCESS)
			result = vk->vkBindBufferMemory(device, buffer, program->memory, 0);
		vk->vkDestroyBuffer(device, buffer, NULL);
		break;
	case CREATE_IMAGE:
		result = vk->vkCreateImage(device, &linear_info, NULL, &image);
		if (result == VK_SUCCESS)
			result = vk->vkBindImageMemory(device, image, program->memory, 0);
		vk->vkDestroyImage(device, image, NULL);
		break;
	case CREATE_VIEW:
		result = vk->vkCreateImageView(device, &view_info, NULL, &view);
		vk->vkDestroyImageView(device, view, NULL);
		break;
	case QUERY_BUFFER:
		vk->vkGetBufferMemoryRequirements(device, program->buffer.buffer, &requirements.memoryRequirements);
		break;
	case QUERY_BUFFER_2:
		vk->vkGetBufferMemoryRequirements2(device, &buffer_query, &requirements);
		break;
	case QUERY_IMAGE:
		vk->vkGetImageMemoryRequirements(device, program->image.image, &requirements.memoryRequirements);
		break;
	case QUERY_IMAGE_2:
		vk->vkGetImageMemoryRequirements2(device, &image_query, &requirements);
		break;
	}
	return result;
}

#define OPERATION(step, name, calls) \
	static bool repeat_##step(const struct tongs_bench_run *run, uint64_t count) { \
		const struct program *program = &((const struct state *)run->state)->programs[run->side->variant]; \
		VkResult result = VK_SUCCESS; \
		for (; count && result == VK_SUCCESS; count--) \
			result = take_step(program, step); \
		return tongs_vulkan_ok(result, name); \
	}
STEPS(OPERATION)

#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define FRAME(step, title, calls) \
	{"frame, " title, "no layer", STATE(prepare_frame), .sizes = {1}, .goals = {TONGS_BENCH_GOAL(EXTRA, 3)}, \
		.hooked_calls = calls, TONGS_BENCH_SIDES(WITH_LAYER, WITHOUT_LAYER, repeat_##step)},
#define HOOKED(count, goal) \
	.baseline_name = "of all commands of devices", STATE(prepare_bare), .unit = TONGS_BENCH_COMMANDS, \
	.sizes = {COMMAND_COUNT}, .goals = {TONGS_BENCH_GOAL(AMOUNT, goal)}, .measure = count, \
	.amount_unit = TONGS_BENCH_COMMANDS
#define AGAINST_PLAIN(operation) \
	.goals = {TONGS_BENCH_GOAL(RATIO, 1.5)}, TONGS_BENCH_SIDES(TONGS_BENCH_METAL, TONGS_BENCH_PLAIN, operation)

const struct tongs_benchmark tongs_bench_program_cases[] = {
	{"image, create + destroy", "no Metal type", .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {256},
		.prepare = prepare_image, AGAINST_PLAIN(create_images)},
	{"buffer, create + destroy", "no Metal type", .unit = TONGS_BENCH_BYTES, .sizes = {64 << 10},
		AGAINST_PLAIN(create_buffers)},
	{"hooked, extension on", HOOKED(count_enabled, 18)},
	{"hooked, extension off", HOOKED(count_disabled, 0)},
	STEPS(FRAME){0},
};
