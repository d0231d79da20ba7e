/* SPDX-License-Identifier: MIT */
/* Surfaces: where their planes are, IDs, locks, values, and textures that show their bytes. */
#include "open_device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metal/device.h"
#include "metal/surface.h"
#include "util/alloc.h"

#define FOURCC(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static struct tongs_surface *new_surface(
	uint32_t pixel_format, NSUInteger width, NSUInteger height, NSUInteger bytes_per_element) {
	const struct tongs_surface_info info = {
		.whole = {.width = width, .height = height, .bytes_per_element = bytes_per_element},
		.pixel_format = pixel_format,
	};
	struct tongs_surface *surface = tongs_surface_new(&info);
	assert_non_null(surface);
	return surface;
}

static void assert_plane(const struct tongs_surface_plane *plane, const struct tongs_surface_plane *expected) {
	assert_int_equal(plane->width, expected->width);
	assert_int_equal(plane->height, expected->height);
	assert_int_equal(plane->bytes_per_element, expected->bytes_per_element);
	assert_int_equal(plane->element_width, expected->element_width);
	assert_int_equal(plane->element_height, expected->element_height);
	assert_int_equal(plane->bytes_per_row, expected->bytes_per_row);
	assert_int_equal(plane->offset, expected->offset);
	assert_int_equal(plane->size, expected->size);
}

/* Without a device, whose driver may want longer rows: tests/layer/test_surfaces.c has those. The expected numbers are
 * worked out by hand. The order of a plane's fields is width, height, bytes per element,
 * element width and height, bytes per row, offset, size. */
static void defaults_are_filled_in(void **state) {
	(void)state;
	static const struct {
		struct tongs_surface_info given, expected;
	} rows[] = {
		{{.whole = {100, 50, 4, 0, 0, 0, 0, 0}},
			{.whole = {100, 50, 4, 1, 1, 448, 0, 22400}, .alloc_size = 24576}},
		{{.whole = {1, 1, 0, 0, 0, 0, 0, 0}}, {.whole = {1, 1, 1, 1, 1, 64, 0, 64}, .alloc_size = 4096}},
		{{.whole = {5, 3, 4, 2, 0, 0, 0, 0}}, {.whole = {5, 3, 4, 2, 1, 64, 0, 192}, .alloc_size = 4096}},
		{{.whole = {9, 9, 16, 4, 4, 0, 0, 0}}, {.whole = {9, 9, 16, 4, 4, 64, 0, 192}, .alloc_size = 4096}},
		{{.whole = {100, 50, 4, 0, 0, 400, 128, 0}},
			{.whole = {100, 50, 4, 1, 1, 400, 128, 20000}, .alloc_size = 20480}},
		{{.whole = {10, 10, 8, 0, 0, 0, 0, 0}, .alloc_size = 1280},
			{.whole = {10, 10, 8, 1, 1, 128, 0, 1280}, .alloc_size = 1280}},
		{{.alloc_size = 12345}, {.alloc_size = 12345}},
		{{.plane_count = 2, .planes = {{1920, 1080, 1, 0, 0, 0, 0, 0}, {960, 540, 2, 0, 0, 0, 0, 0}}},
			{.whole = {1920, 1080, 1, 1, 1, 1920, 0, 2073600},
				.alloc_size = 3117056,
				.plane_count = 2,
				.planes = {{1920, 1080, 1, 1, 1, 1920, 0, 2073600},
					{960, 540, 2, 1, 1, 1920, 2076672, 1036800}}}},
		{{.whole = {64, 8, 0, 0, 0, 0, 0, 0},
			 .plane_count = 2,
			 .planes = {{64, 8, 1, 0, 0, 0, 0, 600}, {32, 4, 2, 0, 0, 0, 640, 0}}},
			{.whole = {64, 8, 1, 1, 1, 64, 0, 600},
				.alloc_size = 4096,
				.plane_count = 2,
				.planes = {{64, 8, 1, 1, 1, 64, 0, 600}, {32, 4, 2, 1, 1, 64, 640, 256}}}},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_surface *surface = tongs_surface_new(&rows[i].given);
		struct tongs_surface_info info;
		assert_non_null(surface);
		tongs_surface_get_info(surface, &info);
		assert_plane(&info.whole, &rows[i].expected.whole);
		assert_int_equal(info.alloc_size, rows[i].expected.alloc_size);
		assert_int_equal(info.plane_count, rows[i].expected.plane_count);
		for (size_t p = 0; p < info.plane_count; p++)
			assert_plane(&info.planes[p], &rows[i].expected.planes[p]);
		assert_true(bytes_are(
			(char *)tongs_surface_get_base_address(surface) - info.whole.offset, 0, info.alloc_size));
		/* What was filled in describes the same surface. */
		struct tongs_surface *same = tongs_surface_new(&info);
		struct tongs_surface_info again;
		assert_non_null(same);
		tongs_surface_get_info(same, &again);
		assert_memory_equal(&again, &info, sizeof(info));
		tongs_surface_unref(same);
		tongs_surface_unref(surface);
	}
}

