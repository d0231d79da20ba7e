/* SPDX-License-Identifier: MIT */
/* fork while other threads hold locks of libtongs: the child creates objects, releases those of its parent, and calls
 * exit. */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "locks.h"
#include "util/log.h"
#include "metal/heap.h"
#include "memory/payload.h"
#include "memory/pool.h"

/* ThreadSanitizer's memory makes a fork slow. */
#ifdef __SANITIZE_THREAD__
enum { CHILDREN = 3 };
#else
enum { CHILDREN = 10 };
#endif

#ifdef __SANITIZE_THREAD__
/* When a child ends, its parent's other threads are missing. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
	return "report_thread_leaks=0";
}
#endif

#ifdef __SANITIZE_ADDRESS__
/* What a child finds is not all reachable: the stacks of its parent's other threads are missing. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
	return "detect_leaks=0";
}
#endif

static struct tongs_device *device;
static struct tongs_heap *heap;

static void hear(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity, (void)text, (void)user;
}

static struct tongs_buffer *new_buffer(size_t size) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
	CHECK(buffer);
	return buffer;
}

static void use_slots(void) {
	tongs_payload_unref(tongs_payload_create(4096));
}

static void use_runs(void) {
	tongs_payload_unref(tongs_payload_create(2 << 20));
}

static void use_objects(void) {
	struct tongs_buffer *buffers[32];
	for (size_t i = 0; i < LENGTH(buffers); i++)
		buffers[i] = new_buffer(4096);
	for (size_t i = 0; i < LENGTH(buffers); i++)
		tongs_buffer_unref(buffers[i]);
}

static void use_labels(void) {
	struct tongs_buffer *buffer = new_buffer(4096);
	struct tongs_resource *resource = tongs_buffer_get_resource(buffer);
	tongs_resource_set_label(resource, "one");
	tongs_resource_set_label(resource, "two");
	CHECK(strcmp(tongs_resource_get_label(resource), "two") == 0);
	tongs_buffer_unref(buffer);
}

static void use_devices(void) {
	tongs_device_unref(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_OTHER));
}

static void use_a_heap(void) {
	struct tongs_placement placement;
	CHECK(tongs_heap_take_place(heap, &placement, "test", 4096, 4096, heap->storage.options, NULL));
	tongs_placement_abandon(&placement);
}

static void use_messages(void) {
	tongs_log_warning("a message");
	tongs_set_message_callback(hear, NULL);
}

static void (*const uses[])(void) = {
	use_slots, use_runs, use_objects, use_labels, use_devices, use_a_heap, use_messages};

/* What a child does with all kinds of objects, including its parent's. */
static void use_all(struct tongs_buffer *inherited) {
	for (size_t i = 0; i < LENGTH(uses); i++)
		uses[i]();
	CHECK(bytes_are(tongs_buffer_get_contents(inherited), 0x5a, tongs_buffer_get_length(inherited)));
	tongs_buffer_unref(inherited);
	CHECK(tongs_handle_kind(inherited) == TONGS_KIND_NONE);
	tongs_heap_unref(heap);
	tongs_pool_drain();
}

static struct tongs_buffer *new_filled(void) {
	struct tongs_buffer *buffer = new_buffer(12288);
	memset(tongs_buffer_get_contents(buffer), 0x5a, 12288);
	return buffer;
}

static void use_all_and_exit(void *inherited) {
	use_all(inherited);
	exit(0);
}

static pid_t start_child(struct tongs_buffer *inherited) {
	return child_start(use_all_and_exit, inherited);
}

static void expect_end(pid_t child, const char *what, unsigned number) {
	int status = child_wait(child);
	if (status != 0)
		fail_msg("the child ended with status 0x%x (%s %u)", status, what, number);
}

static void fork_while_held(enum tongs_lock_rank rank, void *buffer) {
	expect_end(start_child(buffer), "lock of rank", rank);
}

