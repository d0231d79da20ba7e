/* SPDX-License-Identifier: MIT */
/* Instances: creation through the chain of layers, and the record of each. */
#include <string.h>

#include <vulkan/vk_layer.h>

#include "util/alloc.h"
#include "layer/caps.h"

static struct tongs_map instances = TONGS_MAP_INIT;

struct tongs_layer_instance *tongs_layer_instance_get(const void *dispatchable) {
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

/* What the layer's own queries need on a 1.0 instance. */
static const char *const needed[] = {
	VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME,
	VK_KHR_EXTERNAL_MEMORY_CAPABILITIES_EXTENSION_NAME,
};

static bool enables(const VkInstanceCreateInfo *info, const char *extension) {
	return tongs_caps_lists(info->ppEnabledExtensionNames, info->enabledExtensionCount, extension);
}

/* That the next layer answers a name doesn't say that the command may be called: the version and the extensions do. */
static PFN_vkVoidFunction find_valid(const struct tongs_layer_instance *instance, const VkInstanceCreateInfo *info,
	bool is_core, const char *name, const char *alias, const char *extension) {
	PFN_vkVoidFunction next = is_core ? instance->get_proc_addr(instance->handle, name) : NULL;
	if (!next && extension && enables(info, extension))
		next = instance->get_proc_addr(instance->handle, alias);
	return next;
}

/* Where neither name may be called, only a program that breaks the rule does: it gets where it got without the layer.
 */
static PFN_vkVoidFunction find_any(const struct tongs_layer_instance *instance, const char *name, const char *alias) {
	PFN_vkVoidFunction next = instance->get_proc_addr(instance->handle, name);
	return next ? next : instance->get_proc_addr(instance->handle, alias);
}

/* `info`: what the instance below was created with. */
static void load_next(struct tongs_layer_instance *instance, VkInstance handle, const VkInstanceCreateInfo *info) {
	instance->handle = handle;
#define LOAD(name, since, alias, extension) \
	instance->next.name = (PFN_vk##name)find_valid( \
		instance, info, instance->api_version >= (since), "vk" #name, "vk" #alias, extension);
	TONGS_NEXT_INSTANCE_COMMANDS(LOAD)
#undef LOAD
	instance->can_query = instance->next.GetPhysicalDeviceProperties2 &&
			      instance->next.GetPhysicalDeviceFormatProperties2 &&
			      instance->next.GetPhysicalDeviceImageFormatProperties2 &&
			      instance->next.GetPhysicalDeviceExternalBufferProperties;
#define LOAD_ANY(name, since, alias, extension) \
	if (!instance->next.name) \
		instance->next.name = (PFN_vk##name)find_any(instance, "vk" #name, "vk" #alias);
	TONGS_NEXT_INSTANCE_COMMANDS(LOAD_ANY)
#undef LOAD_ANY
}

/* Creates the instance below. A 1.0 instance gets the two extensions that the layer's own queries need; where there are
 * none, it is created as the application asked, and no device of it will share. */
static VkResult create_below(struct tongs_layer_instance *instance, PFN_vkCreateInstance create,
	VkLayerInstanceCreateInfo *link, const VkInstanceCreateInfo *pCreateInfo,
	const VkAllocationCallbacks *pAllocator, VkInstance *pInstance) {
	uint32_t count = pCreateInfo->enabledExtensionCount;
	const char **names = tongs_alloc(pAllocator, count + 2, sizeof(*names), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (!names)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (count)
		memcpy(names, pCreateInfo->ppEnabledExtensionNames, count * sizeof(*names));
	for (size_t i = 0; i < 2; i++)
		if (!enables(pCreateInfo, needed[i]))
			names[count++] = needed[i];

	VkInstanceCreateInfo info = *pCreateInfo;
	info.enabledExtensionCount = count;
	info.ppEnabledExtensionNames = names;
	VkLayerInstanceLink *next = link->u.pLayerInfo; /* the layers below move it on */
	VkResult result = create(&info, pAllocator, pInstance);
	if (result == VK_ERROR_EXTENSION_NOT_PRESENT) {
		link->u.pLayerInfo = next;
		info = *pCreateInfo;
		result = create(&info, pAllocator, pInstance);
	}
	if (result == VK_SUCCESS)
		load_next(instance, *pInstance, &info);
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

	struct tongs_layer_instance *instance =
		tongs_callbacks_new(pAllocator, NULL, sizeof(*instance), VK_SYSTEM_ALLOCATION_SCOPE_INSTANCE);
	if (!instance)
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	const VkApplicationInfo *application = pCreateInfo->pApplicationInfo;
	instance->api_version = application && application->apiVersion ? application->apiVersion : VK_API_VERSION_1_0;
	instance->debug_utils = enables(pCreateInfo, VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
	instance->get_proc_addr = get_proc_addr;
	tongs_messages_init(&instance->messages, instance->callbacks.used);

	VkResult result;
	if (instance->api_version < VK_API_VERSION_1_1) {
		result = create_below(instance, create, link, pCreateInfo, pAllocator, pInstance);
	} else {
		result = create(pCreateInfo, pAllocator, pInstance);
		if (result == VK_SUCCESS)
			load_next(instance, *pInstance, pCreateInfo);
	}
	if (result != VK_SUCCESS) {
		tongs_messages_finish(&instance->messages);
		tongs_free(pAllocator, instance);
		return result;
	}
	if (!tongs_map_insert(&instances, tongs_dispatch_key(instance->handle), instance)) {
		instance->next.DestroyInstance(instance->handle, pAllocator);
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
	struct tongs_layer_instance *record = tongs_map_remove(&instances, tongs_dispatch_key(instance));
	record->next.DestroyInstance(instance, pAllocator);
	tongs_messages_finish(&record->messages);
	tongs_callbacks_free(&record->callbacks, pAllocator);
}
