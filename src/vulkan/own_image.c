/* SPDX-License-Identifier: MIT */
/* Creates shared images on the own device, caches what they require, and copies texels through the staging buffer. */
#include "vulkan/own_image.h"

#include <stdatomic.h>
#include <string.h>

#include "format/format.h"
#include "util/alloc.h"
#include "util/cache.h"
#include "util/log.h"

enum { REQUIREMENTS_WORDS = sizeof(struct tongs_own_image_requirements) / sizeof(uint64_t) };
_Static_assert(sizeof(struct tongs_own_image_requirements) % sizeof(uint64_t) == 0, "not a number of words");

/* Requirements by kind of memory, shape and flags. */
struct tongs_own_image_cache {
	_Atomic uint64_t
		sets[TONGS_OWN_IMAGE_CACHE_SLOTS / TONGS_CACHE_WAYS][TONGS_CACHE_SET_WORDS(REQUIREMENTS_WORDS)];
};

static struct tongs_cache_key make_key(
	const struct tongs_import_kind *kind, const struct tongs_image_shape *shape, VkImageCreateFlags flags) {
	struct tongs_cache_key key;
	_Static_assert(sizeof(*shape) + sizeof(flags) == sizeof(key), "padding in struct tongs_image_shape");
	/* Vulkan uses the lower 31 bits of flags. */
	flags |= kind->allocated_by_device ? 1u << 31 : 0;
	memcpy(&key, shape, sizeof(*shape));
	memcpy((char *)&key + sizeof(*shape), &flags, sizeof(flags));
	return key;
}

static _Atomic uint64_t *get_set(struct tongs_own_image_cache *cache, const struct tongs_cache_key *key) {
	return cache->sets[tongs_cache_hash(key) % (sizeof(cache->sets) / sizeof(cache->sets[0]))];
}

static bool lookup_requirements(struct tongs_own_device *dev, const struct tongs_cache_key *key,
	struct tongs_own_image_requirements *requirements) {
	struct tongs_own_image_cache *cache = atomic_load(&dev->image_cache);
	return cache &&
	       tongs_cache_lookup(get_set(cache, key), REQUIREMENTS_WORDS, key, requirements, sizeof(*requirements));
}

/* Returns NULL when memory runs out. */
static struct tongs_own_image_cache *get_cache(struct tongs_own_device *dev) {
	struct tongs_own_image_cache *cache = atomic_load(&dev->image_cache);
	if (cache)
		return cache;
	struct tongs_own_image_cache *created = tongs_malloc(1, sizeof(*created));
	if (created && atomic_compare_exchange_strong(&dev->image_cache, &cache, created))
		return created;
	tongs_free(NULL, created);
	return cache;
}

/* Does nothing when memory runs out: the next query asks the driver again. */
static void cache_requirements(struct tongs_own_device *dev, const struct tongs_cache_key *key,
	const struct tongs_own_image_requirements *requirements) {
	struct tongs_own_image_cache *cache = get_cache(dev);
	if (cache)
		tongs_cache_add(get_set(cache, key), REQUIREMENTS_WORDS, key, requirements);
}

static VkResult create_image(const struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags, struct tongs_image_params *params,
	VkImage *image) {
	const struct tongs_physical_device *physical = &dev->physical;
	const VkPhysicalDeviceLimits *limits = &physical->info.properties.limits;
	const struct tongs_image_rule_device rule_device = {
		.physical = physical->handle,
		.GetPhysicalDeviceFormatProperties2 = physical->vk->GetPhysicalDeviceFormatProperties2,
		.GetPhysicalDeviceImageFormatProperties2 = physical->vk->GetPhysicalDeviceImageFormatProperties2,
		.kind = kind,
		.takes_optimal = tongs_import_takes_optimal(&physical->info.roles, kind),
		.has_features2 = physical->info.has_format_features2,
		.max_framebuffer = {limits->maxFramebufferWidth, limits->maxFramebufferHeight},
	};
	const struct tongs_image_query query = tongs_image_query_from_shape(shape, 0, flags);
	struct tongs_image_base_caps base;
	struct tongs_image_caps caps;
	VkResult result = tongs_image_rule_query_base(&rule_device, shape->format, shape->type, shape->tiling, &base);
	if (result != VK_SUCCESS)
		return result;
	tongs_image_rule_query(&rule_device, &base, &query, &caps);
	result = tongs_image_rule_choose(&caps, shape, params);
	if (result != VK_SUCCESS)
		return result;
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = kind->handle_type,
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
	return dev->vkd.CreateImage(dev->vkd.device, &info, NULL, image);
}

