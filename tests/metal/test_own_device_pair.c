/* SPDX-License-Identifier: MIT */
/* Writes and reads noise through two images bound to the same memory. */
#include "test_own_device_pair.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

size_t round_up(size_t size, size_t step) {
	return (size + step - 1) / step * step;
}

void pair_finish(struct pair *pair) {
	tongs_own_image_destroy(pair->writer);
	tongs_own_image_destroy(pair->reader);
	tongs_payload_unref(pair->payload);
	tongs_free_pages(pair->pages, pair->size);
}

const struct tongs_import_kind *find_kind(const struct tongs_own_device *dev, VkImageTiling tiling) {
	const enum tongs_role role = tiling == VK_IMAGE_TILING_LINEAR ? TONGS_ROLE_LINEAR : TONGS_ROLE_OPTIMAL;
	return tongs_own_device_get_info(dev)->roles.kinds[role];
}

struct tongs_own_image *create_in_driver_memory(struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags, uint32_t memory_types, struct tongs_payload **payload) {
	struct tongs_own_memory memory;
	bool dedicated = false;
	int type = tongs_own_device_choose_driver_type(dev, memory_types, false);
	const bool host_visible = type < 0;
	if (host_visible)
		type = tongs_own_device_choose_driver_type(dev, memory_types, true);
	struct tongs_own_image *image =
		tongs_own_image_create_with_memory(dev, shape, flags, (uint32_t)type, &memory, &dedicated);
	if (!image)
		return NULL;
	VkMemoryRequirements requirements;
	dev->vkd.GetImageMemoryRequirements(dev->vkd.device, image->image, &requirements);
	const struct tongs_driver_memory_info info = {
		.size = requirements.size,
		.memory_type = (uint32_t)type,
		.host_visible = host_visible,
		.dedicated = dedicated,
		.image = *shape,
	};
	*payload = tongs_driver_memory_wrap(&info, &memory);
	assert_non_null(*payload);
	return image;
}

static bool allocate_pages(struct pair *pair) {
	const size_t step = tongs_own_device_get_info(pair->dev)->import_alignment;
	pair->offset = pair->requirements.memory.alignment;
	pair->size = round_up(pair->offset + pair->requirements.memory.size, step);
	pair->pages = tongs_alloc_pages(pair->size, step);
	return pair->pages;
}

struct tongs_own_image *pair_new_image(const struct pair *pair) {
	const struct tongs_import pages = {
		.kind = tongs_import_get_kind(false), .contents = pair->pages, .size = pair->size};
	return tongs_own_image_create(pair->dev, &pair->shape, pair->flags,
		pair->payload ? tongs_payload_get_import(pair->payload) : &pages,
		pair->payload ? tongs_driver_memory_find_own(pair->payload, pair->dev) : VK_NULL_HANDLE, pair->offset);
}

bool pair_init(struct pair *pair, struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	VkImageCreateFlags flags) {
	const struct tongs_import_kind *kind = find_kind(dev, shape->tiling);
	*pair = (struct pair){.dev = dev, .shape = *shape, .flags = flags};
	if (!tongs_own_image_query_requirements(dev, kind, shape, flags, &pair->requirements))
		return false;
	if (kind->allocated_by_device)
		pair->writer = create_in_driver_memory(
			dev, shape, flags, pair->requirements.memory.memoryTypeBits, &pair->payload);
	else if (allocate_pages(pair))
		pair->writer = pair_new_image(pair);
	if (pair->writer)
		pair->reader = pair_new_image(pair);
	if (pair->reader)
		return true;
	pair_finish(pair);
	return false;
}

static uint32_t shrink(uint32_t extent, uint32_t level) {
	return extent >> level ? extent >> level : 1;
}

static void measure(struct plane *plane, VkFormat format) {
	const VkExtent3D *extent = &plane->region.extent;
	assert_true(tongs_format_get_block(format, plane->region.aspect, &plane->block));
	plane->row_bytes = round_up(extent->width, plane->block.width) / plane->block.width * plane->block.bytes;
	plane->rows = round_up(extent->height, plane->block.height) / plane->block.height;
	plane->image_bytes = plane->rows * plane->row_bytes;
	plane->bytes = plane->image_bytes * extent->depth;
}

static struct plane whole(
	const struct tongs_image_shape *shape, VkImageAspectFlagBits aspect, uint32_t level, uint32_t layer) {
	struct plane plane = {
		.region =
			{
				.aspect = aspect,
				.level = level,
				.layer = layer,
				.extent = {shrink(shape->extent.width, level), shrink(shape->extent.height, level),
					shrink(shape->extent.depth, level)},
			},
	};
	measure(&plane, shape->format);
	return plane;
}

