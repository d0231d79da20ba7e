/* SPDX-License-Identifier: MIT */
/* An array that grows. */
#ifndef TONGS_UTIL_LIST_H
#define TONGS_UTIL_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed at first. */
struct tongs_list {
	void *items; /* of one size */
	size_t count, capacity;
	bool is_lent; /* the items are not the list's to free */
};

/* A zeroed new item of so many bytes, the same for all of a list; NULL when memory runs out. */
void *tongs_list_add(struct tongs_list *list, size_t size);
/* Frees the items, and makes the list empty. */
void tongs_list_finish(struct tongs_list *list);

#endif