/* Gets the driver's requirements from an image that is never bound. */
static VkResult measure(struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *requirements) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	struct tongs_image_params params;
	VkImage image;
	VkResult result = create_image(dev, kind, shape, flags, &params, &image);
	if (result != VK_SUCCESS)
		return result;
	*requirements = (struct tongs_own_image_requirements){
		.tiling = params.tiling,
		.dedicated = params.dedicated,
	};
	vkd->GetImageMemoryRequirements(vkd->device, image, &requirements->memory);
	/* VUID-vkGetImageSubresourceLayout-tiling-08717 */
	const VkImageAspectFlags aspect =
		tongs_format_count_planes(shape->format) > 1 ? VK_IMAGE_ASPECT_PLANE_0_BIT : VK_IMAGE_ASPECT_COLOR_BIT;
	for (uint32_t level = 0; level < shape->levels && params.tiling == VK_IMAGE_TILING_LINEAR; level++) {
		const VkImageSubresource first = {.aspectMask = aspect, .mipLevel = level};
		vkd->GetImageSubresourceLayout(vkd->device, image, &first, &requirements->levels[level]);
	}
	vkd->DestroyImage(vkd->device, image, NULL);
	requirements->memory.memoryTypeBits &= tongs_own_device_get_memory_types(dev, kind);
	return requirements->memory.memoryTypeBits ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED;
}

static void report(
	const struct tongs_own_device *dev, const struct tongs_image_shape *shape, const char *verb, VkResult result) {
	tongs_log_error("%s cannot %s an image of VkFormat %d, %dD, %u x %u x %u, %u levels, %u layers, %u samples: %s",
		dev->physical.info.properties.deviceName, verb, (int)shape->format, (int)shape->type + 1,
		shape->extent.width, shape->extent.height, shape->extent.depth, shape->levels, shape->layers,
		(unsigned)shape->samples, tongs_vk_result_name(result));
}

bool tongs_own_image_query_requirements(struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	struct tongs_own_image_requirements *requirements) {
	const struct tongs_cache_key key = make_key(kind, shape, flags);
	if (lookup_requirements(dev, &key, requirements))
		return true;
	if (!tongs_own_device_get_vk_device(dev))
		return false;
	struct tongs_own_image_requirements measured;
	VkResult result = measure(dev, kind, shape, flags, &measured);
	if (result != VK_SUCCESS) {
		report(dev, shape, "share", result);
		return false;
	}
	cache_requirements(dev, &key, &measured);
	*requirements = measured;
	return true;
}

/* An image that is not bound; NULL when memory runs out. */
static struct tongs_own_image *create_unbound(struct tongs_own_device *dev, const struct tongs_import_kind *kind,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags, VkResult *result) {
	struct tongs_own_image *image = tongs_malloc(1, sizeof(*image));
	*result = VK_ERROR_OUT_OF_HOST_MEMORY;
	if (!image)
		return NULL;
	image->dev = dev;
	image->shape = *shape;
	*result = create_image(dev, kind, shape, flags, &image->params, &image->image);
	return image;
}

struct tongs_own_image *tongs_own_image_create_with_memory(struct tongs_own_device *dev,
	const struct tongs_image_shape *shape, VkImageCreateFlags flags, uint32_t memory_type,
	struct tongs_own_memory *memory, bool *dedicated) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(dev);
	VkMemoryRequirements requirements;
	VkResult result;
	*memory = (struct tongs_own_memory){0};
	if (!vkd)
		return NULL;
	struct tongs_own_image *image = create_unbound(dev, tongs_import_get_kind(true), shape, flags, &result);
	if (result == VK_SUCCESS) {
		*dedicated = image->params.dedicated;
		vkd->GetImageMemoryRequirements(vkd->device, image->image, &requirements);
		result = tongs_own_memory_allocate(
			dev, requirements.size, memory_type, *dedicated ? image->image : VK_NULL_HANDLE, memory);
	}
	if (result == VK_SUCCESS)
		result = vkd->BindImageMemory(vkd->device, image->image, memory->handle, 0);
	if (result == VK_SUCCESS) {
		image->owned_by_memory = *dedicated;
		memory->image = *dedicated ? image->image : VK_NULL_HANDLE;
		return image;
	}
	report(dev, shape, "allocate the memory of", result);
	tongs_own_image_destroy(image);
	tongs_own_memory_free(memory);
	return NULL;
}

