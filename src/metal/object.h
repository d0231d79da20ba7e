/* SPDX-License-Identifier: MIT */
/* The head that every Metal object of Tongs begins with: what libobjc needs of it, its count and its kind. */
#ifndef TONGS_METAL_OBJECT_H
#define TONGS_METAL_OBJECT_H

#include <stdatomic.h>
#include <stddef.h>

#include <objc/objc.h>
#include <tongs/metal.h>

#include "util/export.h"

struct tongs_object;

/* Finishes and frees an object; called once, after the last reference. Returns a reference that it held and that is to
 * be released, which may be NULL: of objects in a row, each holding the next, the release of one is then no call within
 * that of another, however long the row is. */
typedef struct tongs_object *(*tongs_object_destroy)(struct tongs_object *object);

struct tongs_object {
	Class isa; /* first: libobjc's own object head */
	atomic_size_t refs;
	enum tongs_kind kind;
	tongs_object_destroy destroy;
};

/* A zeroed object of `size` bytes with one reference, in the registry of live objects; NULL when memory runs out. */
struct tongs_object *tongs_object_create(enum tongs_kind kind, size_t size, tongs_object_destroy destroy);
/* The same in two steps, so that nobody finds a half-built object in the registry: `object` is zeroed memory from
 * tongs_malloc with its own fields set. False, and nothing done, when memory runs out. */
bool tongs_object_publish(struct tongs_object *object, enum tongs_kind kind, tongs_object_destroy destroy);
/* Frees the memory of an object whose parts are finished: the last act of `destroy`, or all of it. Returns NULL. */
struct tongs_object *tongs_object_free(struct tongs_object *object);

/* What comes of a reference to, and of the release of, an object that had `refs` of them, none or the last: only a
 * zombie has none, and tells of both. After the last an object leaves the registry, then `destroy`. */
void tongs_object_refuse_ref(struct tongs_object *object);
void tongs_object_end(struct tongs_object *object, size_t refs);

/* Each is its one locked instruction, in methods too. */
static inline void tongs_object_ref(struct tongs_object *object) {
	if (__builtin_expect(atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed) == 0, 0))
		tongs_object_refuse_ref(object);
}

static inline void tongs_object_unref(struct tongs_object *object) {
	size_t refs = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);
	if (__builtin_expect(refs <= 1, 0))
		tongs_object_end(object, refs);
}

/* "MTLBuffer" and so on. */
const char *tongs_kind_name(enum tongs_kind kind);

/* The Objective-C class of a kind; never NULL for the kinds of enum tongs_kind but NONE. */
Class tongs_class_get(enum tongs_kind kind);

#endif
