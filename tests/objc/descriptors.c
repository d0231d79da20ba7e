/* SPDX-License-Identifier: MIT */
/* Descriptors and their parts, by messages from C: properties, copies, threads, and the end of memory. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sends.h"

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

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(descriptor_begins_with_the_defaults),
		TEST(descriptor_copies_are_apart),
		TEST(properties_are_set_got_and_copied),
		TEST(modes_are_parts_of_the_options),
		DEVICE_TEST(values_out_of_range),
		TEST(threads_share_parts),
		TEST(properties_need_their_selectors),
		TEST(descriptors_survive_the_end_of_memory),
	};
	return cmocka_run_group_tests_name("objc descriptors", tests, NULL, NULL);
}
