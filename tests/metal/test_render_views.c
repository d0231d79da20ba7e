/* SPDX-License-Identifier: MIT */
/* Render passes into views, and into textures over buffers and surfaces. */
#include "render.h"

#include <string.h>

#include "metal/texture.h"

enum { ROOM = 1 << 16 };

/* A view's levels and slices are the texture's, and its transfer function is its own. */
static void views(void **state) {
	static const struct {
		MTLPixelFormat format, view;
		uint32_t texel; /* 0.2, 0.4, 0.6, 1 in the view */
	} cases[] = {
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Unorm, 0xff996633},
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Unorm_sRGB, 0xffcbaa7c},
		{MTLPixelFormatRGBA8Unorm_sRGB, MTLPixelFormatRGBA8Unorm, 0xff996633},
	};
	enum { EDGE = 4, COUNT = EDGE * EDGE };
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct tongs_texture *texture = render_new_target(
			cases[i].format, MTLTextureType2DArray, EDGE * 2, 1, MTLResourceStorageModePrivate);
		assert_non_null(texture);
		struct tongs_texture *view = tongs_texture_new_view(
			texture, cases[i].view, MTLTextureType2DArray, 1, 1, 2, 2, MTLTextureSwizzleChannelsDefault);
		assert_non_null(view);
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_clear(texture, 1, 0, render_zero);
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass = render_make_clear(view, 0, 1, render_first);
		assert_true(render_encode(commands, &pass));
		for (NSUInteger slice = 0; slice < 4; slice++)
			render_read(commands, texture, 1, slice, 4, 0, room, slice * COUNT * 4);
		commands_finish(commands);
		const uint32_t *texels = tongs_buffer_get_contents(room);
		for (size_t slice = 0; slice < 4; slice++)
			if (!render_are_all(texels + slice * COUNT, COUNT, slice == 3 ? cases[i].texel : 0))
				fail_msg("case %zu, slice %zu: 0x%x", i, slice, texels[slice * COUNT]);
		tongs_texture_unref(texture);
		tongs_texture_unref(view);
	}
	messages_expect_none();
	tongs_buffer_unref(room);
}

/* The bytes between the rows stay. */
static void check_rows(struct tongs_texture *rows, const uint8_t *bytes, size_t pitch, NSUInteger edge) {
	struct tongs_texture *samples = render_new_target(
		MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, edge, 4, MTLResourceStorageModePrivate);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(rows, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	for (size_t y = 0; y < edge; y++) {
		assert_true(render_are_all(bytes + y * pitch, edge, RENDER_FIRST));
		for (size_t x = edge * 4; x < pitch; x++)
			assert_int_equal(bytes[y * pitch + x], 0xee);
	}
	if (!samples) {
		messages_take();
		return;
	}
	commands = render_begin();
	pass = render_make_clear(samples, 0, 0, render_second);
	pass.colors[0].resolve_texture = rows;
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	for (size_t y = 0; y < edge; y++) {
		assert_true(render_are_all(bytes + y * pitch, edge, RENDER_SECOND));
		for (size_t x = edge * 4; x < pitch; x++)
			assert_int_equal(bytes[y * pitch + x], 0xee);
	}
	tongs_texture_unref(samples);
}

static void textures_over_buffers(void **state) {
	enum { EDGE = 24, PITCH = 512, OFFSET = 256 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_buffer *buffer =
		tongs_device_new_buffer(device, OFFSET + PITCH * EDGE, MTLResourceStorageModeShared);
	struct tongs_texture *rows = tongs_buffer_new_texture(buffer, &info, OFFSET, PITCH);
	if (!rows) {
		messages_take(); /* a larger pitch is required */
		tongs_buffer_unref(buffer);
		skip();
	}
	uint8_t *bytes = tongs_buffer_get_contents(buffer);
	memset(bytes, 0xee, OFFSET + PITCH * EDGE);
	check_rows(rows, bytes + OFFSET, PITCH, EDGE);
	for (size_t i = 0; i < OFFSET; i++)
		assert_int_equal(bytes[i], 0xee);
	messages_expect_none();
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffer);
}

/* A copy after a pass in the same command buffer waits for it. */
static void copies_follow_a_pass_over_a_buffer(void **state) {
	enum { EDGE = 24, PITCH = 512, SIZE = PITCH * EDGE };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared),
			    *copy = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	struct tongs_texture *rows = tongs_buffer_new_texture(buffer, &info, 0, PITCH);
	if (!rows) {
		messages_take(); /* a larger pitch is required */
		tongs_buffer_unref(buffer);
		tongs_buffer_unref(copy);
		skip();
	}
	struct tongs_command_buffer *commands = render_begin();
	const struct tongs_render_pass_info pass = render_make_clear(rows, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	tongs_blit_copy_texture_to_buffer(blit, rows, 0, 0, MTLOriginMake(0, 0, 0), MTLSizeMake(EDGE, EDGE, 1), copy, 0,
		PITCH, SIZE, MTLBlitOptionNone);
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	commands_finish(commands);
	for (size_t y = 0; y < EDGE; y++)
		assert_true(render_are_all((uint8_t *)tongs_buffer_get_contents(copy) + y * PITCH, EDGE, RENDER_FIRST));
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(copy);
}

static void textures_over_surfaces(void **state) {
	enum { EDGE = 24, PITCH = 256 };
	const struct tongs_surface_info surface_info = {
		.whole = {.width = EDGE, .height = EDGE, .bytes_per_element = 4, .bytes_per_row = PITCH}};
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	(void)state;
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_surface *surface = tongs_surface_new(&surface_info);
	assert_non_null(surface);
	struct tongs_texture *over = tongs_device_new_texture_from_surface(device, &info, surface, 0);
	assert_non_null(over);
	if (!tongs_texture_get_own_rows(over)) {
		assert_true(messages_take() > 0);
		tongs_texture_unref(over);
		tongs_surface_unref(surface);
		skip(); /* the driver imports no host pages */
	}
	uint8_t *bytes = tongs_surface_get_base_address(surface);
	memset(bytes, 0xee, PITCH * EDGE);
	check_rows(over, bytes, PITCH, EDGE);
	messages_expect_none();
	tongs_texture_unref(over);
	tongs_surface_unref(surface);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(views),
		TEST(textures_over_buffers),
		TEST(copies_follow_a_pass_over_a_buffer),
		TEST(textures_over_surfaces),
	};
	return run_validated(argc, "metal: render views", tests, LENGTH(tests));
}
