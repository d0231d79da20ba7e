/* SPDX-License-Identifier: MIT */
/* VkAllocationCallbacks that check their use, count blocks, and fail on request. */
#ifndef TONGS_TESTS_LAYER_ALLOCATOR_H
#define TONGS_TESTS_LAYER_ALLOCATOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vulkan/vulkan.h>

enum { SCOPE_COUNT = VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE + 1 };

struct head;

struct allocator {
	VkAllocationCallbacks callbacks; /* user data: the allocator itself */
	pthread_mutex_t lock;            /* guards what follows */
	/* Blocks that Tongs' libraries allocated, by VkSystemAllocationScope: live now, and in total. */
	size_t live[SCOPE_COUNT], made[SCOPE_COUNT];
	size_t live_others; /* of the loader, other layers and drivers */
	struct head *first; /* of all live blocks */
	size_t faults;      /* errors of callers: sizes, alignments, scopes, and frees of blocks of another allocator */
	uint64_t left;      /* allocations of Tongs until one fails; UINT64_MAX: none does */
	bool failed;        /* one did */
};

void allocator_init(struct allocator *allocator);
/* Frees what is left. Returns whether everything had been freed and nothing was wrong. */
bool allocator_finish(struct allocator *allocator);

/* Tongs' allocation after the next `countdown` ones fails, and only that one. */
void allocator_fail_after(struct allocator *allocator, uint64_t countdown);
/* Stops failing; returns whether an allocation failed. */
bool allocator_stop(struct allocator *allocator);

/* Tongs' live blocks of all scopes. */
size_t allocator_count_live(struct allocator *allocator);

#endif
