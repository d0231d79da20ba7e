/* SPDX-License-Identifier: MIT */
/* Benchmarks of ordinary commands: resources that can be shared against those that cannot, and what the layer costs a
 * program that shares nothing. */
#include "benchmark.h"

#include <stdlib.h>

#include "client/share.h"

/* LINEAR images can be in host-visible memory on every driver. */
static const VkImageCreateInfo images[] = {
#define IMAGE(how) \
	[how] = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO, \
		.imageType = VK_IMAGE_TYPE_2D, \
		.format = VK_FORMAT_R8G8B8A8_UNORM, \
		.extent = {256, 256, 1}, \
		.mipLevels = 1, \
		.arrayLayers = 1, \
		.samples = VK_SAMPLE_COUNT_1_BIT, \
		.tiling = how, \
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT | \
			 VK_IMAGE_USAGE_TRANSFER_DST_BIT}
	IMAGE(VK_IMAGE_TILING_OPTIMAL), IMAGE(VK_IMAGE_TILING_LINEAR)};

static bool prepare_image(struct tongs_bench_run *run) {
	if (!tongs_share_can_create(run->device->physical_device, &images[VK_IMAGE_TILING_OPTIMAL]))
		run->why_not = "the device shares no such image";
	return !run->why_not;
}

static bool create_images(const struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
	};
	VkImageCreateInfo info = images[VK_IMAGE_TILING_OPTIMAL];
	VkDevice device = run->device->device;
	VkImage image;

	info.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL;
	for (; count; count--) {
		if (!TONGS_VULKAN_TRY(vkCreateImage, device, &info, NULL, &image))
			return false;
		vkDestroyImage(device, image, NULL);
	}
	return true;
}

static bool create_buffers(const struct tongs_bench_run *run, uint64_t count) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = run->side->variant == TONGS_BENCH_METAL ? &external : NULL,
		.size = run->size,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	VkDevice device = run->device->device;
	VkBuffer buffer;

	for (; count; count--) {
		if (!TONGS_VULKAN_TRY(vkCreateBuffer, device, &info, NULL, &buffer))
			return false;
		vkDestroyBuffer(device, buffer, NULL);
	}
	return true;
}

static const char *const command_names[] = {
#include "commands.inc"
};
enum { COMMAND_COUNT = sizeof command_names / sizeof *command_names };

/* All other commands are the pointers that a program gets without the layer, and cost what they cost there. */
static bool count_hooked(const struct tongs_bench_run *run, VkDevice device, double *amount) {
	struct tongs_bench_bare bare;

	if (!tongs_bench_bare_init(&bare, run->device))
		return false;
	*amount = 0;
	for (int i = 0; i < COMMAND_COUNT; i++)
		*amount += vkGetDeviceProcAddr(device, command_names[i]) !=
			   vkGetDeviceProcAddr(bare.device, command_names[i]);
	tongs_bench_bare_finish(&bare);
	return true;
}

static bool count_enabled(const struct tongs_bench_run *run, double *amount) {
	return count_hooked(run, run->device->device, amount);
}

static bool count_disabled(const struct tongs_bench_run *run, double *amount) {
	VkDevice device;

	if (!tongs_vulkan_create_device(run->device->physical_device, 0, NULL, 0, &device))
		return false;
	bool done = count_hooked(run, device, amount);
	vkDestroyDevice(device, NULL);
	return done;
}

static const VkBufferCreateInfo program_buffer = {
	.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
	.size = 64 << 10,
	.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT,
};

/* A program's objects on one device, none of them shared. */
struct program {
	struct VolkDeviceTable vk;
	VkDevice device;
	uint32_t memory_type;  /* host-visible */
	VkDeviceMemory memory; /* for both resources in turn; never mapped */
	VkDeviceMemory mapped;
	VkBuffer buffer;
	VkImage image; /* bound to `memory`, as views require */
};

enum { WITH_LAYER, WITHOUT_LAYER };

struct frame {
	struct tongs_bench_bare bare;
	struct program programs[2];
};

static VkResult allocate(const struct program *program, VkDeviceSize size, VkDeviceMemory *memory) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = size,
		.memoryTypeIndex = program->memory_type,
	};

	return program->vk.vkAllocateMemory(program->device, &info, NULL, memory);
}

