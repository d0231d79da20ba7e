/* SPDX-License-Identifier: MIT */
/* What nothing implements: its answers are zeroes of every type, and are reported. */
#include <string.h>

#include "sends.h"

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

int main(void) {
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(unknown_selector_returns_nil),
		TEST(unknown_selector_returns_zeroed_structs),
		TEST(unknown_selector_clears_structs_of_all_sizes),
		TEST(unknown_selector_returns_zero_numbers),
		TEST(unknown_implementation_may_be_called),
		TEST(foreign_classes_keep_their_forwarding),
	};
	return cmocka_run_group_tests_name("objc forwarding", tests, NULL, NULL);
}
