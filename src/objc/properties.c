/* SPDX-License-Identifier: MIT */
/* Classes whose objects are lists of values, with generic getters and setters, which find the value of the property
 * that they were sent for by the selector. */
#include "objc/properties.h"

#include <assert.h>
#include <float.h>
#include <string.h>

#include "metal/object.h"
#include "objc/check.h"
#include "objc/keep.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/alloc.h"

union value {
	uintptr_t word;
	float real;
	id object; /* a reference */
};

struct property {
	const char *getter, *setter; /* no setter: read-only */
	union value initial;
	bool is_object;
	const char *part;  /* of the class of an object of its own, which is made at the first use; NULL: no part */
	const char *alias; /* the getter of the property that this is another name of; NULL: none */
};

struct properties {
	struct tongs_objc_class class;
	const char *super, *maker;
	const struct property *list;     /* without those of `super`; up to one without a getter */
	const char *element;             /* of a list of descriptors: their class; NULL: no such list */
	size_t count;                    /* of elements */
	const struct properties *parent; /* the classes' table of `super`; NULL: the root class */
	size_t first;                    /* how many values those of `super` have */
	size_t total;                    /* of values, with those of `super` */
};

struct descriptor {
	struct tongs_object object;
	const struct properties *type;
	union value values[];
};

static struct properties *find_type(const char *name);

static bool is_object(const struct properties *type, size_t index) {
	if (type->element)
		return true;
	while (index < type->first)
		type = type->parent;
	return type->list[index - type->first].is_object;
}

static struct tongs_object *destroy(struct tongs_object *object) {
	struct descriptor *descriptor = (struct descriptor *)object;
	for (size_t i = 0; i < descriptor->type->total; i++)
		if (is_object(descriptor->type, i) && descriptor->values[i].object)
			tongs_send(descriptor->values[i].object, "release");
	return tongs_object_free(object);
}

static void set_defaults(struct descriptor *descriptor) {
	for (const struct properties *type = descriptor->type; type; type = type->parent)
		for (size_t i = 0; type->list && type->list[i].getter; i++)
			descriptor->values[type->first + i] = type->list[i].initial;
}

/* NULL, with an error logged, when memory runs out. */
static struct descriptor *create(const struct properties *type) {
	assert(type);
	struct descriptor *descriptor = tongs_malloc(1, sizeof(*descriptor) + type->total * sizeof(union value));
	if (descriptor) {
		descriptor->type = type;
		set_defaults(descriptor);
	}
	if (!descriptor || !tongs_object_publish(&descriptor->object, TONGS_KIND_DESCRIPTOR, destroy)) {
		tongs_log_error("out of memory for an %s", type->class.name);
		tongs_free(NULL, descriptor);
		return NULL;
	}
	descriptor->object.isa = type->class.class;
	return descriptor;
}

id tongs_properties_new(const char *class_name) {
	return (id)create(find_type(class_name));
}

bool tongs_properties_check(const void *object, const char *class_name, SEL method) {
	if (tongs_handle_kind(object) == TONGS_KIND_DESCRIPTOR &&
		strcmp(((const struct descriptor *)object)->type->class.name, class_name) == 0)
		return true;
	tongs_log_error("%s %p is not an %s", sel_getName(method), object, class_name);
	return false;
}

/* Copies objects that can be copied, and retains others. */
static id copy_object(id object) {
	if (!object)
		return nil;
	return tongs_send(object, tongs_responds(object, "copyWithZone:") ? "copy" : "retain");
}

static id copyWithZone(struct descriptor *self, SEL _cmd, void *zone);

/* Parts are copied, as what they are a part of is; other objects are shared. */
static id copy_value(id object, SEL copy) {
	if (tongs_handle_kind(object) == TONGS_KIND_DESCRIPTOR)
		return copyWithZone((struct descriptor *)object, copy, NULL);
	return tongs_send(object, "retain");
}

static id copyWithZone(struct descriptor *self, SEL _cmd, void *zone) {
	struct descriptor *copy = create(self->type);
	for (size_t i = 0; copy && i < self->type->total; i++) {
		if (!is_object(self->type, i)) {
			copy->values[i] = self->values[i];
		} else if (self->values[i].object) {
			copy->values[i].object = copy_value(self->values[i].object, _cmd);
			if (!copy->values[i].object) {
				tongs_object_unref(&copy->object);
				copy = NULL;
			}
		}
	}
	return (id)copy;
}

