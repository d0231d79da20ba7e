/* SPDX-License-Identifier: MIT */
/* Render passes on the group's queue. */
#ifndef TONGS_TESTS_METAL_RENDER_H
#define TONGS_TESTS_METAL_RENDER_H

#include "queue.h"

/* 0, and two colors as texels of MTLPixelFormatRGBA8Unorm. */
extern const MTLClearColor render_zero, render_first, render_second;
#define RENDER_FIRST UINT32_C(0xff996633)
#define RENDER_SECOND UINT32_C(0x663300ff)

struct tongs_command_buffer *render_begin(void);
/* A pass that begins and ends. False, with a message left, if it is refused. */
bool render_encode(struct tongs_command_buffer *commands, const struct tongs_render_pass_info *info);

struct tongs_render_pass_info render_make_pass(void);
struct tongs_render_pass_info render_make_clear(
	struct tongs_texture *texture, NSUInteger level, NSUInteger slice, MTLClearColor color);

/* The texels of a level and slice at `offset`, rows and planes without gaps. */
void render_read(struct tongs_command_buffer *commands, struct tongs_texture *texture, NSUInteger level,
	NSUInteger slice, unsigned block_bytes, MTLBlitOption option, struct tongs_buffer *to, NSUInteger offset);

/* A texture of 4 slices or planes, and 2 levels. NULL, with a message left, if the driver lacks it. */
struct tongs_texture *render_new_target(
	MTLPixelFormat format, MTLTextureType type, NSUInteger edge, NSUInteger samples, MTLResourceOptions options);

/* What a texel of depth is, in a buffer. */
uint32_t render_make_depth(MTLPixelFormat format, double depth);
/* Whether the bytes of RGBA8 texels are all the same. */
bool render_are_all(const void *texels, size_t count, uint32_t texel);

#endif
