/* SPDX-License-Identifier: MIT */
/* Texture views: their contents, their properties, and which are refused. */
#include "open_device.h"
#include "shadow.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"

/* NULL for a format that the driver may lack. */
static struct tongs_texture *new_texture(MTLTextureType type, MTLPixelFormat format, NSUInteger array_length) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, 22, 22);
	info.type = type;
	info.array_length = array_length;
	info.depth = type == MTLTextureType3D ? 9 : 1;
	info.usage = MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView;
	if (type == MTLTextureType2DMultisample)
		info.sample_count = 4;
	else if (type == MTLTextureType1DArray)
		info.height = 1;
	else
		info.mipmap_level_count = 4;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	if (tongs_format_from_metal(format)->kind == TONGS_FORMAT_COLOR)
		assert_non_null(texture);
	else
		assert_int_equal(messages_take(), texture ? 0 : 1);
	return texture;
}

static struct tongs_texture *new_view(struct tongs_texture *texture, MTLPixelFormat format, MTLTextureType type,
	NSUInteger first_level, NSUInteger levels, NSUInteger first_slice, NSUInteger slices) {
	return tongs_texture_new_view(
		texture, format, type, first_level, levels, first_slice, slices, MTLTextureSwizzleChannelsDefault);
}

/* The view shows what the parent has, and writes through to it. */
static void compare(struct shadow *parent, struct tongs_texture *texture, uint32_t *random) {
	struct shadow view;
	const NSUInteger level = tongs_texture_get_parent_relative_level(texture);
	const NSUInteger slice = tongs_texture_get_parent_relative_slice(texture);
	shadow_init(&view, texture);
	shadow_fill(parent, random);
	shadow_copy_from_parent(&view, parent, level, slice);
	shadow_check(&view);
	shadow_replace(&view, random);
	shadow_check_box(&view, random);
	shadow_copy_to_parent(parent, &view, level, slice);
	shadow_check(parent);
	shadow_finish(&view);
}

