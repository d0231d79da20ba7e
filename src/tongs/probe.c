/* SPDX-License-Identifier: MIT */
/* Asking a device about every handle type with every kind of resource. */
#include "probe.h"

#include <string.h>

#include "share.h"
#include "trial.h"

static const struct {
	const char *name;
	VkExternalMemoryHandleTypeFlagBits type;
} handle_types[] = {
	{"MTLBUFFER", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
	{"MTLTEXTURE", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT},
	{"MTLHEAP", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT},
};

static const struct {
	const char *name;
	VkImageTiling tiling;
} tilings[] = {
	{"OPTIMAL", VK_IMAGE_TILING_OPTIMAL},
	{"LINEAR", VK_IMAGE_TILING_LINEAR},
};

static const struct {
	const char *name;
	VkFormat format;
} formats[] = {
#define FORMAT(name) \
	{ #name, VK_FORMAT_##name }
	FORMAT(R8_UNORM),
	FORMAT(R8G8_UNORM),
	FORMAT(R8G8B8A8_UNORM),
	FORMAT(R8G8B8A8_SRGB),
	FORMAT(B8G8R8A8_UNORM),
	FORMAT(B8G8R8A8_SRGB),
	FORMAT(A2B10G10R10_UNORM_PACK32),
	FORMAT(B10G11R11_UFLOAT_PACK32),
	FORMAT(R16_SFLOAT),
	FORMAT(R16G16_SFLOAT),
	FORMAT(R16G16B16A16_SFLOAT),
	FORMAT(R32_UINT),
	FORMAT(R32_SFLOAT),
	FORMAT(R32G32_SFLOAT),
	FORMAT(R32G32B32A32_SFLOAT),
	FORMAT(D16_UNORM),
	FORMAT(D32_SFLOAT),
#undef FORMAT
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
_Static_assert(COUNT(handle_types) * (1 + COUNT(formats) * COUNT(tilings)) <= TONGS_PROBE_MAX_ROWS, "rows fit");

static const VkImageUsageFlags transfer = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;

static const struct {
	const char *name;
	VkImageUsageFlags bits[2]; /* any of these, with transfer */
} usages[TONGS_PROBE_USAGE_COUNT] = {
	[TONGS_PROBE_TRANSFER] = {"transfer", {0}},
	[TONGS_PROBE_SAMPLED] = {"sampled", {VK_IMAGE_USAGE_SAMPLED_BIT}},
	[TONGS_PROBE_STORAGE] = {"storage", {VK_IMAGE_USAGE_STORAGE_BIT}},
	[TONGS_PROBE_ATTACHMENT] = {"attachment",
		{VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT}},
};

const char *tongs_probe_get_usage_name(enum tongs_probe_usage usage) {
	return usages[usage].name;
}

/* Whether such an image exists, and the features of its memory as `type`; 0: asked without a handle type. */
static bool query_image(VkPhysicalDevice device, VkExternalMemoryHandleTypeFlags type, VkFormat format,
	VkImageTiling tiling, VkImageUsageFlags usage, VkExternalMemoryFeatureFlags *features) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	VkExternalImageFormatProperties answer = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = type ? &answer : NULL,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(device,
		&(VkPhysicalDeviceImageFormatInfo2){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.pNext = type ? &external : NULL,
			.format = format,
			.type = VK_IMAGE_TYPE_2D,
			.tiling = tiling,
			.usage = usage,
		},
		&properties);

	*features = result == VK_SUCCESS ? answer.externalMemoryProperties.externalMemoryFeatures : 0;
	return result == VK_SUCCESS;
}

static const char *explain_image(
	VkPhysicalDevice device, VkExternalMemoryHandleTypeFlagBits type, VkFormat format, VkImageTiling tiling) {
	VkExternalMemoryFeatureFlags unused;

	if (!query_image(device, 0, format, tiling, transfer, &unused))
		return "the driver has no such image";
	if (type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT && tiling == VK_IMAGE_TILING_OPTIMAL)
		return "a buffer has no room for an opaque layout: use LINEAR";
	return "its memory cannot be laid out so that Metal finds the texels";
}

static bool probe_image(VkPhysicalDevice device, const struct tongs_context *context, size_t type, size_t format,
	size_t tiling, struct tongs_probe_row *row) {
	const VkExternalMemoryHandleTypeFlagBits bit = handle_types[type].type;

	*row = (struct tongs_probe_row){
		.handle_type = handle_types[type].name, .format = formats[format].name, .tiling = tilings[tiling].name};
	query_image(device, bit, formats[format].format, tilings[tiling].tiling, transfer, &row->features);
	if (!row->features) {
		row->why_not = explain_image(device, bit, formats[format].format, tilings[tiling].tiling);
		return true;
	}
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++) {
		for (size_t n = 0; n < COUNT(usages[i].bits); n++) {
			VkExternalMemoryFeatureFlags features;
			query_image(device, bit, formats[format].format, tilings[tiling].tiling,
				transfer | usages[i].bits[n], &features);
			/* An empty second choice would repeat the question for transfer alone. */
			if (features && (n == 0 || usages[i].bits[n]))
				row->usage |= 1u << i;
		}
	}
	return tongs_trial_image(context, bit, formats[format].format, tilings[tiling].tiling, transfer,
		row->features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT, row);
}

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

	for (size_t type = 0; type < COUNT(handle_types); type++) {
		done &= probe_buffer(device, context, type, &probe->rows[probe->row_count++]);
		for (size_t tiling = 0; tiling < COUNT(tilings); tiling++)
			for (size_t format = 0; format < COUNT(formats); format++)
				done &= probe_image(
					device, context, type, format, tiling, &probe->rows[probe->row_count++]);
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

static const char *explain_device(VkPhysicalDevice device, const struct tongs_probe *probe) {
	if (probe->properties.apiVersion < VK_API_VERSION_1_1)
		return "its driver is older than Vulkan 1.1";
	if (tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME))
		return NULL;
	if (!tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME))
		return "its driver lacks " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME;
	return "the layer is not active on it; VK_LOADER_DEBUG=error,layer tells why";
}

bool tongs_probe_device(VkPhysicalDevice device, struct tongs_probe *probe) {
	struct tongs_context context;

	*probe = (struct tongs_probe){0};
	probe_identity(device, probe);
	probe->why_not = explain_device(device, probe);
	if (probe->why_not)
		return true;
	if (!tongs_context_init(&context, device))
		return false;
	bool done = probe_rows(device, &context, probe);
	tongs_context_finish(&context);
	return done;
}
