/* SPDX-License-Identifier: MIT */
/* Too much at once, and very often: memory that runs out, a hundred thousand live handles, a million rounds. */
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include "../fixtures/cases.h"
#include "harness.h"
#include "held.h"

enum { LIVE = 100000, PAGE = 4096 };

static unsigned long count_rounds(void) {
	const char *rounds = getenv("TONGS_TEST_ROUNDS");
	if (rounds && *rounds)
		return strtoul(rounds, NULL, 10);
	return held_rss_counts ? 1000000 : 20000;
}

struct exhaustion {
	struct gpu gpu;
	struct tongs_device *device;
	uint32_t type;
	VkExternalMemoryHandleTypeFlags handle_types; /* of host pages */
	/* Before the case began. */
	size_t files, mappings, allocated, rss;
};

static void note(struct exhaustion *exhaustion) {
	exhaustion->files = held_files();
	exhaustion->mappings = held_mappings();
	exhaustion->allocated = tongs_device_get_current_allocated_size(exhaustion->device);
	exhaustion->rss = held_rss();
}

/* A driver's thread or two allocate late; tables stay as large as they had to be, and so do the C library's free
 * blocks, which `rss` has room for. */
static void check(struct exhaustion *exhaustion, size_t rss) {
	assert_int_equal(tongs_device_get_current_allocated_size(exhaustion->device), exhaustion->allocated);
	assert_true(held_files() <= exhaustion->files); /* fewer if libtongs' own device went away */
	if (!held_rss_counts)
		return;
	size_t mappings = held_mappings(), now = held_rss();
	if (mappings > exhaustion->mappings + 32 || now > exhaustion->rss + rss)
		fail_msg("%zu mappings and %zu bytes, before %zu and %zu", mappings, now, exhaustion->mappings,
			exhaustion->rss);
}

static void exhaustion_init(struct exhaustion *exhaustion) {
	gpu_init(&exhaustion->gpu, NULL);
	exhaustion->device = tongs_device_new_default();
	assert_non_null(exhaustion->device);
	exhaustion->type = shared_type(&exhaustion->gpu);
	exhaustion->handle_types = has_unified_memory(&exhaustion->gpu) ? MTLBUFFER | MTLHEAP : MTLBUFFER;
	note(exhaustion);
}

static void exhaustion_finish(struct exhaustion *exhaustion) {
	tongs_device_unref(exhaustion->device);
	gpu_finish(&exhaustion->gpu);
}

static VkResult try_export(struct exhaustion *exhaustion, VkDeviceSize size, VkDeviceMemory *memory) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = exhaustion->handle_types,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = size,
		.memoryTypeIndex = exhaustion->type,
	};
	*memory = (VkDeviceMemory)(uintptr_t)0x5a5a;
	VkResult result = vkAllocateMemory(exhaustion->gpu.device, &info, NULL, memory);
	if (result != VK_SUCCESS) {
		assert_true(result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
		assert_null(*memory);
	}
	return result;
}

static void free_memory(struct exhaustion *exhaustion, VkDeviceMemory memory) {
	vkFreeMemory(exhaustion->gpu.device, memory, NULL);
}

static void silence(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)text;
	(void)user;
}

static void no_size_is_too_large_to_refuse(void **state) {
	static const VkDeviceSize sizes[] = {
		UINT64_MAX, UINT64_MAX - PAGE + 1, UINT64_MAX / 2, (VkDeviceSize)1 << 50, (VkDeviceSize)1 << 46};
	struct exhaustion exhaustion;
	(void)state;
	exhaustion_init(&exhaustion);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		VkDeviceMemory memory;
		assert_int_not_equal(try_export(&exhaustion, sizes[i], &memory), VK_SUCCESS);
	}
	check(&exhaustion, 1 << 20);
	exhaustion_finish(&exhaustion);
}

/* Until one is refused; what there is can be used meanwhile, and what one gives back another gets. */
static void exhaust(struct exhaustion *exhaustion, VkDeviceSize size) {
	enum { MOST = 65536 };
	static VkDeviceMemory memories[MOST];
	VkDeviceMemory refused;
	size_t count = 0;
	while (count < MOST && try_export(exhaustion, size, &memories[count]) == VK_SUCCESS)
		count++;
	assert_true(count > 0 && count < MOST);
	assert_int_not_equal(try_export(exhaustion, size, &refused), VK_SUCCESS);
	/* Without as much, tables of a few bytes find no room either. */
	for (size_t i = 0; i < 16 && count > 1; i++)
		free_memory(exhaustion, memories[--count]);
	assert_vk(try_export(exhaustion, size, &memories[count]));
	assert_non_null(handle_of(&exhaustion->gpu, memories[count++], MTLBUFFER));
	while (count > 0)
		free_memory(exhaustion, memories[--count]);
}

/* Metal's side of it: nil, and the next one is there again. */
static void exhaust_metal(struct exhaustion *exhaustion) {
	enum { MOST = 4096 };
	static struct tongs_buffer *buffers[MOST];
	size_t count = 0;
	while (count < MOST && (buffers[count] = tongs_device_new_buffer(exhaustion->device, 1 << 20, 0)))
		count++;
	assert_true(count > 1 && count < MOST);
	tongs_buffer_unref(buffers[--count]);
	buffers[count] = tongs_device_new_buffer(exhaustion->device, 1 << 20, 0);
	assert_non_null(buffers[count++]);
	while (count > 0)
		tongs_buffer_unref(buffers[--count]);
}

