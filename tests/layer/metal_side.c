/* SPDX-License-Identifier: MIT */
/* Metal's side of shared memory: by the CPU, or through imports. */
#include "metal_side.h"

#include <stdlib.h>
#include <string.h>

bool is_private(struct tongs_resource *resource) {
	return tongs_resource_get_storage_mode(resource) == MTLStorageModePrivate;
}

/* The device that reaches for Metal what the CPU cannot. */
struct reader {
	struct gpu *gpu, own;
};

static void reader_init(struct reader *reader, struct gpu *gpu) {
	reader->gpu = gpu ? gpu_get_reader(gpu) : &reader->own;
	if (!gpu)
		gpu_init(&reader->own, NULL);
}

static void reader_finish(struct reader *reader) {
	if (reader->gpu == &reader->own)
		gpu_finish(&reader->own);
}

struct refusal {
	unsigned count;
	bool says_private;
};

static void on_refusal(enum tongs_message_severity severity, const char *text, void *user) {
	struct refusal *refusal = user;
	refusal->count += severity == TONGS_MESSAGE_ERROR;
	refusal->says_private = strstr(text, "Private") != NULL;
}

static MTLRegion region_of(const struct slice *slice) {
	return MTLRegionMake3D(0, 0, 0, slice->extent.width, slice->extent.height, slice->extent.depth);
}

static size_t image_bytes_of(const struct slice *slice) {
	return slice->extent.depth > 1 ? slice->image_bytes : 0;
}

static bool get_bytes(struct tongs_texture *texture, const struct slice *slice, void *texels) {
	return tongs_texture_get_bytes(
		texture, texels, slice->row_bytes, image_bytes_of(slice), region_of(slice), slice->level, slice->layer);
}

static bool replace_region(struct tongs_texture *texture, const struct slice *slice, const void *texels) {
	return tongs_texture_replace_region(
		texture, region_of(slice), slice->level, slice->layer, texels, slice->row_bytes, image_bytes_of(slice));
}

/* Both calls, with a message each. What getBytes: may not write is compared; what replaceRegion: may not, the caller
 * reads later. */
static void assert_refused(struct tongs_texture *texture, const struct slice *slice) {
	struct refusal refusal = {0};
	uint8_t *bytes = malloc(slice->size);
	assert_non_null(bytes);
	memset(bytes, 0xd7, slice->size);
	tongs_set_message_callback(on_refusal, &refusal);
	const bool got = get_bytes(texture, slice, bytes), replaced = replace_region(texture, slice, bytes);
	tongs_set_message_callback(NULL, NULL);
	assert_false(got || replaced);
	assert_int_equal(refusal.count, 2);
	assert_true(refusal.says_private);
	/* All are what the first one is. */
	assert_int_equal(bytes[0], 0xd7);
	assert_memory_equal(bytes, bytes + 1, slice->size - 1);
	free(bytes);
}

/* An image of the reader's over a texture's bytes. */
struct imported {
	VkImage image;
	VkDeviceMemory memory;
};

static void import_texture(
	struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, struct imported *imported) {
	VkImageCreateInfo create = *info;
	VkMemoryRequirements requirements;
	create.pNext = NULL;
	create.usage |= VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
	create.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED;
	imported->image = make_image(gpu, &create, MTLTEXTURE);
	vkGetImageMemoryRequirements(gpu->device, imported->image, &requirements);
	const uint32_t bits = requirements.memoryTypeBits & handle_types(gpu, MTLTEXTURE, texture);
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 0, pick_type(gpu, bits, 0), imported->image, &imported->memory));
	assert_vk(vkBindImageMemory(gpu->device, imported->image, imported->memory, 0));
}

