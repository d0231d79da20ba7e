/* SPDX-License-Identifier: MIT */
/* vkCreateInstance and vkDestroyInstance. */
#include <string.h>

#include <vulkan/vk_layer.h>

#include "util/alloc.h"
#include "util/settings.h"
#include "layer/chain.h"
#include "layer/objects.h"

/* The loader's link to the next layer. */
static VkLayerInstanceCreateInfo *find_link(const VkInstanceCreateInfo *info) {
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
		VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)s;
		if (s->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO)
			return link;
	}
	return NULL;
}

/* The layer's queries require these on instances of Vulkan 1.0. */
static const char *const required[] = {
	VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
	VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME,
};

static bool enables(const VkInstanceCreateInfo *info, const char *extension) {
	return tongs_layer_enables(info->ppEnabledExtensionNames, info->enabledExtensionCount, extension);
}

/* Creates an instance of Vulkan 1.0 with the extensions that the layer requires; if it cannot have them, as the
 * application asked: then the layer provides its extension to no device of it. */
static VkResult create_1_0(struct tongs_layer_instance *inst, PFN_vkCreateInstance create,
	VkLayerInstanceCreateInfo *link, const VkInstanceCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkInstance *pInstance) {
	uint32_t count = pCreateInfo->enabledExtensionCount;
	const char **names = tongs_alloc(pAllocator, count + 2, sizeof(*names), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!names)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (count)
		memcpy(names, pCreateInfo->ppEnabledExtensionNames, count * sizeof(*names));
	for (size_t i = 0; i < 2; i++)
		if (!enables(pCreateInfo, required[i]))
			names[count++] = required[i];

	VkInstanceCreateInfo info = *pCreateInfo;
	info.enabledExtensionCount = count;
	info.ppEnabledExtensionNames = names;
	VkLayerInstanceLink *next = link->u.pLayerInfo; /* the layers below advance it */
	VkResult result = create(&info, pAllocator, pInstance);
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT) {
		link->u.pLayerInfo = next;
		info = *pCreateInfo;
		result = create(&info, pAllocator, pInstance);
	}
	if (result == VK_SUCCESS)
		tongs_layer_instance_load_next(inst, *pInstance, &info);
	tongs_free(pAllocator, names);
	return result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateInstance(
	const VkInstanceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkInstance *pInstance) {
	VkLayerInstanceCreateInfo *link = find_link(pCreateInfo);
	if (!link)
		return VK_ERROR_INITIALIZATION_FAILED;
	PFN_vkGetInstanceProcAddr get_proc_addr = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
	PFN_vkCreateInstance create = (PFN_vkCreateInstance)get_proc_addr(NULL, "vkCreateInstance");
	if (!create)
		return VK_ERROR_INITIALIZATION_FAILED;
	link->u.pLayerInfo = link->u.pLayerInfo->pNext;

	struct tongs_layer_instance *inst =
		tongs_allocator_new_object(pAllocator, NULL, sizeof(*inst), VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
	if (!inst)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	const VkApplicationInfo *application = pCreateInfo->pApplicationInfo;
	inst->api_version = application && application->apiVersion ? application->apiVersion : VK_API_VERSION_1_0;
	inst->debug_utils = enables(pCreateInfo, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
	inst->get_proc_addr = get_proc_addr;
	uint64_t settings[TONGS_SETTING_COUNT];
	tongs_settings_read_instance(pCreateInfo->pNext, settings);
	inst->validation = settings[TONGS_SETTING_VALIDATION];
	inst->duplicate_message_limit = (uint32_t)settings[TONGS_SETTING_DUPLICATE_MESSAGE_LIMIT];
	tongs_messages_init(&inst->messages, inst->allocator.callbacks);
	inst->export_types = tongs_export_read(pCreateInfo->pNext,
		VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT |
			VK_EXPORT_METAL_OBJECT_TYPE_METAL_COMMAND_QUEUE_BIT_EXT,
		&inst->wrong_export);

	/* Layers below do not know the struct, and validation layer 1.4.309 follows a pointer to it in
	 * vkDestroyInstance, when the application's is gone. Behind a struct of unknown size it stays. */
	static const VkStructureType exports = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT;
	struct tongs_chain chain;
	VkResult result = tongs_chain_init(&chain, pCreateInfo->pNext, &exports, 1, pAllocator);
	if (result == VK_ERROR_OUT_OF_HOST_MEMORY)
		goto fail;
	if (result == VK_SUCCESS)
		tongs_chain_remove(&chain, exports);
	VkInstanceCreateInfo info = *pCreateInfo;
	info.pNext = chain.head;

	/* pInstance is passed on: the loader, at the end of the chain, reads what it points to. */
	if (inst->api_version < VK_API_VERSION_1_1) {
		result = create_1_0(inst, create, find_link(&info), &info, pAllocator, pInstance);
	} else {
		result = create(&info, pAllocator, pInstance);
		if (result == VK_SUCCESS)
			tongs_layer_instance_load_next(inst, *pInstance, &info);
	}
	tongs_chain_finish(&chain);
	if (result != VK_SUCCESS)
		goto fail;
	if (!tongs_layer_instance_add(inst)) {
		inst->next.DestroyInstance(inst->handle, pAllocator);
		*pInstance = VK_NULL_HANDLE;
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
		goto fail;
	}
	return VK_SUCCESS;

fail:
	tongs_messages_finish(&inst->messages);
	tongs_allocator_free_object(&inst->allocator, pAllocator);
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *pAllocator) {
	if (!instance)
		return;
	struct tongs_layer_instance *inst = tongs_layer_instance_remove(instance);
	inst->next.DestroyInstance(instance, pAllocator);
	tongs_messages_finish(&inst->messages);
	tongs_allocator_free_object(&inst->allocator, pAllocator);
}
