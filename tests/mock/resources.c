/* SPDX-License-Identifier: MIT */
/* Buffers and images with the profile's requirements and layouts, and the checks of create infos and bindings. */
#include <stdlib.h>
#include <string.h>

#include "objects.h"

static VkPhysicalDevice physical_of(VkDevice device) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object);
	return object.device.physical;
}

static VkDeviceSize max(VkDeviceSize a, VkDeviceSize b) {
	return a > b ? a : b;
}

static uint32_t choose_types(const struct mock_types *types, VkExternalMemoryHandleTypeFlags external) {
	if (external & MOCK_HOST)
		return types->host;
	return external & MOCK_FD ? types->fd : types->plain;
}

static void change_requirements(VkMemoryRequirements *requirements, VkDeviceSize alignment, uint32_t types) {
	requirements->alignment = max(requirements->alignment, alignment);
	requirements->size = (requirements->size + requirements->alignment - 1) & ~(requirements->alignment - 1);
	requirements->memoryTypeBits = types;
}

static void change_buffer(
	VkMemoryRequirements *requirements, VkBufferUsageFlags usage, VkExternalMemoryHandleTypeFlags external) {
	const struct mock_profile *profile = mock_profile;
	const VkBufferUsageFlags texel =
		VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT;
	VkDeviceSize alignment = profile->buffer_alignment;
	if (usage & VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT)
		alignment = max(alignment, profile->uniform_alignment);
	if (usage & texel)
		alignment = max(alignment, profile->texel_alignment);
	change_requirements(requirements, alignment, choose_types(&profile->buffers, external));
}

/* Offset at which a LINEAR image begins from where it is bound. */
static VkDeviceSize offset_of(VkImageTiling tiling, VkImageUsageFlags usage) {
	bool moved = tiling == VK_IMAGE_TILING_LINEAR && (usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT);
	return moved ? mock_profile->linear_offset : 0;
}

static void change_image(VkMemoryRequirements *requirements, VkImageTiling tiling, VkImageUsageFlags usage,
	VkExternalMemoryHandleTypeFlags external) {
	const struct mock_profile *profile = mock_profile;
	const VkImageUsageFlags attachment =
		VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	bool linear = tiling == VK_IMAGE_TILING_LINEAR;
	VkDeviceSize alignment = linear ? profile->linear_alignment : profile->optimal_alignment;
	if (!linear && (usage & attachment))
		alignment = max(alignment, profile->attachment_alignment);
	requirements->size += offset_of(tiling, usage);
	if (!linear && !external)
		requirements->size += profile->plain_more;
	if (!linear && (external & MOCK_FD))
		requirements->size += profile->fd_more;
	uint32_t types = choose_types(linear ? &profile->linear : &profile->optimal, external);
	for (uint32_t i = 0; i < profile->type_count && !(usage & VK_IMAGE_USAGE_TRANSIENT_ATTACHMENT_BIT); i++)
		if (profile->types[i].propertyFlags & VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT)
			types &= ~(1u << i);
	change_requirements(requirements, alignment, types);
}

static bool requires_dedicated(VkImageTiling tiling, VkExternalMemoryHandleTypeFlags external) {
	return (mock_profile->dedicated & external) && tiling == VK_IMAGE_TILING_OPTIMAL;
}

static void change_dedicated(void *next, bool required) {
	VkMemoryDedicatedRequirements *dedicated =
		(VkMemoryDedicatedRequirements *)chain_find(next, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS);
	if (dedicated && required)
		dedicated->requiresDedicatedAllocation = dedicated->prefersDedicatedAllocation = VK_TRUE;
}

static VkExternalMemoryHandleTypeFlags external_of_buffer(const VkBufferCreateInfo *info) {
	const VkExternalMemoryBufferCreateInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
	return external ? external->handleTypes : 0;
}

static VkExternalMemoryHandleTypeFlags external_of_image(const VkImageCreateInfo *info) {
	const VkExternalMemoryImageCreateInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
	return external ? external->handleTypes : 0;
}

static const VkStructureType buffer_structs[] = {
	VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO,
	VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_BUFFER_CREATE_INFO_NV,
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
	BUFFER_USAGE_2,
	0,
};

static PFN_vkVoidFunction get_query(const char *name) {
	const struct mock_hook *hook = mock_physical_device_hooks;
	while (strcmp(hook->name, name) != 0)
		hook++;
	return hook->function;
}

