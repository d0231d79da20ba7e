/* SPDX-License-Identifier: MIT */
/* What every DRM driver has: libdrm's list of one PCI device, and the ioctls that belong to no driver. */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <drm.h>
#include <xf86drm.h>

const struct drm_gpu *drm_get_gpu(void) {
	static const struct drm_gpu gpus[] = {
		{.name = "navi31", .discrete = true, .vendor = 0x1002, .device = 0x744c, .revision = 0xc8},
		{.name = "raven", .vendor = 0x1002, .device = 0x15d8, .revision = 0xc1},
		{.name = "tgl", .intel = true, .vendor = 0x8086, .device = 0x9a49, .revision = 1},
		{.name = "dg2", .intel = true, .discrete = true, .vendor = 0x8086, .device = 0x56a0, .revision = 8},
	};
	static const struct drm_gpu *gpu;
	const char *name = getenv("TONGS_MOCK_GPU");
	for (size_t i = 0; !gpu && i < sizeof(gpus) / sizeof(gpus[0]); i++)
		if (name && strcmp(gpus[i].name, name) == 0)
			gpu = &gpus[i];
	if (!gpu) {
		fprintf(stderr, "TONGS_MOCK_GPU is %s\n", name ? name : "not set");
		abort();
	}
	return gpu;
}

static drmDevicePtr get_device(void) {
	static drmPciBusInfo bus = {.bus = 4};
	static drmPciDeviceInfo pci;
	static char node[] = DRM_NODE, card[] = DRM_CARD, *nodes[DRM_NODE_MAX];
	static drmDevice device;
	const struct drm_gpu *gpu = drm_get_gpu();
	pci = (drmPciDeviceInfo){
		.vendor_id = (uint16_t)gpu->vendor,
		.device_id = (uint16_t)gpu->device,
		.subvendor_id = (uint16_t)gpu->vendor,
		.revision_id = (uint8_t)gpu->revision,
	};
	nodes[DRM_NODE_PRIMARY] = card;
	nodes[DRM_NODE_RENDER] = node;
	device.nodes = nodes;
	device.available_nodes = 1 << DRM_NODE_PRIMARY | 1 << DRM_NODE_RENDER;
	device.bustype = DRM_BUS_PCI;
	device.businfo.pci = &bus;
	device.deviceinfo.pci = &pci;
	return &device;
}

int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int room) {
	(void)flags;
	if (devices && room > 0)
		devices[0] = get_device();
	return 1;
}

int drmGetDevices(drmDevicePtr devices[], int room) {
	return drmGetDevices2(0, devices, room);
}

int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *device) {
	(void)fd;
	(void)flags;
	*device = get_device();
	return 0;
}

int drmGetDevice(int fd, drmDevicePtr *device) {
	return drmGetDevice2(fd, 0, device);
}

int drmGetDeviceFromDevId(dev_t id, uint32_t flags, drmDevicePtr *device) {
	(void)id;
	return drmGetDevice2(-1, flags, device);
}

void drmFreeDevices(drmDevicePtr devices[], int count) {
	(void)devices;
	(void)count;
}

void drmFreeDevice(drmDevicePtr *device) {
	(void)device;
}

int drmDevicesEqual(drmDevicePtr a, drmDevicePtr b) {
	(void)a;
	(void)b;
	return 1;
}

int drmGetNodeTypeFromFd(int fd) {
	(void)fd;
	return DRM_NODE_RENDER;
}

char *drmGetPrimaryDeviceNameFromFd(int fd) {
	(void)fd;
	return strdup(DRM_CARD);
}

char *drmGetRenderDeviceNameFromFd(int fd) {
	(void)fd;
	return strdup(DRM_NODE);
}

char *drmGetDeviceNameFromFd2(int fd) {
	(void)fd;
	return strdup(DRM_NODE);
}

int drmAuthMagic(int fd, drm_magic_t magic) {
	(void)fd;
	(void)magic;
	return 0;
}

static int get_version(struct drm_version *version) {
	const bool intel = drm_get_gpu()->intel;
	const char *name = intel ? "i915" : "amdgpu";
	if (version->name && version->name_len >= strlen(name))
		memcpy(version->name, name, strlen(name));
	if (version->date && version->date_len >= 1)
		version->date[0] = '2';
	if (version->desc && version->desc_len >= 1)
		version->desc[0] = 'd';
	version->name_len = strlen(name);
	version->date_len = version->desc_len = 1;
	/* Versions that Mesa 22.3 to 26 take. */
	version->version_major = intel ? 1 : 3;
	version->version_minor = intel ? 6 : 54;
	version->version_patchlevel = 0;
	return 0;
}

/* A semaphore travels as a file with its handle in it. */
static int export_sync(struct drm_syncobj_handle *sync) {
	sync->fd = (int)syscall(SYS_memfd_create, "sync", MFD_CLOEXEC);
	return sync->fd >= 0 && pwrite(sync->fd, &sync->handle, sizeof(sync->handle), 0) > 0 ? 0 : -1;
}

static uint32_t new_sync(void) {
	static uint32_t last;
	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static int import_sync(struct drm_syncobj_handle *sync) {
	if (sync->flags & DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE)
		return 0;
	if (pread(sync->fd, &sync->handle, sizeof(sync->handle), 0) != (ssize_t)sizeof(sync->handle))
		sync->handle = new_sync();
	return 0;
}

/* Every wait succeeds at once. */
static int query_syncs(const struct drm_syncobj_timeline_array *array) {
	for (uint32_t i = 0; i < array->count_handles; i++)
		((uint64_t *)(uintptr_t)array->points)[i] = (uint64_t)1 << 30;
	return 0;
}

int drm_common(uint32_t file, unsigned number, void *argument) {
	switch (number) {
	case _IOC_NR(DRM_IOCTL_VERSION):
		return get_version(argument);
	case _IOC_NR(DRM_IOCTL_GET_CAP): {
		struct drm_get_cap *cap = argument;
		cap->value = cap->capability == DRM_CAP_PRIME ? DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT : 1;
		return 0;
	}
	case _IOC_NR(DRM_IOCTL_GEM_CLOSE):
		return drm_close_object(file, ((struct drm_gem_close *)argument)->handle);
	case _IOC_NR(DRM_IOCTL_PRIME_HANDLE_TO_FD): {
		struct drm_prime_handle *prime = argument;
		prime->fd = drm_export_object(file, prime->handle);
		return prime->fd >= 0 ? 0 : -1;
	}
	case _IOC_NR(DRM_IOCTL_PRIME_FD_TO_HANDLE): {
		struct drm_prime_handle *prime = argument;
		prime->handle = drm_import_object(file, prime->fd);
		return prime->handle ? 0 : -1;
	}
	case _IOC_NR(DRM_IOCTL_SYNCOBJ_CREATE):
		((struct drm_syncobj_create *)argument)->handle = new_sync();
		return 0;
	case _IOC_NR(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD):
		return export_sync(argument);
	case _IOC_NR(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE):
		return import_sync(argument);
	case _IOC_NR(DRM_IOCTL_SYNCOBJ_QUERY):
		return query_syncs(argument);
	default:
		return 0;
	}
}
