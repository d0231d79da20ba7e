/* SPDX-License-Identifier: MIT */
/* Caches device caps in a list with one entry per device; queries them from VkDevices. */
#include "vulkan/caps.h"

#include <string.h>

#include "util/alloc.h"

static _Atomic(struct tongs_own_caps *) first; /* entries are added in front and never removed */

static struct tongs_own_caps *search(struct tongs_own_caps *caps, const struct tongs_vk_id *id) {
	while (caps && !tongs_vk_id_is_same(&caps->id, id))
		caps = caps->next;
	return caps;
}

struct tongs_own_caps *tongs_own_caps_lookup(const struct tongs_vk_id *id) {
	return search(atomic_load(&first), id);
}

struct tongs_own_caps *tongs_own_caps_get(const struct tongs_vk_id *id) {
	struct tongs_own_caps *head = atomic_load(&first), *existing = search(head, id);
	struct tongs_own_caps *caps = existing ? NULL : tongs_malloc(1, sizeof(*caps));
	if (!caps)
		return existing;
	caps->id = *id;
	do {
		existing = search(head, id);
		caps->next = head;
	} while (!existing && !atomic_compare_exchange_weak(&first, &head, caps));
	if (!existing)
		return caps;
	tongs_free(NULL, caps);
	return existing;
}

VkResult tongs_own_caps_query_pages(
	struct tongs_own_caps *caps, const struct tongs_physical_device *physical, const struct tongs_vk_device *vkd) {
	const struct tongs_import_kind *pages = tongs_import_find_used(&physical->info.roles, false);
	const VkDeviceSize alignment = physical->info.import_alignment;
	struct tongs_import sample;
	uint32_t types;
	if (!pages || caps->page_types)
		return VK_SUCCESS;
	if (!pages->create_sample(alignment, alignment, &sample))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = tongs_physical_device_query_import(physical, vkd->device, &sample, 0, &types);
	pages->destroy_sample(&sample);
	if (result == VK_SUCCESS)
		caps->page_types = types & tongs_import_find_accepted(pages, &physical->info.memory);
	return result;
}

#define ADDRESS_USAGE (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT)

/* A VkDevice with a buffer in imported memory, to compare its device address with the CPU's. */
struct address_probe {
	const struct tongs_physical_device *physical;
	struct tongs_vk_device vkd;
	PFN_vkGetBufferDeviceAddress GetBufferDeviceAddress;
	VkBuffer buffer;
	VkDeviceMemory memory;
};

/* Device addresses are core in Vulkan 1.2, where a driver need not list the extension. */
static bool has_core_addresses(const struct tongs_physical_device *physical) {
	return physical->info.properties.apiVersion >= VK_API_VERSION_1_2;
}

/* VUID-VkBufferCreateInfo-pNext-00920: only a combination that the query reports as importable may be created. */
static bool can_import_addressed_buffer(
	const struct tongs_physical_device *physical, const struct tongs_import_kind *pages) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = ADDRESS_USAGE,
		.handleType = pages->handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	physical->vk->GetPhysicalDeviceExternalBufferProperties(physical->handle, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static VkResult has_addresses(
	const struct tongs_physical_device *physical, const struct tongs_import_kind *pages, bool *has) {
	VkResult result = VK_SUCCESS;
	*has = has_core_addresses(physical);
	if (!*has)
		result =
			tongs_physical_device_has_extension(physical, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, has);
	if (result != VK_SUCCESS || !*has)
		return result;
	VkPhysicalDeviceBufferDeviceAddressFeatures address = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
	};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &address,
	};
	physical->vk->GetPhysicalDeviceFeatures2(physical->handle, &features);
	*has = address.bufferDeviceAddress && can_import_addressed_buffer(physical, pages);
	return VK_SUCCESS;
}

static VkResult create_addressing_device(
	const struct tongs_physical_device *physical, const struct tongs_import_kind *pages, VkDevice *device) {
	const char *const extensions[] = {
		pages->extension,
		VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME, /* last, because it is left out where it is core */
	};
	const float priority = 1.0f;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkPhysicalDeviceBufferDeviceAddressFeatures address = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
		.bufferDeviceAddress = VK_TRUE,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &address,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = has_core_addresses(physical) ? 1 : 2,
		.ppEnabledExtensionNames = extensions,
	};
	return physical->vk->CreateDevice(physical->handle, &info, NULL, device);
}

