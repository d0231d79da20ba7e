/* SPDX-License-Identifier: MIT */
/* Whether an argument is the object that a method takes. */
#ifndef TONGS_OBJC_CHECK_H
#define TONGS_OBJC_CHECK_H

#include <objc/runtime.h>

#include "metal/released.h"
#include "util/log.h"

/* False, with an error logged that begins with `method`, for anything but a live object of the kind: nil, garbage,
 * another object. */
static inline bool tongs_check_kind(const void *object, enum tongs_kind kind, SEL method) {
	if (tongs_handle_kind(object) == kind)
		return true;
	tongs_log_error("%s %p is not an %s", sel_getName(method), object, tongs_kind_name(kind));
	return false;
}

#endif
