/* SPDX-License-Identifier: MIT */
/* IOSurface's C functions, for C, C++ and Objective-C. An IOSurfaceRef, a `struct tongs_surface *` and an `IOSurface *`
 * with the same address are the same object.
 *
 * A surface is retained and released as an object: by `retain` and `release`, by CFRetain and CFRelease (pkg-config
 * tongs-apple), or by tongs_surface_ref and tongs_surface_unref. A CFTypeRef, CFStringRef or CFDictionaryRef is any
 * object that has the methods that are asked of it.
 *
 * Every function may be called from any thread. NULL and what is not a live surface is refused: an error is reported
 * (see tongs_set_message_callback), and the result is 0, NULL or kIOReturnBadArgument. */
#ifndef IOSURFACE_IOSURFACEREF_H
#define IOSURFACE_IOSURFACEREF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <IOSurface/IOSurfaceTypes.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IOSURFACE_API extern __attribute__((visibility("default")))
#else
#define IOSURFACE_API extern
#endif

typedef struct __IOSurface *IOSurfaceRef;
typedef uint32_t IOSurfaceID; /* unique in the process; 0: none */
typedef uint32_t IOSurfaceLockOptions;

#define kIOReturnSuccess 0
#define kIOReturnBadArgument ((IOReturn)0xe00002c2) /* not a surface, or not options */
#define kIOReturnCannotLock ((IOReturn)0xe00002cc)  /* too many locks */
#define kIOReturnNotOpen ((IOReturn)0xe00002cd)     /* unlocked without a lock of that kind */

enum {
	kIOSurfaceLockReadOnly = 0x1,  /* the seed does not change at the end */
	kIOSurfaceLockAvoidSync = 0x2, /* has no effect: no pixels have to be fetched from a GPU */
};

/* Keys of the dictionary of IOSurfaceCreate: string objects with the text of the name without the k. Values are objects
 * that answer unsignedLongLongValue, unsignedLongValue, unsignedIntegerValue, integerValue or intValue, with numbers
 * that are not negative. What is missing, or 0, gets its default. */
IOSURFACE_API const CFStringRef kIOSurfaceWidth;  /* pixels; required, except that with AllocSize both may be missing */
IOSURFACE_API const CFStringRef kIOSurfaceHeight; /* pixels */
IOSURFACE_API const CFStringRef kIOSurfaceBytesPerElement; /* default 1 */
IOSURFACE_API const CFStringRef kIOSurfaceElementWidth;    /* pixels of an element; default 1 */
IOSURFACE_API const CFStringRef kIOSurfaceElementHeight;
IOSURFACE_API const CFStringRef kIOSurfaceBytesPerRow; /* default: rounded up, see IOSurfaceGetPropertyAlignment */
IOSURFACE_API const CFStringRef kIOSurfaceOffset;      /* of the first pixel; default 0 */
IOSURFACE_API const CFStringRef kIOSurfaceAllocSize;   /* default: up to the last pixel, in whole pages */
IOSURFACE_API const CFStringRef kIOSurfacePixelFormat; /* an OSType, which is not interpreted; default 0 */
/* An array (count, objectAtIndex:) of up to four dictionaries with the keys below; width and height above are then the
 * first plane's by default, and the rest is. */
IOSURFACE_API const CFStringRef kIOSurfacePlaneInfo;
IOSURFACE_API const CFStringRef kIOSurfacePlaneWidth;
IOSURFACE_API const CFStringRef kIOSurfacePlaneHeight;
IOSURFACE_API const CFStringRef kIOSurfacePlaneBytesPerElement;
IOSURFACE_API const CFStringRef kIOSurfacePlaneElementWidth;
IOSURFACE_API const CFStringRef kIOSurfacePlaneElementHeight;
IOSURFACE_API const CFStringRef kIOSurfacePlaneBytesPerRow;
IOSURFACE_API const CFStringRef kIOSurfacePlaneOffset; /* default: the page behind the plane before */
IOSURFACE_API const CFStringRef kIOSurfacePlaneSize;   /* default: that of all rows */
/* A number that is not 0: other processes can get the surface, by tongs_handle_send. Look-up works in the process. */
IOSURFACE_API const CFStringRef kIOSurfaceIsGlobal;
/* Accepted, and without effect: there is one cache mode. */
IOSURFACE_API const CFStringRef kIOSurfaceCacheMode;
IOSURFACE_API const CFStringRef kIOSurfacePixelSizeCastingAllowed;
IOSURFACE_API const CFStringRef kIOSurfaceName;

