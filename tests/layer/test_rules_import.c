/* SPDX-License-Identifier: MIT */
/* The rules of imports: the result, the outputs, and one message that names the rule and the objects. */
#define _GNU_SOURCE /* memfd_create */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "metal/interop.h"
#include "metal_side.h"
#include "rules.h"

/* A Metal object of each kind that is importable, with a label, beside the device and two images of one shape. */
struct metal {
	struct tongs_device *device;
	struct tongs_buffer *buffer;
	struct tongs_heap *heap;
	struct tongs_texture *texture;
	VkImage image, heap_image; /* for MTLTEXTURE, named "image", and for MTLHEAP */
	uint32_t type;
	uint32_t heap_type, texture_type; /* of imports of those two */
};

static void start(struct gpu *gpu, struct metal *metal) {
	const struct tongs_texture_info texture = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	gpu_init(gpu, NULL);
	metal->device = tongs_device_new_default();
	metal->buffer = tongs_device_new_buffer(metal->device, SIZE, MTLResourceStorageModeShared);
	metal->heap = metal_new_heap(metal->device, SIZE);
	metal->texture = tongs_device_new_texture(metal->device, &texture);
	assert_non_null(metal->buffer);
	assert_non_null(metal->heap);
	assert_non_null(metal->texture);
	tongs_resource_set_label(tongs_buffer_get_resource(metal->buffer), "vertices");
	tongs_heap_set_label(metal->heap, "pool");
	tongs_resource_set_label(tongs_texture_get_resource(metal->texture), "albedo");
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	metal->image = make_image(gpu, &create, MTLTEXTURE);
	metal->heap_image = make_image(gpu, &create, MTLHEAP);
	set_name(gpu, OBJECT(IMAGE, metal->image, "image"));
	metal->type = pick_type(gpu, handle_types(gpu, MTLBUFFER, metal->buffer), 0);
	metal->heap_type = pick_type(gpu, handle_types(gpu, MTLHEAP, metal->heap), 0);
	metal->texture_type = pick_type(gpu, handle_types(gpu, MTLTEXTURE, metal->texture), 0);
}

/* Refused imports keep no references: each object is freed with its creator's reference. */
static void finish(struct gpu *gpu, struct metal *metal) {
	vkDestroyImage(gpu->device, metal->image, NULL);
	vkDestroyImage(gpu->device, metal->heap_image, NULL);
	tongs_buffer_unref(metal->buffer);
	tongs_heap_unref(metal->heap);
	tongs_texture_unref(metal->texture);
	assert_int_equal(tongs_handle_kind(metal->buffer), TONGS_KIND_NONE);
	assert_int_equal(tongs_handle_kind(metal->heap), TONGS_KIND_NONE);
	assert_int_equal(tongs_handle_kind(metal->texture), TONGS_KIND_NONE);
	tongs_device_unref(metal->device);
	gpu_finish(gpu);
}

static void import_10395_without_an_image(void **state) {
	struct gpu gpu, other;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImage foreign = make_image(&other, &create, MTLTEXTURE), plain = make_image(&gpu, &create, 0);
	set_name(&gpu, OBJECT(IMAGE, plain, "plain"));
	const struct {
		VkImage image;
		const char *name;
	} rows[] = {{VK_NULL_HANDLE, NULL}, {foreign, NULL}, {plain, "plain"}, {metal.heap_image, NULL}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(rows[i].image, VK_NULL_HANDLE);
		const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLTEXTURE, metal.texture, &dedicated);
		assert_refused(&gpu, &import, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE,
			"VUID-VkMemoryAllocateInfo-pNext-10395", OBJECT(UNKNOWN, metal.texture, "albedo"));
		if (rows[i].image)
			assert_refused(&gpu, &import, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, "10395",
				OBJECT(IMAGE, rows[i].image, rows[i].name));
	}
	vkDestroyImage(other.device, foreign, NULL);
	vkDestroyImage(gpu.device, plain, NULL);
	gpu_finish(&other);
	finish(&gpu, &metal);
}

