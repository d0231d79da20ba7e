/* SPDX-License-Identifier: MIT */
/* The registry: look-ups of any address, and references taken while others are released. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "metal/object.h"

static struct tongs_object *destroy(struct tongs_object *object) {
	return tongs_object_free(object);
}

static struct tongs_object *create(enum tongs_kind kind) {
	struct tongs_object *object = tongs_object_create(kind, sizeof(*object), destroy);
	assert_non_null(object);
	return object;
}

static void live_object_has_its_kind(void **state) {
	(void)state;
	for (enum tongs_kind kind = TONGS_KIND_DEVICE; kind <= TONGS_KIND_LAST; kind++) {
		struct tongs_object *object = create(kind);
		assert_int_equal(tongs_handle_kind(object), kind);
		assert_non_null(object->isa);
		tongs_object_unref(object);
		assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	}
}

static void garbage_is_nothing(void **state) {
	(void)state;
	struct tongs_object *object = create(TONGS_KIND_BUFFER);
	int local = 0;
	const void *const garbage[] = {NULL, (void *)1, (void *)UINTPTR_MAX, (void *)(UINTPTR_MAX / 2), &local, "text",
		(char *)object + 1, (char *)object - 16, &object->refs};
	for (size_t i = 0; i < LENGTH(garbage); i++) {
		assert_int_equal(tongs_handle_kind(garbage[i]), TONGS_KIND_NONE);
		for (enum tongs_kind kind = TONGS_KIND_NONE; kind <= TONGS_KIND_LAST; kind++)
			assert_null(tongs_interop_acquire(garbage[i], kind));
	}
	uint32_t random = 1;
	for (size_t i = 0; i < 100000; i++) {
		uint64_t address = (uint64_t)next_random(&random) << 32 | next_random(&random);
		if (address != (uintptr_t)object)
			assert_null(tongs_interop_acquire((void *)(uintptr_t)address, TONGS_KIND_BUFFER));
	}
	tongs_object_unref(object);
}

/* Between its last release and its removal from the registry an object can be found, and must not be revived. */
static void acquire_takes_nothing_at_zero(void **state) {
	(void)state;
	struct tongs_object *object = create(TONGS_KIND_HEAP);
	for (size_t refs = 0; refs < 3; refs++) {
		atomic_store(&object->refs, refs);
		assert_ptr_equal(tongs_interop_acquire(object, TONGS_KIND_HEAP), refs ? object : NULL);
		assert_int_equal(atomic_load(&object->refs), refs ? refs + 1 : 0);
	}
	atomic_store(&object->refs, 1);
	tongs_object_unref(object);
}

static void acquire_wants_the_right_kind(void **state) {
	(void)state;
	struct tongs_object *object = create(TONGS_KIND_BUFFER);
	assert_null(tongs_interop_acquire(object, TONGS_KIND_HEAP));
	assert_ptr_equal(tongs_interop_acquire(object, TONGS_KIND_BUFFER), object);
	assert_int_equal(atomic_load(&object->refs), 2);
	tongs_interop_release(object);
	tongs_interop_release(object);
	assert_null(tongs_interop_acquire(object, TONGS_KIND_BUFFER));
	tongs_interop_release(NULL);
}

static void handles_become_typed(void **state) {
	(void)state;
	struct tongs_object *heap = create(TONGS_KIND_HEAP), *buffer = create(TONGS_KIND_BUFFER),
			    *texture = create(TONGS_KIND_TEXTURE);
	assert_ptr_equal(tongs_heap_from_handle(heap), heap);
	assert_null(tongs_heap_from_handle(buffer));
	assert_ptr_equal(tongs_buffer_from_handle(buffer), buffer);
	assert_null(tongs_buffer_from_handle(texture));
	assert_ptr_equal(tongs_texture_from_handle(texture), texture);
	assert_null(tongs_texture_from_handle(NULL));
	tongs_object_unref(heap);
	tongs_object_unref(buffer);
	tongs_object_unref(texture);
}

