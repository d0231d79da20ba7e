/* SPDX-License-Identifier: MIT */
/* The part of IOSurface that Tongs has on Linux. */
#ifndef IOSURFACE_IOSURFACE_H
#define IOSURFACE_IOSURFACE_H

#include <IOSurface/IOSurfaceRef.h>

#ifdef __OBJC__
#import <IOSurface/IOSurfaceObjC.h>
#endif

#endif
