/* SPDX-License-Identifier: MIT */
/* A CoreFoundation in miniature, as GNUstep's corebase is made: its own objects are counted by its CFRetain, and their
 * methods call that; any other object gets the message. */
#include "other_cf.h"

#include <objc/message.h>
#include <objc/runtime.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT const void *CFRetain(const void *cf);
EXPORT void CFRelease(const void *cf);
EXPORT long CFGetRetainCount(const void *cf);

static struct other_object object;
unsigned other_calls;

static int is_own(const void *cf) {
	return cf == &object;
}

static id send(const void *receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return ((id(*)(id, SEL))(void (*)(void))objc_msg_lookup((id)receiver, selector))((id)receiver, selector);
}

const void *CFRetain(const void *cf) {
	other_calls++;
	if (!is_own(cf))
		return send(cf, "retain");
	object.count++;
	return cf;
}

void CFRelease(const void *cf) {
	other_calls++;
	if (is_own(cf))
		object.count--;
	else
		send(cf, "release");
}

long CFGetRetainCount(const void *cf) {
	other_calls++;
	return is_own(cf) ? object.count : (long)send(cf, "retainCount");
}

static id retain(id self, SEL selector) {
	(void)selector;
	return (id)CFRetain(self);
}

static void release(id self, SEL selector) {
	(void)selector;
	CFRelease(self);
}

static long retain_count(id self, SEL selector) {
	(void)selector;
	return CFGetRetainCount(self);
}

const struct other_object *other_get_object(void) {
	if (object.isa)
		return &object;
	Class class = objc_allocateClassPair(Nil, "OtherObject", 0);
	class_addIvar(class, "isa", sizeof(Class), __builtin_ctz(_Alignof(Class)), "#");
	objc_registerClassPair(class);
	class_addMethod(class, sel_registerName("retain"), (IMP)(void (*)(void))retain, "@@:");
	class_addMethod(class, sel_registerName("release"), (IMP)(void (*)(void))release, "v@:");
	class_addMethod(class, sel_registerName("retainCount"), (IMP)(void (*)(void))retain_count, "l@:");
	object.isa = class;
	object.count = 1;
	return &object;
}
