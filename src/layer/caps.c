/* SPDX-License-Identifier: MIT */
/* What a physical device supports: whether the layer provides the extension, and for which buffers and images. */
#include "layer/caps.h"

#include <string.h>

#include "format/format.h"
#include "layer/chain.h"
#include "util/alloc.h"
#include "vulkan/import.h"
#include "vulkan/semaphore.h"

static const VkExternalMemoryHandleTypeFlagBits BUFFER = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
						TEXTURE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT,
						HEAP = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT;

static const VkExternalMemoryFeatureFlags EXPORT_AND_IMPORT =
	VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;

/* Drivers have fewer. The loader, below, makes a list of its own for each call: one call is enough for them. */
enum { USUAL_EXTENSIONS = 320 };

VkResult tongs_caps_list_extensions(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, VkExtensionProperties **extensions, uint32_t *count) {
	VkResult result;
	*count = USUAL_EXTENSIONS;
	do {
		*extensions = tongs_alloc(
			callbacks, *count ? *count : 1, sizeof(**extensions), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
		if (!*extensions)
			return VK_ERROR_OUT_OF_HOST_MEMORY;
		result = inst->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, *extensions);
		if (result == VK_SUCCESS)
			return VK_SUCCESS;
		tongs_free(callbacks, *extensions);
		*extensions = NULL;
		if (result == VK_INCOMPLETE)
			result = inst->next.EnumerateDeviceExtensionProperties(physical_device, NULL, count, NULL);
	} while (result == VK_SUCCESS);
	return result;
}

static bool has_extension(const VkExtensionProperties *extensions, uint32_t count, const char *name) {
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(extensions[i].extensionName, name) == 0)
			return true;
	return false;
}

VkResult tongs_caps_has_extension(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, const char *name,
	const VkAllocationCallbacks *callbacks, bool *supported) {
	VkExtensionProperties *extensions;
	uint32_t count;
	VkResult result = tongs_caps_list_extensions(inst, physical_device, callbacks, &extensions, &count);
	*supported = result == VK_SUCCESS && has_extension(extensions, count, name);
	tongs_free(callbacks, extensions);
	return result;
}

VkResult tongs_caps_get_status(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, enum tongs_layer_status *status, struct tongs_import_roles *roles) {
	static const enum tongs_layer_status statuses[] = {
		[TONGS_IMPORT_NO_FAULT] = TONGS_LAYER_STATUS_PROVIDED,
		[TONGS_IMPORT_NO_EXTENSION] = TONGS_LAYER_STATUS_NO_EXTERNAL_MEMORY,
		[TONGS_IMPORT_LARGE_ALIGNMENT] = TONGS_LAYER_STATUS_LARGE_ALIGNMENT,
		[TONGS_IMPORT_NO_RESOURCE] = TONGS_LAYER_STATUS_NOT_IMPORTABLE,
	};
	VkExtensionProperties *extensions;
	uint32_t count;
	*status = TONGS_LAYER_STATUS_TOO_OLD;
	*roles = (struct tongs_import_roles){0};
	if (!inst->can_query)
		return VK_SUCCESS;
	VkResult result = tongs_caps_list_extensions(inst, physical_device, callbacks, &extensions, &count);
	if (result != VK_SUCCESS)
		return result;
	const struct tongs_import_device device = {
		.physical = physical_device,
		.GetPhysicalDeviceProperties2 = inst->next.GetPhysicalDeviceProperties2,
		.GetPhysicalDeviceMemoryProperties = inst->next.GetPhysicalDeviceMemoryProperties,
		.GetPhysicalDeviceExternalBufferProperties = inst->next.GetPhysicalDeviceExternalBufferProperties,
		.GetPhysicalDeviceImageFormatProperties2 = inst->next.GetPhysicalDeviceImageFormatProperties2,
		.extensions = extensions,
		.extension_count = count,
	};
	enum tongs_import_fault fault;
	if (has_extension(extensions, count, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) ||
		has_extension(extensions, count, VK_EXT_METAL_OBJECTS_EXTENSION_NAME)) {
		*status = TONGS_LAYER_STATUS_NATIVE;
	} else {
		result = tongs_import_choose_roles(&device, roles, &fault);
		*status = statuses[fault];
	}
	tongs_free(callbacks, extensions);
	return result;
}

