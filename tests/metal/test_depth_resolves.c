/* SPDX-License-Identifier: MIT */
/* Render passes that resolve depth and stencil: every format of both, to levels and slices, parts of them, each aspect
 * alone and both at once, by every filter; and what is refused. Samples that differ are drawn by Vulkan, in
 * `layer depth resolves`. */
#include "render.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "metal/device.h"

enum { EDGE = 8, COUNT = EDGE * EDGE, WIDTH = 5, HEIGHT = 3, SLICES = 4, SLICE_ROOM = 2048, ROOM = 1 << 16 };

static const struct format {
	const char *name;
	MTLPixelFormat format;
	bool depth, stencil;
	unsigned depth_bytes;
	uint32_t depth_mask;
} formats[] = {
	{"Depth16Unorm", MTLPixelFormatDepth16Unorm, true, false, 2, 0xffff},
	{"Depth32Float", MTLPixelFormatDepth32Float, true, false, 4, UINT32_MAX},
	{"Stencil8", MTLPixelFormatStencil8, false, true, 0, 0},
	{"Depth24Unorm_Stencil8", MTLPixelFormatDepth24Unorm_Stencil8, true, true, 4, 0xffffff},
	{"Depth32Float_Stencil8", MTLPixelFormatDepth32Float_Stencil8, true, true, 4, UINT32_MAX},
};

static bool has_both(const struct format *format) {
	return format->depth && format->stencil;
}

struct texel {
	double depth;
	uint8_t stencil;
};

/* What the targets have before, and the samples: in a corner and elsewhere. Slices differ by their numbers. */
static const struct texel OLD = {0.125, 0x18}, CORNER = {0.75, 0xc0}, REST = {0.25, 0x50};

static struct texel of_slice(struct texel texel, NSUInteger slice) {
	return (struct texel){slice % 2 ? 1 - texel.depth : texel.depth, (uint8_t)(texel.stencil + slice)};
}

static struct tongs_render_pass_info make_pass(
	const struct format *format, struct tongs_texture *texture, NSUInteger level, NSUInteger slice) {
	struct tongs_render_pass_info pass = render_make_pass();
	pass.depth.texture = format->depth ? texture : NULL;
	pass.stencil.texture = format->stencil ? texture : NULL;
	pass.depth.level = pass.stencil.level = level;
	pass.depth.slice = pass.stencil.slice = slice;
	return pass;
}

static void clear_slice(struct tongs_command_buffer *commands, const struct format *format,
	struct tongs_texture *texture, NSUInteger level, NSUInteger slice, struct texel texel, bool corner) {
	struct tongs_render_pass_info pass = make_pass(format, texture, level, slice);
	const struct texel value = of_slice(texel, slice);
	pass.depth.clear_depth = value.depth;
	pass.stencil.clear_stencil = value.stencil;
	pass.render_target_width = corner ? WIDTH : 0;
	pass.render_target_height = corner ? HEIGHT : 0;
	assert_true(render_encode(commands, &pass));
}

/* Which texels of which slices have been resolved, in which aspects. */
struct resolved {
	bool depth, stencil;
	size_t width, height;
	NSUInteger first, count, from; /* slices, and the first of the samples */
};

/* Of the whole first slice. */
static const struct resolved BOTH = {.depth = true, .stencil = true};

static struct texel expect(const struct resolved *resolved, bool aspect, NSUInteger slice, size_t x, size_t y) {
	if (!aspect || x >= resolved->width || y >= resolved->height || slice < resolved->first ||
		slice >= resolved->first + resolved->count)
		return of_slice(OLD, slice);
	return of_slice(x < WIDTH && y < HEIGHT ? CORNER : REST, slice - resolved->first + resolved->from);
}

