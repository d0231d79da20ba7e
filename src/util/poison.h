/* SPDX-License-Identifier: MIT */
/* Marks mapped pages that no code may access, in builds with AddressSanitizer. */
#ifndef TONGS_UTIL_POISON_H
#define TONGS_UTIL_POISON_H

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TONGS_HAVE_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TONGS_HAVE_POISON 1
#endif

#ifdef TONGS_HAVE_POISON
#include <sanitizer/asan_interface.h>
#endif

static inline void tongs_poison(void *pages, size_t size) {
#ifdef TONGS_HAVE_POISON
	ASAN_POISON_MEMORY_REGION(pages, size);
#else
	(void)pages;
	(void)size;
#endif
}

/* Call it before unmapping, too: otherwise, whatever is mapped there next would be poisoned. */
static inline void tongs_unpoison(void *pages, size_t size) {
#ifdef TONGS_HAVE_POISON
	ASAN_UNPOISON_MEMORY_REGION(pages, size);
#else
	(void)pages;
	(void)size;
#endif
}

#endif
