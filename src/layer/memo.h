/* SPDX-License-Identifier: MIT */
/* What the driver said of physical devices, remembered as long as the instance: it cannot change, and creating an image
 * would cost ten times as much if it were asked each time.
 *
 * Entries are written once, in a fixed table inside the instance's record: to remember takes no memory, and no lock. A
 * thread claims an empty entry, fills it, and publishes it (release); a reader looks only into published ones
 * (acquire). What finds no place is not remembered, and will be asked again. */
#ifndef TONGS_LAYER_MEMO_H
#define TONGS_LAYER_MEMO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

#include "gpu/canonical.h"

enum {
	TONGS_MEMO_ENTRIES = 128,
	TONGS_MEMO_MAX_PROBE = 16, /* how far from its home an entry may lie, and so how far a look-up goes */
};

enum tongs_memo_kind { TONGS_MEMO_DEVICE, TONGS_MEMO_BUFFER, TONGS_MEMO_IMAGE, TONGS_MEMO_IMAGE_BASE };

/* In few words, which stay in registers where a question is built for the look-up alone. */
struct tongs_memo_question {
	uint64_t words[5];
};

static inline uint64_t tongs_memo_pair(uint32_t high, uint32_t low) {
	return (uint64_t)high << 32 | low;
}

/* Whether the device shares. */
static inline struct tongs_memo_question tongs_memo_device_question(VkPhysicalDevice physical_device) {
	return (struct tongs_memo_question){{(uintptr_t)physical_device, TONGS_MEMO_DEVICE}};
}

/* What host pages can be for buffers. */
static inline struct tongs_memo_question tongs_memo_buffer_question(
	VkPhysicalDevice physical_device, VkBufferCreateFlags flags, VkBufferUsageFlags usage) {
	return (struct tongs_memo_question){
		{(uintptr_t)physical_device, TONGS_MEMO_BUFFER, tongs_memo_pair(flags, usage)}};
}

/* What there is of images, whatever their usage. */
static inline struct tongs_memo_question tongs_memo_image_base_question(
	VkPhysicalDevice physical_device, VkFormat format, VkImageType type, VkImageTiling tiling) {
	return (struct tongs_memo_question){{(uintptr_t)physical_device, TONGS_MEMO_IMAGE_BASE,
		tongs_memo_pair((uint32_t)format, (uint32_t)type), (uint32_t)tiling}};
}

/* What images can be shared as all of the handle types, and how. */
static inline struct tongs_memo_question tongs_memo_image_question(VkPhysicalDevice physical_device,
	const struct tongs_canonical_question *image, VkExternalMemoryHandleTypeFlags types) {
	return (struct tongs_memo_question){{
		(uintptr_t)physical_device,
		tongs_memo_pair(types, TONGS_MEMO_IMAGE | (image->multisampled ? 1u << 31 : 0)),
		tongs_memo_pair((uint32_t)image->format, (uint32_t)image->type),
		tongs_memo_pair((uint32_t)image->tiling, image->usage),
		image->flags,
	}};
}

union tongs_memo_answer {
	bool shares;
	VkExternalMemoryFeatureFlags buffer_features; /* of host pages */
	struct {
		bool can_share; /* as all of the handle types; else the driver is not asked */
		struct tongs_canonical_answer rule;
	} image;
	struct tongs_canonical_base image_base;
};

enum tongs_memo_state { TONGS_MEMO_EMPTY, TONGS_MEMO_CLAIMED, TONGS_MEMO_PUBLISHED };

/* Empty when zeroed. */
struct tongs_memo {
	struct tongs_memo_entry {
		atomic_uint state; /* enum tongs_memo_state */
		struct tongs_memo_question question;
		union tongs_memo_answer answer;
	} entries[TONGS_MEMO_ENTRIES];
};

/* A sum of products with odd constants: they do not wait for one another. */
static inline size_t tongs_memo_home(const struct tongs_memo_question *question) {
	const uint64_t *w = question->words;
	uint64_t sum = w[0] * UINT64_C(0x9E3779B97F4A7C15) + w[1] * UINT64_C(0xBF58476D1CE4E5B9) +
		       w[2] * UINT64_C(0x94D049BB133111EB) + w[3] * UINT64_C(0xD6E8FEB86659FD93) +
		       w[4] * UINT64_C(0xA0761D6478BD642F);
	return (size_t)(sum >> 32 ^ sum >> 57) % TONGS_MEMO_ENTRIES;
}

static inline bool tongs_memo_is_same(const struct tongs_memo_question *a, const struct tongs_memo_question *b) {
	const uint64_t *x = a->words, *y = b->words;
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}

/* The answer, which stays where it is; NULL: not remembered. */
static inline const union tongs_memo_answer *tongs_memo_find(
	const struct tongs_memo *memo, const struct tongs_memo_question *question) {
	size_t home = tongs_memo_home(question);
	for (size_t i = 0; i < TONGS_MEMO_MAX_PROBE; i++) {
		const struct tongs_memo_entry *entry = &memo->entries[(home + i) % TONGS_MEMO_ENTRIES];
		unsigned state = atomic_load_explicit(&entry->state, memory_order_acquire);
		if (state == TONGS_MEMO_EMPTY)
			return NULL;
		if (state == TONGS_MEMO_PUBLISHED && tongs_memo_is_same(&entry->question, question))
			return &entry->answer;
	}
	return NULL;
}

void tongs_memo_add(
	struct tongs_memo *memo, const struct tongs_memo_question *question, const union tongs_memo_answer *answer);

#endif
