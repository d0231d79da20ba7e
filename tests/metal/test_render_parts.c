/* SPDX-License-Identifier: MIT */
/* Render passes that write a part of what their textures have: a corner of a level, some planes of a 3D texture, views
 * whose texels are not the image's; and samples that are resolved to such. */
#include "render.h"

#include <string.h>

enum { EDGE = 8, COUNT = EDGE * EDGE, WIDTH = 5, HEIGHT = 3, ROOM = 1 << 16 };

static const MTLResourceOptions MODES[] = {MTLResourceStorageModeShared, MTLResourceStorageModePrivate};

static struct tongs_buffer *new_room(void) {
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	assert_non_null(room);
	return room;
}

static bool is_inside(size_t i) {
	return i % EDGE < WIDTH && i / EDGE < HEIGHT;
}

/* A corner of 5 x 3 texels, and the rest of a slice of 8 x 8. */
static void check_corner(const uint32_t *texels, uint32_t corner, uint32_t rest) {
	for (size_t i = 0; i < COUNT; i++)
		if (texels[i] != (is_inside(i) ? corner : rest))
			fail_msg("texel %zu, %zu: 0x%x", i % EDGE, i / EDGE, texels[i]);
}

static void set_corner(struct tongs_render_pass_info *pass) {
	pass->render_target_width = WIDTH;
	pass->render_target_height = HEIGHT;
}

/* Of slices 1 and 2 of an array, after all were cleared. */
static void a_corner_of_colors(void **state) {
	(void)state;
	struct tongs_buffer *room = new_room();
	for (size_t mode = 0; mode < LENGTH(MODES); mode++) {
		struct tongs_texture *texture =
			render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, 2 * EDGE, 1, MODES[mode]);
		assert_non_null(texture);
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_clear(texture, 1, 0, render_first);
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass = render_make_clear(texture, 1, 1, render_second);
		pass.render_target_array_length = 2;
		set_corner(&pass);
		assert_true(render_encode(commands, &pass));
		for (NSUInteger slice = 0; slice < 4; slice++)
			render_read(commands, texture, 1, slice, 4, 0, room, slice * COUNT * 4);
		commands_finish(commands);
		const uint32_t *texels = tongs_buffer_get_contents(room);
		for (size_t slice = 0; slice < 4; slice++)
			check_corner(texels + slice * COUNT, slice == 1 || slice == 2 ? RENDER_SECOND : RENDER_FIRST,
				RENDER_FIRST);
		tongs_texture_unref(texture);
	}
	tongs_buffer_unref(room);
}

/* One dimension alone is given; the other is the level's. */
static void one_side_of_a_corner(void **state) {
	(void)state;
	struct tongs_buffer *room = new_room();
	struct tongs_texture *texture =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, MTLResourceStorageModePrivate);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(texture, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(texture, 0, 0, render_second);
	pass.render_target_height = HEIGHT;
	assert_true(render_encode(commands, &pass));
	render_read(commands, texture, 0, 0, 4, 0, room, 0);
	commands_finish(commands);
	const uint32_t *texels = tongs_buffer_get_contents(room);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(texels[i], i / EDGE < HEIGHT ? RENDER_SECOND : RENDER_FIRST);
	tongs_texture_unref(texture);
	tongs_buffer_unref(room);
}

