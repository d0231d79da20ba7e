/* SPDX-License-Identifier: MIT */
/* Everything is released in every order that Vulkan allows, and in those that leave children alive at vkDestroyDevice:
 * retained objects keep their bytes, and in the end nothing leaks. The program runs itself: with arguments it only
 * creates objects, releases some, and exits. */
#include "lives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fixtures/cases.h"
#include "../tools/process.h"
#include "metal/interop.h"

/* A driver's thread or two may allocate late; what each order left behind would be hundreds. */
enum { MAPPINGS_BOUND = 16 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool mappings_count = false; /* a sanitizer has its own, for each thread that a driver starts */
#else
static const bool mappings_count = true;
#endif

#if defined(__SANITIZE_THREAD__)
static const bool thorough = false;
#else
static const bool thorough = true;
#endif

/* What a driver allocated for children that are alive at vkDestroyDevice, it keeps. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
	return "leak:libvulkan_lvp.so\n";
}

static size_t orders;
/* Of TONGS_TEST_ORDERS_STEP orders one is run, where a driver takes seconds for each: the first, or that after
 * TONGS_TEST_ORDERS_FIRST others. */
static size_t orders_step = 1, orders_first;

static size_t count_mappings(void) {
	size_t count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	for (int c = fgetc(maps); c != EOF; c = fgetc(maps))
		count += c == '\n';
	fclose(maps);
	return count;
}

/* Metal objects keep the payload alive, so no Vulkan memory is alive. */
static void check_warning(const struct life *life) {
	const char *memory = life->done & BIT(FREE_MEMORY) ? NULL : "1 VkDeviceMemory";
	const char *resource = life->done & BIT(DESTROY_RESOURCE) ? NULL : life->image ? "1 VkImage" : "1 VkBuffer";
	assert_int_equal(life->gpu.reports, memory || resource ? 1 : 0);
	if (life->gpu.reports)
		assert_int_equal(life->gpu.last.severity, VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT);
	if (memory && !strstr(life->gpu.last.text, memory))
		fail_msg("`%s' was expected: %s", memory, life->gpu.last.text);
	if (resource && !strstr(life->gpu.last.text, resource))
		fail_msg("`%s' was expected: %s", resource, life->gpu.last.text);
}

static void run_order(enum life_kind kind, const enum step *steps, size_t count) {
	struct life life;
	const size_t objects = tongs_interop_count_objects();
	life_init(&life, kind);
	life_check(&life);
	for (size_t i = 0; i < count; i++) {
		life_do(&life, steps[i]);
		life_check(&life);
		if (steps[i] == DESTROY_DEVICE)
			check_warning(&life);
	}
	assert_int_equal(tongs_interop_count_objects(), objects);
}

/* Every way to continue from `steps`. When everything that must be released has been, vkDestroyDevice must have
 * released the rest. */
static void run_orders(enum life_kind kind, enum step *steps, size_t count, unsigned done) {
	const unsigned needed =
		BIT(RELEASE_OBJECT) | BIT(RELEASE_DERIVED) | BIT(DESTROY_DEVICE) | BIT(DESTROY_INSTANCE);
	const unsigned children = BIT(FREE_MEMORY) | BIT(DESTROY_RESOURCE);
	if ((done & needed) == needed) {
		if (orders++ % orders_step == orders_first)
			run_order(kind, steps, count);
		return;
	}
	const struct life now = {.done = done};
	for (enum step step = 0; step < STEP_COUNT; step++) {
		/* The validation layer counts children that are alive as errors. */
		if (!life_allows(&now, step) ||
			(step == DESTROY_DEVICE && is_validated() && (done & children) != children))
			continue;
		steps[count] = step;
		run_orders(kind, steps, count + 1, done | BIT(step));
	}
}

static void run_kind(enum life_kind kind) {
	enum step steps[STEP_COUNT];
	const enum step plain[] = {
		DESTROY_RESOURCE, FREE_MEMORY, RELEASE_DERIVED, RELEASE_OBJECT, DESTROY_DEVICE, DESTROY_INSTANCE};
	for (size_t i = 0; i < 3; i++)
		run_order(kind, plain, STEP_COUNT);
	size_t mappings = count_mappings(), before = orders;
	run_orders(kind, steps, 0, 0);
	assert_int_equal(orders - before, is_validated() ? 60 : 112);
	if (mappings_count)
		assert_true(count_mappings() <= mappings + MAPPINGS_BOUND);
}

/* Below the validation layer, and under a sanitizer that looks at threads, which here are none, it is slow, and some
 * kinds are enough. */
static void every_order(void **state) {
	const enum life_kind kind = *(const enum life_kind *)*state;
	if ((is_validated() || !thorough) &&
		(kind == EXPORTED_BUFFER || kind == EXPORTED_HEAP || kind == IMPORTED_BUFFER || kind == IMPORTED_HEAP))
		skip();
	run_kind(kind);
}

/* Several of each type, in one message; the retained object outlives them. */
static void device_05137_with_children_alive(void **state) {
	struct gpu gpu;
	const size_t objects = tongs_interop_count_objects();
	(void)state;
	if (is_validated())
		skip();
	gpu_init(&gpu, NULL);
	const uint32_t type = shared_type_as(&gpu, MTLHEAP);
	struct tongs_heap *heap = NULL;
	for (size_t i = 0; i < 5; i++) {
		VkDeviceMemory memory = export_memory(&gpu, 4096, type, MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
		heap = handle_of(&gpu, memory, MTLHEAP);
	}
	tongs_heap_ref(heap);
	make_buffer(&gpu, 4096, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MTLBUFFER);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, 8, 8, VK_IMAGE_TILING_OPTIMAL);
	make_image(&gpu, &create, MTLTEXTURE);
	make_image(&gpu, &create, MTLHEAP);
	vkDestroyCommandPool(gpu.device, gpu.pool, NULL);
	vkDestroyDevice(gpu.device, NULL);
	assert_int_equal(gpu.reports, 1);
	assert_string_equal(gpu.last.rule, "VUID-vkDestroyDevice-device-05137");
	assert_int_equal(gpu.last.severity, VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT);
	assert_non_null(strstr(gpu.last.text, "5 VkDeviceMemory, 1 VkBuffer, 2 VkImage"));
	assert_int_equal(gpu.last.object_count, 4); /* the first three, and the device */
	assert_int_equal(gpu.last.objects[0].type, VK_OBJECT_TYPE_DEVICE_MEMORY);
	assert_int_equal(gpu.last.objects[3].type, VK_OBJECT_TYPE_DEVICE);
	destroy_instance(&gpu);
	assert_int_equal(tongs_heap_get_size(heap), 4096);
	assert_int_equal(tongs_interop_count_objects(), objects + 2); /* it and its device */
	tongs_heap_unref(heap);
	assert_int_equal(tongs_interop_count_objects(), objects);
}

/* What is alive at exit, as bits of the steps that were done. */
static int be_child(char **arguments) {
	static struct life life;
	const unsigned done = (unsigned)strtoul(arguments[2], NULL, 10);
	life_init(&life, (enum life_kind)strtoul(arguments[1], NULL, 10));
	for (enum step step = 0; step < STEP_COUNT; step++)
		if (done & BIT(step))
			life_do(&life, step);
	life_check(&life);
	return 0;
}

static void exit_after(enum life_kind kind, unsigned done) {
	char kind_text[16], done_text[16];
	snprintf(kind_text, sizeof(kind_text), "%d", kind);
	snprintf(done_text, sizeof(done_text), "%u", done);
	const char *const arguments[] = {"/proc/self/exe", kind_text, done_text, NULL};
	const char *const changes[] = {"TONGS_LEAKS=1", NULL};
	struct process process = process_run(arguments, changes);
	if (process.status != 0)
		fail_msg("kind %d, steps 0x%x: status %d: %s", kind, done, process.status, process.err);
	/* The layer's device is among the owners of objects. */
	const unsigned all = BIT(RELEASE_OBJECT) | BIT(RELEASE_DERIVED) | BIT(DESTROY_DEVICE);
	const bool alive = (done & all) != all;
	if ((process_count(process.err, "alive at exit:") > 0) != alive)
		fail_msg("kind %d, steps 0x%x: objects should %sbe alive: %s", kind, done, alive ? "" : "not ",
			process.err);
	process_finish(&process);
}

/* A process may end at any time. */
static void exit_with_objects_alive(void **state) {
	static const enum life_kind kinds[] = {EXPORTED_BUFFER_AND_HEAP, EXPORTED_DEPTH, IMPORTED_TEXTURE};
	(void)state;
	if (is_validated())
		skip();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (unsigned done = 0; done <= ALL_STEPS; done++) {
			const bool object = done & BIT(RELEASE_OBJECT), derived = done & BIT(RELEASE_DERIVED);
			if ((done & BIT(DESTROY_INSTANCE) && !(done & BIT(DESTROY_DEVICE))) || object != derived)
				continue;
			exit_after(kinds[i], done);
		}
	}
}

