/* SPDX-License-Identifier: MIT */
/* MTLRenderPassDescriptor and the descriptors of its attachments, which are objects of their own: a pass has an array
 * of color attachments, a depth and a stencil attachment from its beginning to its end. */
#include "objc/render_pass.h"

#include "metal/object.h"
#include "objc/check.h"
#include "objc/keep.h"
#include "objc/properties.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"

static const enum tongs_kind COLOR = TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR,
			     DEPTH = TONGS_KIND_RENDER_PASS_DEPTH_ATTACHMENT_DESCRIPTOR,
			     STENCIL = TONGS_KIND_RENDER_PASS_STENCIL_ATTACHMENT_DESCRIPTOR;

struct attachment {
	struct tongs_object object;
	struct tongs_render_pass_attachment info; /* with references to its textures */
	NSUInteger store_action_options;
};

struct attachment_array {
	struct tongs_object object;
	struct attachment *items[TONGS_MAX_COLOR_ATTACHMENTS]; /* references */
};

/* What a pass without draws does not use. */
struct unused {
	id visibility_result_buffer, rasterization_rate_map; /* references, like the next; may be nil */
	id sample_buffer_attachments;                        /* nil: not used yet */
	NSUInteger imageblock_sample_length, threadgroup_memory_length, tile_width, tile_height;
	NSUInteger default_raster_sample_count;
};

struct pass {
	struct tongs_object object;
	struct attachment_array *colors;    /* a reference */
	struct attachment *depth, *stencil; /* references */
	NSUInteger width, height, array_length;
	struct unused unused;
};

static void unref(void *object) {
	if (object)
		tongs_object_unref(object);
}

static void release(id object) {
	if (object)
		tongs_send(object, "release");
}

static void retain(id object) {
	if (object)
		tongs_send(object, "retain");
}

static struct tongs_object *destroy_attachment(struct tongs_object *object) {
	struct attachment *attachment = (struct attachment *)object;
	tongs_texture_unref(attachment->info.texture);
	tongs_texture_unref(attachment->info.resolve_texture);
	return tongs_object_free(object);
}

static struct tongs_object *destroy_array(struct tongs_object *object) {
	struct attachment_array *array = (struct attachment_array *)object;
	for (size_t i = 0; i < TONGS_MAX_COLOR_ATTACHMENTS; i++)
		unref(array->items[i]);
	return tongs_object_free(object);
}

static struct tongs_object *destroy_pass(struct tongs_object *object) {
	struct pass *pass = (struct pass *)object;
	unref(pass->colors);
	unref(pass->depth);
	unref(pass->stencil);
	release(pass->unused.visibility_result_buffer);
	release(pass->unused.rasterization_rate_map);
	release(pass->unused.sample_buffer_attachments);
	return tongs_object_free(object);
}

/* NULL, with an error logged, when memory runs out. */
static void *create(enum tongs_kind kind, size_t size, tongs_object_destroy destroy) {
	struct tongs_object *object = tongs_object_create(kind, size, destroy);
	if (!object)
		tongs_log_error("out of memory for an %s", tongs_kind_name(kind));
	return object;
}

static struct tongs_render_pass_attachment get_defaults(enum tongs_kind kind) {
	struct tongs_render_pass_info info;
	tongs_render_pass_info_init(&info);
	return kind == COLOR ? info.colors[0] : kind == DEPTH ? info.depth : info.stencil;
}

static struct attachment *create_attachment(enum tongs_kind kind, const struct tongs_render_pass_attachment *info) {
	struct attachment *attachment = create(kind, sizeof(*attachment), destroy_attachment);
	if (attachment) {
		attachment->info = *info;
		tongs_texture_ref(info->texture);
		tongs_texture_ref(info->resolve_texture);
	}
	return attachment;
}

static struct attachment_array *create_array(const struct tongs_render_pass_info *info) {
	struct attachment_array *array =
		create(TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY, sizeof(*array), destroy_array);
	for (size_t i = 0; array && i < TONGS_MAX_COLOR_ATTACHMENTS; i++) {
		array->items[i] = create_attachment(COLOR, &info->colors[i]);
		if (!array->items[i]) {
			tongs_object_unref(&array->object);
			return NULL;
		}
	}
	return array;
}

