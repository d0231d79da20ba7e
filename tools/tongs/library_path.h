/* SPDX-License-Identifier: MIT */
/* Where a program that `tongs run` starts finds libtongs. */
#ifndef TONGS_LIBRARY_PATH_H
#define TONGS_LIBRARY_PATH_H

#include <stdbool.h>

/* Appends the folder of this process' libtongs to LD_LIBRARY_PATH, if the dynamic linker does not search it. Sets
 * `*changed` to whether it did. Returns false after a message. */
bool tongs_library_path_extend(bool *changed);

/* Returns whether the dynamic linker's cache, the file `cache`, has the library `path`. */
bool tongs_library_path_is_cached(const char *cache, const char *path);

#endif
