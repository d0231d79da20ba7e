/* SPDX-License-Identifier: MIT */
/* Memory for OPAQUE_FD: memory files, which lavapipe uses as host pages. Behind its bytes a file says what was
 * exported, so that an import is checked in whatever process it happens. As with most drivers, an allocation has no
 * file descriptor until one is asked for, and none after its import. */
#define _GNU_SOURCE /* memfd_create; NOLINT(bugprone-reserved-identifier) */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects.h"

enum { PAGE = 4096 };
static const char magic[16] = "tongs mock file";

struct end {
	char magic[sizeof(magic)];
	struct mock_payload payload;
};
_Static_assert(sizeof(struct end) <= PAGE, "the end of a file is one page");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool can_reopen;
static atomic_long fds_left = -1; /* negative: no limit */

static int reopen(const struct mock_file *file) {
	char path[96];
	uintptr_t first = (uintptr_t)file->pages;
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)first,
		(unsigned long)(first + file->size));
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Opening what is mapped needs CAP_CHECKPOINT_RESTORE. Without it each export holds a file descriptor. */
static void try_reopen(void) {
	const char *limit = getenv("TONGS_MOCK_FDS");
	if (limit)
		fds_left = strtol(limit, NULL, 10);
	int fd = memfd_create("tongs mock", MFD_CLOEXEC);
	struct mock_file file = {.size = PAGE};
	if (fd >= 0 && ftruncate(fd, PAGE) == 0)
		file.pages = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (!file.pages || file.pages == MAP_FAILED)
		return;
	int again = reopen(&file);
	can_reopen = again >= 0;
	if (can_reopen)
		close(again);
	munmap(file.pages, PAGE);
}

static VkResult map(int fd, VkDeviceSize size, struct mock_file *file) {
	struct stat status;
	if (fstat(fd, &status) != 0)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	*file = (struct mock_file){.size = (size + PAGE - 1) & ~(VkDeviceSize)(PAGE - 1), .fd = -1};
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->pages = mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file->pages != MAP_FAILED)
		return VK_SUCCESS;
	file->pages = NULL;
	return VK_ERROR_OUT_OF_DEVICE_MEMORY;
}

VkResult mock_file_create(const struct mock_payload *payload, struct mock_file *file) {
	struct end end = {.payload = *payload};
	memcpy(end.magic, magic, sizeof(magic));
	pthread_once(&once, try_reopen);
	const VkDeviceSize size = (payload->size + PAGE - 1) & ~(VkDeviceSize)(PAGE - 1);
	int fd = memfd_create("tongs mock", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return errno == EMFILE ? VK_ERROR_TOO_MANY_OBJECTS : VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	if (ftruncate(fd, (off_t)(size + PAGE)) == 0 && pwrite(fd, &end, sizeof(end), (off_t)size) == sizeof(end))
		result = map(fd, payload->size, file);
	if (result == VK_SUCCESS && getenv("TONGS_MOCK_GARBAGE"))
		memset(file->pages, 0xcd, file->size);
	if (result == VK_SUCCESS && (mock_profile->holds_fds || !can_reopen))
		file->fd = fd;
	else
		close(fd);
	return result;
}

bool mock_file_read(int fd, struct mock_payload *payload) {
	struct stat status;
	struct end end;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= PAGE ||
		pread(fd, &end, sizeof(end), status.st_size - PAGE) != sizeof(end) ||
		memcmp(end.magic, magic, sizeof(magic)) != 0)
		return false;
	*payload = end.payload;
	return true;
}

VkResult mock_file_import(int fd, const struct mock_payload *payload, struct mock_file *file) {
	pthread_once(&once, try_reopen);
	return map(fd, payload->size, file);
}

void mock_file_take(struct mock_file *file, int fd, bool is_exported) {
	if (mock_profile->holds_fds || (is_exported && !can_reopen))
		file->fd = fd;
	else
		close(fd);
}

VkResult mock_file_get_fd(const struct mock_file *file, int *fd) {
	long left = fds_left;
	while (left > 0 && !atomic_compare_exchange_weak(&fds_left, &left, left - 1))
		;
	if (left == 0)
		return VK_ERROR_TOO_MANY_OBJECTS;
	*fd = file->fd >= 0 ? fcntl(file->fd, F_DUPFD_CLOEXEC, 0) : reopen(file);
	return *fd >= 0 ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

void mock_file_finish(struct mock_file *file) {
	struct stat status;
	if (file->pages)
		munmap(file->pages, file->size);
	if (file->pages && file->fd >= 0) {
		if (fstat(file->fd, &status) == 0 && status.st_dev == file->device && status.st_ino == file->inode)
			close(file->fd);
		else
			mock_violation("fd", "%d was imported, so it is the driver's, but it was closed", file->fd);
	}
	file->pages = NULL;
}
