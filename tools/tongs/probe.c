/* SPDX-License-Identifier: MIT */
/* Asking a device about every handle type with every kind of resource. */
#include "probe.h"

#include <string.h>

#include "probe_image.h"
#include "trial.h"

static const struct {
	const char *name;
	VkExternalMemoryHandleTypeFlagBits type;
} handle_types[TONGS_PROBE_TYPE_COUNT] = {
	{"MTLBUFFER", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
	{"MTLTEXTURE", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT},
	{"MTLHEAP", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT},
};

static bool probe_buffer(
	VkPhysicalDevice device, const struct tongs_context *context, size_t type, struct tongs_probe_row *row) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
					 VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
					 VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};

	*row = (struct tongs_probe_row){.handle_type = handle_types[type].name};
	vkGetPhysicalDeviceExternalBufferProperties(device,
		&(VkPhysicalDeviceExternalBufferInfo){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
			.usage = usage,
			.handleType = handle_types[type].type,
		},
		&properties);
	row->features = properties.externalMemoryProperties.externalMemoryFeatures;
	if (!row->features) {
		row->why_not = handle_types[type].type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT
				       ? "a texture stands for an image"
				       : "its memory cannot be given to Metal";
		return true;
	}
	return tongs_trial_buffer(context, handle_types[type].type, usage,
		row->features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, row);
}

static bool probe_rows(VkPhysicalDevice device, const struct tongs_context *context, struct tongs_probe *probe) {
	bool done = true;

	for (size_t type = 0; type < TONGS_PROBE_TYPE_COUNT; type++)
		done &= probe_buffer(device, context, type, &probe->buffers[type]);
	probe->format_count = 0;
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		if (!format->vk_name || !format->mtl_name || probe->format_count == TONGS_PROBE_MAX_FORMATS)
			continue;
		for (size_t type = 0; type < TONGS_PROBE_TYPE_COUNT; type++) {
			for (size_t tiling = 0; tiling < TONGS_PROBE_TILING_COUNT; tiling++) {
				struct tongs_probe_row *row =
					&probe->images[probe->format_count][type * TONGS_PROBE_TILING_COUNT + tiling];
				*row = (struct tongs_probe_row){
					.handle_type = handle_types[type].name,
					.format = format,
				};
				done &= tongs_probe_image(context, handle_types[type].type, (VkImageTiling)tiling, row);
			}
		}
		probe->format_count++;
	}
	return done;
}

static void probe_identity(VkPhysicalDevice device, struct tongs_probe *probe) {
	VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};

	vkGetPhysicalDeviceProperties(device, &probe->properties);
	vkGetPhysicalDeviceMemoryProperties(device, &probe->memory);
	if (probe->properties.apiVersion < VK_API_VERSION_1_1)
		return;
	if (probe->properties.apiVersion >= VK_API_VERSION_1_2 ||
		tongs_vulkan_has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
		id.pNext = &driver;
	vkGetPhysicalDeviceProperties2(device,
		&(VkPhysicalDeviceProperties2){.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id});
	memcpy(probe->driver, driver.driverName, sizeof probe->driver);
	memcpy(probe->driver_info, driver.driverInfo, sizeof probe->driver_info);
	memcpy(probe->uuid, id.deviceUUID, sizeof probe->uuid);
	probe->has_uuid = true;
}

static const char *explain_device(VkInstance instance, VkPhysicalDevice device, struct tongs_probe *probe) {
	if (probe->properties.apiVersion < VK_API_VERSION_1_1)
		return "its driver is older than Vulkan 1.1";
	if (tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME))
		return NULL;
	tongs_layer_view_explain(instance, probe->uuid, probe->why_not_text);
	return probe->why_not_text;
}

bool tongs_probe_device(VkInstance instance, VkPhysicalDevice device, struct tongs_probe *probe) {
	struct tongs_context context;

	*probe = (struct tongs_probe){0};
	probe_identity(device, probe);
	probe->why_not = explain_device(instance, device, probe);
	if (probe->why_not)
		return true;
	if (!tongs_context_init(&context, device))
		return false;
	bool done = probe_rows(device, &context, probe);
	tongs_context_finish(&context);
	return done;
}
