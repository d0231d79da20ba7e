/* SPDX-License-Identifier: MIT */
/* Registers the kinds of imports, and chooses which of them a device uses for what. */
#include "vulkan/import.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "util/alloc.h"

static const struct tongs_import_kind *all[2]; /* by allocated_by_device; constant from main on */

void tongs_import_add_kind(const struct tongs_import_kind *kind) {
	assert(!all[kind->allocated_by_device]);
	all[kind->allocated_by_device] = kind;
}

const struct tongs_import_kind *tongs_import_get_kind(bool allocated_by_device) {
	return all[allocated_by_device];
}

static bool supports_buffers(const struct tongs_import_kind *kind, VkBufferUsageFlags usage,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = kind->handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	query(physical, &info, &properties);
	/* Buffers are never dedicated: many lie in one heap. */
	const VkExternalMemoryFeatureFlags features = properties.externalMemoryProperties.externalMemoryFeatures;
	return tongs_import_accepts_features(kind, features) &&
	       !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

VkBufferUsageFlags tongs_buffer_rule_usage(const struct tongs_import_kind *kind,
	PFN_vkGetPhysicalDeviceExternalBufferProperties query, VkPhysicalDevice physical) {
	const VkBufferUsageFlags all_usages = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
					      VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
					      VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT |
					      VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
					      VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT |
					      VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;
	if (supports_buffers(kind, all_usages, query, physical))
		return all_usages;
	VkBufferUsageFlags usage = 0;
	for (VkBufferUsageFlags rest = all_usages; rest; rest &= rest - 1)
		if (supports_buffers(kind, rest & -rest, query, physical))
			usage |= rest & -rest;
	return usage;
}

/* Images that every device supports, of colour and of depth. */
static const struct image {
	VkFormat format;
	VkImageUsageFlags usage;
} color = {VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT},
  target = {VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT},
  depth = {VK_FORMAT_D16_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT};

/* *supported is false on failure: out of memory. Other errors are a no. */
static VkResult query_images(const struct tongs_import_device *dev, const struct tongs_import_kind *kind,
	VkImageTiling tiling, const struct image *image, bool *supported) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = kind->handle_type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = image->format,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = tiling,
		.usage = image->usage,
	};
	VkExternalImageFormatProperties features = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &features,
	};
	VkResult result = dev->GetPhysicalDeviceImageFormatProperties2(dev->physical, &info, &properties);
	*supported = result == VK_SUCCESS &&
		     tongs_import_accepts_features(kind, features.externalMemoryProperties.externalMemoryFeatures);
	const bool unknown = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
	return unknown ? result : VK_SUCCESS;
}

/* What a device can do with a kind of memory. */
struct support {
	const struct tongs_import_kind *kind; /* NULL: nothing */
	bool roles[TONGS_ROLE_COUNT];
	enum tongs_import_fault fault;
};

