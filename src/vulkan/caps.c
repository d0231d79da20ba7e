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

/* Finds the memory types of imports. Metal's storage mode Shared has no flushes, so they must be coherent. */
static VkResult query_import_memory_types(
	const struct tongs_physical_device *physical, const struct tongs_vk_device *vkd, uint32_t *types) {
	const struct tongs_import_kind *kind = physical->info.import_kind;
	const VkDeviceSize alignment = physical->info.import_alignment;
	struct tongs_import sample;
	uint32_t importable;
	if (!kind->create_sample(alignment, alignment, &sample))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	VkResult result = tongs_physical_device_query_import(physical, vkd->device, &sample, 0, &importable);
	kind->destroy_sample(&sample);
	const VkMemoryPropertyFlags coherent =
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	const VkPhysicalDeviceMemoryProperties *memory = &physical->info.memory;
	*types = 0;
	for (uint32_t i = 0; result == VK_SUCCESS && i < memory->memoryTypeCount; i++)
		if ((importable >> i & 1) && (memory->memoryTypes[i].propertyFlags & coherent) == coherent)
			*types |= 1u << i;
	return result;
}

/* VUID-VkImageCreateInfo-pNext-00990: only a combination that the query reports as importable may be created. */
static VkResult can_import_image(
	const struct tongs_physical_device *physical, const VkImageCreateInfo *image, bool *can) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = physical->info.import_kind->handle_type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = image->format,
		.type = image->imageType,
		.tiling = image->tiling,
		.usage = image->usage,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external,
	};
	VkResult result = physical->vk->GetPhysicalDeviceImageFormatProperties2(physical->handle, &info, &properties);
	*can = result == VK_SUCCESS &&
	       (external.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
	return result == VK_ERROR_FORMAT_NOT_SUPPORTED ? VK_SUCCESS : result;
}

/* Kinds of OPTIMAL images whose memory types differ between drivers: with levels, and of depth. Every device supports
 * these formats with this usage. */
static const struct {
	VkFormat format;
	VkImageUsageFlags usage;
	uint32_t levels;
} optimal_kinds[] = {
	{VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, 7},
	{VK_FORMAT_D16_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, 1},
};

/* Queries the memory types of a kind of image. They are 0 if the driver requires a dedicated allocation, which some
 * drivers report only for an existing image: an import of host pages is never dedicated
 * (VUID-VkMemoryAllocateInfo-pNext-02806). */
static VkResult query_optimal_memory_types(const struct tongs_physical_device *physical,
	const struct tongs_vk_device *vkd, size_t kind, uint32_t *memory_types) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = physical->info.import_kind->handle_type,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = optimal_kinds[kind].format,
		.extent = {64, 64, 1},
		.mipLevels = optimal_kinds[kind].levels,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = optimal_kinds[kind].usage,
	};
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2,
		.pNext = &dedicated,
	};
	VkImageMemoryRequirementsInfo2 image = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
	bool can;
	*memory_types = 0;
	VkResult result = can_import_image(physical, &info, &can);
	if (can)
		result = vkd->CreateImage(vkd->device, &info, NULL, &image.image);
	if (!can || result != VK_SUCCESS)
		return result;
	vkd->GetImageMemoryRequirements2(vkd->device, &image, &requirements);
	vkd->DestroyImage(vkd->device, image.image, NULL);
	if (!dedicated.requiresDedicatedAllocation)
		*memory_types = requirements.memoryRequirements.memoryTypeBits;
	return VK_SUCCESS;
}

/* Whether all kinds of OPTIMAL images can be bound to one of the host memory types: not on discrete GPUs. */
static VkResult query_optimal_import(const struct tongs_physical_device *physical, const struct tongs_vk_device *vkd,
	uint32_t import_memory_types, int *optimal_import) {
	VkResult result = VK_SUCCESS;
	bool can = true;
	for (size_t i = 0; i < sizeof(optimal_kinds) / sizeof(optimal_kinds[0]) && result == VK_SUCCESS; i++) {
		uint32_t memory_types = 0;
		result = query_optimal_memory_types(physical, vkd, i, &memory_types);
		can &= (memory_types & import_memory_types) != 0;
	}
	*optimal_import = can ? TONGS_TRISTATE_YES : TONGS_TRISTATE_NO;
	return result;
}

VkResult tongs_own_caps_query(
	struct tongs_own_caps *caps, const struct tongs_physical_device *physical, const struct tongs_vk_device *vkd) {
	uint32_t types = caps->import_memory_types;
	int optimal = caps->optimal_import;
	VkResult result = types ? VK_SUCCESS : query_import_memory_types(physical, vkd, &types);
	if (result != VK_SUCCESS)
		return result;
	caps->import_memory_types = types;
	if (optimal == TONGS_TRISTATE_UNKNOWN)
		result = query_optimal_import(physical, vkd, types, &optimal);
	if (result == VK_SUCCESS)
		caps->optimal_import = optimal;
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
static bool can_import_addressed_buffer(const struct tongs_physical_device *physical) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = ADDRESS_USAGE,
		.handleType = physical->info.import_kind->handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	physical->vk->GetPhysicalDeviceExternalBufferProperties(physical->handle, &info, &properties);
	return properties.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
}

static VkResult has_addresses(const struct tongs_physical_device *physical, bool *has) {
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
	*has = address.bufferDeviceAddress && can_import_addressed_buffer(physical);
	return VK_SUCCESS;
}

static VkResult create_addressing_device(const struct tongs_physical_device *physical, VkDevice *device) {
	const char *const extensions[] = {
		physical->info.import_kind->extension,
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
	const VkMemoryAllocateInfo memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import->kind->init_info(import, 0, &flags, &import_info),
		.allocationSize = import->size,
		.memoryTypeIndex = (uint32_t)type,
	};
	result = vkd->AllocateMemory(vkd->device, &memory, NULL, &probe->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindBufferMemory(vkd->device, probe->buffer, probe->memory, 0);
	*bound = result == VK_SUCCESS;
	return result;
}

static VkResult compare_address(struct address_probe *probe, bool *equal) {
	const struct tongs_import_kind *kind = probe->physical->info.import_kind;
	const VkDeviceSize alignment = probe->physical->info.import_alignment;
	struct tongs_import sample;
	bool bound;
	if (!kind->create_sample(16 * alignment, alignment, &sample))
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
	kind->destroy_sample(&sample);
	return result;
}

static VkResult query_addresses(const struct tongs_physical_device *physical, bool *equal) {
	struct address_probe probe = {.physical = physical};
	VkDevice device;
	*equal = false;
	bool has;
	VkResult result = has_addresses(physical, &has);
	if (result == VK_SUCCESS && has)
		result = create_addressing_device(physical, &device);
	if (result != VK_SUCCESS || !has)
		return result;
	bool complete = tongs_vk_device_init(&probe.vkd, physical->vk, device);
	probe.GetBufferDeviceAddress = (PFN_vkGetBufferDeviceAddress)physical->vk->GetDeviceProcAddr(
		device, has_core_addresses(physical) ? "vkGetBufferDeviceAddress" : "vkGetBufferDeviceAddressKHR");
	if (complete && probe.GetBufferDeviceAddress)
		result = compare_address(&probe, equal);
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