/* Width, height, layers and levels by the rule's own name; what else must be alike by that of compatibility. */
static void import_10396_10412_textures_unlike_the_image(void **state) {
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImageCreateInfo wider = create, lower = create, layers = create, levels = create, swapped = create,
			  larger = create, line = create;
	wider.extent.width++;
	lower.extent.height--;
	layers.arrayLayers = 2;
	levels.mipLevels = 2;
	swapped.format = VK_FORMAT_B8G8R8A8_UNORM;
	larger.format = VK_FORMAT_R16G16B16A16_SFLOAT;
	line.imageType = VK_IMAGE_TYPE_1D;
	line.extent.height = 1;
	const struct {
		const VkImageCreateInfo *create;
		const char *rule, *text;
	} rows[] = {
		{&wider, "VUID-VkMemoryAllocateInfo-pNext-10396", "create the image like the texture"},
		{&lower, "VUID-VkMemoryAllocateInfo-pNext-10396", "create the image like the texture"},
		{&layers, "VUID-VkMemoryAllocateInfo-pNext-10396", "create the image like the texture"},
		{&levels, "VUID-VkMemoryAllocateInfo-pNext-10396", "create the image like the texture"},
		{&line, "VUID-VkMemoryAllocateInfo-pNext-10396", "create the image like the texture"},
		{&swapped, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412", "VK_FORMAT_B8G8R8A8_UNORM"},
		{&larger, "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412", "VK_FORMAT_R16G16B16A16_SFLOAT"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!can_share_image(&gpu, rows[i].create, MTLTEXTURE))
			continue;
		VkImage image = make_image(&gpu, rows[i].create, MTLTEXTURE);
		set_name(&gpu, OBJECT(IMAGE, image, "unlike"));
		const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, VK_NULL_HANDLE);
		const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLTEXTURE, metal.texture, &dedicated);
		assert_refused(&gpu, &import, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rows[i].rule,
			OBJECT(IMAGE, image, "unlike"));
		assert_non_null(strstr(gpu.last.text, rows[i].text));
		vkDestroyImage(gpu.device, image, NULL);
	}
	finish(&gpu, &metal);
}

/* A view, and a texture, whose channels are shown in another order than they lie. */
static void import_10412_swizzled_textures(void **state) {
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	const MTLTextureSwizzleChannels none = MTLTextureSwizzleChannelsDefault;
	MTLTextureSwizzle channels[4] = {none.red, none.green, none.blue, none.alpha};
	for (int i = 0; i < 4; i++) {
		const MTLTextureSwizzle own = channels[i];
		channels[i] = i == 3 ? MTLTextureSwizzleOne : MTLTextureSwizzleAlpha;
		struct tongs_texture_info info;
		tongs_texture_get_info(metal.texture, &info);
		info.swizzle = MTLTextureSwizzleChannelsMake(channels[0], channels[1], channels[2], channels[3]);
		channels[i] = own;
		struct tongs_texture *swizzled[] = {
			tongs_texture_new_view(metal.texture, info.pixel_format, info.type, 0, 1, 0, 1, info.swizzle),
			tongs_device_new_texture(metal.device, &info),
		};
		for (int j = 0; j < 2; j++) {
			assert_non_null(swizzled[j]);
			tongs_resource_set_label(tongs_texture_get_resource(swizzled[j]), "turned");
			const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(metal.image, VK_NULL_HANDLE);
			const VkImportMemoryMetalHandleInfoEXT import =
				import_info(MTLTEXTURE, swizzled[j], &dedicated);
			assert_refused(&gpu, &import, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, "10412",
				OBJECT(UNKNOWN, swizzled[j], "turned"));
			tongs_texture_unref(swizzled[j]);
		}
	}
	/* A view in the same order is the texture. */
	struct tongs_texture *same =
		tongs_texture_new_view(metal.texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 1, 0, 1, none);
	VkDeviceMemory memory;
	assert_vk(try_import(&gpu, MTLTEXTURE, same, 0, metal.texture_type, metal.image, &memory));
	vkFreeMemory(gpu.device, memory, NULL);
	tongs_texture_unref(same);
	finish(&gpu, &metal);
}

