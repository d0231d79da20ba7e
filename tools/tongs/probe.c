/* SPDX-License-Identifier: MIT */
/* Queries every handle type with every kind of resource, then creates and exports one small resource of each. */
#include "probe.h"

#include <string.h>

#include "client/share.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
	const char *name;
	VkExternalMemoryHandleTypeFlagBits type;
} handle_types[TONGS_PROBE_TYPE_COUNT] = {
	{"MTLBUFFER", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
	{"MTLTEXTURE", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT},
	{"MTLHEAP", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT},
};

const char *tongs_probe_get_type_name(size_t type) {
	return handle_types[type].name;
}

static const char *get_storage_mode(void *handle) {
	static const char *const names[] = {"Shared", "Managed", "Private", "Memoryless"};
	MTLResourceOptions options;

	switch (tongs_handle_kind(handle)) {
	case TONGS_KIND_HEAP:
		options = tongs_heap_get_resource_options(tongs_heap_from_handle(handle));
		break;
	case TONGS_KIND_BUFFER:
		options = tongs_resource_get_resource_options(
			tongs_buffer_get_resource(tongs_buffer_from_handle(handle)));
		break;
	case TONGS_KIND_TEXTURE:
		options = tongs_resource_get_resource_options(
			tongs_texture_get_resource(tongs_texture_from_handle(handle)));
		break;
	default:
		return NULL;
	}
	NSUInteger mode = (options & MTLResourceStorageModeMask) >> MTLResourceStorageModeShift;
	return mode < sizeof names / sizeof *names ? names[mode] : NULL;
}

/* Allocates memory for `requirements`, exports it, and frees it. Sets the row's memory types and storage mode. */
static bool try_memory(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	const VkMemoryRequirements *requirements, const VkMemoryDedicatedAllocateInfo *dedicated,
	struct tongs_probe_row *row) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated,
		.handleTypes = type,
	};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	uint32_t memory_type = tongs_context_pick_memory_type(context, requirements->memoryTypeBits, 0);

	row->memory_types = requirements->memoryTypeBits;
	if (memory_type == UINT32_MAX)
		return false;
	if (!tongs_vulkan_ok(vkAllocateMemory(context->device,
				     &(VkMemoryAllocateInfo){
					     .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					     .pNext = &export,
					     .allocationSize = requirements->size,
					     .memoryTypeIndex = memory_type,
				     },
				     NULL, &memory),
		    "vkAllocateMemory, to export,"))
		return false;
	row->storage_mode = get_storage_mode(tongs_context_export(context, memory, type));
	vkFreeMemory(context->device, memory, NULL);
	return row->storage_mode;
}

static bool finish_trial(bool done, struct tongs_probe_row *row) {
	if (!done) {
		row->why_not = "the queries promise it, but creating one failed";
		row->is_broken = true;
		row->features = row->shapes = row->samples = row->usage = row->memory_types = 0;
	}
	return done;
}

static bool try_buffer(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkBufferUsageFlags usage, bool dedicated, struct tongs_probe_row *row) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = type,
	};
	VkMemoryDedicatedAllocateInfo alone = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
	VkMemoryRequirements requirements;

	if (!TONGS_VULKAN_TRY(vkCreateBuffer, context->device,
		    &(VkBufferCreateInfo){
			    .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
			    .pNext = &external,
			    .size = 4096,
			    .usage = usage,
		    },
		    NULL, &alone.buffer))
		return finish_trial(false, row);
	vkGetBufferMemoryRequirements(context->device, alone.buffer, &requirements);
	bool done = try_memory(context, type, &requirements, dedicated ? &alone : NULL, row);
	vkDestroyBuffer(context->device, alone.buffer, NULL);
	return finish_trial(done, row);
}

static bool try_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type, VkFormat format,
	VkImageTiling tiling, VkImageUsageFlags usage, bool dedicated, struct tongs_probe_row *row) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = type,
	};
	VkMemoryDedicatedAllocateInfo alone = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
	VkMemoryRequirements requirements;

	if (!TONGS_VULKAN_TRY(vkCreateImage, context->device,
		    &(VkImageCreateInfo){
			    .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
			    .pNext = &external,
			    .imageType = VK_IMAGE_TYPE_2D,
			    .format = format,
			    .extent = {64, 64, 1},
			    .mipLevels = 1,
			    .arrayLayers = 1,
			    .samples = VK_SAMPLE_COUNT_1_BIT,
			    .tiling = tiling,
			    .usage = usage,
		    },
		    NULL, &alone.image))
		return finish_trial(false, row);
	vkGetImageMemoryRequirements(context->device, alone.image, &requirements);
	bool done = try_memory(context, type, &requirements, dedicated ? &alone : NULL, row);
	vkDestroyImage(context->device, alone.image, NULL);
	return finish_trial(done, row);
}

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