VkResult tongs_caps_get_roles(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, struct tongs_import_roles *roles) {
	const struct tongs_cache_key key = tongs_caps_key_device(physical_device);
	union tongs_caps_value value = {.roles = {.takes_optimal = false}};
	if (tongs_caps_cache_lookup(&inst->caps_cache, &key, &value, sizeof(value.roles))) {
		*roles = value.roles;
		return VK_SUCCESS;
	}
	enum tongs_layer_status status;
	VkResult result = tongs_caps_get_status(inst, physical_device, callbacks, &status, roles);
	if (result != VK_SUCCESS)
		return result;
	value.roles = *roles;
	tongs_caps_cache_add(&inst->caps_cache, &key, &value);
	return VK_SUCCESS;
}

/* For queries that cannot fail for this reason: no roles, too, if memory runs out. */
static VkResult get_roles(
	struct tongs_layer_instance *inst, VkPhysicalDevice physical_device, struct tongs_import_roles *roles) {
	VkResult result = tongs_caps_get_roles(inst, physical_device, inst->allocator.callbacks, roles);
	if (result != VK_SUCCESS)
		*roles = (struct tongs_import_roles){0};
	return result;
}

VkPhysicalDevice *tongs_caps_list_devices(struct tongs_layer_instance *inst, uint32_t *count) {
	const VkAllocationCallbacks *callbacks = inst->allocator.callbacks;
	VkPhysicalDevice *devices = NULL;
	*count = 0;
	if (inst->next.EnumeratePhysicalDevices(inst->handle, count, NULL) == VK_SUCCESS)
		devices = tongs_alloc(
			callbacks, *count ? *count : 1, sizeof(*devices), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND);
	if (devices && inst->next.EnumeratePhysicalDevices(inst->handle, count, devices) < VK_SUCCESS)
		*count = 0;
	return devices;
}

bool tongs_caps_is_any_provided(struct tongs_layer_instance *inst) {
	const VkAllocationCallbacks *callbacks = inst->allocator.callbacks;
	uint32_t count;
	VkPhysicalDevice *devices = tongs_caps_list_devices(inst, &count);
	bool any = !devices || !count;
	for (uint32_t i = 0; i < count && !any; i++) {
		struct tongs_import_roles roles;
		any = tongs_caps_get_roles(inst, devices[i], callbacks, &roles) != VK_SUCCESS ||
		      tongs_import_has_role(&roles);
	}
	tongs_free(callbacks, devices);
	return any;
}

/* VkBufferUsageFlags2CreateInfo, which the oldest supported headers lack: overrides VkBufferCreateInfo::usage. */
struct usage2 {
	VkStructureType sType;
	const void *pNext;
	uint64_t usage;
};
#define USAGE2 ((VkStructureType)1000470006)

uint64_t tongs_caps_get_buffer_usage(VkBufferUsageFlags usage, const void *pNext) {
	const struct usage2 *usage2 = tongs_chain_find(pNext, USAGE2);
	return usage2 ? usage2->usage : usage;
}

/* Queries the driver's features of buffers in memory of a kind, and caches them. */
static __attribute__((noinline)) VkExternalMemoryFeatureFlags query_buffer_features(struct tongs_layer_instance *inst,
	VkPhysicalDevice physical_device, const struct tongs_import_kind *kind, VkBufferCreateFlags flags,
	VkBufferUsageFlags usage, const void *pNext) {
	const VkPhysicalDeviceExternalBufferInfo driver_info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.pNext = pNext,
		.flags = flags,
		.usage = usage,
		.handleType = kind->handle_type,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	inst->next.GetPhysicalDeviceExternalBufferProperties(physical_device, &driver_info, &properties);
	const union tongs_caps_value value = {
		.buffer_features = properties.externalMemoryProperties.externalMemoryFeatures,
	};
	/* The key does not cover the chain. */
	if (!pNext) {
		const struct tongs_cache_key key = tongs_caps_key_buffer(physical_device, kind, flags, usage);
		tongs_caps_cache_add(&inst->caps_cache, &key, &value);
	}
	return value.buffer_features;
}

/* MTLBUFFER and MTLHEAP, if they go together. */
static VkExternalMemoryHandleTypeFlags get_compatible_buffer_types(
	const struct tongs_import_roles *roles, VkExternalMemoryHandleTypeFlags handle_type) {
	return roles->combines ? (VkExternalMemoryHandleTypeFlags)(BUFFER | HEAP) : handle_type;
}

