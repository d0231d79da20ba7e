/* SPDX-License-Identifier: MIT */
/* CGFloat. */
#ifndef TONGS_APPLE_CGBASE_H
#define TONGS_APPLE_CGBASE_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<CoreGraphics/CGBase.h>)
#include_next <CoreGraphics/CGBase.h>
#else

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <CoreFoundation/CFBase.h>

#ifdef __cplusplus
#define CG_EXTERN extern "C" __attribute__((visibility("default")))
#else
#define CG_EXTERN extern __attribute__((visibility("default")))
#endif
#define CG_INLINE static inline

/* As GNUstep's Foundation defines it, which may be included, too; newer ones have a header for this and the structs. */
#if __has_include(<CoreFoundation/CFCGTypes.h>)
#include <CoreFoundation/CFCGTypes.h>
#endif
#ifndef CGFLOAT_TYPE
#if __SIZEOF_POINTER__ == 8
#define CGFLOAT_TYPE double
#define CGFLOAT_IS_DOUBLE 1
typedef double CGFloat;
#else
#define CGFLOAT_TYPE float
#define CGFLOAT_IS_DOUBLE 0
typedef float CGFloat;
#endif
#endif

#endif
#endif
