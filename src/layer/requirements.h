/* SPDX-License-Identifier: MIT */
/* Memory requirements of resources with Metal handle types: the driver's, restricted to what Metal can use. */
#ifndef TONGS_LAYER_REQUIREMENTS_H
#define TONGS_LAYER_REQUIREMENTS_H

#include "vulkan/import.h"
#include "layer/chain.h"
#include "layer/objects.h"

/* Of a buffer with Metal handle types: memory types, size and alignment that Metal's buffers have, too. */
static inline void tongs_requirements_restrict_buffer(const struct tongs_layer_device *dev,
	VkExternalMemoryHandleTypeFlags types, VkMemoryRequirements *requirements) {
	const struct tongs_import_kind *kind = tongs_layer_choose_buffer_kind(&dev->roles, types);
	requirements->memoryTypeBits &= tongs_layer_device_get_memory_types(dev, kind, types);
	tongs_buffer_rule_apply(dev->buffer_alignment, requirements);
}

/* Of an image: memory types. */
static inline void tongs_requirements_restrict_image(const struct tongs_layer_device *dev,
	VkExternalMemoryHandleTypeFlags types, VkImageTiling tiling, VkMemoryRequirements *requirements) {
	const struct tongs_import_kind *kind = tongs_layer_choose_image_kind(&dev->roles, types, tiling);
	requirements->memoryTypeBits &= tongs_layer_device_get_memory_types(dev, kind, types);
}

/* Of any resource. `dedicated_only` is whether the handle types have VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT; the
 * driver may require a dedicated allocation, too. */
static inline void tongs_requirements_set_dedicated(bool dedicated_only, VkMemoryRequirements2 *requirements) {
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
