/* SPDX-License-Identifier: MIT */
/* What sharing changes in the answers to memory-requirements commands. */
#ifndef TONGS_LAYER_REQUIREMENTS_H
#define TONGS_LAYER_REQUIREMENTS_H

#include "vulkan/import.h"
#include "layer/chain.h"
#include "layer/objects.h"

/* Of a buffer: where Metal could find it, and Vulkan one of Metal's. */
static inline void tongs_requirements_adjust_buffer(
	const struct tongs_layer_device *dev, VkMemoryRequirements *requirements) {
	requirements->memoryTypeBits &= dev->memory_types;
	tongs_buffer_rule_apply(dev->buffer_alignment, requirements);
}

/* Only memory types that can be shared are offered; `dedicated` is what VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT
 * said of the handle types, beside which the driver may want as much. */
static inline void tongs_requirements_adjust(
	const struct tongs_layer_device *dev, VkBool32 dedicated, VkMemoryRequirements2 *requirements) {
	requirements->memoryRequirements.memoryTypeBits &= dev->memory_types;
	VkMemoryDedicatedRequirements *answer =
		(void *)tongs_chain_find(requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
	if (answer && dedicated)
		answer->requiresDedicatedAllocation = answer->prefersDedicatedAllocation = VK_TRUE;
}

/* What is said of a resource that cannot be shared, of which the driver is not asked: no memory types. */
static inline void tongs_requirements_clear(VkMemoryRequirements2 *requirements) {
	requirements->memoryRequirements = (VkMemoryRequirements){.alignment = 1};
	VkMemoryDedicatedRequirements *answer =
		(void *)tongs_chain_find(requirements->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
	if (answer)
		answer->requiresDedicatedAllocation = answer->prefersDedicatedAllocation = VK_FALSE;
}

#endif
