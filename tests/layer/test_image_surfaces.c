/* SPDX-License-Identifier: MIT */
/* Images that are IOSurfaces by VK_EXT_metal_objects: imported, created with the image, or the memory that the image is
 * bound to. What Vulkan writes is in the surface's bytes, and the reverse. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metal_objects.h"

/* What programs do that do not look whether an image requires memory of its own. */
#define UNDEDICATED "VUID-vkBindImageMemory-image-01445"

enum { WIDTH = 53, HEIGHT = 37, MOST_BYTES = WIDTH * HEIGHT * 8 };

static const struct gpu_options OPTIONS = {.with_objects = true, .instance_exports = {EXPORT(DEVICE)}};
static const VkImageTiling tilings[] = {VK_IMAGE_TILING_OPTIMAL, VK_IMAGE_TILING_LINEAR};
static const VkFormat formats[] = {
	VK_FORMAT_B8G8R8A8_UNORM,
	VK_FORMAT_B8G8R8A8_SRGB,
	VK_FORMAT_R8G8B8A8_UNORM,
	VK_FORMAT_A2R10G10B10_UNORM_PACK32,
	VK_FORMAT_A2B10G10R10_UNORM_PACK32,
	VK_FORMAT_R16G16B16A16_SFLOAT,
	VK_FORMAT_R8_UNORM,
	VK_FORMAT_R16G16_UNORM,
};
enum { FORMATS = sizeof(formats) / sizeof(*formats) };
static unsigned compared;

static VkImageCreateInfo picture(VkFormat format, VkImageTiling tiling) {
	return image_info(format, WIDTH, HEIGHT, tiling);
}

static size_t texel_bytes(VkFormat format) {
	return tongs_format_from_vk(format)->block_bytes;
}

static VkImportMetalIOSurfaceInfoEXT import_info(void *surface, const void *next) {
	return (VkImportMetalIOSurfaceInfoEXT){
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_IO_SURFACE_INFO_EXT,
		.pNext = next,
		.ioSurface = surface,
	};
}

/* Made of the surface, or of a new one. */
static VkResult try_import_surface(
	struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_surface *surface, VkImage *image) {
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(IOSURFACE), NULL),
					       texture = object_info(EXPORT(TEXTURE), &again);
	const VkImportMetalIOSurfaceInfoEXT import = import_info((void *)surface, &texture);
	VkImageCreateInfo shared = *info;
	shared.pNext = &import;
	*image = (VkImage)(uintptr_t)1;
	return vkCreateImage(gpu->device, &shared, NULL, image);
}

/* Such images need host pages: with the CPU as GPU they must be, elsewhere the driver may have none. */
static bool refused_for_want_of_pages(struct gpu *gpu, VkResult result, VkImage image) {
	if (result == VK_SUCCESS)
		return false;
	assert_int_equal(result, VK_ERROR_FEATURE_NOT_PRESENT);
	assert_true(image == VK_NULL_HANDLE);
	assert_false(has_unified_memory(gpu));
	assert_int_equal(gpu->last.severity, REFUSED);
	assert_reported(gpu, "TONGS-metal-surface");
	return true;
}

/* Skips what the driver does not share even as a texture. */
static bool is_shared(struct gpu *gpu, const VkImageCreateInfo *info) {
	return has_unified_memory(gpu) || can_share_image(gpu, info, MTLTEXTURE);
}

static void copy_rows(struct tongs_surface *surface, uint8_t *texels, bool to_surface) {
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	const size_t row = info.whole.width * info.whole.bytes_per_element;
	uint8_t *bytes = tongs_surface_get_base_address(surface);
	for (size_t y = 0; y < info.whole.height; y++) {
		if (to_surface)
			memcpy(bytes + y * info.whole.bytes_per_row, texels + y * row, row);
		else
			memcpy(texels + y * row, bytes + y * info.whole.bytes_per_row, row);
	}
}