static const struct {
	const char *name;
	VkImageType type;
	VkImageCreateFlags flags;
	uint32_t levels, layers; /* at least */
} shapes[TONGS_PROBE_SHAPE_COUNT] = {
	[TONGS_PROBE_1D] = {"1D", VK_IMAGE_TYPE_1D, 0, 1, 1},
	[TONGS_PROBE_1D_ARRAY] = {"1D array", VK_IMAGE_TYPE_1D, 0, 1, 2},
	[TONGS_PROBE_2D] = {"2D", VK_IMAGE_TYPE_2D, 0, 1, 1},
	[TONGS_PROBE_MIPS] = {"2D mips", VK_IMAGE_TYPE_2D, 0, 2, 1},
	[TONGS_PROBE_ARRAY] = {"2D array", VK_IMAGE_TYPE_2D, 0, 1, 2},
	[TONGS_PROBE_CUBE] = {"cube", VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, 1, 6},
	[TONGS_PROBE_CUBE_ARRAY] = {"cube array", VK_IMAGE_TYPE_2D, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, 1, 12},
	[TONGS_PROBE_3D] = {"3D", VK_IMAGE_TYPE_3D, 0, 1, 1},
	[TONGS_PROBE_3D_MIPS] = {"3D mips", VK_IMAGE_TYPE_3D, 0, 2, 1},
};

const char *tongs_probe_get_shape_name(enum tongs_probe_shape shape) {
	return shapes[shape].name;
}

/* An image format query, except for shape and usage. */
struct query {
	VkPhysicalDevice device;
	VkExternalMemoryHandleTypeFlagBits type; /* 0: without a handle type */
	VkFormat format;
	VkImageTiling tiling;
};

/* Returns the external memory features of such an image, and its limits; 0 if the driver refuses it. Without a handle
 * type, returns EXPORTABLE for every image that the driver supports. */
static VkExternalMemoryFeatureFlags get_features(const struct query *query, enum tongs_probe_shape shape,
	VkImageUsageFlags usage, VkImageFormatProperties *limits) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = query->type,
	};
	VkExternalImageFormatProperties external_properties = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = query->type ? &external_properties : NULL,
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(query->device,
		&(VkPhysicalDeviceImageFormatInfo2){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
			.pNext = query->type ? &external : NULL,
			.format = query->format,
			.type = shapes[shape].type,
			.tiling = query->tiling,
			.usage = usage,
			.flags = shapes[shape].flags,
		},
		&properties);

	*limits = result == VK_SUCCESS ? properties.imageFormatProperties : (VkImageFormatProperties){0};
	if (result != VK_SUCCESS || limits->maxMipLevels < shapes[shape].levels ||
		limits->maxArrayLayers < shapes[shape].layers)
		return 0;
	return query->type ? external_properties.externalMemoryProperties.externalMemoryFeatures
			   : VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
}

static const char *explain_image(const struct query *query) {
	const struct query plain = {query->device, 0, query->format, query->tiling};
	VkImageFormatProperties limits;

	if (!get_features(&plain, TONGS_PROBE_2D, transfer, &limits))
		return "the driver does not support such images";
	if (query->type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT && query->tiling == VK_IMAGE_TILING_OPTIMAL)
		return "a buffer cannot hold an opaque layout; use LINEAR";
	return "the driver's layout of it cannot be shared with Metal";
}

