/* SPDX-License-Identifier: MIT */
/* Checks a range of addresses that a caller passes against the kernel's list of mappings. */
#ifndef TONGS_UTIL_MAPPED_H
#define TONGS_UTIL_MAPPED_H

#include <stdbool.h>
#include <stddef.h>

/* The intended use of the range. */
enum tongs_mapped_use {
	TONGS_MAPPED_READ,  /* by the CPU */
	TONGS_MAPPED_WRITE, /* and written */
	/* A driver pins the pages and lets the device write to them: they must be writable, and memory rather than a
	 * file. Shared memory (memfd, /dev/shm, System V) is memory. */
	TONGS_MAPPED_PIN,
};

/* Returns NULL if all `size` bytes at `address` are mapped and fit the use, else what is wrong, as a phrase. Without
 * /proc the check passes; without memory or file descriptors for it, it fails. */
const char *tongs_mapped_find_fault(const void *address, size_t size, enum tongs_mapped_use use);

#endif