static PFN_vkGetPhysicalDeviceExternalBufferProperties get_buffer_query(void) {
	return (PFN_vkGetPhysicalDeviceExternalBufferProperties)get_query(
		"vkGetPhysicalDeviceExternalBufferProperties");
}

/* A resource is created for handle types that can be shared, all in one resource. */
static void check_external(const char *rule, const VkExternalMemoryProperties *properties,
	VkExternalMemoryHandleTypeFlags type, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryFeatureFlags any =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	if (!(properties->externalMemoryFeatures & any))
		mock_violation(rule, "handle type 0x%x cannot be shared", type);
	else if (types & ~properties->compatibleHandleTypes)
		mock_violation(rule, "handle types 0x%x, compatible with 0x%x are 0x%x", types, type,
			properties->compatibleHandleTypes);
}

static void check_buffer(VkDevice device, const VkBufferCreateInfo *info) {
	mock_check_chain("vkCreateBuffer", info->pNext, buffer_structs);
	/* Queries each handle type, as the caller must have done. */
	VkExternalMemoryHandleTypeFlags types = external_of_buffer(info);
	for (VkExternalMemoryHandleTypeFlags bit = 1; bit && bit <= types; bit <<= 1) {
		if (!(types & bit))
			continue;
		VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
		get_buffer_query()(physical_of(device),
			&(VkPhysicalDeviceExternalBufferInfo){
				.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
				.flags = info->flags,
				.usage = info->usage,
				.handleType = (VkExternalMemoryHandleTypeFlagBits)bit,
			},
			&properties);
		check_external("VUID-VkBufferCreateInfo-pNext-00920", &properties.externalMemoryProperties, bit, types);
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL CreateBuffer(
	VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, VkBuffer *buffer) {
	check_buffer(device, info);
	VkResult result = mock_next.CreateBuffer(device, info, callbacks, buffer);
	if (result == VK_SUCCESS)
		mock_put(&(struct mock_object){
			.type = VK_OBJECT_TYPE_BUFFER,
			.handle = HANDLE(*buffer),
			.device_handle = HANDLE(device),
			.buffer = {.types = external_of_buffer(info),
				.usage = info->usage,
				.identity = mock_identify_buffer(info)},
		});
	return result;
}

static VKAPI_ATTR void VKAPI_CALL DestroyBuffer(
	VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *callbacks) {
	mock_drop(VK_OBJECT_TYPE_BUFFER, HANDLE(buffer));
	mock_next.DestroyBuffer(device, buffer, callbacks);
}

static const VkStructureType image_structs[] = {
	VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_IMAGE_CREATE_INFO_NV,
	VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_COMPRESSION_CONTROL_EXT,
	VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_IMAGE_SWAPCHAIN_CREATE_INFO_KHR,
	VK_STRUCTURE_TYPE_OPAQUE_CAPTURE_DESCRIPTOR_DATA_CREATE_INFO_EXT,
	0,
};

static PFN_vkGetPhysicalDeviceImageFormatProperties2 get_image_query(void) {
	return (PFN_vkGetPhysicalDeviceImageFormatProperties2)get_query("vkGetPhysicalDeviceImageFormatProperties2");
}

/* An image is created within what the query reports for it: one query for each handle type. */
static void check_query(VkDevice device, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type,
	VkExternalMemoryHandleTypeFlags types) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = type ? &external : NULL,
		.format = info->format,
		.type = info->imageType,
		.tiling = info->tiling,
		.usage = info->usage,
		.flags = info->flags,
	};
	VkExternalImageFormatProperties features = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = type ? &features : NULL};
	VkResult result = get_image_query()(physical_of(device), &query, &caps);
	const VkImageFormatProperties *limits = &caps.imageFormatProperties;
	if (result != VK_SUCCESS || info->mipLevels > limits->maxMipLevels ||
		info->arrayLayers > limits->maxArrayLayers || !(info->samples & limits->sampleCounts) ||
		info->extent.width > limits->maxExtent.width || info->extent.height > limits->maxExtent.height ||
		info->extent.depth > limits->maxExtent.depth)
		mock_violation("VUID-VkImageCreateInfo-imageCreateMaxMipLevels-02251",
			"format %d, type %d, tiling %d, usage 0x%x, flags 0x%x, samples %d, %u levels, %u layers, "
			"handle type 0x%x: VkResult %d",
			info->format, info->imageType, info->tiling, info->usage, info->flags, info->samples,
			info->mipLevels, info->arrayLayers, type, result);
	else if (type)
		check_external("VUID-VkImageCreateInfo-pNext-00990", &features.externalMemoryProperties, type, types);
}

