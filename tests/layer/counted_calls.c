/* SPDX-License-Identifier: MIT */
/* Calls through the layer and the same calls without it, a dump of callgrind's counters after each. By itself it tests
 * that the calls succeed; scripts/count-instructions.py runs it under valgrind and reads the dumps. */
#include <stdio.h>
#include <string.h>

#include <valgrind/callgrind.h>

#include "fake_stack.h"
#include "harness.h"

enum { ROUNDS = 10000, MAX_EXPORTS = 10000, PLAIN_COUNT = 1000 };

#define COMMANDS(X) \
	X(AllocateMemory) \
	X(FreeMemory) \
	X(MapMemory) \
	X(FlushMappedMemoryRanges) \
	X(CreateBuffer) \
	X(DestroyBuffer) \
	X(BindBufferMemory) \
	X(GetBufferMemoryRequirements) \
	X(CreateImage) \
	X(DestroyImage) \
	X(BindImageMemory) \
	X(GetImageMemoryRequirements2)

/* Memory that is not shared: many, because the length of a look-up depends on the handle. */
static VkDeviceMemory plain[PLAIN_COUNT];

struct target {
	VkDevice device;
	VkDeviceMemory exports[MAX_EXPORTS];
	unsigned export_count;
	PFN_vkGetMemoryMetalHandleEXT get_handle;
#define DECLARE(name) PFN_vk##name name;
	COMMANDS(DECLARE)
#undef DECLARE
};

static void look_up(struct target *target, unsigned round) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = target->exports[round % target->export_count],
		.handleType = MTLBUFFER,
	};
	void *handle = NULL;
	assert_vk(target->get_handle(target->device, &info, &handle));
	assert_non_null(handle);
}

static VkDeviceMemory allocate(struct target *target, const void *next) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = 4096,
		.memoryTypeIndex = 1,
	};
	VkDeviceMemory memory;
	assert_vk(target->AllocateMemory(target->device, &info, NULL, &memory));
	return memory;
}

/* In reverse order, so that each time it is another handle. */
static void free_and_allocate(struct target *target, unsigned round) {
	VkDeviceMemory *memory = &plain[round % PLAIN_COUNT];
	target->FreeMemory(target->device, *memory, NULL);
	*memory = allocate(target, NULL);
}

static void map(struct target *target, unsigned round) {
	void *bytes;
	assert_vk(target->MapMemory(target->device, plain[round % PLAIN_COUNT], 0, VK_WHOLE_SIZE, 0, &bytes));
}

static void flush(struct target *target, unsigned round) {
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
		.memory = plain[round % PLAIN_COUNT],
		.size = VK_WHOLE_SIZE,
	};
	assert_vk(target->FlushMappedMemoryRanges(target->device, 1, &range));
}

/* Of the driver, without memory. */
static VkBuffer buffer;
static VkImage image;

static VkBuffer create_buffer(struct target *target) {
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = 4096, .usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT};
	VkBuffer created;
	assert_vk(target->CreateBuffer(target->device, &info, NULL, &created));
	return created;
}

static VkImage create_image(struct target *target) {
	const VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {16, 16, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT};
	VkImage created;
	assert_vk(target->CreateImage(target->device, &info, NULL, &created));
	return created;
}

static void create_and_destroy_buffer(struct target *target, unsigned round) {
	(void)round;
	target->DestroyBuffer(target->device, create_buffer(target), NULL);
}

static void create_and_destroy_image(struct target *target, unsigned round) {
	(void)round;
	target->DestroyImage(target->device, create_image(target), NULL);
}

static void bind_buffer(struct target *target, unsigned round) {
	assert_vk(target->BindBufferMemory(target->device, buffer, plain[round % PLAIN_COUNT], 0));
}

static void bind_image(struct target *target, unsigned round) {
	assert_vk(target->BindImageMemory(target->device, image, plain[round % PLAIN_COUNT], 0));
}

