/* SPDX-License-Identifier: MIT */
/* CoreFoundation's types, and the functions that retain and release any object: one of Tongs', of Foundation's, or of
 * CoreFoundation's own if that is loaded, too. libtongs_cf has them. */
#ifndef TONGS_APPLE_CFBASE_H
#define TONGS_APPLE_CFBASE_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<CoreFoundation/CFBase.h>)
#include_next <CoreFoundation/CFBase.h>
#else

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <Availability.h>
#include <IOSurface/IOSurfaceTypes.h>
#include <TargetConditionals.h>

#ifdef __cplusplus
#define CF_EXTERN_C_BEGIN extern "C" {
#define CF_EXTERN_C_END }
#define CF_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define CF_EXTERN_C_BEGIN
#define CF_EXTERN_C_END
#define CF_EXPORT extern __attribute__((visibility("default")))
#endif
#define CF_INLINE static inline

#if defined(__has_attribute) && !defined(CF_RETURNS_RETAINED)
#if __has_attribute(cf_returns_retained)
#define CF_RETURNS_RETAINED __attribute__((cf_returns_retained))
#define CF_RETURNS_NOT_RETAINED __attribute__((cf_returns_not_retained))
#define CF_CONSUMED __attribute__((cf_consumed))
#endif
#endif
#ifndef CF_RETURNS_RETAINED
#define CF_RETURNS_RETAINED
#define CF_RETURNS_NOT_RETAINED
#define CF_CONSUMED
#endif

typedef unsigned char Boolean;
typedef uint8_t UInt8;
typedef int8_t SInt8;
typedef uint16_t UInt16;
typedef int16_t SInt16;
typedef uint32_t UInt32;
typedef int32_t SInt32;
typedef uint64_t UInt64;
typedef int64_t SInt64;
typedef float Float32;
typedef double Float64;
typedef uint16_t UniChar;
typedef SInt32 OSStatus;
typedef SInt16 OSErr;
typedef UInt32 FourCharCode;

/* CFTypeRef, CFStringRef, CFDictionaryRef and OSType are IOSurface's. */
typedef unsigned long CFTypeID;
typedef unsigned long CFOptionFlags;
typedef unsigned long CFHashCode;
typedef long CFIndex;
typedef double CFTimeInterval; /* seconds */
typedef CFTimeInterval CFAbsoluteTime;
typedef const struct __CFAllocator *CFAllocatorRef;
typedef const struct __CFArray *CFArrayRef;
typedef const struct __CFBoolean *CFBooleanRef;
typedef const struct __CFData *CFDataRef;
typedef const struct __CFNumber *CFNumberRef;
typedef const struct __CFURL *CFURLRef;
typedef struct __CFArray *CFMutableArrayRef;
typedef struct __CFDictionary *CFMutableDictionaryRef;
typedef struct __CFError *CFErrorRef;
typedef struct __CFString *CFMutableStringRef;
typedef const void *CFPropertyListRef;

typedef struct {
	CFIndex location;
	CFIndex length;
} CFRange;

CF_INLINE CFRange CFRangeMake(CFIndex location, CFIndex length) {
	CFRange range = {location, length};
	return range;
}

typedef enum {
	kCFCompareLessThan = -1,
	kCFCompareEqualTo = 0,
	kCFCompareGreaterThan = 1,
} CFComparisonResult;

/* A literal, which is never freed; like metal-cpp's MTLSTR, by clang alone. An NSString if the program has Foundation.
 */
#ifdef __clang__
#define CFSTR(text) ((CFStringRef)__builtin___CFStringMakeConstantString("" text ""))
#endif

/* Any thread may call these. NULL is refused, as on macOS, but with a message instead of a crash: CFRetain returns
 * NULL, CFGetRetainCount 0. What is neither NULL nor a live object is undefined, as everywhere. */
CF_EXPORT CFTypeRef CFRetain(CFTypeRef cf); /* returns `cf` */
CF_EXPORT void CFRelease(CFTypeRef cf);
CF_EXPORT CFIndex CFGetRetainCount(CFTypeRef cf); /* for debugging; LONG_MAX: the object is never freed */

#endif
#endif