static struct pass *create_pass(const struct tongs_render_pass_info *info) {
	struct pass *pass = create(TONGS_KIND_RENDER_PASS_DESCRIPTOR, sizeof(*pass), destroy_pass);
	if (!pass)
		return NULL;
	pass->width = info->render_target_width;
	pass->height = info->render_target_height;
	pass->array_length = info->render_target_array_length;
	if ((pass->colors = create_array(info)) && (pass->depth = create_attachment(DEPTH, &info->depth)) &&
		(pass->stencil = create_attachment(STENCIL, &info->stencil)))
		return pass;
	tongs_object_unref(&pass->object);
	return NULL;
}

static struct tongs_render_pass_info get_info(const struct pass *pass) {
	struct tongs_render_pass_info info = {
		.depth = pass->depth->info,
		.stencil = pass->stencil->info,
		.render_target_width = pass->width,
		.render_target_height = pass->height,
		.render_target_array_length = pass->array_length,
	};
	for (size_t i = 0; i < TONGS_MAX_COLOR_ATTACHMENTS; i++)
		info.colors[i] = pass->colors->items[i]->info;
	return info;
}

bool tongs_render_pass_get_info(const void *descriptor, SEL method, struct tongs_render_pass_info *info) {
	if (!tongs_check_kind(descriptor, TONGS_KIND_RENDER_PASS_DESCRIPTOR, method))
		return false;
	*info = get_info(descriptor);
	return true;
}

static id attachment_alloc(Class self, SEL _cmd) {
	const enum tongs_kind kinds[] = {COLOR, DEPTH, STENCIL};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct tongs_render_pass_attachment defaults = get_defaults(kinds[i]);
		if (self == tongs_object_get_class(kinds[i]))
			return (id)create_attachment(kinds[i], &defaults);
	}
	tongs_log_error("%s cannot be allocated: use MTLRenderPassColorAttachmentDescriptor, or that of depth or "
			"stencil",
		class_getName(self));
	return nil;
}

static struct attachment *copy_attachment(const struct attachment *attachment) {
	struct attachment *copy = create_attachment(attachment->object.kind, &attachment->info);
	if (copy) {
		copy->store_action_options = attachment->store_action_options;
	}
	return copy;
}

static id attachment_copyWithZone(struct attachment *self, SEL _cmd, void *zone) {
	return (id)copy_attachment(self);
}

/* Rows of a property: type, getter, setter, field, type encoding. */
#define ATTACHMENT_VALUES(VALUE) \
	VALUE(NSUInteger, level, setLevel, level, "Q") \
	VALUE(NSUInteger, slice, setSlice, slice, "Q") \
	VALUE(NSUInteger, depthPlane, setDepthPlane, depth_plane, "Q") \
	VALUE(NSUInteger, resolveLevel, setResolveLevel, resolve_level, "Q") \
	VALUE(NSUInteger, resolveSlice, setResolveSlice, resolve_slice, "Q") \
	VALUE(NSUInteger, resolveDepthPlane, setResolveDepthPlane, resolve_depth_plane, "Q") \
	VALUE(MTLLoadAction, loadAction, setLoadAction, load_action, "Q") \
	VALUE(MTLStoreAction, storeAction, setStoreAction, store_action, "Q")
#define COLOR_VALUES(VALUE) VALUE(MTLClearColor, clearColor, setClearColor, clear_color, "{?=dddd}")
#define DEPTH_VALUES(VALUE) \
	VALUE(double, clearDepth, setClearDepth, clear_depth, "d") \
	VALUE(NSUInteger, depthResolveFilter, setDepthResolveFilter, depth_resolve_filter, "Q")
#define STENCIL_VALUES(VALUE) \
	VALUE(uint32_t, clearStencil, setClearStencil, clear_stencil, "I") \
	VALUE(NSUInteger, stencilResolveFilter, setStencilResolveFilter, stencil_resolve_filter, "Q")
#define ATTACHMENT_OPTIONS(VALUE) \
	VALUE(NSUInteger, storeActionOptions, setStoreActionOptions, store_action_options, "Q")
