/* SPDX-License-Identifier: MIT */
/* The cache of query results: what is found is right, its size is bounded, it accepts new entries, and threads may
 * share it. */
#include "layer/caps_cache.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct tongs_import_kind pages = {.name = "pages"}, driver = {.allocated_by_device = true};

static VkPhysicalDevice device_of(unsigned i) {
	return (VkPhysicalDevice)(uintptr_t)(0x1000 * (i + 1));
}

static union tongs_caps_value caps_of(unsigned i) {
	return (union tongs_caps_value){.buffer_features = i};
}

static void each_query_has_its_own_caps(void **state) {
	struct tongs_caps_cache *cache = calloc(1, sizeof(*cache));
	struct tongs_image_query image = {.format = VK_FORMAT_R8G8B8A8_UNORM, .type = VK_IMAGE_TYPE_2D};
	struct tongs_cache_key queries[17];
	unsigned count = 0;
	(void)state;
	/* Each differs from the others, and from the first image query, in one member. */
	queries[count++] = tongs_caps_key_device(device_of(0));
	queries[count++] = tongs_caps_key_device(device_of(1));
	queries[count++] = tongs_caps_key_buffer(device_of(0), &pages, 0, 0);
	queries[count++] = tongs_caps_key_buffer(device_of(0), &driver, 0, 0);
	queries[count++] = tongs_caps_key_buffer(device_of(0), &pages, 1, 0);
	queries[count++] = tongs_caps_key_buffer(device_of(0), &pages, 0, 1);
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	queries[count++] = tongs_caps_key_image(device_of(1), &image, 1);
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 3);
	image.multisampled = VK_TRUE;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	image.multisampled = VK_FALSE;
	image.type = VK_IMAGE_TYPE_3D;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	image.type = VK_IMAGE_TYPE_2D;
	image.tiling = VK_IMAGE_TILING_LINEAR;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	image.tiling = VK_IMAGE_TILING_OPTIMAL;
	image.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	image.usage = 0;
	image.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	image.flags = 0;
	image.format = VK_FORMAT_R8_UNORM;
	queries[count++] = tongs_caps_key_image(device_of(0), &image, 1);
	for (unsigned i = 0; i < count; i++) {
		union tongs_caps_value none;
		assert_false(tongs_caps_cache_lookup(cache, &queries[i], &none, sizeof(none)));
		const union tongs_caps_value caps = caps_of(i);
		tongs_caps_cache_add(cache, &queries[i], &caps);
	}
	for (unsigned i = 0; i < count; i++) {
		union tongs_caps_value found;
		assert_true(tongs_caps_cache_lookup(cache, &queries[i], &found, sizeof(found)));
		assert_int_equal(found.buffer_features, i);
	}
	free(cache);
}

static struct tongs_cache_key image_query(unsigned i) {
	const struct tongs_image_query image = {
		.format = (VkFormat)(i % 100 + 1),
		.type = VK_IMAGE_TYPE_2D,
		.usage = i / 100 + 1,
	};
	return tongs_caps_key_image(device_of(0), &image, 1);
}

/* A value that fills all words. */
static union tongs_caps_value image_caps(unsigned i) {
	union tongs_caps_value caps;
	memset(&caps, 0, sizeof(caps));
	caps.image.supported = true;
	caps.image.caps.count = i;
	caps.image.caps.options[1].limits.maxResourceSize = i;
	return caps;
}

static bool knows_image(const struct tongs_caps_cache *cache, unsigned i) {
	const struct tongs_cache_key key = image_query(i);
	union tongs_caps_value found;
	if (!tongs_caps_cache_lookup(cache, &key, &found, sizeof(found.image)))
		return false;
	assert_true(found.image.supported);
	assert_int_equal(found.image.caps.count, i);
	assert_int_equal(found.image.caps.options[1].limits.maxResourceSize, i);
	return true;
}

/* Ten thousand queries, the last hundred of which are repeated: those are cached. Caps that images are derived from are
 * not evicted by them. */
static void queries_are_cached(void **state) {
	enum { QUESTIONS = 10000, RECENT = 100, BASES = 60 };
	struct tongs_caps_cache *cache = calloc(1, sizeof(*cache));
	const unsigned room = TONGS_CAPS_CACHE_IMAGE_SETS * TONGS_CACHE_WAYS;
	unsigned remembered = 0, recent = 0, bases = 0;
	(void)state;
	for (unsigned i = 0; i < BASES; i++) {
		const struct tongs_cache_key key = tongs_caps_key_image_base(
			device_of(0), &pages, (VkFormat)(i + 1), VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR);
		tongs_caps_cache_add(cache, &key, &(union tongs_caps_value){.image_base.count = i});
	}
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct tongs_cache_key key = image_query(i);
		const union tongs_caps_value caps = image_caps(i);
		tongs_caps_cache_add(cache, &key, &caps);
		assert_true(knows_image(cache, i));
	}
	for (unsigned i = 0; i < QUESTIONS; i++) {
		bool cached = knows_image(cache, i);
		remembered += cached;
		recent += cached && i >= QUESTIONS - RECENT;
	}
	assert_true(remembered > room / 2 && remembered <= room);
	assert_true(recent > RECENT * 3 / 4);
	for (unsigned i = 0; i < BASES; i++) {
		const struct tongs_cache_key key = tongs_caps_key_image_base(
			device_of(0), &pages, (VkFormat)(i + 1), VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR);
		union tongs_caps_value found;
		bool cached = tongs_caps_cache_lookup(cache, &key, &found, sizeof(found.image_base));
		assert_true(!cached || found.image_base.count == i);
		bases += cached;
	}
	assert_true(bases > BASES * 3 / 4);
	free(cache);
}

/* More than there is room for, so that entries are written while others are read. */
static void *query_all(void *user) {
	enum { QUESTIONS = 2 * TONGS_CAPS_CACHE_IMAGE_SETS * TONGS_CACHE_WAYS };
	struct tongs_caps_cache *cache = user;
	uintptr_t wrong = 0;
	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < QUESTIONS; i++) {
			const struct tongs_cache_key key = image_query(i);
			union tongs_caps_value found;
			const union tongs_caps_value caps = image_caps(i);
			if (tongs_caps_cache_lookup(cache, &key, &found, sizeof(found.image)))
				wrong += found.image.caps.count != i ||
					 found.image.caps.options[1].limits.maxResourceSize != i;
			else
				tongs_caps_cache_add(cache, &key, &caps);
		}
	}
	return (void *)wrong;
}

static void threads_share_it(void **state) {
	struct tongs_caps_cache *cache = calloc(1, sizeof(*cache));
	pthread_t threads[3];
	void *wrong;
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, query_all, cache), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	free(cache);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_query_has_its_own_caps),
		cmocka_unit_test(queries_are_cached),
		cmocka_unit_test(threads_share_it),
	};
	return cmocka_run_group_tests_name("layer: cache", tests, NULL, NULL);
}
