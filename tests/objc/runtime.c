/* SPDX-License-Identifier: MIT */
/* A C program that messages Metal objects through libobjc's own interface, without Foundation. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sends.h"

id MTLCopyAllDevices(void);

static id new_buffer(id device, NSUInteger length) {
	SEL selector = sel_registerName("newBufferWithLength:options:");
	return FUNCTION(id(*)(id, SEL, NSUInteger, NSUInteger), device, selector)(device, selector, length, 0);
}

static void classes_have_their_place(void **state) {
	(void)state;
	static const char *const names[][2] = {
		{"TongsDevice", "TongsObject"},
		{"TongsHeap", "TongsObject"},
		{"TongsResource", "TongsObject"},
		{"TongsBuffer", "TongsResource"},
		{"TongsTexture", "TongsResource"},
		{"MTLTextureDescriptor", "TongsObject"},
		{"MTLHeapDescriptor", "TongsObject"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(class_getName(class_getSuperclass((Class)class_named(names[i][0]))), names[i][1]);
	assert_null(class_getSuperclass((Class)class_named("TongsObject")));
	/* Foundation's names are left to Foundation. */
	assert_null(objc_lookUpClass("NSObject"));
	assert_null(objc_lookUpClass("NSString"));
	assert_null(objc_lookUpClass("NSArray"));
}

static void only_descriptors_are_allocated(void **state) {
	(void)state;
	assert_null(send(class_named("TongsBuffer"), "alloc"));
	assert_true(was_logged("TongsBuffer"));
	assert_null(send(class_named("TongsDevice"), "new"));
	assert_true(was_logged("TongsDevice"));
	Class subclass = objc_allocateClassPair((Class)class_named("MTLTextureDescriptor"), "MyDescriptor", 0);
	objc_registerClassPair(subclass);
	assert_null(send((id)subclass, "alloc"));
	assert_true(was_logged("MyDescriptor"));
	subclass = objc_allocateClassPair((Class)class_named("MTLHeapDescriptor"), "MyHeapDescriptor", 0);
	objc_registerClassPair(subclass);
	assert_null(send((id)subclass, "alloc"));
	assert_true(was_logged("MyHeapDescriptor"));
}

static void buffers_hold_bytes(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice();
	assert_int_equal(tongs_handle_kind(device), TONGS_KIND_DEVICE);
	id buffer = new_buffer(device, 1000);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
	assert_int_equal(get(buffer, "length"), 1000);
	unsigned char *bytes = (unsigned char *)send(buffer, "contents");
	assert_ptr_equal(bytes, tongs_buffer_get_contents(tongs_buffer_from_handle(buffer)));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(bytes[i], 0);
	memset(bytes, 0xa5, 1000);
	send(buffer, "retain");
	send(device, "release");
	send(buffer, "release");
	assert_int_equal(bytes[999], 0xa5);
	assert_int_equal(tongs_handle_kind(send(buffer, "device")), TONGS_KIND_DEVICE);
	send(buffer, "release");
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	assert_int_equal(messages.count, 0);
}

static void wrong_descriptors_are_refused(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice(), heap_descriptor = send(class_named("MTLHeapDescriptor"), "new");
	long garbage[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	const void *const wrong[] = {NULL, garbage, device, heap_descriptor, (void *)8};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_null(send1(device, "newTextureWithDescriptor:", wrong[i]));
		assert_true(was_logged("newTextureWithDescriptor:"));
		SEL selector = sel_registerName("heapTextureSizeAndAlignWithDescriptor:");
		MTLSizeAndAlign answer = FUNCTION(MTLSizeAndAlign(*)(id, SEL, const void *), device, selector)(
			device, selector, wrong[i]);
		assert_int_equal(answer.size, 0);
		assert_int_equal(answer.align, 0);
		assert_true(was_logged("heapTextureSizeAndAlignWithDescriptor:"));
	}
	send(heap_descriptor, "release");
	assert_null(send1(device, "newHeapWithDescriptor:", heap_descriptor));
	assert_true(was_logged("newHeapWithDescriptor:"));
	send(device, "release");
}