#define PASS_VALUES(VALUE) \
	VALUE(NSUInteger, renderTargetArrayLength, setRenderTargetArrayLength, array_length, "Q") \
	VALUE(NSUInteger, renderTargetWidth, setRenderTargetWidth, width, "Q") \
	VALUE(NSUInteger, renderTargetHeight, setRenderTargetHeight, height, "Q")
#define UNUSED_VALUES(VALUE) \
	VALUE(NSUInteger, imageblockSampleLength, setImageblockSampleLength, unused.imageblock_sample_length, "Q") \
	VALUE(NSUInteger, threadgroupMemoryLength, setThreadgroupMemoryLength, unused.threadgroup_memory_length, "Q") \
	VALUE(NSUInteger, tileWidth, setTileWidth, unused.tile_width, "Q") \
	VALUE(NSUInteger, tileHeight, setTileHeight, unused.tile_height, "Q") \
	VALUE(NSUInteger, defaultRasterSampleCount, setDefaultRasterSampleCount, unused.default_raster_sample_count, \
		"Q")
#define PASS_OBJECTS(OBJECT) \
	OBJECT(visibilityResultBuffer, setVisibilityResultBuffer, unused.visibility_result_buffer) \
	OBJECT(rasterizationRateMap, setRasterizationRateMap, unused.rasterization_rate_map)

#define FUNCTIONS(owner, value_type, getter, setter, field) \
	static value_type getter(struct owner *self, SEL _cmd) { \
		return self->field; \
	} \
	static void setter(struct owner *self, SEL _cmd, value_type value) { \
		self->field = value; \
	}
#define INFO_FUNCTIONS(type, getter, setter, field, encoding) FUNCTIONS(attachment, type, getter, setter, info.field)
#define ATTACHMENT_FUNCTIONS(type, getter, setter, field, encoding) FUNCTIONS(attachment, type, getter, setter, field)
#define PASS_FUNCTIONS(type, getter, setter, field, encoding) FUNCTIONS(pass, type, getter, setter, field)
#define OBJECT_FUNCTIONS(getter, setter, field) \
	static id getter(struct pass *self, SEL _cmd) { \
		return self->field; \
	} \
	static void setter(struct pass *self, SEL _cmd, id object) { \
		id old = self->field; \
		self->field = object ? tongs_send(object, "retain") : nil; \
		release(old); \
	}
