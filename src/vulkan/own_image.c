/* SPDX-License-Identifier: MIT */
/* Images that are shared, on the own device: asked what they need, and made over the caller's pages. */
#include "vulkan/own_image.h"

#include "util/alloc.h"
#include "util/log.h"
#include "vulkan/image_private.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

static VkResult create_image(const struct tongs_own_device *gpu, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_image_params *params, VkImage *image) {
	const VkPhysicalDeviceLimits *limits = &gpu->info.properties.limits;
	const struct tongs_image_rule_device queries = {
		.physical = gpu->physical,
		.GetPhysicalDeviceFormatProperties2 = gpu->vk->GetPhysicalDeviceFormatProperties2,
		.GetPhysicalDeviceImageFormatProperties2 = gpu->vk->GetPhysicalDeviceImageFormatProperties2,
		.has_features2 = gpu->info.has_format_features2,
		.optimal_import = gpu->facts->optimal_import == TONGS_TRISTATE_YES,
		.max_framebuffer = {limits->maxFramebufferWidth, limits->maxFramebufferHeight},
	};
	const struct tongs_image_query question = tongs_image_query_from_shape(shape, 0, flags);
	struct tongs_image_base_caps base;
	struct tongs_image_caps answer;
	VkResult result = tongs_image_rule_query_base(&queries, shape->format, shape->type, shape->tiling, &base);
	if (result != VK_SUCCESS)
		return result;
	tongs_image_rule_query(&queries, &base, &question, &answer);
	result = tongs_image_rule_choose(&answer, shape, params);
	if (result != VK_SUCCESS)
		return result;
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.flags = params->flags,
		.imageType = shape->type,
		.format = shape->format,
		.extent = shape->extent,
		.mipLevels = shape->levels,
		.arrayLayers = shape->layers,
		.samples = shape->samples,
		.tiling = params->tiling,
		.usage = params->usage,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
		/* VUID-VkImageCreateInfo-pNext-01443 */
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
	};
	return gpu->vkd.CreateImage(gpu->vkd.device, &info, NULL, image);
}

static VkResult measure(struct tongs_own_device *gpu, const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *needs) {
	const struct tongs_vk_device *vkd = &gpu->vkd;
	struct tongs_image_params params;
	VkImage image;
	VkResult result = create_image(gpu, shape, flags, &params, &image);
	if (result != VK_SUCCESS)
		return result;
	*needs = (struct tongs_own_image_requirements){.tiling = params.tiling};
	vkd->GetImageMemoryRequirements(vkd->device, image, &needs->requirements);
	for (uint32_t level = 0; level < shape->levels && params.tiling == VK_IMAGE_TILING_LINEAR; level++) {
		const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .mipLevel = level};
		vkd->GetImageSubresourceLayout(vkd->device, image, &first, &needs->levels[level]);
	}
	vkd->DestroyImage(vkd->device, image, NULL);
	return needs->requirements.memoryTypeBits & gpu->facts->host_memory_types ? VK_SUCCESS
										  : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

static void report(
	const struct tongs_own_device *gpu, const struct tongs_image_shape *shape, const char *what, VkResult result) {
	tongs_log_error("%s %s of VkFormat %d, %dD, %u x %u x %u, %u levels, %u layers, %u samples: %s",
		gpu->info.properties.deviceName, what, (int)shape->format, (int)shape->type + 1, shape->extent.width,
		shape->extent.height, shape->extent.depth, shape->levels, shape->layers, (unsigned)shape->samples,
		tongs_vk_result_name(result));
}

bool tongs_own_image_query_requirements(struct tongs_own_device *gpu, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, struct tongs_own_image_requirements *needs) {
	if (tongs_requirements_get(&gpu->needs, shape, flags, needs))
		return true;
	if (!tongs_own_device_get_vk_device(gpu))
		return false;
	struct tongs_own_image_requirements measured;
	VkResult result = measure(gpu, shape, flags, &measured);
	if (result != VK_SUCCESS) {
		report(gpu, shape, "cannot share in host pages an image", result);
		return false;
	}
	tongs_requirements_put(&gpu->needs, shape, flags, &measured);
	*needs = measured;
	return true;
}

