/* SPDX-License-Identifier: MIT */
/* Counted objects, and what may be asked about any handle. */
#include "metal/object.h"

#include <assert.h>

#include "util/alloc.h"
#include "metal/interop.h"
#include "metal/registry.h"
#include "metal/released.h"
#include "metal/zombie.h"

bool tongs_object_publish(struct tongs_object *object, enum tongs_kind kind, tongs_object_destroy destroy) {
	object->isa = tongs_class_get(kind);
	object->kind = kind;
	object->destroy = destroy;
	atomic_init(&object->refs, 1);
	return tongs_registry_insert(object);
}

struct tongs_object *tongs_object_create(enum tongs_kind kind, size_t size, tongs_object_destroy destroy) {
	assert(size >= sizeof(struct tongs_object));
	struct tongs_object *object = tongs_malloc(1, size);
	if (object && !tongs_object_publish(object, kind, destroy)) {
		tongs_free(NULL, object);
		object = NULL;
	}
	return object;
}

struct tongs_object *tongs_object_free(struct tongs_object *object) {
	if (!tongs_zombie_keep(object))
		tongs_free(NULL, object);
	return NULL;
}

void tongs_object_refuse_ref(struct tongs_object *object) {
	tongs_zombie_undo(object, 1, "retain");
}

static void end_because(struct tongs_object *object, enum tongs_cause cause) {
	for (size_t refs = 1; object && refs == 1; cause = TONGS_CAUSE_RELEASE) {
		tongs_registry_remove(object);
		tongs_released_note(object, cause);
		object = object->destroy(object);
		if (object)
			refs = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);
	}
}

/* Not inlined into the releases, which would save registers for it that they do not need. */
__attribute__((noinline)) void tongs_object_end(struct tongs_object *object, size_t refs) {
	if (refs == 0)
		tongs_zombie_undo(object, -1, "release");
	else
		end_because(object, TONGS_CAUSE_RELEASE);
}

const char *tongs_kind_name(enum tongs_kind kind) {
	static const char *const names[] = {
		[TONGS_KIND_NONE] = "object",
		[TONGS_KIND_DEVICE] = "MTLDevice",
		[TONGS_KIND_HEAP] = "MTLHeap",
		[TONGS_KIND_BUFFER] = "MTLBuffer",
		[TONGS_KIND_TEXTURE] = "MTLTexture",
		[TONGS_KIND_TEXTURE_DESCRIPTOR] = "MTLTextureDescriptor",
		[TONGS_KIND_HEAP_DESCRIPTOR] = "MTLHeapDescriptor",
	};
	return names[kind];
}

enum tongs_kind tongs_handle_kind(const void *handle) {
	return tongs_registry_kind(handle);
}

static void *from_handle(void *handle, enum tongs_kind kind, const char *function) {
	enum tongs_kind found = tongs_registry_kind(handle);
	if (found == kind)
		return handle;
	if (found == TONGS_KIND_NONE)
		tongs_released_warn(handle, function);
	return NULL;
}

static void *ref(void *object) {
	if (object)
		tongs_object_ref(object);
	return object;
}

static void unref(void *object) {
	if (object)
		tongs_object_unref(object);
}

struct tongs_heap *tongs_heap_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_HEAP, __func__);
}

struct tongs_buffer *tongs_buffer_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_BUFFER, __func__);
}

struct tongs_texture *tongs_texture_from_handle(void *handle) {
	return from_handle(handle, TONGS_KIND_TEXTURE, __func__);
}

struct tongs_device *tongs_device_ref(struct tongs_device *device) {
	return ref(device);
}

void tongs_device_unref(struct tongs_device *device) {
	unref(device);
}

struct tongs_heap *tongs_heap_ref(struct tongs_heap *heap) {
	return ref(heap);
}

void tongs_heap_unref(struct tongs_heap *heap) {
	unref(heap);
}

struct tongs_buffer *tongs_buffer_ref(struct tongs_buffer *buffer) {
	return ref(buffer);
}

void tongs_buffer_unref(struct tongs_buffer *buffer) {
	unref(buffer);
}

struct tongs_texture *tongs_texture_ref(struct tongs_texture *texture) {
	return ref(texture);
}

void tongs_texture_unref(struct tongs_texture *texture) {
	unref(texture);
}

void *tongs_interop_acquire(const void *handle, enum tongs_kind kind) {
	return tongs_registry_acquire(handle, kind);
}

void tongs_interop_release(void *object) {
	unref(object);
}

void tongs_interop_release_from_memory(void *object, enum tongs_cause cause) {
	if (object && atomic_fetch_sub_explicit(&((struct tongs_object *)object)->refs, 1, memory_order_acq_rel) == 1)
		end_because(object, cause);
}
