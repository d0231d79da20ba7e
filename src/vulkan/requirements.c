/* SPDX-License-Identifier: MIT */
/* The cache of needs: a table with one slot for each hash of a shape. */
#include "vulkan/requirements.h"

#include <pthread.h>
#include <string.h>

#include "util/fork.h"

/* The shape is compared and hashed as words, so it must have no padding. */
_Static_assert(sizeof(struct tongs_image_shape) == 9 * sizeof(uint32_t), "padding in struct tongs_image_shape");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the slots of all caches */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_REQUIREMENTS, NULL);

/* FNV-1a, of words. */
static struct tongs_requirements_slot *find(
	struct tongs_requirements_cache *cache, const struct tongs_image_shape *shape, VkImageCreateFlags flags) {
	uint32_t words[sizeof(*shape) / sizeof(uint32_t)], hash = 2166136261u;
	memcpy(words, shape, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = (hash ^ words[i]) * 16777619u;
	hash = (hash ^ flags) * 16777619u;
	return &cache->slots[(hash ^ hash >> 16) % TONGS_REQUIREMENTS_SLOTS];
}

bool tongs_requirements_get(struct tongs_requirements_cache *cache, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_own_image_requirements *needs) {
	const struct tongs_requirements_slot *slot = find(cache, shape, flags);
	pthread_mutex_lock(&lock);
	bool known = slot->shape.levels > 0 && slot->flags == flags && memcmp(&slot->shape, shape, sizeof(*shape)) == 0;
	if (known)
		*needs = slot->needs;
	pthread_mutex_unlock(&lock);
	return known;
}

void tongs_requirements_put(struct tongs_requirements_cache *cache, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, const struct tongs_own_image_requirements *needs) {
	struct tongs_requirements_slot *slot = find(cache, shape, flags);
	pthread_mutex_lock(&lock);
	*slot = (struct tongs_requirements_slot){.shape = *shape, .flags = flags, .needs = *needs};
	pthread_mutex_unlock(&lock);
}