/* Reads depths and stencils of all slices, by blits. */
static void read_level(const struct format *format, struct tongs_texture *texture, NSUInteger level, NSUInteger slices,
	struct tongs_buffer *room) {
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < slices; slice++) {
		const NSUInteger at = slice * 2 * SLICE_ROOM;
		if (format->depth)
			render_read(commands, texture, level, slice, format->depth_bytes,
				has_both(format) ? MTLBlitOptionDepthFromDepthStencil : 0, room, at);
		if (format->stencil)
			render_read(commands, texture, level, slice, 1,
				has_both(format) ? MTLBlitOptionStencilFromDepthStencil : 0, room, at + SLICE_ROOM);
	}
	commands_finish(commands);
}

static void check_level(const struct format *format, struct tongs_texture *texture, NSUInteger level, NSUInteger slices,
	size_t edge, const struct resolved *resolved, struct tongs_buffer *room) {
	read_level(format, texture, level, slices, room);
	for (NSUInteger slice = 0; slice < slices; slice++)
		for (size_t i = 0; i < edge * edge; i++) {
			const uint8_t *at = (const uint8_t *)tongs_buffer_get_contents(room) + slice * 2 * SLICE_ROOM;
			const size_t x = i % edge, y = i / edge;
			uint32_t depth = 0;
			memcpy(&depth, at + i * format->depth_bytes, format->depth_bytes);
			depth &= format->depth_mask;
			const uint32_t wanted = format->depth
							? render_make_depth(format->format,
								  expect(resolved, resolved->depth, slice, x, y).depth)
							: 0;
			const uint8_t stencil = format->stencil ? at[SLICE_ROOM + i] : 0,
				      wanted_stencil =
					      format->stencil ? expect(resolved, resolved->stencil, slice, x, y).stencil
							      : 0;
			if (depth != wanted || stencil != wanted_stencil)
				fail_msg("%s, aspects %d%d, level %lu, slice %lu, texel %zu, %zu: depth 0x%x instead "
					 "of 0x%x, stencil 0x%x instead of 0x%x",
					format->name, resolved->depth, resolved->stencil, (unsigned long)level,
					(unsigned long)slice, x, y, depth, wanted, stencil, wanted_stencil);
		}
}

static void set_resolve(struct tongs_render_pass_attachment *attachment, struct tongs_texture *to, NSUInteger level,
	NSUInteger slice, bool resolves) {
	attachment->load_action = MTLLoadActionLoad;
	attachment->store_action = resolves ? MTLStoreActionStoreAndMultisampleResolve : MTLStoreActionStore;
	attachment->resolve_texture = to;
	attachment->resolve_level = level;
	attachment->resolve_slice = slice;
}

/* From the samples to a level, where and in which aspects `resolved` says. */
static struct tongs_render_pass_info make_resolve(const struct format *format, struct tongs_texture *from,
	struct tongs_texture *to, NSUInteger level, const struct resolved *resolved) {
	struct tongs_render_pass_info pass = make_pass(format, from, 0, resolved->from);
	set_resolve(&pass.depth, to, level, resolved->first, resolved->depth);
	set_resolve(&pass.stencil, to, level, resolved->first, resolved->stencil);
	pass.render_target_array_length = resolved->count;
	pass.render_target_width = resolved->width;
	pass.render_target_height = resolved->height;
	return pass;
}

static void fill_samples(struct tongs_command_buffer *commands, const struct format *format,
	struct tongs_texture *texture, NSUInteger slice) {
	clear_slice(commands, format, texture, 0, slice, REST, false);
	clear_slice(commands, format, texture, 0, slice, CORNER, true);
}

static const struct tongs_rendering *get_rendering(void) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	assert_non_null(tongs_own_device_get_vk_device(own));
	return &own->rendering;
}

static void skip_unless_rendering(void) {
	if (!get_rendering()->is_supported)
		skip();
}

/* One slice and level. NULL, with a message left, if the driver lacks it. */
static struct tongs_texture *new_flat(MTLPixelFormat format, NSUInteger samples) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, EDGE, EDGE);
	info.type = samples == 1 ? MTLTextureType2D : MTLTextureType2DMultisample;
	info.sample_count = samples;
	info.usage = MTLTextureUsageRenderTarget;
	info.resource_options = MTLResourceStorageModePrivate;
	return tongs_device_new_texture(device, &info);
}

