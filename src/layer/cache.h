/* SPDX-License-Identifier: MIT */
/* What the driver said of physical devices, remembered as long as the instance: it cannot change, and creating an image
 * would cost ten times as much if it were asked each time.
 *
 * A fixed table inside the instance's record, in sets: to remember takes no memory, and no lock. What comes to a full
 * set takes the place of another, in turns, so that the questions which a program asks now are among those remembered
 * however many it asked before. Images' answers, of which there can be any number, leave the others alone, of which
 * they are made.
 *
 * An entry has a version, which is odd while it is written. A reader copies the answer, word by word, and believes it
 * if the version is the same before and after. The words are atomic, loaded with acquire and stored with release, so
 * that none is older than the first reading of the version or younger than the second. */
#ifndef TONGS_LAYER_CACHE_H
#define TONGS_LAYER_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

#include "vulkan/image_rule.h"
#include "vulkan/import_kind.h"

enum {
	TONGS_CACHE_WAYS = 4,             /* entries of a set */
	TONGS_CAPS_CACHE_IMAGE_SETS = 64, /* of what images can be shared */
	TONGS_CAPS_CACHE_OTHER_SETS = 32,
	TONGS_CAPS_CACHE_SETS = TONGS_CAPS_CACHE_IMAGE_SETS + TONGS_CAPS_CACHE_OTHER_SETS,
};

enum tongs_caps_kind { TONGS_CAPS_DEVICE, TONGS_CAPS_BUFFER, TONGS_CAPS_IMAGE, TONGS_CAPS_IMAGE_BASE };

/* In few words, which stay in registers where a question is built for the look-up alone. */
struct tongs_caps_key {
	uint64_t words[5];
};

static inline uint64_t tongs_cache_pair(uint32_t high, uint32_t low) {
	return (uint64_t)high << 32 | low;
}

/* How the device imports payloads, if it does. */
static inline struct tongs_caps_key tongs_caps_key_device(VkPhysicalDevice physical_device) {
	return (struct tongs_caps_key){{(uintptr_t)physical_device, TONGS_CAPS_DEVICE}};
}

/* What the driver's imports can do for buffers. */
static inline struct tongs_caps_key tongs_caps_key_buffer(
	VkPhysicalDevice physical_device, VkBufferCreateFlags flags, VkBufferUsageFlags usage) {
	return (struct tongs_caps_key){{(uintptr_t)physical_device, TONGS_CAPS_BUFFER, tongs_cache_pair(flags, usage)}};
}

/* What there is of images, whatever their usage. */
static inline struct tongs_caps_key tongs_caps_key_image_base(
	VkPhysicalDevice physical_device, VkFormat format, VkImageType type, VkImageTiling tiling) {
	return (struct tongs_caps_key){{(uintptr_t)physical_device, TONGS_CAPS_IMAGE_BASE,
		tongs_cache_pair((uint32_t)format, (uint32_t)type), (uint32_t)tiling}};
}

/* What images can be shared as all of the handle types, and how. */
static inline struct tongs_caps_key tongs_caps_key_image(VkPhysicalDevice physical_device,
	const struct tongs_image_query *image, VkExternalMemoryHandleTypeFlags types) {
	return (struct tongs_caps_key){{
		(uintptr_t)physical_device,
		tongs_cache_pair(types, TONGS_CAPS_IMAGE | (image->multisampled ? 1u << 31 : 0)),
		tongs_cache_pair((uint32_t)image->format, (uint32_t)image->type),
		tongs_cache_pair((uint32_t)image->tiling, image->usage),
		image->flags,
	}};
}

union tongs_caps_value {
	const struct tongs_import_kind *import_kind;  /* NULL: the layer does not provide the extension */
	VkExternalMemoryFeatureFlags buffer_features; /* of imports */
	struct {
		bool can_share; /* as all of the handle types; else the driver is not asked */
		struct tongs_image_caps rule;
	} image;
	struct tongs_image_base_caps image_base;
};

