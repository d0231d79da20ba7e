/* SPDX-License-Identifier: MIT */
/* Observers of devices that come and go, and their two C functions. The devices of a process are those that its drivers
 * have at first, so no observer is ever notified; each keeps its block until it is removed, as it would on macOS. */
#include "metal/object.h"
#include "objc/block.h"
#include "objc/check.h"
#include "objc/tables.h"
#include "util/log.h"

struct observer {
	struct tongs_object object;
	_Atomic(void *) block; /* NULL: removed */
};

TONGS_API id MTLCopyAllDevices(void);
TONGS_API id MTLCopyAllDevicesWithObserver(id *observer, void *handler);
TONGS_API void MTLRemoveDeviceObserver(struct observer *observer);

static void remove_block(struct observer *observer) {
	void *block = atomic_exchange(&observer->block, NULL);
	if (block)
		tongs_block_release(block);
}

static struct tongs_object *destroy(struct tongs_object *object) {
	remove_block((struct observer *)object);
	return tongs_object_free(object);
}

/* NULL, with the reason reported, on failure. */
static struct observer *create(void *handler) {
	void *block = tongs_block_copy(handler);
	if (!block)
		return NULL;
	struct observer *observer =
		(struct observer *)tongs_object_create(TONGS_KIND_DEVICE_OBSERVER, sizeof(*observer), destroy);
	if (!observer) {
		tongs_log_error("MTLCopyAllDevicesWithObserver: out of memory");
		tongs_block_release(block);
		return NULL;
	}
	atomic_store(&observer->block, block);
	return observer;
}

id MTLCopyAllDevicesWithObserver(id *observer, void *handler) {
	if (observer)
		*observer = nil;
	if (!observer || !handler) {
		tongs_log_error("MTLCopyAllDevicesWithObserver: the %s is NULL: use MTLCopyAllDevices",
			observer ? "handler" : "observer");
		return nil;
	}
	struct observer *made = create(handler);
	if (!made)
		return nil;
	id devices = MTLCopyAllDevices();
	if (devices)
		*observer = (id)made;
	else
		tongs_object_unref(&made->object);
	return devices;
}

void MTLRemoveDeviceObserver(struct observer *observer) {
	if (tongs_handle_kind(observer) == TONGS_KIND_DEVICE_OBSERVER)
		remove_block(observer);
	else
		tongs_log_error(
			"MTLRemoveDeviceObserver: %p is not an observer of devices that is alive", (void *)observer);
}

static const struct tongs_objc_method methods[] = {METHODS_END};

struct tongs_objc_class tongs_objc_device_observer = {
	.name = "TongsDeviceObserver",
	.methods = methods,
};
