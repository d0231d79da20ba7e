/* SPDX-License-Identifier: MIT */
/* Figure: texels of a texture read and replaced, whole and in tiles, against memcpy of as many bytes in as many pieces.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client/command.h"

enum { TEXEL_BYTES = 4, TILE_SIDE = 256 };

struct state {
	struct tongs_texture *texture;
	NSUInteger side, tile_side;
	char *tile;       /* what is copied to and from, by both */
	char *plain;      /* as many bytes as the texture has: the yardstick's texture */
	size_t tile_size; /* bytes */
};

/* In huge pages, as the texels of a large texture are: the copying is to be compared, not the pages. */
static char *make_bytes(size_t size) {
	const size_t huge_page = (size_t)2 << 20, room = (size + huge_page - 1) / huge_page * huge_page;
	char *bytes = aligned_alloc(huge_page, room);

	if (!bytes)
		return NULL;
	madvise(bytes, room, MADV_HUGEPAGE);
	return memset(bytes, 1, room);
}

static bool make_texture(const struct tongs_bench_case *bench, struct state *state) {
	const struct tongs_texture_info info =
		tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, state->side, state->side);
	const MTLRegion all = {{0, 0, 0}, {state->side, state->side, 1}};

	state->texture = tongs_device_new_texture(bench->device->metal, &info);
	/* Pages that were never written are all one page of zeros, which is read faster than memory. */
	if (state->texture &&
		tongs_texture_replace_region(state->texture, all, 0, 0, state->plain, state->side * TEXEL_BYTES, 0))
		return true;
	tongs_command_error("the texture to measure could not be made");
	return false;
}

static bool prepare(struct tongs_bench_case *bench, NSUInteger tile_side) {
	struct state *state = bench->state = calloc(1, sizeof *state);

	if (!state)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a texture");
	state->side = (NSUInteger)bench->size;
	state->tile_side = tile_side;
	state->tile_size = tile_side * tile_side * TEXEL_BYTES;
	state->tile = make_bytes(state->tile_size);
	state->plain = make_bytes(state->side * state->side * TEXEL_BYTES);
	if (!state->tile || !state->plain)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a texture");
	return make_texture(bench, state);
}

static bool prepare_whole(struct tongs_bench_case *bench) {
	return prepare(bench, (NSUInteger)bench->size);
}

static bool prepare_tiles(struct tongs_bench_case *bench) {
	return prepare(bench, TILE_SIDE);
}

static void finish(struct tongs_bench_case *bench) {
	struct state *state = bench->state;

	if (!state)
		return;
	tongs_texture_unref(state->texture);
	free(state->plain);
	free(state->tile);
	free(state);
}

static bool copy_tile(const struct state *state, bool replace, NSUInteger x, NSUInteger y) {
	const MTLRegion region = {{x, y, 0}, {state->tile_side, state->tile_side, 1}};
	const NSUInteger pitch = state->tile_side * TEXEL_BYTES;

	return replace ? tongs_texture_replace_region(state->texture, region, 0, 0, state->tile, pitch, 0)
		       : tongs_texture_get_bytes(state->texture, state->tile, pitch, 0, region, 0, 0);
}

static bool copy_texels(const struct state *state, bool replace, uint64_t count) {
	for (; count; count--)
		for (NSUInteger y = 0; y < state->side; y += state->tile_side)
			for (NSUInteger x = 0; x < state->side; x += state->tile_side)
				if (!copy_tile(state, replace, x, y))
					return false;
	return true;
}

static bool get_bytes(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return copy_texels(bench->state, false, count);
}

static bool replace_region(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	(void)thread;
	return copy_texels(bench->state, true, count);
}

static bool copy_from_plain(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	const char *end = state->plain + state->side * state->side * TEXEL_BYTES;

	(void)thread;
	for (; count; count--)
		for (const char *at = state->plain; at < end; at += state->tile_size)
			memcpy(state->tile, at, state->tile_size);
	return true;
}

static bool copy_to_plain(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct state *state = bench->state;
	const char *end = state->plain + state->side * state->side * TEXEL_BYTES;

	(void)thread;
	for (; count; count--)
		for (char *at = state->plain; at < end; at += state->tile_size)
			memcpy(at, state->tile, state->tile_size);
	return true;
}

#define ROW(title, prepare_how, our_copy, plain_copy) \
	{ \
		.name = title, .yardstick_name = "memcpy", .unit = TONGS_BENCH_SIDE, .sizes = {4096}, \
		.prepare = prepare_how, .finish = finish, .ours.operation = our_copy, \
		.yardstick.operation = plain_copy \
	}

const struct tongs_bench_figure tongs_bench_texels[] = {
	ROW("getBytes, whole", prepare_whole, get_bytes, copy_from_plain),
	ROW("getBytes, tiles", prepare_tiles, get_bytes, copy_from_plain),
	ROW("replaceRegion, whole", prepare_whole, replace_region, copy_to_plain),
	ROW("replaceRegion, tiles", prepare_tiles, replace_region, copy_to_plain),
	{0},
};