/* With the messages about one that is missing. */
static void drop(struct tongs_texture *from, struct tongs_texture *to) {
	if (!from || !to)
		messages_take();
	tongs_texture_unref(from);
	tongs_texture_unref(to);
}

static struct tongs_buffer *new_room(void) {
	struct tongs_buffer *room = tongs_device_new_buffer(device, ROOM, MTLResourceStorageModeShared);
	assert_non_null(room);
	return room;
}

/* Both textures, or false, with none. */
static bool make_textures(const struct format *format, NSUInteger samples, MTLResourceOptions options,
	struct tongs_texture **from, struct tongs_texture **to) {
	*from = render_new_target(format->format, MTLTextureType2DMultisampleArray, EDGE, samples, options);
	*to = render_new_target(format->format, MTLTextureType2DArray, 2 * EDGE, 1, options);
	if (*from && *to)
		return true;
	drop(*from, *to);
	return false;
}

/* From slices 2 and 3 of the samples to slices 1 and 2 of level 1. */
static void resolve_and_check(const struct format *format, NSUInteger samples, MTLResourceOptions options,
	const struct resolved *resolved, struct tongs_buffer *room) {
	struct tongs_texture *from, *to;
	assert_true(make_textures(format, samples, options, &from, &to));
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger slice = 0; slice < SLICES; slice++) {
		fill_samples(commands, format, from, slice);
		for (NSUInteger level = 0; level < 2; level++)
			clear_slice(commands, format, to, level, slice, OLD, false);
	}
	const struct tongs_render_pass_info pass = make_resolve(format, from, to, 1, resolved);
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	const struct resolved nothing = {.depth = false};
	check_level(format, to, 1, SLICES, EDGE, resolved, room);
	check_level(format, to, 0, SLICES, 2 * EDGE, &nothing, room);
	tongs_texture_unref(from);
	tongs_texture_unref(to);
}

static void every_format(void **state) {
	static const MTLResourceOptions modes[] = {MTLResourceStorageModeShared, MTLResourceStorageModePrivate};
	static const struct { size_t width, height; } sizes[] = {{EDGE, EDGE}, {7, 2}, {EDGE, 1}, {3, EDGE}};
	(void)state;
	skip_unless_rendering();
	struct tongs_buffer *room = new_room();
	size_t resolved_count = 0;
	for (size_t i = 0; i < LENGTH(formats) * LENGTH(modes); i++) {
		const struct format *format = &formats[i / LENGTH(modes)];
		for (NSUInteger samples = 2; samples <= 8; samples *= 2) {
			struct tongs_texture *from, *to;
			if (!make_textures(format, samples, modes[i % LENGTH(modes)], &from, &to))
				continue;
			tongs_texture_unref(from);
			tongs_texture_unref(to);
			for (size_t size = 0; size < LENGTH(sizes); size++)
				for (unsigned aspects = 1; aspects <= 3; aspects++) {
					const struct resolved resolved = {
						.depth = aspects & 1,
						.stencil = aspects & 2,
						.width = sizes[size].width,
						.height = sizes[size].height,
						.first = 1,
						.count = 2,
						.from = 2,
					};
					if ((resolved.depth && !format->depth) ||
						(resolved.stencil && !format->stencil))
						continue;
					resolve_and_check(format, samples, modes[i % LENGTH(modes)], &resolved, room);
					resolved_count++;
				}
		}
	}
	messages_expect_none();
	print_message("%zu resolves of depth and stencil\n", resolved_count);
	assert_true(resolved_count > 20);
	tongs_buffer_unref(room);
}