#define UNUSED_METHODS(type, getter, setter, field, encoding) \
	KEEPS_VALUE(#getter, getter, encoding "@:"), KEEPS_VALUE(#setter ":", setter, "v@:" encoding),
#define OBJECT_METHODS(getter, setter, field) UNUSED_METHODS(id, getter, setter, field, "@")
#define VALUE_METHODS(type, getter, setter, field, encoding) \
	METHOD(#getter, getter, encoding "@:"), METHOD(#setter ":", setter, "v@:" encoding),

ATTACHMENT_VALUES(INFO_FUNCTIONS)
COLOR_VALUES(INFO_FUNCTIONS)
DEPTH_VALUES(INFO_FUNCTIONS)
STENCIL_VALUES(INFO_FUNCTIONS)
ATTACHMENT_OPTIONS(ATTACHMENT_FUNCTIONS)
PASS_VALUES(PASS_FUNCTIONS)
UNUSED_VALUES(PASS_FUNCTIONS)
PASS_OBJECTS(OBJECT_FUNCTIONS)

static void set_texture(struct tongs_texture **field, struct tongs_texture *texture, SEL method) {
	if (texture && !tongs_check_kind(texture, TONGS_KIND_TEXTURE, method))
		return;
	struct tongs_texture *old = *field;
	*field = tongs_texture_ref(texture);
	tongs_texture_unref(old);
}

static struct tongs_texture *get_texture(struct attachment *self, SEL _cmd) {
	return self->info.texture;
}

static void setTexture(struct attachment *self, SEL _cmd, struct tongs_texture *texture) {
	set_texture(&self->info.texture, texture, _cmd);
}

static struct tongs_texture *resolveTexture(struct attachment *self, SEL _cmd) {
	return self->info.resolve_texture;
}

static void setResolveTexture(struct attachment *self, SEL _cmd, struct tongs_texture *texture) {
	set_texture(&self->info.resolve_texture, texture, _cmd);
}

static const struct tongs_objc_method attachment_methods[] = {
	METHOD("texture", get_texture, "@@:"),
	METHOD("setTexture:", setTexture, "v@:@"),
	METHOD("resolveTexture", resolveTexture, "@@:"),
	METHOD("setResolveTexture:", setResolveTexture, "v@:@"),
	ATTACHMENT_VALUES(VALUE_METHODS) ATTACHMENT_OPTIONS(UNUSED_METHODS)
		METHOD("copyWithZone:", attachment_copyWithZone, "@@:^{_NSZone=}"),
	METHODS_END,
};

static const struct tongs_objc_method attachment_class_methods[] = {
	METHOD("alloc", attachment_alloc, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_render_pass_attachment = {
	.name = "MTLRenderPassAttachmentDescriptor",
	.methods = attachment_methods,
	.class_methods = attachment_class_methods,
	.protocols = {"NSCopying"},
};

static const struct tongs_objc_method color_methods[] = {COLOR_VALUES(VALUE_METHODS) METHODS_END};

struct tongs_objc_class tongs_objc_render_pass_color_attachment = {
	.name = "MTLRenderPassColorAttachmentDescriptor",
	.methods = color_methods,
};

static const struct tongs_objc_method depth_methods[] = {DEPTH_VALUES(VALUE_METHODS) METHODS_END};

struct tongs_objc_class tongs_objc_render_pass_depth_attachment = {
	.name = "MTLRenderPassDepthAttachmentDescriptor",
	.methods = depth_methods,
};

static const struct tongs_objc_method stencil_methods[] = {STENCIL_VALUES(VALUE_METHODS) METHODS_END};

struct tongs_objc_class tongs_objc_render_pass_stencil_attachment = {
	.name = "MTLRenderPassStencilAttachmentDescriptor",
	.methods = stencil_methods,
};

static bool check_index(NSUInteger index, SEL method) {
	if (index < TONGS_MAX_COLOR_ATTACHMENTS)
		return true;
	tongs_log_error("%s index %lu: there are %d color attachments", sel_getName(method), (unsigned long)index,
		TONGS_MAX_COLOR_ATTACHMENTS);
	return false;
}

/* Replaces an attachment by a copy of `given`, or by the defaults for nil. */
static void set_attachment(struct attachment **field, struct attachment *given, SEL method) {
	const enum tongs_kind kind = (*field)->object.kind;
	const struct tongs_render_pass_attachment defaults = get_defaults(kind);
	if (given && !tongs_check_kind(given, kind, method))
		return;
	struct attachment *copy = given ? copy_attachment(given) : create_attachment(kind, &defaults);
	if (!copy)
		return;
	tongs_object_unref(&(*field)->object);
	*field = copy;
}

static struct attachment *objectAtIndexedSubscript(struct attachment_array *self, SEL _cmd, NSUInteger index) {
	return check_index(index, _cmd) ? self->items[index] : NULL;
}

static void setObjectAtIndexedSubscript(
	struct attachment_array *self, SEL _cmd, struct attachment *attachment, NSUInteger index) {
	if (check_index(index, _cmd))
		set_attachment(&self->items[index], attachment, _cmd);
}

static id array_alloc(Class self, SEL _cmd) {
	if (self != tongs_object_get_class(TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY))
		return tongs_objc_refuse_subclass(self);
	struct tongs_render_pass_info info;
	tongs_render_pass_info_init(&info);
	return (id)create_array(&info);
}

static const struct tongs_objc_method array_methods[] = {
	METHOD("objectAtIndexedSubscript:", objectAtIndexedSubscript, "@@:Q"),
	METHOD("setObject:atIndexedSubscript:", setObjectAtIndexedSubscript, "v@:@Q"),
	METHODS_END,
};

static const struct tongs_objc_method array_class_methods[] = {
	METHOD("alloc", array_alloc, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_render_pass_color_attachment_array = {
	.name = "MTLRenderPassColorAttachmentDescriptorArray",
	.methods = array_methods,
	.class_methods = array_class_methods,
};

static id pass_alloc(Class self, SEL _cmd) {
	if (self != tongs_object_get_class(TONGS_KIND_RENDER_PASS_DESCRIPTOR))
		return tongs_objc_refuse_subclass(self);
	struct tongs_render_pass_info info;
	tongs_render_pass_info_init(&info);
	return (id)create_pass(&info);
}

static void *renderPassDescriptor(Class self, SEL _cmd) {
	return tongs_keep((struct tongs_object *)pass_alloc(self, _cmd));
}

/* Replaces an attachment of a copy by a copy of the original's. */
static bool copy_into(struct attachment **field, const struct attachment *original) {
	struct attachment *copy = copy_attachment(original);
	if (!copy)
		return false;
	tongs_object_unref(&(*field)->object);
	*field = copy;
	return true;
}

static id pass_copyWithZone(struct pass *self, SEL _cmd, void *zone) {
	const struct tongs_render_pass_info info = get_info(self);
	struct pass *copy = create_pass(&info);
	bool done = copy && copy_into(&copy->depth, self->depth) && copy_into(&copy->stencil, self->stencil);
	for (size_t i = 0; done && i < TONGS_MAX_COLOR_ATTACHMENTS; i++)
		done = copy_into(&copy->colors->items[i], self->colors->items[i]);
	if (!done) {
		unref(copy);
		return nil;
	}
	copy->unused = self->unused;
	retain(copy->unused.visibility_result_buffer);
	retain(copy->unused.rasterization_rate_map);
	if (self->unused.sample_buffer_attachments)
		copy->unused.sample_buffer_attachments = tongs_send(self->unused.sample_buffer_attachments, "copy");
	return (id)copy;
}

static id sampleBufferAttachments(struct pass *self, SEL _cmd) {
	if (!self->unused.sample_buffer_attachments)
		self->unused.sample_buffer_attachments =
			tongs_properties_new("MTLRenderPassSampleBufferAttachmentDescriptorArray");
	return self->unused.sample_buffer_attachments;
}

static NSUInteger getSamplePositions(struct pass *self, SEL _cmd, MTLSamplePosition *positions, NSUInteger count) {
	return 0;
}

static void setSamplePositions(struct pass *self, SEL _cmd, const MTLSamplePosition *positions, NSUInteger count) {
	if (count > 0)
		tongs_log_error("%s samples are at the standard positions alone", sel_getName(_cmd));
}

static struct attachment_array *colorAttachments(struct pass *self, SEL _cmd) {
	return self->colors;
}

static struct attachment *depthAttachment(struct pass *self, SEL _cmd) {
	return self->depth;
}

static void setDepthAttachment(struct pass *self, SEL _cmd, struct attachment *attachment) {
	set_attachment(&self->depth, attachment, _cmd);
}

static struct attachment *stencilAttachment(struct pass *self, SEL _cmd) {
	return self->stencil;
}

static void setStencilAttachment(struct pass *self, SEL _cmd, struct attachment *attachment) {
	set_attachment(&self->stencil, attachment, _cmd);
}

static const struct tongs_objc_method pass_methods[] = {
	METHOD("colorAttachments", colorAttachments, "@@:"),
	METHOD("depthAttachment", depthAttachment, "@@:"),
	METHOD("setDepthAttachment:", setDepthAttachment, "v@:@"),
	METHOD("stencilAttachment", stencilAttachment, "@@:"),
	METHOD("setStencilAttachment:", setStencilAttachment, "v@:@"),
	KEEPS_VALUE("sampleBufferAttachments", sampleBufferAttachments, "@@:"),
	ANSWERS_NO("getSamplePositions:count:", getSamplePositions, "Q@:^{?=ff}Q"),
	ANSWERS_NO("setSamplePositions:count:", setSamplePositions, "v@:^{?=ff}Q"),
	PASS_VALUES(VALUE_METHODS) UNUSED_VALUES(UNUSED_METHODS) PASS_OBJECTS(OBJECT_METHODS)
		METHOD("copyWithZone:", pass_copyWithZone, "@@:^{_NSZone=}"),
	METHODS_END,
};

static const struct tongs_objc_method pass_class_methods[] = {
	METHOD("alloc", pass_alloc, "@@:"),
	METHOD("renderPassDescriptor", renderPassDescriptor, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_render_pass_descriptor = {
	.name = "MTLRenderPassDescriptor",
	.methods = pass_methods,
	.class_methods = pass_class_methods,
	.protocols = {"NSCopying"},
};