/* The size is ignored, as the specification's text says: reported, and done. */
static void import_10397_texture_with_a_size(void **state) {
	struct gpu gpu;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	const VkDeviceSize sizes[] = {0, 1, SIZE, UINT64_MAX};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		assert_vk(try_import(
			&gpu, MTLTEXTURE, metal.texture, sizes[i], metal.texture_type, metal.image, &memory));
		if (sizes[i])
			assert_reported_of(&gpu, "VUID-VkMemoryAllocateInfo-pNext-10397", TOLERATED,
				OBJECT(IMAGE, metal.image, "image"));
		else
			assert_reported(&gpu, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	finish(&gpu, &metal);
}

/* Handle types that the queries do not report for the resource which the memory is dedicated to. */
static void import_10408_types_that_the_resource_cannot_have(void **state) {
	static const char *const rule = "VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10408";
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	set_name(&gpu, OBJECT(BUFFER, buffer, "buffer"));
	const VkMemoryDedicatedAllocateInfo of_buffer = dedicated_info(VK_NULL_HANDLE, buffer);
	const VkImportMemoryMetalHandleInfoEXT texture = import_info(MTLTEXTURE, metal.texture, &of_buffer);
	assert_refused(&gpu, &texture, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rule,
		OBJECT(BUFFER, buffer, "buffer"));

	const VkMemoryDedicatedAllocateInfo of_image = dedicated_info(metal.heap_image, VK_NULL_HANDLE);
	const VkImportMemoryMetalHandleInfoEXT optimal = import_info(MTLBUFFER, metal.buffer, &of_image);
	assert_refused(&gpu, &optimal, SIZE, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rule,
		OBJECT(IMAGE, metal.heap_image, NULL));

	/* A format that Metal does not have. */
	VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	create.format = VK_FORMAT_R8G8B8A8_SSCALED;
	create.usage = COPIES;
	if (can_share_image(&gpu, &create, MTLHEAP)) {
		VkImage image = make_image(&gpu, &create, MTLHEAP);
		const VkMemoryDedicatedAllocateInfo of_scaled = dedicated_info(image, VK_NULL_HANDLE);
		const VkImportMemoryMetalHandleInfoEXT scaled = import_info(MTLTEXTURE, metal.texture, &of_scaled);
		assert_refused(&gpu, &scaled, 0, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rule,
			OBJECT(IMAGE, image, NULL));
		vkDestroyImage(gpu.device, image, NULL);
	}
	vkDestroyBuffer(gpu.device, buffer, NULL);
	finish(&gpu, &metal);
}

static void import_10409_another_physical_device(void **state) {
	static const struct tongs_vk_id id = {.device = "another device"};
	const VkPhysicalDeviceProperties properties = {.deviceName = "another"};
	const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 1,
		.memoryTypes = {{.propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT}},
		.memoryHeapCount = 1,
		.memoryHeaps = {{.size = UINT64_C(1) << 32}},
	};
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	struct tongs_device *another =
		tongs_interop_new_device(&id, &properties, &memory, &(const struct tongs_import_roles){0});
	struct tongs_buffer *buffer = tongs_device_new_buffer(another, SIZE, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	tongs_resource_set_label(tongs_buffer_get_resource(buffer), "elsewhere");
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLBUFFER, buffer, NULL);
	assert_refused(&gpu, &import, SIZE, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE,
		"VUID-VkImportMemoryMetalHandleInfoEXT-handle-10409", OBJECT(UNKNOWN, buffer, "elsewhere"));
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	tongs_device_unref(another);
	finish(&gpu, &metal);
}