/* By vkCmdClearColorImage. Every channel is 0 or 1, and so every bit of the texel as the CPU says. */
static void clear(struct gpu *gpu, VkImage image, const float color[4]) {
	const VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
	VkClearColorValue value;
	memcpy(value.float32, color, sizeof(value.float32));
	VkCommandBuffer commands = begin(gpu);
	vkCmdClearColorImage(commands, image, VK_IMAGE_LAYOUT_GENERAL, &value, 1, &all);
	submit(gpu, commands);
}

static const uint8_t *cleared_texel(VkFormat format) {
	/* Red and alpha are 1, green and blue 0. */
	static const struct {
		VkFormat format;
		uint8_t bytes[8];
	} texels[] = {
		{VK_FORMAT_B8G8R8A8_UNORM, {0, 0, 0xff, 0xff}},
		{VK_FORMAT_B8G8R8A8_SRGB, {0, 0, 0xff, 0xff}},
		{VK_FORMAT_R8G8B8A8_UNORM, {0xff, 0, 0, 0xff}},
		{VK_FORMAT_A2R10G10B10_UNORM_PACK32, {0, 0, 0xf0, 0xff}},
		{VK_FORMAT_A2B10G10R10_UNORM_PACK32, {0xff, 3, 0, 0xc0}},
		{VK_FORMAT_R16G16B16A16_SFLOAT, {0, 0x3c, 0, 0, 0, 0, 0, 0x3c}},
		{VK_FORMAT_R8_UNORM, {0xff}},
		{VK_FORMAT_R16G16_UNORM, {0xff, 0xff, 0, 0}},
	};
	for (size_t i = 0; i < sizeof(texels) / sizeof(*texels); i++)
		if (texels[i].format == format)
			return texels[i].bytes;
	return NULL;
}

/* Copies, a clear, and the CPU's writes. */
static void check_pixels(struct gpu *gpu, VkImage image, struct tongs_surface *surface, VkFormat format) {
	static uint8_t sent[MOST_BYTES], got[MOST_BYTES];
	const size_t texel = texel_bytes(format), size = WIDTH * HEIGHT * texel;
	const float red[4] = {1, 0, 0, 1};
	fill_texels(sent, size, tongs_format_from_vk(format), 1);
	gpu_write_image(gpu, image, WIDTH, HEIGHT, sent, size);
	copy_rows(surface, got, false);
	assert_memory_equal(got, sent, size);

	fill_texels(sent, size, tongs_format_from_vk(format), 2);
	copy_rows(surface, sent, true);
	gpu_read_image(gpu, image, WIDTH, HEIGHT, got, size);
	assert_memory_equal(got, sent, size);

	clear(gpu, image, red);
	copy_rows(surface, got, false);
	for (size_t i = 0; i < size; i += texel)
		assert_memory_equal(got + i, cleared_texel(format), texel);
	compared++;
}

static void check_texture(struct gpu *gpu, VkImage image, struct tongs_surface *surface, VkFormat format) {
	static uint8_t sent[MOST_BYTES], got[MOST_BYTES];
	const size_t texel = texel_bytes(format), size = WIDTH * HEIGHT * texel;
	const MTLRegion all = MTLRegionMake2D(0, 0, WIDTH, HEIGHT);
	struct tongs_texture *texture = image_object(gpu, image);
	assert_non_null(texture);
	assert_ptr_equal(tongs_texture_get_surface(texture), surface);
	assert_int_equal(tongs_texture_get_surface_plane(texture), 0);
	fill_texels(sent, size, tongs_format_from_vk(format), 3);
	assert_true(tongs_texture_replace_region(texture, all, 0, 0, sent, WIDTH * texel, 0));
	copy_rows(surface, got, false);
	assert_memory_equal(got, sent, size);
	memset(got, 0, size);
	assert_true(tongs_texture_get_bytes(texture, got, WIDTH * texel, 0, all, 0, 0));
	assert_memory_equal(got, sent, size);
}