static bool supports_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_import_roles *roles, VkBufferCreateFlags flags, VkBufferUsageFlags usage, const void *pNext,
	VkExternalMemoryHandleTypeFlags types) {
	const VkBufferCreateFlags refused = VK_BUFFER_CREATE_SPARSE_BINDING_BIT |
					    VK_BUFFER_CREATE_SPARSE_RESIDENCY_BIT |
					    VK_BUFFER_CREATE_SPARSE_ALIASED_BIT | VK_BUFFER_CREATE_PROTECTED_BIT;
	if ((types & ~(VkExternalMemoryHandleTypeFlags)(BUFFER | HEAP)) || (flags & refused))
		return false;
	const struct tongs_import_kind *kind = tongs_layer_choose_buffer_kind(roles, types);
	if (!kind || (types & ~get_compatible_buffer_types(roles, types & -types)))
		return false;
	const struct tongs_cache_key key = tongs_caps_key_buffer(physical_device, kind, flags, usage);
	union tongs_caps_value value;
	bool cached = !pNext && tongs_caps_cache_lookup(&inst->caps_cache, &key, &value, sizeof(value.buffer_features));
	VkExternalMemoryFeatureFlags features =
		cached ? value.buffer_features
		       : query_buffer_features(inst, physical_device, kind, flags, usage, pNext);
	return tongs_import_accepts_features(kind, features) &&
	       !(features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

bool tongs_caps_supports_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_import_roles *roles, const VkBufferCreateInfo *info, VkExternalMemoryHandleTypeFlags types) {
	/* The only struct of the create info's chain that is allowed in the query's; needed for bits beyond the first
	 * 32. */
	const struct usage2 usage2 = {
		.sType = USAGE2,
		.usage = tongs_caps_get_buffer_usage(info->usage, info->pNext),
	};
	return supports_buffer(inst, physical_device, roles, info->flags, (VkBufferUsageFlags)usage2.usage,
		usage2.usage >> 32 ? &usage2 : NULL, types);
}

/* libtongs' own device needs Vulkan 1.2 for them. */
VkResult tongs_caps_query_semaphores(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkAllocationCallbacks *callbacks, bool *shared) {
	VkPhysicalDeviceProperties properties;
	bool has = false;
	VkResult result = VK_SUCCESS;
	if (tongs_semaphore_is_wanted() && tongs_layer_device_api_version(inst, physical_device) >= VK_API_VERSION_1_1)
		result = tongs_caps_has_extension(
			inst, physical_device, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME, callbacks, &has);
	if (has)
		inst->next.GetPhysicalDeviceProperties(physical_device, &properties);
	*shared = has && properties.apiVersion >= VK_API_VERSION_1_2 &&
		  tongs_semaphore_is_shared(inst->next.GetPhysicalDeviceExternalSemaphoreProperties, physical_device,
			  properties.deviceType) &&
		  tongs_semaphore_has_queues(inst->next.GetPhysicalDeviceQueueFamilyProperties, physical_device);
	return result;
}

VkExternalMemoryProperties tongs_caps_query_buffer(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceExternalBufferInfo *info) {
	struct tongs_import_roles roles;
	get_roles(inst, physical_device, &roles);
	if ((info->handleType != BUFFER && info->handleType != HEAP) ||
		!supports_buffer(inst, physical_device, &roles, info->flags,
			(VkBufferUsageFlags)tongs_caps_get_buffer_usage(info->usage, info->pNext), info->pNext,
			info->handleType))
		return (VkExternalMemoryProperties){.compatibleHandleTypes = info->handleType};
	return (VkExternalMemoryProperties){
		.externalMemoryFeatures = EXPORT_AND_IMPORT,
		.exportFromImportedHandleTypes = info->handleType,
		.compatibleHandleTypes = get_compatible_buffer_types(&roles, info->handleType),
	};
}

/* The sample counts that Metal's textures can have. */
static const VkSampleCountFlags METAL_SAMPLE_COUNTS =
	VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_2_BIT | VK_SAMPLE_COUNT_4_BIT | VK_SAMPLE_COUNT_8_BIT;

/* The device as the image rule queries it about images in memory of a kind. */
static VkResult init_rule_device(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_import_roles *roles, const struct tongs_import_kind *kind,
	struct tongs_image_rule_device *device) {
	VkPhysicalDeviceProperties properties;
	VkResult result = VK_SUCCESS;
	inst->next.GetPhysicalDeviceProperties(physical_device, &properties);
	*device = (struct tongs_image_rule_device){
		.physical = physical_device,
		.GetPhysicalDeviceFormatProperties2 = inst->next.GetPhysicalDeviceFormatProperties2,
		.GetPhysicalDeviceImageFormatProperties2 = inst->next.GetPhysicalDeviceImageFormatProperties2,
		.kind = kind,
		.takes_optimal = tongs_import_takes_optimal(roles, kind),
		.has_features2 = properties.apiVersion >= VK_API_VERSION_1_3,
		.max_framebuffer = {properties.limits.maxFramebufferWidth, properties.limits.maxFramebufferHeight},
	};
	if (!device->has_features2)
		result = tongs_caps_has_extension(inst, physical_device, VK_KHR_FORMAT_FEATURE_FLAGS_2_EXTENSION_NAME,
			inst->allocator.callbacks, &device->has_features2);
	return result;
}

/* Whether Metal has such textures: depth and stencil formats in two dimensions only. */
static bool has_texture(VkFormat format, VkImageType type) {
	return tongs_format_to_metal(format) != MTLPixelFormatInvalid &&
	       (type == VK_IMAGE_TYPE_2D || tongs_format_get_aspects(format) == VK_IMAGE_ASPECT_COLOR_BIT);
}

static bool supports_type(const struct tongs_image_query *query, VkExternalMemoryHandleTypeFlags handle_type) {
	const VkImageCreateFlags refused = VK_IMAGE_CREATE_SPARSE_BINDING_BIT | VK_IMAGE_CREATE_SPARSE_RESIDENCY_BIT |
					   VK_IMAGE_CREATE_SPARSE_ALIASED_BIT | VK_IMAGE_CREATE_PROTECTED_BIT |
					   VK_IMAGE_CREATE_DISJOINT_BIT;
	if (query->flags & refused)
		return false;
	switch (handle_type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return query->tiling == VK_IMAGE_TILING_LINEAR;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return has_texture(query->format, query->type);
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return true;
	default:
		return false;
	}
}

/* All handle types that an image can be created with together with `handle_type`. */
static VkExternalMemoryHandleTypeFlags get_compatible_types(
	const struct tongs_import_roles *roles, VkImageTiling tiling, VkExternalMemoryHandleTypeFlags handle_type) {
	if (handle_type == TEXTURE)
		return TEXTURE;
	return tiling == VK_IMAGE_TILING_LINEAR ? get_compatible_buffer_types(roles, handle_type) : HEAP;
}

static bool supports_types(const struct tongs_import_roles *roles, const struct tongs_image_query *query,
	VkExternalMemoryHandleTypeFlags types) {
	for (VkExternalMemoryHandleTypeFlags rest = types; rest; rest &= rest - 1) {
		VkExternalMemoryHandleTypeFlags type = rest & -rest;
		if (!supports_type(query, type) || (types & ~get_compatible_types(roles, query->tiling, type)))
			return false;
	}
	return types != 0;
}

/* The caps of a format, type and tiling, whatever the usage; cached. */
static VkResult query_base_caps(struct tongs_layer_instance *inst, const struct tongs_image_rule_device *device,
	const struct tongs_image_query *query, struct tongs_image_base_caps *base) {
	const struct tongs_cache_key key =
		tongs_caps_key_image_base(device->physical, device->kind, query->format, query->type, query->tiling);
	union tongs_caps_value value;
	if (tongs_caps_cache_lookup(&inst->caps_cache, &key, &value, sizeof(value.image_base))) {
		*base = value.image_base;
		return VK_SUCCESS;
	}
	VkResult result = tongs_image_rule_query_base(device, query->format, query->type, query->tiling, base);
	if (result == VK_SUCCESS)
		tongs_caps_cache_add(&inst->caps_cache, &key, &(union tongs_caps_value){.image_base = *base});
	return result;
}

/* Queries the driver. *cacheable becomes false if an option failed for a reason that may be temporary. */
static VkResult query_options(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_import_roles *roles, const struct tongs_import_kind *kind,
	const struct tongs_image_query *query, struct tongs_image_caps *caps, bool *cacheable) {
	struct tongs_image_rule_device device;
	struct tongs_image_base_caps base;
	VkResult result = init_rule_device(inst, physical_device, roles, kind, &device);
	if (result == VK_SUCCESS)
		result = query_base_caps(inst, &device, query, &base);
	if (result != VK_SUCCESS)
		return result;
	tongs_image_rule_query(&device, &base, query, caps);
	for (unsigned i = 0; i < caps->count; i++) {
		VkResult option_result = caps->options[i].result;
		*cacheable &= option_result == VK_SUCCESS || option_result == VK_ERROR_FORMAT_NOT_SUPPORTED;
	}
	return VK_SUCCESS;
}

/* Queries the driver and caches the result. `query` is a copy so that the caller's may stay in registers. */
static __attribute__((noinline)) VkResult query_uncached_image(struct tongs_layer_instance *inst,
	VkPhysicalDevice physical_device, struct tongs_image_query query, VkExternalMemoryHandleTypeFlags types,
	union tongs_caps_value *value) {
	const struct tongs_cache_key key = tongs_caps_key_image(physical_device, &query, types);
	bool cacheable = true;
	struct tongs_import_roles roles;
	VkResult result = get_roles(inst, physical_device, &roles);
	if (result != VK_SUCCESS)
		return result;
	const struct tongs_import_kind *kind = tongs_layer_choose_image_kind(&roles, types, query.tiling);
	const bool supported = kind && supports_types(&roles, &query, types);
	*value = (union tongs_caps_value){.image.supported = supported};
	if (supported)
		result = query_options(inst, physical_device, &roles, kind, &query, &value->image.caps, &cacheable);
	if (result == VK_SUCCESS && cacheable)
		tongs_caps_cache_add(&inst->caps_cache, &key, value);
	return result;
}

/* From the cache, else from the driver. */
static inline VkResult query_image(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_image_query *query, VkExternalMemoryHandleTypeFlags types, union tongs_caps_value *value) {
	const struct tongs_cache_key key = tongs_caps_key_image(physical_device, query, types);
	if (tongs_caps_cache_lookup(&inst->caps_cache, &key, value, sizeof(value->image)))
		return VK_SUCCESS;
	return query_uncached_image(inst, physical_device, *query, types, value);
}

/* Removed from chains: the driver's image has the usage of all aspects. */
static const VkStructureType STENCIL_USAGE = VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO;

/* Structs of VK_KHR_extended_flags override the usage and flags that the image rule adds to, and are not supported. */
static bool has_extended_flags(const void *pNext) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if ((uint32_t)s->sType / 1000 == 1000668)
			return true;
	return false;
}

