/* SPDX-License-Identifier: MIT */
/* The part of CoreGraphics that Metal's and QuartzCore's interfaces mention. */
#ifndef TONGS_APPLE_COREGRAPHICS_H
#define TONGS_APPLE_COREGRAPHICS_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<CoreGraphics/CoreGraphics.h>)
#include_next <CoreGraphics/CoreGraphics.h>
#else
#include <CoreGraphics/CGBase.h>
#include <CoreGraphics/CGColorSpace.h>
#include <CoreGraphics/CGGeometry.h>

typedef struct CGImage *CGImageRef;
typedef struct CGContext *CGContextRef;

#endif
#endif