static void import_10410_handle_types(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		MTLBUFFER | MTLHEAP,
		MTLTEXTURE | 1,
		0x80000000,
		0xffffffff,
	};
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const VkExportMemoryAllocateInfo export = export_info(MTLBUFFER, NULL);
		const VkImportMemoryMetalHandleInfoEXT import =
			import_info(types[i], metal.buffer, i % 2 ? &export : NULL);
		/* The handle is not looked at, and so has no label. */
		assert_refused(&gpu, &import, SIZE, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE,
			"VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10410", OBJECT(UNKNOWN, metal.buffer, NULL));
	}
	finish(&gpu, &metal);
}

static void import_10411_what_is_no_object_of_the_type(void **state) {
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	struct tongs_buffer *released = tongs_device_new_buffer(metal.device, 64, MTLResourceStorageModeShared);
	tongs_buffer_unref(released);
	const struct {
		const void *handle;
		VkExternalMemoryHandleTypeFlags type;
		const char *is, *mend;
	} rows[] = {
		{(void *)1, MTLBUFFER, "not a live Metal object", "keep a reference"},
		{released, MTLBUFFER, "was an MTLBuffer whose last reference was released", "keep a reference"},
		{(char *)metal.texture + 8, MTLTEXTURE, "not a live Metal object", "keep a reference"},
		{metal.device, MTLHEAP, "an MTLDevice", "pass a buffer, texture or heap"},
		{metal.heap, MTLBUFFER, "an MTLHeap", "set handleType to MTLHEAP"},
		{metal.buffer, MTLTEXTURE, "an MTLBuffer", "set handleType to MTLBUFFER"},
		{metal.texture, MTLHEAP, "an MTLTexture", "set handleType to MTLTEXTURE"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(metal.image, VK_NULL_HANDLE);
		const VkImportMemoryMetalHandleInfoEXT import =
			import_info(rows[i].type, rows[i].handle, rows[i].type == MTLTEXTURE ? &dedicated : NULL);
		assert_refused(&gpu, &import, SIZE, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE,
			"VUID-VkImportMemoryMetalHandleInfoEXT-handleType-10411",
			OBJECT(UNKNOWN, rows[i].handle, NULL));
		assert_non_null(strstr(gpu.last.text, rows[i].is));
		assert_non_null(strstr(gpu.last.text, rows[i].mend));
	}
	/* NULL is no object to name. */
	const VkImportMemoryMetalHandleInfoEXT null = import_info(MTLHEAP, NULL, NULL);
	assert_refused(&gpu, &null, SIZE, metal.type, VK_ERROR_INVALID_EXTERNAL_HANDLE, "10411",
		OBJECT(DEVICE, gpu.device, NULL));
	finish(&gpu, &metal);
}

static void import_10412_sizes_and_memory_types(void **state) {
	static const char *const rule = "VUID-VkImportMemoryMetalHandleInfoEXT-handle-10412";
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	const struct {
		VkDeviceSize size;
		uint32_t memory_type;
	} rows[] = {
		{tongs_heap_get_size(metal.heap) + 1, metal.type},
		{UINT64_MAX, metal.type},
		{UINT64_MAX - 4095, metal.type},
		{SIZE, 31},
		{SIZE, 32},
		{SIZE, UINT32_MAX},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const VkImportMemoryMetalHandleInfoEXT heap = import_info(MTLHEAP, metal.heap, NULL),
						       buffer = import_info(MTLBUFFER, metal.buffer, NULL);
		assert_refused(&gpu, &heap, rows[i].size, rows[i].memory_type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rule,
			OBJECT(UNKNOWN, metal.heap, "pool"));
		assert_refused(&gpu, &buffer, rows[i].size, rows[i].memory_type, VK_ERROR_INVALID_EXTERNAL_HANDLE, rule,
			OBJECT(UNKNOWN, metal.buffer, "vertices"));
	}
	finish(&gpu, &metal);
}

/* A texture over a buffer whose rows are further apart than the image's. */
static void import_10412_textures_with_other_rows(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 1 << 20, MTLResourceStorageModeShared);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *texture = tongs_buffer_new_texture(
		buffer, &info, 0, (4 * WIDTH + alignment - 1) / alignment * alignment + 8 * alignment);
	assert_non_null(texture);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, VK_NULL_HANDLE);
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLTEXTURE, texture, &dedicated);
	assert_refused(&gpu, &import, 0, shared_type(&gpu), VK_ERROR_INVALID_EXTERNAL_HANDLE, "10412",
		OBJECT(UNKNOWN, texture, NULL));
	vkDestroyImage(gpu.device, image, NULL);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* What may be exported from an import is what was imported. */
