/* SPDX-License-Identifier: MIT */
/* TongsObject, the root class: the methods of the NSObject protocol, and those that Foundation sends to any object. */
#include "metal/object.h"
#include "objc/forward.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/log.h"

static id retain(struct tongs_object *self, SEL _cmd) {
	if (TONGS_RUNTIME_HAS_WEAK)
		return tongs_refs_take(&self->refs) ? (id)self : nil;
	tongs_object_ref(self);
	return (id)self;
}

static void release(struct tongs_object *self, SEL _cmd) {
	tongs_object_unref(self);
}

static id autorelease(id self, SEL _cmd) {
	tongs_runtime_autorelease(self);
	return self;
}

static NSUInteger retainCount(struct tongs_object *self, SEL _cmd) {
	return atomic_load_explicit(&self->refs, memory_order_relaxed);
}

static void dealloc(id self, SEL _cmd) {
	tongs_log_error("dealloc was sent to the %s %p, which is not freed: release it instead",
		object_getClassName(self), (void *)self);
}

static Class class(id self, SEL _cmd) {
	return object_getClass(self);
}

static Class superclass(id self, SEL _cmd) {
	return class_getSuperclass(object_getClass(self));
}

static BOOL conformsToProtocol(id self, SEL _cmd, Protocol *protocol) {
	return tongs_runtime_conforms_to(object_getClass(self), protocol);
}

static id description(id self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p>", object_getClassName(self), (void *)self);
}

static id debugDescription(id self, SEL _cmd) {
	return tongs_send(self, "description");
}

static id copy(id self, SEL _cmd) {
	return tongs_send1(self, "copyWithZone:", NULL);
}

static id itself(id self, SEL _cmd) {
	return self;
}

static NSUInteger hash(id self, SEL _cmd) {
	return (uintptr_t)self >> 4;
}

static BOOL isEqual(id self, SEL _cmd, id other) {
	return self == other;
}

static BOOL isKindOfClass(id self, SEL _cmd, Class wanted) {
	Class class = object_getClass(self);
	while (class && class != wanted)
		class = class_getSuperclass(class);
	return class != Nil;
}

static BOOL isMemberOfClass(id self, SEL _cmd, Class wanted) {
	return object_getClass(self) == wanted;
}

static BOOL isProxy(id self, SEL _cmd) {
	return NO;
}

static void *zone(id self, SEL _cmd) {
	return NULL; /* the default zone */
}

static BOOL respondsToSelector(id self, SEL _cmd, SEL selector) {
	return class_respondsToSelector(object_getClass(self), selector);
}

static id performSelector(id self, SEL _cmd, SEL selector) {
	return TONGS_IMP(id(*)(id, SEL), self, selector)(self, selector);
}

static id performSelector_withObject(id self, SEL _cmd, SEL selector, id object) {
	return TONGS_IMP(id(*)(id, SEL, id), self, selector)(self, selector, object);
}

static id performSelector_withObject_withObject(id self, SEL _cmd, SEL selector, id object1, id object2) {
	return TONGS_IMP(id(*)(id, SEL, id, id), self, selector)(self, selector, object1, object2);
}

static IMP methodForSelector(id self, SEL _cmd, SEL selector) {
	return selector ? objc_msg_lookup(self, selector) : NULL;
}

static id signature(Class class, SEL selector) {
	struct objc_method *method = class_getInstanceMethod(class, selector);
	Class foundation = objc_lookUpClass("NSMethodSignature");
	if (!method || !foundation)
		return nil;
	return tongs_send1((id)foundation, "signatureWithObjCTypes:", method_getTypeEncoding(method));
}

static id methodSignatureForSelector(id self, SEL _cmd, SEL selector) {
	return signature(object_getClass(self), selector);
}

static void doesNotRecognizeSelector(id self, SEL _cmd, SEL selector) {
	tongs_objc_forward_refuse(self, selector);
}

static void forwardInvocation(id self, SEL _cmd, id invocation) {
	tongs_objc_forward_refuse(self, (SEL)tongs_send_chars(invocation, "selector"));
}

static id alloc(Class self, SEL _cmd) {
	tongs_log_error("alloc was sent to the class %s: only descriptors are allocated; devices, heaps and buffers "
			"create the others",
		class_getName(self));
	return nil;
}

static id allocWithZone(id self, SEL _cmd, void *zone) {
	return tongs_send(self, "alloc");
}

static id new (id self, SEL _cmd) {
	id object = tongs_send(self, "alloc");
	return object ? tongs_send(object, "init") : nil;
}

