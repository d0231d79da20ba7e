/* SPDX-License-Identifier: MIT */
/* Private, editable copies of const pNext chains. */
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

/* A chain whose structs up to the last one that is to change are copies; what follows it is shared with the original.
 * A struct whose size isn't known (newer than the registry that chain_sizes.inc was made from) can stand there only:
 * copying it would mean guessing its size, leaving it out would change what the application asked for. */
struct tongs_chain {
	VkBaseOutStructure *head; /* what goes into pNext; may be NULL */
	/* After VK_ERROR_VALIDATION_FAILED_EXT: the struct that can't be copied, and the one that it must stand behind.
	 */
	VkStructureType unknown, edited;
	const VkAllocationCallbacks *callbacks;
	void *heap; /* the copies' memory when they don't fit `space` */
	alignas(max_align_t) char space[512];
};

/* Bytes of a struct that may stand in a chain which the layer edits, or 0 where they aren't known. */
size_t tongs_chain_struct_size(VkStructureType type);

/* Copies as much of the chain as `types` needs. VK_ERROR_VALIDATION_FAILED_EXT when a struct among it has an unknown
 * size; that and VK_ERROR_OUT_OF_HOST_MEMORY leave a chain that is the original and may be finished. */
VkResult tongs_chain_init(struct tongs_chain *chain, const void *pNext, const VkStructureType *types, size_t count,
	const VkAllocationCallbacks *callbacks);
void tongs_chain_finish(struct tongs_chain *chain);

/* The usual case, in which the first struct, of `size` bytes, is the only one to change; returns its copy. */
static inline void *tongs_chain_init_first(struct tongs_chain *chain, const void *pNext, size_t size) {
	chain->heap = NULL;
	chain->callbacks = NULL;
	return chain->head = memcpy(chain->space, pNext, size);
}

/* The copy of a struct of `type`, which was among the `types`, to be changed; NULL where the original had none. */
void *tongs_chain_edit(struct tongs_chain *chain, VkStructureType type);

/* Takes all structs of `type`, which was among the `types`, out. */
void tongs_chain_remove(struct tongs_chain *chain, VkStructureType type);

#endif