static void import_09860_exported_as_another_type(void **state) {
	static const char *const rule = "VUID-VkMemoryAllocateInfo-ExportMemoryAllocateInfo-09860";
	struct gpu gpu;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	const VkExternalMemoryHandleTypeFlags types[] = {
		MTLBUFFER, MTLTEXTURE, MTLBUFFER | MTLHEAP, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const VkExportMemoryAllocateInfo export = export_info(types[i], NULL);
		const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLHEAP, metal.heap, &export);
		assert_refused(&gpu, &import, SIZE, metal.type, VK_ERROR_VALIDATION_FAILED_EXT, rule,
			OBJECT(UNKNOWN, metal.heap, NULL));
	}
	/* Memory that is another's. */
	const VkImportMemoryFdInfoKHR fd = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		.fd = -1,
	};
	const VkExportMemoryAllocateInfo of_fd = export_info(MTLHEAP, &fd);
	assert_refused(
		&gpu, &of_fd, SIZE, metal.type, VK_ERROR_VALIDATION_FAILED_EXT, rule, OBJECT(DEVICE, gpu.device, NULL));

	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, NULL);
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLHEAP, metal.heap, &export);
	assert_vk(try_allocate(&gpu, &import, SIZE, metal.heap_type, &memory));
	assert_ptr_equal(handle_of(&gpu, memory, MTLHEAP), metal.heap);
	assert_reported(&gpu, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	finish(&gpu, &metal);
}

static void import_06657_more_than_one(void **state) {
	static const char *const rule = "VUID-VkMemoryAllocateInfo-None-06657";
	static char page[4096];
	struct gpu gpu;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	int file = memfd_create("import", MFD_CLOEXEC);
	VkImportMemoryFdInfoKHR fd = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		.fd = file,
	};
	const VkImportMemoryHostPointerInfoEXT host = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		.pHostPointer = page,
	};
	const VkImportMemoryMetalHandleInfoEXT heap = import_info(MTLHEAP, metal.heap, NULL);
	const VkImportMemoryMetalHandleInfoEXT chains[] = {
		import_info(MTLBUFFER, metal.buffer, &fd),
		import_info(MTLBUFFER, metal.buffer, &host),
		import_info(MTLBUFFER, metal.buffer, &heap),
	};
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		assert_refused(&gpu, &chains[i], SIZE, metal.type, VK_ERROR_VALIDATION_FAILED_EXT, rule,
			OBJECT(UNKNOWN, i == 2 ? (void *)metal.heap : (void *)metal.buffer, NULL));
	/* The file stays the application's. */
	assert_int_not_equal(fcntl(file, F_GETFD), -1);
	close(file);

	/* A struct whose handleType is 0 is none. */
	fd.handleType = 0;
	assert_vk(try_allocate(&gpu, &chains[0], SIZE, metal.type, &memory));
	assert_reported(&gpu, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	finish(&gpu, &metal);
}

