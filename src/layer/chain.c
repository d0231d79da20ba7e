/* SPDX-License-Identifier: MIT */
/* Editable copies of pNext chains. */
#include "layer/chain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <vulkan/vk_layer.h>

#include "util/alloc.h"

size_t tongs_chain_struct_size(VkStructureType type) {
	switch ((uint32_t)type) {
#define CHAIN_STRUCT(type, name, members) \
	case type: \
		return sizeof(struct { \
			VkStructureType sType; \
			const void *pNext; \
			members \
		});
#include "layer/chain_sizes.inc"
#undef CHAIN_STRUCT
	case VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO: /* not in the registry */
		return sizeof(VkLayerInstanceCreateInfo);
	default:
		return 0;
	}
}

static size_t align_size(size_t size) {
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static bool is_one_of(VkStructureType type, const VkStructureType *types, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (types[i] == type)
			return true;
	return false;
}

VkResult tongs_chain_init(struct tongs_chain *chain, const void *pNext, const VkStructureType *types, size_t count,
	const VkAllocationCallbacks *callbacks) {
	chain->head = (VkBaseOutStructure *)pNext;
	chain->callbacks = callbacks;
	chain->heap = NULL;

	const VkBaseInStructure *last = NULL;
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if (is_one_of(s->sType, types, count))
			last = s;
	if (!last)
		return VK_SUCCESS;

	const VkBaseInStructure *tail = last->pNext;
	size_t size = 0;
	for (const VkBaseInStructure *s = pNext; s != tail; s = s->pNext) {
		size_t bytes = tongs_chain_struct_size(s->sType);
		if (bytes == 0) {
			chain->unknown = s->sType;
			chain->edited = last->sType;
			return VK_ERROR_VALIDATION_FAILED_EXT;
		}
		size += align_size(bytes);
	}
	char *to = chain->space;
	if (size > sizeof(chain->space)) {
		to = chain->heap = tongs_alloc(callbacks, 1, size, VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
		if (!to)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}

	VkBaseOutStructure **link = &chain->head;
	for (const VkBaseInStructure *s = pNext; s != tail; s = s->pNext) {
		size_t bytes = tongs_chain_struct_size(s->sType);
		*link = memcpy(to, s, bytes);
		link = &(*link)->pNext;
		to += align_size(bytes);
	}
	*link = (VkBaseOutStructure *)tail;
	return VK_SUCCESS;
}

void tongs_chain_finish(struct tongs_chain *chain) {
	tongs_free(chain->callbacks, chain->heap);
}

void *tongs_chain_edit(struct tongs_chain *chain, VkStructureType type) {
	return (void *)tongs_chain_find(chain->head, type);
}

void tongs_chain_remove(struct tongs_chain *chain, VkStructureType type) {
	for (VkBaseOutStructure **link = &chain->head; *link;) {
		if ((*link)->sType == type)
			*link = (*link)->pNext;
		else
			link = &(*link)->pNext;
	}
}
