/* SPDX-License-Identifier: MIT */
/* Objective-C classes as static tables: one row per method, registered with the runtime when the library is loaded. */
#ifndef TONGS_OBJC_CLASS_H
#define TONGS_OBJC_CLASS_H

#include <objc/runtime.h>
#include <tongs/metal.h>

/* Every method is given its selector, and few look at it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

struct tongs_objc_method {
	const char *selector;
	void (*function)(void);
	const char *types; /* result, then arguments; no frame offsets */
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

/* Foundation's struct, under its own tag. */
struct _NSRange {
	NSUInteger location;
	NSUInteger length;
};

struct tongs_objc_class {
	const char *name;
	const struct tongs_objc_class *super; /* NULL: a root class */
	const struct tongs_objc_method *methods;
	const struct tongs_objc_method *class_methods; /* may be NULL */
	const char *protocols[4];                      /* up to the first NULL */
};

extern const struct tongs_objc_class tongs_objc_root, tongs_objc_resource, tongs_objc_device, tongs_objc_heap,
	tongs_objc_buffer, tongs_objc_texture, tongs_objc_texture_descriptor, tongs_objc_heap_descriptor,
	tongs_objc_string, tongs_objc_array;

/* The runtime's class of a table above; never NULL. */
Class tongs_objc_class_get(const struct tongs_objc_class *table);

/* Whether `object`, which is not nil, is an instance of one of these classes, or one of them, or a zombie. */
bool tongs_objc_class_is_ours(id object);

#endif