static void import_01432_dedicated_to_both(void **state) {
	struct gpu gpu;
	struct metal metal;
	(void)state;
	start(&gpu, &metal);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLHEAP);
	set_name(&gpu, OBJECT(BUFFER, buffer, "both"));
	const VkMemoryDedicatedAllocateInfo both = dedicated_info(metal.heap_image, buffer);
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLHEAP, metal.heap, &both);
	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, &both);
	const void *chains[] = {&import, &export};
	for (size_t i = 0; i < 2; i++)
		assert_refused(&gpu, chains[i], SIZE, metal.type, VK_ERROR_VALIDATION_FAILED_EXT,
			"VUID-VkMemoryDedicatedAllocateInfo-image-01432", OBJECT(BUFFER, buffer, "both"));
	vkDestroyBuffer(gpu.device, buffer, NULL);
	finish(&gpu, &metal);
}

static void import_02964_02965_fewer_bytes_than_the_resource_needs(void **state) {
	struct gpu gpu;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLHEAP),
		 large = make_buffer(&gpu, 2 * SIZE, COPIES, MTLHEAP);
	const VkMemoryDedicatedAllocateInfo of_image = dedicated_info(metal.heap_image, VK_NULL_HANDLE),
					    of_buffer = dedicated_info(VK_NULL_HANDLE, buffer),
					    of_large = dedicated_info(VK_NULL_HANDLE, large);
	const VkImportMemoryMetalHandleInfoEXT image_import = import_info(MTLHEAP, metal.heap, &of_image),
					       buffer_import = import_info(MTLHEAP, metal.heap, &of_buffer),
					       large_import = import_info(MTLHEAP, metal.heap, &of_large);
	assert_refused(&gpu, &image_import, 16, metal.heap_type, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryDedicatedAllocateInfo-image-02964", OBJECT(IMAGE, metal.heap_image, NULL));
	assert_refused(&gpu, &buffer_import, 16, metal.heap_type, VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryDedicatedAllocateInfo-buffer-02965", OBJECT(BUFFER, buffer, NULL));
	/* 0 stands for all bytes of the object. */
	assert_refused(&gpu, &large_import, 0, metal.heap_type, VK_ERROR_VALIDATION_FAILED_EXT, "02965",
		OBJECT(BUFFER, large, NULL));
	assert_vk(try_allocate(&gpu, &buffer_import, 0, metal.heap_type, &memory));
	assert_reported(&gpu, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkDestroyBuffer(gpu.device, large, NULL);
	finish(&gpu, &metal);
}

/* handleType 0: the struct is there, its handle is not looked at, and the memory is exported all the same. */
static void import_of_type_zero_beside_an_export(void **state) {
	struct gpu gpu;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, NULL);
	const VkImportMemoryMetalHandleInfoEXT none = import_info(0, (void *)8, &export),
					       plain = import_info(0, (void *)8, NULL);
	assert_vk(try_allocate(&gpu, &none, SIZE, metal.heap_type, &memory));
	assert_ptr_not_equal(handle_of(&gpu, memory, MTLHEAP), metal.heap);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_vk(try_allocate(&gpu, &plain, SIZE, metal.type, &memory));
	vkFreeMemory(gpu.device, memory, NULL);
	assert_reported(&gpu, NULL);
	finish(&gpu, &metal);
}

/* Memory dedicated to a handle of another device, or to no valid handle: never dereferenced. */
static void dedicated_to_what_is_not_this_device_s(void **state) {
	struct gpu gpu, other;
	struct metal metal;
	VkDeviceMemory memory;
	(void)state;
	start(&gpu, &metal);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImage foreign = make_image(&other, &create, MTLHEAP);
	void *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint64_t handles[] = {
		(uint64_t)(uintptr_t)foreign, 1, (uint64_t)(uintptr_t)forbidden, UINT64_MAX, UINT64_MAX - 1};
	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		const VkMemoryDedicatedAllocateInfo of_image = dedicated_info(
							    (VkImage)(uintptr_t)handles[i], VK_NULL_HANDLE),
						    of_buffer = dedicated_info(
							    VK_NULL_HANDLE, (VkBuffer)(uintptr_t)handles[i]);
		const VkMemoryDedicatedAllocateInfo *dedicated[] = {&of_image, &of_buffer};
		for (size_t j = 0; j < 2; j++) {
			const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLHEAP, metal.heap, dedicated[j]);
			const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, dedicated[j]);
			assert_vk(try_allocate(&gpu, &import, SIZE, metal.heap_type, &memory));
			vkFreeMemory(gpu.device, memory, NULL);
			assert_vk(try_allocate(&gpu, &export, SIZE, metal.heap_type, &memory));
			vkFreeMemory(gpu.device, memory, NULL);
		}
	}
	assert_reported(&gpu, NULL);
	munmap(forbidden, 4096);
	vkDestroyImage(other.device, foreign, NULL);
	gpu_finish(&other);
	finish(&gpu, &metal);
}

