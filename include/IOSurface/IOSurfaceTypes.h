/* SPDX-License-Identifier: MIT */
/* Types that IOSurface's functions and CoreFoundation have in common. */
#ifndef IOSURFACE_IOSURFACETYPES_H
#define IOSURFACE_IOSURFACETYPES_H

#include <stdint.h>

typedef const void *CFTypeRef;
typedef const struct __CFString *CFStringRef;         /* a string object: it has UTF8String or cString */
typedef const struct __CFDictionary *CFDictionaryRef; /* an object that has objectForKey: */
typedef int kern_return_t;
typedef kern_return_t IOReturn;
typedef uint32_t OSType; /* four characters, the first in the highest byte */

#endif