static void address_space_runs_out(void **state) {
	static const VkDeviceSize sizes[] = {1, 300 << 10, 1 << 20, 5 << 20};
	struct exhaustion exhaustion;
	struct rlimit unlimited, limited;
	(void)state;
	if (!held_rss_counts)
		skip(); /* a sanitizer's shadow is most of the address space */
	exhaustion_init(&exhaustion);
	if (!has_unified_memory(&exhaustion.gpu)) {
		exhaustion_finish(&exhaustion);
		skip(); /* a GPU's driver needs address space for itself */
	}
	tongs_set_message_callback(silence, NULL);
	assert_int_equal(getrlimit(RLIMIT_AS, &unlimited), 0);
	limited = unlimited;
	limited.rlim_cur = held_address_space() + ((size_t)64 << 20);
	assert_int_equal(setrlimit(RLIMIT_AS, &limited), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		exhaust(&exhaustion, sizes[i]);
	exhaust_metal(&exhaustion);
	assert_int_equal(setrlimit(RLIMIT_AS, &unlimited), 0);
	tongs_set_message_callback(NULL, NULL);
	check(&exhaustion, 32 << 20);
	VkDeviceMemory memory;
	assert_vk(try_export(&exhaustion, 1 << 20, &memory));
	free_memory(&exhaustion, memory);
	exhaustion_finish(&exhaustion);
}

/* A shuffle of its own for each seed. */
static void shuffle(VkDeviceMemory *memories, size_t count, uint32_t random) {
	for (size_t i = count - 1; i > 0; i--) {
		random = random * 1664525u + 1013904223u;
		size_t j = (random >> 4) % (i + 1);
		VkDeviceMemory swapped = memories[i];
		memories[i] = memories[j];
		memories[j] = swapped;
	}
}

static void a_hundred_thousand_exports_at_once(void **state) {
	static VkDeviceMemory memories[LIVE];
	static void *handles[LIVE];
	struct exhaustion exhaustion;
	(void)state;
	exhaustion_init(&exhaustion);
	for (size_t i = 0; i < LIVE; i++) {
		assert_vk(try_export(&exhaustion, 1, &memories[i]));
		handles[i] = handle_of(&exhaustion.gpu, memories[i], MTLBUFFER);
		memcpy(tongs_buffer_get_contents(handles[i]), &(uint8_t){(uint8_t)i}, 1);
	}
	/* No mapping for each. */
	assert_true(held_mappings() < exhaustion.mappings + LIVE / 10);
	for (size_t i = 0; i < LIVE; i++) {
		assert_ptr_equal(handle_of(&exhaustion.gpu, memories[i], MTLBUFFER), handles[i]);
		assert_int_equal(*(uint8_t *)tongs_buffer_get_contents(handles[i]), (uint8_t)i);
	}
	shuffle(memories, LIVE, 1);
	for (size_t i = 0; i < LIVE; i++)
		free_memory(&exhaustion, memories[i]);
	for (size_t i = 0; i < LIVE; i++)
		assert_int_equal(tongs_handle_kind(handles[i]), TONGS_KIND_NONE);
	check(&exhaustion, 192 << 20);
	exhaustion_finish(&exhaustion);
}

static void a_hundred_thousand_imports_at_once(void **state) {
	static VkDeviceMemory memories[LIVE];
	struct exhaustion exhaustion;
	(void)state;
	exhaustion_init(&exhaustion);
	struct tongs_buffer *buffer = tongs_device_new_buffer(exhaustion.device, PAGE, 0);
	for (size_t i = 0; i < LIVE; i++)
		assert_vk(try_import(
			&exhaustion.gpu, MTLBUFFER, buffer, PAGE, exhaustion.type, VK_NULL_HANDLE, &memories[i]));
	tongs_buffer_unref(buffer);
	shuffle(memories, LIVE, 2);
	for (size_t i = 0; i < LIVE; i++) {
		assert_ptr_equal(handle_of(&exhaustion.gpu, memories[i], MTLBUFFER), buffer);
		free_memory(&exhaustion, memories[i]);
	}
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	check(&exhaustion, 192 << 20);
	exhaustion_finish(&exhaustion);
}

static void a_million_exports(void **state) {
	struct exhaustion exhaustion;
	unsigned long rounds = count_rounds();
	(void)state;
	exhaustion_init(&exhaustion);
	for (unsigned long i = 0; i < rounds; i++) {
		VkDeviceMemory memory;
		/* All sizes that share a mapping, and one that does not. */
		assert_vk(try_export(&exhaustion, i % 256 == 0 ? 1 << 20 : PAGE << i % 7, &memory));
		free_memory(&exhaustion, memory);
	}
	/* A byte a round would be more. */
	check(&exhaustion, rounds / 2 + (4 << 20));
	exhaustion_finish(&exhaustion);
}

static void a_million_imports(void **state) {
	struct exhaustion exhaustion;
	unsigned long rounds = count_rounds();
	(void)state;
	exhaustion_init(&exhaustion);
	struct tongs_buffer *buffer = tongs_device_new_buffer(exhaustion.device, PAGE, 0);
	note(&exhaustion);
	for (unsigned long i = 0; i < rounds; i++) {
		VkDeviceMemory memory;
		assert_vk(
			try_import(&exhaustion.gpu, MTLBUFFER, buffer, PAGE, exhaustion.type, VK_NULL_HANDLE, &memory));
		free_memory(&exhaustion, memory);
	}
	check(&exhaustion, rounds / 2 + (4 << 20));
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	exhaustion_finish(&exhaustion);
}

int main(int argc, char **argv) {
	(void)argc;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_size_is_too_large_to_refuse),
		cmocka_unit_test(address_space_runs_out),
		cmocka_unit_test(a_million_exports),
		cmocka_unit_test(a_million_imports),
		cmocka_unit_test(a_hundred_thousand_exports_at_once),
		cmocka_unit_test(a_hundred_thousand_imports_at_once),
	};
	return cases_run("layer: exhaustion", tests, sizeof(tests) / sizeof(tests[0]), argv + 1);
}