/* Room for what drivers require behind the last row, but not of data that is one long row. */
/* Whose pitches nobody can ask for. The surface is made all the same, so that there is no error. */
static void a_device_without_images_gives_no_pitch(void **state) {
	(void)state;
	const struct tongs_import_kind *kind = device->roles.kinds[TONGS_ROLE_LINEAR];
	struct tongs_surface_info info;
	device->roles.kinds[TONGS_ROLE_LINEAR] = NULL;
	struct tongs_surface *surface = new_surface(0, 100, 2, 4);
	device->roles.kinds[TONGS_ROLE_LINEAR] = kind;
	tongs_surface_get_info(surface, &info);
	assert_int_equal(info.whole.bytes_per_row, 448);
	messages_expect_none();
	tongs_surface_unref(surface);
}

/* What another thread of the parent held in the driver, the child would wait for. */
static void a_forked_child_asks_no_driver(void **state) {
	(void)state;
	int status;
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct tongs_surface *surface = new_surface(0, 100, 2, 4);
		struct tongs_surface_info info;
		tongs_surface_get_info(surface, &info);
		_exit(tongs_device_find_first() != NULL || info.whole.bytes_per_row != 448);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void memory_is_enough_for_images(void **state) {
	(void)state;
	struct tongs_surface *image = new_surface(0, 100, 33, 4), *data = new_surface(0, 256 << 20, 1, 1);
	assert_true(tongs_payload_get_size(image->payload) >= 448 * 48);
	assert_int_equal(tongs_payload_get_size(data->payload), 256 << 20);
	tongs_surface_unref(image);
	tongs_surface_unref(data);
}

static void what_is_no_surface_is_refused(void **state) {
	(void)state;
	static const struct {
		struct tongs_surface_info info;
		const char *message;
	} rows[] = {
		{{{0}, 0, 0, 0, {{0}}}, "neither width and height nor an allocation size"},
		{{.whole = {.width = 3}}, "at least 1"},
		{{.whole = {.height = 3}, .alloc_size = 4096}, "at least 1"},
		{{.whole = {.width = 100, .height = 1, .bytes_per_element = 4, .bytes_per_row = 399}}, "bytes per row"},
		{{.whole = {.width = 100, .height = 10, .bytes_per_row = 100, .size = 999}}, "size is less"},
		{{.whole = {.width = 100, .height = 10}, .alloc_size = 1279}, "1280 bytes of the pixels"},
		{{.whole = {.width = SIZE_MAX, .height = 1, .bytes_per_element = 2}}, "addresses"},
		{{.whole = {.width = SIZE_MAX, .height = 1}}, "addresses"},
		{{.whole = {.width = SIZE_MAX / 2, .height = 3}}, "addresses"},
		{{.whole = {.width = 1, .height = SIZE_MAX}}, "addresses"},
		{{.whole = {.width = 1, .height = 1, .offset = SIZE_MAX - 63}}, "last address"},
		{{.whole = {.width = 64, .height = 1, .offset = SIZE_MAX - 64}}, "last address"},
		{{.whole = {.width = 1, .height = 1, .size = SIZE_MAX, .offset = 1}}, "last address"},
		{{.whole = {.width = 1, .height = 1, .offset = SIZE_MAX}}, "last address"},
		{{.whole = {.width = 1, .height = 1, .size = (size_t)1 << 60}}, "out of memory"},
		{{.alloc_size = SIZE_MAX}, "out of memory"},
		{{.plane_count = 5}, "up to 4"},
		{{.plane_count = SIZE_MAX}, "up to 4"},
		{{.plane_count = 2, .planes = {{.width = 1, .height = 1}}}, "plane 1: width and height"},
		{{.plane_count = 2, .planes = {{.width = 1, .height = 1, .size = SIZE_MAX}, {.width = 1, .height = 1}}},
			"plane 1: it begins behind the last address"},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_null(tongs_surface_new(&rows[i].info));
		messages_expect(rows[i].message);
	}
}

static void ids_find_live_surfaces(void **state) {
	enum { COUNT = 500 };
	struct tongs_surface *surfaces[COUNT];
	(void)state;
	assert_null(tongs_surface_new_from_id(0));
	for (size_t i = 0; i < COUNT; i++) {
		surfaces[i] = new_surface(0, 1 + i, 1, 1);
		assert_int_not_equal(tongs_surface_get_id(surfaces[i]), 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(tongs_surface_get_id(surfaces[i]), tongs_surface_get_id(surfaces[j]));
	}
	for (size_t i = 0; i < COUNT; i++) {
		const uint32_t id = tongs_surface_get_id(surfaces[i]);
		assert_ptr_equal(tongs_surface_new_from_id(id), surfaces[i]);
		tongs_surface_unref(surfaces[i]);
		assert_ptr_equal(tongs_surface_from_handle(surfaces[i]), surfaces[i]);
		tongs_surface_unref(surfaces[i]);
		assert_int_equal(tongs_handle_kind(surfaces[i]), TONGS_KIND_NONE);
		assert_null(tongs_surface_new_from_id(id));
	}
	assert_null(tongs_surface_from_handle(surfaces[COUNT - 1]));
	messages_expect_warning("IOSurface");
	assert_null(tongs_surface_from_handle(device));
	messages_expect_warning("which is an MTLDevice");
}

static void the_seed_counts_changes(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface(0, 4, 4, 4);
	uint32_t seed = 77;
	const uint32_t first = tongs_surface_get_seed(surface);
	assert_true(tongs_surface_lock(surface, false, &seed));
	assert_int_equal(seed, first);
	assert_true(tongs_surface_lock(surface, true, NULL));
	assert_true(tongs_surface_lock(surface, false, NULL));
	assert_true(tongs_surface_unlock(surface, false, &seed));
	assert_int_equal(seed, first + 1);
	assert_true(tongs_surface_unlock(surface, true, &seed));
	assert_int_equal(seed, first + 1);
	assert_true(tongs_surface_unlock(surface, false, NULL));
	assert_int_equal(tongs_surface_get_seed(surface), first + 2);

	/* Each unlock is of one lock of its kind. */
	assert_false(tongs_surface_unlock(surface, false, &seed));
	messages_expect("without a lock that is not read-only");
	assert_false(tongs_surface_unlock(surface, true, NULL));
	messages_expect("without a lock that is read-only");
	assert_true(tongs_surface_lock(surface, true, NULL));
	assert_false(tongs_surface_unlock(surface, false, NULL));
	messages_expect("without a lock that is not read-only");
	assert_true(tongs_surface_unlock(surface, true, NULL));
	assert_int_equal(tongs_surface_get_seed(surface), first + 2);
	surface->locks = UINT32_MAX;
	assert_false(tongs_surface_lock(surface, false, NULL));
	messages_expect("too many locks");
	tongs_surface_unref(surface);
}

static void uses_are_counted(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface(0, 4, 4, 4);
	assert_int_equal(tongs_surface_get_use_count(surface), 0);
	tongs_surface_increment_use_count(surface);
	tongs_surface_increment_use_count(surface);
	assert_int_equal(tongs_surface_get_use_count(surface), 2);
	tongs_surface_decrement_use_count(surface);
	assert_int_equal(tongs_surface_get_use_count(surface), 1);
	tongs_surface_decrement_use_count(surface);
	tongs_surface_decrement_use_count(surface);
	messages_expect("use count is 0");
	assert_int_equal(tongs_surface_get_use_count(surface), 0);
	atomic_store(&surface->use_count, INT32_MAX);
	tongs_surface_increment_use_count(surface);
	messages_expect("use count is 2147483647");
	assert_int_equal(tongs_surface_get_use_count(surface), INT32_MAX);
	tongs_surface_unref(surface);
}

static atomic_int released[8];

static void release(void *object) {
	atomic_fetch_add((atomic_int *)object, 1);
}

static void values_are_kept_by_names(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface(0, 4, 4, 4);
	struct tongs_surface_values *values = &surface->values;
	memset(released, 0, sizeof(released));
	assert_null(tongs_surface_values_find(values, "a"));
	assert_true(tongs_surface_values_set(values, "a", &released[0], release));
	assert_true(tongs_surface_values_set(values, "b", &released[1], release));
	assert_true(tongs_surface_values_set(values, "c", &released[2], release));
	struct tongs_surface_value *b = tongs_surface_values_find(values, "b");
	assert_ptr_equal(b->object, &released[1]);
	/* Replaced, and still there for who has found it. */
	assert_true(tongs_surface_values_set(values, "b", &released[3], release));
	assert_int_equal(released[1], 0);
	tongs_surface_value_unref(b);
	assert_int_equal(released[1], 1);
	b = tongs_surface_values_find(values, "b");
	assert_ptr_equal(b->object, &released[3]);
	tongs_surface_value_unref(b);
	tongs_surface_values_remove(values, "b");
	tongs_surface_values_remove(values, "b");
	tongs_surface_values_remove(values, "d");
	assert_int_equal(released[3], 1);
	assert_null(tongs_surface_values_find(values, "b"));
	tongs_surface_values_remove_all(values);
	assert_int_equal(released[0], 1);
	assert_int_equal(released[2], 1);
	assert_null(tongs_surface_values_find(values, "a"));
	/* The surface's end is theirs; what cannot be kept is released. */
	assert_true(tongs_surface_values_set(values, "e", &released[4], release));
	tongs_alloc_fail_after(0);
	assert_false(tongs_surface_values_set(values, "e", &released[5], release));
	assert_int_equal(released[5], 1);
	assert_int_equal(released[4], 0);
	tongs_surface_unref(surface);
	assert_int_equal(released[4], 1);
}

static NSUInteger alignment_of(MTLPixelFormat format) {
	const NSUInteger alignment = tongs_device_get_minimum_linear_texture_alignment(device, format);
	assert_int_not_equal(alignment, 0);
	return alignment;
}

static NSUInteger round_up(NSUInteger value, NSUInteger alignment) {
	return (value + alignment - 1) / alignment * alignment;
}

/* Texels are the bytes of the plane, both ways. */
static void check_texels(struct tongs_surface *surface, NSUInteger number, MTLPixelFormat format, NSUInteger width,
	NSUInteger height, NSUInteger texel_size, struct tongs_texture **texture) {
	uint8_t texels[4096], *base = tongs_surface_get_base_address_of_plane(surface, number);
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	const NSUInteger pitch = info.plane_count ? info.planes[number].bytes_per_row : info.whole.bytes_per_row;
	const NSUInteger row = width * texel_size;
	const struct tongs_texture_info shape = tongs_texture_info_2d(format, width, height);
	assert_true(row * height <= sizeof(texels));
	*texture = tongs_device_new_texture_from_surface(device, &shape, surface, number);
	assert_non_null(*texture);
	assert_ptr_equal(tongs_texture_get_surface(*texture), surface);
	assert_int_equal(tongs_texture_get_surface_plane(*texture), number);
	assert_null(tongs_texture_get_buffer(*texture));
	assert_null(tongs_texture_get_root_resource(*texture));
	for (NSUInteger y = 0; y < height; y++)
		for (NSUInteger x = 0; x < row; x++)
			base[y * pitch + x] = (uint8_t)(3 + 7 * y + 31 * x + 101 * number);
	const MTLRegion all = MTLRegionMake2D(0, 0, width, height);
	assert_true(tongs_texture_get_bytes(*texture, texels, row, 0, all, 0, 0));
	for (NSUInteger i = 0; i < row * height; i++)
		assert_int_equal(texels[i], (uint8_t)(3 + 7 * (i / row) + 31 * (i % row) + 101 * number));
	for (NSUInteger i = 0; i < row * height; i++)
		texels[i] = (uint8_t)(i * 13 + number);
	assert_true(tongs_texture_replace_region(*texture, all, 0, 0, texels, row, 0));
	for (NSUInteger y = 0; y < height; y++)
		for (NSUInteger x = 0; x < row; x++)
			assert_int_equal(base[y * pitch + x], (uint8_t)((y * row + x) * 13 + number));
}

struct plane_format {
	MTLPixelFormat format;
	NSUInteger texel_size, width, height;
};

static const struct {
	uint32_t pixel_format;
	struct plane_format planes[2];
} formats[] = {
	{FOURCC('B', 'G', 'R', 'A'), {{MTLPixelFormatBGRA8Unorm, 4, 21, 13}}},
	{FOURCC('R', 'G', 'B', 'A'), {{MTLPixelFormatRGBA8Unorm, 4, 21, 13}}},
	{FOURCC('l', '1', '0', 'r'), {{MTLPixelFormatBGR10A2Unorm, 4, 21, 13}}},
	{FOURCC('R', '1', '0', 'k'), {{MTLPixelFormatRGB10A2Unorm, 4, 21, 13}}},
	{FOURCC('R', 'G', 'h', 'A'), {{MTLPixelFormatRGBA16Float, 8, 21, 13}}},
	{FOURCC('4', '2', '0', 'v'), {{MTLPixelFormatR8Unorm, 1, 22, 14}, {MTLPixelFormatRG8Unorm, 2, 11, 7}}},
	{FOURCC('4', '2', '0', 'f'), {{MTLPixelFormatR8Unorm, 1, 22, 14}, {MTLPixelFormatRG8Unorm, 2, 11, 7}}},
	{FOURCC('x', '4', '2', '0'), {{MTLPixelFormatR16Unorm, 2, 22, 14}, {MTLPixelFormatRG16Unorm, 4, 11, 7}}},
};

static struct tongs_surface *new_surface_of_format(size_t i) {
	struct tongs_surface_info info = {.pixel_format = formats[i].pixel_format};
	for (NSUInteger p = 0; p < 2 && formats[i].planes[p].format; p++) {
		const struct plane_format *plane = &formats[i].planes[p];
		const NSUInteger alignment = alignment_of(plane->format);
		info.planes[p] = (struct tongs_surface_plane){
			.width = plane->width,
			.height = plane->height,
			.bytes_per_element = plane->texel_size,
			.bytes_per_row = round_up(plane->width * plane->texel_size, alignment > 64 ? alignment : 64),
		};
		info.plane_count++;
	}
	if (info.plane_count == 1) {
		info.whole = info.planes[0];
		info.plane_count = 0;
	}
	struct tongs_surface *surface = tongs_surface_new(&info);
	assert_non_null(surface);
	return surface;
}

static void textures_show_planes(void **state) {
	(void)state;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		struct tongs_surface *surface = new_surface_of_format(i);
		struct tongs_texture *textures[2] = {NULL};
		for (NSUInteger p = 0; p < 2 && formats[i].planes[p].format; p++) {
			const struct plane_format *plane = &formats[i].planes[p];
			check_texels(surface, p, plane->format, plane->width, plane->height, plane->texel_size,
				&textures[p]);
		}
		/* A texture keeps the bytes, and the last plane has not touched the first. */
		void *base = tongs_surface_get_base_address(surface);
		tongs_surface_unref(surface);
		uint8_t texel[8];
		assert_true(tongs_texture_get_bytes(textures[0], texel, 0, 0, MTLRegionMake2D(0, 0, 1, 1), 0, 0));
		assert_memory_equal(texel, base, formats[i].planes[0].texel_size);
		assert_int_equal(texel[0], 0);
		tongs_texture_unref(textures[0]);
		tongs_texture_unref(textures[1]);
		assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	}
}

static void textures_that_do_not_fit_are_refused(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface_of_format(0), *blocks, *bytes, *narrow, *odd;
	const struct tongs_texture_info fits = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, 21, 13);
	struct tongs_texture_info info = fits;
#define REFUSE(surface, plane, message) \
	assert_null(tongs_device_new_texture_from_surface(device, &info, surface, plane)); \
	messages_expect(message); \
	info = fits
	REFUSE(surface, 1, "no plane 1");
	info.width = 22;
	REFUSE(surface, 0, "larger than the plane");
	info.height = 14;
	REFUSE(surface, 0, "larger than the plane");
	info.pixel_format = MTLPixelFormatRGBA16Float;
	REFUSE(surface, 0, "must have as many bytes");
	info.pixel_format = MTLPixelFormatBC1_RGBA;
	REFUSE(surface, 0, "uncompressed color format");
	info.pixel_format = MTLPixelFormatDepth32Float;
	REFUSE(surface, 0, "uncompressed color format");
	info.mipmap_level_count = 2;
	REFUSE(surface, 0, "one level");
	info.type = MTLTextureType2DArray;
	info.array_length = 2;
	REFUSE(surface, 0, "MTLTextureType2D");
	info.resource_options = MTLResourceStorageModePrivate;
	REFUSE(surface, 0, "storage mode must be Shared");
	info.width = 0;
	REFUSE(surface, 0, "extents");

	const struct tongs_surface_info rows[] = {
		{.whole = {.width = 42, .height = 26, .bytes_per_element = 4, .element_width = 2, .element_height = 2}},
		{.alloc_size = 65536},
		{.whole = {.width = 21, .height = 13, .bytes_per_element = 4, .bytes_per_row = 84}},
		{.whole = {.width = 21, .height = 13, .bytes_per_element = 4, .bytes_per_row = 4096, .offset = 4}},
	};
	blocks = tongs_surface_new(&rows[0]);
	bytes = tongs_surface_new(&rows[1]);
	narrow = tongs_surface_new(&rows[2]);
	odd = tongs_surface_new(&rows[3]);
	REFUSE(blocks, 0, "blocks of pixels");
	REFUSE(bytes, 0, "must have as many bytes");
	REFUSE(narrow, 0, "multiples of minimumLinearTextureAlignmentForPixelFormat:");
	REFUSE(odd, 0, "multiples of minimumLinearTextureAlignmentForPixelFormat:");
	assert_null(tongs_surface_get_base_address_of_plane(surface, 1));
	messages_expect("no plane 1");
	tongs_surface_unref(blocks);
	tongs_surface_unref(bytes);
	tongs_surface_unref(narrow);
	tongs_surface_unref(odd);

	/* Smaller ones fit, and show the first texels. */
	info.width = 3;
	info.height = 2;
	uint8_t *base = tongs_surface_get_base_address(surface), texel[4];
	memcpy(base + 8, "\x01\x02\x03\x04", 4);
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	assert_non_null(texture);
	assert_true(tongs_texture_get_bytes(texture, texel, 0, 0, MTLRegionMake2D(2, 0, 1, 1), 0, 0));
	assert_memory_equal(texel, "\x01\x02\x03\x04", 4);
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
}

