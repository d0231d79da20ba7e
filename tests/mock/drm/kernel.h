/* SPDX-License-Identifier: MIT */
/* A kernel without a GPU, preloaded below Mesa's RADV and ANV: a DRM render node whose memory works and whose
 * submissions do nothing, so that the drivers enumerate, allocate and create objects. */
#ifndef TONGS_TESTS_MOCK_KERNEL_H
#define TONGS_TESTS_MOCK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The device that TONGS_MOCK_GPU names. */
struct drm_gpu {
	const char *name;
	bool intel, discrete;
	uint32_t vendor, device, revision;
};
const struct drm_gpu *drm_get_gpu(void);

#define DRM_NODE "/dev/dri/renderD128"
#define DRM_CARD "/dev/dri/card0"

/* Memory of the kernel's: a memfd, made when somebody wants to see it, or the program's own pages. */
struct drm_object {
	size_t size;
	int fd;     /* -1: none yet */
	void *user; /* the program's pages; may be NULL */
	bool used;
	uint32_t domain;
	uint64_t flags;
};
enum { DRM_MAX_OBJECTS = 1 << 20 };
uint32_t drm_new_object(size_t size, void *user); /* a handle; 0 where there are too many */
struct drm_object *drm_get_object(uint32_t handle);
int drm_get_object_fd(uint32_t handle);
int drm_export_object(uint32_t handle); /* an fd of its own, or -1 */
uint32_t drm_import_object(int fd);     /* a handle; one that there is, if `fd` was exported */
void drm_close_object(uint32_t handle);
uint64_t drm_offset_of_object(uint32_t handle); /* where mmap finds it in the node */
/* mmap of the node at `offset`. */
void *drm_map_object(void *address, size_t size, int protection, int flags, uint64_t offset);

/* An ioctl of the driver's own: 0, or -1 with errno. */
int drm_amdgpu(unsigned number, void *argument);
int drm_i915(unsigned number, void *argument);
int drm_common(unsigned number, void *argument);

#endif
