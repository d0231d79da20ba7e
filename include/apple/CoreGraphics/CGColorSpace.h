/* SPDX-License-Identifier: MIT */
/* The type of color spaces, which CAMetalLayer has; there are no functions. */
#ifndef TONGS_APPLE_CGCOLORSPACE_H
#define TONGS_APPLE_CGCOLORSPACE_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<CoreGraphics/CGColorSpace.h>)
#include_next <CoreGraphics/CGColorSpace.h>
#else

#include <CoreGraphics/CGBase.h>

typedef struct CGColorSpace *CGColorSpaceRef;

#endif
#endif