static void views_show_the_surface(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface_of_format(5);
	struct tongs_texture *texture;
	check_texels(surface, 1, MTLPixelFormatRG8Unorm, 11, 7, 2, &texture);
	struct tongs_texture *view =
		tongs_texture_new_view(texture, MTLPixelFormatRG8Unorm, MTLTextureType2D, 0, 1, 0, 1,
			MTLTextureSwizzleChannelsMake(MTLTextureSwizzleGreen, MTLTextureSwizzleRed,
				MTLTextureSwizzleZero, MTLTextureSwizzleOne));
	assert_non_null(view);
	assert_ptr_equal(tongs_texture_get_surface(view), surface);
	assert_int_equal(tongs_texture_get_surface_plane(view), 1);
	/* The bytes of the other planes are not a texture's to clear. */
	memset(tongs_surface_get_base_address(surface), 9, 22);
	tongs_resource_set_purgeable_state(tongs_texture_get_resource(view), MTLPurgeableStateEmpty);
	messages_expect_warning("IOSurface");
	tongs_resource_set_purgeable_state(tongs_texture_get_resource(texture), MTLPurgeableStateEmpty);
	messages_expect_warning("IOSurface");
	uint8_t texel[2];
	assert_true(tongs_texture_get_bytes(view, texel, 0, 0, MTLRegionMake2D(1, 0, 1, 1), 0, 0));
	assert_int_equal(texel[0], 2 * 13 + 1);
	tongs_texture_unref(texture);
	tongs_texture_unref(view);
	tongs_surface_unref(surface);
}