static void views_show_their_part(void **state) {
	(void)state;
	static const struct {
		MTLTextureType type;
		MTLPixelFormat format;
		NSUInteger array_length;
		MTLTextureType view_type;
		MTLPixelFormat view_format;
		NSUInteger level, levels, slice, slices;
		bool whole;
	} rows[] = {
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 71, 0, 4, 0, 1, true},
		{MTLTextureType2D, 70, 1, MTLTextureType2DArray, 73, 0, 4, 0, 1, true},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 55, 1, 3, 0, 1, false},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 3, 1, 0, 1, false},
		{MTLTextureType2DArray, 10, 8, MTLTextureType2D, 10, 0, 4, 5, 1, false},
		{MTLTextureType2DArray, 10, 8, MTLTextureTypeCube, 10, 1, 2, 2, 6, false},
		{MTLTextureType2DArray, 10, 12, MTLTextureTypeCubeArray, 13, 0, 4, 0, 12, true},
		{MTLTextureTypeCube, 115, 1, MTLTextureType2DArray, 113, 0, 4, 0, 6, true},
		{MTLTextureTypeCube, 115, 1, MTLTextureType2D, 115, 0, 1, 3, 1, false},
		{MTLTextureTypeCubeArray, 25, 2, MTLTextureTypeCube, 25, 1, 1, 6, 6, false},
		{MTLTextureType3D, 25, 1, MTLTextureType3D, 23, 1, 2, 0, 1, false},
		{MTLTextureType1DArray, 25, 5, MTLTextureType1D, 20, 0, 1, 4, 1, false},
		{MTLTextureType2DArray, 252, 8, MTLTextureTypeCube, 252, 1, 3, 1, 6, false},
		{MTLTextureType2DArray, 260, 3, MTLTextureType2D, 260, 2, 1, 2, 1, false},
		{MTLTextureType2DArray, 130, 3, MTLTextureType2D, 131, 1, 2, 2, 1, false},
	};
	uint32_t random = 31;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct shadow parent;
		struct tongs_texture *texture = new_texture(rows[i].type, rows[i].format, rows[i].array_length);
		if (!texture)
			continue;
		shadow_init(&parent, texture);
		struct tongs_texture *view = new_view(parent.texture, rows[i].view_format, rows[i].view_type,
			rows[i].level, rows[i].levels, rows[i].slice, rows[i].slices);
		assert_non_null(view);
		struct tongs_texture_info info;
		tongs_texture_get_info(view, &info);
		const MTLSize size = tongs_texture_info_get_level_size(&parent.info, rows[i].level);
		assert_int_equal(info.type, rows[i].view_type);
		assert_int_equal(info.pixel_format, rows[i].view_format);
		assert_int_equal(info.width, size.width);
		assert_int_equal(info.height, size.height);
		assert_int_equal(info.depth, size.depth);
		assert_int_equal(info.mipmap_level_count, rows[i].levels);
		assert_int_equal(tongs_texture_info_get_slice_count(&info), rows[i].slices);
		assert_int_equal(info.usage, parent.info.usage);
		assert_int_equal(info.resource_options, parent.info.resource_options);
		assert_ptr_equal(tongs_texture_get_parent(view), parent.texture);
		assert_ptr_equal(tongs_texture_get_root_resource(view), parent.texture);
		assert_int_equal(tongs_texture_get_parent_relative_level(view), rows[i].level);
		assert_int_equal(tongs_texture_get_parent_relative_slice(view), rows[i].slice);

		struct tongs_image_shape shape, parent_shape;
		const struct tongs_texture_layout *layout, *parent_layout;
		bool whole = tongs_interop_get_texture_image(view, &shape, &layout);
		assert_int_equal(whole, rows[i].whole);
		if (whole) {
			assert_true(tongs_interop_get_texture_image(parent.texture, &parent_shape, &parent_layout));
			assert_ptr_equal(layout, parent_layout);
			assert_int_equal(shape.format, tongs_format_to_vk(rows[i].view_format));
			parent_shape.format = shape.format;
			assert_memory_equal(&shape, &parent_shape, sizeof(shape));
		}
		compare(&parent, view, &random);

		/* The view keeps its parent alive. */
		tongs_texture_unref(parent.texture);
		assert_int_equal(tongs_handle_kind(parent.texture), TONGS_KIND_TEXTURE);
		shadow_check(&parent);
		tongs_texture_unref(view);
		assert_int_equal(tongs_handle_kind(parent.texture), TONGS_KIND_NONE);
		shadow_finish(&parent);
	}
}

static void views_of_views(void **state) {
	(void)state;
	uint32_t random = 8;
	struct shadow root, deep;
	shadow_init(&root, new_texture(MTLTextureType2DArray, MTLPixelFormatRGBA8Unorm, 9));
	struct tongs_texture *middle = new_view(root.texture, MTLPixelFormatRGBA8Uint, MTLTextureTypeCube, 1, 3, 2, 6);
	struct tongs_texture *view = new_view(middle, MTLPixelFormatR32Float, MTLTextureType2D, 1, 2, 4, 1);
	assert_non_null(view);
	tongs_texture_unref(middle);
	assert_ptr_equal(tongs_texture_get_parent(view), middle);
	assert_ptr_equal(tongs_texture_get_root_resource(view), root.texture);
	assert_int_equal(tongs_texture_get_parent_relative_level(view), 1);
	assert_int_equal(tongs_texture_get_parent_relative_slice(view), 4);
	shadow_fill(&root, &random);
	shadow_init(&deep, view);
	shadow_copy_from_parent(&deep, &root, 2, 6);
	shadow_check(&deep);
	shadow_finish(&deep);
	shadow_finish(&root);
	tongs_texture_unref(root.texture);
	tongs_texture_unref(view);
	assert_int_equal(tongs_handle_kind(root.texture), TONGS_KIND_NONE);
}

