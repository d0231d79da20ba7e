/* SPDX-License-Identifier: MIT */
/* Runs, which are used again by whoever wants as many pages. */
#include "memory/mapping.h"

#include <unistd.h>

#include <sys/mman.h>

#include "util/alloc.h"
#include "util/poison.h"
#include "memory/clear.h"
#include "memory/pool.h"

/* Runs from this size on often find nothing in the pool. Clearing the first huge page would be nearly all of the
 * time until the first byte is there; small pages instead add some hundredths to what touching all of it takes. */
#define SMALL_PAGES_FIRST ((size_t)256 << 20)

struct tongs_mapping {
	struct tongs_pooled pooled; /* first */
};

static void unmap(struct tongs_mapping *run) {
	tongs_free_pages(run->pooled.pages, run->pooled.size);
	tongs_free(NULL, run);
}

static void destroy(struct tongs_pooled *item) {
	tongs_unpoison(item->pages, item->size);
	tongs_pool_release(item->size);
	unmap((struct tongs_mapping *)item);
}

static void *map(size_t size) {
	if (size < TONGS_HUGE_PAGE)
		return tongs_pool_map(size, (size_t)sysconf(_SC_PAGESIZE));
	char *pages = tongs_pool_map(size, TONGS_HUGE_PAGE);
	if (!pages)
		return NULL;
	/* A page that is there keeps the kernel from putting a huge one around it. */
	if (size >= SMALL_PAGES_FIRST)
		*(volatile char *)pages = 0;
	/* Advice only: a kernel without huge pages refuses it, and nothing is lost. */
	madvise(pages, size, MADV_HUGEPAGE);
	return pages;
}

struct tongs_mapping *tongs_mapping_create(size_t size) {
	struct tongs_mapping *run = (struct tongs_mapping *)tongs_pool_take(size);
	if (run) {
		tongs_pool_release(size);
		tongs_unpoison(run->pooled.pages, size);
		return run;
	}
	run = tongs_malloc(1, sizeof(*run));
	if (!run)
		return NULL;
	run->pooled.key = size;
	run->pooled.size = size;
	run->pooled.destroy = destroy;
	run->pooled.pages = map(size);
	if (!run->pooled.pages) {
		tongs_free(NULL, run);
		return NULL;
	}
	return run;
}

void tongs_mapping_free(struct tongs_mapping *run) {
	struct tongs_pooled *pooled = &run->pooled;
	if (!tongs_pool_reserve(pooled->size)) {
		unmap(run);
		return;
	}
	/* Clearing less takes no longer than unmapping it. */
	if (pooled->size >= TONGS_HUGE_PAGE) {
		tongs_pool_put_dirty(pooled);
		return;
	}
	tongs_pages_clear(pooled->pages, pooled->size);
	tongs_poison(pooled->pages, pooled->size);
	tongs_pool_put(pooled);
}

void *tongs_mapping_get_pages(const struct tongs_mapping *run) {
	return run->pooled.pages;
}
