/* SPDX-License-Identifier: MIT */
/* Creates shared memory of every kind, and releases it step by step. */
#include "lives.h"

#include "metal_side.h"

#include <stdlib.h>
#include <string.h>

/* Too large for a slab, so that a leak is a mapping. */
enum { SIZE = 300 << 10, WIDTH = 320, HEIGHT = 256, TEXEL = 4, BYTES = WIDTH * HEIGHT * TEXEL };

static bool is_image(enum life_kind kind) {
	return kind == EXPORTED_TEXTURE || kind == EXPORTED_DEPTH || kind == IMPORTED_TEXTURE;
}

static void fill(const struct life *life, uint8_t *bytes, size_t size) {
	fill_noise(bytes, size, (uint32_t)life->kind);
	/* Depths between 0 and 2, so that no driver normalizes them. */
	for (size_t i = 0; life->format == VK_FORMAT_D32_SFLOAT && i < size; i += 4)
		bytes[i + 3] = 0x3f;
}

static VkImageCreateInfo info_of(const struct life *life) {
	return image_info(life->format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
}

static void make_vulkan_resource(struct life *life, VkExternalMemoryHandleTypeFlags types) {
	if (is_image(life->kind)) {
		const VkImageCreateInfo info = info_of(life);
		life->image = make_image(&life->gpu, &info, types);
	} else {
		life->buffer = make_buffer(&life->gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, types);
	}
}

static void export(struct life *life, VkExternalMemoryHandleTypeFlags types) {
	struct gpu *gpu = &life->gpu;
	make_vulkan_resource(life, types);
	life->memory =
		life->image ? export_for_image(gpu, life->image, types) : export_for_buffer(gpu, life->buffer, types);
	if (types & MTLBUFFER)
		life->metal_buffer = tongs_buffer_ref(handle_of(gpu, life->memory, MTLBUFFER));
	if (types & MTLHEAP)
		life->metal_heap = tongs_heap_ref(handle_of(gpu, life->memory, MTLHEAP));
	if (types & MTLTEXTURE)
		life->metal_texture = tongs_texture_ref(handle_of(gpu, life->memory, MTLTEXTURE));
}

static void import(struct life *life, VkExternalMemoryHandleTypeFlags type) {
	struct gpu *gpu = &life->gpu;
	struct tongs_device *device = tongs_device_new_default();
	const struct tongs_texture_info texture = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	assert_non_null(device);
	make_vulkan_resource(life, type);
	void *handle = NULL;
	if (type == MTLBUFFER)
		handle = life->metal_buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	else if (type == MTLHEAP)
		handle = life->metal_heap = metal_new_heap(device, SIZE);
	else
		handle = life->metal_texture = metal_new_texture(gpu, device, &texture);
	assert_non_null(handle);
	assert_vk(try_import(gpu, type, handle, life->image ? 0 : SIZE,
		pick_type(gpu, handle_types(gpu, type, handle), 0), life->image, &life->memory));
	assert_vk(life->image ? vkBindImageMemory(gpu->device, life->image, life->memory, 0)
			      : vkBindBufferMemory(gpu->device, life->buffer, life->memory, 0));
	tongs_device_unref(device);
}

static void make_derived(struct life *life) {
	const MTLTextureSwizzleChannels identity = {
		MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue, MTLTextureSwizzleAlpha};
	if (life->metal_texture) {
		life->derived = tongs_texture_new_view(life->metal_texture,
			tongs_texture_get_pixel_format(life->metal_texture), MTLTextureType2D, 0, 1, 0, 1, identity);
	} else if (life->metal_heap) {
		MTLResourceOptions options = tongs_heap_get_resource_options(life->metal_heap);
		life->derived = tongs_heap_new_buffer_at(
			life->metal_heap, SIZE, options & ~MTLResourceHazardTrackingModeMask, 0);
	} else {
		struct tongs_texture_info row = tongs_texture_info_buffer(MTLPixelFormatR8Unorm, 4096);
		row.resource_options =
			tongs_resource_get_resource_options(tongs_buffer_get_resource(life->metal_buffer));
		life->derived = tongs_buffer_new_texture(life->metal_buffer, &row, 0, 4096);
	}
	assert_non_null(life->derived);
}

static void write_noise(struct life *life) {
	uint8_t *bytes = malloc(BYTES);
	assert_non_null(bytes);
	fill(life, bytes, life->metal_texture ? BYTES : SIZE);
	const VkImageCreateInfo info = info_of(life);
	if (life->metal_texture)
		assert_true(metal_write_image(NULL, life->metal_texture, &info, bytes));
	else
		metal_write_buffer(NULL, life->metal_heap ? life->derived : life->metal_buffer, 0, bytes, SIZE);
	free(bytes);
}

void life_init(struct life *life, enum life_kind kind) {
	static const struct {
		VkExternalMemoryHandleTypeFlags types;
		bool import;
	} rows[] = {
		[EXPORTED_BUFFER] = {MTLBUFFER, false},
		[EXPORTED_HEAP] = {MTLHEAP, false},
		[EXPORTED_BUFFER_AND_HEAP] = {MTLBUFFER | MTLHEAP, false},
		[EXPORTED_TEXTURE] = {MTLTEXTURE, false},
		[EXPORTED_DEPTH] = {MTLTEXTURE, false},
		[IMPORTED_BUFFER] = {MTLBUFFER, true},
		[IMPORTED_HEAP] = {MTLHEAP, true},
		[IMPORTED_TEXTURE] = {MTLTEXTURE, true},
	};
	VkExternalMemoryHandleTypeFlags types = rows[kind].types;
	*life = (struct life){
		.kind = kind,
		.format = kind == EXPORTED_DEPTH ? VK_FORMAT_D32_SFLOAT : VK_FORMAT_R8G8B8A8_UNORM,
	};
	gpu_init(&life->gpu, NULL);
	if (kind == EXPORTED_BUFFER_AND_HEAP && !can_combine(&life->gpu))
		types = MTLHEAP;
	if (rows[kind].import)
		import(life, types);
	else
		export(life, types);
	make_derived(life);
	write_noise(life);
}

bool life_allows(const struct life *life, enum step step) {
	if (life->done & BIT(step))
		return false;
	switch (step) {
	case FREE_MEMORY:
	case DESTROY_RESOURCE:
		return !(life->done & BIT(DESTROY_DEVICE));
	case DESTROY_INSTANCE:
		return life->done & BIT(DESTROY_DEVICE);
	default:
		return true;
	}
}

void destroy_instance(struct gpu *gpu) {
	PFN_vkDestroyDebugUtilsMessengerEXT destroy = (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu->instance, "vkDestroyDebugUtilsMessengerEXT");
	destroy(gpu->instance, gpu->messenger, NULL);
	vkDestroyInstance(gpu->instance, NULL);
	assert_int_equal(gpu->errors_below, 0);
}

void life_do(struct life *life, enum step step) {
	struct gpu *gpu = &life->gpu;
	life->done |= BIT(step);
	switch (step) {
	case FREE_MEMORY:
		vkFreeMemory(gpu->device, life->memory, NULL);
		break;
	case DESTROY_RESOURCE:
		vkDestroyBuffer(gpu->device, life->buffer, NULL);
		vkDestroyImage(gpu->device, life->image, NULL);
		break;
	case RELEASE_OBJECT:
		tongs_buffer_unref(life->metal_buffer);
		tongs_heap_unref(life->metal_heap);
		tongs_texture_unref(life->metal_texture);
		break;
	case RELEASE_DERIVED:
		if (life->metal_heap)
			tongs_buffer_unref(life->derived);
		else
			tongs_texture_unref(life->derived);
		break;
	case DESTROY_DEVICE:
		vkDestroyCommandPool(gpu->device, gpu->pool, NULL);
		vkDestroyDevice(gpu->device, NULL);
		break;
	default:
		destroy_instance(gpu);
		break;
	}
}

static void check_bytes(struct life *life, const void *bytes, size_t size) {
	static uint8_t wanted[BYTES];
	fill(life, wanted, size);
	assert_memory_equal(bytes, wanted, size);
}

static void check_buffer(struct life *life, struct tongs_buffer *buffer) {
	static uint8_t bytes[SIZE];
	metal_read_buffer(NULL, buffer, 0, bytes, SIZE);
	check_bytes(life, bytes, SIZE);
}

static void check_texture(struct life *life, struct tongs_texture *texture) {
	static uint8_t bytes[BYTES];
	const VkImageCreateInfo info = info_of(life);
	assert_true(metal_read_image(NULL, texture, &info, bytes));
	check_bytes(life, bytes, BYTES);
}

void life_check(struct life *life) {
	const bool has_object = !(life->done & BIT(RELEASE_OBJECT)), has_derived = !(life->done & BIT(RELEASE_DERIVED));
	if (has_object && life->metal_buffer)
		check_buffer(life, life->metal_buffer);
	if (has_object && life->metal_texture)
		check_texture(life, life->metal_texture);
	if (has_derived && life->metal_texture) {
		check_texture(life, life->derived);
	} else if (has_derived && life->metal_heap) {
		check_buffer(life, life->derived);
	} else if (has_derived) {
		uint8_t row[4096];
		assert_true(tongs_texture_get_bytes(
			life->derived, row, sizeof(row), sizeof(row), MTLRegionMake2D(0, 0, sizeof(row), 1), 0, 0));
		check_bytes(life, row, sizeof(row));
	}
}