static void class_release(Class self, SEL _cmd) {
}

static NSUInteger class_retainCount(Class self, SEL _cmd) {
	return UINTPTR_MAX;
}

static Class class_superclass(Class self, SEL _cmd) {
	return class_getSuperclass(self);
}

static id class_description(Class self, SEL _cmd) {
	return tongs_string_new(class_getName(self));
}

static BOOL class_conformsTo(Class self, SEL _cmd, Protocol *protocol) {
	return tongs_runtime_conforms_to(self, protocol);
}

static BOOL instancesRespondToSelector(Class self, SEL _cmd, SEL selector) {
	return class_respondsToSelector(self, selector);
}

static IMP instanceMethodForSelector(Class self, SEL _cmd, SEL selector) {
	return class_getMethodImplementation(self, selector);
}

static id instanceMethodSignatureForSelector(Class self, SEL _cmd, SEL selector) {
	return signature(self, selector);
}

static BOOL isSubclassOfClass(Class self, SEL _cmd, Class wanted) {
	Class class = self;
	while (class && class != wanted)
		class = class_getSuperclass(class);
	return class != Nil;
}

static const struct tongs_objc_method methods[] = {
	METHOD("self", itself, "@@:"),
	METHOD("hash", hash, "Q@:"),
	METHOD("isEqual:", isEqual, "C@:@"),
	METHOD("isKindOfClass:", isKindOfClass, "C@:#"),
	METHOD("isMemberOfClass:", isMemberOfClass, "C@:#"),
	METHOD("isProxy", isProxy, "C@:"),
	METHOD("zone", zone, "^{_NSZone=}@:"),
	METHOD("respondsToSelector:", respondsToSelector, "C@::"),
	METHOD("performSelector:", performSelector, "@@::"),
	METHOD("performSelector:withObject:", performSelector_withObject, "@@::@"),
	METHOD("performSelector:withObject:withObject:", performSelector_withObject_withObject, "@@::@@"),
	METHOD("methodForSelector:", methodForSelector, "^?@::"),
	METHOD("methodSignatureForSelector:", methodSignatureForSelector, "@@::"),
	METHOD("doesNotRecognizeSelector:", doesNotRecognizeSelector, "v@::"),
	METHOD("doesNotRecognize:", doesNotRecognizeSelector, "v@::"),
	METHOD("forward::", tongs_objc_forward_builtin, "^v@::^v"),
	METHOD("forwardInvocation:", forwardInvocation, "v@:@"),
	METHOD("debugDescription", debugDescription, "@@:"),
	METHOD("init", itself, "@@:"),
	METHOD("retain", retain, "@@:"),
	METHOD("release", release, "Vv@:"),
	METHOD("autorelease", autorelease, "@@:"),
	METHOD("retainCount", retainCount, "Q@:"),
	METHOD("dealloc", dealloc, "v@:"),
	METHOD("class", class, "#@:"),
	METHOD("superclass", superclass, "#@:"),
	METHOD("conformsToProtocol:", conformsToProtocol, "C@:@"),
	METHOD("description", description, "@@:"),
	METHOD("copy", copy, "@@:"),
	METHODS_END,
};

/* A class has the instance methods, too, except where these override them. */
static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHOD("allocWithZone:", allocWithZone, "@@:^{_NSZone=}"),
	METHOD("new", new, "@@:"),
	METHOD("retain", itself, "@@:"),
	METHOD("release", class_release, "Vv@:"),
	METHOD("autorelease", itself, "@@:"),
	METHOD("retainCount", class_retainCount, "Q@:"),
	METHOD("copy", itself, "@@:"),
	METHOD("copyWithZone:", itself, "@@:^{_NSZone=}"),
	METHOD("class", itself, "#@:"),
	METHOD("superclass", class_superclass, "#@:"),
	METHOD("conformsToProtocol:", class_conformsTo, "C@:@"),
	METHOD("description", class_description, "@@:"),
	METHOD("instancesRespondToSelector:", instancesRespondToSelector, "C@::"),
	METHOD("instanceMethodForSelector:", instanceMethodForSelector, "^?@::"),
	METHOD("instanceMethodSignatureForSelector:", instanceMethodSignatureForSelector, "@@::"),
	METHOD("isSubclassOfClass:", isSubclassOfClass, "C@:#"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_root = {
	.name = "TongsObject",
	.methods = methods,
	.class_methods = class_methods,
	.protocols = {"NSObject"},
};
