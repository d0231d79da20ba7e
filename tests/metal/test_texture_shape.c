/* SPDX-License-Identifier: MIT */
/* Texture descriptors: which are refused and why, and how Metal's and Vulkan's descriptions of a shape correspond. */
#include "open_device.h"

#include <string.h>

#include "metal/texture_shape.h"

/* An 8 x 8 texture of RGBA8Unorm of the type, with up to three properties changed: where they are, and to what. */
#define F(field) offsetof(struct tongs_texture_info, field)
static const struct {
	MTLTextureType type;
	struct {
		size_t offset;
		NSUInteger value;
	} changes[3];
	const char *message;
} bad[] = {
	{10, {{0, 0}}, "textureType is not an"},
	{UINTPTR_MAX, {{0, 0}}, "textureType is not an"},
	{MTLTextureType2D, {{F(pixel_format), MTLPixelFormatInvalid}}, "not an MTLPixelFormat"},
	{MTLTextureType2D, {{F(pixel_format), 3}}, "not an MTLPixelFormat"},
	{MTLTextureType2D, {{F(pixel_format), UINTPTR_MAX}}, "not an MTLPixelFormat"},
	{MTLTextureType2D, {{F(pixel_format), MTLPixelFormatBGR10_XR}}, "no Vulkan equivalent"},
	{MTLTextureType2D, {{F(pixel_format), MTLPixelFormatX32_Stencil8}}, "no Vulkan equivalent"},
	{MTLTextureType2D, {{F(width), 0}}, "between 1 and"},
	{MTLTextureType2D, {{F(height), 0}}, "between 1 and"},
	{MTLTextureType2D, {{F(width), (NSUInteger)1 << 32 | 8}}, "between 1 and"},
	{MTLTextureType2D, {{F(height), UINTPTR_MAX}}, "between 1 and"},
	{MTLTextureType3D, {{F(depth), 0}}, "between 1 and"},
	{MTLTextureType3D, {{F(depth), 1 << 20}}, "between 1 and"},
	{MTLTextureType2D, {{F(depth), 2}}, "depth must be 1"},
	{MTLTextureType2D, {{F(depth), 0}}, "depth must be 1"},
	{MTLTextureTypeCube, {{F(depth), 2}}, "depth must be 1"},
	{MTLTextureType1D, {{0, 0}}, "height of a one-dimensional"},
	{MTLTextureType1DArray, {{F(array_length), 2}}, "height of a one-dimensional"},
	{MTLTextureTypeTextureBuffer, {{0, 0}}, "height of a one-dimensional"},
	{MTLTextureType1D, {{F(height), 1}, {F(depth), 2}}, "depth must be 1"},
	{MTLTextureType1D, {{F(height), 1}, {F(mipmap_level_count), 2}}, "mipmapLevelCount of a one-dimensional"},
	{MTLTextureTypeTextureBuffer, {{F(height), 1}, {F(mipmap_level_count), 2}},
		"mipmapLevelCount of a one-dimensional"},
	{MTLTextureTypeCube, {{F(height), 4}}, "width and height of a cube"},
	{MTLTextureTypeCubeArray, {{F(width), 4}, {F(array_length), 2}}, "width and height of a cube"},
	{MTLTextureType2D, {{F(array_length), 2}}, "arrayLength must be 1"},
	{MTLTextureType2D, {{F(array_length), 0}}, "arrayLength must be 1"},
	{MTLTextureTypeCube, {{F(array_length), 6}}, "arrayLength must be 1"},
	{MTLTextureType3D, {{F(array_length), 2}}, "arrayLength must be 1"},
	{MTLTextureType2DArray, {{F(array_length), 0}}, "arrayLength 0"},
	{MTLTextureType2DArray, {{F(array_length), 1 << 20}}, "arrayLength 1048576"},
	{MTLTextureTypeCubeArray, {{F(array_length), UINTPTR_MAX}}, "arrayLength"},
	{MTLTextureTypeCubeArray, {{F(array_length), UINTPTR_MAX / 6 + 2}}, "arrayLength"},
	{MTLTextureType2D, {{F(mipmap_level_count), 0}}, "mipmapLevelCount must be"},
	{MTLTextureType2D, {{F(mipmap_level_count), 5}}, "mipmapLevelCount must be"},
	{MTLTextureType2D, {{F(mipmap_level_count), UINTPTR_MAX}}, "mipmapLevelCount must be"},
	{MTLTextureType3D, {{F(depth), 16}, {F(mipmap_level_count), 6}}, "mipmapLevelCount must be"},
	{MTLTextureType2D, {{F(sample_count), 4}}, "sampleCount must be 1"},
	{MTLTextureType2D, {{F(sample_count), 0}}, "sampleCount must be 1"},
	{MTLTextureType2DMultisample, {{F(sample_count), 0}}, "sampleCount must be 1, or"},
	{MTLTextureType2DMultisample, {{0, 0}}, "sampleCount must be 1, or"},
	{MTLTextureType2DMultisample, {{F(sample_count), 3}}, "sampleCount 3"},
	{MTLTextureType2DMultisample, {{F(sample_count), 16}}, "sampleCount 16"},
	{MTLTextureType2DMultisample, {{F(sample_count), UINTPTR_MAX}}, "sampleCount"},
	{MTLTextureType2DMultisample, {{F(sample_count), 4}, {F(mipmap_level_count), 2}},
		"mipmapLevelCount of a multisampled"},
	{MTLTextureType2DMultisample, {{F(sample_count), 4}, {F(pixel_format), MTLPixelFormatBC1_RGBA}}, "compressed"},
	{MTLTextureType1D, {{F(height), 1}, {F(pixel_format), MTLPixelFormatBC1_RGBA}}, "compressed"},
	{MTLTextureType1D, {{F(height), 1}, {F(pixel_format), MTLPixelFormatDepth32Float}}, "depth or stencil"},
	{MTLTextureType3D, {{F(pixel_format), MTLPixelFormatDepth16Unorm}}, "depth or stencil"},
	{MTLTextureTypeTextureBuffer, {{F(height), 1}, {F(pixel_format), MTLPixelFormatStencil8}}, "depth or stencil"},
	{MTLTextureTypeTextureBuffer, {{F(height), 1}, {F(pixel_format), MTLPixelFormatBC1_RGBA}}, "compressed"},
	{MTLTextureType2D, {{F(width), 7}, {F(pixel_format), MTLPixelFormatGBGR422}}, "width must be even"},
	{MTLTextureType2D, {{F(mipmap_level_count), 2}, {F(pixel_format), MTLPixelFormatBGRG422}}, "subsampled"},
	{MTLTextureType2DArray, {{F(array_length), 2}, {F(pixel_format), MTLPixelFormatGBGR422}}, "subsampled"},
	{MTLTextureType2D, {{F(resource_options), MTLResourceStorageModeMemoryless}}, "Memoryless"},
	{MTLTextureType2D, {{F(resource_options), 0x5000}}, "MTLResourceOptions"},
};