/* The usage of all aspects together. */
static VkImageUsageFlags get_usage(VkImageUsageFlags usage, const void *pNext) {
	const VkImageStencilUsageCreateInfo *stencil = tongs_chain_find(pNext, STENCIL_USAGE);
	return stencil ? usage | stencil->stencilUsage : usage;
}

/* Has the driver fill in the output structs of the chain, for the image as it will be created. */
static VkResult query_outputs(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, const struct tongs_import_kind *kind,
	const struct tongs_image_params *params, VkImageFormatProperties2 *properties) {
	VkResult result;
	VkExternalImageFormatProperties driver_external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
		.pNext = properties->pNext,
	};
	/* Lavapipe writes to this struct even if the chain has none. */
	VkImageFormatProperties2 driver_properties = *properties;
	if (!tongs_chain_find(properties->pNext, driver_external.sType))
		driver_properties.pNext = &driver_external;
	const VkStructureType edited[] = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, STENCIL_USAGE};
	struct tongs_chain chain;
	result = tongs_chain_init(&chain, info->pNext, edited, 2, inst->allocator.callbacks);
	if (result == VK_SUCCESS) {
		VkPhysicalDeviceExternalImageFormatInfo *external = tongs_chain_edit(&chain, edited[0]);
		external->handleType = kind->handle_type;
		tongs_chain_remove(&chain, STENCIL_USAGE);
		VkPhysicalDeviceImageFormatInfo2 driver_info = *info;
		driver_info.pNext = chain.head;
		driver_info.tiling = params->tiling;
		driver_info.usage = params->usage;
		driver_info.flags = params->flags;
		result = inst->next.GetPhysicalDeviceImageFormatProperties2(
			physical_device, &driver_info, &driver_properties);
	}
	tongs_chain_finish(&chain);
	/* A struct that can't be copied may restrict the image in any way. */
	return result == VK_ERROR_VALIDATION_FAILED_EXT ? VK_ERROR_FORMAT_NOT_SUPPORTED : result;
}

