/* SPDX-License-Identifier: MIT */
/* The kernel's buffer objects. */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An offset in the node is a handle and an offset in its object. */
enum { HANDLE_SHIFT = 36 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static struct drm_object objects[DRM_MAX_OBJECTS];
static uint32_t next_handle = 1, free_handles[DRM_MAX_OBJECTS], free_count;

uint32_t drm_new_object(size_t size, void *user) {
	uint32_t handle = 0;
	pthread_mutex_lock(&lock);
	if (free_count)
		handle = free_handles[--free_count];
	else if (next_handle < DRM_MAX_OBJECTS)
		handle = next_handle++;
	if (handle)
		objects[handle] = (struct drm_object){.size = size, .fd = -1, .user = user, .used = true};
	pthread_mutex_unlock(&lock);
	return handle;
}

struct drm_object *drm_get_object(uint32_t handle) {
	return &objects[handle < DRM_MAX_OBJECTS ? handle : 0];
}

static int get_fd_locked(struct drm_object *object) {
	if (object->fd >= 0)
		return object->fd;
	int fd = (int)syscall(SYS_memfd_create, "buffer object", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, (off_t)object->size) != 0) {
		syscall(SYS_close, fd);
		fd = -1;
	}
	return object->fd = fd;
}

int drm_get_object_fd(uint32_t handle) {
	pthread_mutex_lock(&lock);
	int fd = get_fd_locked(drm_get_object(handle));
	pthread_mutex_unlock(&lock);
	return fd;
}

int drm_export_object(uint32_t handle) {
	/* As in the kernel, the program's pages are nobody else's. */
	if (drm_get_object(handle)->user) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_fcntl, drm_get_object_fd(handle), F_DUPFD_CLOEXEC, 3);
}

uint32_t drm_import_object(int fd) {
	struct stat wanted, there;
	if (syscall(SYS_fstat, fd, &wanted) != 0)
		return 0;
	uint32_t handle = 0;
	pthread_mutex_lock(&lock);
	for (uint32_t i = 1; i < next_handle && !handle; i++)
		if (objects[i].used && objects[i].fd >= 0 && syscall(SYS_fstat, objects[i].fd, &there) == 0 &&
			there.st_ino == wanted.st_ino)
			handle = i;
	pthread_mutex_unlock(&lock);
	if (!handle && (handle = drm_new_object((size_t)wanted.st_size, NULL)) != 0) {
		struct drm_object *object = drm_get_object(handle);
		object->fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
		object->domain = 4; /* AMD's video memory */
	}
	return handle;
}

void drm_close_object(uint32_t handle) {
	struct drm_object *object = drm_get_object(handle);
	pthread_mutex_lock(&lock);
	if (object->used) {
		object->used = false;
		if (object->fd >= 0)
			syscall(SYS_close, object->fd);
		object->fd = -1;
		free_handles[free_count++] = handle;
	}
	pthread_mutex_unlock(&lock);
}

uint64_t drm_offset_of_object(uint32_t handle) {
	return (uint64_t)handle << HANDLE_SHIFT;
}

void *drm_map_object(void *address, size_t size, int protection, int flags, uint64_t offset) {
	int fd = drm_get_object_fd((uint32_t)(offset >> HANDLE_SHIFT));
	offset &= ((uint64_t)1 << HANDLE_SHIFT) - 1;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}