/* Like the surface that the implementation makes. */
static void check_new(struct gpu *gpu, const VkImageCreateInfo *info, struct tongs_surface_info *made) {
	VkImage image;
	VkSubresourceLayout layout;
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	made->whole.width = 0;
	VkResult result = try_import_surface(gpu, info, NULL, &image);
	if (refused_for_want_of_pages(gpu, result, image))
		return;
	struct tongs_surface *surface = surface_object(gpu, image);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	assert_ptr_equal(surface_object(gpu, image), surface);
	tongs_surface_get_info(surface, made);
	assert_int_equal(made->plane_count, 0);
	assert_int_equal(made->whole.width, WIDTH);
	assert_int_equal(made->whole.height, HEIGHT);
	assert_int_equal(made->whole.bytes_per_element, texel_bytes(info->format));
	assert_true(made->alloc_size >= made->whole.offset + made->whole.bytes_per_row * HEIGHT);
	if (info->tiling == VK_IMAGE_TILING_LINEAR) {
		vkGetImageSubresourceLayout(gpu->device, image, &first, &layout);
		assert_int_equal(made->whole.bytes_per_row, layout.rowPitch);
	}
	assert_reported(gpu, NULL);
	check_pixels(gpu, image, surface, info->format);
	check_texture(gpu, image, surface, info->format);
	tongs_surface_ref(surface);
	vkDestroyImage(gpu->device, image, NULL);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	tongs_surface_unref(surface);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	assert_reported(gpu, NULL);
}

/* A surface of the program's with the pitch and place of `made`, and others, which are refused: never wrong pixels. */
static void check_imported(struct gpu *gpu, const VkImageCreateInfo *info, const struct tongs_surface_info *made) {
	VkImage image;
	const struct tongs_surface_info same = {
		.whole =
			{
				.width = WIDTH,
				.height = HEIGHT,
				.bytes_per_element = made->whole.bytes_per_element,
				.bytes_per_row = made->whole.bytes_per_row,
				.offset = made->whole.offset,
			},
		.pixel_format = made->pixel_format,
	};
	struct tongs_surface *surface = tongs_surface_new(&same);
	assert_non_null(surface);
	assert_vk(try_import_surface(gpu, info, surface, &image));
	assert_ptr_equal(surface_object(gpu, image), surface);
	assert_reported(gpu, NULL);
	check_pixels(gpu, image, surface, info->format);
	check_texture(gpu, image, surface, info->format);
	tongs_surface_unref(surface); /* the image retains it */
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	vkDestroyImage(gpu->device, image, NULL);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

	struct tongs_surface_info others[3] = {same, same, same};
	others[0].whole.bytes_per_row += same.whole.bytes_per_element;
	others[1].whole.bytes_per_row *= 2;
	others[2].whole.offset += 1;
	for (size_t i = 0; i < 3; i++) {
		surface = tongs_surface_new(&others[i]);
		assert_non_null(surface);
		assert_int_equal(try_import_surface(gpu, info, surface, &image), VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_true(image == VK_NULL_HANDLE);
		assert_reported(gpu, "TONGS-metal-object");
		tongs_surface_unref(surface);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	}
}

static void new_and_imported_surfaces(void **state) {
	struct gpu gpu;
	bool unified = false;
	(void)state;
	compared = 0;
	for (size_t i = 0; i < FORMATS; i++) {
		/* One for each format: what is refused too often is no longer reported. */
		gpu_init(&gpu, &OPTIONS);
		unified = has_unified_memory(&gpu);
		for (size_t tiling = 0; tiling < 2; tiling++) {
			const VkImageCreateInfo info = picture(formats[i], tilings[tiling]);
			struct tongs_surface_info made = {0};
			if (!is_shared(&gpu, &info))
				continue;
			check_new(&gpu, &info, &made);
			if (made.whole.width)
				check_imported(&gpu, &info, &made);
		}
		gpu_finish(&gpu);
	}
	print_message("# %u surfaces compared\n", compared);
	if (unified)
		assert_int_equal(compared, 2 * 2 * FORMATS);
	if (!compared)
		skip();
}

/* The default pitch of a surface is the driver's where that needs no more than whole cache lines. */
static void surface_with_default_pitch(void **state) {
	const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, VK_IMAGE_TILING_OPTIMAL);
	const struct tongs_surface_info properties = {
		.whole = {.width = WIDTH, .height = HEIGHT, .bytes_per_element = 4}};
	struct gpu gpu;
	VkImage image;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	if (!has_unified_memory(&gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	struct tongs_surface *surface = tongs_surface_new(&properties);
	VkResult result = try_import_surface(&gpu, &info, surface, &image);
	if (result == VK_SUCCESS) {
		check_pixels(&gpu, image, surface, info.format);
		vkDestroyImage(gpu.device, image, NULL);
	} else {
		assert_int_equal(result, VK_ERROR_INVALID_EXTERNAL_HANDLE);
		assert_reported(&gpu, "TONGS-metal-object");
	}
	tongs_surface_unref(surface);
	gpu_finish(&gpu);
}

/* An image that is made for export as a surface. */
static VkImage make_exported(struct gpu *gpu, const VkImageCreateInfo *info) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(IOSURFACE), NULL);
	VkImageCreateInfo shared = *info;
	VkImage image = (VkImage)(uintptr_t)1;
	shared.pNext = &object;
	if (!is_shared(gpu, info))
		return VK_NULL_HANDLE;
	VkResult result = vkCreateImage(gpu->device, &shared, NULL, &image);
	return refused_for_want_of_pages(gpu, result, image) ? VK_NULL_HANDLE : image;
}