static void query_buffer(struct target *target, unsigned round) {
	VkMemoryRequirements requirements;
	(void)round;
	target->GetBufferMemoryRequirements(target->device, buffer, &requirements);
}

static void query_image(struct target *target, unsigned round) {
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = image};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	(void)round;
	target->GetImageMemoryRequirements2(target->device, &info, &requirements);
}

/* In this order, so that calls on unshared objects are counted while all exports are live. */
static const struct {
	const char *name;
	void (*call)(struct target *target, unsigned round);
	unsigned export_count;
} cases[] = {
	{"vkGetMemoryMetalHandleEXT, 100 live", look_up, 100},
	{"vkGetMemoryMetalHandleEXT, 10000 live", look_up, MAX_EXPORTS},
	{"vkAllocateMemory + vkFreeMemory, not shared", free_and_allocate, 0},
	{"vkMapMemory, not shared", map, 0},
	{"vkFlushMappedMemoryRanges, not shared", flush, 0},
	{"vkCreateBuffer + vkDestroyBuffer, not shared", create_and_destroy_buffer, 0},
	{"vkBindBufferMemory, not shared", bind_buffer, 0},
	{"vkGetBufferMemoryRequirements, not shared", query_buffer, 0},
	{"vkCreateImage + vkDestroyImage, not shared", create_and_destroy_image, 0},
	{"vkBindImageMemory, not shared", bind_image, 0},
	{"vkGetImageMemoryRequirements2, not shared", query_image, 0},
};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

static void count(const char *side, unsigned number, struct target *target) {
	char text[128];

	snprintf(text, sizeof text, "%s %d %s", side, ROUNDS, cases[number].name);
	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	for (unsigned round = 0; round < ROUNDS; round++)
		cases[number].call(target, round);
	CALLGRIND_DUMP_STATS_AT(text);
	CALLGRIND_STOP_INSTRUMENTATION;
}

/* Exports memory until there are `export_count` exports. */
static void make_exports(struct target *target, unsigned export_count) {
	static const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = MTLBUFFER};

	for (; target->export_count < export_count; target->export_count++)
		target->exports[target->export_count] = allocate(target, &export);
}

static struct target layered, direct;

static void calls_succeed(void **state) {
	static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
#define LOAD(name) \
	layered.name = (PFN_vk##name)device_command(&stack, "vk" #name); \
	direct.name = (PFN_vk##name)fake_get_device_proc_addr(stack.device, "vk" #name); \
	assert_non_null(layered.name); \
	assert_non_null(direct.name); \
	assert_true(layered.name != direct.name);
	COMMANDS(LOAD)
#undef LOAD
	layered.get_handle = (PFN_vkGetMemoryMetalHandleEXT)device_command(&stack, "vkGetMemoryMetalHandleEXT");
	direct.get_handle = fake_get_metal_handle;
	layered.device = direct.device = stack.device;
	for (unsigned i = 0; i < PLAIN_COUNT; i++)
		plain[i] = allocate(&direct, NULL);
	buffer = create_buffer(&direct);
	image = create_image(&direct);

	for (unsigned i = 0; i < CASE_COUNT; i++) {
		make_exports(&layered, cases[i].export_count);
		memcpy(direct.exports, layered.exports, sizeof layered.exports);
		direct.export_count = layered.export_count;
		count("layer", i, &layered);
		count("direct", i, &direct);
	}
	for (unsigned i = 0; i < layered.export_count; i++)
		layered.FreeMemory(layered.device, layered.exports[i], NULL);
	direct.DestroyBuffer(direct.device, buffer, NULL);
	direct.DestroyImage(direct.device, image, NULL);
	for (unsigned i = 0; i < PLAIN_COUNT; i++)
		direct.FreeMemory(direct.device, plain[i], NULL);
	assert_int_equal(fake.live_memories, 0);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_succeed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
