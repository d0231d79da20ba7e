/* SPDX-License-Identifier: MIT */
/* fork without exec: the child may end, by exit and by _exit, and the parent goes on. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lives.h"
#include "metal/interop.h"

enum { CHILDREN = 60, THREADS = 3, PATIENCE_S = 60 };

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
	if (life->metal_buffer)
		memset(tongs_buffer_get_contents(life->metal_buffer), 0xee,
			tongs_buffer_get_length(life->metal_buffer));
	_exit(0);
}

static void release_and_end(struct life *life) {
	life_do(life, RELEASE_DERIVED);
	life_do(life, RELEASE_OBJECT);
	_exit(0);
}

/* How the child ended; one that hangs is ended by a signal. */
static int fork_child(struct life *life, void (*end)(struct life *)) {
	int status;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* cmocka would make a failed case of it, in the child. */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		alarm(PATIENCE_S);
		end(life);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void run_child(struct life *life, void (*end)(struct life *)) {
	int status = fork_child(life, end);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with status 0x%x", status);
}

static void finish(struct life *life) {
	static const enum step steps[] = {
		DESTROY_RESOURCE, FREE_MEMORY, RELEASE_DERIVED, RELEASE_OBJECT, DESTROY_DEVICE, DESTROY_INSTANCE};
	for (size_t i = 0; i < STEP_COUNT; i++)
		life_do(life, steps[i]);
}

/* Vulkan is gone, what was retained is not. Runs first: later the process has libtongs' own device. */
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_without_a_device),
		cmocka_unit_test(children_of_an_idle_process),
		cmocka_unit_test(children_of_a_busy_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
