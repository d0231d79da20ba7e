/* SPDX-License-Identifier: MIT */
/* Arrays of objects: Foundation's where it is loaded, else TongsArray. */
#ifndef TONGS_OBJC_ARRAY_H
#define TONGS_OBJC_ARRAY_H

#include <stddef.h>

#include <objc/objc.h>

/* A new NSArray or TongsArray, which the caller releases. It retains the objects. nil when memory runs out. */
id tongs_array_new(const id *objects, size_t count);

#endif