/* The feature and the rule of each usage. */
static const struct {
	VkImageUsageFlags usage;
	VkFormatFeatureFlags features;
	const char *rule;
} usage_rows[] = {
	{VK_IMAGE_USAGE_SAMPLED_BIT, VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, "VUID-VkImageViewCreateInfo-usage-02274"},
	{VK_IMAGE_USAGE_STORAGE_BIT, VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, "VUID-VkImageViewCreateInfo-usage-02275"},
	{VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT,
		"VUID-VkImageViewCreateInfo-usage-02276"},
	{VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT,
		"VUID-VkImageViewCreateInfo-usage-02277"},
	{VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT,
		VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT,
		"VUID-VkImageViewCreateInfo-usage-02652"},
};

static void check_usage(
	const char *command, VkDevice device, VkFormat format, VkImageTiling tiling, VkImageUsageFlags usage) {
	VkFormatFeatureFlags features = mock_features(physical_of(device), format, tiling);
	for (size_t i = 0; i < sizeof(usage_rows) / sizeof(usage_rows[0]); i++)
		if ((usage & usage_rows[i].usage) && !(features & usage_rows[i].features))
			mock_violation(usage_rows[i].rule, "%s: format %d, tiling %d has the features 0x%x", command,
				format, tiling, features);
}

static void check_image(VkDevice device, const VkImageCreateInfo *info) {
	const VkImageUsageFlags attachment = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT |
					     VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT |
					     VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT;
	VkExternalMemoryHandleTypeFlags types = external_of_image(info);
	mock_check_chain("vkCreateImage", info->pNext, image_structs);
	if (info->tiling > VK_IMAGE_TILING_LINEAR)
		return;
	if (!types)
		check_query(device, info, 0, 0);
	for (VkExternalMemoryHandleTypeFlags bit = 1; bit && bit <= types; bit <<= 1)
		if (types & bit)
			check_query(device, info, bit, types);
	/* A driver may allow it in the query without the feature; drawing into it can then lose the device. */
	if (types && !(info->flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT))
		check_usage("vkCreateImage", device, info->format, info->tiling, info->usage & attachment);
}

static VKAPI_ATTR VkResult VKAPI_CALL CreateImage(
	VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImage *image) {
	check_image(device, info);
	VkResult result = mock_next.CreateImage(device, info, callbacks, image);
	if (result == VK_SUCCESS)
		mock_put(&(struct mock_object){
			.type = VK_OBJECT_TYPE_IMAGE,
			.handle = HANDLE(*image),
			.device_handle = HANDLE(device),
			.image = {.types = external_of_image(info),
				.tiling = info->tiling,
				.usage = info->usage,
				.flags = info->flags,
				.format = info->format,
				.identity = mock_identify_image(info),
				.is_disjoint = info->flags & VK_IMAGE_CREATE_DISJOINT_BIT},
		});
	return result;
}

static VKAPI_ATTR void VKAPI_CALL DestroyImage(VkDevice device, VkImage image, const VkAllocationCallbacks *callbacks) {
	mock_drop(VK_OBJECT_TYPE_IMAGE, HANDLE(image));
	mock_next.DestroyImage(device, image, callbacks);
}

static const VkStructureType view_structs[] = {
	VK_STRUCTURE_TYPE_IMAGE_VIEW_ASTC_DECODE_MODE_EXT,
	VK_STRUCTURE_TYPE_IMAGE_VIEW_MIN_LOD_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO,
	VK_STRUCTURE_TYPE_OPAQUE_CAPTURE_DESCRIPTOR_DATA_CREATE_INFO_EXT,
	VK_STRUCTURE_TYPE_SAMPLER_YCBCR_CONVERSION_INFO,
	1000411001, /* VkImageViewSlicedCreateInfoEXT, which the oldest supported headers lack */
	0,
};

static VKAPI_ATTR VkResult VKAPI_CALL CreateImageView(
	VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImageView *view) {
	struct mock_object image;
	mock_check_chain("vkCreateImageView", info->pNext, view_structs);
	if (mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(info->image), &image) &&
		image.image.tiling <= VK_IMAGE_TILING_LINEAR) {
		const VkImageViewUsageCreateInfo *usage =
			chain_find(info->pNext, VK_STRUCTURE_TYPE_IMAGE_VIEW_USAGE_CREATE_INFO);
		if (usage && (usage->usage & ~image.image.usage))
			mock_violation("VUID-VkImageViewCreateInfo-pNext-02662", "0x%x, the image has 0x%x",
				usage->usage, image.image.usage);
		check_usage("vkCreateImageView", device, info->format, image.image.tiling,
			usage ? usage->usage : image.image.usage);
	}
	return mock_next.CreateImageView(device, info, callbacks, view);
}

