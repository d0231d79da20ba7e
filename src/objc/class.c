/* SPDX-License-Identifier: MIT */
/* Builds classes of the tables. */
#include "objc/class.h"

#include <assert.h>
#include <stdio.h>

#include "util/log.h"

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

static struct tongs_objc_class *first, **last = &first;

const struct tongs_objc_class *tongs_objc_class_get_first(void) {
	return first;
}

static Class roots[2];
static size_t root_count;

void tongs_objc_class_create(struct tongs_objc_class *table, Class super) {
	Class class = allocate(table->name, super), meta = object_getClass((id) class);
	if (!super) {
		assert(root_count < sizeof(roots) / sizeof(roots[0]));
		roots[root_count++] = class;
		tongs_runtime_prepare_root(class);
	}
	objc_registerClassPair(class);
	for (size_t i = 0; i < sizeof(table->protocols) / sizeof(table->protocols[0]) && table->protocols[i]; i++)
		class_addProtocol(class, tongs_runtime_get_protocol(table->protocols[i]));
	for (size_t i = 0; tongs_objc_class_get_methods(table, i); i++)
		tongs_runtime_add_methods(class, tongs_objc_class_get_methods(table, i));
	/* A class is an instance, too, and inherits the root's instance methods; class methods, added later, override
	 * them. */
	if (!super)
		tongs_runtime_add_methods(meta, table->methods);
	tongs_runtime_add_methods(meta, table->class_methods);
	table->class = class;
	*last = table;
	last = &table->next;
}

bool tongs_objc_class_is_ours(id object) {
	for (Class class = object_getClass(object); class; class = class_getSuperclass(class))
		for (size_t i = 0; i < root_count; i++)
			if (class == roots[i] || class == object_getClass((id)roots[i]))
				return true;
	return false;
}

id tongs_objc_refuse_subclass(Class class) {
	tongs_log_error("%s cannot be allocated: subclasses of %s are not supported", class_getName(class),
		class_getName(class_getSuperclass(class)));
	return nil;
}