static VkDeviceMemory allocate(struct gpu *gpu, VkImage image, const void *next, VkDeviceSize extra) {
	VkMemoryRequirements requirements;
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = requirements.size + extra,
		.memoryTypeIndex = pick_mapped(gpu, requirements.memoryTypeBits),
	};
	VkDeviceMemory memory;
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &memory));
	return memory;
}

/* The surface is the memory that the program allocates, dedicated or not, and maps. */
static void check_bound(struct gpu *gpu, VkImage image, VkDeviceMemory memory, VkDeviceSize offset, VkFormat format) {
	void *mapped;
	assert_null(surface_object(gpu, image));
	assert_non_null(strstr(gpu->last.text, "no memory yet"));
	assert_reported(gpu, "TONGS-metal-surface");
	assert_vk(vkBindImageMemory(gpu->device, image, memory, offset));
	gpu->reports = 0; /* it may lie in memory of buffers */
	struct tongs_surface *surface = surface_object(gpu, image);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	assert_ptr_equal(surface_object(gpu, image), surface);
	assert_reported(gpu, NULL);
	check_pixels(gpu, image, surface, format);
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	assert_vk(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
	assert_ptr_equal((char *)mapped + info.whole.offset, tongs_surface_get_base_address(surface));
	vkUnmapMemory(gpu->device, memory);
	/* It is not for export as a texture. */
	assert_null(image_object(gpu, image));
	assert_reported(gpu, "06795");
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
}

static void memory_of_the_program(void **state) {
	const VkExportMetalObjectCreateInfoEXT buffer = object_info(EXPORT(BUFFER), NULL);
	struct gpu gpu;
	unsigned bound = 0;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	gpu.expected_below = UNDEDICATED;
	for (size_t i = 0; i < 2; i++) {
		const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, tilings[i]);
		VkImage image = make_exported(&gpu, &info);
		if (!image)
			continue;
		const VkMemoryDedicatedAllocateInfo dedicated = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, .image = image};
		check_bound(&gpu, image, allocate(&gpu, image, &dedicated, 0), 0, info.format);
		image = make_exported(&gpu, &info);
		check_bound(&gpu, image, allocate(&gpu, image, NULL, 0), 0, info.format);
		bound++;
		if (!has_unified_memory(&gpu))
			continue;
		image = make_exported(&gpu, &info);
		check_bound(&gpu, image, allocate(&gpu, image, &buffer, 65536), 65536, info.format);
	}
	gpu_finish(&gpu);
	if (!bound)
		skip();
}

static VkImageView make_view(struct gpu *gpu, VkImage image, VkFormat format) {
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu->device, &info, NULL, &view));
	return view;
}

