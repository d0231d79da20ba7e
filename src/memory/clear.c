/* SPDX-License-Identifier: MIT */
/* Writing zeros to resident pages is several times faster than faulting new ones in; elsewhere it is slower. So only
 * resident pages are written. */
#include "memory/clear.h"

#include <stdbool.h>
#include <string.h>

#include <sys/mman.h>

#include "util/alloc.h"

/* mincore costs as much as clearing this many bytes. */
#define MINCORE_MIN ((size_t)128 << 10)

enum { MIN_PAGE = 4096, HUGE_PAGES_PER_QUERY = 8 };

/* A bit for each page of a part: whether it is resident. */
struct residency {
	unsigned char pages[HUGE_PAGES_PER_QUERY * TONGS_HUGE_PAGE / MIN_PAGE];
	size_t page_size;
};

/* Pages that are swapped out are not resident. If the kernel cannot say, all pages count as resident. */
static void query_residency(struct residency *residency, void *pages, size_t size) {
	if (mincore(pages, size, residency->pages) != 0)
		memset(residency->pages, 1, sizeof(residency->pages));
}

static bool are_resident(const struct residency *residency, size_t offset, size_t size) {
	for (size_t at = offset; at < offset + size; at += residency->page_size) {
		if (!(residency->pages[at / residency->page_size] & 1))
			return false;
	}
	return true;
}

static size_t min_size(size_t a, size_t b) {
	return a < b ? a : b;
}

void tongs_pages_discard(void *pages, size_t size) {
	/* Fails for pages that the program has locked. */
	if (madvise(pages, size, MADV_DONTNEED) != 0)
		memset(pages, 0, size);
}

void tongs_pages_clear(void *pages, size_t size) {
	if (size <= MINCORE_MIN) {
		memset(pages, 0, size);
		return;
	}
	const size_t query_bytes = HUGE_PAGES_PER_QUERY * TONGS_HUGE_PAGE;
	struct residency residency = {.page_size = tongs_page_size()};
	char *part = pages, *sparse = part, *const end = part + size;
	for (size_t offset = 0, bytes; offset < size; offset += bytes, part += bytes) {
		bytes = min_size(TONGS_HUGE_PAGE, size - offset);
		if (offset % query_bytes == 0)
			query_residency(&residency, part, min_size(query_bytes, size - offset));
		if (!are_resident(&residency, offset % query_bytes, bytes))
			continue;
		if (sparse < part)
			tongs_pages_discard(sparse, (size_t)(part - sparse));
		memset(part, 0, bytes);
		sparse = part + bytes;
	}
	if (sparse < end)
		tongs_pages_discard(sparse, (size_t)(end - sparse));
}