/* Clears `*bound` if no memory type suits both the import and the buffer. */
static VkResult bind_import(struct address_probe *probe, const struct tongs_import *import, bool *bound) {
	const struct tongs_vk_device *vkd = &probe->vkd;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = import->kind->handle_type,
	};
	const VkBufferCreateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = import->size,
		.usage = ADDRESS_USAGE,
	};
	*bound = false;
	VkResult result = vkd->CreateBuffer(vkd->device, &buffer, NULL, &probe->buffer);
	if (result != VK_SUCCESS)
		return result;
	VkMemoryRequirements requirements;
	vkd->GetBufferMemoryRequirements(vkd->device, probe->buffer, &requirements);
	uint32_t types;
	result = tongs_physical_device_query_import(probe->physical, vkd->device, import, 0, &types);
	if (result != VK_SUCCESS)
		return result;
	int type = tongs_physical_device_choose_memory_type(probe->physical, types & requirements.memoryTypeBits);
	if (type < 0 || requirements.size > import->size)
		return VK_SUCCESS;
	const VkMemoryAllocateFlagsInfo flags = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
		.flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT,
	};
	struct tongs_import_info import_info;
	result = import->kind->begin(import, 0, &flags, &import_info);
	if (result != VK_SUCCESS)
		return result;
	const VkMemoryAllocateInfo memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import_info.head,
		.allocationSize = import->size,
		.memoryTypeIndex = (uint32_t)type,
	};
	result = vkd->AllocateMemory(vkd->device, &memory, NULL, &probe->memory);
	import->kind->end(&import_info, result);
	if (result == VK_SUCCESS)
		result = vkd->BindBufferMemory(vkd->device, probe->buffer, probe->memory, 0);
	*bound = result == VK_SUCCESS;
	return result;
}

static VkResult compare_address(struct address_probe *probe, const struct tongs_import_kind *pages, bool *equal) {
	const VkDeviceSize alignment = probe->physical->info.import_alignment;
	struct tongs_import sample;
	bool bound;
	if (!pages->create_sample(16 * alignment, alignment, &sample))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = bind_import(probe, &sample, &bound);
	if (bound) {
		const VkBufferDeviceAddressInfo info = {
			.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
			.buffer = probe->buffer,
		};
		*equal = probe->GetBufferDeviceAddress(probe->vkd.device, &info) == (uintptr_t)sample.contents;
	}
	probe->vkd.DestroyBuffer(probe->vkd.device, probe->buffer, NULL);
	probe->vkd.FreeMemory(probe->vkd.device, probe->memory, NULL);
	pages->destroy_sample(&sample);
	return result;
}

static VkResult query_addresses(const struct tongs_physical_device *physical, bool *equal) {
	struct address_probe probe = {.physical = physical};
	const struct tongs_import_kind *pages = tongs_import_find_used(&physical->info.roles, false);
	VkDevice device;
	*equal = false;
	bool has = false;
	VkResult result = pages ? has_addresses(physical, pages, &has) : VK_SUCCESS;
	if (result == VK_SUCCESS && has)
		result = create_addressing_device(physical, pages, &device);
	if (result != VK_SUCCESS || !has)
		return result;
	bool complete = tongs_vk_device_init(&probe.vkd, physical->vk, device);
	probe.GetBufferDeviceAddress = (PFN_vkGetBufferDeviceAddress)physical->vk->GetDeviceProcAddr(
		device, has_core_addresses(physical) ? "vkGetBufferDeviceAddress" : "vkGetBufferDeviceAddressKHR");
	if (complete && probe.GetBufferDeviceAddress)
		result = compare_address(&probe, pages, equal);
	if (probe.vkd.DestroyDevice)
		probe.vkd.DestroyDevice(device, NULL);
	return result;
}

VkResult tongs_own_caps_query_addresses(struct tongs_own_caps *caps, const struct tongs_physical_device *physical) {
	bool equal;
	VkResult result = query_addresses(physical, &equal);
	if (result == VK_SUCCESS)
		caps->addresses_are_pointers = equal ? TONGS_TRISTATE_YES : TONGS_TRISTATE_NO;
	return result;
}