/* Programs leave out the memory of an image that is for export as a surface: it gets one with its first view. */
static void view_01020_of_an_image_without_memory(void **state) {
	const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	VkImage image = make_exported(&gpu, &info);
	if (!image) {
		gpu_finish(&gpu);
		skip();
	}
	VkImageView view = make_view(&gpu, image, info.format);
	assert_reported_of(&gpu, "VUID-VkImageViewCreateInfo-image-01020", TOLERATED, OBJECT(IMAGE, image, NULL));
	VkImageView second = make_view(&gpu, image, info.format);
	assert_reported(&gpu, NULL);
	struct tongs_surface *surface = surface_object(&gpu, image);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_SURFACE);
	check_pixels(&gpu, image, surface, info.format);
	/* A binding comes too late. */
	VkDeviceMemory memory = allocate(&gpu, image, NULL, 0);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	assert_ptr_equal(surface_object(&gpu, image), surface);
	check_pixels(&gpu, image, surface, info.format);
	vkDestroyImageView(gpu.device, view, NULL);
	vkDestroyImageView(gpu.device, second, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	gpu_finish(&gpu);
}

struct viewer {
	struct gpu *gpu;
	VkImage image;
	VkImageView view;
	struct tongs_surface *surface; /* as soon as there is the view */
	pthread_t thread;
	bool started;
};

static void *view_and_export(void *user) {
	struct viewer *viewer = user;
	viewer->view = make_view(viewer->gpu, viewer->image, VK_FORMAT_B8G8R8A8_UNORM);
	viewer->surface = surface_object(viewer->gpu, viewer->image);
	return NULL;
}

/* Lets the other thread run while the image is about to get its surface. */
static VkBool32 VKAPI_CALL start_viewer(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	struct viewer *viewer = user;
	(void)severity;
	(void)types;
	if (viewer->started || strcmp(data->pMessageIdName, "VUID-VkImageViewCreateInfo-image-01020") != 0)
		return VK_FALSE;
	viewer->started = true;
	assert_int_equal(pthread_create(&viewer->thread, NULL, view_and_export, viewer), 0);
	usleep(100000);
	return VK_FALSE;
}

/* No view may be made while another thread's is still to bring the memory. */
static void first_views_of_two_threads(void **state) {
	const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, VK_IMAGE_TILING_OPTIMAL);
	struct gpu gpu;
	struct viewer viewer = {.gpu = &gpu};
	VkDebugUtilsMessengerEXT messenger;
	const VkDebugUtilsMessengerCreateInfoEXT listen = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
		.pfnUserCallback = start_viewer,
		.pUserData = &viewer,
	};
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	viewer.image = make_exported(&gpu, &info);
	if (!viewer.image) {
		gpu_finish(&gpu);
		skip();
	}
	assert_vk(((PFN_vkCreateDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu.instance, "vkCreateDebugUtilsMessengerEXT"))(gpu.instance, &listen, NULL, &messenger));
	VkImageView view = make_view(&gpu, viewer.image, info.format);
	assert_true(viewer.started);
	pthread_join(viewer.thread, NULL);
	((PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(gpu.instance, "vkDestroyDebugUtilsMessengerEXT"))(
		gpu.instance, messenger, NULL);
	assert_reported(&gpu, "VUID-VkImageViewCreateInfo-image-01020");
	assert_non_null(viewer.surface);
	assert_ptr_equal(surface_object(&gpu, viewer.image), viewer.surface);
	check_pixels(&gpu, viewer.image, viewer.surface, info.format);
	vkDestroyImageView(gpu.device, view, NULL);
	vkDestroyImageView(gpu.device, viewer.view, NULL);
	vkDestroyImage(gpu.device, viewer.image, NULL);
	gpu_finish(&gpu);
}