/* Imports no more than the image occupies, because each page costs time. The image stays aligned in the span: its
 * alignment either divides that of imported pages, or is a multiple of it, and then the span begins with the image. */
static VkResult import_and_bind(struct tongs_own_image *image, const struct tongs_import *import, uint64_t offset) {
	const struct tongs_own_device *dev = image->dev;
	const struct tongs_vk_device *vkd = &dev->vkd;
	const uint64_t alignment = dev->physical.info.import_alignment;
	VkMemoryRequirements requirements;
	vkd->GetImageMemoryRequirements(vkd->device, image->image, &requirements);
	if (offset % requirements.alignment != 0 || (uintptr_t)import->contents % alignment != 0 ||
		offset > import->size || requirements.size > import->size - offset)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	const struct tongs_import_span span = tongs_import_get_span(import, offset, requirements.size, alignment);
	if (span.size > import->size - span.start)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	VkResult result = tongs_own_memory_import_span(dev, import, &span, requirements.memoryTypeBits,
		import->dedicated ? image->image : VK_NULL_HANDLE, &image->memory);
	if (result == VK_SUCCESS)
		result = vkd->BindImageMemory(vkd->device, image->image, image->memory, span.offset);
	return result;
}

/* VUID-VkMemoryDedicatedAllocateInfo-image-01434: what is dedicated to another image must be imported for this one. */
static VkResult bind_existing(const struct tongs_own_image *image, const struct tongs_import *import,
	VkDeviceMemory existing, uint64_t offset) {
	const struct tongs_vk_device *vkd = &image->dev->vkd;
	VkMemoryRequirements requirements;
	vkd->GetImageMemoryRequirements(vkd->device, image->image, &requirements);
	if (offset % requirements.alignment != 0 || offset > import->size || requirements.size > import->size - offset)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	return vkd->BindImageMemory(vkd->device, image->image, existing, offset);
}

struct tongs_own_image *tongs_own_image_create(struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, const struct tongs_import *import, VkDeviceMemory existing, uint64_t offset) {
	VkResult result;
	if (!tongs_own_device_get_vk_device(dev))
		return NULL;
	struct tongs_own_image *image = create_unbound(dev, import->kind, shape, flags, &result);
	if (result == VK_SUCCESS)
		result = existing && !import->dedicated ? bind_existing(image, import, existing, offset)
							: import_and_bind(image, import, offset);
	if (result == VK_SUCCESS)
		return image;
	report(dev, shape, "import the memory of", result);
	tongs_own_image_destroy(image);
	return NULL;
}

void tongs_own_image_destroy(struct tongs_own_image *image) {
	if (!image)
		return;
	const struct tongs_vk_device *vkd = &image->dev->vkd;
	if (!image->owned_by_memory)
		vkd->DestroyImage(vkd->device, image->image, NULL);
	vkd->FreeMemory(vkd->device, image->memory, NULL);
	tongs_free(NULL, image);
}

/* Of the image's format in its tiling. */
static VkFormatFeatureFlags get_features(const struct tongs_own_image *image) {
	const struct tongs_physical_device *physical = &image->dev->physical;
	VkFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2};
	physical->vk->GetPhysicalDeviceFormatProperties2(physical->handle, image->shape.format, &properties);
	return image->params.tiling == VK_IMAGE_TILING_LINEAR ? properties.formatProperties.linearTilingFeatures
							      : properties.formatProperties.optimalTilingFeatures;
}

bool tongs_own_image_can_downsample(const struct tongs_own_image *image) {
	const VkFormatFeatureFlags wanted = VK_FORMAT_FEATURE_BLIT_SRC_BIT | VK_FORMAT_FEATURE_BLIT_DST_BIT |
					    VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_LINEAR_BIT;
	return (get_features(image) & wanted) == wanted;
}

bool tongs_own_image_can_clear(const struct tongs_own_image *image) {
	return image->params.usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT;
}

