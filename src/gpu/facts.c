/* SPDX-License-Identifier: MIT */
/* The list of facts, one entry for each device. Entries are put in front and never taken out. */
#include "gpu/facts.h"

#include "base/alloc.h"

static _Atomic(struct tongs_facts *) first;

static struct tongs_facts *search(struct tongs_facts *facts, const struct tongs_gpu_id *id) {
	while (facts && !tongs_gpu_id_is_same(&facts->id, id))
		facts = facts->next;
	return facts;
}

struct tongs_facts *tongs_facts_find(const struct tongs_gpu_id *id) {
	return search(atomic_load(&first), id);
}

struct tongs_facts *tongs_facts_get(const struct tongs_gpu_id *id) {
	struct tongs_facts *head = atomic_load(&first), *known = search(head, id);
	struct tongs_facts *facts = known ? NULL : tongs_malloc(1, sizeof(*facts));
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