/* The property with that getter or setter, and the index of its value. NULL, with an error logged, if a program has
 * given the method another selector. */
static const struct property *find(const struct descriptor *self, SEL selector, size_t *index) {
	const char *name = sel_getName(selector);
	const struct properties *type = self->type;
	do {
		for (const struct property *p = type->list; p->getter; p++) {
			if (strcmp(p->getter, name) != 0 && (!p->setter || strcmp(p->setter, name) != 0))
				continue;
			if (p->alias)
				return find(self, sel_registerName(p->alias), index);
			*index = type->first + (size_t)(p - type->list);
			return p;
		}
		type = type->parent;
	} while (type);
	tongs_log_error(
		"%s is no property of an %s: its methods must keep their selectors", name, self->type->class.name);
	return NULL;
}

/* NULL as find. */
static union value *get(struct descriptor *self, SEL selector) {
	size_t index;
	return find(self, selector, &index) ? &self->values[index] : NULL;
}

/* Threads that ask at once get the same object. */
static id get_or_make(union value *value, const char *class_name) {
	id object = __atomic_load_n(&value->object, __ATOMIC_ACQUIRE);
	id made = object ? nil : tongs_properties_new(class_name);
	if (!made ||
		__atomic_compare_exchange_n(&value->object, &object, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return made ? made : object;
	tongs_send(made, "release");
	return object;
}

static uintptr_t get_word(struct descriptor *self, SEL _cmd) {
	const union value *value = get(self, _cmd);
	return value ? value->word : 0;
}

static float get_float(struct descriptor *self, SEL _cmd) {
	const union value *value = get(self, _cmd);
	return value ? value->real : 0;
}

static id get_object(struct descriptor *self, SEL _cmd) {
	const union value *value = get(self, _cmd);
	return value ? value->object : nil;
}

static id get_part(struct descriptor *self, SEL _cmd) {
	size_t index;
	const struct property *property = find(self, _cmd, &index);
	return property ? get_or_make(&self->values[index], property->part) : nil;
}

static void set_word(struct descriptor *self, SEL _cmd, uintptr_t word) {
	union value *value = get(self, _cmd);
	if (value)
		value->word = word;
}

static void set_word32(struct descriptor *self, SEL _cmd, uint32_t word) {
	set_word(self, _cmd, word);
}

static void set_bool(struct descriptor *self, SEL _cmd, BOOL word) {
	set_word(self, _cmd, (uintptr_t)word);
}

static void set_float(struct descriptor *self, SEL _cmd, float real) {
	union value *value = get(self, _cmd);
	if (value)
		value->real = real;
}

/* Takes the reference to `object`. */
static void replace(union value *value, id object) {
	id old = value->object;
	value->object = object;
	if (old)
		tongs_send(old, "release");
}

static void set_object(struct descriptor *self, SEL _cmd, id object) {
	union value *value = get(self, _cmd);
	if (value)
		replace(value, object ? tongs_send(object, "retain") : nil);
}

static void set_copy(struct descriptor *self, SEL _cmd, id object) {
	union value *value = get(self, _cmd);
	if (value)
		replace(value, copy_object(object));
}

static void set_text(struct descriptor *self, SEL _cmd, id string) {
	union value *value = get(self, _cmd);
	const char *text = value ? tongs_string_get_text(string) : NULL;
	id copy = tongs_string_new(text);
	if (text && !copy)
		tongs_log_error("%s out of memory: the old value is kept", sel_getName(_cmd));
	else if (value)
		replace(value, copy ? tongs_send(copy, "retain") : nil);
}

static void set_part(struct descriptor *self, SEL _cmd, id part) {
	size_t index;
	const struct property *property = find(self, _cmd, &index);
	if (property && (!part || tongs_properties_check(part, property->part, _cmd)))
		replace(&self->values[index], copy_object(part));
}

static void reset(struct descriptor *self, SEL _cmd) {
	for (size_t i = 0; i < self->type->total; i++)
		if (is_object(self->type, i))
			replace(&self->values[i], nil);
	set_defaults(self);
}

static void ignore(struct descriptor *self, SEL _cmd) {
}

static bool check_index(const struct descriptor *self, SEL method, NSUInteger index) {
	if (index < self->type->count)
		return true;
	tongs_log_error("%s index %lu: an %s has %zu", sel_getName(method), (unsigned long)index,
		self->type->class.name, self->type->count);
	return false;
}

static id objectAtIndexedSubscript(struct descriptor *self, SEL _cmd, NSUInteger index) {
	if (!check_index(self, _cmd, index))
		return nil;
	return get_or_make(&self->values[index], self->type->element);
}

static void setObjectAtIndexedSubscript(struct descriptor *self, SEL _cmd, id object, NSUInteger index) {
	if (check_index(self, _cmd, index) && (!object || tongs_properties_check(object, self->type->element, _cmd)))
		replace(&self->values[index], copy_object(object));
}

static id alloc(Class self, SEL _cmd);

static id make(Class self, SEL _cmd) {
	return tongs_keep((struct tongs_object *)alloc(self, _cmd));
}

/* A property of kind k has the functions GET_k and set_k. */
#define GET_word get_word
#define GET_word32 get_word
#define GET_bool get_word
#define GET_float get_float
#define GET_object get_object
#define GET_copy get_object
#define GET_text get_object
#define GET_part get_part

/* First, the methods. */
#define PROPERTY(getter, setter, encoding, kind, ...) \
	KEEPS_VALUE(#getter, GET_##kind, encoding "@:"), KEEPS_VALUE(#setter ":", set_##kind, "v@:" encoding),
#define READONLY_PROPERTY(getter, kind, ...) METHOD(#getter, GET_##kind, "@@:"),
#define PLAIN_METHOD(method) method,
#define CLASS(name, super, maker) static const struct tongs_objc_method name##_methods[] = {
#define END \
	METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"), METHODS_END \
	} \
	;
#define LIST(name, element, count)
#include "objc/properties.inc"

static const struct tongs_objc_method list_methods[] = {
	METHOD("copyWithZone:", copyWithZone, "@@:^{_NSZone=}"),
	METHOD("objectAtIndexedSubscript:", objectAtIndexedSubscript, "@@:Q"),
	METHOD("setObject:atIndexedSubscript:", setObjectAtIndexedSubscript, "v@:@Q"),
	METHODS_END,
};

static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHODS_END,
};

/* Then, the classes. */
#define PROPERTY(getter, setter, encoding, kind, ...) {#getter, #setter ":", __VA_ARGS__},
#define READONLY_PROPERTY(name, kind, ...) {.getter = #name, .is_object = true, __VA_ARGS__},
#define PLAIN_METHOD(method)
#define TABLE(class_name, table) \
	{ \
		.name = #class_name, .methods = table, .class_methods = class_methods, .protocols = { "NSCopying" } \
	}
#define CLASS(name, super_name, maker_name) \
	{ \
		.class = TABLE(name, name##_methods), .super = #super_name, .maker = maker_name, \
		.list = (const struct property[]) {
#define END \
	{ .getter = NULL } \
	} \
	} \
	,
#define LIST(class_name, element_name, number) \
	{.class = {.name = #class_name, .methods = list_methods, .class_methods = class_methods}, \
		.element = #element_name, \
		.count = (number), \
		.total = (number)},
static struct properties types[] = {
#include "objc/properties.inc"
};
enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };

static struct properties *find_type(const char *name) {
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (strcmp(types[i].class.name, name) == 0)
			return &types[i];
	return NULL;
}

static id alloc(Class self, SEL _cmd) {
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (self == types[i].class.class)
			return (id)create(&types[i]);
	return tongs_objc_refuse_subclass(self);
}

static void create_class(struct properties *type, Class root) {
	type->parent = type->element ? NULL : find_type(type->super);
	type->first = type->parent ? type->parent->total : 0;
	if (!type->element)
		type->total = type->first;
	for (const struct property *p = type->list; p && p->getter; p++)
		type->total++;
	tongs_objc_class_create(&type->class, type->parent ? type->parent->class.class : root);
	if (type->maker) {
		const struct tongs_objc_method maker[] = {METHOD(type->maker, make, "@@:"), METHODS_END};
		tongs_runtime_add_methods(object_getClass((id)type->class.class), maker);
	}
}

void tongs_properties_create_classes(Class root) {
	tongs_object_set_class(TONGS_KIND_DESCRIPTOR, root); /* until an object has its own */
	for (size_t i = 0; i < TYPE_COUNT; i++)
		create_class(&types[i], root);
}

id tongs_properties_new_architecture(id name) {
	struct descriptor *architecture = create(find_type("MTLArchitecture"));
	if (architecture && name)
		architecture->values[0].object = tongs_send(name, "retain");
	return tongs_keep(architecture ? &architecture->object : NULL);
}