/* Inserted and removed in random order, so that probe sequences of every shape lose members from their middle. */
static void many_come_and_go(void **state) {
	(void)state;
	enum { COUNT = 20000 };
	struct tongs_object **objects = calloc(COUNT, sizeof(struct tongs_object *));
	assert_non_null(objects);
	uint32_t random = 7;
	for (size_t round = 0; round < (size_t)10 * COUNT; round++) {
		size_t i = next_random(&random) % COUNT;
		if (!objects[i]) {
			objects[i] = create(TONGS_KIND_TEXTURE);
		} else {
			assert_int_equal(tongs_handle_kind(objects[i]), TONGS_KIND_TEXTURE);
			tongs_object_unref(objects[i]);
			objects[i] = NULL;
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (!objects[i])
			continue;
		assert_int_equal(tongs_handle_kind(objects[i]), TONGS_KIND_TEXTURE);
		tongs_object_unref(objects[i]);
	}
	free(objects);
}

static void fails_without_memory(void **state) {
	(void)state;
	tongs_alloc_fail_after(0);
	assert_null(tongs_object_create(TONGS_KIND_BUFFER, sizeof(struct tongs_object), destroy));

	/* Enough objects that a shard must grow: an object for which it cannot is not created, and is when it can. */
	enum { COUNT = 4000 };
	struct tongs_object **objects = calloc(COUNT, sizeof(struct tongs_object *));
	assert_non_null(objects);
	size_t failed = 0;
	for (size_t i = 0; i < COUNT; i++) {
		tongs_alloc_fail_after(1);
		objects[i] = tongs_object_create(TONGS_KIND_BUFFER, sizeof(struct tongs_object), destroy);
		tongs_alloc_fail_after(UINT64_MAX);
		if (objects[i])
			continue;
		failed++;
		objects[i] = create(TONGS_KIND_BUFFER);
	}
	assert_true(failed > 0 && failed < COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(tongs_handle_kind(objects[i]), TONGS_KIND_BUFFER);
		tongs_object_unref(objects[i]);
	}
	free(objects);
}

enum { SLOTS = 8, ROUNDS = 20000 };
static struct tongs_object *_Atomic shared[SLOTS];
static _Atomic size_t acquired;

static void *release_and_replace(void *user) {
	(void)user;
	for (size_t i = 0; i < ROUNDS; i++) {
		struct tongs_object *object =
			tongs_object_create(TONGS_KIND_HEAP, sizeof(struct tongs_object), destroy);
		object = atomic_exchange(&shared[i % SLOTS], object);
		if (object)
			tongs_object_unref(object);
	}
	return NULL;
}

static void *acquire_and_release(void *user) {
	(void)user;
	for (size_t i = 0; i < ROUNDS; i++) {
		struct tongs_object *object = tongs_interop_acquire(atomic_load(&shared[i % SLOTS]), TONGS_KIND_HEAP);
		if (!object)
			continue;
		acquired += object->kind == TONGS_KIND_HEAP;
		tongs_interop_release(object);
	}
	return NULL;
}

static void acquire_races_with_the_last_release(void **state) {
	(void)state;
	pthread_t threads[4];
	for (size_t i = 0; i < SLOTS; i++)
		shared[i] = create(TONGS_KIND_HEAP);
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, i % 2 ? acquire_and_release : release_and_replace, NULL), 0);
	for (size_t i = 0; i < LENGTH(threads); i++)
		pthread_join(threads[i], NULL);
	assert_true(acquired > 0);
	for (size_t i = 0; i < SLOTS; i++) {
		assert_int_equal(atomic_load(&shared[i]->refs), 1);
		tongs_object_unref(shared[i]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_object_has_its_kind),
		cmocka_unit_test(garbage_is_nothing),
		cmocka_unit_test(acquire_takes_nothing_at_zero),
		cmocka_unit_test(acquire_wants_the_right_kind),
		cmocka_unit_test(handles_become_typed),
		cmocka_unit_test(many_come_and_go),
		cmocka_unit_test(fails_without_memory),
		cmocka_unit_test(acquire_races_with_the_last_release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
