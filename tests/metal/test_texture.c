/* SPDX-License-Identifier: MIT */
/* Textures on the default Vulkan device: texels in and out, over buffers, in heaps, and what is refused. */
#include "open_device.h"

#include <stdlib.h>
#include <string.h>

#include "metal/texture_shape.h"
#include "util/alloc.h"
#include "memory/payload.h"
#include "format/format.h"

static struct tongs_texture *new_rgba8(NSUInteger width, NSUInteger height) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, width, height);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_non_null(texture);
	return texture;
}

/* A texel's value encodes its position. */
static uint32_t texel(NSUInteger x, NSUInteger y) {
	return (uint32_t)(x | y << 16 | 0x5a005a00);
}

static void fill(struct tongs_texture *texture) {
	NSUInteger width = tongs_texture_get_width(texture), height = tongs_texture_get_height(texture);
	uint32_t *texels = calloc(width * height, 4);
	assert_non_null(texels);
	for (NSUInteger y = 0; y < height; y++) {
		for (NSUInteger x = 0; x < width; x++)
			texels[y * width + x] = texel(x, y);
	}
	assert_true(tongs_texture_replace_region(
		texture, MTLRegionMake2D(0, 0, width, height), 0, 0, texels, width * 4, 0));
	free(texels);
}

/* A texel where the layout says it is, without getBytes; by a call for it alone if only the driver knows. */
static void read_texel(struct tongs_texture *texture, NSUInteger x, NSUInteger y, void *texel, size_t size) {
	struct tongs_backing backing;
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	tongs_interop_get_backing(texture, TONGS_KIND_TEXTURE, &backing);
	assert_true(tongs_interop_get_texture_image(texture, &shape, &layout));
	if (layout->linear)
		memcpy(texel,
			(char *)tongs_payload_get_contents(backing.payload) + backing.offset +
				layout->levels[0].offset + y * layout->levels[0].rowPitch + x * size,
			size);
	else
		assert_true(tongs_texture_get_bytes(texture, texel, 0, 0, MTLRegionMake2D(x, y, 1, 1), 0, 0));
}

static void defaults_of_a_descriptor(void **state) {
	(void)state;
	struct tongs_texture_info info, made;
	tongs_texture_info_init(&info);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_non_null(texture);
	tongs_texture_get_info(texture, &made);
	assert_int_equal(made.type, MTLTextureType2D);
	assert_int_equal(made.pixel_format, MTLPixelFormatRGBA8Unorm);
	assert_int_equal(made.width, 1);
	assert_int_equal(made.height, 1);
	assert_int_equal(made.depth, 1);
	assert_int_equal(made.mipmap_level_count, 1);
	assert_int_equal(made.sample_count, 1);
	assert_int_equal(made.array_length, 1);
	assert_int_equal(made.usage, MTLTextureUsageShaderRead);
	assert_int_equal(made.resource_options, MTLResourceStorageModeShared | MTLResourceHazardTrackingModeTracked);
	assert_true(made.allow_gpu_optimized_contents);
	assert_int_equal(made.swizzle.alpha, MTLTextureSwizzleAlpha);
	assert_null(tongs_texture_get_buffer(texture));
	assert_int_equal(tongs_texture_get_buffer_bytes_per_row(texture), 0);
	assert_null(tongs_texture_get_parent(texture));
	assert_ptr_equal(tongs_texture_get_resource(texture), texture);
	tongs_texture_unref(texture);
}

static void new_textures_are_zeroed(void **state) {
	(void)state;
	for (size_t round = 0; round < 3; round++) {
		struct tongs_texture *texture = new_rgba8(33, 9);
		unsigned char texels[33 * 9 * 4];
		memset(texels, 1, sizeof(texels));
		assert_true(tongs_texture_get_bytes(texture, texels, 33 * 4, 0, MTLRegionMake2D(0, 0, 33, 9), 0, 0));
		assert_true(bytes_are(texels, 0, sizeof(texels)));
		fill(texture);
		tongs_texture_unref(texture);
	}
}

