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

struct state {
	struct tongs_texture *texture;
	char *plain; /* the baseline's texture: as many bytes */
	char *tile;  /* what both sides copy to and from: as many bytes */
	struct tongs_buffer *buffer;
	SEL contents, retain, release;
};

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	tongs_texture_unref(state->texture);
	tongs_buffer_unref(state->buffer);
	free(state->plain);
	free(state->tile);
}

/* In huge pages, like the texels of a large texture: the copies are compared, not the pages. */
static char *new_bytes(size_t size) {
	const size_t huge_page = (size_t)2 << 20, room = (size + huge_page - 1) / huge_page * huge_page;
	char *bytes = aligned_alloc(huge_page, room);

	if (!bytes)
		return NULL;
	madvise(bytes, room, MADV_HUGEPAGE);
	return memset(bytes, 1, room);
}

static bool prepare_texels(struct tongs_bench_run *run) {
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

static bool copy_texels(const struct tongs_bench_run *run, uint64_t count) {
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

static bool prepare_buffer(struct tongs_bench_run *run) {
	struct state *state = run->state;

	state->contents = sel_registerName("contents");
	state->retain = sel_registerName("retain");
	state->release = sel_registerName("release");
	state->buffer = tongs_device_new_buffer(run->device->metal, 4096, MTLResourceStorageModeShared);
	if (!state->buffer)
		tongs_command_error("cannot make the buffer to measure");
	return state->buffer;
}

/* What a compiler makes of [buffer selector], without the result. */
static void send(struct tongs_buffer *buffer, SEL selector) {
	((void (*)(id, SEL))(void (*)(void))objc_msg_lookup((id)buffer, selector))((id)buffer, selector);
}

/* A plain call to compare with. The empty statement keeps the compiler from removing calls. */
__attribute__((noinline)) static void *read_field(const struct state *state) {
	__asm__ volatile("");
	return state->buffer;
}

/* Defines an operation that repeats calls. */
#define OPERATION(name, ...) \
	static bool name(const struct tongs_bench_run *run, uint64_t count) { \
		const struct state *state = run->state; \
		for (; count; count--) \
			__VA_ARGS__; \
		return true; \
	}
OPERATION(contents_in_c, tongs_buffer_get_contents(state->buffer))
OPERATION(contents_by_message, send(state->buffer, state->contents))
OPERATION(retain_in_c, tongs_buffer_unref(tongs_buffer_ref(state->buffer)))
OPERATION(retain_by_message, send(state->buffer, state->retain), send(state->buffer, state->release))
OPERATION(call_plain, read_field(state))
OPERATION(call_twice, read_field(state), read_field(state))

#define STATE(prepare_it) .state_size = sizeof(struct state), .prepare = prepare_it, .finish = finish
#define TEXELS(how) \
	.baseline_name = "memcpy", STATE(prepare_texels), .unit = TONGS_BENCH_SIDE_LENGTH, .sizes = {4096}, \
	.goals = {TONGS_BENCH_GOAL(RATIO, 1 / 0.9)}, TONGS_BENCH_SIDES(how, (how) | PLAIN, copy_texels)
#define MESSAGE(sent, called) \
	STATE(prepare_buffer), .sizes = {1}, .tongs = {.operation = sent}, .baseline = {.operation = called}

const struct tongs_benchmark tongs_bench_object_cases[] = {
	{"getBytes, whole", TEXELS(0)},
	{"getBytes, tiles", TEXELS(TILES)},
	{"replaceRegion, whole", TEXELS(REPLACE)},
	{"replaceRegion, tiles", TEXELS(REPLACE | TILES)},
	{"contents, C", "a plain call", MESSAGE(contents_in_c, call_plain), .goals = {TONGS_BENCH_GOAL(RATIO, 2)}},
	{"contents, message", "a plain call", MESSAGE(contents_by_message, call_plain)},
	{"retain + release, C", "two plain calls", MESSAGE(retain_in_c, call_twice),
		.goals = {TONGS_BENCH_GOAL(RATIO, 2)}},
	{"retain + release, message", "two plain calls", MESSAGE(retain_by_message, call_twice)},
	{0},
};