static bool init_program(struct program *program, VkDevice device, uint32_t memory_type) {
	const struct VolkDeviceTable *vk = &program->vk;
	void *bytes;

	*program = (struct program){.device = device, .memory_type = memory_type};
	volkLoadDeviceTable(&program->vk, device);
	return tongs_vulkan_ok(allocate(program, 1 << 20, &program->memory), "vkAllocateMemory") &&
	       tongs_vulkan_ok(allocate(program, 1 << 20, &program->mapped), "vkAllocateMemory") &&
	       tongs_vulkan_ok(vk->vkMapMemory(device, program->mapped, 0, VK_WHOLE_SIZE, 0, &bytes), "vkMapMemory") &&
	       tongs_vulkan_ok(vk->vkCreateBuffer(device, &program_buffer, NULL, &program->buffer), "vkCreateBuffer") &&
	       tongs_vulkan_ok(vk->vkCreateImage(device, &images[VK_IMAGE_TILING_LINEAR], NULL, &program->image),
		       "vkCreateImage") &&
	       tongs_vulkan_ok(vk->vkBindImageMemory(device, program->image, program->memory, 0), "vkBindImageMemory");
}

static void finish_program(struct program *program) {
	if (!program->device)
		return;
	program->vk.vkDestroyBuffer(program->device, program->buffer, NULL);
	program->vk.vkDestroyImage(program->device, program->image, NULL);
	program->vk.vkFreeMemory(program->device, program->memory, NULL);
	program->vk.vkFreeMemory(program->device, program->mapped, NULL);
}

static bool prepare_frame(struct tongs_bench_run *run) {
	const uint32_t memory_type = run->device->memory_types[TONGS_BENCH_PLAIN];
	struct frame *frame = run->state;

	return tongs_bench_bare_init(&frame->bare, run->device) &&
	       init_program(&frame->programs[WITH_LAYER], run->device->device, memory_type) &&
	       init_program(&frame->programs[WITHOUT_LAYER], frame->bare.device, memory_type);
}

static void finish_frame(struct tongs_bench_run *run) {
	struct frame *frame = run->state;

	finish_program(&frame->programs[WITH_LAYER]);
	finish_program(&frame->programs[WITHOUT_LAYER]);
	tongs_bench_bare_finish(&frame->bare);
}

static VkResult allocate_and_free(const struct program *program) {
	VkDeviceMemory memory;
	VkResult result = allocate(program, 64 << 10, &memory);

	if (result == VK_SUCCESS)
		program->vk.vkFreeMemory(program->device, memory, NULL);
	return result;
}

static VkResult map(const struct program *program) {
	void *bytes;
	VkResult result = program->vk.vkMapMemory(program->device, program->memory, 0, VK_WHOLE_SIZE, 0, &bytes);

	program->vk.vkUnmapMemory(program->device, program->memory);
	return result;
}

static VkResult flush(const struct program *program) {
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = program->mapped, .size = VK_WHOLE_SIZE};

	return program->vk.vkFlushMappedMemoryRanges(program->device, 1, &range);
}

static VkResult invalidate(const struct program *program) {
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, .memory = program->mapped, .size = VK_WHOLE_SIZE};

	return program->vk.vkInvalidateMappedMemoryRanges(program->device, 1, &range);
}

static VkResult create_buffer(const struct program *program) {
	VkBuffer buffer;
	VkResult result = program->vk.vkCreateBuffer(program->device, &program_buffer, NULL, &buffer);

	if (result != VK_SUCCESS)
		return result;
	result = program->vk.vkBindBufferMemory(program->device, buffer, program->memory, 0);
	program->vk.vkDestroyBuffer(program->device, buffer, NULL);
	return result;
}

static VkResult create_image(const struct program *program) {
	VkImage image;
	VkResult result = program->vk.vkCreateImage(program->device, &images[VK_IMAGE_TILING_LINEAR], NULL, &image);

	if (result != VK_SUCCESS)
		return result;
	result = program->vk.vkBindImageMemory(program->device, image, program->memory, 0);
	program->vk.vkDestroyImage(program->device, image, NULL);
	return result;
}

static VkResult create_view(const struct program *program) {
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = program->image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view;
	VkResult result = program->vk.vkCreateImageView(program->device, &info, NULL, &view);

	if (result == VK_SUCCESS)
		program->vk.vkDestroyImageView(program->device, view, NULL);
	return result;
}