/* Regions with pitches wider than they are: bytes between rows are unchanged on both sides. */
static void regions_with_pitches(void **state) {
	(void)state;
	enum { WIDTH = 61, HEIGHT = 37, MOST = 80 };
	static uint32_t bytes[MOST * MOST];
	struct tongs_texture *texture = new_rgba8(WIDTH, HEIGHT);
	uint32_t random = 9;
	for (size_t round = 0; round < 300; round++) {
		NSUInteger x = next_random(&random) % WIDTH, y = next_random(&random) % HEIGHT;
		NSUInteger width = next_random(&random) % (WIDTH - x) + 1,
			   height = next_random(&random) % (HEIGHT - y) + 1;
		NSUInteger pitch = width + next_random(&random) % (MOST - width);
		MTLRegion region = MTLRegionMake2D(x, y, width, height);
		bool whole_image = round % 2;

		fill(texture);
		memset(bytes, 0xee, sizeof(bytes));
		assert_true(tongs_texture_get_bytes(
			texture, bytes, pitch * 4, whole_image ? pitch * 4 * height : 0, region, 0, 0));
		for (NSUInteger i = 0; i < MOST * MOST; i++) {
			bool in = i / pitch < height && i % pitch < width;
			assert_int_equal(bytes[i], in ? texel(x + i % pitch, y + i / pitch) : 0xeeeeeeee);
		}

		for (NSUInteger i = 0; i < MOST * MOST; i++)
			bytes[i] = (uint32_t)i;
		assert_true(tongs_texture_replace_region(
			texture, region, 0, 0, bytes, pitch * 4, whole_image ? pitch * 4 * height : 0));
		for (NSUInteger v = 0; v < HEIGHT; v++) {
			for (NSUInteger u = 0; u < WIDTH; u++) {
				bool in = u >= x && u < x + width && v >= y && v < y + height;
				uint32_t value;
				read_texel(texture, u, v, &value, 4);
				assert_int_equal(value, in ? (v - y) * pitch + (u - x) : texel(u, v));
			}
		}
	}
	tongs_texture_unref(texture);
}

static void bad_regions_are_refused(void **state) {
	(void)state;
	static unsigned char bytes[16 * 16 * 4];
	struct tongs_texture *texture = new_rgba8(16, 16);
	fill(texture);
	const MTLRegion all = MTLRegionMake2D(0, 0, 16, 16);
	const struct {
		MTLRegion region;
		NSUInteger level, slice, bytes_per_row, bytes_per_image;
		const char *message;
	} bad[] = {
		{MTLRegionMake2D(0, 0, 17, 16), 0, 0, 68, 0, "exceeds level"},
		{MTLRegionMake2D(0, 0, 16, 17), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(16, 0, 1, 1), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(0, 0, 0, 1), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(0, 0, 1, 0), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(UINTPTR_MAX, 0, 2, 1), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(1, 0, UINTPTR_MAX, 1), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake2D(0, 8, 1, UINTPTR_MAX - 4), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake3D(0, 0, 0, 1, 1, 0), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake3D(0, 0, 1, 1, 1, 1), 0, 0, 64, 0, "exceeds level"},
		{MTLRegionMake3D(0, 0, 0, 1, 1, 2), 0, 0, 64, 0, "exceeds level"},
		{all, 1, 0, 64, 0, "level 1"},
		{all, 0, 1, 64, 0, "slice 1"},
		{all, UINTPTR_MAX, UINTPTR_MAX, 64, 0, "level"},
		{all, 0, 0, 63, 0, "bytesPerRow 63"},
		{all, 0, 0, 0, 0, "bytesPerRow 0"},
		{MTLRegionMake2D(0, 0, 16, 1), 0, 0, 63, 0, "bytesPerRow 63"},
		{all, 0, 0, UINTPTR_MAX, 0, "bytesPerRow"},
		{all, 0, 0, (NSUInteger)1 << 62, 0, "bytesPerRow"},
		{all, 0, 0, 64, 1023, "bytesPerImage 1023"},
	};
	memset(bytes, 0x77, sizeof(bytes));
	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_false(tongs_texture_get_bytes(texture, bytes, bad[i].bytes_per_row, bad[i].bytes_per_image,
			bad[i].region, bad[i].level, bad[i].slice));
		messages_expect(bad[i].message);
		assert_false(tongs_texture_replace_region(texture, bad[i].region, bad[i].level, bad[i].slice, bytes,
			bad[i].bytes_per_row, bad[i].bytes_per_image));
		messages_expect(bad[i].message);
	}
	assert_false(tongs_texture_get_bytes(texture, NULL, 64, 0, all, 0, 0));
	messages_expect("NULL");
	assert_false(tongs_texture_replace_region(texture, all, 0, 0, NULL, 64, 0));
	messages_expect("NULL");
	assert_true(bytes_are(bytes, 0x77, sizeof(bytes)));
	uint32_t last;
	assert_true(tongs_texture_get_bytes(texture, &last, 4, 4, MTLRegionMake2D(15, 15, 1, 1), 0, 0));
	assert_int_equal(last, texel(15, 15));
	tongs_texture_unref(texture);
}

static void private_texels_are_out_of_reach(void **state) {
	(void)state;
	uint32_t value = 0;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 1, 1);
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_non_null(texture);
	assert_false(tongs_texture_get_bytes(texture, &value, 4, 0, MTLRegionMake2D(0, 0, 1, 1), 0, 0));
	messages_expect("Private");
	assert_false(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 1, 1), 0, 0, &value, 4, 0));
	messages_expect("Private");
	tongs_texture_unref(texture);
}

