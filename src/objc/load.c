/* SPDX-License-Identifier: MIT */
/* Registers all classes when the library is loaded. */
#include "metal/object.h"
#include "objc/forward.h"
#include "objc/tables.h"
#include "util/settings.h"

/* A superclass stands before its subclasses. */
static const struct {
	struct tongs_objc_class *table, *super; /* no super: a root class */
	enum tongs_kind kind;                   /* NONE: not for the objects of src/metal */
} classes[] = {
	{&tongs_objc_root, NULL, TONGS_KIND_NONE},
	{&tongs_objc_device, &tongs_objc_root, TONGS_KIND_DEVICE},
	{&tongs_objc_heap, &tongs_objc_root, TONGS_KIND_HEAP},
	{&tongs_objc_resource, &tongs_objc_root, TONGS_KIND_NONE},
	{&tongs_objc_buffer, &tongs_objc_resource, TONGS_KIND_BUFFER},
	{&tongs_objc_texture, &tongs_objc_resource, TONGS_KIND_TEXTURE},
	{&tongs_objc_texture_descriptor, &tongs_objc_root, TONGS_KIND_TEXTURE_DESCRIPTOR},
	{&tongs_objc_heap_descriptor, &tongs_objc_root, TONGS_KIND_HEAP_DESCRIPTOR},
	{&tongs_objc_string, &tongs_objc_root, TONGS_KIND_NONE},
	{&tongs_objc_array, &tongs_objc_root, TONGS_KIND_NONE},
};
enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

/* Compiled Objective-C that names a class links to such a symbol. */
#define CLASS_SYMBOL(name) \
	TONGS_API extern const char __objc_class_name_##name; \
	const char __objc_class_name_##name = 0
CLASS_SYMBOL(MTLHeapDescriptor);
CLASS_SYMBOL(MTLTextureDescriptor);
CLASS_SYMBOL(TongsObject);

/* The zombie class has the methods of all classes, each reporting the message and returning 0. So no message to a
 * zombie is forwarded, which Foundation may have taken over. */
static Class create_zombie_class(void) {
	static struct tongs_objc_class zombie = {.name = "TongsZombie"};
	tongs_objc_class_create(&zombie, Nil);
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		for (const struct tongs_objc_method *method = classes[i].table->methods; method->selector; method++) {
			const struct tongs_objc_method one[] = {
				METHOD(method->selector, tongs_objc_forward_zero(method->types), method->types),
				METHODS_END,
			};
			tongs_objc_class_add_methods(zombie.class, one);
		}
	}
	return zombie.class;
}

__attribute__((constructor)) static void register_classes(void) {
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		tongs_objc_class_create(classes[i].table, classes[i].super ? classes[i].super->class : Nil);
		if (classes[i].kind != TONGS_KIND_NONE)
			tongs_object_set_class(classes[i].kind, classes[i].table->class);
	}
	tongs_objc_forward_install();
	if (tongs_settings_get(TONGS_SETTING_ZOMBIES))
		tongs_object_enable_zombies(create_zombie_class());
}