/* Each aspect by itself; the other stays. */
static void a_corner_of_depth_and_stencil(void **state) {
	static const MTLPixelFormat formats[] = {MTLPixelFormatDepth32Float, MTLPixelFormatStencil8,
		MTLPixelFormatDepth24Unorm_Stencil8, MTLPixelFormatDepth32Float_Stencil8};
	(void)state;
	struct tongs_buffer *room = new_room();
	size_t cleared = 0;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		const bool depth = formats[i] != MTLPixelFormatStencil8,
			   stencil = formats[i] != MTLPixelFormatDepth32Float;
		const bool both = depth && stencil;
		struct tongs_texture *texture =
			render_new_target(formats[i], MTLTextureType2D, EDGE, 1, MTLResourceStorageModePrivate);
		if (!texture) {
			messages_take();
			continue;
		}
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_pass();
		pass.depth.texture = depth ? texture : NULL;
		pass.stencil.texture = stencil ? texture : NULL;
		pass.depth.clear_depth = 0.25;
		pass.stencil.clear_stencil = 7;
		assert_true(render_encode(commands, &pass));
		set_corner(&pass);
		pass.depth.clear_depth = 0.75;
		pass.stencil.load_action = MTLLoadActionLoad;
		assert_true(render_encode(commands, &pass));
		pass.depth.load_action = MTLLoadActionLoad;
		pass.stencil.load_action = MTLLoadActionClear;
		pass.stencil.clear_stencil = 9;
		pass.render_target_width = 1;
		assert_true(render_encode(commands, &pass));
		if (depth)
			render_read(commands, texture, 0, 0, 4, both ? MTLBlitOptionDepthFromDepthStencil : 0, room, 0);
		if (stencil)
			render_read(commands, texture, 0, 0, 1, both ? MTLBlitOptionStencilFromDepthStencil : 0, room,
				4096);
		commands_finish(commands);
		const uint32_t *depths = tongs_buffer_get_contents(room);
		const uint8_t *stencils = (const uint8_t *)depths + 4096;
		const uint32_t mask = formats[i] == MTLPixelFormatDepth24Unorm_Stencil8 ? 0xffffff : UINT32_MAX;
		for (size_t at = 0; at < COUNT; at++) {
			const double expected = is_inside(at) ? 0.75 : 0.25;
			const uint8_t value = at % EDGE < 1 && is_inside(at) ? 9 : 7;
			if (depth && (depths[at] & mask) != render_make_depth(formats[i], expected))
				fail_msg("format %lu, texel %zu: 0x%x", (unsigned long)formats[i], at, depths[at]);
			if (stencil && stencils[at] != value)
				fail_msg("format %lu, texel %zu: %u", (unsigned long)formats[i], at, stencils[at]);
		}
		tongs_texture_unref(texture);
		cleared++;
	}
	messages_expect_none();
	assert_true(cleared > 1);
	tongs_buffer_unref(room);
}

/* All samples of the corner, and no other, as resolving shows; and of the corner alone. */
static void a_corner_of_samples(void **state) {
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, EDGE, 4, private);
	if (!samples) {
		messages_take();
		skip();
	}
	struct tongs_buffer *room = new_room();
	struct tongs_texture *flat = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, private);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(samples, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 0, render_second);
	set_corner(&pass);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 0, render_zero);
	pass.colors[0].load_action = MTLLoadActionLoad;
	pass.colors[0].store_action = MTLStoreActionStoreAndMultisampleResolve;
	pass.colors[0].resolve_texture = flat;
	assert_true(render_encode(commands, &pass));
	render_read(commands, flat, 0, 0, 4, 0, room, 0);
	pass.render_target_width = 2;
	pass.colors[0].load_action = MTLLoadActionClear;
	assert_true(render_encode(commands, &pass));
	render_read(commands, flat, 0, 0, 4, 0, room, 4096);
	commands_finish(commands);
	const uint32_t *texels = tongs_buffer_get_contents(room);
	check_corner(texels, RENDER_SECOND, RENDER_FIRST);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(texels[1024 + i], i % EDGE < 2 ? 0 : is_inside(i) ? RENDER_SECOND : RENDER_FIRST);
	tongs_texture_unref(samples);
	tongs_texture_unref(flat);
	tongs_buffer_unref(room);
}