static void swizzles_are_kept(void **state) {
	(void)state;
	struct tongs_texture *texture = new_texture(MTLTextureType2D, MTLPixelFormatRGBA8Unorm, 1);
	const MTLTextureSwizzleChannels turned = MTLTextureSwizzleChannelsMake(
		MTLTextureSwizzleBlue, MTLTextureSwizzleZero, MTLTextureSwizzleOne, MTLTextureSwizzleRed);
	struct tongs_texture_info info;
	struct tongs_texture *view =
		tongs_texture_new_view(texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 4, 0, 1, turned);
	tongs_texture_get_info(view, &info);
	assert_memory_equal(&info.swizzle, &turned, sizeof(turned));
	/* Bytes are bytes: only shaders see the swizzle. */
	uint32_t texel = 0x04030201, read = 0;
	assert_true(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 1, 1), 0, 0, &texel, 4, 0));
	assert_true(tongs_texture_get_bytes(view, &read, 4, 0, MTLRegionMake2D(0, 0, 1, 1), 0, 0));
	assert_int_equal(read, texel);
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
}

static void bad_views_are_refused(void **state) {
	(void)state;
	enum { LEVELS = 4 };
	static const struct {
		MTLTextureType type;
		MTLPixelFormat format;
		NSUInteger array_length;
		MTLTextureType view_type;
		MTLPixelFormat view_format;
		NSUInteger level, levels, slice, slices;
		const char *message;
	} rows[] = {
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 0, 0, 4, 0, 1, "pixelFormat 0"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 3, 0, 4, 0, 1, "pixelFormat 3"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, UINTPTR_MAX, 0, 4, 0, 1, "pixelFormat"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 115, 0, 4, 0, 1, "RGBA16Float"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 252, 0, 4, 0, 1, "Depth32Float"},
		{MTLTextureType2D, 252, 1, MTLTextureType2D, 55, 0, 4, 0, 1, "R32Float"},
		{MTLTextureType2D, 130, 1, MTLTextureType2D, 103, 0, 4, 0, 1, "RG32Uint"},
		{MTLTextureType2D, 130, 1, MTLTextureType2D, 140, 0, 4, 0, 1, "BC4_RUnorm"},
		{MTLTextureType2D, 260, 1, MTLTextureType2D, 262, 0, 4, 0, 1, "X24_Stencil8"},
		{MTLTextureType2D, 260, 1, MTLTextureType2D, 253, 0, 4, 0, 1, "Stencil8"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 0, 0, 0, 1, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 0, 5, 0, 1, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 4, 1, 0, 1, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 1, UINTPTR_MAX, 0, 1, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 0, 4, 1, 1, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2D, 70, 0, 4, 0, 0, "range"},
		{MTLTextureType2D, 70, 1, MTLTextureType2DArray, 70, 0, 4, 0, 2, "range"},
		{MTLTextureType2DArray, 70, 8, MTLTextureTypeCube, 70, 0, 4, 3, 6, "range"},
		{MTLTextureType3D, 70, 1, MTLTextureType3D, 70, 0, 4, 0, 9, "range"},
		{MTLTextureType2DArray, 70, 8, MTLTextureType2D, 70, 0, 4, 0, 2, "slices must be"},
		{MTLTextureType2DArray, 70, 8, MTLTextureTypeCube, 70, 0, 4, 0, 5, "slices must be"},
		{MTLTextureType2DArray, 70, 8, MTLTextureTypeCubeArray, 70, 0, 4, 0, 8, "slices must be"},
		{MTLTextureType2D, 70, 1, MTLTextureTypeCube, 70, 0, 4, 0, 1, "slices must be"},
		{MTLTextureType2D, 70, 1, MTLTextureType3D, 70, 0, 4, 0, 1, "dimensions"},
		{MTLTextureType3D, 70, 1, MTLTextureType2D, 70, 0, 4, 0, 1, "dimensions"},
		{MTLTextureType2D, 70, 1, MTLTextureType1D, 70, 0, 4, 0, 1, "dimensions"},
		{MTLTextureType2D, 70, 1, MTLTextureType2DMultisample, 70, 0, 4, 0, 1, "dimensions"},
		{MTLTextureType2D, 70, 1, MTLTextureTypeTextureBuffer, 70, 0, 4, 0, 1, "dimensions"},
		{MTLTextureType1DArray, 70, 5, MTLTextureTypeTextureBuffer, 70, 0, 1, 0, 1, "dimensions"},
		{MTLTextureType2DMultisample, 70, 1, MTLTextureType2D, 70, 0, 1, 0, 1, "dimensions"},
		{MTLTextureType2D, 70, 1, 10, 70, 0, 4, 0, 1, "not an MTLTextureType"},
		{MTLTextureType2D, 70, 1, UINTPTR_MAX, 70, 0, 4, 0, 1, "not an MTLTextureType"},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_texture *texture = new_texture(rows[i].type, rows[i].format, rows[i].array_length);
		if (!texture)
			continue;
		assert_null(new_view(texture, rows[i].view_format, rows[i].view_type, rows[i].level, rows[i].levels,
			rows[i].slice, rows[i].slices));
		messages_expect(rows[i].message);
		tongs_texture_unref(texture);
	}
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 4);
	info.type = MTLTextureType2DArray;
	info.array_length = 6;
	struct tongs_texture *plain = tongs_device_new_texture(device, &info);
	assert_null(new_view(plain, MTLPixelFormatRGBA8Uint, MTLTextureType2DArray, 0, 1, 0, 6));
	messages_expect("MTLTextureUsagePixelFormatView");
	assert_null(new_view(plain, MTLPixelFormatRGBA8Unorm, MTLTextureTypeCube, 0, 1, 0, 6));
	messages_expect("as wide as high");
	MTLTextureSwizzleChannels wrong = MTLTextureSwizzleChannelsDefault;
	wrong.blue = 6;
	assert_null(tongs_texture_new_view(plain, MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, 0, 1, 0, 6, wrong));
	messages_expect("swizzle");
	struct tongs_texture *srgb_view =
		new_view(plain, MTLPixelFormatRGBA8Unorm_sRGB, MTLTextureType2DArray, 0, 1, 0, 6);
	assert_non_null(srgb_view);
	tongs_texture_unref(plain);
	tongs_texture_unref(srgb_view);
}