static void one_device_counts_the_bytes(void **state) {
	(void)state;
	struct tongs_surface *surface = new_surface_of_format(0);
	const NSUInteger size = tongs_payload_get_size(surface->payload);
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, 21, 13);
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	struct tongs_texture *first = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	struct tongs_texture *second = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	assert_int_equal(tongs_device_get_current_allocated_size(device), size);
	_Atomic uint64_t other = 0;
	tongs_payload_account(surface->payload, &other);
	assert_int_equal(other, 0);
	tongs_texture_unref(first);
	assert_int_equal(tongs_device_get_current_allocated_size(device), size);
	tongs_payload_unaccount(surface->payload, &other);
	assert_int_equal(other, 0);
	tongs_texture_unref(second);
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	tongs_surface_unref(surface);
}

static void surfaces_lie_over_given_pages(void **state) {
	(void)state;
	struct tongs_payload *payload = tongs_payload_create(65536);
	struct tongs_surface_info info = {.whole = {.width = 10, .height = 10, .bytes_per_element = 4, .offset = 8192}};
	struct tongs_surface *surface = tongs_interop_new_surface(payload, &info);
	assert_non_null(surface);
	assert_ptr_equal(tongs_surface_get_base_address(surface), (char *)tongs_payload_get_contents(payload) + 8192);
	info.alloc_size = 65537;
	assert_null(tongs_interop_new_surface(payload, &info));
	messages_expect("the memory has 65536 bytes");
	tongs_payload_unref(payload);
	memset(tongs_surface_get_base_address(surface), 7, 640);
	assert_false(tongs_surface_init(surface, &info, NULL, false, "again:"));
	messages_expect("again: the surface has its properties already");
	tongs_surface_unref(surface);
}

