/* SPDX-License-Identifier: MIT */
/* Pointers that are no Metal objects of Tongs: what a program may hand in by mistake, or an attacker on purpose. */
#ifndef TONGS_TESTS_HOSTILE_H
#define TONGS_TESTS_HOSTILE_H

#include <stddef.h>
#include <stdint.h>

enum { HOSTILE_MAPPINGS = 4 };

struct hostile {
	const void **pointers;
	size_t count, capacity;
	const void *const *live; /* borrowed */
	size_t live_count;
	void *mappings[HOSTILE_MAPPINGS];
	void *foreign; /* an Objective-C object that is not ours */
};

/* Fills the list. `live` are all objects of Tongs that are alive, which themselves are not in it; `random_count`
 * pointers are random, always the same ones but for those near to live objects. Some may be read, and look like live
 * objects; to read others ends the process. */
void hostile_init(struct hostile *hostile, const void *const *live, size_t live_count, size_t random_count);
void hostile_finish(struct hostile *hostile);

#endif
