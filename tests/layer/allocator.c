/* SPDX-License-Identifier: MIT */
/* A header before each block records its owner. */
#define _GNU_SOURCE /* dladdr */
#include "allocator.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t MAGIC = UINT64_C(0x70a65d1eaf5eed);

struct head {
	uint64_t magic;
	struct allocator *owner;
	void *block; /* from malloc */
	size_t size;
	struct head *next, *previous;
	VkSystemAllocationScope scope;
	bool of_tongs;
};

static bool is_of_tongs(void *caller) {
	Dl_info info;
	return dladdr(caller, &info) && info.dli_fname &&
	       (strstr(info.dli_fname, "/libtongs.so") || strstr(info.dli_fname, "/libVkLayer_tongs_metal_interop.so"));
}

static void count_fault(struct allocator *allocator) {
	pthread_mutex_lock(&allocator->lock);
	allocator->faults++;
	pthread_mutex_unlock(&allocator->lock);
}

static size_t *live_locked(struct allocator *allocator, const struct head *head) {
	return head->of_tongs ? &allocator->live[head->scope] : &allocator->live_others;
}

static void link_block(struct allocator *allocator, struct head *head) {
	pthread_mutex_lock(&allocator->lock);
	++*live_locked(allocator, head);
	allocator->made[head->scope] += head->of_tongs;
	head->next = allocator->first;
	if (head->next)
		head->next->previous = head;
	allocator->first = head;
	pthread_mutex_unlock(&allocator->lock);
}

static void unlink_block(struct allocator *allocator, struct head *head) {
	pthread_mutex_lock(&allocator->lock);
	--*live_locked(allocator, head);
	if (head->next)
		head->next->previous = head->previous;
	*(head->previous ? &head->previous->next : &allocator->first) = head->next;
	pthread_mutex_unlock(&allocator->lock);
}

static bool must_fail(struct allocator *allocator) {
	pthread_mutex_lock(&allocator->lock);
	bool fails = allocator->left != UINT64_MAX && allocator->left-- == 0;
	allocator->failed |= fails;
	pthread_mutex_unlock(&allocator->lock);
	return fails;
}

static void *make(
	struct allocator *allocator, size_t size, size_t alignment, VkSystemAllocationScope scope, bool of_tongs) {
	if (size == 0 || alignment == 0 || (alignment & (alignment - 1)) || (unsigned)scope >= SCOPE_COUNT) {
		count_fault(allocator);
		return NULL;
	}
	if (of_tongs && must_fail(allocator))
		return NULL;
	if (alignment < _Alignof(max_align_t))
		alignment = _Alignof(max_align_t);
	char *block = malloc(sizeof(struct head) + alignment + size);
	if (!block)
		return NULL;
	char *bytes = (char *)(((uintptr_t)block + sizeof(struct head) + alignment - 1) & ~(uintptr_t)(alignment - 1));
	struct head *head = (struct head *)bytes - 1;
	*head = (struct head){
		.magic = MAGIC,
		.owner = allocator,
		.block = block,
		.size = size,
		.scope = scope,
		.of_tongs = of_tongs,
	};
	/* So that code which expects zeroed memory fails. */
	memset(bytes, 0xa5, size);
	link_block(allocator, head);
	return bytes;
}

static VKAPI_ATTR void *VKAPI_CALL allocate(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	return make(user, size, alignment, scope, is_of_tongs(__builtin_return_address(0)));
}

static VKAPI_ATTR void VKAPI_CALL give_back(void *user, void *bytes) {
	if (!bytes)
		return;
	struct head *head = (struct head *)bytes - 1;
	if (head->magic != MAGIC || head->owner != user) {
		count_fault(user);
		return;
	}
	unlink_block(user, head);
	head->magic = 0;
	free(head->block);
}

static VKAPI_ATTR void *VKAPI_CALL reallocate(
	void *user, void *bytes, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	if (!bytes)
		return make(user, size, alignment, scope, is_of_tongs(__builtin_return_address(0)));
	const struct head *head = (struct head *)bytes - 1;
	if (size == 0) {
		give_back(user, bytes);
		return NULL;
	}
	void *grown = make(user, size, alignment, scope, head->of_tongs);
	if (grown) {
		memcpy(grown, bytes, head->size < size ? head->size : size);
		give_back(user, bytes);
	}
	return grown;
}

void allocator_init(struct allocator *allocator) {
	*allocator = (struct allocator){
		.callbacks =
			{
				.pUserData = allocator,
				.pfnAllocation = allocate,
				.pfnReallocation = reallocate,
				.pfnFree = give_back,
			},
		.left = UINT64_MAX,
	};
	pthread_mutex_init(&allocator->lock, NULL);
}

bool allocator_finish(struct allocator *allocator) {
	bool clean = allocator_count_live(allocator) == 0 && allocator->live_others == 0 && allocator->faults == 0;
	while (allocator->first)
		give_back(allocator, allocator->first + 1);
	pthread_mutex_destroy(&allocator->lock);
	return clean;
}

void allocator_fail_after(struct allocator *allocator, uint64_t countdown) {
	pthread_mutex_lock(&allocator->lock);
	allocator->left = countdown;
	allocator->failed = false;
	pthread_mutex_unlock(&allocator->lock);
}

bool allocator_stop(struct allocator *allocator) {
	pthread_mutex_lock(&allocator->lock);
	allocator->left = UINT64_MAX;
	bool failed = allocator->failed;
	pthread_mutex_unlock(&allocator->lock);
	return failed;
}

size_t allocator_count_live(struct allocator *allocator) {
	size_t count = 0;
	pthread_mutex_lock(&allocator->lock);
	for (size_t i = 0; i < SCOPE_COUNT; i++)
		count += allocator->live[i];
	pthread_mutex_unlock(&allocator->lock);
	return count;
}
