/* SPDX-License-Identifier: MIT */
/* The allocator of libtongs and the layer. It honours VkAllocationCallbacks; tests make it fail. */
#ifndef TONGS_UTIL_ALLOC_H
#define TONGS_UTIL_ALLOC_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <vulkan/vulkan_core.h>

#include "util/export.h"

/* `count` × `size` zeroed bytes with the alignment of max_align_t; NULL when memory runs out or the product overflows.
 * With `callbacks` (may be NULL) they come from the application's allocator under `scope`. */
TONGS_INTEROP void *tongs_alloc(
	const VkAllocationCallbacks *callbacks, size_t count, size_t size, VkSystemAllocationScope scope);

/* `pointer` (may be NULL) came from tongs_alloc with the same `callbacks`. */
TONGS_INTEROP void tongs_free(const VkAllocationCallbacks *callbacks, void *pointer);

/* tongs_alloc without callbacks, for objects that outlive every Vulkan object. */
void *tongs_malloc(size_t count, size_t size);

/* In bytes. */
static inline uint64_t tongs_page_size(void) {
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Maps zeroed pages at a multiple of `alignment`, a power of two. `size` and `alignment` are multiples of the page
 * size. NULL when memory runs out. Free with the same `size`; `pages` may be NULL. */
TONGS_INTEROP void *tongs_alloc_pages(size_t size, size_t alignment);
TONGS_INTEROP void tongs_free_pages(void *pages, size_t size);

#ifdef TONGS_TEST_HOOKS
/* The allocation after the next `countdown` ones fails, and only that one; UINT64_MAX: none does. Counts the
 * allocations of every thread. Returns what was left of the countdown before: UINT64_MAX when its allocation failed. */
TONGS_TEST_INTEROP uint64_t tongs_alloc_fail_after(uint64_t countdown);
#endif

#endif
