/* SPDX-License-Identifier: MIT */
/* Texture descriptors, regions, pitches, views, and places in buffers and heaps, on libtongs' own device. */
#include "input.h"

#include "metal/interop.h"
#include "memory/payload.h"
#include "format/format.h"

enum { TEXTURES = 4, BYTES = 1 << 16 };

struct bench {
	struct tongs_device *device;
	struct tongs_heap *heap;
	struct tongs_buffer *buffer;
	struct tongs_texture *textures[TEXTURES]; /* NULL: none yet */
};

static NSUInteger choose_extent(struct input *input) {
	return choose(input, 16) ? choose(input, 34) : (NSUInteger)take(input, 8);
}

static MTLPixelFormat choose_format(struct input *input) {
	if (choose(input, 16) == 0)
		return (MTLPixelFormat)take(input, 2);
	static MTLPixelFormat formats[256];
	static unsigned count;
	for (const struct tongs_format *row = count ? NULL : tongs_format_next(NULL); row; row = tongs_format_next(row))
		if (row->mtl_name)
			formats[count++] = row->mtl_format;
	return count ? formats[choose(input, count)] : MTLPixelFormatInvalid;
}

static struct tongs_texture_info choose_info(struct input *input) {
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	info.type = (MTLTextureType)choose(input, 11);
	info.pixel_format = choose_format(input);
	info.width = choose_extent(input);
	info.height = choose(input, 4) ? choose_extent(input) : 1;
	info.depth = choose(input, 4) ? 1 : choose_extent(input);
	info.mipmap_level_count = choose(input, 4) ? 1 : choose_extent(input);
	info.sample_count = choose(input, 4) ? 1 : choose(input, 10);
	info.array_length = choose(input, 4) ? 1 : choose_extent(input);
	if (choose(input, 8) == 0)
		info.resource_options = take(input, 2);
	info.usage = choose(input, 4) ? MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView : take(input, 2);
	return info;
}

static void check_place(const void *object, enum tongs_kind kind) {
	struct tongs_backing backing;
	tongs_interop_get_backing(object, kind, &backing);
	uint64_t all = tongs_payload_get_size(backing.payload);
	REQUIRE(backing.offset <= all && backing.size <= all - backing.offset);
}

/* Keeps `texture` (may be NULL) in place of another. */
static void keep(struct input *input, struct bench *bench, struct tongs_texture *texture) {
	unsigned i = choose(input, TEXTURES);
	if (!texture)
		return;
	check_place(texture, TONGS_KIND_TEXTURE);
	tongs_texture_unref(bench->textures[i]);
	bench->textures[i] = texture;
}

static void make(struct input *input, struct bench *bench) {
	struct tongs_texture_info info = choose_info(input);
	/* More would only test the machine's memory. */
	if (info.width > 4096 || info.height > 64 || info.depth > 64 || info.array_length > 64)
		info.pixel_format = MTLPixelFormatInvalid;
	keep(input, bench, tongs_device_new_texture(bench->device, &info));
}

static void make_in_heap(struct input *input, struct bench *bench) {
	struct tongs_texture_info info = choose_info(input);
	NSUInteger offset = choose(input, 4) ? choose(input, 64) * (NSUInteger)256 : (NSUInteger)take(input, 8);
	MTLSizeAndAlign requirements = tongs_device_get_heap_texture_size_and_align(bench->device, &info);
	REQUIRE(requirements.size == 0 || (requirements.align && !(requirements.align & (requirements.align - 1))));
	keep(input, bench, tongs_heap_new_texture_at(bench->heap, &info, offset));
}

static void make_in_buffer(struct input *input, struct bench *bench) {
	struct tongs_texture_info info = choose_info(input);
	if (choose(input, 2))
		info.type = choose(input, 2) ? MTLTextureType2D : MTLTextureTypeTextureBuffer;
	NSUInteger offset = choose(input, 4) ? choose(input, 16) * (NSUInteger)64 : (NSUInteger)take(input, 8);
	NSUInteger pitch = choose(input, 4) ? choose(input, 16) * (NSUInteger)64 : (NSUInteger)take(input, 8);
	keep(input, bench, tongs_buffer_new_texture(bench->buffer, &info, offset, pitch));
}

static void place_buffer(struct input *input, struct bench *bench) {
	NSUInteger length = (NSUInteger)take(input, choose(input, 4) ? 2 : 8);
	NSUInteger offset = (NSUInteger)take(input, choose(input, 4) ? 2 : 8) << choose(input, 9);
	struct tongs_buffer *buffer = tongs_heap_new_buffer_at(bench->heap, length, 0, offset);
	if (!buffer)
		return;
	check_place(buffer, TONGS_KIND_BUFFER);
	memset(tongs_buffer_get_contents(buffer), 0xa5, tongs_buffer_get_length(buffer));
	tongs_buffer_unref(buffer);
}

