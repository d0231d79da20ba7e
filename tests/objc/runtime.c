/* SPDX-License-Identifier: MIT */
/* A C program that messages Metal objects through libobjc's own interface, without Foundation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "libobjc.h"
#include "messages.h"

id MTLCreateSystemDefaultDevice(void);
id MTLCopyAllDevices(void);

#define FUNCTION(type, receiver, selector) ((type)(void (*)(void))objc_msg_lookup(receiver, selector))

static id send(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return FUNCTION(id(*)(id, SEL), receiver, selector)(receiver, selector);
}

static id send1(id receiver, const char *name, const void *argument) {
	SEL selector = sel_registerName(name);
	return FUNCTION(id(*)(id, SEL, const void *), receiver, selector)(receiver, selector, argument);
}

static NSUInteger get(id receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return FUNCTION(NSUInteger(*)(id, SEL), receiver, selector)(receiver, selector);
}

static void set(id receiver, const char *name, NSUInteger value) {
	SEL selector = sel_registerName(name);
	FUNCTION(void (*)(id, SEL, NSUInteger), receiver, selector)(receiver, selector, value);
}

static id class_named(const char *name) {
	id class = (id)objc_lookUpClass(name);
	assert_non_null(class);
	return class;
}

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

static void descriptor_begins_with_the_defaults(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	assert_int_equal(tongs_handle_kind(descriptor), TONGS_KIND_TEXTURE_DESCRIPTOR);
	assert_int_equal(get(descriptor, "textureType"), info.type);
	assert_int_equal(get(descriptor, "pixelFormat"), info.pixel_format);
	assert_int_equal(get(descriptor, "width"), 1);
	assert_int_equal(get(descriptor, "usage"), info.usage);
	assert_int_equal(get(descriptor, "resourceOptions"), info.resource_options);
	assert_int_equal(get(descriptor, "retainCount"), 1);
	send(descriptor, "retain");
	assert_int_equal(get(descriptor, "retainCount"), 2);
	send(descriptor, "release");
	send(descriptor, "release");
	assert_int_equal(tongs_handle_kind(descriptor), TONGS_KIND_NONE);
	assert_int_equal(messages.count, 0);
}

static void descriptor_copies_are_apart(void **state) {
	(void)state;
	id descriptor = send(send(class_named("MTLHeapDescriptor"), "alloc"), "init");
	set(descriptor, "setSize:", 65536);
	set(descriptor, "setType:", MTLHeapTypePlacement);
	id copy = send(descriptor, "copy");
	assert_ptr_not_equal(copy, descriptor);
	set(descriptor, "setSize:", 1);
	assert_int_equal(get(copy, "size"), 65536);
	assert_int_equal(get(copy, "type"), MTLHeapTypePlacement);
	assert_ptr_equal(send(copy, "class"), class_named("MTLHeapDescriptor"));
	send(descriptor, "release");
	send(copy, "release");
}

/* The property as a number, whatever its type, which is at most a word and returned in a register. */
static NSUInteger get_property(id descriptor, SEL getter) {
	const char *types = method_getTypeEncoding(class_getInstanceMethod(object_getClass(descriptor), getter));
	int size = objc_sizeof_type(types);
	assert_in_range(size, 1, sizeof(NSUInteger));
	NSUInteger value = get(descriptor, sel_getName(getter));
	return size == sizeof(value) ? value : value & (((NSUInteger)1 << 8 * size) - 1);
}

