/* SPDX-License-Identifier: MIT */
/* TongsArray: an immutable array for programs without Foundation. */
#include "objc/array.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "metal/object.h"
#include "objc/send.h"
#include "objc/tables.h"
#include "util/alloc.h"
#include "util/log.h"

struct array {
	Class isa;
	atomic_size_t refs;
	size_t count;
	id objects[]; /* each retained */
};

/* NSFastEnumerationState of Foundation, whose layout compilers rely on. */
struct enumeration_state {
	unsigned long state;
	id *items;
	unsigned long *mutations;
	unsigned long extra[5];
};

static id new_foundation(Class foundation, const id *objects, size_t count) {
	id array = tongs_send((id)foundation, "alloc");
	SEL init = sel_registerName("initWithObjects:count:");
	return TONGS_IMP(id(*)(id, SEL, const id *, NSUInteger), array, init)(array, init, objects, count);
}

id tongs_array_new(const id *objects, size_t count) {
	Class foundation = objc_lookUpClass("NSArray");
	if (foundation)
		return new_foundation(foundation, objects, count);
	struct array *array = tongs_malloc(1, sizeof(*array) + count * sizeof(id));
	if (!array)
		return nil;
	array->isa = tongs_objc_array.class;
	atomic_init(&array->refs, 1);
	array->count = count;
	for (size_t i = 0; i < count; i++)
		array->objects[i] = tongs_send(objects[i], "retain");
	return (id)array;
}

static struct array empty = {.refs = SIZE_MAX / 2}; /* is never freed */

static void make_empty(void) {
	empty.isa = tongs_objc_array.class;
}

id tongs_array_get_empty(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	Class foundation = objc_lookUpClass("NSArray");
	if (foundation)
		return tongs_send(new_foundation(foundation, NULL, 0), "autorelease");
	pthread_once(&once, make_empty);
	return (id)&empty;
}

static id retain(struct array *self, SEL _cmd) {
	return tongs_refs_take(&self->refs) ? (id)self : nil;
}

static void release(struct array *self, SEL _cmd) {
	if (atomic_fetch_sub_explicit(&self->refs, 1, memory_order_acq_rel) != 1)
		return;
	tongs_runtime_end_object((id)self);
	for (size_t i = 0; i < self->count; i++)
		tongs_send(self->objects[i], "release");
	tongs_free(NULL, self);
}

static NSUInteger retainCount(struct array *self, SEL _cmd) {
	return atomic_load_explicit(&self->refs, memory_order_relaxed);
}

static NSUInteger count(struct array *self, SEL _cmd) {
	return self->count;
}

static id objectAtIndex(struct array *self, SEL _cmd, NSUInteger index) {
	if (index < self->count)
		return self->objects[index];
	tongs_log_error("objectAtIndex: %lu is beyond the end of an array of %lu", (unsigned long)index,
		(unsigned long)self->count);
	return nil;
}

static id firstObject(struct array *self, SEL _cmd) {
	return self->count ? self->objects[0] : nil;
}

static id lastObject(struct array *self, SEL _cmd) {
	return self->count ? self->objects[self->count - 1] : nil;
}

static NSUInteger enumerate(
	struct array *self, SEL _cmd, struct enumeration_state *state, id *buffer, NSUInteger capacity) {
	static unsigned long never_mutated;
	if (state->state || !self->count)
		return 0;
	state->state = 1;
	state->items = self->objects;
	state->mutations = &never_mutated;
	return self->count;
}

static const struct tongs_objc_method methods[] = {
	METHOD("retain", retain, "@@:"),
	METHOD("release", release, "Vv@:"),
	METHOD("retainCount", retainCount, "Q@:"),
	METHOD("copyWithZone:", retain, "@@:^{_NSZone=}"),
	METHOD("count", count, "Q@:"),
	METHOD("objectAtIndex:", objectAtIndex, "@@:Q"),
	METHOD("objectAtIndexedSubscript:", objectAtIndex, "@@:Q"),
	METHOD("firstObject", firstObject, "@@:"),
	METHOD("lastObject", lastObject, "@@:"),
	METHOD("countByEnumeratingWithState:objects:count:", enumerate, "Q@:^{?=Q^@^Q[5Q]}^@Q"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_array = {
	.name = "TongsArray",
	.methods = methods,
	.protocols = {"NSCopying", "NSFastEnumeration"},
};
