/* SPDX-License-Identifier: MIT */
/* The Objective-C runtime's own header, and for GCC's runtime the functions by which Apple's compilers send messages.
 * libtongs_msgsend has them; other runtimes have their own, and declare them.
 *
 * Cast the function to the method's type, with the receiver and the selector as the first parameters, and call that:
 *
 *   objc_msgSend         results in registers; on aarch64 all
 *   objc_msgSend_stret   structs that the ABI returns in memory; not on aarch64
 *   objc_msgSend_fpret   x86-64: long double. On Apple's i386 float and double, too, for which metal-cpp calls it on
 * x86-64 as well; so it passes all results through objc_msgSend_fp2ret  x86-64: long double _Complex
 *
 * Any thread may call them. A message to nil returns 0 in every register of a result, and leaves the memory of a
 * struct's result as it is. Exceptions pass through. Of vector arguments the first 128 bits are sure to be kept. */
#ifndef TONGS_APPLE_OBJC_MESSAGE_H
#define TONGS_APPLE_OBJC_MESSAGE_H

#pragma GCC system_header /* or #include_next is a warning */

#include_next <objc/message.h>

#include <objc/runtime.h>

#ifdef __GNU_LIBOBJC__

/* Apple's headers declare them without parameters, so that a call without a cast does not compile, unless a program
 * asks for what was before. */
#if defined(OBJC_OLD_DISPATCH_PROTOTYPES) && OBJC_OLD_DISPATCH_PROTOTYPES
OBJC_EXPORT id objc_msgSend(id self, SEL op, ...);
#ifdef __x86_64__
OBJC_EXPORT void objc_msgSend_stret(id self, SEL op, ...);
OBJC_EXPORT long double objc_msgSend_fpret(id self, SEL op, ...);
OBJC_EXPORT void objc_msgSend_fp2ret(id self, SEL op, ...);
#endif
#else
OBJC_EXPORT void objc_msgSend(void);
#ifdef __x86_64__
OBJC_EXPORT void objc_msgSend_stret(void);
OBJC_EXPORT void objc_msgSend_fpret(void);
OBJC_EXPORT void objc_msgSend_fp2ret(void);
#endif
#endif

#endif
#endif
