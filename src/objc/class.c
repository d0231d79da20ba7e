/* SPDX-License-Identifier: MIT */
/* Builds classes with libobjc's functions, and finds or makes protocols, for which libobjc has none. */
#include "objc/class.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

/* A protocol object as compilers lay it out for libobjc. They disagree about what marks one. */
struct protocol {
	Class isa; /* a small number until the runtime has seen it, which never happens to some */
	const char *name;
	const struct protocol_list *protocols; /* may be NULL, like all below */
	const void *instance_methods;
	const void *class_methods;
};

struct protocol_list {
	const struct protocol_list *next;
	size_t count;
	const struct protocol *protocols[];
};

static struct protocol own_protocols[] = {
	{.name = "NSObject"},
	{.name = "NSCopying"},
	{.name = "NSFastEnumeration"},
	{.name = "MTLDevice"},
	{.name = "MTLHeap"},
	{.name = "MTLResource"},
	{.name = "MTLBuffer"},
	{.name = "MTLTexture"},
};

/* The program's protocol, or else one of our own. */
static Protocol *get_protocol(const char *name) {
	Protocol *protocol = objc_getProtocol(name);
	for (size_t i = 0; !protocol && i < sizeof(own_protocols) / sizeof(own_protocols[0]); i++) {
		if (strcmp(own_protocols[i].name, name) == 0) {
			own_protocols[i].isa = objc_lookUpClass("Protocol");
			protocol = (Protocol *)&own_protocols[i];
		}
	}
	return protocol;
}

static bool includes(const struct protocol *protocol, const char *name) {
	if (strcmp(protocol->name, name) == 0)
		return true;
	for (const struct protocol_list *list = protocol->protocols; list; list = list->next)
		for (size_t i = 0; i < list->count; i++)
			if (includes(list->protocols[i], name))
				return true;
	return false;
}

static bool adopts(Class class, const char *name) {
	Protocol **adopted = class_copyProtocolList(class, NULL);
	bool found = false;
	for (Protocol **p = adopted; p && *p && !found; p++)
		found = includes((const struct protocol *)*p, name);
	free(adopted);
	return found;
}

bool tongs_objc_class_conforms_to(Class class, const Protocol *protocol) {
	if (!protocol)
		return false;
	for (; class; class = class_getSuperclass(class))
		if (adopts(class, ((const struct protocol *)protocol)->name))
			return true;
	return false;
}

/* libobjc exports this function without declaring it. class_addMethod would leak a copy of each name. */
struct method_list {
	struct method_list *next;
	int count;
	struct {
		const char *name; /* replaced by the selector */
		const char *types;
		IMP function;
	} methods[];
};
void class_add_method_list(Class class, struct method_list *list);

void tongs_objc_class_add_methods(Class class, const struct tongs_objc_method *methods) {
	int count = 0;
	while (methods && methods[count].selector)
		count++;
	if (!count)
		return;
	struct method_list *list = objc_malloc(sizeof(*list) + (size_t)count * sizeof(list->methods[0]));
	list->next = NULL;
	list->count = count;
	for (int i = 0; i < count; i++) {
		list->methods[i].name = methods[i].selector;
		list->methods[i].types = methods[i].types;
		list->methods[i].function = (IMP)methods[i].function;
	}
	class_add_method_list(class, list);
}

/* If the program, or a second copy of the library, has a class of this name, ours gets another one. */
static Class allocate(const char *name, Class super) {
	Class class = objc_allocateClassPair(super, name, 0);
	for (unsigned attempt = 2; !class; attempt++) {
		char numbered[64];
		snprintf(numbered, sizeof(numbered), "%s_%u", name, attempt);
		class = objc_allocateClassPair(super, numbered, 0);
		if (class)
			tongs_log_warning(
				"another Objective-C class %s is loaded: the one of Tongs is named %s", name, numbered);
	}
	return class;
}

static Class roots[2];
static size_t root_count;

void tongs_objc_class_create(struct tongs_objc_class *table, Class super) {
	Class class = allocate(table->name, super), meta = object_getClass((id) class);
	if (!super) {
		assert(root_count < sizeof(roots) / sizeof(roots[0]));
		roots[root_count++] = class;
		class_addIvar(class, "isa", sizeof(Class), __builtin_ctz(_Alignof(Class)), "#");
	}
	objc_registerClassPair(class);
	for (size_t i = 0; i < sizeof(table->protocols) / sizeof(table->protocols[0]) && table->protocols[i]; i++)
		class_addProtocol(class, get_protocol(table->protocols[i]));
	tongs_objc_class_add_methods(class, table->methods);
	/* A class is an instance, too, and inherits the root's instance methods; class methods, added later, override
	 * them. */
	if (!super)
		tongs_objc_class_add_methods(meta, table->methods);
	tongs_objc_class_add_methods(meta, table->class_methods);
	table->class = class;
}

bool tongs_objc_class_is_ours(id object) {
	for (Class class = object_getClass(object); class; class = class_getSuperclass(class))
		for (size_t i = 0; i < root_count; i++)
			if (class == roots[i] || class == object_getClass((id)roots[i]))
				return true;
	return false;
}
