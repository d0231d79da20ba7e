/* SPDX-License-Identifier: MIT */
/* A payload is the memory behind a VkDeviceMemory and its Metal objects. Its kind says where the bytes are, how Vulkan
 * imports them and how they are cleared and freed. Users go through this interface, whatever the kind.
 *
 * Functions may be called from any thread. The layer uses those that are TONGS_INTEROP. */
#ifndef TONGS_MEMORY_PAYLOAD_H
#define TONGS_MEMORY_PAYLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <tongs/metal.h>

#include "util/export.h"
#include "vulkan/import.h"

struct tongs_payload;
struct tongs_own_device; /* vulkan/own_device.h */

struct tongs_payload_kind {
	struct tongs_import_kind import; /* how a VkDevice imports it */

	/* A new payload with one reference: at least `size` zeroed bytes. NULL when memory runs out. Host pages alone
	 * have this. */
	struct tongs_payload *(*create)(uint64_t size);
	/* The same, for tongs_payload_create_shareable. */
	struct tongs_payload *(*create_shareable)(uint64_t size);
	/* Frees the bytes and the payload. Called after the last reference. */
	void (*destroy)(struct tongs_payload *payload);
	/* The CPU's address of the first byte. NULL if it has none, or on failure, which is logged. Called if
	 * `contents` is NULL; NULL: nothing can be done. */
	void *(*map)(struct tongs_payload *payload, struct tongs_own_device *dev);
	/* tongs_payload_find_pin_fault, for payloads that are external. */
	const char *(*find_pin_fault)(const struct tongs_payload *payload, uint64_t offset, uint64_t size);
};

/* The head of every kind's payload, which the kind fills. Everything but the counts is constant once the payload is
 * shared. */
struct tongs_payload {
	const struct tongs_payload_kind *kind;
	struct tongs_import import; /* contents, size */
	MTLStorageMode storage_mode;
	bool external;  /* the caller's own memory */
	bool read_only; /* for the CPU */
	atomic_size_t refs;
	atomic_size_t accounts;            /* those of the references that tongs_payload_account took and counted */
	_Atomic(_Atomic uint64_t *) total; /* to which it is accounted; NULL: not yet */
};

/* Registers a kind. Its constructor calls this. */
void tongs_payload_add_kind(const struct tongs_payload_kind *kind);

/* Host pages: at least `size` zeroed bytes, a multiple of the page size, at least one page. NULL when memory runs out.
 * Driver memory: driver_memory.h. */
TONGS_INTEROP struct tongs_payload *tongs_payload_create(uint64_t size);
/* The same, with a file descriptor that another process can get. NULL, too, if the process has too many open. */
struct tongs_payload *tongs_payload_create_shareable(uint64_t size);
struct tongs_payload *tongs_payload_ref(struct tongs_payload *payload);
TONGS_INTEROP void tongs_payload_unref(struct tongs_payload *payload); /* NULL is fine */

/* A reference that is accounted: `*total` includes the payload's size once while at least one such reference exists.
 * `total` outlives them. The first one that a payload is accounted to is the only one that includes it. */
struct tongs_payload *tongs_payload_account(struct tongs_payload *payload, _Atomic uint64_t *total);
void tongs_payload_unaccount(struct tongs_payload *payload, _Atomic uint64_t *total);

/* Of host pages, a multiple of the page size. */
static inline uint64_t tongs_payload_get_size(const struct tongs_payload *payload) {
	return payload->import.size;
}
/* The CPU's address of host pages; NULL for driver memory. */
static inline void *tongs_payload_get_contents(const struct tongs_payload *payload) {
	return payload->import.contents;
}
/* The CPU's address of the first byte. NULL if the payload is Private, or on failure, which is logged. Driver memory is
 * mapped at the first call, through `dev`, libtongs' own device of the payload; `dev` may be NULL for host pages. */
static inline void *tongs_payload_map(struct tongs_payload *payload, struct tongs_own_device *dev) {
	if (payload->import.contents || payload->storage_mode == MTLStorageModePrivate)
		return payload->import.contents;
	return payload->kind->map(payload, dev);
}
/* What a VkDevice imports. Valid while the caller has a reference. */
static inline const struct tongs_import *tongs_payload_get_import(const struct tongs_payload *payload) {
	return &payload->import;
}
/* Shared if the CPU reaches the bytes, else Private. */
static inline MTLStorageMode tongs_payload_get_storage_mode(const struct tongs_payload *payload) {
	return payload->storage_mode;
}
/* Whether the CPU may only read the bytes. */
static inline bool tongs_payload_is_read_only(const struct tongs_payload *payload) {
	return payload->read_only;
}
/* Whether it is memory that a VkDevice allocated (driver_memory.h), not host pages. */
static inline bool tongs_payload_is_driver_memory(const struct tongs_payload *payload) {
	return payload->kind->import.allocated_by_device;
}

/* Whether the bytes are the program's own memory. The memory types of such a payload depend on the kind of that memory,
 * and must be queried for each payload; all payloads from tongs_payload_create have the same ones. */
static inline bool tongs_payload_is_external(const struct tongs_payload *payload) {
	return payload->external;
}
/* Why a driver cannot pin `size` bytes for a device, as a phrase that follows "the bytes"; NULL if it can. */
TONGS_INTEROP const char *tongs_payload_find_pin_fault(
	const struct tongs_payload *payload, uint64_t offset, uint64_t size);

#endif