static void import_10760_zeros(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	const VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO, .flags = 8};
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLBUFFER, buffer, &flags);
	assert_refused(&gpu, &import, SIZE, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryAllocateFlagsInfo-flags-10760", OBJECT(UNKNOWN, buffer, NULL));
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void import_03333_captured_addresses(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	const VkMemoryOpaqueCaptureAddressAllocateInfo address = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO,
		.opaqueCaptureAddress = 4096,
	};
	const VkImportMemoryMetalHandleInfoEXT import = import_info(MTLBUFFER, buffer, &address);
	assert_refused(&gpu, &import, SIZE, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryAllocateInfo-opaqueCaptureAddress-03333", OBJECT(UNKNOWN, buffer, NULL));
	/* An export with one breaks no rule, and can't be done. */
	const VkExportMemoryAllocateInfo export = export_info(MTLBUFFER, &address);
	assert_refused(&gpu, &export, SIZE, shared_type(&gpu), VK_ERROR_INVALID_OPAQUE_CAPTURE_ADDRESS,
		"TONGS-capture-address", OBJECT(DEVICE, gpu.device, NULL));
	/* A chain with a struct that Tongs would have to copy, and does not know. */
	const VkExportMemoryAllocateInfo plain = export_info(MTLBUFFER, NULL);
	const VkBaseInStructure unknown = {.sType = (VkStructureType)0x7ffffff1, .pNext = (const void *)&plain};
	assert_refused(&gpu, &unknown, SIZE, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT, "TONGS-unknown-struct",
		OBJECT(DEVICE, gpu.device, NULL));
	tongs_buffer_unref(buffer);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(import_10760_zeros),
		cmocka_unit_test(import_03333_captured_addresses),
		cmocka_unit_test(import_10395_without_an_image),
		cmocka_unit_test(import_10396_10412_textures_unlike_the_image),
		cmocka_unit_test(import_10412_swizzled_textures),
		cmocka_unit_test(import_10397_texture_with_a_size),
		cmocka_unit_test(import_10408_types_that_the_resource_cannot_have),
		cmocka_unit_test(import_10409_another_physical_device),
		cmocka_unit_test(import_10410_handle_types),
		cmocka_unit_test(import_10411_what_is_no_object_of_the_type),
		cmocka_unit_test(import_10412_sizes_and_memory_types),
		cmocka_unit_test(import_10412_textures_with_other_rows),
		cmocka_unit_test(import_09860_exported_as_another_type),
		cmocka_unit_test(import_06657_more_than_one),
		cmocka_unit_test(import_01432_dedicated_to_both),
		cmocka_unit_test(import_02964_02965_fewer_bytes_than_the_resource_needs),
		cmocka_unit_test(import_of_type_zero_beside_an_export),
		cmocka_unit_test(dedicated_to_what_is_not_this_device_s),
	};
	return cmocka_run_group_tests_name("layer: rules of imports", tests, NULL, NULL);
}