/* Programs bind every image, and may go on with the surface when Vulkan is gone. */
static void surface_outlives_vulkan(void **state) {
	static uint8_t sent[MOST_BYTES], got[MOST_BYTES];
	const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, VK_IMAGE_TILING_LINEAR);
	const size_t size = (size_t)WIDTH * HEIGHT * 4;
	struct gpu gpu;
	VkImage image = VK_NULL_HANDLE, second = VK_NULL_HANDLE;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	if (!is_shared(&gpu, &info) ||
		refused_for_want_of_pages(&gpu, try_import_surface(&gpu, &info, NULL, &image), image)) {
		gpu_finish(&gpu);
		skip();
	}
	VkDeviceMemory memory = allocate(&gpu, image, NULL, 0);
	assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
	struct tongs_surface *surface = tongs_surface_ref(surface_object(&gpu, image));
	assert_reported(&gpu, NULL);
	/* Another image of the same surface. */
	assert_vk(try_import_surface(&gpu, &info, surface, &second));
	fill_noise(sent, size, 7);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, sent, size);
	copy_rows(surface, got, false);
	assert_memory_equal(got, sent, size);
	check_pixels(&gpu, second, surface, info.format);
	vkDestroyImage(gpu.device, second, NULL);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, sent, size);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	memset(got, 0, size);
	copy_rows(surface, got, false);
	assert_memory_equal(got, sent, size);
	tongs_surface_unref(surface);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
}

/* A texture over a surface, imported as an image, has that surface. */
static void surface_of_an_imported_texture(void **state) {
	const VkImageCreateInfo info = picture(VK_FORMAT_B8G8R8A8_UNORM, VK_IMAGE_TILING_LINEAR);
	struct gpu gpu;
	VkImage first = VK_NULL_HANDLE, image = VK_NULL_HANDLE;
	(void)state;
	gpu_init(&gpu, &OPTIONS);
	if (!is_shared(&gpu, &info) ||
		refused_for_want_of_pages(&gpu, try_import_surface(&gpu, &info, NULL, &first), first)) {
		gpu_finish(&gpu);
		skip();
	}
	struct tongs_surface *surface = surface_object(&gpu, first);
	const VkExportMetalObjectCreateInfoEXT again = object_info(EXPORT(IOSURFACE), NULL);
	const VkImportMetalTextureInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT,
		.pNext = &again,
		.plane = VK_IMAGE_ASPECT_PLANE_0_BIT,
		.mtlTexture = (void *)image_object(&gpu, first),
	};
	VkImageCreateInfo shared = info;
	shared.pNext = &import;
	assert_vk(vkCreateImage(gpu.device, &shared, NULL, &image));
	assert_ptr_equal(surface_object(&gpu, image), surface);
	assert_reported(&gpu, NULL);
	check_pixels(&gpu, image, surface, info.format);
	vkDestroyImage(gpu.device, first, NULL);
	check_pixels(&gpu, image, surface, info.format);
	vkDestroyImage(gpu.device, image, NULL);
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);

	/* One that is over none. */
	const struct tongs_texture_info plain_info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, WIDTH, HEIGHT);
	struct tongs_texture *plain = metal_new_texture(&gpu, device_object(&gpu), &plain_info);
	VkImportMetalTextureInfoEXT plain_import = import;
	plain_import.mtlTexture = (void *)plain;
	shared.tiling = VK_IMAGE_TILING_OPTIMAL;
	shared.pNext = &plain_import;
	if (has_unified_memory(&gpu)) {
		assert_vk(vkCreateImage(gpu.device, &shared, NULL, &image));
		assert_null(surface_object(&gpu, image));
		assert_reported(&gpu, "TONGS-metal-surface");
		vkDestroyImage(gpu.device, image, NULL);
	}
	tongs_texture_unref(plain);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_and_imported_surfaces),
		cmocka_unit_test(surface_with_default_pitch),
		cmocka_unit_test(memory_of_the_program),
		cmocka_unit_test(view_01020_of_an_image_without_memory),
		cmocka_unit_test(first_views_of_two_threads),
		cmocka_unit_test(surface_outlives_vulkan),
		cmocka_unit_test(surface_of_an_imported_texture),
	};
	return cmocka_run_group_tests_name("layer: images that are surfaces", tests, NULL, NULL);
}
