/* SPDX-License-Identifier: MIT */
/* The Objective-C runtime's own header, and macros that Apple's has and GCC's has not. */
#ifndef TONGS_APPLE_OBJC_RUNTIME_H
#define TONGS_APPLE_OBJC_RUNTIME_H

#pragma GCC system_header /* or #include_next is a warning */

#include_next <objc/runtime.h>

#ifndef OBJC_EXTERN
#ifdef __cplusplus
#define OBJC_EXTERN extern "C"
#else
#define OBJC_EXTERN extern
#endif
#endif
#ifndef OBJC_EXPORT
#define OBJC_EXPORT OBJC_EXTERN __attribute__((visibility("default")))
#endif
#ifndef OBJC_INLINE
#define OBJC_INLINE static inline
#endif

#endif