/* The samples' texture and the one they are resolved to have one slice and level. */
static void one_slice_of_one_level(void **state) {
	static const struct { size_t width, height; } sizes[] = {{EDGE, EDGE}, {7, 2}, {EDGE, 1}, {3, EDGE}};
	(void)state;
	skip_unless_rendering();
	struct tongs_buffer *room = new_room();
	for (size_t i = 0; i < LENGTH(formats) * LENGTH(sizes); i++) {
		const struct format *format = &formats[i / LENGTH(sizes)];
		const struct resolved resolved = {
			.depth = format->depth,
			.stencil = format->stencil,
			.width = sizes[i % LENGTH(sizes)].width,
			.height = sizes[i % LENGTH(sizes)].height,
			.count = 1,
		};
		struct tongs_texture *from = new_flat(format->format, 4), *to = new_flat(format->format, 1);
		if (from && to) {
			struct tongs_command_buffer *commands = render_begin();
			fill_samples(commands, format, from, 0);
			clear_slice(commands, format, to, 0, 0, OLD, false);
			const struct tongs_render_pass_info pass = make_resolve(format, from, to, 0, &resolved);
			assert_true(render_encode(commands, &pass));
			commands_finish(commands);
			check_level(format, to, 0, 1, EDGE, &resolved, room);
		}
		drop(from, to);
	}
	tongs_buffer_unref(room);
}

/* Of slice 2 to the fourth face. */
static void faces_of_cubes(void **state) {
	enum { FACES = 6, FACE = 4, FROM = 2 };
	(void)state;
	skip_unless_rendering();
	struct tongs_buffer *room = new_room();
	for (size_t i = 0; i < LENGTH(formats); i++) {
		const struct format *format = &formats[i];
		const struct resolved resolved = {
			.depth = format->depth,
			.width = EDGE,
			.height = EDGE,
			.stencil = !format->depth,
			.first = FACE,
			.count = 1,
			.from = FROM,
		};
		struct tongs_texture *from = render_new_target(format->format, MTLTextureType2DMultisampleArray, EDGE,
					     4, MTLResourceStorageModePrivate),
				     *to = render_new_target(format->format, MTLTextureTypeCube, EDGE, 1,
					     MTLResourceStorageModePrivate);
		if (from && to) {
			struct tongs_command_buffer *commands = render_begin();
			fill_samples(commands, format, from, FROM);
			for (NSUInteger face = 0; face < FACES; face++)
				clear_slice(commands, format, to, 0, face, OLD, false);
			const struct tongs_render_pass_info pass = make_resolve(format, from, to, 0, &resolved);
			assert_true(render_encode(commands, &pass));
			commands_finish(commands);
			check_level(format, to, 0, FACES, EDGE, &resolved, room);
		}
		drop(from, to);
	}
	tongs_buffer_unref(room);
}

/* The stencil of a texture of both, as X32_Stencil8 and X24_Stencil8: slice 2 of the samples, the second of the view,
 * to slice 3, the last of the view. */
static void views_of_the_stencil(void **state) {
	(void)state;
	skip_unless_rendering();
	struct tongs_buffer *room = new_room();
	for (size_t i = 0; i < LENGTH(formats); i++) {
		const struct format *format = &formats[i];
		const MTLPixelFormat view = format->format == MTLPixelFormatDepth32Float_Stencil8
						    ? MTLPixelFormatX32_Stencil8
						    : MTLPixelFormatX24_Stencil8;
		const struct resolved resolved = {
			.stencil = true, .width = EDGE, .height = EDGE, .first = 3, .count = 1, .from = 2};
		struct tongs_texture *from, *to;
		if (!has_both(format) || !make_textures(format, 4, MTLResourceStorageModePrivate, &from, &to))
			continue;
		struct tongs_texture *from_view = tongs_texture_new_view(from, view, MTLTextureType2DMultisampleArray,
					     0, 1, 1, 3, MTLTextureSwizzleChannelsDefault),
				     *to_view = tongs_texture_new_view(to, view, MTLTextureType2DArray, 1, 1, 2, 2,
					     MTLTextureSwizzleChannelsDefault);
		assert_true(from_view && to_view);
		struct tongs_command_buffer *commands = render_begin();
		fill_samples(commands, format, from, 2);
		for (NSUInteger slice = 0; slice < SLICES; slice++)
			clear_slice(commands, format, to, 1, slice, OLD, false);
		struct tongs_render_pass_info pass = render_make_pass();
		pass.stencil.texture = from_view;
		pass.stencil.slice = 1;
		set_resolve(&pass.stencil, to_view, 0, 1, true);
		assert_true(render_encode(commands, &pass));
		commands_finish(commands);
		check_level(format, to, 1, SLICES, EDGE, &resolved, room);
		drop(from, to);
		drop(from_view, to_view);
	}
	tongs_buffer_unref(room);
}

