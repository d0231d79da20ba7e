/* SPDX-License-Identifier: MIT */
/* The cache of needs: a table with one slot for each hash of a shape. */
#include "gpu/needs.h"

#include <string.h>

/* The shape is compared and hashed as words, so it must have no padding. */
_Static_assert(sizeof(struct tongs_image_shape) == 9 * sizeof(uint32_t), "padding in struct tongs_image_shape");

/* FNV-1a, of words. */
static struct tongs_needs_slot *find(
	struct tongs_needs_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags) {
	uint32_t words[sizeof(*shape) / sizeof(uint32_t)], hash = 2166136261u;
	memcpy(words, shape, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = (hash ^ words[i]) * 16777619u;
	hash = (hash ^ flags) * 16777619u;
	return &cache->slots[(hash ^ hash >> 16) % TONGS_NEEDS_SLOTS];
}

void tongs_needs_init(struct tongs_needs_cache *cache) {
	pthread_mutex_init(&cache->lock, NULL);
}

bool tongs_needs_get(struct tongs_needs_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_gpu_image_needs *needs) {
	const struct tongs_needs_slot *slot = find(cache, shape, flags);
	pthread_mutex_lock(&cache->lock);
	bool known = slot->shape.levels > 0 && slot->flags == flags && memcmp(&slot->shape, shape, sizeof(*shape)) == 0;
	if (known)
		*needs = slot->needs;
	pthread_mutex_unlock(&cache->lock);
	return known;
}

void tongs_needs_put(struct tongs_needs_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	const struct tongs_gpu_image_needs *needs) {
	struct tongs_needs_slot *slot = find(cache, shape, flags);
	pthread_mutex_lock(&cache->lock);
	*slot = (struct tongs_needs_slot){.shape = *shape, .flags = flags, .needs = *needs};
	pthread_mutex_unlock(&cache->lock);
}