/* VUID-vkCmdResolveImage-dstImage-02003: a target is a color attachment, too. */
bool tongs_own_image_can_resolve(const struct tongs_own_image *from, const struct tongs_own_image *to) {
	return (from->params.usage & VK_IMAGE_USAGE_TRANSFER_SRC_BIT) &&
	       (to->params.usage & VK_IMAGE_USAGE_TRANSFER_DST_BIT) && from->shape.format == to->shape.format &&
	       (get_features(to) & VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT);
}

const char *tongs_own_image_find_resolve_fault(const struct tongs_own_image *from, const struct tongs_own_image *to,
	VkImageAspectFlagBits aspect, VkResolveModeFlagBits mode) {
	const VkImageUsageFlags attachment = VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT;
	const struct tongs_rendering *rendering = &from->dev->rendering;
	const VkResolveModeFlags modes =
		aspect == VK_IMAGE_ASPECT_DEPTH_BIT ? rendering->depth_resolves : rendering->stencil_resolves;
	if (!from->dev->vkd.CmdBeginRendering)
		return "has no dynamic rendering (Vulkan 1.3 or VK_KHR_dynamic_rendering)";
	if (!(modes & mode))
		return mode == VK_RESOLVE_MODE_SAMPLE_ZERO_BIT ? "does not resolve it to sample 0"
		       : mode == VK_RESOLVE_MODE_MIN_BIT
			       ? "does not resolve it to the least of the samples: use sample 0"
			       : "does not resolve it to the greatest of the samples: use sample 0";
	if (!(from->params.usage & to->params.usage & attachment) || from->shape.format != to->shape.format)
		return "does not render to such textures";
	return NULL;
}

/* A copy between a region and bytes, counted in blocks; a block is one texel if the format is not compressed. */
struct copy {
	const struct tongs_own_image *image;
	const struct tongs_own_image_region *region;
	struct tongs_texel_block block;
	size_t rows, slices;
	size_t row_bytes; /* without padding between rows */
	size_t row_pitch, image_pitch;
	char *target;       /* of a read; NULL for a write */
	const char *source; /* of a write; NULL for a read */
};

/* What fits into the staging buffer: some rows of one slice, or all rows of some slices. */
struct chunk {
	size_t row, rows;
	size_t slice, slices;
};

static uint32_t level_extent(uint32_t extent, uint32_t level) {
	return extent >> level ? extent >> level : 1;
}

/* Of a level, in texels of an aspect. */
static VkExtent3D get_extent(const struct tongs_image_shape *shape, VkImageAspectFlagBits aspect, uint32_t level) {
	const VkExtent2D divisor = tongs_format_get_plane(shape->format, tongs_format_get_plane_index(aspect)).divisor;
	return (VkExtent3D){
		level_extent(shape->extent.width / divisor.width, level),
		level_extent(shape->extent.height / divisor.height, level),
		level_extent(shape->extent.depth, level),
	};
}

static bool covers(int32_t origin, uint32_t extent, uint32_t size, uint32_t block) {
	return origin >= 0 && extent > 0 && (uint32_t)origin < size && extent <= size - (uint32_t)origin &&
	       (uint32_t)origin % block == 0 && (extent % block == 0 || extent == size - (uint32_t)origin);
}

static const char *find_fault(const struct copy *copy) {
	const struct tongs_image_shape *shape = &copy->image->shape;
	const struct tongs_own_image_region *region = copy->region;
	const uint32_t level = region->level;
	const VkExtent3D size = get_extent(shape, region->aspect, level);
	if (shape->samples != VK_SAMPLE_COUNT_1_BIT)
		return "the image has several samples a texel";
	if (level >= shape->levels || region->layer >= shape->layers)
		return "the image has no such level or layer";
	if (!covers(region->origin.x, region->extent.width, size.width, copy->block.width) ||
		!covers(region->origin.y, region->extent.height, size.height, copy->block.height) ||
		!covers(region->origin.z, region->extent.depth, size.depth, 1))
		return "the region is not a whole number of blocks inside the level";
	if ((copy->rows > 1 && copy->row_pitch < copy->row_bytes) ||
		(copy->slices > 1 && copy->image_pitch < (copy->rows - 1) * copy->row_pitch + copy->row_bytes))
		return "rows or slices of the bytes overlap";
	if (copy->row_bytes > TONGS_STAGING_SIZE)
		return "a row is too long";
	if (!(copy->image->params.usage &
		    (copy->target ? VK_IMAGE_USAGE_TRANSFER_SRC_BIT : VK_IMAGE_USAGE_TRANSFER_DST_BIT)))
		return "the driver does not copy this format";
	return NULL;
}

