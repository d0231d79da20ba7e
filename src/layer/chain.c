/* SPDX-License-Identifier: MIT */
/* Private copies of pNext chains. */
#include "layer/chain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "layer/commands.h"

/* The size of a struct that may stand in a chain, or 0 where it isn't known. */
static size_t struct_size(VkStructureType type) {
	switch ((uint32_t)type) {
#define CHAIN_STRUCT(type, name) \
	case type: \
		return sizeof(name);
#include "layer/chain_sizes.inc"
#undef CHAIN_STRUCT
	case VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
		return sizeof(VkImportMemoryMetalHandleInfoEXT);
	case 1000470006: /* VkBufferUsageFlags2CreateInfoKHR, newer than the oldest supported headers: a head and 64
			    bits */
		return sizeof(VkBaseInStructure) + sizeof(uint64_t);
	default:
		return 0;
	}
}

static size_t padded(size_t size) {
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
	for (const VkBaseInStructure *s = pNext; s != tail; s = s->pNext)
		size += padded(struct_size(s->sType));
	char *to = chain->space;
	if (size > sizeof(chain->space)) {
		to = chain->heap = tongs_alloc(callbacks, 1, size, VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
		if (!to)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}

	VkBaseOutStructure **link = &chain->head;
	for (const VkBaseInStructure *s = pNext; s != tail; s = s->pNext) {
		size_t bytes = struct_size(s->sType);
		if (bytes == 0)
			continue;
		*link = memcpy(to, s, bytes);
		link = &(*link)->pNext;
		to += padded(bytes);
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
