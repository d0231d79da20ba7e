/* SPDX-License-Identifier: MIT */
/* The list of facts, one entry for each UUID. Entries are put in front and never taken out. */
#include "gpu/facts.h"

#include <string.h>

#include "base/alloc.h"

static _Atomic(struct tongs_facts *) first;

static struct tongs_facts *search(struct tongs_facts *facts, const uint8_t uuid[VK_UUID_SIZE]) {
	while (facts && memcmp(facts->uuid, uuid, VK_UUID_SIZE) != 0)
		facts = facts->next;
	return facts;
}

struct tongs_facts *tongs_facts_find(const uint8_t uuid[VK_UUID_SIZE]) {
	return search(atomic_load(&first), uuid);
}

struct tongs_facts *tongs_facts_get(const uint8_t uuid[VK_UUID_SIZE]) {
	struct tongs_facts *head = atomic_load(&first), *known = search(head, uuid);
	struct tongs_facts *facts = known ? NULL : tongs_malloc(1, sizeof(*facts));
	if (!facts)
		return known;
	memcpy(facts->uuid, uuid, VK_UUID_SIZE);
	do {
		known = search(head, uuid);
		facts->next = head;
	} while (!known && !atomic_compare_exchange_weak(&first, &head, facts));
	if (!known)
		return facts;
	tongs_free(NULL, facts);
	return known;
}
