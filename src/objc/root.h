/* SPDX-License-Identifier: MIT */
/* What other classes use of the root class. */
#ifndef TONGS_OBJC_ROOT_H
#define TONGS_OBJC_ROOT_H

#include <objc/objc.h>

/* -autorelease: gives the caller's reference to Foundation's pool. Without Foundation there is none: the reference
 * stays the caller's. Returns `self`. */
id tongs_objc_autorelease(id self, SEL _cmd);

#endif
