/* SPDX-License-Identifier: MIT */
/* fork without exec: the child may end, by exit and by _exit, and the parent goes on. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "locks.h"
#include "lives.h"
#include "metal/interop.h"

enum { CHILDREN = 60, THREADS = 3 };

#ifdef __SANITIZE_THREAD__
/* When a child ends, its parent's other threads are missing. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
	return "report_thread_leaks=0";
}
#endif

static void end_by_exit(struct life *life) {
	(void)life;
	exit(0);
}

static void end_by__exit(struct life *life) {
	(void)life;
	_exit(0);
}

/* The bytes are the child's own copy. */
static void soil_and_end(struct life *life) {
	void *contents = life->metal_buffer ? tongs_buffer_get_contents(life->metal_buffer) : NULL;
	if (contents)
		memset(contents, 0xee, tongs_buffer_get_length(life->metal_buffer));
	_exit(0);
}

static void release_and_end(struct life *life) {
	life_do(life, RELEASE_DERIVED);
	life_do(life, RELEASE_OBJECT);
	_exit(0);
}

struct end {
	struct life *life;
	void (*function)(struct life *);
};

static void call(void *user) {
	const struct end *end = user;
	end->function(end->life);
}

static void run_child(struct life *life, void (*end)(struct life *)) {
	int status = child_run(call, &(struct end){life, end});
	if (status != 0)
		fail_msg("the child that has objects of kind %d and ends by %s has status 0x%x", (int)life->kind,
			end == soil_and_end      ? "writing to them"
			: end == release_and_end ? "their release"
						 : "exit",
			status);
}

static void finish(struct life *life) {
	static const enum step steps[] = {
		DESTROY_RESOURCE, FREE_MEMORY, RELEASE_DERIVED, RELEASE_OBJECT, DESTROY_DEVICE, DESTROY_INSTANCE};
	for (size_t i = 0; i < STEP_COUNT; i++)
		life_do(life, steps[i]);
}

/* All Vulkan objects are destroyed, retained Metal objects are not. Runs first: later the process has libtongs' own
 * device. */
static void children_without_a_device(void **state) {
	static const enum step steps[] = {FREE_MEMORY, DESTROY_RESOURCE, DESTROY_DEVICE, DESTROY_INSTANCE};
	struct life life;
	(void)state;
	life_init(&life, EXPORTED_BUFFER);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		life_do(&life, steps[i]);
	run_child(&life, end_by_exit);
	run_child(&life, end_by__exit);
	run_child(&life, release_and_end);
	life_check(&life);
	life_do(&life, RELEASE_DERIVED);
	life_do(&life, RELEASE_OBJECT);
}

/* By _exit: the exit handler of lavapipe joins its device's threads, whose stacks a child may have lost, in a program
 * without Tongs as well. Depth makes libtongs' own device work before the fork. */
static void children_of_an_idle_process(void **state) {
	static const enum life_kind kinds[] = {EXPORTED_BUFFER_AND_HEAP, EXPORTED_DEPTH, IMPORTED_BUFFER};
	void (*const ends[])(struct life *) = {end_by__exit, soil_and_end, release_and_end};
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct life life;
		life_init(&life, kinds[i]);
		for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
			run_child(&life, ends[k]);
			life_check(&life);
		}
		finish(&life);
	}
}

struct busy {
	struct tongs_device *device;
	atomic_bool stop;
	atomic_size_t rounds;
};

/* Takes every lock of libtongs again and again. */
static void *be_busy(void *user) {
	struct busy *busy = user;
	while (!busy->stop) {
		struct tongs_buffer *buffer = tongs_device_new_buffer(busy->device, 4096, MTLResourceStorageModeShared);
		const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float, 16, 16);
		struct tongs_texture *texture = tongs_device_new_texture(busy->device, &info);
		float texels[16 * 16];
		tongs_resource_set_label(tongs_buffer_get_resource(buffer), "busy");
		if (!texture ||
			!tongs_texture_get_bytes(texture, texels, 64, 1024, MTLRegionMake2D(0, 0, 16, 16), 0, 0))
			abort();
		tongs_buffer_unref(buffer);
		tongs_texture_unref(texture);
		busy->rounds++;
	}
	return NULL;
}

static void children_of_a_busy_process(void **state) {
	struct life life;
	struct busy busy = {0};
	pthread_t threads[THREADS];
	(void)state;
	life_init(&life, EXPORTED_BUFFER_AND_HEAP);
	busy.device = tongs_heap_get_device(life.metal_heap);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, be_busy, &busy), 0);
	for (size_t i = 0; i < CHILDREN; i++) {
		run_child(&life, end_by__exit);
		life_check(&life);
	}
	const size_t rounds = busy.rounds;
	while (busy.rounds == rounds) /* they still go on */
		usleep(1000);
	busy.stop = true;
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	finish(&life);
}

/* Takes what the layer and the library have: the maps, the names, the count of messages, and the locks of objects. */
static void use_all_and_end(struct life *life) {
	struct gpu *gpu = &life->gpu;
	void *bytes;
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = life->memory,
		.handleType = MTLTEXTURE,
	};
	if (gpu->get_handle(gpu->device, &info, &bytes) == VK_SUCCESS || gpu->reports == 0)
		_exit(1);
	set_name(gpu, VK_OBJECT_TYPE_DEVICE_MEMORY, (uint64_t)(uintptr_t)life->memory, "memory");
	life_do(life, DESTROY_RESOURCE);
	life_do(life, FREE_MEMORY);
	life_do(life, RELEASE_DERIVED);
	life_do(life, RELEASE_OBJECT);
	VkDeviceMemory memory = export_memory(gpu, 8192, shared_type(gpu), MTLBUFFER, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_vk(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	memset(bytes, 1, 8192);
	vkUnmapMemory(gpu->device, memory);
	vkFreeMemory(gpu->device, memory, NULL);
	_exit(0);
}

static void fork_while_held(enum tongs_lock_rank rank, void *life) {
	(void)rank;
	run_child(life, use_all_and_end);
}

static void a_child_while_a_lock_is_held(void **state) {
	static const enum tongs_lock_rank wanted[] = {TONGS_LOCK_OWN_DEVICE, TONGS_LOCK_TRANSFER, TONGS_LOCK_VK,
		TONGS_LOCK_NAMES, TONGS_LOCK_MESSAGES, TONGS_LOCK_MAP, TONGS_LOCK_OWN_DEVICES, TONGS_LOCK_DEVICES,
		TONGS_LOCK_SLAB, TONGS_LOCK_POOL, TONGS_LOCK_REGISTRY, TONGS_LOCK_RELEASED, TONGS_LOCK_ZOMBIE};
	struct locks locks;
	struct life life;
	(void)state;
	life_init(&life, EXPORTED_BUFFER_AND_HEAP);
	locks_collect(&locks);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		assert_true(locks.seen[wanted[i]]);
	locks_hold_each(&locks, fork_while_held, &life);
	finish(&life);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_without_a_device),
		cmocka_unit_test(children_of_an_idle_process),
		cmocka_unit_test(children_of_a_busy_process),
		cmocka_unit_test(a_child_while_a_lock_is_held),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
