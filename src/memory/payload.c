/* SPDX-License-Identifier: MIT */
/* Payloads of any kind: references, accounting, and calls of the kind's functions. */
#include "memory/payload.h"

#include <assert.h>
#include <stddef.h>

static const struct tongs_payload_kind *host_pages; /* set before main */

void tongs_payload_add_kind(const struct tongs_payload_kind *kind) {
	if (!kind->import.allocated_by_device)
		host_pages = kind;
	tongs_import_add_kind(&kind->import);
}

struct tongs_payload *tongs_payload_create(uint64_t size) {
	return host_pages->create(size);
}

struct tongs_payload *tongs_payload_create_shareable(uint64_t size) {
	return host_pages->create_shareable(size);
}

struct tongs_payload *tongs_payload_ref(struct tongs_payload *payload) {
	atomic_fetch_add_explicit(&payload->refs, 1, memory_order_relaxed);
	return payload;
}

void tongs_payload_unref(struct tongs_payload *payload) {
	if (payload && atomic_fetch_sub_explicit(&payload->refs, 1, memory_order_acq_rel) == 1)
		payload->kind->destroy(payload);
}

/* Whether `total` is the one that includes the payload. */
static bool is_accounted_to(struct tongs_payload *payload, _Atomic uint64_t *total) {
	_Atomic uint64_t *first = atomic_load_explicit(&payload->total, memory_order_relaxed);
	if (!first && atomic_compare_exchange_strong(&payload->total, &first, total))
		first = total;
	return first == total;
}

/* One thread may give up the last account while another takes the first: the sum is right in either order. */
struct tongs_payload *tongs_payload_account(struct tongs_payload *payload, _Atomic uint64_t *total) {
	if (is_accounted_to(payload, total) &&
		atomic_fetch_add_explicit(&payload->accounts, 1, memory_order_relaxed) == 0)
		atomic_fetch_add_explicit(total, payload->import.size, memory_order_relaxed);
	return tongs_payload_ref(payload);
}

static void discount(struct tongs_payload *payload, _Atomic uint64_t *total) {
	size_t accounts = atomic_fetch_sub_explicit(&payload->accounts, 1, memory_order_relaxed);
	assert(accounts > 0);
	if (accounts == 1)
		atomic_fetch_sub_explicit(total, payload->import.size, memory_order_relaxed);
}

void tongs_payload_unaccount(struct tongs_payload *payload, _Atomic uint64_t *total) {
	if (is_accounted_to(payload, total))
		discount(payload, total);
	tongs_payload_unref(payload);
}

const char *tongs_payload_find_pin_fault(const struct tongs_payload *payload, uint64_t offset, uint64_t size) {
	return payload->external ? payload->kind->find_pin_fault(payload, offset, size) : NULL;
}