static struct tongs_texture_info make_bad(size_t row) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 8);
	for (size_t i = 0; i < LENGTH(bad[row].changes); i++)
		if (bad[row].changes[i].offset)
			memcpy((char *)&info + bad[row].changes[i].offset, &bad[row].changes[i].value,
				sizeof(NSUInteger));
	info.type = bad[row].type;
	return info;
}

static void expect_refused(struct tongs_heap *heap, struct tongs_buffer *buffer, const struct tongs_texture_info *info,
	const char *message) {
	assert_null(tongs_device_new_texture(device, info));
	messages_expect(message);
	assert_null(tongs_heap_new_texture(heap, info));
	messages_expect(message);
	assert_null(tongs_buffer_new_texture(buffer, info, 0, 4096));
	messages_expect(message);
	MTLSizeAndAlign none = tongs_device_get_heap_texture_size_and_align(device, info);
	assert_true(none.size == 0 && none.align == 0);
	messages_expect(message);
}

static void bad_descriptors_are_refused(void **state) {
	(void)state;
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.size = 65536;
	heap_info.resource_options = MTLResourceStorageModeShared;
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 65536, 0);
	const NSUInteger allocated = tongs_device_get_current_allocated_size(device);
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct tongs_texture_info info = make_bad(i);
		expect_refused(heap, buffer, &info, bad[i].message);
	}
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 8);
	info.swizzle.green = 6;
	expect_refused(heap, buffer, &info, "swizzle");
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	assert_int_equal(tongs_device_get_current_allocated_size(device), allocated);
	tongs_buffer_unref(buffer);
	tongs_heap_unref(heap);
}

static void buffers_take_rows_alone(void **state) {
	(void)state;
	static const struct {
		MTLTextureType type;
		MTLPixelFormat format;
		NSUInteger levels;
		const char *message;
	} rows[] = {
		{MTLTextureType2DArray, MTLPixelFormatR8Unorm, 1, "textureType 2DArray"},
		{MTLTextureTypeCube, MTLPixelFormatR8Unorm, 1, "textureType Cube"},
		{MTLTextureType3D, MTLPixelFormatR8Unorm, 1, "textureType 3D"},
		{MTLTextureType2D, MTLPixelFormatR8Unorm, 2, "2 levels"},
		{MTLTextureType2D, MTLPixelFormatBC1_RGBA, 1, "BC1_RGBA: a texture over a buffer must"},
		{MTLTextureType2D, MTLPixelFormatDepth32Float, 1, "Depth32Float: a texture over a buffer must"},
	};
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 65536, 0);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_texture_info info = tongs_texture_info_2d(rows[i].format, 8, 8);
		info.type = rows[i].type;
		info.mipmap_level_count = rows[i].levels;
		assert_null(tongs_buffer_new_texture(buffer, &info, 0, 4096));
		messages_expect(rows[i].message);
	}
	tongs_buffer_unref(buffer);
}

