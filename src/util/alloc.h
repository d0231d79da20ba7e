/* SPDX-License-Identifier: MIT */
/* The allocator of libtongs and the layer: zeroed memory from the C library or the application's VkAllocationCallbacks,
 * and zeroed pages from the kernel. Tests make it fail. */
#ifndef TONGS_UTIL_ALLOC_H
#define TONGS_UTIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

#ifdef TONGS_TEST_HOOKS
/* The allocation after the next `countdown` ones fails, and only that one; UINT64_MAX: none does. Counts the
 * allocations of every thread. Returns what was left of the previous countdown; UINT64_MAX if its allocation has
 * failed. */
TONGS_TEST_INTEROP uint64_t tongs_alloc_fail_after(uint64_t countdown);
/* Counts one allocation, and returns whether it must fail. */
TONGS_TEST_INTEROP bool tongs_alloc_must_fail(void);
#else
static inline bool tongs_alloc_must_fail(void) {
	return false;
}
#endif

/* `count` × `size` zeroed bytes with the alignment of max_align_t; NULL when memory runs out or the product overflows.
 * With `callbacks` (may be NULL) they come from the application's allocator under `scope`. */
static inline void *tongs_alloc(
	const VkAllocationCallbacks *callbacks, size_t count, size_t size, VkSystemAllocationScope scope) {
	/* Up to this size glibc's malloc has a cache for each thread, which its calloc does not use. */
	const size_t small = 1024;
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes) || tongs_alloc_must_fail())
		return NULL;
	if (bytes == 0)
		bytes = 1;
	if (!callbacks && bytes > small)
		return calloc(1, bytes);

	void *pointer = callbacks ? callbacks->pfnAllocation(callbacks->pUserData, bytes, _Alignof(max_align_t), scope)
				  : malloc(bytes);
	/* Keeps the compiler from making a calloc of it. Clang's analyzer would lose the pointer. */
#ifndef __clang_analyzer__
	__asm__("" : "+r"(pointer));
#endif
	if (pointer)
		memset(pointer, 0, bytes);
	return pointer;
}

/* `pointer` (may be NULL) came from tongs_alloc with the same `callbacks`. */
static inline void tongs_free(const VkAllocationCallbacks *callbacks, void *pointer) {
	if (!callbacks)
		free(pointer);
	else if (pointer)
		callbacks->pfnFree(callbacks->pUserData, pointer);
}

/* tongs_alloc without callbacks, for objects that outlive every Vulkan object. */
static inline void *tongs_malloc(size_t count, size_t size) {
	return tongs_alloc(NULL, count, size, VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
}

/* In bytes. */
static inline uint64_t tongs_page_size(void) {
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Maps zeroed pages at a multiple of `alignment`, a power of two. `size` and `alignment` are multiples of the page
 * size. NULL when memory runs out. */
static inline void *tongs_alloc_pages(size_t size, size_t alignment) {
	size_t reserved;
	if (size == 0 || __builtin_add_overflow(size, alignment, &reserved) || tongs_alloc_must_fail())
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

/* `pages` (may be NULL) came from tongs_alloc_pages with the same `size`. */
static inline void tongs_free_pages(void *pages, size_t size) {
	if (pages)
		munmap(pages, size);
}

#endif
