/* SPDX-License-Identifier: MIT */
/* Views, and textures in heaps, in a second process, which is this program, executed again. */
#include "peers.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "metal/handle.h"

/* Of `texture`, as wide as a row in `texels`. */
static MTLRegion get_region(const struct tongs_texture *texture, NSUInteger level) {
	struct tongs_texture_info info;
	tongs_texture_get_info(texture, &info);
	return MTLRegionMake2D(0, 0, info.width >> level, info.height >> level);
}

enum { MOST = WIDTH * HEIGHT * 4 };

static bool write_slice(struct tongs_texture *texture, NSUInteger level, NSUInteger slice, unsigned seed) {
	unsigned char texels[MOST];
	const MTLRegion region = get_region(texture, level);
	fill(texels, sizeof(texels), seed);
	return tongs_texture_replace_region(texture, region, level, slice, texels, region.size.width * 4, 0);
}

static bool slice_has(struct tongs_texture *texture, NSUInteger level, NSUInteger slice, unsigned seed) {
	unsigned char texels[MOST] = {0};
	const MTLRegion region = get_region(texture, level);
	return tongs_texture_get_bytes(texture, texels, region.size.width * 4, 0, region, level, slice) &&
	       has(texels, region.size.width * 4 * region.size.height, seed);
}

static const MTLTextureSwizzleChannels swizzle = {
	MTLTextureSwizzleBlue, MTLTextureSwizzleOne, MTLTextureSwizzleRed, MTLTextureSwizzleZero};

static void check_levels(struct tongs_texture *view) {
	struct tongs_texture_info info;
	tongs_texture_get_info(view, &info);
	CHECK(info.pixel_format == MTLPixelFormatBGRA8Unorm && info.type == MTLTextureType2D &&
		info.width == WIDTH >> 1 && info.height == HEIGHT >> 1 && info.mipmap_level_count == 2 &&
		memcmp(&info.swizzle, &swizzle, sizeof(swizzle)) == 0);
	CHECK(tongs_texture_get_parent_relative_level(view) == 1 && tongs_texture_get_parent_relative_slice(view) == 0);
	struct tongs_texture *root = tongs_texture_get_parent(view);
	CHECK(root && !tongs_texture_get_parent(root));
	tongs_texture_get_info(root, &info);
	CHECK(info.pixel_format == MTLPixelFormatRGBA8Unorm && info.width == WIDTH && info.height == HEIGHT &&
		info.mipmap_level_count == LEVELS);
	CHECK(slice_has(view, 0, 0, 2) && slice_has(view, 1, 0, 3) && slice_has(root, 0, 0, 1));
	CHECK(write_slice(view, 0, 0, 12) && write_slice(view, 1, 0, 13));
}

static void peer_levels(int socket) {
	struct tongs_texture *view = tongs_handle_receive(socket, NULL);
	CHECK(view && tongs_handle_kind(view) == TONGS_KIND_TEXTURE);
	CHECK(strcmp(tongs_resource_get_label(tongs_texture_get_resource(view)), "small") == 0);
	check_levels(view);
	tongs_texture_unref(view);
}

static void peer_handle(int socket) {
	struct tongs_texture_handle *handle = tongs_handle_receive(socket, NULL);
	CHECK(handle && tongs_handle_kind(handle) == TONGS_KIND_SHARED_TEXTURE_HANDLE);
	check_levels(handle->texture);
	tongs_object_unref(&handle->object);
}

/* A view of another is one of the texture that it shows. */
static void views_travel_with_their_textures(void **state) {
	(void)state;
	for (int as_handle = 0; as_handle < 2; as_handle++) {
		const struct tongs_texture_info info = picture();
		struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
		for (NSUInteger level = 0; level < LEVELS; level++)
			assert_true(write_slice(texture, level, 0, 1 + (unsigned)level));
		struct tongs_texture *numbers = tongs_texture_new_view(
			texture, MTLPixelFormatR32Uint, MTLTextureType2D, 1, 2, 0, 1, MTLTextureSwizzleChannelsDefault);
		struct tongs_texture *view = tongs_texture_new_view(
			numbers, MTLPixelFormatBGRA8Unorm, MTLTextureType2D, 0, 2, 0, 1, swizzle);
		assert_non_null(view);
		assert_true(tongs_texture_is_shareable(view));
		tongs_resource_set_label(tongs_texture_get_resource(texture), "large");
		tongs_resource_set_label(tongs_texture_get_resource(view), "small");
		struct tongs_texture_handle *handle = tongs_texture_handle_new(view);
		assert_non_null(handle);
		struct peer peer = peer_start(as_handle ? "handle" : "levels", SOCK_STREAM);
		assert_true(tongs_handle_send(peer.socket, as_handle ? (void *)handle : (void *)view));
		peer_finish(&peer);
		assert_true(slice_has(texture, 0, 0, 1));
		assert_true(slice_has(texture, 1, 0, 12));
		assert_true(slice_has(texture, 2, 0, 13));
		tongs_object_unref(&handle->object);
		tongs_texture_unref(view);
		tongs_texture_unref(numbers);
		tongs_texture_unref(texture);
	}
}

static void peer_faces(int socket) {
	struct tongs_texture_info info;
	struct tongs_texture *view = tongs_handle_receive(socket, NULL);
	CHECK(view);
	tongs_texture_get_info(view, &info);
	CHECK(info.type == MTLTextureTypeCube && info.array_length == 1 && info.width == 16);
	CHECK(tongs_texture_get_parent_relative_slice(view) == 3);
	for (unsigned face = 0; face < 6; face++)
		CHECK(slice_has(view, 0, face, 3 + face) && write_slice(view, 0, face, 23 + face));
	CHECK(slice_has(tongs_texture_get_parent(view), 0, 2, 2));
	tongs_texture_unref(view);
}

