/* SPDX-License-Identifier: MIT */
/* Memory requirements of resources with Metal handle types: the driver's, restricted to what Metal can use. */
#ifndef TONGS_LAYER_REQUIREMENTS_H
#define TONGS_LAYER_REQUIREMENTS_H

#include "vulkan/import.h"
#include "layer/chain.h"
#include "layer/objects.h"

/* Of a buffer: memory types, size and alignment that Metal's buffers have, too. */
static inline void tongs_requirements_restrict_buffer(
	const struct tongs_layer_device *dev, VkMemoryRequirements *requirements) {
	requirements->memoryTypeBits &= dev->memory_types;
	tongs_buffer_rule_apply(dev->buffer_alignment, requirements);
}

/* Of any resource: memory types. `dedicated_only` is whether the handle types have
 * VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT; the driver may require a dedicated allocation, too. */
static inline void tongs_requirements_restrict(
	const struct tongs_layer_device *dev, bool dedicated_only, VkMemoryRequirements2 *requirements) {
	requirements->memoryRequirements.memoryTypeBits &= dev->memory_types;
	VkMemoryDedicatedRequirements *dedicated =
		(void *)tongs_chain_find(requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
	if (dedicated && dedicated_only)
		dedicated->requiresDedicatedAllocation = dedicated->prefersDedicatedAllocation = VK_TRUE;
}

/* Of a resource that cannot be created: no memory types. */
static inline void tongs_requirements_clear(VkMemoryRequirements2 *requirements) {
	requirements->memoryRequirements = (VkMemoryRequirements){.alignment = 1};
	VkMemoryDedicatedRequirements *dedicated =
		(void *)tongs_chain_find(requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
	if (dedicated)
		dedicated->requiresDedicatedAllocation = dedicated->prefersDedicatedAllocation = VK_FALSE;
}

#endif
