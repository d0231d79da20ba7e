/* SPDX-License-Identifier: MIT */
/* The hook by which tests make allocations fail; not part of a build without tests. */
#include "util/alloc.h"

#include <stdatomic.h>

static _Atomic uint64_t fail_countdown = UINT64_MAX;

uint64_t tongs_alloc_fail_after(uint64_t countdown) {
	return atomic_exchange(&fail_countdown, countdown);
}

bool tongs_alloc_must_fail(void) {
	uint64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
	while (left != UINT64_MAX) {
		/* 0 wraps to UINT64_MAX, which stands for no failure. */
		if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
			return left == 0;
	}
	return false;
}
