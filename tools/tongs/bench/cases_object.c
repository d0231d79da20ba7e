/* SPDX-License-Identifier: MIT */
/* Benchmarks of Metal objects: texels of a texture, and messages to a buffer. */
#include "benchmark.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <objc/message.h>
#include <objc/runtime.h>

#include "client/command.h"

enum { TEXEL_BYTES = 4, TILE_SIDE = 256 };

struct texels {
	struct tongs_texture *texture;
	NSUInteger side, tile_side;
	char *tile;       /* what both sides copy to and from */
	char *plain;      /* the baseline's texture: as many bytes */
	size_t tile_size; /* bytes */
};

/* In huge pages, like the texels of a large texture: the copies are compared, not the pages. */
static char *new_bytes(size_t size) {
	const size_t huge_page = (size_t)2 << 20, room = (size + huge_page - 1) / huge_page * huge_page;
	char *bytes = aligned_alloc(huge_page, room);

	if (!bytes)
		return NULL;
	madvise(bytes, room, MADV_HUGEPAGE);
	return memset(bytes, 1, room);
}

static bool prepare_texels(struct tongs_bench_run *run, NSUInteger tile_side) {
	const NSUInteger side = (NSUInteger)run->size;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, side, side);
	struct texels *texels = run->state;

	*texels = (struct texels){
		.side = side,
		.tile_side = tile_side,
		.tile_size = tile_side * tile_side * TEXEL_BYTES,
		.tile = new_bytes(tile_side * tile_side * TEXEL_BYTES),
		.plain = new_bytes(side * side * TEXEL_BYTES),
	};
	if (!texels->tile || !texels->plain)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a texture");
	texels->texture = tongs_device_new_texture(run->device->metal, &info);
	/* Pages that were never written are all one page of zeros, which is read faster than memory. */
	if (texels->texture && tongs_texture_replace_region(texels->texture, (MTLRegion){{0, 0, 0}, {side, side, 1}}, 0,
				       0, texels->plain, side * TEXEL_BYTES, 0))
		return true;
	tongs_command_error("cannot make the texture to measure");
	return false;
}

static bool prepare_whole(struct tongs_bench_run *run) {
	return prepare_texels(run, (NSUInteger)run->size);
}

static bool prepare_tiles(struct tongs_bench_run *run) {
	return prepare_texels(run, TILE_SIDE);
}

static void finish_texels(struct tongs_bench_run *run) {
	struct texels *texels = run->state;

	tongs_texture_unref(texels->texture);
	free(texels->plain);
	free(texels->tile);
}

enum { GET, REPLACE };

static bool copy_tile(const struct texels *texels, unsigned variant, NSUInteger x, NSUInteger y) {
	const MTLRegion region = {{x, y, 0}, {texels->tile_side, texels->tile_side, 1}};
	const NSUInteger pitch = texels->tile_side * TEXEL_BYTES;

	return variant == REPLACE ? tongs_texture_replace_region(texels->texture, region, 0, 0, texels->tile, pitch, 0)
				  : tongs_texture_get_bytes(texels->texture, texels->tile, pitch, 0, region, 0, 0);
}

static bool copy_texels(const struct tongs_bench_run *run, uint64_t count) {
	const struct texels *texels = run->state;

	for (; count; count--)
		for (NSUInteger y = 0; y < texels->side; y += texels->tile_side)
			for (NSUInteger x = 0; x < texels->side; x += texels->tile_side)
				if (!copy_tile(texels, run->side->variant, x, y))
					return false;
	return true;
}

static bool copy_plain(const struct tongs_bench_run *run, uint64_t count) {
	const struct texels *texels = run->state;
	char *end = texels->plain + texels->side * texels->side * TEXEL_BYTES;

	for (; count; count--)
		for (char *at = texels->plain; at < end; at += texels->tile_size)
			if (run->side->variant == REPLACE)
				memcpy(at, texels->tile, texels->tile_size);
			else
				memcpy(texels->tile, at, texels->tile_size);
	return true;
}