static struct tongs_texture *choose_texture(struct input *input, const struct bench *bench) {
	return bench->textures[choose(input, TEXTURES)];
}

static void view(struct input *input, struct bench *bench) {
	const MTLTextureSwizzleChannels swizzle = {2, 3, 4, 5};
	struct tongs_texture *texture = choose_texture(input, bench);
	if (!texture)
		return;
	MTLPixelFormat format = choose(input, 2) ? tongs_texture_get_pixel_format(texture) : choose_format(input);
	MTLTextureType type = (MTLTextureType)choose(input, 11);
	NSUInteger level = choose(input, 4), levels = choose_extent(input);
	NSUInteger slice = choose(input, 4), slices = choose_extent(input);
	keep(input, bench, tongs_texture_new_view(texture, format, type, level, levels, slice, slices, swizzle));
}

struct call {
	MTLRegion region;
	NSUInteger level, slice, row, plane;
};

static struct call choose_call(struct input *input) {
	struct call call = {
		.region = {{choose_extent(input), choose_extent(input), 0},
			{choose_extent(input), choose_extent(input), 1}},
		.level = choose(input, 4) ? 0 : choose_extent(input),
		.slice = choose(input, 4) ? 0 : choose_extent(input),
		.row = choose(input, 4) ? choose(input, 64) * (NSUInteger)16 : (NSUInteger)take(input, 8),
		.plane = choose(input, 4) ? choose(input, 64) * (NSUInteger)512 : (NSUInteger)take(input, 8),
	};
	if (choose(input, 2))
		call.region.origin = (MTLOrigin){0};
	if (choose(input, 4) == 0)
		call.region.size.depth = choose_extent(input);
	return call;
}

/* Returns an upper bound of the bytes that a call with these pitches touches; above BYTES it is not called. */
static size_t bytes_needed(const struct call *call, const struct tongs_format *format) {
	size_t columns = (call->region.size.width + format->block_width - 1) / format->block_width;
	size_t rows = (call->region.size.height + format->block_height - 1) / format->block_height;
	size_t planes = call->region.size.depth;
	if (columns > BYTES || rows > BYTES || planes > BYTES)
		return BYTES + 1;
	if ((rows > 1 && call->row > BYTES) || (planes > 1 && call->plane > BYTES))
		return BYTES + 1;
	size_t needed = columns * format->block_stride;
	needed += (rows ? rows - 1 : 0) * (rows > 1 ? call->row : 0);
	return needed + (planes ? planes - 1 : 0) * (planes > 1 ? call->plane : 0);
}

/* The block has exactly the bytes that Metal may access, so that AddressSanitizer reports any other. */
static void copy(struct input *input, struct bench *bench) {
	struct tongs_texture *texture = choose_texture(input, bench);
	struct call call = choose_call(input);
	const struct tongs_format *format =
		texture ? tongs_format_from_metal(tongs_texture_get_pixel_format(texture)) : NULL;
	size_t size = format ? bytes_needed(&call, format) : BYTES + 1;
	if (size > BYTES)
		return;
	unsigned char *written = malloc(size ? size : 1), *read = malloc(size ? size : 1);
	memset(written, (int)take(input, 1), size);
	memcpy(read, written, size);
	bool done = tongs_texture_replace_region(
		texture, call.region, call.level, call.slice, written, call.row, call.plane);
	REQUIRE(done ==
		tongs_texture_get_bytes(texture, read, call.row, call.plane, call.region, call.level, call.slice));
	if (!done || format->kind == TONGS_FORMAT_COLOR || format->kind == TONGS_FORMAT_COMPRESSED)
		REQUIRE(memcmp(read, written, size) == 0);
	free(written);
	free(read);
}

static void ignore(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)text;
	(void)user;
}

static void init(struct bench *bench) {
	static struct tongs_device *device;
	struct tongs_heap_info info;
	if (!device) {
		tongs_set_message_callback(ignore, NULL);
		device = tongs_device_new_default();
		REQUIRE(device);
	}
	tongs_heap_info_init(&info);
	info.size = BYTES;
	info.type = MTLHeapTypePlacement;
	info.resource_options = MTLResourceStorageModeShared;
	*bench = (struct bench){
		.device = device,
		.heap = tongs_device_new_heap(device, &info),
		.buffer = tongs_device_new_buffer(device, BYTES, 0),
	};
	REQUIRE(bench->heap && bench->buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	static void (*const steps[])(struct input *, struct bench *) = {
		make, make_in_heap, make_in_buffer, place_buffer, view, copy, copy, copy};
	struct input input = {bytes, size};
	struct bench bench;
	init(&bench);
	while (input.left)
		CHOOSE_FROM(&input, steps)(&input, &bench);
	for (unsigned i = 0; i < TEXTURES; i++)
		tongs_texture_unref(bench.textures[i]);
	tongs_buffer_unref(bench.buffer);
	tongs_heap_unref(bench.heap);
	return 0;
}