static bool are_all(const void *texels, unsigned bytes, uint32_t texel) {
	for (size_t i = 0; i < COUNT; i++)
		if (memcmp((const uint8_t *)texels + i * bytes, &texel, bytes) != 0)
			return false;
	return true;
}

/* A color, a depth and a stencil, each of a texture of its own, cleared and resolved in one pass, whose store actions
 * come later; then read in the same command buffer, and once more with other values. */
static void textures_of_their_own(void **state) {
	static const MTLPixelFormat own[] = {
		MTLPixelFormatRGBA8Unorm, MTLPixelFormatDepth32Float, MTLPixelFormatStencil8};
	(void)state;
	skip_unless_rendering();
	struct tongs_texture *from[3], *to[3];
	bool has = true;
	for (size_t i = 0; i < 3; i++) {
		from[i] = new_flat(own[i], 4);
		to[i] = new_flat(own[i], 1);
		has = has && from[i] && to[i];
	}
	struct tongs_buffer *room = new_room();
	struct tongs_command_buffer *commands = render_begin();
	for (NSUInteger i = 0; i < 2 && has; i++) {
		struct tongs_render_pass_info pass = render_make_clear(from[0], 0, 0, i ? render_second : render_first);
		pass.depth.texture = from[1];
		pass.stencil.texture = from[2];
		pass.depth.clear_depth = i ? 0.75 : 0.25;
		pass.stencil.clear_stencil = i ? 7 : 9;
		struct tongs_render_pass_attachment *attachments[] = {&pass.colors[0], &pass.depth, &pass.stencil};
		for (size_t j = 0; j < 3; j++) {
			attachments[j]->resolve_texture = to[j];
			attachments[j]->store_action = MTLStoreActionUnknown;
		}
		struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &pass);
		assert_non_null(encoder);
		tongs_render_set_color_store_action(encoder, MTLStoreActionMultisampleResolve, 0);
		tongs_render_set_depth_store_action(encoder, MTLStoreActionStoreAndMultisampleResolve);
		tongs_render_set_stencil_store_action(encoder, MTLStoreActionMultisampleResolve);
		tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
		for (size_t j = 0; j < 3; j++)
			render_read(commands, to[j], 0, 0, j == 2 ? 1 : 4, 0, room, (3 * i + j) * SLICE_ROOM);
	}
	commands_finish(commands);
	if (!has)
		messages_take(); /* of what the driver lacks */
	const uint8_t *bytes = tongs_buffer_get_contents(room);
	for (NSUInteger i = 0; i < 2 && has; i++, bytes += 3 * SLICE_ROOM)
		assert_true(are_all(bytes, 4, i ? RENDER_SECOND : RENDER_FIRST) &&
			    are_all(bytes + SLICE_ROOM, 4, i ? 0x3f400000 : 0x3e800000) &&
			    are_all(bytes + 2 * SLICE_ROOM, 1, i ? 7 : 9));
	for (size_t i = 0; i < 3; i++) {
		tongs_texture_unref(from[i]);
		tongs_texture_unref(to[i]);
	}
	tongs_buffer_unref(room);
}

/* The modes that the mock driver was called with; 0: it is another driver. */
static unsigned get_modes(void) {
	unsigned (*get)(void);
	void *library = dlopen("libvulkan_mock.so", RTLD_NOW | RTLD_NOLOAD);
	if (!library)
		return 0;
	*(void **)&get = dlsym(library, "vk_mockGetResolveModes");
	const unsigned modes = get();
	dlclose(library);
	return modes;
}

