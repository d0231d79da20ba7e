/* SPDX-License-Identifier: MIT */
/* TONGS_ZOMBIES=1: messages to a released object are reported, and do nothing. */
#include "../objc/libobjc.h"
#include "open_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "metal/object.h"

#define SEND(type, receiver, selector) ((type(*)(id, SEL))(void (*)(void))objc_msg_lookup((id)(receiver), selector))

static struct tongs_buffer *new_zombie(const char *label) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	tongs_resource_set_label(tongs_buffer_get_resource(buffer), label);
	tongs_interop_release_from_memory(buffer, TONGS_CAUSE_FREE_MEMORY);
	return buffer;
}

static void *send(void *receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return SEND(void *, receiver, selector)((id)receiver, selector);
}

static void messages_are_caught(void **state) {
	(void)state;
	struct tongs_buffer *zombie = new_zombie("particles");
	assert_null(send(zombie, "contents"));
	messages_expect_warning("`contents' was sent to");
	assert_null(send(zombie, "length"));
	messages_expect_warning("an MTLBuffer `particles' that was freed by vkFreeMemory");
	assert_null(send(zombie, "retain"));
	messages_expect_warning("`retain'");
	assert_int_equal(tongs_handle_kind(zombie), TONGS_KIND_NONE);
}

/* Selectors of other classes, of none, and of results that are no words. */
static void every_selector_is_caught(void **state) {
	(void)state;
	struct tongs_buffer *zombie = new_zombie(NULL);
	assert_null(send(zombie, "nobodyKnowsThis"));
	messages_expect_warning("`nobodyKnowsThis'");
	assert_null(send(zombie, "pixelFormat"));
	messages_expect_warning("`pixelFormat'");
	zombie = new_zombie(NULL);
	SEL selector = sel_registerName("swizzle");
	MTLTextureSwizzleChannels swizzle = SEND(MTLTextureSwizzleChannels, zombie, selector)((id)zombie, selector);
	assert_int_equal(swizzle.red, 0);
	messages_expect_warning("`swizzle'");
	selector = sel_registerTypedName("bounds", "{?={?=QQQ}{?=QQQ}}16@0:8");
	MTLRegion region = SEND(MTLRegion, zombie, selector)((id)zombie, selector);
	assert_int_equal(region.size.width, 0);
	messages_expect_warning("`bounds'");
}

static void references_do_not_revive(void **state) {
	(void)state;
	struct tongs_buffer *zombie = new_zombie(NULL);
	struct tongs_object *object = (struct tongs_object *)zombie;
	tongs_buffer_ref(zombie);
	messages_expect_warning("`retain' was sent to");
	assert_int_equal(atomic_load(&object->refs), 0);
	tongs_buffer_unref(zombie);
	messages_expect_warning("`release' was sent to");
	assert_int_equal(atomic_load(&object->refs), 0);
	assert_null(tongs_interop_acquire(zombie, TONGS_KIND_BUFFER));
	messages_expect_none();
}

static void a_loop_is_reported_four_times(void **state) {
	(void)state;
	struct tongs_buffer *zombie = new_zombie(NULL);
	for (size_t i = 0; i < 3; i++) {
		assert_null(send(zombie, "label"));
		messages_expect_warning("returns 0");
	}
	assert_null(send(zombie, "label"));
	messages_expect_warning("further calls are not reported");
	for (size_t i = 0; i < 1000; i++)
		assert_null(send(zombie, "label"));
	messages_expect_none();
}

static void every_kind_becomes_one(void **state) {
	(void)state;
	static const char *const names[] = {"MTLDevice", "MTLHeap", "MTLBuffer", "MTLTexture", "MTLTextureDescriptor",
		"MTLHeapDescriptor", "MTLSharedEvent", "MTLSharedEventListener", "MTLSharedEventHandle", "MTLEvent",
		"MTLFence", "MTLCommandQueue", "MTLCommandBuffer", "MTLCommandBufferDescriptor",
		"MTLBlitCommandEncoder", "NSError", "IOSurface", "MTLSharedTextureHandle", "MTLRenderCommandEncoder",
		"MTLRenderPassDescriptor", "MTLRenderPassColorAttachmentDescriptor",
		"MTLRenderPassColorAttachmentDescriptorArray", "MTLRenderPassDepthAttachmentDescriptor",
		"MTLRenderPassStencilAttachmentDescriptor", "device observer", "MTL descriptor"};
	assert_int_equal(LENGTH(names), TONGS_KIND_LAST);
	for (enum tongs_kind kind = TONGS_KIND_DEVICE; kind <= TONGS_KIND_LAST; kind++) {
		struct tongs_object *object = tongs_object_create(kind, sizeof(*object), tongs_object_free);
		assert_non_null(object);
		tongs_object_unref(object);
		assert_string_equal(object_getClassName((id)object), "TongsZombie");
		assert_null(send(object, "description"));
		messages_expect_warning(names[kind - TONGS_KIND_DEVICE]);
	}
}

/* The bytes are freed and the heads are kept; when there are too many, the oldest heads are freed. */
static void zombies_are_bounded(void **state) {
	(void)state;
	size_t size = tongs_device_get_current_allocated_size(device);
	for (size_t i = 0; i < 20000; i++) {
		struct tongs_buffer *zombie = new_zombie(i % 2 ? "label" : NULL);
		assert_int_equal(tongs_handle_kind(zombie), TONGS_KIND_NONE);
	}
	assert_int_equal(tongs_device_get_current_allocated_size(device), size);
	messages_expect_none();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_caught),
		cmocka_unit_test(every_selector_is_caught),
		cmocka_unit_test(references_do_not_revive),
		cmocka_unit_test(a_loop_is_reported_four_times),
		cmocka_unit_test(every_kind_becomes_one),
		cmocka_unit_test(zombies_are_bounded),
	};
	return cmocka_run_group_tests(tests, open_plain_device, close_device);
}
