/* SPDX-License-Identifier: MIT */
/* Reports the use of extensions that a device did not enable. */
#include "layer/unenabled.h"

#include <string.h>

#include "layer/caps.h"
#include "layer/report.h"

/* A struct of an extension, or with a handle type of one. */
struct use {
	const char *what, *extension;
	const char *rule; /* NULL: the one of the chain that it is in */
	VkExternalMemoryHandleTypeFlags types;
};

static struct use use_of_types(const char *what, const char *rule, VkExternalMemoryHandleTypeFlags types) {
	return (struct use){what, types & TONGS_METAL_HANDLE_TYPES ? VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME : NULL,
		rule, types};
}

/* `extension` is NULL for structs of other extensions. */
static struct use find_use(const VkBaseInStructure *s) {
	switch ((int)s->sType) { /* older headers lack a value */
	case VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO:
		return use_of_types("VkExportMemoryAllocateInfo::handleTypes",
			"VUID-VkExportMemoryAllocateInfo-handleTypes-parameter",
			((const VkExportMemoryAllocateInfo *)s)->handleTypes);
	case VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO:
		return use_of_types("VkExternalMemoryBufferCreateInfo::handleTypes",
			"VUID-VkExternalMemoryBufferCreateInfo-handleTypes-parameter",
			((const VkExternalMemoryBufferCreateInfo *)s)->handleTypes);
	case VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO:
		return use_of_types("VkExternalMemoryImageCreateInfo::handleTypes",
			"VUID-VkExternalMemoryImageCreateInfo-handleTypes-parameter",
			((const VkExternalMemoryImageCreateInfo *)s)->handleTypes);
	case VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT:
		return (struct use){
			"VkImportMemoryMetalHandleInfoEXT", VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, NULL, 0};
	case VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT:
		return (struct use){"VkExportMetalObjectCreateInfoEXT", VK_EXT_METAL_OBJECTS_EXTENSION_NAME, NULL, 0};
	case VK_STRUCTURE_TYPE_IMPORT_METAL_BUFFER_INFO_EXT:
		return (struct use){"VkImportMetalBufferInfoEXT", VK_EXT_METAL_OBJECTS_EXTENSION_NAME, NULL, 0};
	case VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT:
		return (struct use){"VkImportMetalTextureInfoEXT", VK_EXT_METAL_OBJECTS_EXTENSION_NAME, NULL, 0};
	case VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT:
		return (struct use){"VkImportMetalIOSurfaceInfoEXT", VK_EXT_METAL_OBJECTS_EXTENSION_NAME, NULL, 0};
	default:
		return (struct use){0};
	}
}

static void report(struct tongs_layer_device *dev, const char *chain_rule, const struct use *use) {
	struct tongs_layer_instance *inst = dev->instance;
	struct tongs_import_roles roles = {0};
	char types[TONGS_TYPES_TEXT_SIZE] = "";
	bool has = inst->can_query &&
		   tongs_caps_get_roles(inst, dev->physical_device, inst->allocator.callbacks, &roles) == VK_SUCCESS &&
		   tongs_import_has_role(&roles);

	if (use->types)
		tongs_report_types(use->types & TONGS_METAL_HANDLE_TYPES, types);
	tongs_report_warning(dev, use->rule ? use->rule : chain_rule, NULL,
		"%s %s%s of %s, which this VkDevice did not enable%s", use->what, use->types ? "has " : "is a struct",
		types, use->extension,
		has ? ": add the extension to VkDeviceCreateInfo::ppEnabledExtensionNames"
		    : ", and Tongs does not add to its physical device: 'tongs info' says why, and which devices have "
		      "it");
}

static void check(struct tongs_layer_device *dev, const char *chain_rule, const void *pNext) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		const struct use use = find_use(s);
		if (use.extension && !atomic_exchange(&dev->unenabled_reported, true))
			report(dev, chain_rule, &use);
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL watch_AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *pAllocateInfo,
	const VkAllocationCallbacks *pAllocator, VkDeviceMemory *pMemory) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	check(dev, "VUID-VkMemoryAllocateInfo-pNext-pNext", pAllocateInfo->pNext);
	return dev->next.AllocateMemory(device, pAllocateInfo, pAllocator, pMemory);
}

static VKAPI_ATTR VkResult VKAPI_CALL watch_CreateBuffer(VkDevice device, const VkBufferCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkBuffer *pBuffer) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	check(dev, "VUID-VkBufferCreateInfo-pNext-pNext", pCreateInfo->pNext);
	return dev->next.CreateBuffer(device, pCreateInfo, pAllocator, pBuffer);
}

static VKAPI_ATTR VkResult VKAPI_CALL watch_CreateImage(VkDevice device, const VkImageCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkImage *pImage) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	check(dev, "VUID-VkImageCreateInfo-pNext-pNext", pCreateInfo->pNext);
	return dev->next.CreateImage(device, pCreateInfo, pAllocator, pImage);
}

PFN_vkVoidFunction tongs_unenabled_find(const struct tongs_layer_device *dev, const char *name) {
	static const struct {
		const char *name;
		PFN_vkVoidFunction function;
	} watched[] = {
		{"vkAllocateMemory", (PFN_vkVoidFunction)watch_AllocateMemory},
		{"vkCreateBuffer", (PFN_vkVoidFunction)watch_CreateBuffer},
		{"vkCreateImage", (PFN_vkVoidFunction)watch_CreateImage},
	};

	for (size_t i = 0; i < sizeof(watched) / sizeof(*watched); i++)
		if (strcmp(watched[i].name, name) == 0)
			return dev->instance->validation ? watched[i].function : NULL;
	return NULL;
}
