/* SPDX-License-Identifier: MIT */
/* Arrays of objects: NSArray where Foundation is loaded, else TongsArray. */
#ifndef TONGS_OBJC_ARRAY_H
#define TONGS_OBJC_ARRAY_H

#include <stddef.h>

#include <objc/objc.h>

/* A new array, which the caller releases and which retains the objects. nil when memory runs out. */
id tongs_array_new(const id *objects, size_t count);

/* An empty array, which the caller does not release. */
id tongs_array_get_empty(void);

#endif