/* Returns why the region cannot be copied, or NULL. */
static const char *prepare(struct copy *copy) {
	const VkExtent3D *extent = &copy->region->extent;
	struct tongs_texel_block *block = &copy->block;
	if (!tongs_format_get_block(copy->image->shape.format, copy->region->aspect, block))
		return "the format has no such aspect";
	copy->rows = ((size_t)extent->height + block->height - 1) / block->height;
	copy->slices = extent->depth;
	copy->row_bytes = ((size_t)extent->width + block->width - 1) / block->width * block->bytes;
	return find_fault(copy);
}

static void fill_staging(const struct copy *copy, const struct chunk *chunk, char *staging) {
	for (size_t slice = 0; slice < chunk->slices; slice++) {
		const char *source = copy->source + (chunk->slice + slice) * copy->image_pitch;
		for (size_t row = 0; row < chunk->rows; row++, staging += copy->row_bytes)
			memcpy(staging, source + (chunk->row + row) * copy->row_pitch, copy->row_bytes);
	}
}

static void read_staging(const struct copy *copy, const struct chunk *chunk, const char *staging) {
	for (size_t slice = 0; slice < chunk->slices; slice++) {
		char *target = copy->target + (chunk->slice + slice) * copy->image_pitch;
		for (size_t row = 0; row < chunk->rows; row++, staging += copy->row_bytes)
			memcpy(target + (chunk->row + row) * copy->row_pitch, staging, copy->row_bytes);
	}
}

/* The other users of the pages, VkDevices and the CPU, keep the image in GENERAL. An acquire from
 * VK_QUEUE_FAMILY_EXTERNAL with GENERAL as the old layout preserves the texels. */
static VkImageMemoryBarrier ownership(const struct copy *copy, uint32_t from, uint32_t to) {
	return (VkImageMemoryBarrier){
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = copy->image->image,
		.subresourceRange =
			{
				/* VUID-VkImageMemoryBarrier-image-03320: both depth and stencil */
				.aspectMask = tongs_format_get_barrier_aspects(copy->image->shape.format),
				.baseMipLevel = copy->region->level,
				.levelCount = 1,
				.baseArrayLayer = copy->region->layer,
				.layerCount = 1,
			},
	};
}

static void record(const struct copy *copy, const struct chunk *chunk, const struct tongs_transfer_queue *queue) {
	const struct tongs_vk_device *vkd = &copy->image->dev->vkd;
	const struct tongs_own_image_region *region = copy->region;
	VkBuffer staging = copy->image->dev->transfer.staging;
	VkImage image = copy->image->image;
	uint32_t top = (uint32_t)chunk->row * copy->block.height, left = region->extent.height - top;
	uint32_t height = (uint32_t)chunk->rows * copy->block.height;
	const VkBufferImageCopy box = {
		.imageSubresource = {region->aspect, region->level, region->layer, 1},
		.imageOffset = {region->origin.x, region->origin.y + (int32_t)top,
			region->origin.z + (int32_t)chunk->slice},
		.imageExtent = {region->extent.width, height < left ? height : left, (uint32_t)chunk->slices},
	};

	VkImageMemoryBarrier acquire = ownership(copy, VK_QUEUE_FAMILY_EXTERNAL, queue->family);
	acquire.dstAccessMask = copy->target ? VK_ACCESS_TRANSFER_READ_BIT : VK_ACCESS_TRANSFER_WRITE_BIT;
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0,
		0, NULL, 0, NULL, 1, &acquire);
	if (copy->target)
		vkd->CmdCopyImageToBuffer(queue->commands, image, VK_IMAGE_LAYOUT_GENERAL, staging, 1, &box);
	else
		vkd->CmdCopyBufferToImage(queue->commands, staging, image, VK_IMAGE_LAYOUT_GENERAL, 1, &box);
	/* The CPU reads the staging buffer, or the pages of a LINEAR image. This is a barrier of its own because one
	 * with the host stage cannot transfer ownership (VUID-vkCmdPipelineBarrier-srcStageMask-09633). */
	const VkMemoryBarrier host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT,
	};
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
		&host, 0, NULL, 0, NULL);
	VkImageMemoryBarrier release = ownership(copy, queue->family, VK_QUEUE_FAMILY_EXTERNAL);
	release.srcAccessMask = copy->target ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT;
	vkd->CmdPipelineBarrier(queue->commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
		0, 0, NULL, 0, NULL, 1, &release);
}