static bool has_extension(const struct tongs_import_device *dev, const char *name) {
	for (uint32_t i = 0; i < dev->extension_count; i++)
		if (strcmp(dev->extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

static VkResult query_support(
	const struct tongs_import_device *dev, const struct tongs_import_kind *kind, struct support *support) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	bool *roles = support->roles;
	*support = (struct support){.fault = TONGS_IMPORT_NO_EXTENSION};
	if (!has_extension(dev, kind->extension))
		return VK_SUCCESS;
	support->fault = TONGS_IMPORT_LARGE_ALIGNMENT;
	if (kind->query_alignment(dev->GetPhysicalDeviceProperties2, dev->physical) > tongs_page_size())
		return VK_SUCCESS;
	roles[TONGS_ROLE_BUFFER] =
		supports_buffers(kind, usage, dev->GetPhysicalDeviceExternalBufferProperties, dev->physical);
	VkResult result = query_images(dev, kind, VK_IMAGE_TILING_LINEAR, &color, &roles[TONGS_ROLE_LINEAR]);
	if (result == VK_SUCCESS)
		result = query_images(dev, kind, VK_IMAGE_TILING_OPTIMAL, &color, &roles[TONGS_ROLE_OPTIMAL]);
	const bool any = roles[TONGS_ROLE_BUFFER] || roles[TONGS_ROLE_LINEAR] || roles[TONGS_ROLE_OPTIMAL];
	support->kind = any ? kind : NULL;
	support->fault = any ? TONGS_IMPORT_NO_FAULT : TONGS_IMPORT_NO_RESOURCE;
	return result;
}

/* Whether OPTIMAL images of every format can lie in host pages, and lose nothing there. Only a VkDevice could tell
 * which memory types they allow, and GPUs allow none that is host memory, or are slower there; so that is left to
 * devices that are the CPU. */
static VkResult query_optimal_in_pages(
	const struct tongs_import_device *dev, const struct tongs_import_kind *pages, bool *takes) {
	VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
	bool takes_depth = false;
	*takes = false;
	dev->GetPhysicalDeviceProperties2(dev->physical, &properties);
	if (properties.properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU)
		return VK_SUCCESS;
	VkResult result = query_images(dev, pages, VK_IMAGE_TILING_OPTIMAL, &target, takes);
	if (result == VK_SUCCESS)
		result = query_images(dev, pages, VK_IMAGE_TILING_OPTIMAL, &depth, &takes_depth);
	*takes &= takes_depth;
	return result;
}

static bool has_private_types(const struct tongs_import_device *dev, const struct tongs_import_kind *kind) {
	VkPhysicalDeviceMemoryProperties memory;
	dev->GetPhysicalDeviceMemoryProperties(dev->physical, &memory);
	return tongs_import_find_accepted(kind, &memory) & tongs_import_find_private(&memory);
}

static void choose_roles(const struct support *pages, const struct support *driver, bool optimal_in_pages,
	struct tongs_import_roles *roles) {
	const struct tongs_import_kind **kinds = roles->kinds;
	for (int i = 0; i < TONGS_ROLE_COUNT; i++)
		kinds[i] = pages->roles[i] ? pages->kind : driver->roles[i] ? driver->kind : NULL;
	roles->takes_optimal = optimal_in_pages || driver->roles[TONGS_ROLE_OPTIMAL];
	if (optimal_in_pages)
		return;
	if (driver->roles[TONGS_ROLE_OPTIMAL])
		kinds[TONGS_ROLE_OPTIMAL] = driver->kind;
	/* LINEAR images stand in for OPTIMAL ones where nothing is lost; without any there are buffers in heaps. */
	else if (kinds[TONGS_ROLE_LINEAR])
		kinds[TONGS_ROLE_OPTIMAL] = kinds[TONGS_ROLE_LINEAR];
	else
		kinds[TONGS_ROLE_OPTIMAL] = kinds[TONGS_ROLE_BUFFER];
}

VkResult tongs_import_choose_roles(
	const struct tongs_import_device *dev, struct tongs_import_roles *roles, enum tongs_import_fault *fault) {
	struct support pages = {0}, driver = {0};
	bool optimal_in_pages = false;
	*roles = (struct tongs_import_roles){0};
	*fault = TONGS_IMPORT_NO_FAULT;
	VkResult result = query_support(dev, all[false], &pages);
	if (result == VK_SUCCESS)
		result = query_support(dev, all[true], &driver);
	if (result == VK_SUCCESS && pages.roles[TONGS_ROLE_OPTIMAL])
		result = query_optimal_in_pages(dev, pages.kind, &optimal_in_pages);
	if (result != VK_SUCCESS)
		return result;
	choose_roles(&pages, &driver, optimal_in_pages, roles);
	const struct tongs_import_kind *buffer = roles->kinds[TONGS_ROLE_BUFFER],
				       *heap = roles->kinds[TONGS_ROLE_OPTIMAL];
	roles->splits = buffer && heap && !buffer->allocated_by_device && heap->allocated_by_device &&
			has_private_types(dev, heap);
	roles->combines = buffer && heap && (buffer == heap || roles->splits);
	if (!tongs_import_has_role(roles))
		*fault = driver.fault > pages.fault ? driver.fault : pages.fault;
	return VK_SUCCESS;
}
