/* SPDX-License-Identifier: MIT */
/* All that differs between macOS and Linux. Every source file includes it first. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>

#ifndef __clang__ /* GCC has no ARC, and lacks its words, of which newer Vulkan headers use one */
#define __bridge
#define __unsafe_unretained
#endif

#define VK_USE_PLATFORM_METAL_EXT
#include <vulkan/vulkan.h>
#ifndef __APPLE__
#include <tongs/vulkan_metal.h> /* what Vulkan's headers here may be too old for */
#endif
#import <Metal/Metal.h>

#ifndef __has_feature /* not every GCC has it */
#define __has_feature(feature) 0
#endif

/* ARC counts on a Mac, and on Linux with libobjc2; with GCC's runtime the program counts. KEEP(object) is what a
 * variable keeps of a borrowed object, DROP ends that; of `new…` and `copy…` a variable has a reference already. */
#if __has_feature(objc_arc)
#define KEEP(object) (object)
#define DROP(object) ((void)(object))
#define POOL @autoreleasepool
#else
#define KEEP(object) [(object) retain]
#define DROP(object) [(object) release]
#define POOL
#endif

#endif
