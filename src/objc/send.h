/* SPDX-License-Identifier: MIT */
/* Messages to objects of other classes, by the selector's name. */
#ifndef TONGS_OBJC_SEND_H
#define TONGS_OBJC_SEND_H

#include <stdbool.h>

#include "objc/runtime_calls.h"

/* The implementation of `selector` for `receiver`, as a function of the given type. */
#define TONGS_IMP(type, receiver, selector) ((type)(void (*)(void))objc_msg_lookup(receiver, selector))

static inline id tongs_send(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return TONGS_IMP(id(*)(id, SEL), receiver, selector)(receiver, selector);
}

/* Also for selectors that take a pointer of another type. */
static inline id tongs_send1(id receiver, const char *name, const void *argument) {
	SEL selector = sel_registerName(name);
	return TONGS_IMP(id(*)(id, SEL, const void *), receiver, selector)(receiver, selector, argument);
}

static inline const char *tongs_send_chars(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return TONGS_IMP(const char *(*)(id, SEL), receiver, selector)(receiver, selector);
}

/* Not by class_respondsToSelector: libobjc2's knows nothing of a class that has received no message. */
static inline bool tongs_responds(id receiver, const char *name) {
	return class_getInstanceMethod(object_getClass(receiver), sel_registerName(name));
}

#endif
