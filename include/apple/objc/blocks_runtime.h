/* SPDX-License-Identifier: MIT */
/* The functions that copy and release blocks: the Objective-C runtime's header if it has one, else that of
 * libBlocksRuntime. GNUstep's Foundation includes this where the compiler has blocks. */
#ifndef TONGS_APPLE_OBJC_BLOCKS_RUNTIME_H
#define TONGS_APPLE_OBJC_BLOCKS_RUNTIME_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<objc/blocks_runtime.h>)
#include_next <objc/blocks_runtime.h>
#else
#include <Block.h>
#endif

#endif