static VkResult begin(const struct tongs_vk_device *vkd, const struct tongs_transfer_queue *queue) {
	static const VkCommandBufferBeginInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	return vkd->BeginCommandBuffer(queue->commands, &info);
}

/* Returns when the commands have completed. */
static VkResult submit(struct tongs_own_device *dev, const struct tongs_transfer_queue *queue) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	VkResult result = vkd->EndCommandBuffer(queue->commands);
	if (result == VK_SUCCESS)
		result = vkd->ResetFences(vkd->device, 1, &queue->fence);
	if (result == VK_SUCCESS)
		result = tongs_own_device_submit(dev, queue, queue->commands, queue->fence);
	if (result == VK_SUCCESS)
		result = vkd->WaitForFences(vkd->device, 1, &queue->fence, VK_TRUE, UINT64_MAX);
	return result;
}

static VkResult copy_chunk(
	const struct copy *copy, const struct chunk *chunk, const struct tongs_transfer_queue *queue) {
	struct tongs_own_device *dev = copy->image->dev;
	if (copy->source)
		fill_staging(copy, chunk, dev->transfer.bytes);
	VkResult result = begin(&dev->vkd, queue);
	if (result != VK_SUCCESS)
		return result;
	record(copy, chunk, queue);
	result = submit(dev, queue);
	if (result == VK_SUCCESS && copy->target)
		read_staging(copy, chunk, dev->transfer.bytes);
	return result;
}

static VkResult copy_chunks_locked(const struct copy *copy) {
	struct tongs_transfer_queue *queue;
	VkResult result = tongs_own_device_get_transfer_queue_locked(copy->image->dev, copy->region->aspect, &queue);
	size_t max_rows = TONGS_STAGING_SIZE / copy->row_bytes, max_slices = max_rows / copy->rows;
	if (max_slices == 0)
		max_slices = 1;
	else
		max_rows = copy->rows;
	for (size_t slice = 0; slice < copy->slices && result == VK_SUCCESS; slice += max_slices) {
		for (size_t row = 0; row < copy->rows && result == VK_SUCCESS; row += max_rows) {
			size_t rows = copy->rows - row, slices = copy->slices - slice;
			const struct chunk chunk = {
				.row = row,
				.rows = rows < max_rows ? rows : max_rows,
				.slice = slice,
				.slices = slices < max_slices ? slices : max_slices,
			};
			result = copy_chunk(copy, &chunk, queue);
		}
	}
	return result;
}

static bool copy_region(struct copy *copy) {
	struct tongs_own_device *dev = copy->image->dev;
	const char *fault = prepare(copy);
	if (!fault) {
		pthread_mutex_lock(&dev->transfer.lock);
		VkResult result = copy_chunks_locked(copy);
		pthread_mutex_unlock(&dev->transfer.lock);
		fault = result == VK_SUCCESS ? NULL : tongs_vk_result_name(result);
	}
	if (fault)
		tongs_log_error("%s cannot %s texels of an image of VkFormat %d: %s",
			dev->physical.info.properties.deviceName, copy->target ? "read" : "write",
			(int)copy->image->shape.format, fault);
	return !fault;
}

bool tongs_own_image_read(struct tongs_own_image *image, const struct tongs_own_image_region *region, void *bytes,
	size_t row_pitch, size_t image_pitch) {
	struct copy copy = {
		.image = image,
		.region = region,
		.row_pitch = row_pitch,
		.image_pitch = image_pitch,
		.target = bytes,
	};
	return copy_region(&copy);
}

bool tongs_own_image_write(struct tongs_own_image *image, const struct tongs_own_image_region *region,
	const void *bytes, size_t row_pitch, size_t image_pitch) {
	struct copy copy = {
		.image = image,
		.region = region,
		.row_pitch = row_pitch,
		.image_pitch = image_pitch,
		.source = bytes,
	};
	return copy_region(&copy);
}
