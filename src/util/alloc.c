/* SPDX-License-Identifier: MIT */
/* The allocator: zeroed memory from the C library or the application's callbacks, and zeroed pages from the kernel. */
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

/* Up to this size glibc's malloc has a cache for each thread, which its calloc does not use. */
static const size_t SMALL = 1024;

#ifdef TONGS_TEST_HOOKS
static _Atomic uint64_t fail_countdown = UINT64_MAX;

static bool must_fail(void) {
	uint64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
	while (left != UINT64_MAX) {
		/* 0 wraps to UINT64_MAX, which stands for no failure. */
		if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
			return left == 0;
	}
	return false;
}

uint64_t tongs_alloc_fail_after(uint64_t countdown) {
	return atomic_exchange(&fail_countdown, countdown);
}
#else
static bool must_fail(void) {
	return false;
}
#endif

void *tongs_alloc(const VkAllocationCallbacks *callbacks, size_t count, size_t size, VkSystemAllocationScope scope) {
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes) || must_fail())
		return NULL;
	if (bytes == 0)
		bytes = 1;
	if (!callbacks && bytes > SMALL)
		return calloc(1, bytes);

	void *pointer = callbacks ? callbacks->pfnAllocation(callbacks->pUserData, bytes, _Alignof(max_align_t), scope)
				  : malloc(bytes);
	if (pointer)
		memset(pointer, 0, bytes);
	return pointer;
}

void tongs_free(const VkAllocationCallbacks *callbacks, void *pointer) {
	if (!callbacks)
		free(pointer);
	else if (pointer)
		callbacks->pfnFree(callbacks->pUserData, pointer);
}

void *tongs_malloc(size_t count, size_t size) {
	return tongs_alloc(NULL, count, size, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
}

void *tongs_alloc_pages(size_t size, size_t alignment) {
	size_t reserved;
	if (size == 0 || __builtin_add_overflow(size, alignment, &reserved) || must_fail())
		return NULL;

	char *start = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	char *pages = (char *)(((uintptr_t)start + alignment - 1) & ~(uintptr_t)(alignment - 1));
	size_t head = (size_t)(pages - start), tail = reserved - head - size;
	if (head > 0)
		munmap(start, head);
	if (tail > 0)
		munmap(pages + size, tail);
	return pages;
}

void tongs_free_pages(void *pages, size_t size) {
	if (pages)
		munmap(pages, size);
}