static bool is_float_depth(VkFormat format, VkImageAspectFlagBits aspect) {
	return aspect == VK_IMAGE_ASPECT_DEPTH_BIT &&
	       (format == VK_FORMAT_D32_SFLOAT || format == VK_FORMAT_D32_SFLOAT_S8_UINT);
}

static bool is_depth_24(VkFormat format, VkImageAspectFlagBits aspect) {
	return aspect == VK_IMAGE_ASPECT_DEPTH_BIT &&
	       (format == VK_FORMAT_X8_D24_UNORM_PACK32 || format == VK_FORMAT_D24_UNORM_S8_UINT);
}

/* VUID-vkCmdCopyBufferToImage-pRegions-07931: depth must be between 0 and 1. */
static void fill(void *bytes, size_t size, VkFormat format, VkImageAspectFlagBits aspect, uint32_t seed) {
	uint32_t random = seed * 2654435761u + 1;
	unsigned char *byte = bytes;
	for (size_t i = 0; i + 4 <= size && is_float_depth(format, aspect); i += 4) {
		float depth = (float)next_random(&random) / 4294967296.0f;
		memcpy(byte + i, &depth, sizeof(depth));
	}
	for (size_t i = 0; i < size && !is_float_depth(format, aspect); i++)
		byte[i] = (unsigned char)(next_random(&random) >> 11);
}

/* Ignores the eight undefined bits of D24 texels. */
static size_t count_differences(
	const unsigned char *a, const unsigned char *b, size_t size, VkFormat format, VkImageAspectFlagBits aspect) {
	size_t count = 0;
	for (size_t i = 0; i < size; i++)
		/* fill() has two loops for one range. NOLINTNEXTLINE(clang-analyzer-core.*) */
		count += a[i] != b[i] && !(is_depth_24(format, aspect) && i % 4 == 3);
	return count;
}

static uint32_t seed_of(const struct tongs_own_image_region *region) {
	return 1 + region->level + 32 * region->layer + 4096 * (uint32_t)region->aspect;
}

static size_t compare_pages(const struct pair *pair, const struct plane *plane, const unsigned char *expected) {
	const VkSubresourceLayout *level = &pair->requirements.levels[plane->region.level];
	const char *slice =
		pair->pages + pair->offset + level->offset + plane->region.layer * (size_t)level->arrayPitch;
	size_t differences = 0;
	for (uint32_t z = 0; z < plane->region.extent.depth; z++)
		for (size_t row = 0; row < plane->rows; row++, expected += plane->row_bytes)
			differences += memcmp(slice + z * level->depthPitch + row * level->rowPitch, expected,
					       plane->row_bytes) != 0;
	return differences;
}

size_t write_plane(const struct pair *pair, const struct plane *plane) {
	void *bytes = malloc(plane->bytes);
	fill(bytes, plane->bytes, pair->shape.format, plane->region.aspect, seed_of(&plane->region));
	bool done = tongs_own_image_write(pair->writer, &plane->region, bytes, plane->row_bytes, plane->image_bytes);
	free(bytes);
	return !done;
}

/* The target has gaps between rows and planes, which must stay unchanged. */
size_t read_plane(const struct pair *pair, const struct plane *plane) {
	enum { GAP = 5, MARK = 0xa7 };
	VkFormat format = pair->shape.format;
	VkImageAspectFlagBits aspect = plane->region.aspect;
	size_t pitch = plane->row_bytes + GAP, image_pitch = (plane->rows + 1) * pitch;
	size_t size = image_pitch * plane->region.extent.depth;
	unsigned char *expected = malloc(plane->bytes), *got = malloc(size);
	fill(expected, plane->bytes, format, aspect, seed_of(&plane->region));
	memset(got, MARK, size);
	size_t differences = !tongs_own_image_read(pair->reader, &plane->region, got, pitch, image_pitch);
	const unsigned char *row = expected;
	for (uint32_t z = 0; z < plane->region.extent.depth; z++) {
		for (size_t y = 0; y < plane->rows; y++, row += plane->row_bytes) {
			const unsigned char *line = got + z * image_pitch + y * pitch;
			differences += count_differences(line, row, plane->row_bytes, format, aspect);
			differences += !bytes_are(line + plane->row_bytes, MARK, GAP);
		}
		differences += !bytes_are(got + z * image_pitch + plane->rows * pitch, MARK, pitch);
	}
	if (pair->requirements.tiling == VK_IMAGE_TILING_LINEAR && pair->pages)
		differences += compare_pages(pair, plane, expected);
	free(expected);
	free(got);
	return differences;
}