/* By each filter that the driver has; others are refused. */
static void filters(void **state) {
	static const struct {
		MTLMultisampleDepthResolveFilter filter;
		VkResolveModeFlagBits mode;
		const char *text;
	} cases[] = {
		{MTLMultisampleDepthResolveFilterSample0, VK_RESOLVE_MODE_SAMPLE_ZERO_BIT, "sample 0"},
		{MTLMultisampleDepthResolveFilterMin, VK_RESOLVE_MODE_MIN_BIT, "the least of the samples"},
		{MTLMultisampleDepthResolveFilterMax, VK_RESOLVE_MODE_MAX_BIT, "the greatest of the samples"},
	};
	(void)state;
	skip_unless_rendering();
	const VkResolveModeFlags modes = get_rendering()->depth_resolves;
	struct tongs_buffer *room = new_room();
	struct tongs_texture *from = new_flat(MTLPixelFormatDepth32Float, 4),
			     *to = new_flat(MTLPixelFormatDepth32Float, 1);
	assert_true(from && to);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = render_make_pass();
		pass.depth.texture = from;
		pass.depth.clear_depth = 0.25;
		pass.depth.store_action = MTLStoreActionMultisampleResolve;
		pass.depth.resolve_texture = to;
		pass.depth.depth_resolve_filter = cases[i].filter;
		if (modes & cases[i].mode) {
			assert_true(render_encode(commands, &pass));
			render_read(commands, to, 0, 0, 4, 0, room, 0);
			commands_finish(commands);
			assert_true(are_all(tongs_buffer_get_contents(room), 4, 0x3e800000));
			assert_true(!get_modes() || (get_modes() & cases[i].mode));
		} else {
			assert_false(render_encode(commands, &pass));
			messages_expect(cases[i].text);
			tongs_command_buffer_unref(commands);
		}
	}
	drop(from, to);
	tongs_buffer_unref(room);
}

/* Of a pass whose store action comes later. */
static void refuse_to_resolve(struct tongs_command_buffer *commands, const struct tongs_render_pass_info *pass,
	void (*set_store_action)(struct tongs_encoder *encoder, MTLStoreAction action), const char *text) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, pass);
	assert_non_null(encoder);
	set_store_action(encoder, MTLStoreActionMultisampleResolve);
	messages_expect(text);
	set_store_action(encoder, MTLStoreActionStore);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	commands_finish(commands);
}

/* The depth of sample 0 is resolved, or none is. */
static void the_stencil_of_the_depth(void **state) {
	(void)state;
	skip_unless_rendering();
	const struct format *format = &formats[LENGTH(formats) - 1];
	struct tongs_texture *from = new_flat(format->format, 4), *to = new_flat(format->format, 1);
	struct tongs_buffer *room = new_room();
	assert_true(from && to);
	for (int with_depth = 0; with_depth < 2; with_depth++) {
		const struct resolved resolved = {
			.depth = with_depth, .stencil = true, .width = EDGE, .height = EDGE, .count = 1};
		struct tongs_command_buffer *commands = render_begin();
		fill_samples(commands, format, from, 0);
		clear_slice(commands, format, to, 0, 0, OLD, false);
		struct tongs_render_pass_info pass = make_resolve(format, from, to, 0, &resolved);
		pass.depth.depth_resolve_filter =
			with_depth ? MTLMultisampleDepthResolveFilterSample0 : MTLMultisampleDepthResolveFilterMax;
		pass.stencil.stencil_resolve_filter = MTLMultisampleStencilResolveFilterDepthResolvedSample;
		assert_true(render_encode(commands, &pass));
		commands_finish(commands);
		check_level(format, to, 0, 1, EDGE, &resolved, room);
	}
	/* Which sample has the greatest depth, is not known. */
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = make_resolve(format, from, to, 0, &BOTH);
	pass.depth.depth_resolve_filter = MTLMultisampleDepthResolveFilterMax;
	pass.stencil.stencil_resolve_filter = MTLMultisampleStencilResolveFilterDepthResolvedSample;
	assert_false(render_encode(commands, &pass));
	messages_expect("needs the depth of sample 0");
	/* In whatever order the actions come. */
	if (get_rendering()->depth_resolves & VK_RESOLVE_MODE_MAX_BIT) {
		pass.stencil.store_action = MTLStoreActionUnknown;
		refuse_to_resolve(
			commands, &pass, tongs_render_set_stencil_store_action, "needs the depth of sample 0");
	} else {
		tongs_command_buffer_unref(commands);
	}
	drop(from, to);
	tongs_buffer_unref(room);
}

