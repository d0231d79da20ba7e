/* SPDX-License-Identifier: MIT */
/* Instances: creation through the chain of layers, and the record of each. */
#include <string.h>

#include <vulkan/vk_layer.h>

#include "base/alloc.h"
#include "layer/support.h"

static struct tongs_map instances = TONGS_MAP_INIT;

struct tongs_vk_instance *tongs_instance_get(const void *dispatchable) {
	return tongs_map_get(&instances, tongs_dispatch_key(dispatchable));
}

/* The loader's link to the next layer. */
static VkLayerInstanceCreateInfo *find_link(const VkInstanceCreateInfo *info) {
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
		VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)s;
		if (s->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO && link->function == VK_LAYER_LINK_INFO)
			return link;
	}
	return NULL;
}

static void load_next(struct tongs_vk_instance *instance) {
	/* Each name is valid only on instances of its version, and a validation layer below would say so. */
	bool core = instance->api_version >= VK_API_VERSION_1_1;
#define LOAD(name, alias) \
	instance->next.name = (PFN_vk##name)instance->get_proc_addr(instance->handle, core ? "vk" #name : "vk" #alias);
	TONGS_NEXT_INSTANCE_COMMANDS(LOAD)
#undef LOAD
}

/* Creates the instance below. A 1.0 instance gets the two extensions that the layer's own queries need; where there are
 * none, it is created as the application asked, and no device of it will share. */
static VkResult create_below(PFN_vkCreateInstance create, VkLayerInstanceCreateInfo *link,
	const VkInstanceCreateInfo *pCreateInfo, const VkAllocationCallbacks *pAllocator, VkInstance *pInstance) {
	static const char *const needed[] = {
		VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
		VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME,
	};
	uint32_t count = pCreateInfo->enabledExtensionCount;
	const char **names = tongs_alloc(pAllocator, count + 2, sizeof(*names), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!names)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (count)
		memcpy(names, pCreateInfo->ppEnabledExtensionNames, count * sizeof(*names));
	for (size_t i = 0; i < 2; i++)
		if (!tongs_support_lists(
			    pCreateInfo->ppEnabledExtensionNames, pCreateInfo->enabledExtensionCount, needed[i]))
			names[count++] = needed[i];

	VkInstanceCreateInfo info = *pCreateInfo;
	info.enabledExtensionCount = count;
	info.ppEnabledExtensionNames = names;
	VkLayerInstanceLink *next = link->u.pLayerInfo; /* the layers below move it on */
	VkResult result = create(&info, pAllocator, pInstance);
	tongs_free(pAllocator, names);
	if (result != VK_ERROR_EXTENSION_NOT_PRESENT)
		return result;
	link->u.pLayerInfo = next;
	return create(pCreateInfo, pAllocator, pInstance);
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

	struct tongs_vk_instance *instance =
		tongs_callbacks_new(pAllocator, NULL, sizeof(*instance), VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
	if (!instance)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	const VkApplicationInfo *application = pCreateInfo->pApplicationInfo;
	instance->api_version = application && application->apiVersion ? application->apiVersion : VK_API_VERSION_1_0;
	instance->passive = tongs_interop_is_own_call();
	instance->get_proc_addr = get_proc_addr;
	tongs_messages_init(&instance->messages, instance->callbacks.used);

	VkResult result = instance->api_version < VK_API_VERSION_1_1 && !instance->passive
				  ? create_below(create, link, pCreateInfo, pAllocator, pInstance)
				  : create(pCreateInfo, pAllocator, pInstance);
	if (result != VK_SUCCESS) {
		tongs_messages_finish(&instance->messages);
		tongs_free(pAllocator, instance);
		return result;
	}
	instance->handle = *pInstance;
	load_next(instance);
	if (!tongs_map_insert(&instances, tongs_dispatch_key(*pInstance), instance)) {
		instance->next.DestroyInstance(*pInstance, pAllocator);
		tongs_messages_finish(&instance->messages);
		tongs_free(pAllocator, instance);
		*pInstance = VK_NULL_HANDLE;
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyInstance(VkInstance instance, const VkAllocationCallbacks *pAllocator) {
	if (!instance)
		return;
	struct tongs_vk_instance *record = tongs_map_remove(&instances, tongs_dispatch_key(instance));
	record->next.DestroyInstance(instance, pAllocator);
	tongs_messages_finish(&record->messages);
	tongs_callbacks_free(&record->callbacks, pAllocator);
}