static bool probe_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkImageTiling tiling, struct tongs_probe_row *row) {
	const struct query query = {context->physical_device, type, row->format->vk_format, tiling};
	VkImageFormatProperties limits;

	row->tiling = tiling == VK_IMAGE_TILING_LINEAR ? "LINEAR" : "OPTIMAL";
	/* VUID-VkPhysicalDeviceImageFormatInfo2-format-parameter */
	if (!tongs_share_has_format(query.device, query.format)) {
		row->why_not =
			"not tried: this format needs an extension, or a Vulkan newer than the device's or than 1.3";
		return true;
	}
	row->features = get_features(&query, TONGS_PROBE_2D, transfer, &limits);
	if (!row->features) {
		row->why_not = explain_image(&query);
		return true;
	}
	row->samples = limits.sampleCounts;
	for (int i = 0; i < TONGS_PROBE_USAGE_COUNT; i++) {
		for (size_t n = 0; n < COUNT(usages[i].bits); n++) {
			/* An empty second choice would repeat the query for transfer alone. */
			if ((n && !usages[i].bits[n]) ||
				!get_features(&query, TONGS_PROBE_2D, transfer | usages[i].bits[n], &limits))
				continue;
			row->usage |= 1u << i;
			row->samples |= limits.sampleCounts;
		}
	}
	for (int i = 0; i < TONGS_PROBE_SHAPE_COUNT; i++)
		if (get_features(&query, (enum tongs_probe_shape)i, transfer, &limits))
			row->shapes |= 1u << i;
	return try_image(context, type, query.format, tiling, transfer,
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
				       ? "textures are for images"
				       : "its memory cannot be shared with Metal";
		return true;
	}
	return try_buffer(context, handle_types[type].type, usage,
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
				done &= probe_image(context, handle_types[type].type, (VkImageTiling)tiling, row);
			}
		}
		probe->format_count++;
	}
	return done;
}

/* The images as MTLHEAP that require a dedicated allocation, as tongs_probe_memory_init takes them. */
static VkImageTiling find_dedicated(const struct tongs_probe *probe) {
	VkImageTiling found = VK_IMAGE_TILING_MAX_ENUM;
	for (size_t i = 0; i < probe->format_count; i++) {
		const struct tongs_probe_row *rows = &probe->images[i][(size_t)2 * TONGS_PROBE_TILING_COUNT];
		if (rows[VK_IMAGE_TILING_LINEAR].features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT)
			return VK_IMAGE_TILING_LINEAR;
		if (rows[VK_IMAGE_TILING_OPTIMAL].features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT)
			found = VK_IMAGE_TILING_OPTIMAL;
	}
	return found;
}

static void probe_memory(VkPhysicalDevice device, const struct tongs_layer_roles *roles, struct tongs_probe *probe) {
	tongs_probe_memory_init(device, roles, find_dedicated(probe), &probe->roles);
	for (size_t type = 0; type < TONGS_PROBE_TYPE_COUNT; type++) {
		probe->shared_as[type] = probe->buffers[type].memory_types;
		for (size_t i = 0; i < probe->format_count * TONGS_PROBE_TILING_COUNT; i++)
			probe->shared_as[type] |=
				probe->images[i / TONGS_PROBE_TILING_COUNT]
					     [type * TONGS_PROBE_TILING_COUNT + i % TONGS_PROBE_TILING_COUNT]
						     .memory_types;
	}
}

static const char *explain_device(VkInstance instance, VkPhysicalDevice device, struct tongs_probe *probe) {
	if (probe->identity.properties.apiVersion < VK_API_VERSION_1_1)
		return "its driver is older than Vulkan 1.1";
	if (tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME))
		return NULL;
	tongs_layer_status_explain(instance, probe->identity.ids.deviceUUID, probe->why_not_text);
	return probe->why_not_text;
}

bool tongs_probe_device(VkInstance instance, VkPhysicalDevice device, struct tongs_probe *probe) {
	struct tongs_context context;

	*probe = (struct tongs_probe){0};
	tongs_vulkan_identify(device, &probe->identity);
	vkGetPhysicalDeviceMemoryProperties(device, &probe->memory);
	probe->why_not = explain_device(instance, device, probe);
	if (probe->why_not)
		return true;
	if (!tongs_context_init(&context, device, NULL))
		return false;
	const struct tongs_layer_roles roles = tongs_layer_status_get_roles(instance, probe->identity.ids.deviceUUID);
	bool done = probe_rows(device, &context, probe);
	tongs_probe_metal_init(&context, &probe->identity, &roles, &probe->metal);
	tongs_context_finish(&context);
	probe_memory(device, &roles, probe);
	return done;
}
