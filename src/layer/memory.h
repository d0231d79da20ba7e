/* SPDX-License-Identifier: MIT */
/* Memory that is exported or imported as Metal handles. */
#ifndef TONGS_LAYER_MEMORY_H
#define TONGS_LAYER_MEMORY_H

#include "layer/objects.h"

/* Before the driver's memory is freed: if it is driver memory that others may use, releases its Metal objects because
 * of `cause`, and keeps the bytes for those that are left. */
void tongs_memory_detach(struct tongs_layer_device *dev, struct tongs_layer_memory *mem, enum tongs_cause cause);
/* After that: releases the memory's Metal objects because of `cause`, and not `mem` itself. `mem` may be half-built. */
void tongs_memory_finish(struct tongs_layer_memory *mem, enum tongs_cause cause);

/* Imports the memory of an object as `type`, dedicated to an image in it. Reports why it cannot be. */
VkResult tongs_memory_import_object(struct tongs_layer_device *dev, VkImage image,
	VkExternalMemoryHandleTypeFlagBits type, void *object, uint32_t memory_type,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory);

#endif
