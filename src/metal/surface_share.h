/* SPDX-License-Identifier: MIT */
/* What processes that have the same surface share beside its bytes: a page with its seed, and a lock on the page's file
 * that each holds while it uses the surface. The kernel gives the lock back when a process ends. What other processes
 * write to the page is a number, whatever it is. */
#ifndef TONGS_METAL_SURFACE_SHARE_H
#define TONGS_METAL_SURFACE_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. The layout is part of the messages' version. */
struct tongs_surface_page {
	_Atomic uint32_t seed;
};

struct tongs_surface_share {
	/* A memfd, of the page; opened by this surface in this process alone, so that the lock is its own. A child of
	 * fork() has its parent's until it asks or says something. */
	int fd;
	uint32_t process; /* that opened it, after so many forks */
	/* There is no /proc to open it by, and another process has the same open file: the lock is this process', and
	 * one for all surfaces in it with this page. */
	bool has_others_file;
	struct tongs_surface_page *page;
};

/* NULL with errno. */
struct tongs_surface_share *tongs_surface_share_create(void);
/* Over another process' memfd without a fault (tongs_memfd_find_fault), which it takes over on success. NULL with
 * errno. */
struct tongs_surface_share *tongs_surface_share_adopt(int fd);
void tongs_surface_share_destroy(struct tongs_surface_share *share); /* NULL is fine */

/* These two are called one at a time for a share. */
/* Says whether this surface is used. False with errno if the kernel has no lock for that. */
bool tongs_surface_share_set_used(struct tongs_surface_share *share, bool used);
/* Whether another surface with the page is used, of whichever process. */
bool tongs_surface_share_is_used(struct tongs_surface_share *share);

#endif
