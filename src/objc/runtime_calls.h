/* SPDX-License-Identifier: MIT */
/* What GCC's libobjc and clang's libobjc2 do differently, and nowhere else. The option `runtime` decides which of
 * runtime_gcc.c and runtime_gnustep.c is built. */
#ifndef TONGS_OBJC_RUNTIME_CALLS_H
#define TONGS_OBJC_RUNTIME_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include <objc/runtime.h>
/* libobjc2's headers do not include what they need. */
#include <objc/message.h>
#ifdef TONGS_OBJC_GNUSTEP
#include <objc/encoding.h>
#endif
#include <tongs/metal.h>

struct tongs_objc_method {
	const char *selector;
	void (*function)(void);
	const char *types; /* of the result and the arguments, without frame offsets */
	enum tongs_method_answer answer;
	const struct tongs_objc_reason *reason; /* why it refuses; may be NULL; see class.h */
};

/* False, with an error logged, if the process has both runtimes and calls of one would reach the other: then no class
 * may be registered. With an error logged, true, if the other one is loaded and does no harm yet. Called first. */
bool tongs_runtime_init(void);

/* What a root class needs before it is registered. */
void tongs_runtime_prepare_root(Class class);

/* Adds methods, up to the row without a selector, to a registered class. They override methods that were added before.
 */
void tongs_runtime_add_methods(Class class, const struct tongs_objc_method *methods);

/* The program's protocol, or else one of our own with the name, which must be static. */
Protocol *tongs_runtime_get_protocol(const char *name);
/* Whether `class` or one of its superclasses adopts a protocol with the name of `protocol`. False for NULL. */
bool tongs_runtime_conforms_to(Class class, const Protocol *protocol);

/* The types of a selector that a compiler wrote; NULL: not known. */
const char *tongs_runtime_get_types(SEL selector);

/* `forward` is asked for a method when a receiver has none; on libobjc2 also with nil, for one that is not known. Where
 * it returns NULL, what happened without it happens. */
void tongs_runtime_set_forward(IMP (*forward)(id receiver, SEL selector));

/* An object that Foundation's pool, or the runtime's own, shall release. False: there is no pool, and nothing was done.
 */
bool tongs_runtime_autorelease(id object);
/* A pool for what blocks autorelease in a thread of Tongs', which has none. NULL: there are no pools. */
void *tongs_runtime_push_pool(void);
void tongs_runtime_pop_pool(void *pool);

/* Ends what the runtime knows about an object whose last reference is gone: weak references read as nil, associated
 * objects are released. */
void tongs_runtime_end_object(id object);

#ifdef TONGS_OBJC_GNUSTEP

/* Weak references are read by a retain, which must fail when the last reference is gone. */
enum { TONGS_RUNTIME_HAS_WEAK = 1 };

/* Whether the object is a value in the pointer, as short strings and small numbers are. */
static inline bool tongs_runtime_is_small(id object) {
	return (uintptr_t)object & 7;
}

/* The variable that compiled code reads to find a class of the library, which the runtime's ABI names so. It is set
 * when all classes are registered. */
struct tongs_runtime_class_ref {
	const char *name;
	Class *class;
};
#define TONGS_RUNTIME_CLASS_REF(class_name) \
	TONGS_API extern Class tongs_class_ref_##class_name __asm__("._OBJC_REF_CLASS_" #class_name); \
	Class tongs_class_ref_##class_name; \
	__attribute__((section("tongs_class_refs"), \
		used)) static const struct tongs_runtime_class_ref tongs_class_ref_row_##class_name = { \
		#class_name, &tongs_class_ref_##class_name}

/* Sets the variables. */
void tongs_runtime_set_class_refs(void);

#else

enum { TONGS_RUNTIME_HAS_WEAK = 0 };

static inline bool tongs_runtime_is_small(id object) {
	(void)object;
	return false;
}

/* Compiled code asks for the class by its name. */
#define TONGS_RUNTIME_CLASS_REF(class_name) _Static_assert(sizeof(#class_name) > 1, "")

static inline void tongs_runtime_set_class_refs(void) {
}

#endif

#endif
