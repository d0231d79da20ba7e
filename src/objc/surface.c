/* SPDX-License-Identifier: MIT */
/* IOSurface, the class. */
#include "objc/surface.h"

#include "metal/surface.h"
#include "metal/surface_layout.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/surface_properties.h"
#include "objc/tables.h"
#include "util/log.h"

static const char INIT[] = "initWithProperties:";

/* The text of a key; NULL, with an error logged, if it is not a string. */
static const char *get_key(id key) {
	if (!key)
		tongs_log_error("IOSurface: the key of a value is nil: pass a string");
	return tongs_string_get_text(key);
}

static void release_object(void *object) {
	tongs_send((id)object, "release");
}

void tongs_surface_set_object(struct tongs_surface *surface, id object, id key) {
	const char *text = get_key(key);
	if (text && !object)
		tongs_log_error("IOSurface: the value of %s is nil: remove it instead", text);
	else if (text &&
		 !tongs_surface_values_set(&surface->values, text, tongs_send(object, "retain"), release_object))
		tongs_log_error("IOSurface: out of memory for the value of %s", text);
}

id tongs_surface_copy_object(struct tongs_surface *surface, id key) {
	const char *text = get_key(key);
	struct tongs_surface_value *value = text ? tongs_surface_values_find(&surface->values, text) : NULL;
	id object = value ? tongs_send((id)value->object, "retain") : nil;
	tongs_surface_value_unref(value);
	return object;
}

void tongs_surface_remove_object(struct tongs_surface *surface, id key) {
	const char *text = get_key(key);
	if (text)
		tongs_surface_values_remove(&surface->values, text);
}

/* AvoidSync asks for a failure where pixels must come from a GPU first, which they never must. */
static bool check_options(uint32_t options) {
	const uint32_t valid = TONGS_SURFACE_LOCK_READ_ONLY | TONGS_SURFACE_LOCK_AVOID_SYNC;
	if (options & ~valid)
		tongs_log_error("IOSurface: the options 0x%x are no IOSurfaceLockOptions: combine "
				"kIOSurfaceLockReadOnly and kIOSurfaceLockAvoidSync",
			options);
	return !(options & ~valid);
}

int tongs_surface_lock_with_options(struct tongs_surface *surface, uint32_t options, uint32_t *seed) {
	if (!check_options(options))
		return TONGS_SURFACE_BAD_ARGUMENT;
	return tongs_surface_lock(surface, options & TONGS_SURFACE_LOCK_READ_ONLY, seed) ? TONGS_SURFACE_SUCCESS
											 : TONGS_SURFACE_CANNOT_LOCK;
}

int tongs_surface_unlock_with_options(struct tongs_surface *surface, uint32_t options, uint32_t *seed) {
	if (!check_options(options))
		return TONGS_SURFACE_BAD_ARGUMENT;
	return tongs_surface_unlock(surface, options & TONGS_SURFACE_LOCK_READ_ONLY, seed) ? TONGS_SURFACE_SUCCESS
											   : TONGS_SURFACE_NOT_LOCKED;
}

static id alloc(Class self, SEL _cmd) {
	if (self == tongs_object_get_class(TONGS_KIND_SURFACE))
		return (id)tongs_surface_alloc();
	return tongs_objc_refuse_subclass(self);
}

static struct tongs_surface *initWithProperties(struct tongs_surface *self, SEL _cmd, id properties) {
	struct tongs_surface_info info;
	bool shareable;
	if (tongs_surface_properties_read(properties, &info, &shareable, INIT) &&
		tongs_surface_init(self, &info, NULL, shareable, INIT))
		return self;
	tongs_surface_unref(self);
	return NULL;
}

static id init(struct tongs_surface *self, SEL _cmd) {
	tongs_log_error("an IOSurface has properties: use initWithProperties:");
	tongs_surface_unref(self);
	return nil;
}

static uint32_t surfaceID(struct tongs_surface *self, SEL _cmd) {
	return tongs_surface_get_id(self);
}

static NSInteger allocationSize(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.alloc_size;
}

static NSInteger width(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.width;
}

static NSInteger height(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.height;
}

static void *baseAddress(struct tongs_surface *self, SEL _cmd) {
	return tongs_surface_get_base_address(self);
}

static uint32_t pixelFormat(struct tongs_surface *self, SEL _cmd) {
	return self->info.pixel_format;
}

static NSInteger bytesPerRow(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.bytes_per_row;
}

static NSInteger bytesPerElement(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.bytes_per_element;
}

static NSInteger elementWidth(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.element_width;
}

static NSInteger elementHeight(struct tongs_surface *self, SEL _cmd) {
	return (NSInteger)self->info.whole.element_height;
}

static uint32_t seed(struct tongs_surface *self, SEL _cmd) {
	return tongs_surface_get_seed(self);
}

static NSUInteger planeCount(struct tongs_surface *self, SEL _cmd) {
	return self->info.plane_count;
}

/* Zeros, with an error logged, if there is no such plane. */
static struct tongs_surface_plane get_plane(const struct tongs_surface *self, NSUInteger index, SEL _cmd) {
	const struct tongs_surface_plane *plane = tongs_surface_layout_get_plane(&self->info, index);
	if (plane)
		return *plane;
	tongs_log_error("%s there is no plane %lu: the surface has %lu", sel_getName(_cmd), (unsigned long)index,
		(unsigned long)self->info.plane_count);
	return (struct tongs_surface_plane){0};
}

