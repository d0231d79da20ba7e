/* SPDX-License-Identifier: MIT */
/* Objective-C classes as static tables, one row per method, and the protocols that they adopt. */
#ifndef TONGS_OBJC_CLASS_H
#define TONGS_OBJC_CLASS_H

#include <stdbool.h>

#include <objc/runtime.h>
#include <tongs/metal.h>

/* Every method takes its selector, and few use it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

struct tongs_objc_method {
	const char *selector;
	void (*function)(void);
	const char *types; /* of the result and the arguments, without frame offsets */
};

#define METHOD(selector, function, types) \
	{ selector, (void (*)(void))function, types }
#define METHODS_END \
	{ NULL, NULL, NULL }

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
	const struct tongs_objc_method *class_methods; /* may be NULL */
	const char *protocols[4];                      /* up to the first NULL */
	Class class;                                   /* the runtime's; set by tongs_objc_class_create */
};

/* Registers the class with the runtime; `super` Nil: a root class. Called while the library is loaded. */
void tongs_objc_class_create(struct tongs_objc_class *table, Class super);
/* Adds methods to a registered class. */
void tongs_objc_class_add_methods(Class class, const struct tongs_objc_method *methods);

/* Whether `object`, which is not nil, is an instance of a class that was created here, or such a class itself. */
bool tongs_objc_class_is_ours(id object);

/* Whether `class` or one of its superclasses adopts a protocol with the name of `protocol`. False for NULL. */
bool tongs_objc_class_conforms_to(Class class, const Protocol *protocol);

#endif
