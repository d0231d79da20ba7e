/* SPDX-License-Identifier: MIT */
/* Which memory a device shares as what, and why: the layer's roles, explained by the driver's queries. */
#include "probe_memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const VkExternalMemoryHandleTypeFlagBits host = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;

static VkExternalMemoryProperties query_buffer(VkPhysicalDevice device, VkExternalMemoryHandleTypeFlagBits type) {
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(device,
		&(VkPhysicalDeviceExternalBufferInfo){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
			.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
			.handleType = type,
		},
		&properties);
	return properties.externalMemoryProperties;
}

static VkExternalMemoryFeatureFlags query_image(VkPhysicalDevice device, VkImageTiling tiling) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = host,
	};
	VkExternalImageFormatProperties features = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &features,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(device,
		&(VkPhysicalDeviceImageFormatInfo2){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.pNext = &external,
			.format = VK_FORMAT_R8G8B8A8_UNORM,
			.type = VK_IMAGE_TYPE_2D,
			.tiling = tiling,
			.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
		},
		&properties);
	return result == VK_SUCCESS ? features.externalMemoryProperties.externalMemoryFeatures : 0;
}

static bool imports_pages(VkPhysicalDevice device) {
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT pages = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
	vkGetPhysicalDeviceProperties2(device, &(VkPhysicalDeviceProperties2){
						       .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
						       .pNext = &pages,
					       });
	return pages.minImportedHostPointerAlignment <= (VkDeviceSize)sysconf(_SC_PAGESIZE);
}

/* Why driver memory, and not host pages. */
static const char *explain_driver(VkPhysicalDevice device, VkExternalMemoryFeatureFlags features) {
	if (!tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
		return "the driver lacks " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	if (!imports_pages(device))
		return "the driver imports no single pages";
	if (!(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
		return "the driver's queries deny them in host pages";
	if (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT)
		return "the driver requires a dedicated allocation, which an import of host pages cannot be";
	return "on GPUs they have no memory type in host pages, or are slower there";
}

static const char *explain_role(VkPhysicalDevice device, enum tongs_layer_memory_kind memory, const char *why_pages,
	VkExternalMemoryFeatureFlags features) {
	if (memory == TONGS_LAYER_MEMORY_NONE)
		return "the driver shares none";
	return memory == TONGS_LAYER_MEMORY_HOST_PAGES ? why_pages : explain_driver(device, features);
}

static void add_roles(
	VkPhysicalDevice device, const struct tongs_layer_roles *roles, struct tongs_probe_memory *memory) {
	const char *imported = "the driver imports them";
	const struct tongs_probe_role list[] = {
		{"MTLBUFFER", NULL, roles->buffers,
			explain_role(
				device, roles->buffers, imported, query_buffer(device, host).externalMemoryFeatures)},
		{"MTLTEXTURE", "LINEAR", roles->linear_textures,
			explain_role(
				device, roles->linear_textures, imported, query_image(device, VK_IMAGE_TILING_LINEAR))},
		{"MTLTEXTURE", "OPTIMAL", roles->optimal_textures,
			explain_role(device, roles->optimal_textures,
				roles->linear_only ? "LINEAR underneath, where nothing is lost by that" : imported,
				query_image(device, VK_IMAGE_TILING_OPTIMAL))},
		{"MTLHEAP", NULL, roles->heaps,
			roles->heaps ? "that of OPTIMAL images, because one heap holds buffers and images"
				     : "the driver shares none"},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		memory->roles[i] = list[i];
}

__attribute__((format(printf, 2, 3))) static void add_limit(
	struct tongs_probe_memory *memory, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(memory->limits[memory->limit_count++], sizeof *memory->limits, format, arguments);
	va_end(arguments);
}

static void add_limits(VkPhysicalDevice device, const struct tongs_layer_roles *roles, VkImageTiling dedicated,
	struct tongs_probe_memory *memory) {
	const bool mixed = roles->buffers == TONGS_LAYER_MEMORY_HOST_PAGES && roles->heaps == TONGS_LAYER_MEMORY_DRIVER;
	const bool combined =
		query_buffer(device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT).compatibleHandleTypes &
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;
	if (!combined)
		add_limit(memory, "MTLBUFFER and MTLHEAP do not go together: %s",
			mixed ? "the one is host pages, the other driver memory, and every memory type is host-visible"
			      : "one of them cannot be shared");
	else if (mixed)
		add_limit(memory, "MTLBUFFER and MTLHEAP go together in memory types that are not host-visible");
	if (mixed && combined)
		add_limit(memory, "a Shared heap that Metal creates is host pages: its buffers can be imported as "
				  "MTLBUFFER, but not the heap; its textures have memory of their own, so only an "
				  "automatic heap takes them");
	if (roles->buffers != TONGS_LAYER_MEMORY_HOST_PAGES)
		add_limit(memory, "no-copy buffers cannot be imported: %s",
			explain_driver(device, query_buffer(device, host).externalMemoryFeatures));
	if (dedicated != VK_IMAGE_TILING_MAX_ENUM)
		add_limit(memory,
			"the driver requires dedicated allocations for images%s: Metal places them only "
			"in heaps that Vulkan dedicated to such an image; in automatic heaps they have memory of their "
			"own",
			dedicated == VK_IMAGE_TILING_OPTIMAL ? " of OPTIMAL tiling" : "");
}

void tongs_probe_memory_init(VkPhysicalDevice device, const struct tongs_layer_roles *roles, VkImageTiling dedicated,
	struct tongs_probe_memory *memory) {
	*memory = (struct tongs_probe_memory){0};
	if (!roles->buffers && !roles->linear_textures && !roles->optimal_textures)
		return;
	add_roles(device, roles, memory);
	add_limits(device, roles, dedicated, memory);
}