static void misuse_is_refused(void **state) {
	(void)state;
	skip_unless_rendering();
	const struct format *format = &formats[LENGTH(formats) - 1];
	struct tongs_texture_info sampled_info = tongs_texture_info_2d(format->format, EDGE, EDGE);
	struct tongs_texture *from = new_flat(format->format, 4), *to = new_flat(format->format, 1),
			     *other = new_flat(MTLPixelFormatDepth32Float, 1),
			     *color = new_flat(MTLPixelFormatRGBA8Unorm, 1),
			     *half = render_new_target(
				     format->format, MTLTextureType2D, EDGE / 2, 1, MTLResourceStorageModePrivate),
			     *sampled = tongs_device_new_texture(device, &sampled_info);
	assert_true(from && to && other && color && half && sampled);
	struct tongs_command_buffer *commands = render_begin();
	const struct tongs_render_pass_info start = make_pass(format, from, 0, 0);
	struct tongs_render_pass_info pass = start;
	/* Each for depth, then for stencil. */
#define REFUSED_FOR(attachment, target, text) \
	do { \
		set_resolve(&pass.attachment, target, 0, 0, true); \
		assert_false(render_encode(commands, &pass)); \
		messages_expect(text); \
		pass = start; \
	} while (0)
#define REFUSED(target, text) \
	REFUSED_FOR(depth, target, text); \
	REFUSED_FOR(stencil, target, text)
	REFUSED(NULL, "resolveTexture is nil");
	REFUSED(from, "it must have 1");
	REFUSED_FOR(depth, other, "the formats must be the same");
	REFUSED_FOR(stencil, other, "a stencil");
	REFUSED_FOR(depth, color, "a depth");
	REFUSED(half, "the sizes must be the same");
	REFUSED(sampled, "lacks MTLTextureUsageRenderTarget");
	pass.depth.texture = to;
	pass.stencil.texture = NULL;
	REFUSED_FOR(depth, to, "one sample");
	pass.render_target_array_length = 2;
	REFUSED_FOR(depth, to, "1 slices");
	pass.depth.depth_resolve_filter = MTLMultisampleDepthResolveFilterMax + 1;
	REFUSED_FOR(depth, to, "3 is not an MTLMultisampleDepthResolveFilter");
	pass.depth.depth_resolve_filter = UINTPTR_MAX;
	REFUSED_FOR(depth, to, "not an MTLMultisampleDepthResolveFilter");
	pass.stencil.stencil_resolve_filter = MTLMultisampleStencilResolveFilterDepthResolvedSample + 1;
	REFUSED_FOR(stencil, to, "2 is not an MTLMultisampleStencilResolveFilter");
	pass.stencil.stencil_resolve_filter = 3;
	assert_false(render_encode(commands, &pass));
	messages_expect("not an MTLMultisampleStencilResolveFilter");
	/* Each kind has a filter of its own. */
	pass = start;
	pass.depth.stencil_resolve_filter = pass.stencil.depth_resolve_filter = 9;
	assert_true(render_encode(commands, &pass));

	pass = start;
	pass.depth.store_action = MTLStoreActionUnknown;
	refuse_to_resolve(commands, &pass, tongs_render_set_depth_store_action, "resolveTexture is nil");
	drop(from, to);
	drop(other, color);
	drop(half, sampled);
}

