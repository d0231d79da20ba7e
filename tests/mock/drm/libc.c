/* SPDX-License-Identifier: MIT */
/* The C library's calls that reach the render node, which is a memfd that this library knows. */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* open and open64 are two functions here */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drm.h>

enum { MAX_FDS = 65536, MAJOR = 226, RENDER_MINOR = 128 };

static uint32_t files[MAX_FDS]; /* of drm_new_file, by fd; atomic */

static uint32_t file_of(int fd) {
	return fd >= 0 && fd < MAX_FDS ? __atomic_load_n(&files[fd], __ATOMIC_ACQUIRE) : 0;
}

static void set_file(int fd, uint32_t file) {
	__atomic_store_n(&files[fd], file, __ATOMIC_RELEASE);
}

static bool is_path(const char *path) {
	return path && (strcmp(path, DRM_NODE) == 0 || strcmp(path, DRM_CARD) == 0);
}

static int open_path(const char *path, int flags, mode_t mode) {
	if (!is_path(path))
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	int fd = (int)syscall(SYS_memfd_create, "drm", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	uint32_t file = fd < MAX_FDS ? drm_new_file() : 0;
	if (!file) {
		syscall(SYS_close, fd);
		errno = EMFILE;
		return -1;
	}
	set_file(fd, file);
	return fd;
}

/* Reading an argument that was not passed is harmless where arguments are in registers. */
int open(const char *path, int flags, ...) {
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return open_path(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return open_path(path, flags, mode);
}

int close(int fd) {
	const uint32_t file = file_of(fd);
	if (file)
		set_file(fd, 0);
	int result = (int)syscall(SYS_close, fd);
	if (file)
		drm_unref_file(file);
	return result;
}

static int note_copy(int fd, int copy) {
	if (copy >= 0 && copy < MAX_FDS && file_of(fd)) {
		drm_ref_file(file_of(fd));
		set_file(copy, file_of(fd));
	}
	return copy;
}

int dup(int fd) {
	return note_copy(fd, (int)syscall(SYS_dup, fd));
}

static int control(int fd, int command, long argument) {
	int result = (int)syscall(SYS_fcntl, fd, command, argument);
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? note_copy(fd, result) : result;
}

int fcntl(int fd, int command, ...) {
	va_list arguments;
	va_start(arguments, command);
	long argument = va_arg(arguments, long);
	va_end(arguments);
	return control(fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
	va_list arguments;
	va_start(arguments, command);
	long argument = va_arg(arguments, long);
	va_end(arguments);
	return control(fd, command, argument);
}

static void fill_status(struct stat *status, unsigned minor_number) {
	status->st_mode = S_IFCHR | 0666;
	status->st_rdev = makedev(MAJOR, minor_number);
}

int stat(const char *path, struct stat *status) {
	if (!is_path(path))
		return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
	memset(status, 0, sizeof(*status));
	fill_status(status, strcmp(path, DRM_CARD) == 0 ? 0 : RENDER_MINOR);
	return 0;
}

int fstat(int fd, struct stat *status) {
	int result = (int)syscall(SYS_fstat, fd, status);
	if (result == 0 && file_of(fd))
		fill_status(status, RENDER_MINOR);
	return result;
}

/* The same struct on 64-bit machines, which are the only ones with these drivers here. */
int stat64(const char *path, struct stat64 *status) {
	return stat(path, (struct stat *)status);
}

int fstat64(int fd, struct stat64 *status) {
	return fstat(fd, (struct stat *)status);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
	if (file_of(fd))
		return drm_map_object(file_of(fd), address, size, protection, flags, (uint64_t)offset);
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset) {
	return mmap(address, size, protection, flags, fd, offset);
}

/* The end of shared memory is what its size is learnt from. */
off_t lseek(int fd, off_t offset, int whence) {
	uint64_t size;
	if (whence == SEEK_END && drm_is_exported(fd, &size))
		return (off_t)size + offset;
	return (off_t)syscall(SYS_lseek, fd, offset, whence);
}

off64_t lseek64(int fd, off64_t offset, int whence) {
	return lseek(fd, offset, whence);
}

int ioctl(int fd, unsigned long request, ...) {
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	const uint32_t file = file_of(fd);
	if (!file)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	unsigned number = _IOC_NR(request);
	if (number < DRM_COMMAND_BASE || number >= DRM_COMMAND_END)
		return drm_common(file, number, argument);
	return drm_get_gpu()->intel ? drm_i915(file, number - DRM_COMMAND_BASE, argument)
				    : drm_amdgpu(file, number - DRM_COMMAND_BASE, argument);
}
