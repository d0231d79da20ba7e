/* SPDX-License-Identifier: MIT */
/* clang's libobjc2, the runtime of ARC. It sends `retain' and `release' to our objects, keeps weak references and
 * associated objects in tables of its own, and has an autorelease pool without Foundation. */
#include "objc/runtime_calls.h"

#include <assert.h>
#include <string.h>

#include <objc/hooks.h>
#include <objc/objc-arc.h>

#include "metal/object.h"
#include "objc/other_runtime.h"
#include "objc/send.h"

static void end_object(struct tongs_object *object) {
	tongs_runtime_end_object((id)object);
}

/* For a weak reference: whether the object lives is decided by the retain that follows. */
static id load_weak(id object) {
	return object;
}

/* Foundation knows the fields of an NSZone, and so names copyWithZone: with other types than ours. The runtime, which
 * tells selectors apart by their types, would print that at each such message. A slot begins with its method. */
static IMP (*next_mismatch)(Class class, SEL selector, struct objc_slot2 *slot);

static IMP mismatch(Class class, SEL selector, struct objc_slot2 *slot) {
	const char *name = sel_getName(selector);
	const bool of_zone = strstr(name, "WithZone:") || strcmp(name, "zone") == 0;
	return of_zone ? *(IMP *)slot : next_mismatch(class, selector, slot);
}

bool tongs_runtime_init(void) {
	if (!tongs_other_runtime_check((void (*)(void))objc_msg_lookup, (void (*)(void))objc_delete_weak_refs))
		return false;
	tongs_object_set_at_end(end_object);
	/* Foundation's own, loaded before or later, asks for the retain count, and serves our objects as well. */
	if (!_objc_weak_load)
		_objc_weak_load = load_weak;
	next_mismatch = _objc_selector_type_mismatch2;
	_objc_selector_type_mismatch2 = mismatch;
	return true;
}

/* libobjc2 counts the isa itself. */
void tongs_runtime_prepare_root(Class class) {
	(void)class;
}

void tongs_runtime_add_methods(Class class, const struct tongs_objc_method *methods) {
	for (; methods && methods->selector; methods++) {
		SEL selector = sel_registerTypedName_np(methods->selector, methods->types);
		if (!class_addMethod(class, selector, (IMP)methods->function, methods->types))
			class_replaceMethod(class, selector, (IMP)methods->function, methods->types);
	}
}

/* They are not registered: a program's own protocol of the name, loaded later, is the one that is found. */
static struct {
	const char *name;
	Protocol *protocol;
} own_protocols[64]; /* up to the first without a name */

Protocol *tongs_runtime_get_protocol(const char *name) {
	Protocol *found = objc_getProtocol(name);
	if (found)
		return found;
	size_t i = 0;
	while (own_protocols[i].name && strcmp(own_protocols[i].name, name) != 0)
		i++;
	assert(i + 1 < sizeof(own_protocols) / sizeof(own_protocols[0]));
	if (!own_protocols[i].name) {
		own_protocols[i].name = name;
		own_protocols[i].protocol = objc_allocateProtocol(name);
	}
	return own_protocols[i].protocol;
}

bool tongs_runtime_conforms_to(Class class, const Protocol *protocol) {
	return class_conformsToProtocol(class, (Protocol *)protocol);
}

const char *tongs_runtime_get_types(SEL selector) {
	return sel_getType_np(selector);
}

static IMP (*own_forward)(id receiver, SEL selector);
static IMP (*next_forward)(id receiver, SEL selector); /* the runtime's, which returns nil, or Foundation's */

/* Without a receiver, where a program looks a method up by its class, Foundation answers if it is there. */
static IMP forward(id receiver, SEL selector) {
	IMP found = receiver || !objc_lookUpClass("NSObject") ? own_forward(receiver, selector) : NULL;
	return found ? found : next_forward(receiver, selector);
}

void tongs_runtime_set_forward(IMP (*function)(id receiver, SEL selector)) {
	own_forward = function;
	next_forward = __objc_msg_forward2;
	__objc_msg_forward2 = forward;
}

/* The runtime's own pool is in use once one was pushed. */
bool tongs_runtime_autorelease(id object) {
	Class pool = objc_lookUpClass("NSAutoreleasePool");
	if (pool) {
		tongs_send1((id)pool, "addObject:", object);
	} else {
		objc_autoreleasePoolPush();
		objc_autorelease(object);
	}
	return true;
}

void *tongs_runtime_push_pool(void) {
	return objc_autoreleasePoolPush();
}

void tongs_runtime_pop_pool(void *pool) {
	objc_autoreleasePoolPop(pool);
}

/* An object with associated objects, or on which a thread has synchronized, has a hidden class of its own. */
void tongs_runtime_end_object(id object) {
	objc_delete_weak_refs(object);
	while (*(Class *)object != object_getClass(object))
		tongs_send(object, ".cxx_destruct");
}

/* The linker names them. NOLINTNEXTLINE(bugprone-reserved-identifier) */
extern const struct tongs_runtime_class_ref __start_tongs_class_refs[], __stop_tongs_class_refs[];

void tongs_runtime_set_class_refs(void) {
	for (const struct tongs_runtime_class_ref *ref = __start_tongs_class_refs; ref != __stop_tongs_class_refs;
		ref++)
		*ref->class = objc_lookUpClass(ref->name);
}
