/* SPDX-License-Identifier: MIT */
/* What the class IOSurface and IOSurface's C functions have in common: the objects that are attached to a surface. */
#ifndef TONGS_OBJC_SURFACE_H
#define TONGS_OBJC_SURFACE_H

#include <objc/objc.h>
#include <tongs/metal.h>

/* `key` is a string. An error is logged if it is not, or memory runs out, and `object` is nil. */
void tongs_surface_set_object(struct tongs_surface *surface, id object, id key);
/* With a reference. nil: none, or the key is not a string, which is logged. */
id tongs_surface_copy_object(struct tongs_surface *surface, id key);
void tongs_surface_remove_object(struct tongs_surface *surface, id key);

/* The options of IOSurfaceLock. */
enum { TONGS_SURFACE_LOCK_READ_ONLY = 1, TONGS_SURFACE_LOCK_AVOID_SYNC = 2 };
/* Return an IOReturn: 0, or what went wrong, which is logged. */
int tongs_surface_lock_with_options(struct tongs_surface *surface, uint32_t options, uint32_t *seed);
int tongs_surface_unlock_with_options(struct tongs_surface *surface, uint32_t options, uint32_t *seed);

/* IOReturn */
enum {
	TONGS_SURFACE_SUCCESS = 0,
	TONGS_SURFACE_BAD_ARGUMENT = (int)0xe00002c2,
	TONGS_SURFACE_CANNOT_LOCK = (int)0xe00002cc,
	TONGS_SURFACE_NOT_LOCKED = (int)0xe00002cd, /* kIOReturnNotOpen */
};

#endif