enum { TONGS_CACHE_ANSWER_WORDS = sizeof(union tongs_caps_value) / sizeof(uint64_t) };
_Static_assert(sizeof(union tongs_caps_value) % sizeof(uint64_t) == 0, "an answer is not a number of words");

/* Empty when zeroed. */
struct tongs_caps_cache {
	struct tongs_cache_set {
		atomic_uint turn; /* which way is next when all are taken */
		struct tongs_cache_entry {
			atomic_uint version; /* 0: empty; odd: being written */
			_Atomic uint64_t question[5];
			_Atomic uint64_t answer[TONGS_CACHE_ANSWER_WORDS];
		} ways[TONGS_CACHE_WAYS];
	} sets[TONGS_CAPS_CACHE_SETS];
};

/* A sum of products with odd constants, which do not wait for one another, mixed once more: questions that differ in a
 * flag or two are not to meet in a set. */
static inline size_t tongs_cache_find_set(const struct tongs_caps_key *question) {
	const uint64_t *w = question->words;
	uint64_t sum = w[0] * UINT64_C(0x9E3779B97F4A7C15) + w[1] * UINT64_C(0xBF58476D1CE4E5B9) +
		       w[2] * UINT64_C(0x94D049BB133111EB) + w[3] * UINT64_C(0xD6E8FEB86659FD93) +
		       w[4] * UINT64_C(0xA0761D6478BD642F);
	size_t hash = (size_t)((sum ^ sum >> 32) * UINT64_C(0xD6E8FEB86659FD93) >> 40);
	return (w[1] & 0xff) == TONGS_CAPS_IMAGE ? hash % TONGS_CAPS_CACHE_IMAGE_SETS
						 : TONGS_CAPS_CACHE_IMAGE_SETS + hash % TONGS_CAPS_CACHE_OTHER_SETS;
}

static inline uint64_t tongs_cache_load(const _Atomic uint64_t *word) {
	return atomic_load_explicit(word, memory_order_acquire);
}

static inline bool tongs_cache_is_same(const struct tongs_cache_entry *entry, const struct tongs_caps_key *question) {
	const _Atomic uint64_t *x = entry->question;
	const uint64_t *y = question->words;
	return !((tongs_cache_load(&x[0]) ^ y[0]) | (tongs_cache_load(&x[1]) ^ y[1]) |
		 (tongs_cache_load(&x[2]) ^ y[2]) | (tongs_cache_load(&x[3]) ^ y[3]) |
		 (tongs_cache_load(&x[4]) ^ y[4]));
}

/* Copies the answer, as far as the first `size` bytes reach (a multiple of 8 suffices); false: not remembered. */
static inline bool tongs_caps_cache_lookup(const struct tongs_caps_cache *memo, const struct tongs_caps_key *question,
	union tongs_caps_value *answer, size_t size) {
	const struct tongs_cache_set *set = &memo->sets[tongs_cache_find_set(question)];
	for (size_t way = 0; way < TONGS_CACHE_WAYS; way++) {
		const struct tongs_cache_entry *entry = &set->ways[way];
		unsigned version = atomic_load_explicit(&entry->version, memory_order_acquire);
		if (version == 0)
			return false;
		if ((version & 1) || !tongs_cache_is_same(entry, question))
			continue;
		for (size_t i = 0; i * sizeof(uint64_t) < size; i++) {
			const uint64_t word = tongs_cache_load(&entry->answer[i]);
			memcpy((char *)answer + i * sizeof(word), &word, sizeof(word));
		}
		if (atomic_load_explicit(&entry->version, memory_order_relaxed) == version)
			return true;
	}
	return false;
}

/* Remembers; or not, when other threads are at it. */
void tongs_caps_cache_add(
	struct tongs_caps_cache *memo, const struct tongs_caps_key *question, const union tongs_caps_value *answer);

#endif