static void protocols_are_known_by_name(void **state) {
	(void)state;
	struct protocol {
		Class isa;
		const char *name;
		void *rest[3];
	};
	/* As clang leaves them: never seen by the runtime. */
	struct protocol resource = {(Class)2, "MTLResource", {NULL}}, texture = {(Class)2, "MTLTexture", {NULL}},
			copying = {(Class)2, "NSCopying", {NULL}}, object = {(Class)2, "NSObject", {NULL}};
	id device = MTLCreateSystemDefaultDevice(), buffer = new_buffer(device, 16);
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	static const char conforms[] = "conformsToProtocol:";
	assert_true((BOOL)(uintptr_t)send1(buffer, conforms, &resource));
	assert_true((BOOL)(uintptr_t)send1(buffer, conforms, &object));
	assert_false((BOOL)(uintptr_t)send1(buffer, conforms, &texture));
	assert_false((BOOL)(uintptr_t)send1(buffer, conforms, &copying));
	assert_false((BOOL)(uintptr_t)send1(buffer, conforms, NULL));
	assert_true((BOOL)(uintptr_t)send1(descriptor, conforms, &copying));
	assert_true((BOOL)(uintptr_t)send1(class_named("TongsTexture"), conforms, &texture));
	unsigned count = 0;
	Protocol **list = class_copyProtocolList((Class)class_named("TongsBuffer"), &count);
	assert_int_equal(count, 1);
	assert_string_equal(protocol_getName(list[0]), "MTLBuffer");
	assert_true(class_conformsToProtocol((Class)class_named("TongsBuffer"), list[0]));
	free(list);
	send(descriptor, "release");
	send(buffer, "release");
	send(device, "release");
}

static void labels_are_strings_without_foundation(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice(), buffer = new_buffer(device, 16), other = new_buffer(device, 16);
	tongs_resource_set_label(tongs_buffer_get_resource(tongs_buffer_from_handle(buffer)), "größe 𝄞");
	id label = send(buffer, "label");
	assert_string_equal(object_getClassName(label), "TongsString");
	assert_string_equal((const char *)send(label, "UTF8String"), "größe 𝄞");
	assert_int_equal(get(label, "length"), 8);
	SEL at = sel_registerName("characterAtIndex:");
	static const uint16_t units[] = {'g', 'r', 0xf6, 0xdf, 'e', ' ', 0xd834, 0xdd1e};
	for (NSUInteger i = 0; i < 8; i++)
		assert_int_equal(FUNCTION(uint16_t(*)(id, SEL, NSUInteger), label, at)(label, at, i), units[i]);
	assert_int_equal(FUNCTION(uint16_t(*)(id, SEL, NSUInteger), label, at)(label, at, 8), 0);
	assert_true(was_logged("characterAtIndex:"));

	send1(other, "setLabel:", label);
	assert_true((char)get(send(other, "label"), "hash") == (char)get(label, "hash"));
	send(label, "release");
	send(label, "release");
	assert_string_equal((const char *)send(send(other, "label"), "UTF8String"), "größe 𝄞");
	send1(other, "setLabel:", nil);
	assert_null(send(other, "label"));
	assert_int_equal(messages.count, 0);
	send1(other, "setLabel:", device);
	assert_true(was_logged("TongsDevice"));
	assert_null(send(other, "label"));
	send(other, "release");
	send(buffer, "release");
	send(device, "release");
}

static void *take_labels(void *user) {
	id buffer = user, *kept = malloc(sizeof(id));
	kept[0] = send(buffer, "label");
	send(kept[0], "retain");
	return kept;
}

/* A string lives until its thread has received 256 more, or as long as it is retained; all others are freed. */
static void strings_do_not_pile_up(void **state) {
	enum { COUNT = 100000, KEPT = 256 };
	(void)state;
	id device = MTLCreateSystemDefaultDevice(), buffer = new_buffer(device, 16), last[KEPT], retained = nil;
	struct tongs_resource *resource = tongs_buffer_get_resource(tongs_buffer_from_handle(buffer));
	char text[64];
	size_t used = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "the label of number %u", i);
		tongs_resource_set_label(resource, text);
		last[i % KEPT] = send(buffer, "label");
		if (i == 1000)
			retained = send(last[i % KEPT], "retain");
		if (i == 2000)
			used = mallinfo2().uordblks;
	}
	for (unsigned i = COUNT - KEPT; i < COUNT; i++) {
		snprintf(text, sizeof(text), "the label of number %u", i);
		assert_string_equal((const char *)send(last[i % KEPT], "UTF8String"), text);
	}
	assert_true(mallinfo2().uordblks < used + (1 << 20));
	assert_string_equal((const char *)send(retained, "UTF8String"), "the label of number 1000");
	send(retained, "release");

	/* Of the strings of a thread that has ended, only retained ones are left. */
	pthread_t thread;
	void *kept;
	assert_int_equal(pthread_create(&thread, NULL, take_labels, buffer), 0);
	assert_int_equal(pthread_join(thread, &kept), 0);
	assert_string_equal((const char *)send(*(id *)kept, "UTF8String"), text);
	assert_int_equal(get(*(id *)kept, "retainCount"), 1);
	send(send(*(id *)kept, "autorelease"), "description");
	free(kept);
	send(buffer, "release");
	send(device, "release");
}

