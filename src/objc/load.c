/* SPDX-License-Identifier: MIT */
/* Registers all classes when the library is loaded. */
#include <string.h>

#include "metal/object.h"
#include "objc/constants.h"
#include "objc/forward.h"
#include "objc/properties.h"
#include "objc/string.h"
#include "objc/surface_properties.h"
#include "objc/tables.h"
#include "util/settings.h"

/* A superclass stands before its subclasses. */
static const struct {
	struct tongs_objc_class *table, *super; /* no super: a root class */
	enum tongs_kind kind;                   /* NONE: not for the objects of libtongs */
} classes[] = {
	{&tongs_objc_root, NULL, TONGS_KIND_NONE},
	{&tongs_objc_device, &tongs_objc_root, TONGS_KIND_DEVICE},
	{&tongs_objc_heap, &tongs_objc_root, TONGS_KIND_HEAP},
	{&tongs_objc_resource, &tongs_objc_root, TONGS_KIND_NONE},
	{&tongs_objc_buffer, &tongs_objc_resource, TONGS_KIND_BUFFER},
	{&tongs_objc_texture, &tongs_objc_resource, TONGS_KIND_TEXTURE},
	{&tongs_objc_texture_descriptor, &tongs_objc_root, TONGS_KIND_TEXTURE_DESCRIPTOR},
	{&tongs_objc_heap_descriptor, &tongs_objc_root, TONGS_KIND_HEAP_DESCRIPTOR},
	{&tongs_objc_shared_event, &tongs_objc_root, TONGS_KIND_SHARED_EVENT},
	{&tongs_objc_shared_event_listener, &tongs_objc_root, TONGS_KIND_SHARED_EVENT_LISTENER},
	{&tongs_objc_shared_event_handle, &tongs_objc_root, TONGS_KIND_SHARED_EVENT_HANDLE},
	{&tongs_objc_event, &tongs_objc_root, TONGS_KIND_EVENT},
	{&tongs_objc_fence, &tongs_objc_root, TONGS_KIND_FENCE},
	{&tongs_objc_command_queue, &tongs_objc_root, TONGS_KIND_COMMAND_QUEUE},
	{&tongs_objc_command_buffer, &tongs_objc_root, TONGS_KIND_COMMAND_BUFFER},
	{&tongs_objc_command_buffer_descriptor, &tongs_objc_root, TONGS_KIND_COMMAND_BUFFER_DESCRIPTOR},
	{&tongs_objc_blit_command_encoder, &tongs_objc_root, TONGS_KIND_BLIT_COMMAND_ENCODER},
	{&tongs_objc_error, &tongs_objc_root, TONGS_KIND_ERROR},
	{&tongs_objc_surface, &tongs_objc_root, TONGS_KIND_SURFACE},
	{&tongs_objc_shared_texture_handle, &tongs_objc_root, TONGS_KIND_SHARED_TEXTURE_HANDLE},
	{&tongs_objc_render_command_encoder, &tongs_objc_root, TONGS_KIND_RENDER_COMMAND_ENCODER},
	{&tongs_objc_render_pass_descriptor, &tongs_objc_root, TONGS_KIND_RENDER_PASS_DESCRIPTOR},
	{&tongs_objc_render_pass_attachment, &tongs_objc_root, TONGS_KIND_NONE},
	{&tongs_objc_render_pass_color_attachment, &tongs_objc_render_pass_attachment,
		TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR},
	{&tongs_objc_render_pass_color_attachment_array, &tongs_objc_root,
		TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY},
	{&tongs_objc_render_pass_depth_attachment, &tongs_objc_render_pass_attachment,
		TONGS_KIND_RENDER_PASS_DEPTH_ATTACHMENT_DESCRIPTOR},
	{&tongs_objc_render_pass_stencil_attachment, &tongs_objc_render_pass_attachment,
		TONGS_KIND_RENDER_PASS_STENCIL_ATTACHMENT_DESCRIPTOR},
	{&tongs_objc_device_observer, &tongs_objc_root, TONGS_KIND_DEVICE_OBSERVER},
	{&tongs_objc_string, &tongs_objc_root, TONGS_KIND_NONE},
	{&tongs_objc_array, &tongs_objc_root, TONGS_KIND_NONE},
};
enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

