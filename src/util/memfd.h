/* SPDX-License-Identifier: MIT */
/* Memory that processes share: sealed memfds, which no process can shrink under the others. */
#ifndef TONGS_UTIL_MEMFD_H
#define TONGS_UTIL_MEMFD_H

#include <stdint.h>

/* A file descriptor of `size` zeroed bytes, closed by exec, whose size nobody can change any more. -1 with errno. */
int tongs_memfd_create(const char *name, uint64_t size);
/* Maps `size` bytes of `fd` to be read and written, and shared. NULL with errno. tongs_free_pages unmaps them. */
void *tongs_memfd_map(int fd, uint64_t size);

/* Why `fd`, from another process, is not memory of at least `size` bytes in which no access faults once it is mapped,
 * whatever the other does: as a phrase that follows "the memory"; NULL: it is. */
const char *tongs_memfd_find_fault(int fd, uint64_t size);
/* Keeps everybody from shrinking the file from now on, if that is possible: what was not sealed by its creator. */
void tongs_memfd_seal(int fd);

#endif