/* The pages that an image lies in, and where it begins in them. */
struct span {
	char *pages;
	VkDeviceSize size;
	VkDeviceSize offset;
};

/* No more than is needed: an import costs by the page. A smaller alignment than the import's divides it, and a larger
 * one leaves `offset` at the first page. */
static VkResult find_span(const struct tongs_own_device *gpu, const VkMemoryRequirements *requirements, char *pages,
	uint64_t pages_size, uint64_t offset, struct span *span) {
	uint64_t page = gpu->info.host_pointer_alignment, start = offset - offset % page;
	if (offset % requirements->alignment != 0 || (uintptr_t)pages % page != 0 || offset > pages_size ||
		requirements->size > pages_size - offset)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	uint64_t used = offset - start + requirements->size;
	uint64_t rounded = (used + page - 1) / page * page;
	if (rounded > pages_size - start)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	*span = (struct span){.pages = pages + start, .size = rounded, .offset = offset - start};
	return VK_SUCCESS;
}

static VkResult import_span(
	const struct tongs_own_device *gpu, const struct span *span, uint32_t types, VkDeviceMemory *memory) {
	const struct tongs_vk_device *vkd = &gpu->vkd;
	VkMemoryHostPointerPropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
	};
	VkResult result =
		vkd->GetMemoryHostPointerPropertiesEXT(vkd->device, HOST_ALLOCATION, span->pages, &properties);
	if (result != VK_SUCCESS)
		return result;
	int type = tongs_physical_device_choose_memory_type(gpu, types & properties.memoryTypeBits);
	if (type < 0)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	const VkImportMemoryHostPointerInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = HOST_ALLOCATION,
		.pHostPointer = span->pages,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = span->size,
		.memoryTypeIndex = (uint32_t)type,
	};
	return vkd->AllocateMemory(vkd->device, &info, NULL, memory);
}

static VkResult bind(struct tongs_own_image *image, char *pages, uint64_t pages_size, uint64_t offset) {
	const struct tongs_vk_device *vkd = &image->gpu->vkd;
	VkMemoryRequirements requirements;
	struct span span;
	vkd->GetImageMemoryRequirements(vkd->device, image->image, &requirements);
	VkResult result = find_span(image->gpu, &requirements, pages, pages_size, offset, &span);
	if (result == VK_SUCCESS)
		result = import_span(image->gpu, &span, requirements.memoryTypeBits, &image->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindImageMemory(vkd->device, image->image, image->memory, span.offset);
	return result;
}

struct tongs_own_image *tongs_own_image_create(struct tongs_own_device *gpu, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, void *pages, uint64_t pages_size, uint64_t offset) {
	if (!tongs_own_device_get_vk_device(gpu))
		return NULL;
	VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
	struct tongs_own_image *image = tongs_malloc(1, sizeof(*image));
	if (!image)
		goto fail;
	image->gpu = gpu;
	image->shape = *shape;
	result = create_image(gpu, shape, flags, &image->params, &image->image);
	if (result == VK_SUCCESS)
		result = bind(image, pages, pages_size, offset);
	if (result == VK_SUCCESS)
		return image;
fail:
	report(gpu, shape, "cannot make in the given pages an image", result);
	tongs_own_image_destroy(image);
	return NULL;
}

void tongs_own_image_destroy(struct tongs_own_image *image) {
	if (!image)
		return;
	const struct tongs_vk_device *vkd = &image->gpu->vkd;
	vkd->DestroyImage(vkd->device, image->image, NULL);
	vkd->FreeMemory(vkd->device, image->memory, NULL);
	tongs_free(NULL, image);
}
