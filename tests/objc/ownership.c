/* SPDX-License-Identifier: MIT */
/* Who owns what a method or function returns, as its name says: the caller releases what comes from alloc, copy, init,
 * mutableCopy and new…, and nothing else. ARC relies on it. All makers are called, and all methods without arguments
 * that return an object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/metal.h>

#include "sends.h"

id MTLCopyAllDevices(void);

/* A word of the family, which ends where the next small letter would go on: newer is not of the family new. */
static int is_of_family(const char *name, const char *family) {
	while (*name == '_')
		name++;
	size_t length = strlen(family);
	return strncmp(name, family, length) == 0 && !(name[length] >= 'a' && name[length] <= 'z');
}

static int is_owned_by_name(const char *name) {
	static const char *const families[] = {"alloc", "copy", "init", "mutableCopy", "new"};
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (is_of_family(name, families[i]))
			return 1;
	return 0;
}

/* Enough to fill what a thread keeps where there is no pool, of command buffers and of strings. */
enum { CALLS = 300, MAX_ARGUMENTS = 6 };

/* A method that takes arguments. Structs of two words are two arguments. */
struct row {
	const char *selector;
	uintptr_t arguments[MAX_ARGUMENTS];
};

static id call(id receiver, const struct row *row) {
	SEL selector = sel_registerName(row->selector);
	const uintptr_t *a = row->arguments;
	return FUNCTION(id(*)(id, SEL, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t), receiver,
		selector)(receiver, selector, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Retains the first result, and calls on: then what a thread keeps no longer has it, and a second reference of it is
 * the caller's. One that is returned again and again gets a reference more each time, or not. */
static int is_owned(id receiver, const struct row *row) {
	id results[CALLS];
	results[0] = send(call(receiver, row), "retain");
	const size_t before = get(results[0], "retainCount");
	for (int i = 1; i < CALLS; i++)
		results[i] = call(receiver, row);
	const int again = results[1] == results[0];
	const int owned =
		again ? get(results[0], "retainCount") == before + CALLS - 1 : get(results[0], "retainCount") == 2;
	for (int i = 0; i < CALLS && owned; i++)
		send(results[i], "release");
	send(results[0], "release");
	return owned;
}

/* False: it returns nil, and nothing is known. */
static int check(id receiver, const struct row *row) {
	id result = call(receiver, row);
	if (!result)
		return 0;
	const int by_name = is_owned_by_name(row->selector), owned = is_owned(receiver, row);
	if (by_name)
		send(result, "release");
	if (owned != by_name)
		fail_msg("%s of %s returns what the caller %s", row->selector, object_getClassName(receiver),
			owned ? "must release, which its name does not say"
			      : "must not release, though its name says so");
	return 1;
}

/* Methods that are no makers: they end an object, need another argument, or are the rule's own. */
static int is_excused(const char *selector) {
	static const char *const names[] = {"autorelease", "copy", "init", "retain", "self", "class", "superclass",
		"copyWithZone:", "performSelector:", "performSelector:withObject:",
		"performSelector:withObject:withObject:", "methodSignatureForSelector:", "debugDescription",
		"instanceMethodSignatureForSelector:"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], selector) == 0)
			return 1;
	return 0;
}

static int takes_arguments(const char *selector) {
	return strchr(selector, ':') != NULL;
}

/* Each method of the object's class and its superclasses that returns an object and takes no arguments. */
static unsigned check_getters(id receiver) {
	unsigned checked = 0;
	for (Class class = object_getClass(receiver); class; class = class_getSuperclass(class)) {
		unsigned count = 0;
		Method *methods = class_copyMethodList(class, &count);
		for (unsigned i = 0; i < count; i++) {
			const struct row row = {.selector = sel_getName(method_getName(methods[i]))};
			if (*method_getTypeEncoding(methods[i]) == '@' && !takes_arguments(row.selector) &&
				!is_excused(row.selector))
				checked += (unsigned)check(receiver, &row);
		}
		free(methods);
	}
	return checked;
}

#define WORD(value) ((uintptr_t)(value))