/* Every setter that a descriptor has: its getter returns what was set, a copy has it, and no other descriptor. */
static void check_property(const char *class, const char *setter) {
	char name[64];
	assert_true(strlen(setter) < sizeof(name));
	snprintf(name, sizeof(name), "%c%s", setter[3] + ('a' - 'A'), setter + 4);
	name[strlen(name) - 1] = '\0'; /* the colon */
	id descriptor = send(class_named(class), "new"), other = send(class_named(class), "new");
	SEL getter = sel_registerName(name);
	assert_true(class_respondsToSelector(object_getClass(descriptor), getter));
	NSUInteger initial = get_property(descriptor, getter), value = initial != 1;
	if (!value && strcmp(name, "allowGPUOptimizedContents") != 0)
		value = 2;
	set(descriptor, setter, value);
	id copy = send(descriptor, "copy");
	assert_int_equal(get_property(descriptor, getter), value);
	assert_int_equal(get_property(copy, getter), value);
	assert_int_equal(get_property(other, getter), initial);
	send(descriptor, "release");
	send(other, "release");
	send(copy, "release");
}

static void properties_are_set_got_and_copied(void **state) {
	(void)state;
	static const struct {
		const char *name;
		unsigned properties;
	} classes[] = {{"MTLTextureDescriptor", 16}, {"MTLHeapDescriptor", 7}};
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		unsigned count = 0, checked = 0;
		struct objc_method **methods = class_copyMethodList((Class)class_named(classes[i].name), &count);
		for (unsigned k = 0; k < count; k++) {
			const char *selector = sel_getName(method_getName(methods[k]));
			if (strncmp(selector, "set", 3) != 0)
				continue;
			check_property(classes[i].name, selector);
			checked++;
		}
		free(methods);
		assert_int_equal(checked, classes[i].properties);
	}
	assert_int_equal(messages.count, 0);
}

static void modes_are_parts_of_the_options(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	set(descriptor, "setResourceOptions:",
		MTLResourceStorageModePrivate | MTLResourceCPUCacheModeWriteCombined |
			MTLResourceHazardTrackingModeUntracked);
	assert_int_equal(get(descriptor, "storageMode"), MTLStorageModePrivate);
	assert_int_equal(get(descriptor, "cpuCacheMode"), MTLCPUCacheModeWriteCombined);
	assert_int_equal(get(descriptor, "hazardTrackingMode"), MTLHazardTrackingModeUntracked);
	set(descriptor, "setStorageMode:", MTLStorageModeShared);
	set(descriptor, "setHazardTrackingMode:", MTLHazardTrackingModeTracked);
	assert_int_equal(get(descriptor, "resourceOptions"),
		MTLResourceCPUCacheModeWriteCombined | MTLResourceHazardTrackingModeTracked);
	send(descriptor, "release");
}

/* A mode is a part of a word, in which a larger number would not be seen: the setter refuses it. All else is kept as it
 * is given, and refused when something is made with it. */
