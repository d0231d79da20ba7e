/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CPP_OTHER_CF_H
#define TESTS_CPP_OTHER_CF_H

#include <objc/objc.h>

struct other_object {
	Class isa;
	long count;
};

/* An object of that library, with one reference. */
__attribute__((visibility("default"))) const struct other_object *other_get_object(void);

/* How often its functions were called. */
__attribute__((visibility("default"))) extern unsigned other_calls;

#endif
