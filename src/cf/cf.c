/* SPDX-License-Identifier: MIT */
/* CFRetain and its kin. A program may have a whole CoreFoundation, too, which has functions of the same names; the
 * linker takes the first library's for all of the program. If those are these, objects that are not of Tongs go on to
 * the next: only that knows how it counts its own, whose `retain` may call CFRetain. */
#define _GNU_SOURCE /* RTLD_NEXT; NOLINT(bugprone-reserved-identifier) */
#include <dlfcn.h>
#include <limits.h>

#include <CoreFoundation/CFBase.h>

#include "objc/class.h"
#include "objc/send.h"
#include "util/log.h"

/* The function of that name in the next library that has one. Looked up each time, for such a library may be loaded
 * late. NULL for an object of Tongs, and if there is none: send a message. */
static void *find_next(id object, const char *name) {
	return tongs_objc_class_is_ours(object) ? NULL : dlsym(RTLD_NEXT, name);
}

static bool check(CFTypeRef cf, const char *name) {
	if (!cf)
		tongs_log_error("%s: the object is NULL", name);
	return cf;
}

CFTypeRef CFRetain(CFTypeRef cf) {
	if (!check(cf, __func__))
		return NULL;
	CFTypeRef (*next)(CFTypeRef);
	*(void **)&next = find_next((id)cf, __func__);
	return next ? next(cf) : tongs_send((id)cf, "retain");
}

void CFRelease(CFTypeRef cf) {
	if (!check(cf, __func__))
		return;
	void (*next)(CFTypeRef);
	*(void **)&next = find_next((id)cf, __func__);
	if (next)
		next(cf);
	else
		tongs_send((id)cf, "release");
}

CFIndex CFGetRetainCount(CFTypeRef cf) {
	if (!check(cf, __func__))
		return 0;
	CFIndex (*next)(CFTypeRef);
	*(void **)&next = find_next((id)cf, __func__);
	if (next)
		return next(cf);
	SEL selector = sel_registerName("retainCount");
	NSUInteger count = TONGS_IMP(NSUInteger(*)(id, SEL), (id)cf, selector)((id)cf, selector);
	return count < LONG_MAX ? (CFIndex)count : LONG_MAX;
}