static void values_out_of_range(void **state) {
	static const NSUInteger beyond[] = {16, 256, (NSUInteger)1 << 32, (NSUInteger)1 << 60, (NSUInteger)-1};
	static const struct {
		const char *class, *getter, *setter;
		NSUInteger first_bad; /* of a mode; 0: of other values */
	} rows[] = {
		{"MTLTextureDescriptor", "storageMode", "setStorageMode:", 4},
		{"MTLTextureDescriptor", "cpuCacheMode", "setCpuCacheMode:", 2},
		{"MTLTextureDescriptor", "hazardTrackingMode", "setHazardTrackingMode:", 3},
		{"MTLTextureDescriptor", "textureType", "setTextureType:", 0},
		{"MTLTextureDescriptor", "pixelFormat", "setPixelFormat:", 0},
		{"MTLTextureDescriptor", "compressionType", "setCompressionType:", 0},
		{"MTLTextureDescriptor", "resourceOptions", "setResourceOptions:", 0},
		{"MTLTextureDescriptor", "usage", "setUsage:", 0},
		{"MTLTextureDescriptor", "sampleCount", "setSampleCount:", 0},
		{"MTLHeapDescriptor", "storageMode", "setStorageMode:", 4},
		{"MTLHeapDescriptor", "cpuCacheMode", "setCpuCacheMode:", 2},
		{"MTLHeapDescriptor", "hazardTrackingMode", "setHazardTrackingMode:", 3},
		{"MTLHeapDescriptor", "type", "setType:", 0},
		{"MTLHeapDescriptor", "resourceOptions", "setResourceOptions:", 0},
	};
	id device = MTLCreateSystemDefaultDevice();
	(void)state;
	assert_non_null(device);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int is_texture = strcmp(rows[i].class, "MTLTextureDescriptor") == 0;
		for (size_t k = 0; k < sizeof(beyond) / sizeof(beyond[0]) + 1; k++) {
			const NSUInteger bad = k > 0 ? beyond[k - 1] : rows[i].first_bad;
			id descriptor = send(class_named(rows[i].class), "new");
			/* Small ones may be something where there are no modes. */
			if (!bad || (!rows[i].first_bad && bad <= 256)) {
				send(descriptor, "release");
				continue;
			}
			if (!is_texture)
				set(descriptor, "setSize:", 65536);
			const NSUInteger options = get(descriptor, "resourceOptions");
			const NSUInteger before = get(descriptor, rows[i].getter);
			set(descriptor, rows[i].setter, bad);
			if (rows[i].first_bad) {
				assert_true(was_logged(rows[i].setter));
				assert_int_equal(get(descriptor, rows[i].getter), before);
				assert_int_equal(get(descriptor, "resourceOptions"), options);
			} else {
				assert_int_equal(messages.count, 0);
				assert_true(get(descriptor, rows[i].getter) == bad);
				assert_null(send1(device,
					is_texture ? "newTextureWithDescriptor:" : "newHeapWithDescriptor:",
					descriptor));
				assert_true(was_logged(is_texture ? "newTexture" : "newHeap"));
			}
			send(descriptor, "release");
		}
	}
	send(device, "release");
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

static void unknown_selector_returns_nil(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice();
	assert_null(send(device, "newUnheardOf"));
	assert_true(was_logged("-[TongsDevice newUnheardOf]"));
	assert_int_equal(get(device, "numberOfWhat"), 0);
	assert_true(was_logged("numberOfWhat"));
	assert_null(send(class_named("MTLHeapDescriptor"), "heapDescriptorOfMyDreams"));
	assert_true(was_logged("+[MTLHeapDescriptor heapDescriptorOfMyDreams]"));
	assert_null(send1(device, "performSelector:", sel_registerName("noSuchThing")));
	assert_true(was_logged("noSuchThing"));
	assert_null(FUNCTION(id(*)(id, SEL), nil, sel_registerName("numberOfWhat"))(nil, NULL));
	assert_int_equal(messages.count, 0);
	send(device, "release");
}

struct sizes {
	MTLSize one;
	uintptr_t guard[16];
};

static struct sizes guarded(void) {
	struct sizes sizes;
	memset(&sizes, 0x5a, sizeof(sizes));
	return sizes;
}

static void unknown_selector_returns_zeroed_structs(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	struct sizes sizes = guarded();
	SEL selector = sel_registerTypedName("tileSize", "{?=QQQ}16@0:8");
	sizes.one = FUNCTION(MTLSize(*)(id, SEL), descriptor, selector)(descriptor, selector);
	assert_true(was_logged("tileSize"));
	assert_int_equal(sizes.one.width | sizes.one.height | sizes.one.depth, 0);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(sizes.guard[i], guarded().guard[0]);

	selector = sel_registerTypedName("tileRegion", "{?={?=QQQ}{?=QQQ}}16@0:8");
	MTLRegion region = FUNCTION(MTLRegion(*)(id, SEL), descriptor, selector)(descriptor, selector);
	assert_true(was_logged("tileRegion"));
	static const MTLRegion nowhere;
	assert_memory_equal(&region, &nowhere, sizeof(region));

	selector = sel_registerTypedName("tileAlign", "{?=QQ}16@0:8");
	MTLSizeAndAlign pair = FUNCTION(MTLSizeAndAlign(*)(id, SEL), descriptor, selector)(descriptor, selector);
	assert_true(was_logged("tileAlign"));
	assert_int_equal(pair.size | pair.align, 0);

	struct bytes20 {
		uint32_t word[5];
	} odd;
	selector = sel_registerTypedName("tileOdd", "{bytes20=[5I]}16@0:8");
	odd = FUNCTION(struct bytes20(*)(id, SEL), descriptor, selector)(descriptor, selector);
	assert_true(was_logged("tileOdd"));
	assert_int_equal(odd.word[0], 0);
	send(descriptor, "release");
}

