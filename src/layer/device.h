/* SPDX-License-Identifier: MIT */
/* What the hooks of a sharing device need of it. */
#ifndef TONGS_LAYER_DEVICE_H
#define TONGS_LAYER_DEVICE_H

#include "layer/objects.h"

/* The memory types that the driver imports the page-aligned `pages` as, those without coherence left out; 0 on failure.
 */
VkResult tongs_layer_device_query_pages(struct tongs_layer_device *device, const void *pages, uint32_t *memory_types);

/* The memory types that the `size` bytes of a Metal object from `backing`'s first on can be imported as, for imports
 * and for what is told about them: both ask here. 0 with the reason in `*fault`, a phrase, where the driver must not
 * even be given them; the result is the driver's. */
VkResult tongs_layer_device_query_backing(struct tongs_layer_device *device, const struct tongs_backing *backing,
	VkDeviceSize size, uint32_t *memory_types, const char **fault);

/* Finds the device's buffer_alignment. */
VkResult tongs_layer_device_find_buffer_alignment(
	struct tongs_layer_device *device, const VkPhysicalDeviceLimits *limits);

/* Lets go of a record's Metal objects, because of `cause`; a half-built one is fine. */
void tongs_memory_finish(struct tongs_layer_memory *memory, enum tongs_cause cause);

/* The records of handles that have to do with Metal; NULL for all others. */
static inline struct tongs_layer_memory *tongs_layer_device_find_memory(
	struct tongs_layer_device *device, VkDeviceMemory memory) {
	struct tongs_layer_memory *found = tongs_map_get(&device->memories, TONGS_KEY(memory));
	return found == TONGS_EXPORTED_ELSEWHERE ? NULL : found;
}

static inline struct tongs_layer_image *tongs_layer_device_find_image(
	struct tongs_layer_device *device, VkImage image) {
	return tongs_map_get(&device->images, TONGS_KEY(image));
}

/* The Metal handle types that the buffer was created for; 0: none. */
static inline VkExternalMemoryHandleTypeFlags tongs_layer_device_get_buffer_types(
	struct tongs_layer_device *device, VkBuffer buffer) {
	return (VkExternalMemoryHandleTypeFlags)(uintptr_t)tongs_map_get(&device->buffers, TONGS_KEY(buffer));
}

#endif