static void views_of_slices_travel(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	info.type = MTLTextureType2DArray;
	info.array_length = 12;
	struct tongs_texture *texture = tongs_device_new_shareable_texture(device, &info);
	assert_non_null(texture);
	for (unsigned slice = 0; slice < 12; slice++)
		assert_true(write_slice(texture, 0, slice, slice));
	struct tongs_texture *view = tongs_texture_new_view(
		texture, MTLPixelFormatRGBA8Unorm, MTLTextureTypeCube, 0, 1, 3, 6, MTLTextureSwizzleChannelsDefault);
	assert_non_null(view);
	struct peer peer = peer_start("faces", SOCK_SEQPACKET);
	assert_true(tongs_handle_send(peer.socket, view));
	peer_finish(&peer);
	for (unsigned slice = 0; slice < 12; slice++)
		assert_true(slice_has(texture, 0, slice, slice >= 3 && slice < 9 ? 20 + slice : slice));
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
}

static void peer_rows(int socket) {
	struct tongs_texture *view = tongs_handle_receive(socket, NULL);
	CHECK(view && tongs_texture_get_pixel_format(view) == MTLPixelFormatR32Uint);
	struct tongs_texture *root = tongs_texture_get_parent(view);
	CHECK(root && tongs_texture_get_pixel_format(root) == MTLPixelFormatRGBA8Unorm);
	CHECK(!tongs_texture_get_buffer(view) == !!tongs_texture_get_surface(view));
	CHECK(slice_has(view, 0, 0, 1) && write_slice(view, 0, 0, 2));
	tongs_texture_unref(view);
}

/* Their roots are rows of a buffer, or of a surface. */
static void views_over_rows_travel(void **state) {
	(void)state;
	enum { PITCH = 512, OFFSET = 4096, ROW = 16 * 4 };
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 8);
	const struct tongs_surface_info surface_info = {
		.whole = {.width = 16, .height = 8, .bytes_per_element = 4, .bytes_per_row = PITCH, .offset = OFFSET}};
	info.usage = MTLTextureUsagePixelFormatView;
	for (int over_surface = 0; over_surface < 2; over_surface++) {
		struct tongs_buffer *buffer =
			tongs_device_new_shareable_buffer(device, SIZE, MTLResourceStorageModeShared);
		struct tongs_surface *surface = tongs_surface_new_shareable(&surface_info);
		struct tongs_texture *texture =
			over_surface ? tongs_device_new_texture_from_surface(device, &info, surface, 0)
				     : tongs_buffer_new_texture(buffer, &info, OFFSET, PITCH);
		assert_non_null(texture);
		assert_true(write_slice(texture, 0, 0, 1));
		struct tongs_texture *view = tongs_texture_new_view(
			texture, MTLPixelFormatR32Uint, MTLTextureType2D, 0, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
		struct peer peer = peer_start("rows", SOCK_STREAM);
		assert_true(tongs_handle_send(peer.socket, view));
		peer_finish(&peer);
		const unsigned char *bytes =
			over_surface ? tongs_surface_get_base_address(surface) : tongs_buffer_get_contents(buffer);
		for (size_t i = 0; i < 8 * ROW; i++)
			assert_int_equal(bytes[(over_surface ? 0 : OFFSET) + i / ROW * PITCH + i % ROW], pattern(i, 2));
		tongs_texture_unref(view);
		tongs_texture_unref(texture);
		tongs_surface_unref(surface);
		tongs_buffer_unref(buffer);
	}
}

static void peer_placed(int socket) {
	struct tongs_texture *texture = tongs_handle_receive(socket, NULL);
	CHECK(texture && !tongs_texture_get_parent(texture));
	CHECK(!tongs_resource_get_heap(tongs_texture_get_resource(texture)));
	struct tongs_texture *view = tongs_handle_receive(socket, NULL);
	CHECK(view && tongs_texture_get_parent_relative_level(view) == 2);
	for (unsigned level = 0; level < LEVELS; level++)
		CHECK(slice_has(texture, level, 0, 1 + level));
	CHECK(slice_has(view, 0, 0, 3) && write_slice(view, 0, 0, 33) && slice_has(texture, 2, 0, 33));
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
}

static void textures_in_heaps_travel(void **state) {
	(void)state;
	skip_unless_heaps_place_textures();
	struct tongs_buffer *buffer;
	struct tongs_heap *heap = new_heap(&buffer);
	const struct tongs_texture_info info = picture();
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, 1 << 18);
	assert_non_null(texture);
	for (unsigned level = 0; level < LEVELS; level++)
		assert_true(write_slice(texture, level, 0, 1 + level));
	struct tongs_texture *view = tongs_texture_new_view(
		texture, MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 2, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
	struct peer peer = peer_start("placed", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, texture));
	assert_true(tongs_handle_send(peer.socket, view));
	peer_finish(&peer);
	assert_true(slice_has(texture, 1, 0, 2));
	assert_true(slice_has(texture, 2, 0, 33));
	assert_true(has(tongs_buffer_get_contents(buffer), 5000, 1));
	tongs_texture_unref(view);
	tongs_texture_unref(texture);
	tongs_buffer_unref(buffer);
	tongs_heap_unref(heap);
}

static const struct peer_task peers[] = {
	{"levels", peer_levels},
	{"handle", peer_handle},
	{"faces", peer_faces},
	{"rows", peer_rows},
	{"placed", peer_placed},
};

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		TEST(views_travel_with_their_textures),
		TEST(views_of_slices_travel),
		TEST(views_over_rows_travel),
		TEST(textures_in_heaps_travel),
	};
	return run_with_peers(argc, argv, peers, LENGTH(peers), "process views", tests, LENGTH(tests));
}