static void over_a_buffer(void **state) {
	(void)state;
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	assert_true(alignment >= 4);
	const NSUInteger pitch = (10 * 4 + alignment - 1) / alignment * alignment + alignment;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, alignment + pitch * 6, 0);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 10, 6);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, alignment, pitch);
	assert_non_null(texture);
	assert_ptr_equal(tongs_texture_get_buffer(texture), buffer);
	assert_int_equal(tongs_texture_get_buffer_offset(texture), alignment);
	assert_int_equal(tongs_texture_get_buffer_bytes_per_row(texture), pitch);
	fill(texture);
	const char *contents = tongs_buffer_get_contents(buffer);
	for (NSUInteger y = 0; y < 6; y++) {
		for (NSUInteger x = 0; x < 10; x++) {
			uint32_t value;
			memcpy(&value, contents + alignment + y * pitch + x * 4, 4);
			assert_int_equal(value, texel(x, y));
		}
	}
	struct tongs_backing backing;
	tongs_interop_get_backing(texture, TONGS_KIND_TEXTURE, &backing);
	assert_int_equal(backing.offset, alignment);
	assert_true(backing.size >= pitch * 6);
	assert_int_equal(tongs_device_get_current_allocated_size(device), tongs_payload_get_size(backing.payload));

	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
	tongs_texture_unref(texture);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
}

static void bad_rows_over_a_buffer_are_refused(void **state) {
	(void)state;
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	const NSUInteger pitch = (40 + alignment - 1) / alignment * alignment;
	const NSUInteger length = pitch * 6;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, length, 0);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 10, 6);
	const struct {
		NSUInteger offset, bytes_per_row;
		const char *message;
	} bad[] = {
		{1, pitch, "multiples of"},
		{0, pitch + 1, "multiples of"},
		{0, 0, "is less than the"},
		{alignment, pitch, "exceed"},
		{length, pitch, "exceed"},
		{0, pitch + alignment, "exceed"},
		{0 - alignment, pitch, "exceed"},
		{0, 0 - alignment, "exceed"},
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_null(tongs_buffer_new_texture(buffer, &info, bad[i].offset, bad[i].bytes_per_row));
		messages_expect(bad[i].message);
	}
	/* A pixel more than the rows have room for. */
	info.width = pitch / 4 + 1;
	info.height = 1;
	assert_null(tongs_buffer_new_texture(buffer, &info, 0, pitch));
	messages_expect("is less than the");
	info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 10, 6);
	info.resource_options = MTLResourceStorageModePrivate;
	assert_null(tongs_buffer_new_texture(buffer, &info, 0, pitch));
	messages_expect("storage mode Private in a buffer with Shared");
	info.resource_options = 0;
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, 0, pitch);
	assert_non_null(texture);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
}

/* Rows rounded to the alignment are the driver's own rows, whatever the width. */
static void linear_alignment_is_the_drivers(void **state) {
	(void)state;
	static const MTLPixelFormat formats[] = {
		MTLPixelFormatR8Unorm,
		MTLPixelFormatRG8Unorm,
		MTLPixelFormatRGBA8Unorm,
		MTLPixelFormatRGBA16Float,
		MTLPixelFormatRGBA32Float,
	};
	for (size_t i = 0; i < LENGTH(formats); i++) {
		NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, formats[i]);
		assert_true(alignment > 0);
		for (NSUInteger width = 1; width < 200; width += 7) {
			struct tongs_texture_info info = tongs_texture_info_2d(formats[i], width, 3);
			struct tongs_texture *texture = tongs_device_new_texture(device, &info);
			struct tongs_image_shape shape;
			const struct tongs_texture_layout *layout;
			assert_non_null(texture);
			assert_true(tongs_interop_get_texture_image(texture, &shape, &layout));
			NSUInteger row = width * tongs_format_from_metal(formats[i])->block_bytes;
			if (layout->linear)
				assert_int_equal(
					layout->levels[0].rowPitch, (row + alignment - 1) / alignment * alignment);
			tongs_texture_unref(texture);
		}
	}
	assert_int_equal(tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatDepth32Float), 0);
	assert_int_equal(tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatBC1_RGBA), 0);
	assert_int_equal(tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatInvalid), 0);
}