/* A view has the place, the state and the texels of what it shows, but a label of its own. */
static void views_share_the_resource(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, 64, 64);
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.resource_options = MTLResourceStorageModeShared;
	const MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
	heap_info.size = 2 * (need.size + need.align);
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	struct tongs_texture *texture = tongs_heap_new_texture(heap, &info);
	struct tongs_texture *other = tongs_heap_new_texture(heap, &info);
	const NSUInteger used = tongs_heap_get_used_size(heap);
	struct tongs_texture *view = new_view(other, MTLPixelFormatR8Unorm, MTLTextureType2D, 0, 1, 0, 1);
	struct tongs_resource *resource = tongs_texture_get_resource(view);
	struct tongs_resource *parent = tongs_texture_get_resource(other);
	assert_int_equal(tongs_heap_get_used_size(heap), used);
	assert_ptr_equal(tongs_resource_get_heap(resource), heap);
	assert_int_equal(tongs_resource_get_heap_offset(resource), tongs_resource_get_heap_offset(parent));
	assert_int_equal(tongs_resource_get_allocated_size(resource), tongs_resource_get_allocated_size(parent));
	assert_false(tongs_resource_is_aliasable(resource));
	tongs_resource_set_label(resource, "view");
	assert_null(tongs_resource_get_label(parent));
	tongs_resource_set_purgeable_state(resource, MTLPurgeableStateVolatile);
	assert_int_equal(
		tongs_resource_set_purgeable_state(parent, MTLPurgeableStateKeepCurrent), MTLPurgeableStateVolatile);
	tongs_texture_unref(other);
	assert_int_equal(tongs_heap_get_used_size(heap), used);
	tongs_resource_make_aliasable(resource);
	assert_true(tongs_resource_is_aliasable(resource));
	assert_int_equal(tongs_heap_get_used_size(heap), used / 2);
	tongs_texture_unref(view);
	assert_int_equal(tongs_heap_get_used_size(heap), used / 2);
	tongs_texture_unref(texture);
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	tongs_heap_unref(heap);
}

