/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS; NOLINT(bugprone-reserved-identifier) */
#endif
#include "util/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util/alloc.h"

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

int tongs_memfd_create(const char *name, uint64_t size) {
	const off_t length = (off_t)size;
	if (length < 0 || (uint64_t)length != size || tongs_alloc_must_fail()) {
		errno = ENOMEM;
		return -1;
	}
	const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || (ftruncate(fd, length) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0))
		return fd;
	const int error = errno;
	close(fd);
	errno = error;
	return -1;
}

void *tongs_memfd_map(int fd, uint64_t size) {
	if (size != (size_t)size || tongs_alloc_must_fail()) {
		errno = ENOMEM;
		return NULL;
	}
	void *pages = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return pages == MAP_FAILED ? NULL : pages;
}

void tongs_memfd_seal(int fd) {
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
}

const char *tongs_memfd_find_fault(int fd, uint64_t size) {
	struct statfs system;
	struct stat file;
	/* Huge pages may be missing when they are touched. Only files of memory have seals. */
	const int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || fstatfs(fd, &system) != 0 || system.f_type != TMPFS_MAGIC)
		return "is no memfd of small pages";
	if (!(seals & F_SEAL_SHRINK))
		return "can be shrunk by the other process: it has no F_SEAL_SHRINK";
	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return "cannot be written";
	/* After the seal: now it stays at least so large. */
	if (fstat(fd, &file) != 0 || file.st_size < 0 || (uint64_t)file.st_size < size)
		return "is smaller than the message says";
	return NULL;
}