static void fails_without_memory(void **state) {
	(void)state;
	struct tongs_texture_info shape = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, 21, 13);
	struct tongs_surface *kept = new_surface_of_format(0);
	const size_t objects = tongs_interop_count_objects();
	struct tongs_surface *surface = NULL;
	struct tongs_surface_info info;
	tongs_surface_get_info(kept, &info);
	for (uint64_t i = 0; !surface; i++) {
		tongs_alloc_fail_after(i);
		surface = tongs_surface_new(&info);
		tongs_alloc_fail_after(UINT64_MAX);
		if (!surface)
			messages_expect("out of memory");
		assert_true(i < 20);
		assert_int_equal(tongs_interop_count_objects(), objects + (surface != NULL));
	}
	/* The driver's answers are cached by now. */
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &shape, surface, 0);
	tongs_texture_unref(texture);
	texture = NULL;
	for (uint64_t i = 0; !texture; i++) {
		tongs_alloc_fail_after(i);
		texture = tongs_device_new_texture_from_surface(device, &shape, surface, 0);
		tongs_alloc_fail_after(UINT64_MAX);
		if (!texture)
			messages_expect("out of memory");
		assert_true(i < 20);
	}
	assert_int_equal(tongs_interop_count_objects(), objects + 2);
	tongs_texture_unref(texture);
	tongs_surface_unref(surface);
	tongs_surface_unref(kept);
}