static VkResult query_buffer(const struct program *program) {
	VkMemoryRequirements requirements;

	program->vk.vkGetBufferMemoryRequirements(program->device, program->buffer, &requirements);
	return VK_SUCCESS;
}

static VkResult query_buffer_2(const struct program *program) {
	const VkBufferMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2, .buffer = program->buffer};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};

	program->vk.vkGetBufferMemoryRequirements2(program->device, &info, &requirements);
	return VK_SUCCESS;
}

static VkResult query_image(const struct program *program) {
	VkMemoryRequirements requirements;

	program->vk.vkGetImageMemoryRequirements(program->device, program->image, &requirements);
	return VK_SUCCESS;
}

static VkResult query_image_2(const struct program *program) {
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = program->image};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};

	program->vk.vkGetImageMemoryRequirements2(program->device, &info, &requirements);
	return VK_SUCCESS;
}

/* X(step, its name, commands in it that the layer hooks) */
#define STEPS(X) \
	X(allocate_and_free, "vkAllocateMemory + vkFreeMemory", 2) \
	X(map, "vkMapMemory", 1) \
	X(flush, "vkFlushMappedMemoryRanges", 1) \
	X(invalidate, "vkInvalidateMappedMemoryRanges", 1) \
	X(create_buffer, "buffer, create + bind + destroy", 3) \
	X(create_image, "image, create + bind + destroy", 3) \
	X(create_view, "vkCreateImageView", 1) \
	X(query_buffer, "vkGetBufferMemoryRequirements", 1) \
	X(query_buffer_2, "vkGetBufferMemoryRequirements2", 1) \
	X(query_image, "vkGetImageMemoryRequirements", 1) \
	X(query_image_2, "vkGetImageMemoryRequirements2", 1)

/* An operation for each step, so that the step is inlined. */
#define OPERATION(step, name, calls) \
	static bool repeat_##step(const struct tongs_bench_run *run, uint64_t count) { \
		const struct program *program = &((const struct frame *)run->state)->programs[run->side->variant]; \
		VkResult result = VK_SUCCESS; \
		for (; count && result == VK_SUCCESS; count--) \
			result = step(program); \
		return tongs_vulkan_ok(result, name); \
	}
STEPS(OPERATION)

#define FRAME(step, title, calls) \
	{.name = "frame, " title, \
		.baseline_name = "no layer", \
		.sizes = {1}, \
		.goals = {TONGS_BENCH_GOAL(EXTRA, 3)}, \
		.hooked_calls = calls, \
		.state_size = sizeof(struct frame), \
		.prepare = prepare_frame, \
		.finish = finish_frame, \
		.tongs = TONGS_BENCH_SIDE(repeat_##step, .variant = WITH_LAYER), \
		.baseline = TONGS_BENCH_SIDE(repeat_##step, .variant = WITHOUT_LAYER)},
#define HOOKED(title, count, goal) \
	{ \
		.name = title, .baseline_name = "of all commands of devices", .unit = TONGS_BENCH_COMMANDS, \
		.sizes = {COMMAND_COUNT}, .goals = {TONGS_BENCH_GOAL(AMOUNT, goal)}, .measure = count, \
		.amount_unit = TONGS_BENCH_COMMANDS \
	}

const struct tongs_benchmark tongs_bench_program_cases[] = {
	{.name = "image, create + destroy",
		.baseline_name = "no Metal type",
		.unit = TONGS_BENCH_SIDE_LENGTH,
		.sizes = {256},
		.goals = {TONGS_BENCH_GOAL(RATIO, 1.5)},
		.prepare = prepare_image,
		.tongs = TONGS_BENCH_SIDE(create_images, .variant = TONGS_BENCH_METAL),
		.baseline = TONGS_BENCH_SIDE(create_images, .variant = TONGS_BENCH_PLAIN)},
	{.name = "buffer, create + destroy",
		.baseline_name = "no Metal type",
		.unit = TONGS_BENCH_BYTES,
		.sizes = {64 << 10},
		.goals = {TONGS_BENCH_GOAL(RATIO, 1.5)},
		.tongs = TONGS_BENCH_SIDE(create_buffers, .variant = TONGS_BENCH_METAL),
		.baseline = TONGS_BENCH_SIDE(create_buffers, .variant = TONGS_BENCH_PLAIN)},
	HOOKED("hooked, extension on", count_enabled, 18),
	HOOKED("hooked, extension off", count_disabled, 0),
	STEPS(FRAME){0},
};