static void broken_text_is_survived(void **state) {
	(void)state;
	static const struct {
		const char *text;
		NSUInteger length;
	} rows[] = {
		{"", 0}, {"\xff", 1}, {"\xc3", 1}, {"\xe2\x82", 2}, {"\xf0\x9f\x98", 3}, {"\xc0\x80", 2}, {"\x80z", 2}};
	id device = MTLCreateSystemDefaultDevice(), buffer = new_buffer(device, 16);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tongs_resource_set_label(tongs_buffer_get_resource(tongs_buffer_from_handle(buffer)), rows[i].text);
		assert_int_equal(get(send(buffer, "label"), "length"), rows[i].length);
		assert_string_equal((const char *)send(send(buffer, "label"), "UTF8String"), rows[i].text);
	}
	send(buffer, "release");
	send(device, "release");
}

static void all_devices_come_in_an_array(void **state) {
	(void)state;
	id array = MTLCopyAllDevices();
	assert_string_equal(object_getClassName(array), "TongsArray");
	size_t count = tongs_device_new_all(NULL, 0);
	assert_int_equal(get(array, "count"), count);
	assert_true(count > 0);
	SEL at = sel_registerName("objectAtIndex:");
	id first = FUNCTION(id(*)(id, SEL, NSUInteger), array, at)(array, at, 0);
	assert_ptr_equal(first, send(array, "firstObject"));
	assert_int_equal(tongs_handle_kind(first), TONGS_KIND_DEVICE);
	assert_null(FUNCTION(id(*)(id, SEL, NSUInteger), array, at)(array, at, count));
	assert_true(was_logged("objectAtIndex:"));
	send(first, "retain");
	send(send(array, "copy"), "release");
	send(array, "release");
	assert_string_equal((const char *)send(send(first, "name"), "UTF8String"),
		tongs_device_get_name((struct tongs_device *)first));
	send(first, "release");
}

/* What clang makes of a block with captured variables, in a program that links no blocks runtime. libobjc2 is one. */
#ifndef TONGS_OBJC_GNUSTEP
static void blocks_need_a_runtime_only_to_be_copied(void **state) {
	(void)state;
	struct {
		void *isa;
		int flags;
		int reserved;
		void (*invoke)(void *, ...);
	} block = {NULL, 0, 0, NULL};
	static _Alignas(65536) char pages[65536];
	id device = MTLCreateSystemDefaultDevice();
	SEL selector = sel_registerName("newBufferWithBytesNoCopy:length:options:deallocator:");
	assert_null(FUNCTION(id(*)(id, SEL, void *, NSUInteger, NSUInteger, void *), device, selector)(
		device, selector, pages, sizeof(pages), 0, &block));
	assert_true(was_logged("blocks runtime"));
	id buffer = FUNCTION(id(*)(id, SEL, void *, NSUInteger, NSUInteger, void *), device, selector)(
		device, selector, pages, sizeof(pages), 0, NULL);
	assert_ptr_equal(send(buffer, "contents"), pages);
	send(buffer, "release");
	send(device, "release");
}
#endif

static void dealloc_is_refused(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	send(descriptor, "dealloc");
	assert_true(was_logged("dealloc"));
	assert_int_equal(tongs_handle_kind(descriptor), TONGS_KIND_TEXTURE_DESCRIPTOR);
	send(descriptor, "release");
}