enum { ROUNDS = 3000 };
static atomic_uint current_id, found;

static void *look_up(void *user) {
	(void)user;
	while (current_id != UINT32_MAX) {
		const uint32_t id = current_id;
		struct tongs_surface *surface = tongs_surface_new_from_id(id);
		if (!surface)
			continue;
		found++;
		if (tongs_surface_get_id(surface) != id || tongs_surface_get_base_address(surface) == NULL)
			abort();
		tongs_surface_lock(surface, false, NULL);
		tongs_surface_unlock(surface, false, NULL);
		tongs_surface_values_set(&surface->values, "x", &released[0], release);
		tongs_surface_value_unref(tongs_surface_values_find(&surface->values, "x"));
		tongs_surface_unref(surface);
	}
	return NULL;
}

/* Look-ups, locks and values while the surface is released. */
static void threads_look_up_what_is_released(void **state) {
	pthread_t threads[3];
	(void)state;
	current_id = 0;
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_up, NULL), 0);
	for (size_t i = 0; i < ROUNDS || found < 100; i++) {
		struct tongs_surface *surface = new_surface(0, 16, 16, 4);
		current_id = tongs_surface_get_id(surface);
		tongs_surface_values_set(&surface->values, "x", &released[0], release);
		tongs_surface_unref(surface);
	}
	current_id = UINT32_MAX;
	for (size_t i = 0; i < LENGTH(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(tongs_interop_count_objects(), 1); /* the device */
}

static int leave_device(void **state) {
	return setup(state) || close_device(state);
}

static int take_device(void **state) {
	return open_default_device(state) || teardown(state);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_are_filled_in, leave_device, take_device),
		CASE(a_device_without_images_gives_no_pitch),
		CASE(a_forked_child_asks_no_driver),
		CASE(memory_is_enough_for_images),
		CASE(what_is_no_surface_is_refused),
		CASE(ids_find_live_surfaces),
		CASE(the_seed_counts_changes),
		CASE(uses_are_counted),
		CASE(values_are_kept_by_names),
		CASE(textures_show_planes),
		CASE(textures_that_do_not_fit_are_refused),
		CASE(views_show_the_surface),
		CASE(one_device_counts_the_bytes),
		CASE(surfaces_lie_over_given_pages),
		CASE(fails_without_memory),
		CASE(threads_look_up_what_is_released),
	};
	return cmocka_run_group_tests(tests, open_default_device, close_device);
}
