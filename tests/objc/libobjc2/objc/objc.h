/* SPDX-License-Identifier: MIT */
/* Types of libobjc2, for compiling what its own headers are needed for where it is not installed. */
#ifndef TESTS_OBJC_LIBOBJC2_OBJC_H
#define TESTS_OBJC_LIBOBJC2_OBJC_H

#include <stddef.h>
#include <stdint.h>

typedef struct objc_class *Class;
typedef struct objc_object {
	Class isa;
} * id;
typedef const struct objc_selector *SEL;
typedef id (*IMP)(id receiver, SEL selector, ...);
typedef unsigned char BOOL;
#ifdef __OBJC__
@class Protocol;
#else
typedef struct objc_protocol Protocol;
#endif

#define YES ((BOOL)1)
#define NO ((BOOL)0)
#define nil ((id)0)
#define Nil ((Class)0)

#endif