static void ranges_are_checked(void **state) {
	(void)state;
	struct range {
		NSUInteger location, length;
	};
	id device = MTLCreateSystemDefaultDevice(), buffer = new_buffer(device, 100);
	SEL modified = sel_registerName("didModifyRange:");
	void (*send_range)(id, SEL, struct range) =
		(void (*)(id, SEL, struct range))(void (*)(void))objc_msg_lookup(buffer, modified);
	send_range(buffer, modified, (struct range){0, 100});
	send_range(buffer, modified, (struct range){100, 0});
	assert_int_equal(messages.count, 0);
	send_range(buffer, modified, (struct range){1, 100});
	assert_true(was_logged("didModifyRange:"));
	send_range(buffer, modified, (struct range){50, UINTPTR_MAX});
	assert_true(was_logged("didModifyRange:"));
	send(buffer, "release");
	send(device, "release");
}

/* What programs ask of an NSError. */
static void errors_are_copied_and_asked(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice(), error = NULL;
	SEL selector = sel_registerName("newLibraryWithFile:error:");
	assert_null(FUNCTION(id(*)(id, SEL, id, id *), device, selector)(device, selector, NULL, &error));
	messages.count = 0;
	id copy = send(error, "copy");
	assert_ptr_equal(copy, error);
	assert_int_equal(get(error, "retainCount"), 2);
	send(copy, "release");
	assert_null(send(error, "localizedFailureReason"));
	assert_null(send(error, "localizedRecoverySuggestion"));
	assert_null(send(error, "localizedRecoveryOptions"));
	assert_int_equal(messages.count, 0);
	send(device, "release");
}

/* Where there is no pool, of each kind so many are kept. */
static void errors_do_not_end_command_buffers(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice(), queue = send(device, "newCommandQueue");
	id commands = send(queue, "commandBuffer"),
	   pass = send(class_named("MTLRenderPassDescriptor"), "renderPassDescriptor");
	SEL selector = sel_registerName("newLibraryWithFile:error:");
	for (size_t i = 0; i < 100; i++) {
		id error = NULL;
		FUNCTION(id(*)(id, SEL, id, id *), device, selector)(device, selector, NULL, &error);
		send(class_named("MTLVertexDescriptor"), "vertexDescriptor");
	}
	assert_int_equal(tongs_handle_kind(commands), TONGS_KIND_COMMAND_BUFFER);
	assert_int_equal(tongs_handle_kind(pass), TONGS_KIND_RENDER_PASS_DESCRIPTOR);
	send(queue, "release");
	send(device, "release");
}

/* An object of a subclass would need more memory than one of Tongs has. */
static void subclasses_are_not_allocated(void **state) {
	(void)state;
	static const char *const names[] = {"MTLTextureDescriptor", "MTLHeapDescriptor", "MTLCommandBufferDescriptor",
		"MTLRenderPassDescriptor", "MTLRenderPassColorAttachmentDescriptor",
		"MTLRenderPassColorAttachmentDescriptorArray", "MTLSharedEventListener", "MTLSharedEventHandle",
		"MTLSharedTextureHandle", "MTLSamplerDescriptor", "MTLVertexAttributeDescriptorArray", "IOSurface"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[64];
		snprintf(name, sizeof(name), "Sub%s", names[i]);
		Class subclass = objc_allocateClassPair((Class)class_named(names[i]), name, 0);
		objc_registerClassPair(subclass);
		assert_null(send((id)subclass, "alloc"));
		assert_true(was_logged("cannot be allocated"));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(classes_have_their_place),
		TEST(only_descriptors_are_allocated),
		DEVICE_TEST(buffers_hold_bytes),
		DEVICE_TEST(wrong_descriptors_are_refused),
		DEVICE_TEST(protocols_are_known_by_name),
		DEVICE_TEST(labels_are_strings_without_foundation),
		DEVICE_TEST(strings_do_not_pile_up),
		DEVICE_TEST(broken_text_is_survived),
		DEVICE_TEST(all_devices_come_in_an_array),
#ifndef TONGS_OBJC_GNUSTEP
		DEVICE_TEST(blocks_need_a_runtime_only_to_be_copied),
#endif
		TEST(dealloc_is_refused),
		DEVICE_TEST(ranges_are_checked),
		DEVICE_TEST(errors_are_copied_and_asked),
		DEVICE_TEST(errors_do_not_end_command_buffers),
		TEST(subclasses_are_not_allocated),
	};
	return cmocka_run_group_tests_name("objc runtime", tests, NULL, NULL);
}
