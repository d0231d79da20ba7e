/* SPDX-License-Identifier: MIT */
/* Clearing: writing zeros is several times faster than new pages are, if only the old ones are there. */
#include "memory/clear.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

/* Asking the kernel which pages are there costs as much as clearing this many bytes. */
#define NOT_ASKED_BELOW ((size_t)128 << 10)

enum { SMALLEST_PAGE = 4096, ASKED_AT_ONCE = 8 };

/* What the kernel says of a part of some pages. */
struct residency {
	unsigned char pages[ASKED_AT_ONCE * TONGS_HUGE_PAGE / SMALLEST_PAGE];
	size_t page_size;
};

/* Of a swapped-out page the kernel says that it isn't there; where it says nothing, all are. */
static void ask(struct residency *residency, void *pages, size_t size) {
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

static size_t least(size_t a, size_t b) {
	return a < b ? a : b;
}

void tongs_pages_drop(void *pages, size_t size) {
	/* Pages that the program has locked into memory cannot be dropped. */
	if (madvise(pages, size, MADV_DONTNEED) != 0)
		memset(pages, 0, size);
}

void tongs_pages_clear(void *pages, size_t size) {
	if (size <= NOT_ASKED_BELOW) {
		memset(pages, 0, size);
		return;
	}
	const size_t asked_bytes = ASKED_AT_ONCE * TONGS_HUGE_PAGE;
	struct residency residency = {.page_size = (size_t)sysconf(_SC_PAGESIZE)};
	char *part = pages, *to_drop = part, *const end = part + size;
	for (size_t offset = 0, bytes; offset < size; offset += bytes, part += bytes) {
		bytes = least(TONGS_HUGE_PAGE, size - offset);
		if (offset % asked_bytes == 0)
			ask(&residency, part, least(asked_bytes, size - offset));
		if (!are_resident(&residency, offset % asked_bytes, bytes))
			continue;
		if (to_drop < part)
			tongs_pages_drop(to_drop, (size_t)(part - to_drop));
		memset(part, 0, bytes);
		to_drop = part + bytes;
	}
	if (to_drop < end)
		tongs_pages_drop(to_drop, (size_t)(end - to_drop));
}
