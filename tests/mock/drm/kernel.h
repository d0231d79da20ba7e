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

/* Memory of the kernel's: a memfd, made when somebody wants to see or to share it, or the program's own pages. */
struct drm_object {
	uint64_t size;
	uint32_t domain;
	uint64_t flags;
	uint64_t metadata[36]; /* as the driver set it */
};

/* An open file of the node: fds that were duplicated share one, and handles are valid in theirs alone. 0 is none. */
enum { DRM_MAX_FILES = 4096, DRM_MAX_HANDLES = 1 << 20 };
uint32_t drm_new_file(void);
void drm_ref_file(uint32_t file);
void drm_unref_file(uint32_t file); /* the last reference closes its handles */

/* A handle; 0 where there are too many. `user`: the program's pages, or NULL. */
uint32_t drm_new_object(uint32_t file, const struct drm_object *object, void *user);
/* False, with errno, if the file has no such handle. */
bool drm_get_object(uint32_t file, uint32_t handle, struct drm_object *object);
bool drm_set_metadata(uint32_t file, uint32_t handle, const void *bytes, size_t size);
int drm_export_object(uint32_t file, uint32_t handle); /* a new fd, or -1 with errno */
/* A handle, or 0 with errno; the one of the file's for this memory, if there is one. */
uint32_t drm_import_object(uint32_t file, int fd);
int drm_close_object(uint32_t file, uint32_t handle); /* -1 with errno */
bool drm_is_exported(int fd, uint64_t *size);         /* whether drm_export_object returned it, in any process */

uint64_t drm_offset_of_object(uint32_t handle); /* where mmap finds it in the node */
/* mmap of the node at `offset`. */
void *drm_map_object(uint32_t file, void *address, size_t size, int protection, int flags, uint64_t offset);

/* An ioctl of the driver's own: 0, or -1 with errno. */
int drm_amdgpu(uint32_t file, unsigned number, void *argument);
int drm_i915(uint32_t file, unsigned number, void *argument);
int drm_common(uint32_t file, unsigned number, void *argument);

#endif
