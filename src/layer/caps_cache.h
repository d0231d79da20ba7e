/* SPDX-License-Identifier: MIT */
/* The caps of physical devices that the driver reported, cached for the life of the instance: they cannot change, and
 * creating an image would take ten times as long if the driver were queried each time.
 *
 * A program can query the caps of any number of images, so these have sets of their own and do not evict the other
 * caps, from which they are derived. */
#ifndef TONGS_LAYER_CAPS_CACHE_H
#define TONGS_LAYER_CAPS_CACHE_H

#include <vulkan/vulkan_core.h>

#include "util/cache.h"
#include "vulkan/image_rule.h"
#include "vulkan/import.h"

enum {
	TONGS_CAPS_CACHE_IMAGE_SETS = 64,
	TONGS_CAPS_CACHE_OTHER_SETS = 32,
	TONGS_CAPS_CACHE_SETS = TONGS_CAPS_CACHE_IMAGE_SETS + TONGS_CAPS_CACHE_OTHER_SETS,
};

enum tongs_caps_kind { TONGS_CAPS_DEVICE, TONGS_CAPS_BUFFER, TONGS_CAPS_IMAGE, TONGS_CAPS_IMAGE_BASE };

static inline uint64_t tongs_caps_pair(uint32_t high, uint32_t low) {
	return (uint64_t)high << 32 | low;
}

/* The kinds of memory that the device uses. */
static inline struct tongs_cache_key tongs_caps_key_device(VkPhysicalDevice physical_device) {
	return (struct tongs_cache_key){{(uintptr_t)physical_device, TONGS_CAPS_DEVICE}};
}

/* The driver's external memory features for buffers in memory of a kind. */
static inline struct tongs_cache_key tongs_caps_key_buffer(VkPhysicalDevice physical_device,
	const struct tongs_import_kind *kind, VkBufferCreateFlags flags, VkBufferUsageFlags usage) {
	return (struct tongs_cache_key){{(uintptr_t)physical_device, TONGS_CAPS_BUFFER, tongs_caps_pair(flags, usage),
		kind->allocated_by_device}};
}

/* What the image rule knows about a format in memory of a kind, regardless of usage. */
static inline struct tongs_cache_key tongs_caps_key_image_base(VkPhysicalDevice physical_device,
	const struct tongs_import_kind *kind, VkFormat format, VkImageType type, VkImageTiling tiling) {
	return (struct tongs_cache_key){
		{(uintptr_t)physical_device, TONGS_CAPS_IMAGE_BASE, tongs_caps_pair((uint32_t)format, (uint32_t)type),
			tongs_caps_pair(kind->allocated_by_device, (uint32_t)tiling)}};
}

/* How images with all of the handle types are created. */
static inline struct tongs_cache_key tongs_caps_key_image(VkPhysicalDevice physical_device,
	const struct tongs_image_query *image, VkExternalMemoryHandleTypeFlags types) {
	return (struct tongs_cache_key){{
		(uintptr_t)physical_device,
		tongs_caps_pair(types, TONGS_CAPS_IMAGE | (image->multisampled ? 1u << 31 : 0)),
		tongs_caps_pair((uint32_t)image->format, (uint32_t)image->type),
		tongs_caps_pair((uint32_t)image->tiling, image->usage),
		image->flags,
	}};
}

union tongs_caps_value {
	struct tongs_import_roles roles; /* none: the layer does not provide the extension */
	VkExternalMemoryFeatureFlags buffer_features;
	struct {
		bool supported; /* with all of the handle types; if not, the driver is not queried */
		struct tongs_image_caps caps;
	} image;
	struct tongs_image_base_caps image_base;
};

enum { TONGS_CAPS_VALUE_WORDS = sizeof(union tongs_caps_value) / sizeof(uint64_t) };
_Static_assert(sizeof(union tongs_caps_value) % sizeof(uint64_t) == 0, "the value is not a number of words");

/* Empty when zeroed. */
struct tongs_caps_cache {
	_Atomic uint64_t sets[TONGS_CAPS_CACHE_SETS][TONGS_CACHE_SET_WORDS(TONGS_CAPS_VALUE_WORDS)];
};

static inline size_t tongs_caps_cache_find_set(const struct tongs_cache_key *key) {
	const size_t hash = tongs_cache_hash(key);
	return (key->words[1] & 0xff) == TONGS_CAPS_IMAGE
		       ? hash % TONGS_CAPS_CACHE_IMAGE_SETS
		       : TONGS_CAPS_CACHE_IMAGE_SETS + hash % TONGS_CAPS_CACHE_OTHER_SETS;
}

/* Copies the first `size` bytes of the value; false: not cached. */
static inline bool tongs_caps_cache_lookup(const struct tongs_caps_cache *cache, const struct tongs_cache_key *key,
	union tongs_caps_value *value, size_t size) {
	return tongs_cache_lookup(
		cache->sets[tongs_caps_cache_find_set(key)], TONGS_CAPS_VALUE_WORDS, key, value, size);
}

static inline void tongs_caps_cache_add(
	struct tongs_caps_cache *cache, const struct tongs_cache_key *key, const union tongs_caps_value *value) {
	tongs_cache_add(cache->sets[tongs_caps_cache_find_set(key)], TONGS_CAPS_VALUE_WORDS, key, value);
}

#endif