/* Structs by memory, of sizes that the registers of an answer do not hold: as many bytes are cleared as can be, and
 * none behind the struct. */
#define CHECK_STRUCT(size, cleared) \
	do { \
		struct { \
			struct bytes##size { \
				char bytes[size]; \
			} one; \
			char guard[64]; \
		} answer; \
		memset(&answer, 0x5a, sizeof(answer)); \
		SEL selector = sel_registerTypedName("someBytes" #size, "{bytes" #size "=[" #size "c]}16@0:8"); \
		answer.one = FUNCTION(struct bytes##size(*)(id, SEL), descriptor, selector)(descriptor, selector); \
		assert_true(was_logged("someBytes" #size)); \
		for (int i = 0; i < (cleared); i++) \
			assert_int_equal(answer.one.bytes[i], 0); \
		for (int i = 0; i < 64; i++) \
			assert_int_equal(answer.guard[i], 0x5a); \
	} while (0)

static void unknown_selector_clears_structs_of_all_sizes(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	CHECK_STRUCT(17, 17);
	CHECK_STRUCT(24, 24);
	CHECK_STRUCT(33, 32);
	CHECK_STRUCT(40, 40);
	CHECK_STRUCT(56, 56);
	CHECK_STRUCT(65, 64);
	CHECK_STRUCT(96, 96);
	CHECK_STRUCT(200, 128);
	send(descriptor, "release");
}

static void unknown_selector_returns_zero_numbers(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	struct point {
		double x, y;
	} point;
	SEL selector = sel_registerTypedName("aDouble", "d16@0:8");
	assert_true(FUNCTION(double (*)(id, SEL), descriptor, selector)(descriptor, selector) == 0.0);
	assert_true(was_logged("aDouble"));
	selector = sel_registerTypedName("aFloat", "f16@0:8");
	assert_true(FUNCTION(float (*)(id, SEL), descriptor, selector)(descriptor, selector) == 0.0f);
	assert_true(was_logged("aFloat"));
	selector = sel_registerTypedName("aPoint", "{point=dd}16@0:8");
	point = FUNCTION(struct point(*)(id, SEL), descriptor, selector)(descriptor, selector);
	assert_true(point.x == 0 && point.y == 0);
	assert_true(was_logged("aPoint"));
	selector = sel_registerTypedName("aLongDouble", "D16@0:8");
	volatile long double half = 0.5L;
	for (int i = 0; i < 20; i++) {
		assert_true(FUNCTION(long double (*)(id, SEL), descriptor, selector)(descriptor, selector) == 0.0L);
		assert_true(was_logged("aLongDouble"));
		assert_true(half + half == 1.0L);
	}
	send(descriptor, "release");
}

/* The runtime's own forwarding, which is used when the receiver is not known. */
static void unknown_implementation_may_be_called(void **state) {
	(void)state;
	id descriptor = send(class_named("MTLTextureDescriptor"), "new");
	Class class = (Class)class_named("MTLTextureDescriptor");
	struct sizes sizes = guarded();
	SEL selector = sel_registerTypedName("superSize", "{?=QQQ}16@0:8");
	sizes.one = ((MTLSize(*)(id, SEL))(void (*)(void))class_getMethodImplementation(class, selector))(
		descriptor, selector);
	assert_true(was_logged("superSize"));
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(sizes.guard[i], guarded().guard[0]);
	selector = sel_registerTypedName("superDouble", "d16@0:8");
	assert_true(((double (*)(id, SEL))(void (*)(void))class_getMethodImplementation(class, selector))(
			    descriptor, selector) == 0.0);
	assert_true(was_logged("superDouble"));
	selector = sel_registerTypedName("superObject", "@16@0:8");
	assert_null(
		((id(*)(id, SEL))(void (*)(void))class_getMethodImplementation(class, selector))(descriptor, selector));
	assert_true(was_logged("superObject"));
	send(descriptor, "release");
}

static void foreign_classes_keep_their_forwarding(void **state) {
	(void)state;
#ifdef TONGS_OBJC_GNUSTEP
	static const char *const names[] = {"Object"};
#else
	static const char *const names[] = {"Object", "Protocol"};
#endif
	SEL selector = sel_registerTypedName("somethingForeign", "@16@0:8");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		id foreign = class_createInstance((Class)class_named(names[i]), 0);
		id ours = send(class_named("MTLTextureDescriptor"), "new");
		assert_ptr_not_equal(objc_msg_lookup(foreign, selector), objc_msg_lookup(ours, selector));
		object_dispose(foreign);
		send(ours, "release");
	}
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

enum { LISTS = 2000, PARTS = 31 };

static struct {
	id lists[LISTS];
	id parts[2][LISTS * PARTS];
	atomic_size_t asked[2];
} race;

/* Two threads ask for the same part at the same time. */
static void *ask(void *user) {
	const size_t thread = *(const size_t *)user;
	SEL selector = sel_registerName("objectAtIndexedSubscript:");
	id (*get_part)(id, SEL, NSUInteger) = FUNCTION(id(*)(id, SEL, NSUInteger), race.lists[0], selector);
	for (size_t i = 0; i < LISTS * PARTS; i++) {
		race.asked[thread] = i + 1;
		for (size_t spins = 0; race.asked[!thread] <= i; spins++)
			if (spins > 1000)
				sched_yield();
		race.parts[thread][i] = get_part(race.lists[i / PARTS], selector, i % PARTS);
	}
	return NULL;
}

static void threads_share_parts(void **state) {
	(void)state;
	pthread_t other;
	const size_t threads[] = {0, 1};
	for (size_t i = 0; i < LISTS; i++)
		race.lists[i] = send(class_named("MTLVertexAttributeDescriptorArray"), "new");
	assert_int_equal(pthread_create(&other, NULL, ask, (void *)&threads[1]), 0);
	ask((void *)&threads[0]);
	pthread_join(other, NULL);
	for (size_t i = 0; i < LISTS * PARTS; i++)
		assert_ptr_equal(race.parts[0][i], race.parts[1][i]);
	for (size_t i = 0; i < LISTS; i++)
		send(race.lists[i], "release");
}

/* As a category does that replaces a method and calls the old one. */
static void properties_need_their_selectors(void **state) {
	(void)state;
	static const char *const names[][3] = {{"minFilter", "old_minFilter", "Q@:"}, {"label", "old_label", "@@:"},
		{"lodMinClamp", "old_lodMinClamp", "f@:"}, {"setMinFilter:", "old_setMinFilter:", "v@:Q"},
		{"setLabel:", "old_setLabel:", "v@:@"}, {"setLodAverage:", "old_setLodAverage:", "v@:C"}};
	Class class = (Class)class_named("MTLSamplerDescriptor");
	id sampler = send((id) class, "new");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		IMP old = class_getMethodImplementation(class, sel_registerName(names[i][0]));
		assert_true(class_addMethod(class, sel_registerName(names[i][1]), old, names[i][2]));
	}
	set(sampler, "setMinFilter:", 1);
	assert_int_equal(get(sampler, "old_minFilter"), 0);
	assert_true(was_logged("old_minFilter is no property of an MTLSamplerDescriptor"));
	assert_null(send(sampler, "old_label"));
	SEL clamp = sel_registerName("old_lodMinClamp");
	assert_true(FUNCTION(float (*)(id, SEL), sampler, clamp)(sampler, clamp) == 0);
	set(sampler, "old_setMinFilter:", 0);
	set(sampler, "old_setLodAverage:", 1);
	send1(sampler, "old_setLabel:", send(sampler, "description"));
	assert_int_equal(messages.count, 5);
	assert_non_null(strstr(messages.last, "old_setLabel: is no property of an MTLSamplerDescriptor"));
	assert_int_equal(get(sampler, "minFilter"), 1);
	send(sampler, "release");
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

/* Of the library, when it is built with tests: the allocation after so many fails. Returns UINT64_MAX if one has. */
uint64_t tongs_alloc_fail_after(uint64_t countdown);

static id get_part(id list, NSUInteger index) {
	SEL selector = sel_registerName("objectAtIndexedSubscript:");
	return FUNCTION(id(*)(id, SEL, NSUInteger), list, selector)(list, selector, index);
}

/* A copy is whole, or there is none; and each failure is reported. */
static void descriptors_survive_the_end_of_memory(void **state) {
	(void)state;
	id pipeline = send(class_named("MTLRenderPipelineDescriptor"), "new"), copy = NULL;
	set(get_part(send(pipeline, "colorAttachments"), 3), "setPixelFormat:", 80);
	for (uint64_t i = 0; !copy; i++) {
		messages.count = 0;
		tongs_alloc_fail_after(i);
		copy = send(pipeline, "copy");
		const bool failed = tongs_alloc_fail_after(UINT64_MAX) == UINT64_MAX;
		assert_int_equal(!copy, failed);
		assert_int_equal(messages.count > 0, failed);
	}
	assert_int_equal(get(get_part(send(copy, "colorAttachments"), 3), "pixelFormat"), 80);
	send1(pipeline, "setLabel:", send((id)objc_lookUpClass("MTLHeapDescriptor"), "description"));
	id label = send(pipeline, "label"), text = send(pipeline, "description");
	tongs_alloc_fail_after(0);
	send1(pipeline, "setLabel:", text);
	assert_int_equal(tongs_alloc_fail_after(UINT64_MAX), UINT64_MAX);
	assert_true(was_logged("setLabel: out of memory"));
	assert_ptr_equal(send(pipeline, "label"), label);
	send(copy, "release");
	send(pipeline, "release");
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)
#define DEVICE_TEST(name) cmocka_unit_test_setup(name, hear_messages_of_a_device)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(classes_have_their_place),
		TEST(descriptor_begins_with_the_defaults),
		TEST(descriptor_copies_are_apart),
		TEST(properties_are_set_got_and_copied),
		TEST(modes_are_parts_of_the_options),
		DEVICE_TEST(values_out_of_range),
		TEST(only_descriptors_are_allocated),
		DEVICE_TEST(buffers_hold_bytes),
		DEVICE_TEST(wrong_descriptors_are_refused),
		DEVICE_TEST(unknown_selector_returns_nil),
		TEST(unknown_selector_returns_zeroed_structs),
		TEST(unknown_selector_clears_structs_of_all_sizes),
		TEST(unknown_selector_returns_zero_numbers),
		TEST(unknown_implementation_may_be_called),
		TEST(foreign_classes_keep_their_forwarding),
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
		TEST(threads_share_parts),
		TEST(properties_need_their_selectors),
		DEVICE_TEST(errors_are_copied_and_asked),
		DEVICE_TEST(errors_do_not_end_command_buffers),
		TEST(subclasses_are_not_allocated),
		TEST(descriptors_survive_the_end_of_memory),
	};
	return cmocka_run_group_tests_name("objc runtime", tests, NULL, NULL);
}