static VKAPI_ATTR void VKAPI_CALL GetBufferMemoryRequirements(
	VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_BUFFER, HANDLE(buffer), &object);
	mock_next.GetBufferMemoryRequirements(device, buffer, requirements);
	change_buffer(requirements, object.buffer.usage, object.buffer.types);
}

void mock_get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
	GetBufferMemoryRequirements(device, buffer, requirements);
}

static VKAPI_ATTR void VKAPI_CALL GetBufferMemoryRequirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_BUFFER, HANDLE(info->buffer), &object);
	mock_next.GetBufferMemoryRequirements2(device, info, requirements);
	change_buffer(&requirements->memoryRequirements, object.buffer.usage, object.buffer.types);
}

static VKAPI_ATTR void VKAPI_CALL GetImageMemoryRequirements(
	VkDevice device, VkImage image, VkMemoryRequirements *requirements) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(image), &object);
	mock_next.GetImageMemoryRequirements(device, image, requirements);
	change_image(requirements, object.image.tiling, object.image.usage, object.image.types);
}

void mock_get_image_requirements(VkDevice device, VkImage image, VkMemoryRequirements *requirements) {
	GetImageMemoryRequirements(device, image, requirements);
}

static VKAPI_ATTR void VKAPI_CALL GetImageMemoryRequirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(info->image), &object);
	mock_next.GetImageMemoryRequirements2(device, info, requirements);
	change_image(&requirements->memoryRequirements, object.image.tiling, object.image.usage, object.image.types);
	change_dedicated(requirements->pNext, requires_dedicated(object.image.tiling, object.image.types));
}

static VKAPI_ATTR void VKAPI_CALL GetDeviceBufferMemoryRequirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	check_buffer(device, info->pCreateInfo);
	mock_next.GetDeviceBufferMemoryRequirements(device, info, requirements);
	change_buffer(
		&requirements->memoryRequirements, info->pCreateInfo->usage, external_of_buffer(info->pCreateInfo));
}

static VKAPI_ATTR void VKAPI_CALL GetDeviceImageMemoryRequirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	const VkImageCreateInfo *image = info->pCreateInfo;
	check_image(device, image);
	mock_next.GetDeviceImageMemoryRequirements(device, info, requirements);
	change_image(&requirements->memoryRequirements, image->tiling, image->usage, external_of_image(image));
	change_dedicated(requirements->pNext, requires_dedicated(image->tiling, external_of_image(image)));
}

/* The rules of vkBindBufferMemory and vkBindImageMemory. */
struct bind_rules {
	const char *what, *type, *alignment, *size, *required, *dedicated, *exported, *imported, *twice;
};
static const struct bind_rules buffer_rules = {
	.what = "a buffer",
	.type = "VUID-vkBindBufferMemory-memory-01035",
	.alignment = "VUID-vkBindBufferMemory-memoryOffset-01036",
	.size = "VUID-vkBindBufferMemory-size-01037",
	.required = "VUID-vkBindBufferMemory-buffer-01444",
	.dedicated = "VUID-vkBindBufferMemory-memory-01508",
	.exported = "VUID-vkBindBufferMemory-memory-02726",
	.imported = "VUID-vkBindBufferMemory-memory-02985",
	.twice = "VUID-vkBindBufferMemory-buffer-07459",
};
static const struct bind_rules image_rules = {
	.what = "an image",
	.type = "VUID-vkBindImageMemory-memory-01047",
	.alignment = "VUID-vkBindImageMemory-memoryOffset-01048",
	.size = "VUID-vkBindImageMemory-size-01049",
	.required = "VUID-vkBindImageMemory-image-01445",
	.dedicated = "VUID-vkBindImageMemory-memory-02628",
	.exported = "VUID-vkBindImageMemory-memory-02728",
	.imported = "VUID-vkBindImageMemory-memory-02989",
	.twice = "VUID-vkBindImageMemory-image-07460",
};

