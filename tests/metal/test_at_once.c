/* SPDX-License-Identifier: MIT */
/* Objects that exist once, requested by several threads at the same moment: all get the same one, and duplicates are
 * destroyed. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "vulkan/own_device.h"
#include "metal/device.h"
#include "metal/texture.h"

enum { THREADS = 6, ROUNDS = 12, WIDTH = 16 };

static pthread_barrier_t start;

struct one {
	pthread_t thread;
	void *(*get)(struct one *one);
	uint8_t uuid[VK_UUID_SIZE];
	struct tongs_texture *texture;
	void *got;
};

static void *run(void *user) {
	struct one *one = user;
	pthread_barrier_wait(&start);
	one->got = one->get(one);
	return NULL;
}

/* They begin together. */
static void run_all(struct one ones[THREADS]) {
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&ones[i].thread, NULL, run, &ones[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(ones[i].thread, NULL), 0);
	pthread_barrier_destroy(&start);
	for (size_t i = 0; i < THREADS; i++) {
		assert_non_null(ones[i].got);
		assert_ptr_equal(ones[i].got, ones[0].got);
	}
}

static void *get_plain(struct one *one) {
	(void)one;
	return new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
}

static void *get_default(struct one *one) {
	(void)one;
	return tongs_device_new_default();
}

static void *get_by_uuid(struct one *one) {
	return tongs_device_new_from_uuid(one->uuid);
}

/* The thread that comes second to set a device's own Vulkan device releases its own reference. */
static void devices(void **state) {
	void *(*const gets[])(struct one *) = {get_plain, get_default, get_by_uuid};
	const size_t objects = tongs_interop_count_objects();
	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t k = 0; k < LENGTH(gets); k++) {
			struct one ones[THREADS] = {{0}};
			struct tongs_device *known = tongs_device_new_default();
			assert_non_null(known);
			for (size_t i = 0; i < THREADS; i++) {
				ones[i].get = gets[k];
				tongs_device_get_uuid(known, ones[i].uuid);
			}
			tongs_device_unref(known);
			run_all(ones);
			struct tongs_device *device = ones[0].got;
			assert_int_equal(atomic_load(&device->object.refs), THREADS);
			if (gets[k] != get_plain)
				assert_int_equal(atomic_load(&device->own_device)->references, 1);
			for (size_t i = 0; i < THREADS; i++)
				tongs_device_unref(device);
			assert_int_equal(tongs_handle_kind(device), TONGS_KIND_NONE);
			assert_int_equal(tongs_interop_count_objects(), objects);
		}
	}
}

static void *read_texels(struct one *one) {
	float texels[WIDTH * WIDTH];
	const MTLRegion all = MTLRegionMake2D(0, 0, WIDTH, WIDTH);
	if (!tongs_texture_get_bytes(one->texture, texels, WIDTH * 4, sizeof(texels), all, 0, 0))
		return NULL;
	for (size_t i = 0; i < LENGTH(texels); i++)
		if (texels[i] != 0.25f)
			return NULL;
	return atomic_load(&one->texture->image);
}

/* Depth textures, whose texels only the driver can copy, through an image that is created on first use. */
static void images(void **state) {
	(void)state;
	struct tongs_device *device = tongs_device_new_default();
	assert_non_null(device);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float, WIDTH, WIDTH);
	const MTLRegion all = MTLRegionMake2D(0, 0, WIDTH, WIDTH);
	float texels[WIDTH * WIDTH];
	for (size_t i = 0; i < LENGTH(texels); i++)
		texels[i] = 0.25f;
	for (size_t round = 0; round < ROUNDS; round++) {
		struct tongs_texture *texture = tongs_device_new_texture(device, &info);
		assert_non_null(texture);
		if (atomic_load(&texture->image)) {
			/* Its memory was allocated for the image. */
			tongs_texture_unref(texture);
			tongs_device_unref(device);
			skip();
		}
		assert_true(tongs_texture_replace_region(texture, all, 0, 0, texels, WIDTH * 4, sizeof(texels)));
		/* As if none had been needed yet. */
		tongs_own_image_destroy(atomic_exchange(&texture->image, NULL));
		struct one ones[THREADS] = {{0}};
		for (size_t i = 0; i < THREADS; i++) {
			ones[i].get = read_texels;
			ones[i].texture = texture;
		}
		run_all(ones);
		tongs_texture_unref(texture);
	}
	tongs_device_unref(device);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices),
		cmocka_unit_test(images),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
