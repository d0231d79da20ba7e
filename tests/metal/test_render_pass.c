/* SPDX-License-Identifier: MIT */
/* Render passes without draws: clears of depth and stencil, resolves of colors, and what is refused. */
#include "render.h"

#include <math.h>
#include <string.h>

enum { ROOM = 1 << 16 };

static void check_slices(struct tongs_texture *texture, MTLPixelFormat format, MTLBlitOption option, unsigned bytes,
	uint32_t mask, const uint32_t expected[4]) {
	enum { EDGE = 8 };
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < 4; slice++)
		render_read(commands, texture, 0, slice, bytes, option, room, slice * 4096);
	commands_finish(commands);
	for (size_t slice = 0; slice < 4; slice++)
		for (size_t i = 0; i < EDGE * EDGE; i++) {
			uint32_t texel = 0;
			memcpy(&texel, (uint8_t *)tongs_buffer_get_contents(room) + slice * 4096 + i * bytes, bytes);
			if ((texel & mask) != expected[slice])
				fail_msg("format %lu, option %lu, slice %zu: 0x%x instead of 0x%x",
					(unsigned long)format, (unsigned long)option, slice, texel & mask,
					expected[slice]);
		}
	tongs_buffer_unref(room);
}

/* All slices, then two of them, then one in one aspect. */
static void depth_and_stencil(void **state) {
	static const struct {
		MTLPixelFormat format;
		bool depth, stencil;
	} formats[] = {
		{MTLPixelFormatDepth16Unorm, true, false},
		{MTLPixelFormatDepth32Float, true, false},
		{MTLPixelFormatStencil8, false, true},
		{MTLPixelFormatDepth24Unorm_Stencil8, true, true},
		{MTLPixelFormatDepth32Float_Stencil8, true, true},
	};
	size_t cleared = 0;
	(void)state;
	for (size_t i = 0; i < LENGTH(formats) * 2; i++) {
		const MTLPixelFormat format = formats[i / 2].format;
		const bool depth = formats[i / 2].depth, stencil = formats[i / 2].stencil;
		struct tongs_texture *texture = render_new_target(format, MTLTextureType2DArray, 8, 1,
			i % 2 ? MTLResourceStorageModePrivate : MTLResourceStorageModeShared);
		if (!texture) {
			messages_take();
			continue;
		}
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_pass();
		pass.depth.texture = depth ? texture : NULL;
		pass.stencil.texture = stencil ? texture : NULL;
		pass.depth.clear_depth = 0.25;
		pass.stencil.clear_stencil = 0x1a5;
		pass.render_target_array_length = 4;
		assert_true(render_encode(commands, &pass));
		pass.depth.slice = pass.stencil.slice = 1;
		pass.render_target_array_length = 2;
		pass.depth.clear_depth = 1;
		pass.stencil.clear_stencil = 7;
		assert_true(render_encode(commands, &pass));
		pass.render_target_array_length = 0;
		pass.depth.clear_depth = 0.75;
		pass.stencil.load_action = stencil && depth ? MTLLoadActionLoad : MTLLoadActionClear;
		pass.stencil.clear_stencil = 9;
		assert_true(render_encode(commands, &pass));
		pass.stencil.load_action = MTLLoadActionClear;
		pass.depth.load_action = MTLLoadActionDontCare;
		pass.depth.slice = pass.stencil.slice = 3;
		pass.stencil.clear_stencil = 3;
		assert_true(render_encode(commands, &pass));
		commands_finish(commands);
		messages_expect_none();
		const uint32_t depths[] = {render_make_depth(format, 0.25), render_make_depth(format, 0.75),
			render_make_depth(format, 1), render_make_depth(format, 0.25)};
		const uint32_t stencils[] = {0xa5, depth ? 7 : 9, 7, 3};
		const bool both = depth && stencil;
		if (depth)
			check_slices(texture, format, both ? MTLBlitOptionDepthFromDepthStencil : 0,
				format == MTLPixelFormatDepth16Unorm ? 2 : 4,
				format == MTLPixelFormatDepth24Unorm_Stencil8 ? 0xffffff : UINT32_MAX, depths);
		if (stencil)
			check_slices(
				texture, format, both ? MTLBlitOptionStencilFromDepthStencil : 0, 1, 0xff, stencils);
		tongs_texture_unref(texture);
		cleared++;
	}
	print_message("%zu depth and stencil textures cleared\n", cleared);
	assert_true(cleared > 4);
}

