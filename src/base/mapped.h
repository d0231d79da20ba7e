/* SPDX-License-Identifier: MIT */
/* What the kernel says of a range of addresses that a caller brings. */
#ifndef TONGS_BASE_MAPPED_H
#define TONGS_BASE_MAPPED_H

#include <stddef.h>

/* NULL if all `size` bytes at `address` are mapped, readable and writable; else what is wrong, as a phrase. Where the
 * kernel doesn't tell (no /proc), nothing is wrong; where memory or file descriptors are lacking to ask it, that is. */
const char *tongs_mapped_find_fault(const void *address, size_t size);

#endif