static void in_a_heap(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 50, 30);
	MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
	assert_true(need.size >= 50 * 30 * 4);
	/* A place that suits a buffer, too. */
	const NSUInteger buffer_align = tongs_device_get_heap_buffer_size_and_align(device, 16, 0).align;
	const NSUInteger place = need.align > buffer_align ? need.align : buffer_align;
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.type = MTLHeapTypePlacement;
	heap_info.size = need.size + place;
	heap_info.resource_options = MTLResourceStorageModeShared;
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	NSUInteger size = tongs_heap_get_size(heap);
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, place);
	if (!texture) {
		/* Images are in memory that the CPU does not map, or in memory of their own. */
		messages_expect("no offset in a placement heap: use an automatic heap");
		tongs_heap_unref(heap);
		return;
	}
	fill(texture);
	uint32_t value;
	read_texel(texture, 3, 4, &value, 4);
	assert_int_equal(value, texel(3, 4));
	struct tongs_resource *resource = tongs_texture_get_resource(texture);
	assert_ptr_equal(tongs_resource_get_heap(resource), heap);
	assert_int_equal(tongs_resource_get_heap_offset(resource), place);
	assert_int_equal(tongs_resource_get_allocated_size(resource), need.size);

	struct tongs_buffer *alias = tongs_heap_new_buffer_at(heap, 16, 0, place);
	assert_non_null(alias);
	assert_memory_equal(tongs_buffer_get_contents(alias), &(uint32_t){texel(0, 0)}, 4);

	assert_null(tongs_heap_new_texture_at(heap, &info, size / need.align * need.align));
	messages_expect("exceed");
	assert_null(tongs_heap_new_texture_at(heap, &info, 0 - need.align));
	messages_expect("exceed");
	assert_null(tongs_heap_new_texture_at(heap, &info, 1));
	messages_expect("multiple of");
	info.resource_options = MTLResourceStorageModePrivate;
	assert_null(tongs_heap_new_texture_at(heap, &info, 0));
	messages_expect("must be the same");
	tongs_heap_unref(heap);
	tongs_buffer_unref(alias);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
	tongs_texture_unref(texture);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
}

static void a_texture_of_the_layer(void **state) {
	(void)state;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm_sRGB, 5, 4);
	const struct tongs_texture_layout layout = {
		.linear = true,
		.level_count = 1,
		.levels = {{.offset = 64, .size = 4 * 100, .rowPitch = 100}},
	};
	struct tongs_image_shape shape;
	assert_true(tongs_texture_info_get_shape(&info, &shape));
	struct tongs_payload *payload = tongs_payload_create(4096);
	struct tongs_texture *texture = tongs_interop_new_texture_at(device, payload, 0, 4096, &info, &shape, &layout);
	assert_non_null(texture);
	fill(texture);
	assert_memory_equal((char *)tongs_payload_get_contents(payload) + 64 + 300 + 8, &(uint32_t){texel(2, 3)}, 4);
	tongs_payload_unref(payload);
	tongs_texture_unref(texture);
}

/* What a driver may refuse or not, and what must not crash. */
static void enormous_textures(void **state) {
	(void)state;
	/* The mock driver makes all of its memory present. */
	const bool present = getenv("TONGS_MOCK_PROFILE");
	struct tongs_texture_info info =
		tongs_texture_info_2d(MTLPixelFormatRGBA32Float, 16384, present ? 1024 : 16384);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_int_equal(messages_take(), texture ? 0 : 1);
	tongs_texture_unref(texture);
}

static void fails_without_memory(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 65536, 0);
	struct tongs_payload *payload = tongs_payload_create(4096);
	const struct tongs_texture_layout layout = {
		.linear = true,
		.level_count = 1,
		.levels = {{.size = 16 * 64, .rowPitch = 64}},
	};
	struct tongs_image_shape shape;
	assert_true(tongs_texture_info_get_shape(&info, &shape));
	const size_t before = tongs_device_get_current_allocated_size(device);
	for (size_t maker = 0; maker < 3; maker++) {
		void *object = NULL;
		uint64_t countdown = 0;
		for (; !object; countdown++) {
			assert_true(countdown < 20);
			tongs_alloc_fail_after(countdown);
			if (maker == 0)
				object = tongs_device_new_texture(device, &info);
			else if (maker == 1)
				object = tongs_buffer_new_texture(buffer, &info, 0, 1024);
			else
				object = tongs_interop_new_texture_at(device, payload, 0, 4096, &info, &shape, &layout);
			tongs_alloc_fail_after(UINT64_MAX);
			assert_int_equal(messages_take(), object ? 0 : 1);
			if (!object)
				assert_int_equal(tongs_device_get_current_allocated_size(device), before);
		}
		assert_true(countdown > 1);
		tongs_interop_release(object);
	}
	tongs_payload_unref(payload);
	tongs_buffer_unref(buffer);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(defaults_of_a_descriptor),
		CASE(new_textures_are_zeroed),
		CASE(regions_with_pitches),
		CASE(bad_regions_are_refused),
		CASE(private_texels_are_out_of_reach),
		CASE(over_a_buffer),
		CASE(bad_rows_over_a_buffer_are_refused),
		CASE(linear_alignment_is_the_drivers),
		CASE(in_a_heap),
		CASE(a_texture_of_the_layer),
		CASE(enormous_textures),
		CASE(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, open_default_device, close_device);
}
