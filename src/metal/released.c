/* SPDX-License-Identifier: MIT */
/* The history is a direct-mapped table of one word per handle: an address has one slot, and the newer entry wins. Not a
 * tongs_cache, whose values cannot be replaced, nor a tongs_map, which grows: every release writes here. */
#include "metal/released.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/fork.h"
#include "util/log.h"

enum {
	SLOT_BITS = 10,
	LABEL_SLOT_BITS = 6,
	/* The fields of a slot's word, from the lowest bit. */
	KIND_BITS = 6,
	CAUSE_BITS = 2,
	LABELLED_SHIFT = KIND_BITS + CAUSE_BITS,
	ADDRESS_SHIFT,
	UNUSED_BITS = 3, /* of an address: objects are aligned */
};
_Static_assert(TONGS_KIND_LAST < 1 << KIND_BITS, "a kind fits its bits");
_Static_assert(TONGS_CAUSE_DESTROY_DEVICE < 1 << CAUSE_BITS, "a cause fits its bits");

/* 0: empty. Addresses in user space have at most 57 bits. */
static _Atomic uint64_t slots[1 << SLOT_BITS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	const void *address;
	char text[sizeof((struct tongs_released *)NULL)->label];
} labels[1 << LABEL_SLOT_BITS]; /* guarded by lock */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_RELEASED, NULL);

static uint64_t hash(const void *address) {
	return (uint64_t)(uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
}

static _Atomic uint64_t *slot_of(const void *address) {
	return &slots[hash(address) >> (64 - SLOT_BITS)];
}

static size_t label_slot_of(const void *address) {
	return hash(address) >> (64 - LABEL_SLOT_BITS);
}

static uint64_t address_in(uint64_t word) {
	return word >> ADDRESS_SHIFT << UNUSED_BITS;
}

void tongs_released_record(const void *handle, enum tongs_kind kind, enum tongs_cause cause) {
	uint64_t word =
		(uint64_t)(uintptr_t)handle >> UNUSED_BITS << ADDRESS_SHIFT | (uint64_t)cause << KIND_BITS | kind;
	atomic_store_explicit(slot_of(handle), word, memory_order_relaxed);
}

void tongs_released_record_label(const void *handle, const struct tongs_label *label) {
	char text[sizeof(labels[0].text)];
	if (!tongs_label_read(label, text, sizeof(text)))
		return;
	pthread_mutex_lock(&lock);
	size_t i = label_slot_of(handle);
	labels[i].address = handle;
	memcpy(labels[i].text, text, sizeof(text));
	pthread_mutex_unlock(&lock);
	/* Another thread may have recorded its own object in the slot. */
	_Atomic uint64_t *slot = slot_of(handle);
	uint64_t word = atomic_load_explicit(slot, memory_order_relaxed);
	if (address_in(word) == (uintptr_t)handle)
		atomic_compare_exchange_strong(slot, &word, word | UINT64_C(1) << LABELLED_SHIFT);
}

bool tongs_released_find(const void *handle, struct tongs_released *released) {
	uint64_t word = atomic_load_explicit(slot_of(handle), memory_order_relaxed);
	if (word == 0 || address_in(word) != (uintptr_t)handle)
		return false;
	*released = (struct tongs_released){
		.kind = word & ((1 << KIND_BITS) - 1),
		.cause = word >> KIND_BITS & ((1 << CAUSE_BITS) - 1),
	};
	if (word >> LABELLED_SHIFT & 1) {
		pthread_mutex_lock(&lock);
		size_t i = label_slot_of(handle);
		if (labels[i].address == handle)
			snprintf(released->label, sizeof(released->label), "%s", labels[i].text);
		pthread_mutex_unlock(&lock);
	}
	return true;
}

void tongs_released_describe(const struct tongs_released *released, char *text, size_t size) {
	static const char *const ends[] = {
		[TONGS_CAUSE_RELEASE] = "whose last reference was released: keep one as long as the object is used",
		[TONGS_CAUSE_FREE_MEMORY] = "that was freed by vkFreeMemory, since nothing else retained it: retain a "
					    "handle that is used after its memory is freed",
		[TONGS_CAUSE_DESTROY_DEVICE] = "that was freed by vkDestroyDevice, since nothing else retained it: "
					       "retain a handle that is used after its device is destroyed",
	};
	const bool labelled = released->label[0];
	snprintf(text, size, "an %s %s%s%s%s", tongs_kind_name(released->kind), labelled ? "`" : "", released->label,
		labelled ? "' " : "", ends[released->cause]);
}

void tongs_released_warn(const void *handle, const char *function) {
	struct tongs_released released;
	char text[256];
	if (!tongs_released_find(handle, &released))
		return;
	tongs_released_describe(&released, text, sizeof(text));
	tongs_log_warning("%s was given %p, which was %s", function, handle, text);
}

const char *tongs_kind_name(enum tongs_kind kind) {
	static const char *const names[] = {
		[TONGS_KIND_NONE] = "object",
		[TONGS_KIND_DEVICE] = "MTLDevice",
		[TONGS_KIND_HEAP] = "MTLHeap",
		[TONGS_KIND_BUFFER] = "MTLBuffer",
		[TONGS_KIND_TEXTURE] = "MTLTexture",
		[TONGS_KIND_TEXTURE_DESCRIPTOR] = "MTLTextureDescriptor",
		[TONGS_KIND_HEAP_DESCRIPTOR] = "MTLHeapDescriptor",
		[TONGS_KIND_SHARED_EVENT] = "MTLSharedEvent",
		[TONGS_KIND_SHARED_EVENT_LISTENER] = "MTLSharedEventListener",
		[TONGS_KIND_SHARED_EVENT_HANDLE] = "MTLSharedEventHandle",
		[TONGS_KIND_EVENT] = "MTLEvent",
		[TONGS_KIND_FENCE] = "MTLFence",
		[TONGS_KIND_COMMAND_QUEUE] = "MTLCommandQueue",
		[TONGS_KIND_COMMAND_BUFFER] = "MTLCommandBuffer",
		[TONGS_KIND_COMMAND_BUFFER_DESCRIPTOR] = "MTLCommandBufferDescriptor",
		[TONGS_KIND_BLIT_COMMAND_ENCODER] = "MTLBlitCommandEncoder",
		[TONGS_KIND_ERROR] = "NSError",
		[TONGS_KIND_SURFACE] = "IOSurface",
		[TONGS_KIND_SHARED_TEXTURE_HANDLE] = "MTLSharedTextureHandle",
		[TONGS_KIND_RENDER_COMMAND_ENCODER] = "MTLRenderCommandEncoder",
		[TONGS_KIND_RENDER_PASS_DESCRIPTOR] = "MTLRenderPassDescriptor",
		[TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR] = "MTLRenderPassColorAttachmentDescriptor",
		[TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY] =
			"MTLRenderPassColorAttachmentDescriptorArray",
		[TONGS_KIND_RENDER_PASS_DEPTH_ATTACHMENT_DESCRIPTOR] = "MTLRenderPassDepthAttachmentDescriptor",
		[TONGS_KIND_RENDER_PASS_STENCIL_ATTACHMENT_DESCRIPTOR] = "MTLRenderPassStencilAttachmentDescriptor",
		[TONGS_KIND_DEVICE_OBSERVER] = "device observer",
		[TONGS_KIND_DESCRIPTOR] = "MTL descriptor",
	};
	return names[kind];
}