/* A surface of zeros, which the caller releases. NULL, with the reason reported, on failure. */
IOSURFACE_API IOSurfaceRef IOSurfaceCreate(CFDictionaryRef properties);
/* The live surface with the ID, with a reference; NULL, with nothing reported: there is none. */
IOSURFACE_API IOSurfaceRef IOSurfaceLookup(IOSurfaceID csid);
IOSURFACE_API IOSurfaceID IOSurfaceGetID(IOSurfaceRef buffer);

/* Begin and end access by the CPU; `seed`, which may be NULL, receives the seed. Locks nest, each with its own options,
 * and do not exclude each other. The seed changes at the end of each access that was not read-only. */
IOSURFACE_API IOReturn IOSurfaceLock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t *seed);
IOSURFACE_API IOReturn IOSurfaceUnlock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t *seed);
IOSURFACE_API uint32_t IOSurfaceGetSeed(IOSurfaceRef buffer);

IOSURFACE_API size_t IOSurfaceGetAllocSize(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetWidth(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetHeight(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetBytesPerElement(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetBytesPerRow(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetElementWidth(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetElementHeight(IOSurfaceRef buffer);
/* Constant while the surface lives, whether it is locked or not. */
IOSURFACE_API void *IOSurfaceGetBaseAddress(IOSurfaceRef buffer);
IOSURFACE_API OSType IOSurfaceGetPixelFormat(IOSurfaceRef buffer);

/* 0: the surface is not planar, and its plane 0 is all of it. */
IOSURFACE_API size_t IOSurfaceGetPlaneCount(IOSurfaceRef buffer);
IOSURFACE_API size_t IOSurfaceGetWidthOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API size_t IOSurfaceGetHeightOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API size_t IOSurfaceGetBytesPerElementOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API size_t IOSurfaceGetBytesPerRowOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API size_t IOSurfaceGetElementWidthOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API size_t IOSurfaceGetElementHeightOfPlane(IOSurfaceRef buffer, size_t planeIndex);
IOSURFACE_API void *IOSurfaceGetBaseAddressOfPlane(IOSurfaceRef buffer, size_t planeIndex);

/* Objects that the surface keeps by names, which are strings of any class. */
IOSURFACE_API void IOSurfaceSetValue(IOSurfaceRef buffer, CFStringRef key, CFTypeRef value);
IOSURFACE_API CFTypeRef IOSurfaceCopyValue(IOSurfaceRef buffer, CFStringRef key); /* the caller releases it; or NULL */
IOSURFACE_API void IOSurfaceRemoveValue(IOSurfaceRef buffer, CFStringRef key);
IOSURFACE_API void IOSurfaceRemoveAllValues(IOSurfaceRef buffer);

/* How often this process says that it uses the surface, for pools of surfaces; 0 at first. It keeps nothing alive. */
IOSURFACE_API int32_t IOSurfaceGetUseCount(IOSurfaceRef buffer);
IOSURFACE_API void IOSurfaceIncrementUseCount(IOSurfaceRef buffer);
IOSURFACE_API void IOSurfaceDecrementUseCount(IOSurfaceRef buffer);
IOSURFACE_API bool IOSurfaceIsInUse(IOSurfaceRef buffer); /* the count is not 0, here or elsewhere */

IOSURFACE_API bool IOSurfaceAllowsPixelSizeCasting(IOSurfaceRef buffer); /* false */

/* The largest value of a property that drivers are sure to take; widths and heights alone have one, 0 for the others.
 * Larger surfaces can be made. */
IOSURFACE_API size_t IOSurfaceGetPropertyMaximum(CFStringRef property);
/* What a value must be a multiple of for textures: of pitches, offsets and sizes; 1 for the others. Pitches: those of
 * BGRA that Vulkan takes on the MTLDevice which was made first of those that live; 64 without one. */
IOSURFACE_API size_t IOSurfaceGetPropertyAlignment(CFStringRef property);
/* `value` rounded up to that. 0 on overflow. */
IOSURFACE_API size_t IOSurfaceAlignProperty(CFStringRef property, size_t value);

#ifdef __cplusplus
}
#endif

/* Apple's header brings it, and so does Metal's; code relies on that for CFRetain and CFRelease. */
#if __has_include(<CoreFoundation/CoreFoundation.h>)
#include <CoreFoundation/CoreFoundation.h>
#endif

#endif