/* Planes 1 and 2 of a 3D texture of 4, and a corner of plane 3. */
static void planes(void **state) {
	(void)state;
	struct tongs_texture *solid =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, MTLResourceStorageModePrivate);
	if (!solid) {
		messages_take();
		skip();
	}
	struct tongs_buffer *room = new_room();
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(solid, 0, 0, render_zero);
	pass.render_target_array_length = 4;
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(solid, 0, 0, render_first);
	pass.colors[0].depth_plane = 1;
	pass.render_target_array_length = 2;
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(solid, 0, 0, render_second);
	pass.colors[0].depth_plane = 3;
	set_corner(&pass);
	assert_true(render_encode(commands, &pass));
	render_read(commands, solid, 0, 0, 4, 0, room, 0);
	commands_finish(commands);
	const uint32_t *texels = tongs_buffer_get_contents(room);
	for (size_t plane = 0; plane < 3; plane++)
		assert_true(render_are_all(texels + plane * COUNT, COUNT, plane ? RENDER_FIRST : 0));
	check_corner(texels + 3 * COUNT, RENDER_SECOND, 0);
	tongs_texture_unref(solid);
	tongs_buffer_unref(room);
}

/* Two slices, neither of them the first, to planes 2 and 3. */
static void samples_to_planes(void **state) {
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisampleArray, EDGE, 4, private);
	struct tongs_texture *solid = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, private);
	if (!samples || !solid) {
		messages_take();
		tongs_texture_unref(samples);
		tongs_texture_unref(solid);
		skip();
	}
	struct tongs_buffer *room = new_room();
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(solid, 0, 0, render_zero);
	pass.render_target_array_length = 4;
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 1, render_first);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 2, render_second);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 1, render_zero);
	pass.colors[0].load_action = MTLLoadActionLoad;
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	pass.colors[0].resolve_texture = solid;
	pass.colors[0].resolve_depth_plane = 2;
	pass.render_target_array_length = 2;
	assert_true(render_encode(commands, &pass));
	render_read(commands, solid, 0, 0, 4, 0, room, 0);
	commands_finish(commands);
	const uint32_t expected[] = {0, 0, RENDER_FIRST, RENDER_SECOND}, *texels = tongs_buffer_get_contents(room);
	for (size_t plane = 0; plane < 4; plane++)
		assert_true(render_are_all(texels + plane * COUNT, COUNT, expected[plane]));
	tongs_texture_unref(samples);
	tongs_texture_unref(solid);
	tongs_buffer_unref(room);
}

/* The view's format says what the texels are. */
static void views_of_other_formats(void **state) {
	static const struct {
		MTLPixelFormat format, view;
		MTLClearColor color;
		uint32_t texel;
	} cases[] = {
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatRGBA8Uint, {1, 2, 3, 250}, 0xfa030201},
		{MTLPixelFormatRGBA8Unorm, MTLPixelFormatR32Float, {1, 0, 0, 0}, 0x3f800000},
		{MTLPixelFormatR32Uint, MTLPixelFormatRGBA8Unorm, {0.2, 0.4, 0.6, 1}, RENDER_FIRST},
		{MTLPixelFormatR32Uint, MTLPixelFormatRGBA8Unorm_sRGB, {0.2, 0.4, 0.6, 1}, 0xffcbaa7c},
		{MTLPixelFormatRG16Sint, MTLPixelFormatR32Uint, {4e9, 0, 0, 0}, 0xee6b2800},
	};
	(void)state;
	struct tongs_buffer *room = new_room();
	size_t cleared = 0;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct tongs_texture *texture = render_new_target(
			cases[i].format, MTLTextureType2DArray, 2 * EDGE, 1, MTLResourceStorageModePrivate);
		assert_non_null(texture);
		struct tongs_texture *view = tongs_texture_new_view(
			texture, cases[i].view, MTLTextureType2DArray, 1, 1, 2, 2, MTLTextureSwizzleChannelsDefault);
		assert_non_null(view);
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_clear(texture, 1, 0, render_zero);
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass = render_make_clear(view, 0, 1, cases[i].color);
		set_corner(&pass);
		const bool done = render_encode(commands, &pass);
		for (NSUInteger slice = 0; slice < 4; slice++)
			render_read(commands, texture, 1, slice, 4, 0, room, slice * COUNT * 4);
		commands_finish(commands);
		const uint32_t *texels = tongs_buffer_get_contents(room);
		for (size_t slice = 0; slice < 4 && done; slice++)
			check_corner(texels + slice * COUNT, slice == 3 ? cases[i].texel : 0, 0);
		if (!done)
			messages_take(); /* the driver renders to no such texture */
		cleared += done;
		tongs_texture_unref(texture);
		tongs_texture_unref(view);
	}
	messages_expect_none();
	assert_true(cleared > 2);
	tongs_buffer_unref(room);
}

