/* SPDX-License-Identifier: MIT */
/* Objective-C classes as static tables, one row per method, and the protocols that they adopt. */
#ifndef TONGS_OBJC_CLASS_H
#define TONGS_OBJC_CLASS_H

#include <stdbool.h>
#include <stddef.h>

#include <tongs/metal.h>

#include "objc/runtime_calls.h"
#include "util/export.h"

/* Every method takes its selector, and few use it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* Why a method refuses, and the NSError that says so. */
struct tongs_objc_reason {
	const char *text;   /* a sentence without a period */
	const char *domain; /* of the error */
	long code;
};

#define METHOD(name, implementation, encoding) \
	{ .selector = (name), .function = (void (*)(void))(implementation), .types = (encoding) }
#define METHODS_END \
	{ .selector = NULL }
/* A getter or setter of a property that nothing uses. */
#define KEEPS_VALUE(name, implementation, encoding) \
	{ \
		.selector = (name), .function = (void (*)(void))(implementation), .types = (encoding), \
		.answer = TONGS_METHOD_KEEPS_VALUE \
	}
/* A method that answers a question about what Tongs does not have: by NO, 0, nil or nothing. */
#define ANSWERS_NO(name, implementation, encoding) \
	{ \
		.selector = (name), .function = (void (*)(void))(implementation), .types = (encoding), \
		.answer = TONGS_METHOD_ANSWERS_NO \
	}
/* A method that reports that Tongs does not have what it is for. */
#define REFUSES(name, implementation, encoding, why) \
	{ \
		.selector = (name), .function = (void (*)(void))(implementation), .types = (encoding), \
		.answer = TONGS_METHOD_REFUSES, .reason = (why) \
	}

#define ENC_ORIGIN_OR_SIZE "{?=QQQ}"
#define ENC_REGION "{?=" ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE "}"
#define ENC_SIZE_AND_ALIGN "{?=QQ}"
#define ENC_SWIZZLE "{?=CCCC}"
#define ENC_RANGE "{_NSRange=QQ}"

/* Foundation's struct, with its own tag. */
struct _NSRange {
	NSUInteger location;
	NSUInteger length;
};

struct tongs_objc_class {
	const char *name;
	const struct tongs_objc_method *methods;       /* up to METHODS_END; may be NULL */
	const struct tongs_objc_method *more[2];       /* further tables of methods, up to the first NULL */
	const struct tongs_objc_method *class_methods; /* may be NULL */
	const char *protocols[4];                      /* up to the first NULL */
	Class class;                                   /* the runtime's; set by tongs_objc_class_create */
	struct tongs_objc_class *next;                 /* in the list of all; set there, too */
};

/* Registers the class with the runtime; `super` Nil: a root class. Called while the library is loaded. */
void tongs_objc_class_create(struct tongs_objc_class *table, Class super);
/* The class that was created first; `next` leads to the others, in that order. */
const struct tongs_objc_class *tongs_objc_class_get_first(void);
/* Table `i` of its methods: NULL if it has no more. */
static inline const struct tongs_objc_method *tongs_objc_class_get_methods(
	const struct tongs_objc_class *table, size_t i) {
	return i == 0 ? table->methods : i <= 2 ? table->more[i - 1] : NULL;
}

/* For `alloc`: reports that `class` is a subclass of a class whose objects are of fixed size. Returns nil. */
id tongs_objc_refuse_subclass(Class class);

/* Whether `object`, which is not nil, is an instance of a class that was created here, or such a class itself. */
TONGS_INTEROP bool tongs_objc_class_is_ours(id object);

#endif