static void a_child_while_a_lock_is_held(void **state) {
	/* What the tables of the library alone have, without a layer, a driver or zombies to look at. */
	static const enum tongs_lock_rank wanted[] = {TONGS_LOCK_VK, TONGS_LOCK_OWN_DEVICES, TONGS_LOCK_DEVICES,
		TONGS_LOCK_HEAP, TONGS_LOCK_SLAB, TONGS_LOCK_POOL, TONGS_LOCK_REGISTRY, TONGS_LOCK_RELEASED,
		TONGS_LOCK_ZOMBIE};
	struct locks locks;
	struct tongs_buffer *buffer = new_filled();
	(void)state;
	locks_collect(&locks);
	assert_true(locks.taken_by_fork >= 1 && locks.taken_by_fork <= 56); /* see fork.h; six are the layer's */
	for (size_t i = 0; i < LENGTH(wanted); i++)
		assert_true(locks.seen[wanted[i]]);
	locks_hold_each(&locks, fork_while_held, buffer);
	tongs_buffer_unref(buffer);
}

static atomic_bool stop;
static atomic_size_t rounds;

static void *use_again_and_again(void *user) {
	while (!stop) {
		((void (*const *)(void))user)[0]();
		/* On a busy machine, fork would seldom get the locks. */
		if (rounds++ % 16 == 0)
			usleep(1);
	}
	return NULL;
}

/* Two threads for each kind of use, so that its locks are mostly held. */
static void children_of_busy_threads(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(uses); i++) {
		struct tongs_buffer *buffer = new_filled();
		pthread_t threads[2];
		stop = false;
		for (size_t k = 0; k < LENGTH(threads); k++)
			assert_int_equal(
				pthread_create(&threads[k], NULL, use_again_and_again, (void *)(uintptr_t)&uses[i]), 0);
		const size_t before = rounds;
		while (rounds < before + 10)
			usleep(100);
		for (size_t k = 0; k < CHILDREN; k++)
			expect_end(start_child(buffer), "use", (unsigned)i);
		const size_t done = rounds;
		while (rounds == done) /* they still go on */
			usleep(100);
		stop = true;
		for (size_t k = 0; k < LENGTH(threads); k++)
			pthread_join(threads[k], NULL);
		tongs_buffer_unref(buffer);
	}
}

static void fork_in_it(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity, (void)text;
	if (*(pid_t *)user != 0)
		return;
	*(pid_t *)user = -1; /* the child has messages, too */
	*(pid_t *)user = start_child(new_filled());
}

static void a_child_of_a_message_callback(void **state) {
	pid_t child = 0;
	(void)state;
	tongs_set_message_callback(fork_in_it, &child);
	tongs_log_warning("a message");
	tongs_set_message_callback(hear, NULL);
	assert_true(child > 0);
	expect_end(child, "message", 0);
}

static void fork_with_the_pages(void *pointer, NSUInteger length, void *user) {
	(void)length;
	*(pid_t *)user = start_child(new_filled());
	free(pointer);
}

static void a_child_of_a_deallocator(void **state) {
	pid_t child = 0;
	void *pages = aligned_alloc(65536, 65536);
	(void)state;
	assert_non_null(pages);
	struct tongs_buffer *buffer = tongs_device_new_buffer_no_copy(
		device, pages, 65536, MTLResourceStorageModeShared, fork_with_the_pages, &child);
	assert_non_null(buffer);
	tongs_buffer_unref(buffer);
	assert_true(child > 0);
	expect_end(child, "deallocator", 0);
}

int main(void) {
#ifdef __SANITIZE_THREAD__
	/* It lets no child of several threads start one, which the pool would. */
	setenv("TONGS_POOL_LIMIT", "0", 1);
#endif
	device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	heap = tongs_device_new_heap(device, &(struct tongs_heap_info){.size = 1 << 20, .type = MTLHeapTypeAutomatic});
	tongs_set_message_callback(hear, NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_while_a_lock_is_held),
		cmocka_unit_test(children_of_busy_threads),
		cmocka_unit_test(a_child_of_a_message_callback),
		cmocka_unit_test(a_child_of_a_deallocator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
