/* SPDX-License-Identifier: MIT */
/* Editable copies of pNext chains. */
#ifndef TONGS_LAYER_CHAIN_H
#define TONGS_LAYER_CHAIN_H

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include <vulkan/vulkan_core.h>

/* The first struct of `type` in a chain, or NULL. */
static inline const void *tongs_chain_find(const void *pNext, VkStructureType type) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if (s->sType == type)
			return s;
	return NULL;
}

/* An editable copy of a const chain: structs are copied up to and including the last one of a type that is to be
 * edited, and the rest is shared with the original. A struct of unknown size (newer than the registry that
 * chain_sizes.inc was made from) may only occur in the rest: copying it would mean guessing its size, and leaving it
 * out would change what the application requested. */
struct tongs_chain {
	VkBaseOutStructure *head; /* for pNext; may be NULL */
	/* After VK_ERROR_VALIDATION_FAILED_EXT: the struct that can't be copied, and the one that it must follow. */
	VkStructureType unknown, edited;
	const VkAllocationCallbacks *callbacks;
	void *heap; /* the copies, if they don't fit `space` */
	alignas(max_align_t) char space[512];
};

/* The size in bytes of a struct that can occur in a chain which the layer edits; 0: unknown. */
size_t tongs_chain_struct_size(VkStructureType type);

/* Copies the chain up to and including the last struct of `types`. VK_ERROR_VALIDATION_FAILED_EXT if a struct among
 * these has an unknown size. On that and on VK_ERROR_OUT_OF_HOST_MEMORY the chain is the original, and may be finished.
 * `callbacks` may be NULL. */
VkResult tongs_chain_init(struct tongs_chain *chain, const void *pNext, const VkStructureType *types, size_t count,
	const VkAllocationCallbacks *callbacks);
void tongs_chain_finish(struct tongs_chain *chain);

/* The usual case: only the first struct, of `size` bytes, is to be edited. Returns its copy. */
static inline void *tongs_chain_init_first(struct tongs_chain *chain, const void *pNext, size_t size) {
	chain->heap = NULL;
	chain->callbacks = NULL;
	return chain->head = memcpy(chain->space, pNext, size);
}

/* The copy of the first struct of `type`, one of the `types`; NULL if there is none. */
void *tongs_chain_edit(struct tongs_chain *chain, VkStructureType type);

/* Removes all structs of `type`, one of the `types`. */
void tongs_chain_remove(struct tongs_chain *chain, VkStructureType type);

#endif
