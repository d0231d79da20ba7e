/* SPDX-License-Identifier: MIT */
/* What the kernel says of a range of addresses that a caller brings. */
#ifndef TONGS_UTIL_MAPPED_H
#define TONGS_UTIL_MAPPED_H

#include <stdbool.h>
#include <stddef.h>

/* What is to be done with the range. */
enum tongs_mapped_use {
	TONGS_MAPPED_READ,  /* by the CPU */
	TONGS_MAPPED_WRITE, /* and written */
	/* A device's driver holds the pages and has the device write to them: they must be writable, and memory, not a
	 * file's. Shared memory (memfd, /dev/shm, System V) is memory. */
	TONGS_MAPPED_PIN,
};

/* NULL if all `size` bytes at `address` are mapped and good for the use; else what is wrong, as a phrase. Where the
 * kernel doesn't tell (no /proc), nothing is wrong; where memory or file descriptors are lacking to ask it, that is. */
const char *tongs_mapped_find_fault(const void *address, size_t size, enum tongs_mapped_use use);

#endif
