/* SPDX-License-Identifier: MIT */
/* What create infos say about VK_EXT_metal_objects, and the outputs of vkExportMetalObjectsEXT. */
#ifndef TONGS_LAYER_EXPORTS_H
#define TONGS_LAYER_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan_core.h>

/* An exportObjectType that a create info must not have. */
struct tongs_wrong_export {
	bool found;
	uint32_t type;
};

/* All exportObjectTypes of a chain, from those in `allowed`. The first other one is written to *wrong. */
static inline VkExportMetalObjectTypeFlagsEXT tongs_export_read(
	const void *pNext, VkExportMetalObjectTypeFlagsEXT allowed, struct tongs_wrong_export *wrong) {
	VkExportMetalObjectTypeFlagsEXT types = 0;
	*wrong = (struct tongs_wrong_export){0};
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		if (s->sType != VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT)
			continue;
		const uint32_t type = ((const VkExportMetalObjectCreateInfoEXT *)s)->exportObjectType;
		const bool is_one = type && !(type & (type - 1));
		if (is_one && (type & allowed))
			types |= type;
		else if (!wrong->found)
			*wrong = (struct tongs_wrong_export){.found = true, .type = type};
	}
	return types;
}

/* Whether a create info asks for exports as `type`, whatever else it asks for. */
static inline bool tongs_export_has(const void *pNext, VkExportMetalObjectTypeFlagBitsEXT type) {
	struct tongs_wrong_export wrong;
	return tongs_export_read(pNext, type, &wrong);
}

/* Sets all outputs of vkExportMetalObjectsEXT to NULL. */
static inline void tongs_export_clear(VkExportMetalObjectsInfoEXT *info) {
	for (VkBaseOutStructure *s = (VkBaseOutStructure *)info->pNext; s; s = s->pNext)
		switch (s->sType) {
		case VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT:
			((VkExportMetalDeviceInfoEXT *)s)->mtlDevice = NULL;
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_COMMAND_QUEUE_INFO_EXT:
			((VkExportMetalCommandQueueInfoEXT *)s)->mtlCommandQueue = NULL;
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_BUFFER_INFO_EXT:
			((VkExportMetalBufferInfoEXT *)s)->mtlBuffer = NULL;
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT:
			((VkExportMetalTextureInfoEXT *)s)->mtlTexture = NULL;
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_IO_SURFACE_INFO_EXT:
			((VkExportMetalIOSurfaceInfoEXT *)s)->ioSurface = NULL;
			break;
		case VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT:
			((VkExportMetalSharedEventInfoEXT *)s)->mtlSharedEvent = NULL;
			break;
		default:
			break;
		}
}

#endif