static void names_say_who_owns(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice();
	id texture_descriptor = send((id)objc_lookUpClass("MTLTextureDescriptor"), "new");
	id heap_descriptor = send((id)objc_lookUpClass("MTLHeapDescriptor"), "new");
	id commands_descriptor = send((id)objc_lookUpClass("MTLCommandBufferDescriptor"), "new");
	id pass = send((id)objc_lookUpClass("MTLRenderPassDescriptor"), "new");
	const struct row set_size = {"setSize:", {1 << 26}}, set_format = {"setPixelFormat:", {70}};
	call(heap_descriptor, &set_size);
	call(heap_descriptor, &(struct row){"setStorageMode:", {0}});
	call(texture_descriptor, &set_format);
	call(texture_descriptor, &(struct row){"setUsage:", {0x17}});
	id heap = call(device, &(struct row){"newHeapWithDescriptor:", {WORD(heap_descriptor)}});
	id buffer = call(device, &(struct row){"newBufferWithLength:options:", {65536, 0}});
	id texture = call(device, &(struct row){"newTextureWithDescriptor:", {WORD(texture_descriptor)}});
	id shared = call(device, &(struct row){"newSharedTextureWithDescriptor:", {WORD(texture_descriptor)}});
	id handle = send(shared, "newSharedTextureHandle");
	id event = send(device, "newSharedEvent"), event_handle = send(event, "newSharedEventHandle");
	id queue = send(device, "newCommandQueue"), fence = send(device, "newFence");
	assert_non_null(heap);
	assert_non_null(texture);
	assert_non_null(shared);
	static const char bytes[64];
	const struct {
		id receiver;
		struct row row;
	} makers[] = {
		{device, {"newHeapWithDescriptor:", {WORD(heap_descriptor)}}},
		{device, {"newBufferWithLength:options:", {64, 0}}},
		{device, {"newBufferWithBytes:length:options:", {WORD(bytes), 64, 0}}},
		{device, {"newTextureWithDescriptor:", {WORD(texture_descriptor)}}},
		{device, {"newSharedTextureWithDescriptor:", {WORD(texture_descriptor)}}},
		{device, {"newSharedTextureWithHandle:", {WORD(handle)}}},
		{device, {"newSharedEventWithHandle:", {WORD(event_handle)}}},
		{device, {"newCommandQueueWithMaxCommandBufferCount:", {8}}},
		{heap, {"newBufferWithLength:options:", {64, 0}}},
		{heap, {"newTextureWithDescriptor:", {WORD(texture_descriptor)}}},
		{buffer, {"newTextureWithDescriptor:offset:bytesPerRow:", {WORD(texture_descriptor), 0, 256}}},
		{texture, {"newTextureViewWithPixelFormat:", {70}}},
		{queue, {"commandBufferWithDescriptor:", {WORD(commands_descriptor)}}},
		{texture_descriptor, {"copyWithZone:", {0}}},
		{heap_descriptor, {"copyWithZone:", {0}}},
		{pass, {"copyWithZone:", {0}}},
		{send(pass, "colorAttachments"), {"objectAtIndexedSubscript:", {0}}},
		{(id)objc_lookUpClass("MTLTextureDescriptor"), {"allocWithZone:", {0}}},
		{(id)objc_lookUpClass("MTLTextureDescriptor"), {"alloc", {0}}},
		{(id)objc_lookUpClass("MTLTextureDescriptor"), {"new", {0}}},
		{(id)objc_lookUpClass("MTLRenderPassDescriptor"), {"renderPassDescriptor", {0}}},
	};
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (!check(makers[i].receiver, &makers[i].row))
			fail_msg("%s returns nil: give it what it takes", makers[i].row.selector);
	const id receivers[] = {device, heap, buffer, texture, shared, handle, event, event_handle, queue, fence, pass,
		texture_descriptor, heap_descriptor, commands_descriptor, send(send(queue, "commandBuffer"), "retain")};
	for (size_t i = 0; i < sizeof(receivers) / sizeof(receivers[0]); i++)
		assert_in_range(check_getters(receivers[i]), 1, 100);
	for (size_t i = 0; i < sizeof(receivers) / sizeof(receivers[0]); i++)
		send(receivers[i], "release");
}

/* Both return what the caller releases, and are declared so. */
static void functions_return_a_reference(void **state) {
	(void)state;
	id device = MTLCreateSystemDefaultDevice();
	const size_t count = get(device, "retainCount");
	id again = MTLCreateSystemDefaultDevice(), all = MTLCopyAllDevices();
	assert_ptr_equal(again, device);
	assert_int_equal(get(device, "retainCount"), count + 2); /* again's, and the array's */
	assert_int_equal(get(all, "retainCount"), 1);
	send(all, "release");
	assert_int_equal(get(device, "retainCount"), count + 1);
	send(again, "release");
	send(device, "release");
}

static void families_end_with_their_word(void **state) {
	(void)state;
	assert_true(is_owned_by_name("newBufferWithLength:options:") && is_owned_by_name("copy") &&
		    is_owned_by_name("_new") && is_owned_by_name("initWithProperties:"));
	assert_false(is_owned_by_name("newer") || is_owned_by_name("renew") || is_owned_by_name("commandBuffer") ||
		     is_owned_by_name("allocatedSize"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(families_end_with_their_word),
		TEST(functions_return_a_reference),
		TEST(names_say_who_owns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
