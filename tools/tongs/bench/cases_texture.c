/* SPDX-License-Identifier: MIT */
/* Benchmarks of textures: copying texels out and in. Goals are for host pages: on a GPU libtongs' own device copies. */
#include "benchmark.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client/command.h"

enum { TEXEL_BYTES = 4, TILE_SIDE = 256 };

struct state {
	struct tongs_texture *texture;
	char *plain; /* the baseline's texture: as many bytes */
	char *tile;  /* what both sides copy to and from: as many bytes */
};

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	tongs_texture_unref(state->texture);
	free(state->plain);
	free(state->tile);
}

/* Allocates whole huge pages, like the texels of a large texture: the copies are compared, not the pages. */
static char *new_bytes(size_t size) {
	char *bytes = aligned_alloc((size_t)2 << 20, size);

	if (bytes)
		madvise(bytes, size, MADV_HUGEPAGE);
	return bytes ? memset(bytes, 1, size) : NULL;
}

static bool prepare(struct tongs_bench_run *run) {
	const NSUInteger side = (NSUInteger)run->size;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, side, side);
	struct state *state = run->state;

	state->plain = new_bytes(side * side * TEXEL_BYTES);
	state->tile = new_bytes(side * side * TEXEL_BYTES);
	if (!state->tile || !state->plain)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "preparing a texture");
	state->texture = tongs_device_new_texture(run->device->metal, &info);
	/* Pages that were never written are all one page of zeros, which is read faster than memory. */
	if (state->texture && tongs_texture_replace_region(state->texture, (MTLRegion){{0, 0, 0}, {side, side, 1}}, 0,
				      0, state->plain, side * TEXEL_BYTES, 0))
		return true;
	tongs_command_error("cannot make the texture to measure");
	return false;
}

/* Flags of a variant: to copy into the texture, in tiles, or between plain bytes. */
enum { REPLACE = 1, TILES = 2, PLAIN = 4 };

static bool copy_texels(struct tongs_bench_run *run, uint64_t count) {
	const struct state *state = run->state;
	const bool replace = run->side->variant & REPLACE;
	const NSUInteger side = run->side->variant & TILES ? TILE_SIDE : (NSUInteger)run->size;
	const NSUInteger pitch = side * TEXEL_BYTES, columns = (NSUInteger)run->size / side, tiles = columns * columns;
	bool done = true;

	for (NSUInteger i = 0; i < tiles * count && done; i++) {
		const NSUInteger tile = i % tiles;
		const MTLRegion region = {{tile % columns * side, tile / columns * side, 0}, {side, side, 1}};
		char *plain = state->plain + tile * side * pitch;
		if (run->side->variant & PLAIN)
			memcpy(replace ? plain : state->tile, replace ? state->tile : plain, side * pitch);
		else if (replace)
			done = tongs_texture_replace_region(state->texture, region, 0, 0, state->tile, pitch, 0);
		else
			done = tongs_texture_get_bytes(state->texture, state->tile, pitch, 0, region, 0, 0);
	}
	return done;
}

#define TEXELS(how) \
	.baseline_name = "memcpy", .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {4096}, .kinds = TONGS_BENCH_KIND(PAGES), \
	.state_size = sizeof(struct state), .prepare = prepare, .finish = finish, \
	.goals = {{TONGS_BENCH_RATIO, 1 / 0.9, TONGS_BENCH_SOFTWARE}}, \
	TONGS_BENCH_SIDES(how, (how) | PLAIN, copy_texels)

const struct tongs_benchmark tongs_bench_texture_cases[] = {
	{"getBytes, whole", TEXELS(0)},
	{"getBytes, tiles", TEXELS(TILES)},
	{"replaceRegion, whole", TEXELS(REPLACE)},
	{"replaceRegion, tiles", TEXELS(REPLACE | TILES)},
	{0},
};