/* The mean is that of the view's numbers: of linear light in a view with the transfer function. */
static void samples_of_views(void **state) {
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, EDGE, 4, private);
	if (!samples) {
		messages_take();
		skip();
	}
	struct tongs_buffer *room = new_room();
	struct tongs_texture *array = render_new_target(MTLPixelFormatR32Uint, MTLTextureType2DArray, EDGE, 1, private);
	struct tongs_texture *from = tongs_texture_new_view(samples, MTLPixelFormatRGBA8Unorm_sRGB,
		MTLTextureType2DMultisample, 0, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
	struct tongs_texture *to = tongs_texture_new_view(array, MTLPixelFormatRGBA8Unorm_sRGB, MTLTextureType2DArray,
		0, 1, 1, 2, MTLTextureSwizzleChannelsDefault);
	assert_true(array && from && to);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(array, 0, 0, render_zero);
	pass.render_target_array_length = 4;
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(samples, 0, 0, render_second);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(from, 0, 0, render_first);
	set_corner(&pass);
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	pass.colors[0].resolve_texture = to;
	pass.colors[0].resolve_slice = 1;
	assert_true(render_encode(commands, &pass));
	for (NSUInteger slice = 0; slice < 4; slice++)
		render_read(commands, array, 0, slice, 4, 0, room, slice * COUNT * 4);
	commands_finish(commands);
	const uint32_t *texels = tongs_buffer_get_contents(room);
	for (size_t slice = 0; slice < 4; slice++)
		check_corner(texels + slice * COUNT, slice == 2 ? 0xffcbaa7c : 0, 0);
	messages_expect_none();
	tongs_texture_unref(samples);
	tongs_texture_unref(from);
	tongs_texture_unref(to);
	tongs_texture_unref(array);
	tongs_buffer_unref(room);
}

/* The rest of the rows stays. */
static void a_corner_of_rows(void **state) {
	enum { PITCH = 512 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, PITCH * EDGE, MTLResourceStorageModeShared);
	struct tongs_texture *rows = tongs_buffer_new_texture(buffer, &info, 0, PITCH);
	if (!rows) {
		messages_take(); /* a larger pitch is required */
		tongs_buffer_unref(buffer);
		skip();
	}
	uint8_t *bytes = tongs_buffer_get_contents(buffer);
	memset(bytes, 0xee, PITCH * EDGE);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(rows, 0, 0, render_first);
	set_corner(&pass);
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	for (size_t y = 0; y < EDGE; y++)
		for (size_t x = 0; x < PITCH / 4; x++) {
			uint32_t texel;
			memcpy(&texel, bytes + y * PITCH + 4 * x, 4);
			assert_int_equal(texel, x < WIDTH && y < HEIGHT ? RENDER_FIRST : 0xeeeeeeee);
		}
	messages_expect_none();
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(a_corner_of_colors),
		TEST(one_side_of_a_corner),
		TEST(a_corner_of_depth_and_stencil),
		TEST(a_corner_of_samples),
		TEST(planes),
		TEST(samples_to_planes),
		TEST(views_of_other_formats),
		TEST(samples_of_views),
		TEST(a_corner_of_rows),
	};
	return run_validated(argc, "metal: render parts", tests, LENGTH(tests));
}