/* Compiled Objective-C that names a class links to such a symbol. */
#define CLASS_SYMBOL(name) \
	TONGS_API extern const char __objc_class_name_##name; \
	const char __objc_class_name_##name = 0; \
	TONGS_RUNTIME_CLASS_REF(name)
CLASS_SYMBOL(MTLCommandBufferDescriptor);
CLASS_SYMBOL(IOSurface);
CLASS_SYMBOL(MTLHeapDescriptor);
CLASS_SYMBOL(MTLRenderPassAttachmentDescriptor);
CLASS_SYMBOL(MTLRenderPassColorAttachmentDescriptor);
CLASS_SYMBOL(MTLRenderPassColorAttachmentDescriptorArray);
CLASS_SYMBOL(MTLRenderPassDepthAttachmentDescriptor);
CLASS_SYMBOL(MTLRenderPassDescriptor);
CLASS_SYMBOL(MTLRenderPassStencilAttachmentDescriptor);
CLASS_SYMBOL(MTLSharedEventHandle);
CLASS_SYMBOL(MTLSharedEventListener);
CLASS_SYMBOL(MTLSharedTextureHandle);
CLASS_SYMBOL(MTLTextureDescriptor);
CLASS_SYMBOL(TongsObject);
#define CLASS(name, super, maker) CLASS_SYMBOL(name);
#define END
#define LIST(name, element, count) CLASS_SYMBOL(name);
#define PROPERTY(...)
#define READONLY_PROPERTY(...)
#define PLAIN_METHOD(...)
#include "objc/properties.inc"

static void add_zombie_method(Class zombie, const struct tongs_objc_method *method) {
	const struct tongs_objc_method one[] = {
		METHOD(method->selector, tongs_objc_forward_zero(method->types), method->types),
		METHODS_END,
	};
	tongs_runtime_add_methods(zombie, one);
}

/* The zombie class has the methods of all classes, each reporting the message and returning 0. So no message to a
 * zombie is forwarded, which Foundation may have taken over. */
static Class create_zombie_class(void) {
	static struct tongs_objc_class zombie = {.name = "TongsZombie"};
	tongs_objc_class_create(&zombie, Nil);
	const struct tongs_objc_class *table = tongs_objc_class_get_first();
	for (; table != &zombie; table = table->next) {
		const struct tongs_objc_method *method;
		for (size_t i = 0; (method = tongs_objc_class_get_methods(table, i)); i++)
			for (; method->selector; method++)
				add_zombie_method(zombie.class, method);
	}
	return zombie.class;
}

/* The protocol that the class is for, or its own name where programs know that. */
static const char *get_owner(const struct tongs_objc_class *class) {
	const char *protocol = class->protocols[0];
	return protocol && strncmp(protocol, "MTL", 3) == 0 ? protocol : class->name;
}

void tongs_visit_methods(void (*visit)(const char *owner, const char *selector, enum tongs_method_answer answer,
				 const char *reason, void *user),
	void *user) {
	for (const struct tongs_objc_class *class = tongs_objc_class_get_first(); class; class = class->next) {
		const char *owner = get_owner(class);
		const struct tongs_objc_method *method;
		for (size_t i = 0; strncmp(owner, "MTL", 3) == 0 && (method = tongs_objc_class_get_methods(class, i));
			i++)
			for (; method->selector; method++)
				visit(owner, method->selector, method->answer,
					method->reason ? method->reason->text : NULL, user);
	}
}

__attribute__((constructor)) static void register_classes(void) {
	if (!tongs_runtime_init())
		return;
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		tongs_objc_class_create(classes[i].table, classes[i].super ? classes[i].super->class : Nil);
		if (classes[i].kind != TONGS_KIND_NONE)
			tongs_object_set_class(classes[i].kind, classes[i].table->class);
	}
	tongs_properties_create_classes(tongs_objc_root.class);
	tongs_string_create_constant_class(tongs_objc_root.methods);
	tongs_surface_properties_init();
	tongs_constants_init();
	tongs_objc_forward_install();
	tongs_runtime_set_class_refs();
	if (tongs_settings_get(TONGS_SETTING_ZOMBIES))
		tongs_object_enable_zombies(create_zombie_class());
}
