/* SPDX-License-Identifier: MIT */
/* MTLSharedTextureHandle. */
#include "metal/handle.h"

#include "objc/string.h"
#include "objc/tables.h"
#include "util/log.h"

static struct tongs_device *device(struct tongs_texture_handle *self, SEL _cmd) {
	return self->texture->resource.storage.device;
}

static id label(struct tongs_texture_handle *self, SEL _cmd) {
	return tongs_string_new_label(&self->texture->resource.storage.label);
}

static id alloc(Class self, SEL _cmd) {
	tongs_log_error("%s cannot be allocated: newSharedTextureHandle makes one", class_getName(self));
	return nil;
}

static const struct tongs_objc_method methods[] = {
	METHOD("device", device, "@@:"),
	METHOD("label", label, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_shared_texture_handle = {
	.name = "MTLSharedTextureHandle",
	.methods = methods,
	.class_methods = class_methods,
};
