/* SPDX-License-Identifier: MIT */
/* What heaps and resources share, and the rules for their options. */
#include "metal/storage.h"

#include "util/log.h"
#include "metal/device.h"
#include "memory/payload.h"

static const char *const storage_mode_names[] = {
	[MTLStorageModeShared] = "Shared",
	[MTLStorageModeManaged] = "Managed",
	[MTLStorageModePrivate] = "Private",
	[MTLStorageModeMemoryless] = "Memoryless",
};

MTLStorageMode tongs_options_storage_mode(MTLResourceOptions options) {
	return (options & MTLResourceStorageModeMask) >> MTLResourceStorageModeShift;
}

MTLCPUCacheMode tongs_options_cpu_cache_mode(MTLResourceOptions options) {
	return (options & MTLResourceCPUCacheModeMask) >> MTLResourceCPUCacheModeShift;
}

MTLHazardTrackingMode tongs_options_hazard_tracking_mode(MTLResourceOptions options) {
	return (options & MTLResourceHazardTrackingModeMask) >> MTLResourceHazardTrackingModeShift;
}

MTLResourceOptions tongs_options_with_hazard_tracking(MTLResourceOptions options, MTLHazardTrackingMode mode) {
	if (tongs_options_hazard_tracking_mode(options) != MTLHazardTrackingModeDefault)
		return options;
	return options | mode << MTLResourceHazardTrackingModeShift;
}

bool tongs_options_host_visible(MTLResourceOptions options) {
	return tongs_options_storage_mode(options) != MTLStorageModePrivate;
}

void tongs_storage_init(struct tongs_storage *storage, struct tongs_device *device, struct tongs_payload *payload,
	uint64_t offset, uint64_t size, MTLResourceOptions options) {
	storage->device = tongs_device_ref(device);
	storage->payload = tongs_payload_account(payload, &device->allocated_size);
	storage->offset = offset;
	storage->size = size;
	storage->options = options;
	atomic_init(&storage->purgeable_state, MTLPurgeableStateNonVolatile);
}

void tongs_storage_finish(struct tongs_storage *storage) {
	tongs_label_finish(&storage->label);
	if (storage->payload)
		tongs_payload_unaccount(storage->payload, &storage->device->allocated_size);
	tongs_device_unref(storage->device);
}

void *tongs_storage_get_bytes(const struct tongs_storage *storage) {
	return (char *)tongs_payload_get_contents(storage->payload) + storage->offset;
}

void tongs_storage_set_label(struct tongs_storage *storage, const char *label) {
	if (!tongs_label_set(&storage->label, label))
		tongs_log_error("no memory for the label `%.64s'; the old one stays", label);
}

MTLPurgeableState tongs_storage_set_purgeable_state(struct tongs_storage *storage, MTLPurgeableState state) {
	if (state == MTLPurgeableStateKeepCurrent)
		return atomic_load(&storage->purgeable_state);
	if (state < MTLPurgeableStateKeepCurrent || state > MTLPurgeableStateEmpty) {
		tongs_log_error("%lu is no MTLPurgeableState; nothing changes", (unsigned long)state);
		return atomic_load(&storage->purgeable_state);
	}
	if (state == MTLPurgeableStateEmpty && tongs_payload_is_read_only(storage->payload))
		tongs_log_warning("setPurgeableState: these pages are the program's own and read-only; they keep their "
				  "bytes");
	else if (state == MTLPurgeableStateEmpty)
		tongs_payload_clear(storage->payload, storage->offset, storage->size);
	return atomic_exchange(&storage->purgeable_state, state);
}

bool tongs_storage_check_options(const struct tongs_device *device, MTLResourceOptions options, const char *what) {
	const MTLResourceOptions known =
		MTLResourceCPUCacheModeMask | MTLResourceStorageModeMask | MTLResourceHazardTrackingModeMask;
	if ((options & ~known) || tongs_options_cpu_cache_mode(options) > MTLCPUCacheModeWriteCombined ||
		tongs_options_storage_mode(options) > MTLStorageModeMemoryless ||
		tongs_options_hazard_tracking_mode(options) > MTLHazardTrackingModeTracked) {
		tongs_log_error("%s: 0x%lx are no MTLResourceOptions", what, (unsigned long)options);
		return false;
	}
	switch (tongs_options_storage_mode(options)) {
	case MTLStorageModeManaged:
		if (!tongs_device_has_unified_memory(device))
			return true;
		tongs_log_error("%s: storage mode Managed on a device with unified memory: use Shared", what);
		return false;
	case MTLStorageModeMemoryless:
		tongs_log_error("%s: storage mode Memoryless has no memory to share: use Shared or Private", what);
		return false;
	default:
		return true;
	}
}

bool tongs_storage_check_within(
	const struct tongs_storage *owner, const char *owner_name, MTLResourceOptions options, const char *what) {
	MTLStorageMode mode = tongs_options_storage_mode(options);
	MTLStorageMode owner_mode = tongs_options_storage_mode(owner->options);
	if (mode != owner_mode) {
		tongs_log_error("%s: storage mode %s in a %s with %s: they must be the same", what,
			storage_mode_names[mode], owner_name, storage_mode_names[owner_mode]);
		return false;
	}
	if (tongs_options_cpu_cache_mode(options) != tongs_options_cpu_cache_mode(owner->options)) {
		tongs_log_error("%s: CPU cache mode %lu in a %s with %lu: they must be the same", what,
			(unsigned long)tongs_options_cpu_cache_mode(options), owner_name,
			(unsigned long)tongs_options_cpu_cache_mode(owner->options));
		return false;
	}
	return true;
}