static NSInteger widthOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).width;
}

static NSInteger heightOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).height;
}

static NSInteger bytesPerRowOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).bytes_per_row;
}

static NSInteger bytesPerElementOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).bytes_per_element;
}

static NSInteger elementWidthOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).element_width;
}

static NSInteger elementHeightOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return (NSInteger)get_plane(self, index, _cmd).element_height;
}

static void *baseAddressOfPlane(struct tongs_surface *self, SEL _cmd, NSUInteger index) {
	return tongs_surface_get_base_address_of_plane(self, index);
}

static int lockWithOptions(struct tongs_surface *self, SEL _cmd, uint32_t options, uint32_t *seed) {
	return tongs_surface_lock_with_options(self, options, seed);
}

static int unlockWithOptions(struct tongs_surface *self, SEL _cmd, uint32_t options, uint32_t *seed) {
	return tongs_surface_unlock_with_options(self, options, seed);
}

static BOOL isInUse(struct tongs_surface *self, SEL _cmd) {
	return tongs_surface_is_in_use(self);
}

static int32_t localUseCount(struct tongs_surface *self, SEL _cmd) {
	return tongs_surface_get_use_count(self);
}

static void incrementUseCount(struct tongs_surface *self, SEL _cmd) {
	tongs_surface_increment_use_count(self);
}

static void decrementUseCount(struct tongs_surface *self, SEL _cmd) {
	tongs_surface_decrement_use_count(self);
}

static BOOL allowsPixelSizeCasting(struct tongs_surface *self, SEL _cmd) {
	return NO;
}

static void setAttachment(struct tongs_surface *self, SEL _cmd, id object, id key) {
	tongs_surface_set_object(self, object, key);
}

/* Without a pool for it, the reference is the surface's. */
static id attachmentForKey(struct tongs_surface *self, SEL _cmd, id key) {
	id object = tongs_surface_copy_object(self, key);
	if (object && !tongs_runtime_autorelease(object))
		tongs_send(object, "release");
	return object;
}

static void removeAttachmentForKey(struct tongs_surface *self, SEL _cmd, id key) {
	tongs_surface_remove_object(self, key);
}

static void removeAllAttachments(struct tongs_surface *self, SEL _cmd) {
	tongs_surface_values_remove_all(&self->values);
}

static id description(struct tongs_surface *self, SEL _cmd) {
	return tongs_string_new_format("<%s: %p> surfaceID = %u, width = %lu, height = %lu, pixelFormat = 0x%x, "
				       "planeCount = %lu, allocationSize = %lu",
		object_getClassName((id)self), (void *)self, self->id, (unsigned long)self->info.whole.width,
		(unsigned long)self->info.whole.height, self->info.pixel_format, (unsigned long)self->info.plane_count,
		(unsigned long)self->info.alloc_size);
}

static const struct tongs_objc_method methods[] = {
	METHOD("initWithProperties:", initWithProperties, "@@:@"),
	METHOD("init", init, "@@:"),
	METHOD("surfaceID", surfaceID, "I@:"),
	METHOD("allocationSize", allocationSize, "q@:"),
	METHOD("width", width, "q@:"),
	METHOD("height", height, "q@:"),
	METHOD("baseAddress", baseAddress, "^v@:"),
	METHOD("pixelFormat", pixelFormat, "I@:"),
	METHOD("bytesPerRow", bytesPerRow, "q@:"),
	METHOD("bytesPerElement", bytesPerElement, "q@:"),
	METHOD("elementWidth", elementWidth, "q@:"),
	METHOD("elementHeight", elementHeight, "q@:"),
	METHOD("seed", seed, "I@:"),
	METHOD("planeCount", planeCount, "Q@:"),
	METHOD("widthOfPlaneAtIndex:", widthOfPlane, "q@:Q"),
	METHOD("heightOfPlaneAtIndex:", heightOfPlane, "q@:Q"),
	METHOD("bytesPerRowOfPlaneAtIndex:", bytesPerRowOfPlane, "q@:Q"),
	METHOD("bytesPerElementOfPlaneAtIndex:", bytesPerElementOfPlane, "q@:Q"),
	METHOD("elementWidthOfPlaneAtIndex:", elementWidthOfPlane, "q@:Q"),
	METHOD("elementHeightOfPlaneAtIndex:", elementHeightOfPlane, "q@:Q"),
	METHOD("baseAddressOfPlaneAtIndex:", baseAddressOfPlane, "^v@:Q"),
	METHOD("lockWithOptions:seed:", lockWithOptions, "i@:I^I"),
	METHOD("unlockWithOptions:seed:", unlockWithOptions, "i@:I^I"),
	METHOD("isInUse", isInUse, "C@:"),
	METHOD("localUseCount", localUseCount, "i@:"),
	METHOD("incrementUseCount", incrementUseCount, "v@:"),
	METHOD("decrementUseCount", decrementUseCount, "v@:"),
	METHOD("allowsPixelSizeCasting", allowsPixelSizeCasting, "C@:"),
	METHOD("setAttachment:forKey:", setAttachment, "v@:@@"),
	METHOD("attachmentForKey:", attachmentForKey, "@@:@"),
	METHOD("removeAttachmentForKey:", removeAttachmentForKey, "v@:@"),
	METHOD("removeAllAttachments", removeAllAttachments, "v@:"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method class_methods[] = {
	METHOD("alloc", alloc, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_surface = {
	.name = "IOSurface",
	.methods = methods,
	.class_methods = class_methods,
};
