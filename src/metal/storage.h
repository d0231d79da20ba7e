/* SPDX-License-Identifier: MIT */
/* What heaps and resources share: a device, a part of a payload, options, a label, purgeability. */
#ifndef TONGS_METAL_STORAGE_H
#define TONGS_METAL_STORAGE_H

#include <stdatomic.h>

#include "metal/interop.h"
#include "metal/label.h"

struct tongs_storage {
	struct tongs_device *device;   /* a reference */
	struct tongs_payload *payload; /* held for the device */
	uint64_t offset;               /* of the object's first byte in the payload */
	uint64_t size;                 /* bytes of the payload from there on that are the object's */
	MTLResourceOptions options;    /* hazard tracking is never Default */
	struct tongs_label label;
	_Atomic MTLPurgeableState purgeable_state;
};

/* `storage` is zeroed. Takes its own references. */
void tongs_storage_init(struct tongs_storage *storage, struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, MTLResourceOptions options);
void tongs_storage_finish(struct tongs_storage *storage); /* a zeroed one is fine */

/* The object's first byte. */
void *tongs_storage_get_bytes(const struct tongs_storage *storage);
void tongs_storage_set_label(struct tongs_storage *storage, const char *label);
MTLPurgeableState tongs_storage_set_purgeable_state(struct tongs_storage *storage, MTLPurgeableState state);

/* Whether `options` are ones that `device` can make `what` with; tells why not. */
bool tongs_storage_check_options(const struct tongs_device *device, MTLResourceOptions options, const char *what);
/* Whether an object with `options` may live in `owner`, the heap or buffer of that name; tells why not. */
bool tongs_storage_check_within(
	const struct tongs_storage *owner, const char *owner_name, MTLResourceOptions options, const char *what);

MTLStorageMode tongs_options_storage_mode(MTLResourceOptions options);
MTLCPUCacheMode tongs_options_cpu_cache_mode(MTLResourceOptions options);
MTLHazardTrackingMode tongs_options_hazard_tracking_mode(MTLResourceOptions options);
/* `options` with Default hazard tracking replaced by `mode`. */
MTLResourceOptions tongs_options_with_hazard_tracking(MTLResourceOptions options, MTLHazardTrackingMode mode);
/* Whether the CPU may touch the bytes. */
bool tongs_options_host_visible(MTLResourceOptions options);

#endif
