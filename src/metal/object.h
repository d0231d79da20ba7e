/* SPDX-License-Identifier: MIT */
/* Live objects: the head that every Metal object begins with, its reference count, and the registry of all live
 * handles, which knows what any address is without dereferencing it. */
#ifndef TONGS_METAL_OBJECT_H
#define TONGS_METAL_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <objc/objc.h>
#include <tongs/metal.h>

#include "metal/released.h"

struct tongs_object;

/* Finishes and frees an object; called once, after the last reference was released. Returns a reference that the object
 * held, for the caller to release, or NULL. So a chain of objects, each retaining the next, is freed in a loop, not by
 * recursion as deep as the chain is long. */
typedef struct tongs_object *(*tongs_object_destroy)(struct tongs_object *object);

struct tongs_object {
	Class isa; /* first: libobjc's object head */
	atomic_size_t refs;
	enum tongs_kind kind;
	tongs_object_destroy destroy;
};

/* A reference, unless the last one is gone. One locked instruction, or more if other threads interfere. */
static inline bool tongs_refs_take(atomic_size_t *refs) {
	size_t count = atomic_load_explicit(refs, memory_order_relaxed);
	while (count != 0 && !atomic_compare_exchange_weak(refs, &count, count + 1))
		;
	return count != 0;
}

/* Called with each object whose last reference is gone, before it is destroyed. Set while the library is loaded. */
void tongs_object_set_at_end(void (*at_end)(struct tongs_object *object));

/* The class that new objects of `kind` get as their isa. Set while the library is loaded, before the first object. */
void tongs_object_set_class(enum tongs_kind kind, Class class);
/* Nil for TONGS_KIND_NONE. */
Class tongs_object_get_class(enum tongs_kind kind);

/* A zeroed object of `size` bytes with one reference, in the registry. NULL when memory runs out. */
struct tongs_object *tongs_object_create(enum tongs_kind kind, size_t size, tongs_object_destroy destroy);
/* The second half of that, for objects which must be complete before another thread can find them: `object` is zeroed
 * memory from tongs_malloc with its own fields set. False, with nothing changed for others, when memory runs out. */
bool tongs_object_publish(struct tongs_object *object, enum tongs_kind kind, tongs_object_destroy destroy);
/* Frees the memory of an object whose own fields are finished: the last step of `destroy`, or all of it. Returns NULL.
 */
struct tongs_object *tongs_object_free(struct tongs_object *object);

/* The slow paths of ref and unref: for zombies, and for the last reference. */
void tongs_object_ref_zombie(struct tongs_object *object);
void tongs_object_unref_last(struct tongs_object *object, size_t refs);

/* One locked instruction each. `object` is not NULL. */
static inline void tongs_object_ref(struct tongs_object *object) {
	if (__builtin_expect(atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed) == 0, 0))
		tongs_object_ref_zombie(object);
}

static inline void tongs_object_unref(struct tongs_object *object) {
	size_t refs = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);
	if (__builtin_expect(refs <= 1, 0))
		tongs_object_unref_last(object, refs);
}

/* A new reference to the object at `address`, if that is a live one of `kind`; else NULL. Atomic with respect to a
 * release in another thread: an object whose last reference is gone is not revived. */
struct tongs_object *tongs_object_acquire(const void *address, enum tongs_kind kind);

/* Calls `visit` for every live object, in no particular order; objects created or freed meanwhile may be missed. Each
 * stays alive during its call, in which no object may be created or released. */
void tongs_object_visit(void (*visit)(const struct tongs_object *object, void *user), void *user);

/* Zombies (TONGS_ZOMBIES=1, for debugging): a released object keeps its head, gets `class` as its isa, and reports
 * every later message. Called while the library is loaded; objects freed from then on become zombies. */
void tongs_object_enable_zombies(Class class);
/* Logs that `message` was sent to `object`. False, with nothing logged, if that is not a zombie. */
bool tongs_object_report_zombie(const struct tongs_object *object, const char *message);

#endif
