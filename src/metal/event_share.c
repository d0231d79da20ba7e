/* SPDX-License-Identifier: MIT */
#include "metal/event_share.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>
#include <sys/syscall.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/memfd.h"

/* After which a wait looks again: a process may have ended between its signal and its wake-up. */
#define LONGEST_WAIT TONGS_SECOND

_Static_assert(sizeof(struct tongs_event_page) == 16 && offsetof(struct tongs_event_page, changes) == 8 &&
		       offsetof(struct tongs_event_page, waiters) == 12,
	"the layout that other processes have");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "no lock of one process");

struct tongs_event_share *tongs_event_share_adopt(int fd) {
	struct tongs_event_share *share = tongs_malloc(1, sizeof(*share));
	if (!share) {
		errno = ENOMEM;
		return NULL;
	}
	share->page = tongs_memfd_map(fd, tongs_page_size());
	if (!share->page) {
		tongs_free(NULL, share);
		return NULL;
	}
	share->fd = fd;
	atomic_init(&share->refs, 1);
	return share;
}

struct tongs_event_share *tongs_event_share_create(void) {
	const int fd = tongs_memfd_create("tongs-event", tongs_page_size());
	struct tongs_event_share *share = fd >= 0 ? tongs_event_share_adopt(fd) : NULL;
	if (!share && fd >= 0) {
		const int error = errno;
		close(fd);
		errno = error;
	}
	return share;
}

struct tongs_event_share *tongs_event_share_ref(struct tongs_event_share *share) {
	atomic_fetch_add_explicit(&share->refs, 1, memory_order_relaxed);
	return share;
}

void tongs_event_share_unref(struct tongs_event_share *share) {
	if (!share || atomic_fetch_sub_explicit(&share->refs, 1, memory_order_acq_rel) != 1)
		return;
	tongs_free_pages(share->page, tongs_page_size());
	close(share->fd);
	tongs_free(NULL, share);
}

void tongs_event_share_wake(struct tongs_event_share *share) {
	syscall(SYS_futex, &share->page->changes, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void tongs_event_share_signal(struct tongs_event_share *share, uint64_t value) {
	if (!tongs_event_raise(&share->page->value, value))
		return;
	atomic_fetch_add(&share->page->changes, 1);
	if (atomic_load(&share->page->waiters))
		tongs_event_share_wake(share);
}

void tongs_event_share_wait(struct tongs_event_share *share, uint32_t seen, uint64_t nanoseconds) {
	const uint64_t wait = nanoseconds < LONGEST_WAIT ? nanoseconds : LONGEST_WAIT;
	const struct timespec timeout = tongs_clock_timespec(wait);
	syscall(SYS_futex, &share->page->changes, FUTEX_WAIT, seen, &timeout, NULL, 0);
}
