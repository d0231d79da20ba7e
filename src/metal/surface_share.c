/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_OFD_SETLK; NOLINT(bugprone-reserved-identifier) */
#endif
#include "metal/surface_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/lane.h"
#include "util/memfd.h"

_Static_assert(sizeof(struct tongs_surface_page) == 4 && ATOMIC_INT_LOCK_FREE == 2,
	"the layout that other processes have, without a lock of one process");

/* Takes over `fd` on success. NULL with errno. */
static struct tongs_surface_share *create(int fd) {
	struct tongs_surface_share *share = tongs_malloc(1, sizeof(*share));
	if (!share) {
		errno = ENOMEM;
		return NULL;
	}
	share->fd = fd;
	share->process = tongs_lane_get_process();
	share->page = tongs_memfd_map(fd, tongs_page_size());
	if (share->page)
		return share;
	tongs_free(NULL, share);
	return NULL;
}

static void close_keeping_errno(int fd) {
	const int error = errno;
	close(fd);
	errno = error;
}

struct tongs_surface_share *tongs_surface_share_create(void) {
	const int fd = tongs_memfd_create("tongs-surface", tongs_page_size());
	struct tongs_surface_share *share = fd >= 0 ? create(fd) : NULL;
	if (!share && fd >= 0)
		close_keeping_errno(fd);
	return share;
}

/* The received file descriptor and the sender's are one open file, with one lock. */
static int open_again(int fd) {
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* As the reason why nothing can be opened again. */
static bool lacks_proc(int error) {
	return error == ENOENT || error == EACCES;
}

struct tongs_surface_share *tongs_surface_share_adopt(int fd) {
	const int own = open_again(fd);
	if (own < 0 && !lacks_proc(errno))
		return NULL;
	struct tongs_surface_share *share = create(own >= 0 ? own : fd);
	if (share && own >= 0)
		close(fd);
	else if (share)
		share->has_others_file = true;
	else if (own >= 0)
		close_keeping_errno(own);
	return share;
}

void tongs_surface_share_destroy(struct tongs_surface_share *share) {
	if (!share)
		return;
	tongs_free_pages(share->page, tongs_page_size());
	close(share->fd);
	tongs_free(NULL, share);
}

/* Without another file descriptor it stays the parent's. */
static int get_fd(struct tongs_surface_share *share) {
	const uint32_t process = tongs_lane_get_process();
	if (share->process == process)
		return share->fd;
	const int own = open_again(share->fd);
	if (own >= 0) {
		close(share->fd);
		share->fd = own;
	}
	if (own >= 0 || lacks_proc(errno)) {
		share->process = process;
		share->has_others_file = own < 0;
	}
	return share->fd;
}

bool tongs_surface_share_set_used(struct tongs_surface_share *share, bool used) {
	struct flock lock = {.l_type = used ? F_RDLCK : F_UNLCK, .l_whence = SEEK_SET};
	const int fd = get_fd(share);
	return fcntl(fd, share->has_others_file ? F_SETLK : F_OFD_SETLK, &lock) == 0;
}

bool tongs_surface_share_is_used(struct tongs_surface_share *share) {
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const int fd = get_fd(share);
	return fcntl(fd, share->has_others_file ? F_GETLK : F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
