/* SPDX-License-Identifier: MIT */
/* The list of facts, one entry for each device. Entries are put in front and never taken out. */
#include "vulkan/caps.h"

#include "util/alloc.h"

static _Atomic(struct tongs_own_caps *) first;

static struct tongs_own_caps *search(struct tongs_own_caps *facts, const struct tongs_vk_id *id) {
	while (facts && !tongs_vk_id_is_same(&facts->id, id))
		facts = facts->next;
	return facts;
}

struct tongs_own_caps *tongs_own_caps_lookup(const struct tongs_vk_id *id) {
	return search(atomic_load(&first), id);
}

struct tongs_own_caps *tongs_own_caps_get(const struct tongs_vk_id *id) {
	struct tongs_own_caps *head = atomic_load(&first), *known = search(head, id);
	struct tongs_own_caps *facts = known ? NULL : tongs_malloc(1, sizeof(*facts));
	if (!facts)
		return known;
	facts->id = *id;
	do {
		known = search(head, id);
		facts->next = head;
	} while (!known && !atomic_compare_exchange_weak(&first, &head, facts));
	if (!known)
		return facts;
	tongs_free(NULL, facts);
	return known;
}
