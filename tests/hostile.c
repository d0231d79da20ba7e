/* SPDX-License-Identifier: MIT */
/* Makes the list of pointers that are no Metal objects. */
#include "hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <objc/runtime.h>

/* As many bytes of a live object as a forgery copies; no object is smaller. */
enum { HEAD = 64 };

static bool is_live(const struct hostile *hostile, const void *pointer) {
	for (size_t i = 0; i < hostile->live_count; i++)
		if (hostile->live[i] == pointer)
			return true;
	return false;
}

static void add(struct hostile *hostile, const void *pointer) {
	if (is_live(hostile, pointer))
		return;
	if (hostile->count == hostile->capacity) {
		hostile->capacity = hostile->capacity ? 2 * hostile->capacity : 1024;
		hostile->pointers = realloc(hostile->pointers, hostile->capacity * sizeof(void *));
		assert_non_null(hostile->pointers);
	}
	hostile->pointers[hostile->count++] = pointer;
}

static void add_number(struct hostile *hostile, uint64_t number) {
	add(hostile, (const void *)(uintptr_t)number);
}

static void add_numbers(struct hostile *hostile) {
	for (uint64_t i = 0; i <= 256; i++)
		add_number(hostile, i);
	for (unsigned shift = 0; shift < 64; shift++) {
		add_number(hostile, UINT64_C(1) << shift);
		add_number(hostile, (UINT64_C(1) << shift) - 1);
		add_number(hostile, UINT64_MAX << shift);
	}
	add_number(hostile, UINT64_C(0xdeadbeefdeadbeef));
	add_number(hostile, UINT64_C(0x4141414141414141));
}

/* Before, inside and behind live objects; and their addresses with a bit turned. */
static void add_neighbours(struct hostile *hostile) {
	for (size_t i = 0; i < hostile->live_count; i++) {
		const uintptr_t live = (uintptr_t)hostile->live[i];
		for (intptr_t distance = -64; distance <= 256; distance++)
			if (distance)
				add_number(hostile, live + (uintptr_t)distance);
		for (unsigned bit = 0; bit < 64; bit++)
			add_number(hostile, live ^ (uint64_t)1 << bit);
	}
}

static char *map(struct hostile *hostile, size_t i, size_t size) {
	hostile->mappings[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(hostile->mappings[i], MAP_FAILED);
	return hostile->mappings[i];
}

/* Pages that may not be read, pages before such, and pages that are gone. */
static void add_pages(struct hostile *hostile) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *forbidden = map(hostile, 0, page), *guarded = map(hostile, 1, 2 * page),
	     *readable = map(hostile, 2, page);
	size_t used = 0;
	for (size_t i = 0; i < hostile->live_count && used + HEAD <= page; i++, used += HEAD) {
		memcpy(forbidden + used, hostile->live[i], HEAD);
		memcpy(readable + used, hostile->live[i], HEAD);
		add(hostile, forbidden + used);
		add(hostile, readable + used);
	}
	for (size_t offset = 0; offset < page; offset += 64)
		add(hostile, forbidden + offset);
	assert_int_equal(mprotect(forbidden, page, PROT_NONE), 0);
	assert_int_equal(mprotect(readable, page, PROT_READ), 0);
	for (size_t before = 0; before <= HEAD; before++)
		add(hostile, guarded + page - before);
	assert_int_equal(mprotect(guarded + page, page, PROT_NONE), 0);
	char *gone = map(hostile, 3, page);
	munmap(gone, page);
	hostile->mappings[3] = NULL;
	add(hostile, gone);
	add(hostile, gone + page / 2);
}

static void add_memory_of_the_program(struct hostile *hostile) {
	static int variable;
	static const char text[] = "not an object";
	for (size_t size = 16; size <= 4096; size *= 2) {
		void *freed = malloc(size);
		add_number(hostile, (uintptr_t)freed);
		free(freed);
	}
	add(hostile, &variable);
	add(hostile, text);
	add(hostile, &hostile);
	add_number(hostile, (uintptr_t)&hostile_init);
	add_number(hostile, (uintptr_t)&malloc);
}

/* Classes, a metaclass, a protocol, a selector; an instance of libobjc's own root class and one of a subclass. */
static void add_objects_of_others(struct hostile *hostile) {
	Class root = objc_lookUpClass("Object"), subclass = objc_lookUpClass("HostileObject");
	assert_non_null(root);
	if (!subclass) {
		subclass = objc_allocateClassPair(root, "HostileObject", 0);
		objc_registerClassPair(subclass);
	}
	hostile->foreign = class_createInstance(subclass, HEAD);
	const void *const rows[] = {
		hostile->foreign,
		root,
		subclass,
		object_getClass((id)subclass),
		objc_lookUpClass("TongsBuffer"),
		objc_lookUpClass("TongsTexture"),
		objc_lookUpClass("MTLHeapDescriptor"),
		object_getClass((id)objc_lookUpClass("TongsHeap")),
		objc_lookUpClass("Protocol"),
		objc_getProtocol("MTLBuffer"),
		sel_registerName("contents"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		add(hostile, rows[i]);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A third of all bits, a third of user addresses, a third in the same megabyte as a live object. */
static void add_random(struct hostile *hostile, size_t count) {
	uint64_t state = 4;
	for (size_t i = 0; i < count; i++) {
		uint64_t number = next_random(&state);
		if (i % 3 == 1)
			number = number >> 17 & ~UINT64_C(15);
		if (i % 3 == 2 && hostile->live_count)
			number = ((uintptr_t)hostile->live[i % hostile->live_count] & ~UINT64_C(0xfffff)) |
				 (number & 0xffff0);
		add_number(hostile, number);
	}
}

void hostile_init(struct hostile *hostile, const void *const *live, size_t live_count, size_t random_count) {
	*hostile = (struct hostile){.live = live, .live_count = live_count};
	add_numbers(hostile);
	add_neighbours(hostile);
	add_pages(hostile);
	add_memory_of_the_program(hostile);
	add_objects_of_others(hostile);
	add_random(hostile, random_count);
}

void hostile_finish(struct hostile *hostile) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < HOSTILE_MAPPINGS; i++)
		if (hostile->mappings[i])
			munmap(hostile->mappings[i], i == 1 ? 2 * page : page);
	object_dispose(hostile->foreign);
	free(hostile->pointers);
	*hostile = (struct hostile){0};
}