/* By Vulkan, one way or the other: `to` or `from` is NULL. */
static void copy_imported(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info,
	const struct slice *slice, void *to, const void *from) {
	const struct tongs_format *format = tongs_format_from_vk(info->format);
	struct reader reader;
	struct imported imported;
	reader_init(&reader, gpu);
	gpu = reader.gpu;
	import_texture(gpu, texture, info, &imported);
	gpu_transfer_image(gpu, imported.image, format->aspects, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	if (to)
		gpu_read_slice(gpu, imported.image, format, slice, to);
	else
		gpu_write_slice(gpu, imported.image, format, slice, from);
	gpu_transfer_image(gpu, imported.image, format->aspects, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	vkDestroyImage(gpu->device, imported.image, NULL);
	vkFreeMemory(gpu->device, imported.memory, NULL);
	reader_finish(&reader);
}

bool metal_read_slice(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info,
	const struct slice *slice, void *texels) {
	memset(texels, 0, slice->size);
	if (!is_private(tongs_texture_get_resource(texture)))
		return get_bytes(texture, slice, texels);
	assert_refused(texture, slice);
	if (info->samples > VK_SAMPLE_COUNT_1_BIT)
		return false;
	copy_imported(gpu, texture, info, slice, texels, NULL);
	return true;
}

/* A Private texture refuses other texels after it has these, which must stay. */
bool metal_write_slice(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info,
	const struct slice *slice, const void *texels) {
	if (!is_private(tongs_texture_get_resource(texture)))
		return replace_region(texture, slice, texels);
	if (info->samples == VK_SAMPLE_COUNT_1_BIT)
		copy_imported(gpu, texture, info, slice, NULL, texels);
	assert_refused(texture, slice);
	return info->samples == VK_SAMPLE_COUNT_1_BIT;
}

bool metal_read_image(struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, void *texels) {
	const struct slice slice = slice_at(info, tongs_format_from_vk(info->format), 0);
	return metal_read_slice(gpu, texture, info, &slice, texels);
}

bool metal_write_image(
	struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, const void *texels) {
	const struct slice slice = slice_at(info, tongs_format_from_vk(info->format), 0);
	return metal_write_slice(gpu, texture, info, &slice, texels);
}

VkBuffer make_buffer_for(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle, VkDeviceSize size,
	VkMemoryRequirements *requirements) {
	const VkExternalMemoryHandleTypeFlags types[] = {type, MTLBUFFER | MTLHEAP};
	const uint32_t bits = handle_types(gpu, type, handle);
	for (size_t i = 0; i < (can_combine(gpu) ? 2 : 1); i++) {
		VkBuffer buffer = make_buffer(
			gpu, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, types[i]);
		vkGetBufferMemoryRequirements(gpu->device, buffer, requirements);
		requirements->memoryTypeBits &= bits;
		if (requirements->memoryTypeBits)
			return buffer;
		vkDestroyBuffer(gpu->device, buffer, NULL);
	}
	fail_msg("no buffer can be bound to an import of the handle, whose memory types are 0x%x", bits);
	return VK_NULL_HANDLE;
}

static void copy_buffer(
	struct gpu *gpu, struct tongs_buffer *metal, size_t offset, void *to, const void *from, size_t size) {
	struct reader reader;
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	assert_true(is_private(tongs_buffer_get_resource(metal)));
	reader_init(&reader, gpu);
	gpu = reader.gpu;
	VkBuffer buffer = make_buffer_for(gpu, MTLBUFFER, metal, offset + size, &requirements);
	assert_vk(try_import(gpu, MTLBUFFER, metal, requirements.size, pick_type(gpu, requirements.memoryTypeBits, 0),
		VK_NULL_HANDLE, &memory));
	assert_vk(vkBindBufferMemory(gpu->device, buffer, memory, 0));
	gpu_transfer_buffer(gpu, buffer, VK_QUEUE_FAMILY_EXTERNAL, gpu->queue_family);
	if (to)
		gpu_read_buffer(gpu, buffer, offset, to, size);
	else
		gpu_write_buffer(gpu, buffer, offset, from, size);
	gpu_transfer_buffer(gpu, buffer, gpu->queue_family, VK_QUEUE_FAMILY_EXTERNAL);
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	reader_finish(&reader);
}

void metal_read_buffer(struct gpu *gpu, struct tongs_buffer *buffer, size_t offset, void *bytes, size_t size) {
	const char *contents = tongs_buffer_get_contents(buffer);
	if (contents)
		memcpy(bytes, contents + offset, size);
	else
		copy_buffer(gpu, buffer, offset, bytes, NULL, size);
	assert_int_equal(!contents, is_private(tongs_buffer_get_resource(buffer)));
}

void metal_write_buffer(struct gpu *gpu, struct tongs_buffer *buffer, size_t offset, const void *bytes, size_t size) {
	char *contents = tongs_buffer_get_contents(buffer);
	if (contents)
		memcpy(contents + offset, bytes, size);
	else
		copy_buffer(gpu, buffer, offset, NULL, bytes, size);
	assert_int_equal(!contents, is_private(tongs_buffer_get_resource(buffer)));
}

static MTLResourceOptions storage_mode_of_images(struct gpu *gpu) {
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_OPTIMAL);
	VkMemoryRequirements requirements;
	VkImage image = make_image(gpu, &info, MTLTEXTURE);
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	vkDestroyImage(gpu->device, image, NULL);
	return is_mapped(gpu, pick_mapped(gpu, requirements.memoryTypeBits)) ? MTLResourceStorageModeShared
									     : MTLResourceStorageModePrivate;
}

struct tongs_texture *metal_new_texture(
	struct gpu *gpu, struct tongs_device *device, const struct tongs_texture_info *info) {
	struct tongs_texture_info chosen = *info;
	chosen.resource_options = storage_mode_of_images(gpu);
	return tongs_device_new_texture(device, &chosen);
}

static void ignore_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity, (void)text, (void)user;
}

/* Whether heaps of the storage mode take textures: if not, such heaps are not what Vulkan's are. */
static bool heaps_take_textures(struct tongs_device *device, MTLResourceOptions options) {
	struct tongs_texture_info texture = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 1 << 20;
	info.type = MTLHeapTypePlacement;
	info.resource_options = texture.resource_options = options;
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	struct tongs_texture *placed = heap ? tongs_heap_new_texture_at(heap, &texture, 0) : NULL;
	tongs_texture_unref(placed);
	tongs_heap_unref(heap);
	return placed;
}

struct tongs_heap *metal_new_heap(struct tongs_device *device, NSUInteger size) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = size;
	info.type = MTLHeapTypePlacement;
	tongs_set_message_callback(ignore_message, NULL);
	info.resource_options = heaps_take_textures(device, MTLResourceStorageModeShared)
					? MTLResourceStorageModeShared
					: MTLResourceStorageModePrivate;
	tongs_set_message_callback(NULL, NULL);
	return tongs_device_new_heap(device, &info);
}