/* Of all samples into one level and slice, into planes of a 3D texture, and of slices; after clears of two colors. */
static void resolves(void **state) {
	enum { EDGE = 8, COUNT = EDGE * EDGE };
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisampleArray, EDGE, 4, private);
	struct tongs_texture *array = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, EDGE * 2, 1, private),
			     *flat = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, MTLResourceStorageModeShared),
			     *solid = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, private);
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	if (!samples || !array || !flat) {
		messages_take(); /* of what the driver lacks */
		tongs_texture_unref(samples);
		tongs_texture_unref(array);
		tongs_texture_unref(flat);
		tongs_texture_unref(solid);
		tongs_buffer_unref(room);
		skip();
	}
	if (!solid)
		messages_take();
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < 4; slice++) {
		const struct tongs_render_pass_info pass = render_make_clear(array, 1, slice, render_zero);
		assert_true(render_encode(commands, &pass));
	}
	struct tongs_render_pass_info pass = render_make_clear(samples, 0, 1, render_first);
	pass.colors[0].resolve_texture = array;
	pass.colors[0].resolve_level = 1;
	pass.colors[0].resolve_slice = 2;
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	assert_true(render_encode(commands, &pass));
	/* The action is set later; the sample's texels stay, and are resolved again. */
	pass = render_make_clear(samples, 0, 2, render_second);
	pass.colors[0].resolve_texture = flat;
	pass.colors[0].store_action = MTLStoreActionUnknown;
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &pass);
	assert_non_null(encoder);
	tongs_render_set_color_store_action(encoder, MTLStoreActionStoreAndMultisampleResolve, 0);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	pass = render_make_clear(samples, 0, 0, render_first);
	pass.colors[0].resolve_texture = solid;
	pass.colors[0].resolve_depth_plane = 1;
	pass.colors[0].store_action = MTLStoreActionStoreAndMultisampleResolve;
	if (solid) {
		assert_true(render_encode(commands, &pass));
	}
	/* The samples of two passes, both of which were stored. */
	pass.colors[0].load_action = MTLLoadActionLoad;
	pass.colors[0].slice = 1;
	pass.colors[0].resolve_texture = array;
	pass.colors[0].resolve_level = 1;
	pass.colors[0].resolve_slice = 0;
	pass.colors[0].resolve_depth_plane = 0;
	pass.render_target_array_length = 2;
	assert_true(render_encode(commands, &pass));
	for (NSUInteger slice = 0; slice < 4; slice++)
		render_read(commands, array, 1, slice, 4, 0, room, slice * COUNT * 4);
	render_read(commands, flat, 0, 0, 4, 0, room, 4 * COUNT * 4);
	if (solid)
		render_read(commands, solid, 0, 0, 4, 0, room, 5 * COUNT * 4);
	commands_finish(commands);
	messages_expect_none();
	const uint32_t expected[] = {RENDER_FIRST, RENDER_SECOND, RENDER_FIRST, 0},
		       *texels = tongs_buffer_get_contents(room);
	for (size_t slice = 0; slice < 4; slice++)
		assert_true(render_are_all(texels + slice * COUNT, COUNT, expected[slice]));
	assert_true(render_are_all(texels + 4 * COUNT, COUNT, RENDER_SECOND));
	if (solid && !render_are_all(texels + 6 * COUNT, COUNT, RENDER_FIRST))
		fail_msg("plane 1 begins with 0x%x, planes 0, 2 and 3 with 0x%x, 0x%x and 0x%x", texels[6 * COUNT],
			texels[5 * COUNT], texels[7 * COUNT], texels[8 * COUNT]);
	tongs_texture_unref(samples);
	tongs_texture_unref(array);
	tongs_texture_unref(flat);
	tongs_texture_unref(solid);
	tongs_buffer_unref(room);
}

