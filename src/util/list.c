/* SPDX-License-Identifier: MIT */
#include "util/list.h"

#include <string.h>

#include "util/alloc.h"

void *tongs_list_add(struct tongs_list *list, size_t size) {
	if (list->count == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 8;
		void *items = tongs_malloc(capacity, size);
		if (!items)
			return NULL;
		if (list->count)
			memcpy(items, list->items, list->count * size);
		if (!list->is_lent)
			tongs_free(NULL, list->items);
		list->items = items;
		list->capacity = capacity;
		list->is_lent = false;
	}
	return (char *)list->items + size * list->count++;
}

void tongs_list_finish(struct tongs_list *list) {
	if (!list->is_lent)
		tongs_free(NULL, list->items);
	*list = (struct tongs_list){0};
}