static PFN_vkCreateImageView real_create_view;
static PFN_vkDestroyImageView real_destroy_view;
static atomic_ullong views_left;
static atomic_long views_alive;

static VKAPI_ATTR VkResult VKAPI_CALL create_view(VkDevice vk_device, const VkImageViewCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkImageView *view) {
	if (atomic_load(&views_left) == 0)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	atomic_fetch_sub(&views_left, 1);
	atomic_fetch_add(&views_alive, 1);
	return real_create_view(vk_device, info, callbacks, view);
}

static VKAPI_ATTR void VKAPI_CALL destroy_view(
	VkDevice vk_device, VkImageView view, const VkAllocationCallbacks *callbacks) {
	if (view)
		atomic_fetch_sub(&views_alive, 1);
	real_destroy_view(vk_device, view, callbacks);
}

/* Each view fails once: the command buffer ends with an error, and the views before it end with it. */
static void every_view_fails_once(void **state) {
	enum { VIEWS = 2 * 2 * SLICES };
	(void)state;
	skip_unless_rendering();
	const struct format *format = &formats[LENGTH(formats) - 1];
	struct tongs_vk_device *vkd = &tongs_device_get_own_device(device)->vkd;
	struct tongs_texture *from, *to;
	assert_true(make_textures(format, 4, MTLResourceStorageModePrivate, &from, &to));
	real_create_view = vkd->CreateImageView;
	real_destroy_view = vkd->DestroyImageView;
	vkd->CreateImageView = create_view;
	vkd->DestroyImageView = destroy_view;
	MTLCommandBufferStatus status = MTLCommandBufferStatusError;
	unsigned long long room = 0;
	for (; room <= VIEWS; room++) {
		struct tongs_command_buffer *commands = render_begin();
		struct tongs_render_pass_info pass = make_resolve(format, from, to, 1, &BOTH);
		pass.render_target_array_length = SLICES;
		atomic_store(&views_left, room);
		assert_true(render_encode(commands, &pass));
		assert_true(tongs_command_buffer_commit(commands));
		tongs_command_buffer_wait_until_completed(commands);
		status = tongs_command_buffer_get_status(commands);
		assert_int_equal(status, room < VIEWS ? MTLCommandBufferStatusError : MTLCommandBufferStatusCompleted);
		assert_int_equal(atomic_load(&views_alive), 0);
		tongs_command_buffer_unref(commands);
	}
	messages_take();
	vkd->CreateImageView = real_create_view;
	vkd->DestroyImageView = real_destroy_view;
	drop(from, to);
}

/* As it is without Vulkan 1.3 and VK_KHR_dynamic_rendering. */
static void without_rendering(void **state) {
	(void)state;
	if (get_rendering()->is_supported)
		skip();
	struct tongs_texture *from = new_flat(MTLPixelFormatDepth32Float, 4),
			     *to = new_flat(MTLPixelFormatDepth32Float, 1);
	assert_true(from && to);
	struct tongs_command_buffer *commands = render_begin();
	struct tongs_render_pass_info pass = render_make_pass();
	pass.depth.texture = from;
	set_resolve(&pass.depth, to, 0, 0, true);
	assert_false(render_encode(commands, &pass));
	messages_expect("Depth32Float cannot be resolved: the driver has no dynamic rendering");
	pass.depth.store_action = MTLStoreActionStore;
	assert_true(render_encode(commands, &pass));
	commands_finish(commands);
	drop(from, to);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(every_format),
		TEST(one_slice_of_one_level),
		TEST(faces_of_cubes),
		TEST(views_of_the_stencil),
		TEST(textures_of_their_own),
		TEST(filters),
		TEST(the_stencil_of_the_depth),
		TEST(misuse_is_refused),
		TEST(every_view_fails_once),
		TEST(without_rendering),
	};
	return run_validated(argc, "metal: depth resolves", tests, LENGTH(tests));
}