/* What Metal refuses, and what would need a draw. */
static void misuse_is_refused(void **state) {
	enum { EDGE = 8 };
	const MTLResourceOptions private = MTLResourceStorageModePrivate;
	(void)state;
	struct tongs_texture_info sampled_info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	struct tongs_texture *target = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2DArray, EDGE, 1, private),
			     *half = render_new_target(
				     MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE / 2, 1, private),
			     *depth = render_new_target(MTLPixelFormatDepth32Float, MTLTextureType2D, EDGE, 1, private),
			     *sampled = tongs_device_new_texture(device, &sampled_info);
	struct tongs_fence *fence = tongs_device_new_fence(device);
	assert_true(target && half && depth && sampled && fence);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_pass();
#define REFUSED(text) \
	do { \
		assert_false(render_encode(commands, &pass)); \
		messages_expect(text); \
		pass = render_make_clear(target, 0, 0, render_zero); \
	} while (0)
	REFUSED("no attachment");
	pass.colors[0].texture = sampled;
	REFUSED("lacks MTLTextureUsageRenderTarget");
	pass.colors[0].texture = depth;
	REFUSED("not an uncompressed format with colors");
	pass.depth.texture = target;
	REFUSED("a depth");
	pass.stencil.texture = depth;
	REFUSED("a stencil");
	pass.colors[0].level = 2;
	REFUSED("2 levels");
	pass.colors[0].slice = 4;
	REFUSED("4 slices");
	pass.colors[0].slice = 3;
	pass.render_target_array_length = 2;
	REFUSED("4 slices");
	pass.render_target_array_length = UINTPTR_MAX;
	REFUSED("4 slices");
	pass.colors[0].depth_plane = 1;
	REFUSED("1 planes");
	pass.colors[0].load_action = 3;
	REFUSED("not an MTLLoadAction");
	pass.colors[0].store_action = 6;
	REFUSED("not an MTLStoreAction");
	pass.colors[0].store_action = MTLStoreActionCustomSampleDepthStore;
	REFUSED("not an MTLStoreAction");
	pass.render_target_width = EDGE + 1;
	REFUSED("exceeds");
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	REFUSED("resolveTexture is nil");
	pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
	pass.colors[0].resolve_texture = half;
	REFUSED("one sample");
	pass.depth.texture = depth;
	pass.depth.clear_depth = 1.5;
	REFUSED("from 0 to 1");
	pass.depth.texture = depth;
	pass.depth.clear_depth = NAN;
	REFUSED("from 0 to 1");

	struct tongs_texture *solid = render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType3D, EDGE, 1, private);
	if (solid) {
		pass.colors[0].texture = solid;
		pass.colors[0].load_action = MTLLoadActionLoad;
		pass.colors[0].depth_plane = 3;
		assert_true(render_encode(commands, &pass));
		pass.colors[0].depth_plane = 4;
		REFUSED("4 planes");
	} else {
		messages_take();
		pass = render_make_clear(target, 0, 0, render_zero);
	}
	struct tongs_texture *samples =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2DMultisample, EDGE, 4, private);
	struct tongs_texture *other = render_new_target(MTLPixelFormatRGBA16Unorm, MTLTextureType2D, EDGE, 1, private);
	if (samples && other) {
		pass.colors[1].texture = samples;
		REFUSED("the same number");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = half;
		REFUSED("the sizes must be the same");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = samples;
		REFUSED("it must have 1");
		pass = render_make_clear(samples, 0, 0, render_zero);
		pass.colors[0].store_action = MTLStoreActionMultisampleResolve;
		pass.colors[0].resolve_texture = other;
		REFUSED("the formats must be the same");
	} else {
		messages_take();
	}

	/* In an encoder. */
	pass = render_make_clear(target, 0, 0, render_zero);
	pass.colors[0].store_action = MTLStoreActionUnknown;
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &pass);
	assert_non_null(encoder);
	tongs_render_set_color_store_action(encoder, MTLStoreActionMultisampleResolve, 0);
	messages_expect("resolveTexture is nil");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 1);
	messages_expect("must be MTLStoreActionUnknown");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 8);
	messages_expect("8 color attachments");
	tongs_render_set_depth_store_action(encoder, MTLStoreActionStore);
	messages_expect("depthAttachment");
	tongs_render_set_stencil_store_action(encoder, MTLStoreActionStore);
	messages_expect("stencilAttachment");
	tongs_render_update_fence(encoder, fence, 0);
	messages_expect("0x0 are not MTLRenderStages");
	tongs_render_wait_for_fence(encoder, fence, MTLRenderStageVertex);
	tongs_render_update_fence(encoder, fence, MTLRenderStageFragment);
	tongs_blit_generate_mipmaps(encoder, target);
	messages_expect("not an MTLBlitCommandEncoder");
	assert_null(tongs_command_buffer_new_render_encoder(commands, &pass));
	messages_expect("is open");
	tongs_encoder_end(encoder);
	messages_expect("still MTLStoreActionUnknown");
	tongs_render_set_color_store_action(encoder, MTLStoreActionStore, 0);
	messages_expect("has ended");
	tongs_encoder_unref(encoder);
	commands_finish(commands);
	tongs_fence_unref(fence);
	tongs_texture_unref(target);
	tongs_texture_unref(half);
	tongs_texture_unref(depth);
	tongs_texture_unref(sampled);
	tongs_texture_unref(solid);
	tongs_texture_unref(samples);
	tongs_texture_unref(other);
}