/* Memory and resource must be for the same handle types. */
static void check_bind_types(
	const struct bind_rules *rules, const struct mock_object *memory, VkExternalMemoryHandleTypeFlags types) {
	const VkExternalMemoryHandleTypeFlags exported = memory->memory.exported, imported = memory->memory.imported;
	if (exported && !(exported & types))
		mock_violation(rules->exported, "%s for 0x%x, memory exported for 0x%x", rules->what, types, exported);
	if (imported && !(imported & types))
		mock_violation(rules->imported, "%s for 0x%x, memory imported from 0x%x", rules->what, types, imported);
	/* Vulkan allows it, but whoever shares the resource gets nothing. */
	if ((types & (MOCK_HOST | MOCK_FD)) && !((exported | imported) & types))
		mock_violation("unshared", "%s for 0x%x, memory for 0x%x", rules->what, types, exported | imported);
}

static void check_bind(const struct bind_rules *rules, const VkMemoryRequirements *requirements,
	const struct mock_object *memory, VkDeviceSize offset, bool required, bool is_its_own) {
	if (offset % requirements->alignment)
		mock_violation(rules->alignment, "%s at %llu, alignment %llu", rules->what, ULL(offset),
			ULL(requirements->alignment));
	if (offset > memory->memory.size || requirements->size > memory->memory.size - offset)
		mock_violation(rules->size, "%s of %llu bytes at %llu of %llu", rules->what, ULL(requirements->size),
			ULL(offset), ULL(memory->memory.size));
	if (!(requirements->memoryTypeBits >> memory->memory.type & 1))
		mock_violation(rules->type, "%s: type %u, of 0x%x", rules->what, memory->memory.type,
			requirements->memoryTypeBits);
	if (required && !is_its_own)
		mock_violation(rules->required, "%s requires a dedicated allocation", rules->what);
	else if ((memory->memory.buffer || memory->memory.image) && (!is_its_own || offset))
		mock_violation(rules->dedicated, "%s at %llu, the memory is dedicated to %s", rules->what, ULL(offset),
			is_its_own ? "it" : "another");
}

static bool shares_page(const struct mock_binding *one, const struct mock_binding *other) {
	const VkDeviceSize page = mock_profile->granularity;
	return one->first / page <= (other->last - 1) / page && other->first / page <= (one->last - 1) / page;
}

struct search {
	uint64_t device_handle;
	struct mock_binding binding;
	const struct mock_binding *neighbour;
};

static void find_neighbour(struct mock_object *object, void *context) {
	struct search *search = context;
	if (object->device_handle == search->device_handle && object->binding.memory == search->binding.memory &&
		object->binding.is_optimal != search->binding.is_optimal &&
		shares_page(&object->binding, &search->binding))
		search->neighbour = &object->binding;
}

/* What is OPTIMAL and what is not must lie in different pages of bufferImageGranularity. */
static void check_neighbours(const struct mock_object *object) {
	struct search search = {object->device_handle, object->binding, NULL};
	if (!mock_profile->granularity)
		return;
	mock_visit(find_neighbour, &search);
	if (search.neighbour)
		mock_violation("granularity", "%s at %llu, and one that is %sOPTIMAL in the same page",
			object->type == VK_OBJECT_TYPE_BUFFER ? "a buffer" : "an image", ULL(object->binding.first),
			object->binding.is_optimal ? "not " : "");
}

static void check_bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	struct mock_object object, bound;
	VkMemoryRequirements requirements;
	if (!mock_get(VK_OBJECT_TYPE_BUFFER, HANDLE(buffer), &object) || !mock_get_memory(device, memory, &bound))
		return;
	mock_get_buffer_requirements(device, buffer, &requirements);
	check_bind_types(&buffer_rules, &bound, object.buffer.types);
	check_bind(&buffer_rules, &requirements, &bound, offset, false, bound.memory.buffer == buffer);
	if (object.binding.memory)
		mock_violation(buffer_rules.twice, "bound already");
	object.binding = (struct mock_binding){memory, offset, offset + requirements.size, false};
	check_neighbours(&object);
	mock_put(&object);
}

