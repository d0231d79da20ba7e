/* SPDX-License-Identifier: MIT */
/* Registers the classes with libobjc. */
#include "objc/class.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/env.h"
#include "util/log.h"
#include "metal/leaks.h"
#include "metal/object.h"
#include "objc/forward.h"
#include "objc/protocol.h"
#include "metal/zombie.h"

/* A superclass stands before its subclasses. */
static const struct tongs_objc_class *const tables[] = {
	&tongs_objc_root,
	&tongs_objc_device,
	&tongs_objc_heap,
	&tongs_objc_resource,
	&tongs_objc_buffer,
	&tongs_objc_texture,
	&tongs_objc_texture_descriptor,
	&tongs_objc_heap_descriptor,
	&tongs_objc_string,
	&tongs_objc_array,
};
#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static Class classes[TABLE_COUNT];
static Class kind_classes[TONGS_KIND_HEAP_DESCRIPTOR + 1];

/* Compiled Objective-C that names a class links to such a symbol. */
#define CLASS_SYMBOL(name) \
	TONGS_API extern const char __objc_class_name_##name; \
	const char __objc_class_name_##name = 0
CLASS_SYMBOL(MTLHeapDescriptor);
CLASS_SYMBOL(MTLTextureDescriptor);
CLASS_SYMBOL(TongsObject);

/* libobjc exports this and declares it nowhere; of class_addMethod's copies of the names every one is lost. */
struct method_list {
	struct method_list *next;
	int count;
	struct {
		const char *name; /* becomes the selector */
		const char *types;
		IMP function;
	} methods[];
};
void class_add_method_list(Class class, struct method_list *list);

/* Each with the function of its row, or, to a zombie class, with one that tells and returns 0. */
static void add_methods(Class class, const struct tongs_objc_method *methods, bool zombie) {
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
		list->methods[i].function =
			zombie ? tongs_objc_forward_zero(methods[i].types) : (IMP)methods[i].function;
	}
	class_add_method_list(class, list);
}

/* A second copy of the library, or the program, may have taken the name: then the class gets another one. */
static Class allocate(const struct tongs_objc_class *table) {
	Class super = table->super ? tongs_objc_class_get(table->super) : Nil;
	Class made = objc_allocateClassPair(super, table->name, 0);
	for (unsigned attempt = 2; !made; attempt++) {
		char name[64];
		snprintf(name, sizeof(name), "%s_%u", table->name, attempt);
		made = objc_allocateClassPair(super, name, 0);
		if (made)
			tongs_log_warning(
				"another Objective-C class %s is loaded: Tongs' own is named %s", table->name, name);
	}
	return made;
}

static Class create(const struct tongs_objc_class *table) {
	Class made = allocate(table), meta = object_getClass((id)made);
	if (!table->super)
		class_addIvar(made, "isa", sizeof(Class), __builtin_ctz(_Alignof(Class)), "#");
	objc_registerClassPair(made);
	for (size_t i = 0; i < sizeof(table->protocols) / sizeof(table->protocols[0]) && table->protocols[i]; i++)
		class_addProtocol(made, tongs_objc_protocol_get(table->protocols[i]));
	add_methods(made, table->methods, false);
	/* Classes are instances, too: a root class answers for them. What is added later goes before. */
	if (!table->super)
		add_methods(meta, table->methods, false);
	add_methods(meta, table->class_methods, false);
	return made;
}

/* The class of all zombies knows what any of our objects knows: so no forwarding, which Foundation would take over, is
 * needed to catch it. */
static const struct tongs_objc_class zombie_table = {.name = "TongsZombie"};

static Class create_zombie_class(void) {
	Class made = create(&zombie_table);
	for (size_t i = 0; i < TABLE_COUNT; i++)
		add_methods(made, tables[i]->methods, true);
	return made;
}

__attribute__((constructor)) static void register_classes(void) {
	for (size_t i = 0; i < TABLE_COUNT; i++)
		classes[i] = create(tables[i]);
	kind_classes[TONGS_KIND_DEVICE] = tongs_objc_class_get(&tongs_objc_device);
	kind_classes[TONGS_KIND_HEAP] = tongs_objc_class_get(&tongs_objc_heap);
	kind_classes[TONGS_KIND_BUFFER] = tongs_objc_class_get(&tongs_objc_buffer);
	kind_classes[TONGS_KIND_TEXTURE] = tongs_objc_class_get(&tongs_objc_texture);
	kind_classes[TONGS_KIND_TEXTURE_DESCRIPTOR] = tongs_objc_class_get(&tongs_objc_texture_descriptor);
	kind_classes[TONGS_KIND_HEAP_DESCRIPTOR] = tongs_objc_class_get(&tongs_objc_heap_descriptor);
	tongs_objc_forward_install();
	if (tongs_env_is_on("TONGS_LEAKS"))
		tongs_leaks_enable();
	if (tongs_env_is_on("TONGS_ZOMBIES"))
		tongs_zombie_enable(create_zombie_class());
}

Class tongs_class_get(enum tongs_kind kind) {
	return kind_classes[kind];
}

Class tongs_objc_class_get(const struct tongs_objc_class *table) {
	size_t i = 0;
	while (tables[i] != table)
		i++;
	return classes[i];
}

bool tongs_objc_class_is_ours(id object) {
	Class root = tongs_objc_class_get(&tongs_objc_root), root_meta = object_getClass((id)root);
	for (Class class = object_getClass(object); class; class = class_getSuperclass(class))
		if (class == root || class == root_meta || class == tongs_zombie_get_class())
			return true;
	return false;
}