/* Whether images can be created with both types, which a device combines: they are of the kind of MTLHEAP then. */
static bool combines_for_image(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const struct tongs_image_query *query, VkExternalMemoryHandleTypeFlags types) {
	struct tongs_image_params params;
	VkImageFormatProperties limits;
	union tongs_caps_value value;
	return query_image(inst, physical_device, query, types, &value) == VK_SUCCESS && value.image.supported &&
	       tongs_image_rule_get_limits(&value.image.caps, &params, &limits) == VK_SUCCESS;
}

VkResult tongs_caps_query_image(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkPhysicalDeviceImageFormatInfo2 *info, VkExternalMemoryHandleTypeFlags handle_type,
	VkImageFormatProperties2 *properties, VkExternalMemoryProperties *external) {
	const struct tongs_image_query query = {
		.format = info->format,
		.type = info->type,
		.tiling = info->tiling,
		.usage = get_usage(info->usage, info->pNext),
		.flags = info->flags,
	};
	struct tongs_image_params params = {0};
	VkImageFormatProperties limits;
	union tongs_caps_value value;
	struct tongs_import_roles roles;
	/* The command is about one handle type. */
	VkResult result = (handle_type & (handle_type - 1)) || has_extended_flags(info->pNext)
				  ? VK_ERROR_FORMAT_NOT_SUPPORTED
				  : query_image(inst, physical_device, &query, handle_type, &value);
	if (result == VK_SUCCESS)
		result = value.image.supported ? tongs_image_rule_get_limits(&value.image.caps, &params, &limits)
					       : VK_ERROR_FORMAT_NOT_SUPPORTED;
	if (result == VK_SUCCESS)
		result = get_roles(inst, physical_device, &roles);
	if (result == VK_SUCCESS)
		result = query_outputs(inst, physical_device, info,
			tongs_layer_choose_image_kind(&roles, handle_type, info->tiling), &params, properties);
	if (result != VK_SUCCESS) {
		properties->imageFormatProperties = (VkImageFormatProperties){0};
		*external = (VkExternalMemoryProperties){0};
		return result;
	}
	properties->imageFormatProperties = limits;
	*external = (VkExternalMemoryProperties){
		.externalMemoryFeatures = EXPORT_AND_IMPORT,
		.exportFromImportedHandleTypes = handle_type,
		.compatibleHandleTypes = get_compatible_types(&roles, info->tiling, handle_type),
	};
	if (roles.splits && external->compatibleHandleTypes != handle_type &&
		!combines_for_image(inst, physical_device, &query, external->compatibleHandleTypes))
		external->compatibleHandleTypes = handle_type;
	if (handle_type == TEXTURE)
		properties->imageFormatProperties.sampleCounts &= METAL_SAMPLE_COUNTS;
	if (handle_type == TEXTURE || params.dedicated)
		external->externalMemoryFeatures |= VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
	return VK_SUCCESS;
}

VkResult tongs_caps_choose_image_params(struct tongs_layer_instance *inst, VkPhysicalDevice physical_device,
	const VkImageCreateInfo *info, const struct tongs_image_shape *shape, VkExternalMemoryHandleTypeFlags types,
	struct tongs_image_params *params) {
	const struct tongs_image_query query =
		tongs_image_query_from_shape(shape, get_usage(info->usage, info->pNext), info->flags);
	if (has_extended_flags(info->pNext))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	union tongs_caps_value value;
	VkResult result = query_image(inst, physical_device, &query, types, &value);
	if (result != VK_SUCCESS)
		return result;
	if (!value.image.supported || ((types & TEXTURE) && !(info->samples & METAL_SAMPLE_COUNTS)))
		return VK_ERROR_FORMAT_NOT_SUPPORTED;
	return tongs_image_rule_choose(&value.image.caps, shape, params);
}
