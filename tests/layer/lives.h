/* SPDX-License-Identifier: MIT */
/* Shared memory whose owners can be released in any order: Vulkan's objects, Metal's, the device, the instance. */
#ifndef TONGS_TESTS_LAYER_LIVES_H
#define TONGS_TESTS_LAYER_LIVES_H

#include "harness.h"

enum step {
	FREE_MEMORY,
	DESTROY_RESOURCE,
	RELEASE_OBJECT,  /* the test's reference to the handle, or to what was imported */
	RELEASE_DERIVED, /* one to an object made from it: a texture over a buffer, a buffer in a heap, a view */
	DESTROY_DEVICE,
	DESTROY_INSTANCE,
	STEP_COUNT,
};

#define BIT(step) (1u << (step))
#define ALL_STEPS (BIT(STEP_COUNT) - 1)

/* How the memory is created. */
enum life_kind {
	EXPORTED_BUFFER, /* alone needs no device of libtongs' own */
	EXPORTED_HEAP,
	EXPORTED_BUFFER_AND_HEAP, /* a heap alone where the device cannot combine them */
	EXPORTED_TEXTURE,
	EXPORTED_DEPTH,
	IMPORTED_BUFFER,
	IMPORTED_HEAP,
	IMPORTED_TEXTURE,
	LIFE_KIND_COUNT,
};

struct life {
	enum life_kind kind;
	struct gpu gpu;
	VkBuffer buffer;
	VkImage image;
	VkDeviceMemory memory;
	VkFormat format;
	struct tongs_buffer *metal_buffer;
	struct tongs_heap *metal_heap;
	struct tongs_texture *metal_texture;
	void *derived;
	unsigned done; /* bits of steps */
};

/* Creates and binds everything, fills it with noise, and retains the Metal objects. */
void life_init(struct life *life, enum life_kind kind);

/* Whether Vulkan allows `step` now: a device's objects go before it, and the device before its instance. */
bool life_allows(const struct life *life, enum step step);
void life_do(struct life *life, enum step step);

/* Destroys the messenger, too. */
void destroy_instance(struct gpu *gpu);

/* Asserts that objects that are still retained have their bytes. */
void life_check(struct life *life);

#endif