static void texture_buffers_are_rows_of_buffers(void **state) {
	(void)state;
	const NSUInteger align = tongs_device_get_minimum_texture_buffer_alignment(device, MTLPixelFormatR32Uint);
	struct tongs_texture_info info = tongs_texture_info_buffer(MTLPixelFormatR32Uint, 100);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, align + 400, 0);
	uint32_t *contents = tongs_buffer_get_contents(buffer), texels[100];
	for (uint32_t i = 0; i < 100; i++)
		contents[align / 4 + i] = i * i;
	/* The pitch of a single row has no alignment. */
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, align, 400);
	assert_non_null(texture);
	assert_true(tongs_texture_get_bytes(texture, texels, 0, 0, MTLRegionMake1D(0, 100), 0, 0));
	assert_memory_equal(texels, contents + align / 4, 400);
	const uint32_t mark = 77;
	assert_true(tongs_texture_replace_region(texture, MTLRegionMake1D(99, 1), 0, 0, &mark, 4, 0));
	assert_int_equal(contents[align / 4 + 99], 77);
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	assert_false(tongs_interop_get_texture_image(texture, &shape, &layout));
	tongs_texture_unref(texture);

	assert_null(tongs_buffer_new_texture(buffer, &info, align / 2, 400));
	messages_expect("minimumTextureBufferAlignmentForPixelFormat:");
	assert_null(tongs_buffer_new_texture(buffer, &info, align, 399));
	messages_expect("is less than the");
	assert_null(tongs_buffer_new_texture(buffer, &info, 2 * align, 400));
	messages_expect("exceed");
	tongs_buffer_unref(buffer);
}

static void constructors_fill_in(void **state) {
	(void)state;
	static const struct {
		NSUInteger width, height, depth, levels;
	} rows[] = {{1, 1, 1, 1}, {2, 1, 1, 2}, {3, 2, 1, 2}, {4, 4, 1, 3}, {255, 256, 1, 9}, {5, 5, 64, 7},
		{16384, 1, 1, 15}};
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		info.width = rows[i].width;
		info.height = rows[i].height;
		info.depth = rows[i].depth;
		assert_int_equal(tongs_texture_info_get_max_mipmap_level_count(&info), rows[i].levels);
	}
	info = tongs_texture_info_cube(MTLPixelFormatR8Unorm, 12);
	assert_true(info.type == MTLTextureTypeCube && info.width == 12 && info.height == 12);
	assert_true(info.pixel_format == MTLPixelFormatR8Unorm && info.array_length == 1 && info.depth == 1);
	info = tongs_texture_info_buffer(MTLPixelFormatR8Unorm, 12);
	assert_true(info.type == MTLTextureTypeTextureBuffer && info.width == 12 && info.height == 1);
}