struct message {
	struct tongs_buffer *buffer;
};

static bool prepare_message(struct tongs_bench_run *run) {
	struct message *message = run->state;

	message->buffer = tongs_device_new_buffer(run->device->metal, 4096, MTLResourceStorageModeShared);
	if (!message->buffer)
		tongs_command_error("cannot make the buffer to measure");
	return message->buffer;
}

static void finish_message(struct tongs_bench_run *run) {
	tongs_buffer_unref(((struct message *)run->state)->buffer);
}

static bool contents_in_c(const struct tongs_bench_run *run, uint64_t count) {
	const struct message *message = run->state;

	for (; count; count--)
		tongs_buffer_get_contents(message->buffer);
	return true;
}

/* What a compiler makes of [buffer contents]. */
static bool contents_by_message(const struct tongs_bench_run *run, uint64_t count) {
	id buffer = (id)((const struct message *)run->state)->buffer;
	SEL contents = sel_registerName("contents");

	for (; count; count--)
		((void *(*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, contents))(buffer, contents);
	return true;
}

static bool retain_in_c(const struct tongs_bench_run *run, uint64_t count) {
	const struct message *message = run->state;

	for (; count; count--)
		tongs_buffer_unref(tongs_buffer_ref(message->buffer));
	return true;
}

static bool retain_by_message(const struct tongs_bench_run *run, uint64_t count) {
	id buffer = (id)((const struct message *)run->state)->buffer;
	SEL retain = sel_registerName("retain"), release = sel_registerName("release");

	for (; count; count--) {
		((id(*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, retain))(buffer, retain);
		((void (*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, release))(buffer, release);
	}
	return true;
}

/* A plain call to compare with. The empty statement keeps the compiler from removing calls. */
__attribute__((noinline)) static void *read_field(const struct message *message) {
	__asm__ volatile("");
	return message->buffer;
}

static bool call_once(const struct tongs_bench_run *run, uint64_t count) {
	for (; count; count--)
		read_field(run->state);
	return true;
}

static bool call_twice(const struct tongs_bench_run *run, uint64_t count) {
	for (; count; count--) {
		read_field(run->state);
		read_field(run->state);
	}
	return true;
}

#define TEXELS(title, prepare_how, direction) \
	{ \
		.name = title, .baseline_name = "memcpy", .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {4096}, \
		.goals = {TONGS_BENCH_GOAL(RATIO, 1 / 0.9)}, .state_size = sizeof(struct texels), \
		.prepare = prepare_how, .finish = finish_texels, \
		.tongs = TONGS_BENCH_SIDE(copy_texels, .variant = direction), \
		.baseline = TONGS_BENCH_SIDE(copy_plain, .variant = direction) \
	}
#define MESSAGE(title, sent, against, calls, goal) \
	{ \
		.name = title, .baseline_name = against, .sizes = {1}, .goals = {goal}, \
		.state_size = sizeof(struct message), .prepare = prepare_message, .finish = finish_message, \
		.tongs = TONGS_BENCH_SIDE(sent), .baseline = TONGS_BENCH_SIDE(calls) \
	}

const struct tongs_benchmark tongs_bench_object_cases[] = {
	TEXELS("getBytes, whole", prepare_whole, GET),
	TEXELS("getBytes, tiles", prepare_tiles, GET),
	TEXELS("replaceRegion, whole", prepare_whole, REPLACE),
	TEXELS("replaceRegion, tiles", prepare_tiles, REPLACE),
	MESSAGE("contents, C", contents_in_c, "a plain call", call_once, TONGS_BENCH_GOAL(RATIO, 2)),
	MESSAGE("contents, message", contents_by_message, "a plain call", call_once, {0}),
	MESSAGE("retain + release, C", retain_in_c, "two plain calls", call_twice, TONGS_BENCH_GOAL(RATIO, 2)),
	MESSAGE("retain + release, message", retain_by_message, "two plain calls", call_twice, {0}),
	{0},
};
