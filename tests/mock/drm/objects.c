/* SPDX-License-Identifier: MIT */
/* The kernel's buffer objects. One that is mapped or shared is a memfd whose last page describes it, so that whoever
 * imports it, in any process, sees the same. */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <amdgpu_drm.h>

enum {
	PAGE = 4096,
	HANDLE_SHIFT = 36, /* an offset in the node is a handle and an offset in its object */
};
#define NAME "buffer object of the mock kernel"
#define LINK "/memfd:" NAME

struct memory {
	uint32_t handles;
	void *user;                /* the program's pages; may be NULL */
	struct drm_object *object; /* `unshared`, or the last page of the memfd */
	struct drm_object unshared;
	ino_t inode; /* of the memfd; 0: none yet */
	int fd;      /* of the memfd; -1: none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all that follows */
static struct {
	struct memory *memory; /* NULL: free */
	uint32_t file;
} handles[DRM_MAX_HANDLES];
static uint32_t next_handle = 1, free_handles[DRM_MAX_HANDLES], free_count;
static uint32_t file_users[DRM_MAX_FILES];

uint32_t drm_new_file(void) {
	uint32_t file = 1;
	pthread_mutex_lock(&lock);
	while (file < DRM_MAX_FILES && file_users[file])
		file++;
	if (file < DRM_MAX_FILES)
		file_users[file] = 1;
	pthread_mutex_unlock(&lock);
	return file < DRM_MAX_FILES ? file : 0;
}

void drm_ref_file(uint32_t file) {
	pthread_mutex_lock(&lock);
	file_users[file]++;
	pthread_mutex_unlock(&lock);
}

static uint32_t new_handle_locked(uint32_t file, struct memory *memory) {
	uint32_t handle = 0;
	if (free_count)
		handle = free_handles[--free_count];
	else if (next_handle < DRM_MAX_HANDLES)
		handle = next_handle++;
	if (handle) {
		handles[handle].memory = memory;
		handles[handle].file = file;
		memory->handles++;
	}
	return handle;
}

static struct memory *find_locked(uint32_t file, uint32_t handle) {
	struct memory *memory =
		handle < DRM_MAX_HANDLES && handles[handle].file == file ? handles[handle].memory : NULL;
	if (!memory)
		errno = ENOENT;
	return memory;
}

static void destroy(struct memory *memory) {
	if (memory->fd >= 0)
		syscall(SYS_close, memory->fd);
	if (memory->object != &memory->unshared)
		munmap(memory->object, PAGE);
	free(memory);
}

static void close_locked(uint32_t handle) {
	struct memory *memory = handles[handle].memory;
	handles[handle].memory = NULL;
	free_handles[free_count++] = handle;
	if (--memory->handles == 0)
		destroy(memory);
}

void drm_unref_file(uint32_t file) {
	pthread_mutex_lock(&lock);
	if (--file_users[file] == 0)
		for (uint32_t handle = 1; handle < next_handle; handle++)
			if (handles[handle].memory && handles[handle].file == file)
				close_locked(handle);
	pthread_mutex_unlock(&lock);
}

int drm_close_object(uint32_t file, uint32_t handle) {
	pthread_mutex_lock(&lock);
	const bool found = find_locked(file, handle) != NULL;
	if (found)
		close_locked(handle);
	else
		errno = EINVAL;
	pthread_mutex_unlock(&lock);
	return found ? 0 : -1;
}

uint32_t drm_new_object(uint32_t file, const struct drm_object *object, void *user) {
	struct memory *memory = malloc(sizeof(*memory));
	if (!memory)
		return 0;
	*memory = (struct memory){.user = user, .unshared = *object, .fd = -1};
	memory->object = &memory->unshared;
	pthread_mutex_lock(&lock);
	uint32_t handle = new_handle_locked(file, memory);
	pthread_mutex_unlock(&lock);
	if (!handle)
		free(memory);
	return handle;
}

bool drm_get_object(uint32_t file, uint32_t handle, struct drm_object *object) {
	pthread_mutex_lock(&lock);
	struct memory *memory = find_locked(file, handle);
	if (memory)
		*object = *memory->object;
	pthread_mutex_unlock(&lock);
	return memory != NULL;
}

bool drm_set_metadata(uint32_t file, uint32_t handle, const void *bytes, size_t size) {
	pthread_mutex_lock(&lock);
	struct memory *memory = find_locked(file, handle);
	if (memory)
		memcpy(memory->object->metadata, bytes, size);
	pthread_mutex_unlock(&lock);
	return memory != NULL;
}

/* A new fd of the file that the last page is mapped from, or -1. Takes the privilege to follow such links. */
static int reopen(const struct memory *memory) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)memory->object,
		(unsigned long)(uintptr_t)memory->object + PAGE);
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
}