static void check_bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	struct mock_object object, bound;
	VkMemoryRequirements requirements;
	if (!memory || !mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(image), &object) ||
		!mock_get_memory(device, memory, &bound))
		return;
	check_bind_types(&image_rules, &bound, object.image.types);
	/* Each plane has requirements of its own. */
	if (object.image.is_disjoint)
		return;
	mock_get_image_requirements(device, image, &requirements);
	check_bind(&image_rules, &requirements, &bound, offset,
		requires_dedicated(object.image.tiling, object.image.types), bound.memory.image == image);
	if (object.binding.memory)
		mock_violation(image_rules.twice, "bound already");
	object.binding = (struct mock_binding){
		memory, offset, offset + requirements.size, object.image.tiling == VK_IMAGE_TILING_OPTIMAL};
	check_neighbours(&object);
	mock_put(&object);
}

static VkDeviceSize offset_of_image(VkImage image) {
	struct mock_object object;
	return mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(image), &object)
		       ? offset_of(object.image.tiling, object.image.usage)
		       : 0;
}

static VKAPI_ATTR VkResult VKAPI_CALL BindBufferMemory(
	VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	check_bind_buffer(device, buffer, memory, offset);
	return mock_next.BindBufferMemory(device, buffer, memory, offset);
}

static VKAPI_ATTR VkResult VKAPI_CALL BindBufferMemory2(
	VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++)
		check_bind_buffer(device, infos[i].buffer, infos[i].memory, infos[i].memoryOffset);
	return mock_next.BindBufferMemory2(device, count, infos);
}

static VKAPI_ATTR VkResult VKAPI_CALL BindImageMemory(
	VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	check_bind_image(device, image, memory, offset);
	return mock_next.BindImageMemory(device, image, memory, offset + offset_of_image(image));
}

/* One by one: each has an offset of its own. */
static VKAPI_ATTR VkResult VKAPI_CALL BindImageMemory2(
	VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos) {
	VkResult result = VK_SUCCESS;
	for (uint32_t i = 0; i < count; i++) {
		check_bind_image(device, infos[i].image, infos[i].memory, infos[i].memoryOffset);
		VkBindImageMemoryInfo info = infos[i];
		info.memoryOffset += offset_of_image(info.image);
		VkResult one = mock_next.BindImageMemory2(device, 1, &info);
		if (one != VK_SUCCESS)
			result = one;
	}
	return result;
}

static bool check_layout(VkImage image) {
	struct mock_object object;
	bool known = mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(image), &object);
	if (known && object.image.tiling == VK_IMAGE_TILING_OPTIMAL)
		mock_violation("VUID-vkGetImageSubresourceLayout-image-07790", "the tiling is OPTIMAL");
	return known;
}

/* With TONGS_MOCK_PITCHES, images with EXTENDED_USAGE get a larger pitch; two more flags choose which. */
static void change_pitches(VkImage image, VkSubresourceLayout *layout) {
	const VkDeviceSize more = 4096;
	struct mock_object object;
	if (!getenv("TONGS_MOCK_PITCHES") || !mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(image), &object) ||
		!(object.image.flags & VK_IMAGE_CREATE_EXTENDED_USAGE_BIT))
		return;
	if (object.image.flags & VK_IMAGE_CREATE_ALIAS_BIT)
		layout->rowPitch += more;
	else if (object.image.flags & VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT)
		layout->depthPitch += more;
	else
		layout->arrayPitch += more;
}

static VKAPI_ATTR void VKAPI_CALL GetImageSubresourceLayout(
	VkDevice device, VkImage image, const VkImageSubresource *subresource, VkSubresourceLayout *layout) {
	mock_next.GetImageSubresourceLayout(device, image, subresource, layout);
	if (check_layout(image))
		layout->offset += offset_of_image(image);
	change_pitches(image, layout);
}

/* For OPTIMAL only the host-copy size may be queried with this. */
static VKAPI_ATTR void VKAPI_CALL GetImageSubresourceLayout2(
	VkDevice device, VkImage image, const void *subresource, struct mock_layout2 *layout) {
	mock_next.GetImageSubresourceLayout2(device, image, subresource, layout);
	layout->subresourceLayout.offset += offset_of_image(image);
}

static VKAPI_ATTR VkDeviceAddress VKAPI_CALL GetBufferDeviceAddress(
	VkDevice device, const VkBufferDeviceAddressInfo *info) {
	return mock_next.GetBufferDeviceAddress(device, info) + mock_profile->address_offset;
}

const struct mock_hook mock_resource_hooks[] = {MOCK_RESOURCE_COMMANDS(MOCK_HOOK) MOCK_HOOK(GetImageSubresourceLayout2,
	"KHR") MOCK_HOOK(GetImageSubresourceLayout2, "EXT") MOCK_HOOK(GetBufferDeviceAddress, "EXT"){0}};