static void views_of_textures_over_buffers(void **state) {
	(void)state;
	const NSUInteger align = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	const NSUInteger pitch = (8 * 4 + align - 1) / align * align;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 4);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, align + 4 * pitch, 0);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, align, pitch);
	struct tongs_texture *view = new_view(texture, MTLPixelFormatRGBA8Unorm_sRGB, MTLTextureType2D, 0, 1, 0, 1);
	assert_non_null(view);
	assert_ptr_equal(tongs_texture_get_root_resource(view), buffer);
	assert_ptr_equal(tongs_texture_get_root_resource(texture), buffer);
	assert_ptr_equal(tongs_texture_get_buffer(view), buffer);
	assert_int_equal(tongs_texture_get_buffer_offset(view), align);
	assert_int_equal(tongs_texture_get_buffer_bytes_per_row(view), pitch);
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	assert_true(tongs_interop_get_texture_image(view, &shape, &layout));
	assert_int_equal(shape.format, VK_FORMAT_R8G8B8A8_SRGB);
	assert_int_equal(layout->levels[0].rowPitch, pitch);
	const uint32_t texel = 0x12345678;
	assert_true(tongs_texture_replace_region(view, MTLRegionMake2D(3, 2, 1, 1), 0, 0, &texel, 4, 0));
	assert_memory_equal((char *)tongs_buffer_get_contents(buffer) + align + 2 * pitch + 12, &texel, 4);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
	tongs_texture_unref(view);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
}

static void fails_without_memory(void **state) {
	(void)state;
	struct tongs_texture *texture = new_texture(MTLTextureType2D, MTLPixelFormatRGBA8Unorm, 1), *view = NULL;
	uint64_t countdown = 0;
	for (; !view; countdown++) {
		assert_true(countdown < 20);
		tongs_alloc_fail_after(countdown);
		view = new_view(texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 4, 0, 1);
		tongs_alloc_fail_after(UINT64_MAX);
		assert_int_equal(messages_take(), view ? 0 : 1);
	}
	assert_true(countdown > 1);
	tongs_texture_unref(texture);
	tongs_texture_unref(view);
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
}

enum { ROW = 100000, SMALL_STACK = 256 << 10 };

static void *release(void *texture) {
	tongs_texture_unref(texture);
	return NULL;
}

static void release_with_a_small_stack(struct tongs_texture *texture) {
	pthread_attr_t attributes;
	pthread_t thread;
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
	assert_int_equal(pthread_create(&thread, &attributes, release, texture), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
}

/* Each view references the one before, so the last keeps all alive. Releasing it stops at one that is retained
 * elsewhere. */
static void a_long_row_of_views(void **state) {
	(void)state;
	const size_t objects = tongs_interop_count_objects();
	struct tongs_texture *texture = new_texture(MTLTextureType2D, MTLPixelFormatRGBA8Unorm, 1), *middle = NULL;
	for (size_t i = 0; i < ROW; i++) {
		struct tongs_texture *view = new_view(texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 4, 0, 1);
		assert_non_null(view);
		tongs_texture_unref(texture);
		texture = view;
		if (i == ROW / 2)
			middle = tongs_texture_ref(view);
	}
	assert_int_equal(tongs_interop_count_objects(), objects + ROW + 1);
	release_with_a_small_stack(texture);
	assert_int_equal(tongs_interop_count_objects(), objects + ROW / 2 + 2);
	release_with_a_small_stack(middle);
	assert_int_equal(tongs_interop_count_objects(), objects);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(views_show_their_part),
		CASE(views_of_views),
		CASE(a_long_row_of_views),
		CASE(swizzles_are_kept),
		CASE(bad_views_are_refused),
		CASE(views_share_the_resource),
		CASE(views_of_textures_over_buffers),
		CASE(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, open_default_device, close_device);
}
