/* SPDX-License-Identifier: MIT */
/* Payloads: counted host pages, from an arena, a run of their own, or the caller's. */
#include "memory/payload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/mapped.h"
#include "memory/slab.h"
#include "metal/device.h"
#include "memory/pool.h"
#include "memory/mapping.h"

enum origin {
	ORIGIN_SLAB,
	ORIGIN_MAPPING,
	ORIGIN_EXTERNAL,
};

struct tongs_payload {
	atomic_size_t refs;
	enum origin origin;
	void *pages;
	uint64_t size;
	union {
		struct tongs_slab *arena;  /* ORIGIN_SLAB */
		struct tongs_mapping *run; /* ORIGIN_MAPPING */
		struct {
			tongs_deallocator deallocator; /* may be NULL */
			void *user;
			bool read_only;
		} external; /* ORIGIN_EXTERNAL */
	};
	size_t holds;                /* guarded by holds_lock */
	struct tongs_device *device; /* guarded by holds_lock; a reference of the one it counts in, while held */
};

static pthread_mutex_t holds_lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&holds_lock, TONGS_LOCK_HOLDS, NULL);

uint64_t tongs_page_size(void) {
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct tongs_payload *create(enum origin origin, uint64_t size) {
	struct tongs_payload *payload = tongs_malloc(1, sizeof(*payload));
	if (!payload)
		return NULL;
	atomic_init(&payload->refs, 1);
	payload->origin = origin;
	payload->size = size;
	return payload;
}

static bool take_pages(struct tongs_payload *payload) {
	if (payload->origin == ORIGIN_SLAB) {
		payload->pages = tongs_slab_alloc(payload->size, &payload->arena);
		return payload->pages;
	}
	payload->run = tongs_mapping_create(payload->size);
	if (payload->run)
		payload->pages = tongs_mapping_get_pages(payload->run);
	return payload->run;
}

struct tongs_payload *tongs_payload_create(uint64_t size) {
	uint64_t page = tongs_page_size(), rounded;
	if (__builtin_add_overflow(size ? size : 1, page - 1, &rounded))
		return NULL;
	rounded &= ~(page - 1);
	if (rounded != (size_t)rounded)
		return NULL;

	tongs_pool_tick();
	struct tongs_payload *payload = create(tongs_slab_fits(rounded) ? ORIGIN_SLAB : ORIGIN_MAPPING, rounded);
	if (!payload)
		return NULL;
	if (!take_pages(payload)) {
		tongs_free(NULL, payload);
		return NULL;
	}
	return payload;
}

struct tongs_payload *tongs_payload_create_external(void *pages, uint64_t size) {
	struct tongs_payload *payload = create(ORIGIN_EXTERNAL, size);
	if (payload)
		payload->pages = pages;
	return payload;
}

void tongs_payload_set_deallocator(struct tongs_payload *payload, tongs_deallocator deallocator, void *user) {
	payload->external.deallocator = deallocator;
	payload->external.user = user;
}

void tongs_payload_set_read_only(struct tongs_payload *payload) {
	payload->external.read_only = true;
}

bool tongs_payload_is_read_only(const struct tongs_payload *payload) {
	return payload->origin == ORIGIN_EXTERNAL && payload->external.read_only;
}

bool tongs_payload_is_external(const struct tongs_payload *payload) {
	return payload->origin == ORIGIN_EXTERNAL;
}

const char *tongs_payload_find_pin_fault(const struct tongs_payload *payload, uint64_t offset, uint64_t size) {
	return tongs_mapped_find_fault((const char *)payload->pages + offset, size, TONGS_MAPPED_PIN);
}

struct tongs_payload *tongs_payload_ref(struct tongs_payload *payload) {
	atomic_fetch_add_explicit(&payload->refs, 1, memory_order_relaxed);
	return payload;
}

void tongs_payload_unref(struct tongs_payload *payload) {
	if (!payload || atomic_fetch_sub_explicit(&payload->refs, 1, memory_order_acq_rel) != 1)
		return;
	switch (payload->origin) {
	case ORIGIN_SLAB:
		tongs_slab_free(payload->arena, payload->pages, payload->size);
		break;
	case ORIGIN_MAPPING:
		tongs_mapping_free(payload->run);
		break;
	case ORIGIN_EXTERNAL:
		if (payload->external.deallocator)
			payload->external.deallocator(payload->pages, payload->size, payload->external.user);
		break;
	}
	tongs_free(NULL, payload);
	tongs_pool_tick();
}

struct tongs_payload *tongs_payload_account(struct tongs_payload *payload, struct tongs_device *device) {
	pthread_mutex_lock(&holds_lock);
	if (payload->holds++ == 0) {
		payload->device = tongs_device_ref(device);
		tongs_device_count(device, payload->size);
	}
	pthread_mutex_unlock(&holds_lock);
	return tongs_payload_ref(payload);
}

void tongs_payload_unaccount(struct tongs_payload *payload) {
	if (!payload)
		return;
	struct tongs_device *device = NULL;
	pthread_mutex_lock(&holds_lock);
	if (--payload->holds == 0) {
		device = payload->device;
		tongs_device_uncount(device, payload->size);
		payload->device = NULL;
	}
	pthread_mutex_unlock(&holds_lock);
	tongs_device_unref(device);
	tongs_payload_unref(payload);
}

void *tongs_payload_get_contents(const struct tongs_payload *payload) {
	return payload->pages;
}

uint64_t tongs_payload_get_size(const struct tongs_payload *payload) {
	return payload->size;
}