int main(int count, char **arguments) {
	/* No case begins with a digit. */
	if (count == 3 && arguments[1][0] >= '0' && arguments[1][0] <= '9')
		return be_child(arguments);
	const char *step = getenv("TONGS_TEST_ORDERS_STEP"), *first = getenv("TONGS_TEST_ORDERS_FIRST");
	if (step && atoi(step) > 0)
		orders_step = (size_t)atoi(step);
	if (first && atoi(first) > 0)
		orders_first = (size_t)atoi(first) % orders_step;
	static const enum life_kind kinds[] = {EXPORTED_BUFFER, EXPORTED_HEAP, EXPORTED_BUFFER_AND_HEAP,
		EXPORTED_TEXTURE, EXPORTED_DEPTH, IMPORTED_BUFFER, IMPORTED_HEAP, IMPORTED_TEXTURE};
#define ORDERS(kind) \
	{ "every order: " #kind, every_order, NULL, NULL, (void *)&kinds[kind] }
	const struct CMUnitTest tests[] = {
		ORDERS(EXPORTED_BUFFER),
		ORDERS(EXPORTED_HEAP),
		ORDERS(EXPORTED_BUFFER_AND_HEAP),
		ORDERS(EXPORTED_TEXTURE),
		ORDERS(EXPORTED_DEPTH),
		ORDERS(IMPORTED_BUFFER),
		ORDERS(IMPORTED_HEAP),
		ORDERS(IMPORTED_TEXTURE),
		cmocka_unit_test(device_05137_with_children_alive),
		cmocka_unit_test(exit_with_objects_alive),
	};
	return cases_run("layer: lifetimes", tests, sizeof(tests) / sizeof(tests[0]), arguments + 1);
}
