/* SPDX-License-Identifier: MIT */
/* Objects of src/metal and src/commands that a method returns without giving the caller a reference. */
#ifndef TONGS_OBJC_KEEP_H
#define TONGS_OBJC_KEEP_H

#include "metal/object.h"

/* How many further objects a thread must receive, where there is no autorelease pool, before one is released: command
 * buffers, render pass descriptors, errors, and all others are counted apart. */
enum { TONGS_KEEP_COUNT = 64 };

/* Takes the caller's reference: the autorelease pool of Foundation gets it, or the calling thread keeps it for a while.
 * Returns `object`, which may be NULL. */
void *tongs_keep(struct tongs_object *object);

#endif