size_t visit_planes(const struct pair *pair, size_t (*visit)(const struct pair *pair, const struct plane *plane)) {
	VkImageAspectFlags aspects = tongs_format_get_aspects(pair->shape.format);
	size_t differences = 0;
	for (VkImageAspectFlags aspect = 1; aspect <= aspects; aspect <<= 1)
		for (uint32_t level = 0; level < pair->shape.levels && (aspects & aspect); level++)
			for (uint32_t layer = 0; layer < pair->shape.layers; layer++) {
				struct plane plane = whole(&pair->shape, (VkImageAspectFlagBits)aspect, level, layer);
				differences += visit(pair, &plane);
			}
	return differences;
}

/* Replaces blocks of the last layer's first level, from the second to the last but one. */
size_t replace_part(const struct pair *pair, const struct plane *all) {
	VkFormat format = pair->shape.format;
	struct plane part = *all;
	VkExtent3D *extent = &part.region.extent;
	uint32_t z = extent->depth > 2;
	if (all->region.level > 0 || extent->width < 3u * all->block.width ||
		(extent->height > 1 && extent->height < 3u * all->block.height))
		return 0;
	part.region.origin = (VkOffset3D){all->block.width, extent->height > 1 ? all->block.height : 0, (int32_t)z};
	extent->width = (extent->width / all->block.width - 2) * all->block.width;
	extent->height = extent->height > 1 ? (extent->height / all->block.height - 2) * all->block.height : 1;
	extent->depth -= 2 * z;
	measure(&part, format);

	unsigned char *expected = malloc(all->bytes), *noise = malloc(part.bytes), *got = malloc(all->bytes);
	fill(expected, all->bytes, format, part.region.aspect, seed_of(&part.region));
	fill(noise, part.bytes, format, part.region.aspect, 12345);
	for (uint32_t plane = 0; plane < extent->depth; plane++)
		for (size_t row = 0; row < part.rows; row++)
			memcpy(expected + (z + plane) * all->image_bytes +
					(row + (all->region.extent.height > 1)) * all->row_bytes + part.block.bytes,
				noise + plane * part.image_bytes + row * part.row_bytes, part.row_bytes);
	size_t differences =
		!tongs_own_image_write(pair->reader, &part.region, noise, part.row_bytes, part.image_bytes) +
		!tongs_own_image_read(pair->writer, &all->region, got, all->row_bytes, all->image_bytes);
	differences += count_differences(got, expected, all->bytes, format, part.region.aspect);
	/* Reads the part alone, too. */
	differences += !tongs_own_image_read(pair->writer, &part.region, got, part.row_bytes, part.image_bytes);
	differences += count_differences(got, noise, part.bytes, format, part.region.aspect);
	free(expected);
	free(noise);
	free(got);
	return differences;
}

static VkImageCreateInfo plain_image(const struct tongs_image_shape *shape, VkImageCreateFlags flags,
	const VkExternalMemoryImageCreateInfo *external) {
	return (VkImageCreateInfo){
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = external,
		.flags = flags,
		.imageType = shape->type,
		.format = shape->format,
		.extent = shape->extent,
		.mipLevels = shape->levels,
		.arrayLayers = shape->layers,
		.samples = shape->samples,
		.tiling = shape->tiling,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	};
}

static bool driver_imports(
	const struct tongs_own_device *dev, const struct tongs_import_kind *kind, const VkImageCreateInfo *image) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = kind->handle_type,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = image->format,
		.type = image->imageType,
		.tiling = image->tiling,
		.usage = image->usage,
		.flags = image->flags,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &external};
	const VkImageFormatProperties *limits = &properties.imageFormatProperties;
	return dev->physical.vk->GetPhysicalDeviceImageFormatProperties2(dev->physical.handle, &info, &properties) ==
		       VK_SUCCESS &&
	       (external.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
	       (limits->sampleCounts & image->samples) && limits->maxMipLevels >= image->mipLevels &&
	       limits->maxArrayLayers >= image->arrayLayers && limits->maxExtent.width >= image->extent.width &&
	       limits->maxExtent.height >= image->extent.height && limits->maxExtent.depth >= image->extent.depth;
}

bool driver_has(struct tongs_own_device *dev, const struct tongs_image_shape *shape, VkImageCreateFlags flags) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(dev);
	const struct tongs_import_kind *kind = find_kind(dev, shape->tiling);
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = kind->handle_type,
	};
	const VkImageCreateInfo info = plain_image(shape, flags, &external);
	VkMemoryRequirements requirements;
	VkImage image;
	if (!driver_imports(dev, kind, &info) || vkd->CreateImage(vkd->device, &info, NULL, &image) != VK_SUCCESS)
		return false;
	vkd->GetImageMemoryRequirements(vkd->device, image, &requirements);
	vkd->DestroyImage(vkd->device, image, NULL);
	return requirements.memoryTypeBits & tongs_own_device_get_memory_types(dev, kind);
}