/* Nothing of a pass that is refused is done, and nothing of one that is not committed. */
static void refused_passes_change_nothing(void **state) {
	enum { EDGE = 8, COUNT = EDGE * EDGE };
	(void)state;
	struct tongs_texture *target =
		render_new_target(MTLPixelFormatRGBA8Unorm, MTLTextureType2D, EDGE, 1, MTLResourceStorageModePrivate);
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	struct tongs_command_buffer *commands = render_begin(), *dropped = render_begin();
	struct tongs_render_pass_info pass = render_make_clear(target, 0, 0, render_first);
	assert_true(render_encode(commands, &pass));
	pass = render_make_clear(target, 0, 0, render_second);
	assert_true(render_encode(dropped, &pass));
	struct tongs_encoder *open = tongs_command_buffer_new_render_encoder(dropped, &pass);
	assert_non_null(open);
	tongs_encoder_unref(open);
	tongs_command_buffer_unref(dropped);
	pass.colors[7] = pass.colors[0];
	pass.colors[7].level = 5;
	assert_false(render_encode(commands, &pass));
	messages_expect("colorAttachments[7]");
	pass.colors[7].texture = NULL;
	pass.colors[0].load_action = MTLLoadActionDontCare;
	pass.colors[0].store_action = MTLStoreActionDontCare;
	assert_true(render_encode(commands, &pass));
	render_read(commands, target, 0, 0, 4, 0, room, 0);
	commands_finish(commands);
	assert_true(render_are_all(tongs_buffer_get_contents(room), COUNT, RENDER_FIRST));
	tongs_texture_unref(target);
	tongs_buffer_unref(room);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(depth_and_stencil),
		TEST(resolves),
		TEST(misuse_is_refused),
		TEST(refused_passes_change_nothing),
	};
	return run_validated(argc, "metal: render pass", tests, LENGTH(tests));
}