static bool map_description(struct memory *memory, int fd, uint64_t size) {
	struct stat status;
	void *page = (void *)syscall(SYS_mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, size);
	if (page == MAP_FAILED || syscall(SYS_fstat, fd, &status) != 0)
		return false;
	madvise(page, PAGE, MADV_DONTDUMP); /* keeps it apart from mappings of the rest, so that `reopen` finds it */
	memory->object = page;
	memory->inode = status.st_ino;
	return true;
}

/* A new fd of the memory, or -1. Memory holds none itself, as in a kernel, unless it cannot be opened again. */
static int open_locked(struct memory *memory) {
	if (memory->fd >= 0)
		return (int)syscall(SYS_fcntl, memory->fd, F_DUPFD_CLOEXEC, 3);
	if (memory->inode)
		return reopen(memory);
	int fd = (int)syscall(SYS_memfd_create, NAME, MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	const uint64_t size = memory->unshared.size;
	if (ftruncate(fd, (off_t)(size + PAGE)) != 0 || !map_description(memory, fd, size)) {
		syscall(SYS_close, fd);
		return -1;
	}
	*memory->object = memory->unshared;
	int again = reopen(memory);
	if (again >= 0)
		syscall(SYS_close, again);
	else
		memory->fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
	return fd;
}

int drm_export_object(uint32_t file, uint32_t handle) {
	int fd = -1;
	pthread_mutex_lock(&lock);
	struct memory *memory = find_locked(file, handle);
	/* As in the kernel, the program's pages and what belongs to one address space are nobody else's. */
	if (memory && (memory->user || (memory->object->flags & AMDGPU_GEM_CREATE_VM_ALWAYS_VALID)))
		errno = EPERM;
	else if (memory)
		fd = open_locked(memory);
	pthread_mutex_unlock(&lock);
	return fd;
}

bool drm_is_exported(int fd, uint64_t *size) {
	char path[64], link[sizeof(LINK)] = "";
	struct stat status;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, link, sizeof(link) - 1) < 0 || strcmp(link, LINK) != 0 ||
		syscall(SYS_fstat, fd, &status) != 0)
		return false;
	*size = (uint64_t)status.st_size - PAGE;
	return true;
}

static struct memory *find_shared_locked(ino_t inode) {
	for (uint32_t handle = 1; handle < next_handle; handle++)
		if (handles[handle].memory && handles[handle].memory->inode == inode)
			return handles[handle].memory;
	return NULL;
}

/* Memory that this process does not have: another's, or left by who exported it. */
static struct memory *new_memory_from(int fd, uint64_t size) {
	struct memory *memory = malloc(sizeof(*memory));
	if (!memory)
		return NULL;
	*memory = (struct memory){.fd = -1};
	memory->object = &memory->unshared;
	if (!map_description(memory, fd, size)) {
		destroy(memory);
		return NULL;
	}
	int again = reopen(memory);
	if (again >= 0)
		syscall(SYS_close, again);
	else
		memory->fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
	return memory;
}

uint32_t drm_import_object(uint32_t file, int fd) {
	uint64_t size;
	struct stat status;
	uint32_t handle = 0;
	if (!drm_is_exported(fd, &size) || syscall(SYS_fstat, fd, &status) != 0) {
		errno = syscall(SYS_fcntl, fd, F_GETFD) < 0 ? EBADF : EINVAL;
		return 0;
	}
	pthread_mutex_lock(&lock);
	struct memory *memory = find_shared_locked(status.st_ino);
	for (uint32_t i = 1; memory && i < next_handle && !handle; i++)
		if (handles[i].memory == memory && handles[i].file == file)
			handle = i;
	if (!memory)
		memory = new_memory_from(fd, size);
	if (memory && !handle && !(handle = new_handle_locked(file, memory)) && memory->handles == 0)
		destroy(memory);
	pthread_mutex_unlock(&lock);
	return handle;
}

uint64_t drm_offset_of_object(uint32_t handle) {
	return (uint64_t)handle << HANDLE_SHIFT;
}

void *drm_map_object(uint32_t file, void *address, size_t size, int protection, int flags, uint64_t offset) {
	void *mapped = MAP_FAILED;
	const uint64_t inside = offset & (((uint64_t)1 << HANDLE_SHIFT) - 1);
	pthread_mutex_lock(&lock);
	struct memory *memory = find_locked(file, (uint32_t)(offset >> HANDLE_SHIFT));
	if (memory && (memory->user || inside + size > memory->object->size))
		errno = EINVAL;
	else if (memory) {
		int fd = open_locked(memory);
		mapped = (void *)syscall(SYS_mmap, address, size, protection, flags, fd, inside);
		syscall(SYS_close, fd);
	}
	pthread_mutex_unlock(&lock);
	return mapped;
}