static const struct {
	MTLTextureType type;
	NSUInteger array_length, samples;
	VkImageType image_type;
	uint32_t height, depth, layers;
	VkImageCreateFlags flags;
} images[] = {
	{MTLTextureType1D, 1, 1, VK_IMAGE_TYPE_1D, 1, 1, 1, 0},
	{MTLTextureType1DArray, 3, 1, VK_IMAGE_TYPE_1D, 1, 1, 3, 0},
	{MTLTextureType2D, 1, 1, VK_IMAGE_TYPE_2D, 16, 1, 1, 0},
	{MTLTextureType2DArray, 6, 1, VK_IMAGE_TYPE_2D, 16, 1, 6, 0},
	{MTLTextureType2DArray, 7, 1, VK_IMAGE_TYPE_2D, 16, 1, 7, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{MTLTextureType2DMultisample, 1, 4, VK_IMAGE_TYPE_2D, 16, 1, 1, 0},
	{MTLTextureType2DMultisampleArray, 6, 8, VK_IMAGE_TYPE_2D, 16, 1, 6, 0},
	{MTLTextureTypeCube, 1, 1, VK_IMAGE_TYPE_2D, 16, 1, 6, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{MTLTextureTypeCubeArray, 3, 1, VK_IMAGE_TYPE_2D, 16, 1, 18, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{MTLTextureType3D, 1, 1, VK_IMAGE_TYPE_3D, 16, 5, 1, VK_IMAGE_CREATE_2D_ARRAY_COMPATIBLE_BIT},
};

static void both_words_for_a_shape(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(images); i++) {
		const VkImageCreateInfo image = {
			.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
			.flags = images[i].flags,
			.imageType = images[i].image_type,
			.format = VK_FORMAT_B8G8R8A8_SRGB,
			.extent = {16, images[i].height, images[i].depth},
			.mipLevels = 1,
			.arrayLayers = images[i].layers,
			.samples = (VkSampleCountFlagBits)images[i].samples,
		};
		struct tongs_texture_info info;
		struct tongs_image_shape shape;
		tongs_texture_info_from_image(&image, &info);
		assert_int_equal(info.type, images[i].type);
		assert_int_equal(info.pixel_format, MTLPixelFormatBGRA8Unorm_sRGB);
		assert_int_equal(info.array_length, images[i].array_length);
		assert_int_equal(info.sample_count, images[i].samples);
		assert_int_equal(info.width, 16);
		assert_int_equal(info.height, images[i].height);
		assert_int_equal(info.depth, images[i].depth);
		assert_true(tongs_texture_info_get_shape(&info, &shape));
		assert_int_equal(shape.format, image.format);
		assert_int_equal(shape.type, image.imageType);
		assert_memory_equal(&shape.extent, &image.extent, sizeof(shape.extent));
		assert_int_equal(shape.levels, 1);
		assert_int_equal(shape.layers, image.arrayLayers);
		assert_int_equal(shape.samples, image.samples);
		assert_int_equal(shape.tiling, VK_IMAGE_TILING_OPTIMAL);
		assert_int_equal(tongs_texture_info_get_image_flags(&info),
			info.type == MTLTextureTypeCube || info.type == MTLTextureTypeCubeArray
				? VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT
				: 0);
	}
}

static void usage_of_an_image(void **state) {
	(void)state;
	static const struct {
		VkFormat format;
		VkImageUsageFlags usage;
		VkImageCreateFlags flags;
		MTLTextureUsage wanted;
	} rows[] = {
		{VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_SAMPLED_BIT, 0, MTLTextureUsageShaderRead},
		{VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_TRANSFER_SRC_BIT, 0, MTLTextureUsageShaderRead},
		{VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_TRANSFER_DST_BIT, 0, MTLTextureUsageUnknown},
		{VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_STORAGE_BIT, 0,
			MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite},
		{VK_FORMAT_R8_UNORM, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT, VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
			MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView},
		{VK_FORMAT_D32_SFLOAT, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, 0, MTLTextureUsageRenderTarget},
		{VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT, 0,
			MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const VkImageCreateInfo image = {
			.flags = rows[i].flags,
			.imageType = VK_IMAGE_TYPE_2D,
			.format = rows[i].format,
			.extent = {1, 1, 1},
			.mipLevels = 1,
			.arrayLayers = 1,
			.samples = VK_SAMPLE_COUNT_1_BIT,
			.usage = rows[i].usage,
		};
		struct tongs_texture_info info;
		tongs_texture_info_from_image(&image, &info);
		assert_int_equal(info.usage, rows[i].wanted);
	}
}

static void what_no_image_can_be(void **state) {
	(void)state;
	struct tongs_image_shape shape;
	struct tongs_texture_info info = tongs_texture_info_buffer(MTLPixelFormatR8Unorm, 4);
	assert_false(tongs_texture_info_get_shape(&info, &shape));
	info = tongs_texture_info_2d(MTLPixelFormatBGR10_XR, 4, 4);
	assert_false(tongs_texture_info_get_shape(&info, &shape));
	info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, (NSUInteger)1 << 32 | 4, 4);
	assert_false(tongs_texture_info_get_shape(&info, &shape));
	info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, 4, 4);
	info.type = 99;
	assert_false(tongs_texture_info_get_shape(&info, &shape));
	const VkImageCreateInfo planes = {
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_G8_B8R8_2PLANE_420_UNORM,
		.extent = {4, 4, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
	};
	tongs_texture_info_from_image(&planes, &info);
	assert_int_equal(info.pixel_format, MTLPixelFormatInvalid);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(bad_descriptors_are_refused),
		CASE(buffers_take_rows_alone),
		CASE(texture_buffers_are_rows_of_buffers),
		CASE(constructors_fill_in),
		CASE(both_words_for_a_shape),
		CASE(usage_of_an_image),
		CASE(what_no_image_can_be),
	};
	return cmocka_run_group_tests(tests, open_default_device, close_device);
}
