/* SPDX-License-Identifier: MIT */
/* Copies by MTLBlitCommandEncoder: every format in every type of texture, Shared and Private, against bytes that the
 * CPU made; parts of levels; textures over buffers; fills, mipmaps; and what is refused. */
#include "queue.h"

#include <stdio.h>
#include <string.h>

#include "metal/texture.h"
#include "metal/texture_shape.h"
#include "vulkan/vk.h"

static const struct {
	MTLTextureType type;
	NSUInteger width, height, depth, array_length;
	bool mipmapped;
} shapes[] = {
	{MTLTextureType1D, 38, 1, 1, 1, false},
	{MTLTextureType1DArray, 38, 1, 1, 5, false},
	{MTLTextureType2D, 46, 22, 1, 1, true},
	{MTLTextureType2DArray, 22, 46, 1, 3, true},
	{MTLTextureTypeCube, 22, 22, 1, 1, true},
	{MTLTextureTypeCubeArray, 10, 10, 1, 2, true},
	{MTLTextureType3D, 22, 9, 13, 1, true},
};

static struct tongs_texture_info make_info(MTLPixelFormat format, size_t shape, MTLResourceOptions options) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, shapes[shape].width, shapes[shape].height);
	info.type = shapes[shape].type;
	info.depth = shapes[shape].depth;
	info.array_length = shapes[shape].array_length;
	info.resource_options = options;
	if (shapes[shape].mipmapped && tongs_format_from_metal(format)->kind != TONGS_FORMAT_PACKED_422)
		info.mipmap_level_count = tongs_texture_info_get_max_mipmap_level_count(&info);
	return info;
}

static struct tongs_buffer *new_buffer(NSUInteger size) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	return buffer;
}

/* One aspect of one level and slice, as rows in a buffer. */
struct plane {
	NSUInteger level, slice;
	MTLSize size;
	MTLBlitOption option;
	struct tongs_texel_block block;
	VkImageAspectFlagBits aspect;
	NSUInteger row_bytes, rows;
};

static size_t visit_planes(struct tongs_texture *texture, const struct tongs_texture_info *info,
	void (*visit)(struct tongs_texture *texture, const struct plane *plane, void *user), void *user) {
	static const struct {
		VkImageAspectFlagBits aspect;
		MTLBlitOption option;
	} aspects[] = {
		{VK_IMAGE_ASPECT_COLOR_BIT, MTLBlitOptionNone},
		{VK_IMAGE_ASPECT_DEPTH_BIT, MTLBlitOptionDepthFromDepthStencil},
		{VK_IMAGE_ASPECT_STENCIL_BIT, MTLBlitOptionStencilFromDepthStencil},
	};
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	const NSUInteger slices = tongs_texture_info_get_slice_count(info);
	size_t count = 0;
	for (NSUInteger level = 0; level < info->mipmap_level_count; level++)
		for (NSUInteger slice = 0; slice < slices; slice++)
			for (size_t i = 0; i < LENGTH(aspects); i++) {
				struct plane plane = {
					.level = level,
					.slice = slice,
					.size = tongs_texture_info_get_level_size(info, level),
					.aspect = aspects[i].aspect,
				};
				if (!(format->aspects & aspects[i].aspect))
					continue;
				plane.option = format->kind == TONGS_FORMAT_DEPTH_STENCIL ? aspects[i].option
											  : MTLBlitOptionNone;
				assert_true(tongs_format_get_block(format->vk_format, plane.aspect, &plane.block));
				plane.row_bytes = (plane.size.width + plane.block.width - 1) / plane.block.width *
						  plane.block.bytes;
				plane.rows = (plane.size.height + plane.block.height - 1) / plane.block.height;
				visit(texture, &plane, user);
				count++;
			}
	return count;
}

/* Buffers with every plane, one behind the other, with gaps that depend on `seed`. */
struct side {
	struct pass *pass;
	struct tongs_buffer *buffer;
	NSUInteger next;
	unsigned pad; /* blocks between rows */
	uint32_t random;
};

static void place(struct side *side, const struct plane *plane, NSUInteger *row_pitch, NSUInteger *plane_pitch,
	NSUInteger *offset) {
	const NSUInteger step = 4 * plane->block.bytes;
	*row_pitch = plane->row_bytes + side->pad * plane->block.bytes;
	*plane_pitch = (*row_pitch * plane->rows + step - 1) / step * step;
	*offset = (side->next + step - 1) / step * step;
	side->next = *offset + *plane_pitch * plane->size.depth;
	assert_true(side->next <= tongs_buffer_get_length(side->buffer));
}

/* Bytes that are valid texels: depths between 0 and 1, and no bits that a format lacks. */
static void fill_row(const struct plane *plane, const struct tongs_format *format, uint8_t *row, uint32_t *random) {
	for (NSUInteger i = 0; i < plane->row_bytes; i++)
		row[i] = (uint8_t)(next_random(random) >> 16);
	for (NSUInteger i = 0;
		plane->aspect == VK_IMAGE_ASPECT_DEPTH_BIT && plane->block.bytes == 4 && i < plane->row_bytes; i += 4) {
		const uint32_t bits = next_random(random) >> 8;
		const float depth = (float)bits / (float)(1 << 24);
		if (format->mtl_format == MTLPixelFormatDepth24Unorm_Stencil8)
			memcpy(row + i, &bits, 4);
		else
			memcpy(row + i, &depth, 4);
	}
}

static void write_plane(struct tongs_texture *texture, const struct plane *plane, void *user) {
	struct side *side = user;
	NSUInteger row_pitch, plane_pitch, offset;
	struct tongs_texture_info info;
	tongs_texture_get_info(texture, &info);
	const struct tongs_format *format = tongs_format_from_metal(info.pixel_format);
	place(side, plane, &row_pitch, &plane_pitch, &offset);
	uint8_t *bytes = tongs_buffer_get_contents(side->buffer);
	for (NSUInteger z = 0; z < plane->size.depth; z++)
		for (NSUInteger y = 0; y < plane->rows; y++)
			fill_row(plane, format, bytes + offset + z * plane_pitch + y * row_pitch, &side->random);
	tongs_blit_copy_buffer_to_texture(side->pass->encoder, side->buffer, offset, row_pitch, plane_pitch,
		plane->size, texture, plane->slice, plane->level, MTLOriginMake(0, 0, 0), plane->option);
}

static void read_plane(struct tongs_texture *texture, const struct plane *plane, void *user) {
	struct side *side = user;
	NSUInteger row_pitch, plane_pitch, offset;
	place(side, plane, &row_pitch, &plane_pitch, &offset);
	tongs_blit_copy_texture_to_buffer(side->pass->encoder, texture, plane->slice, plane->level,
		MTLOriginMake(0, 0, 0), plane->size, side->buffer, offset, row_pitch, plane_pitch, plane->option);
}

struct comparison {
	struct side a, b;
	size_t differences;
};

/* What a copy must not have touched. */
enum { UNTOUCHED = 0xa5 };

static size_t count_touched(const uint8_t *bytes, NSUInteger begin, NSUInteger end) {
	size_t touched = 0;
	for (NSUInteger i = begin; i < end; i++)
		touched += bytes[i] != UNTOUCHED;
	return touched;
}

static void compare_plane(struct tongs_texture *texture, const struct plane *plane, void *user) {
	struct comparison *both = user;
	NSUInteger row_pitch[2], plane_pitch[2], offset[2];
	struct tongs_texture_info info;
	tongs_texture_get_info(texture, &info);
	const bool has_padding =
		info.pixel_format == MTLPixelFormatDepth24Unorm_Stencil8 && plane->aspect == VK_IMAGE_ASPECT_DEPTH_BIT;
	const NSUInteger begin = both->b.next;
	place(&both->a, plane, &row_pitch[0], &plane_pitch[0], &offset[0]);
	place(&both->b, plane, &row_pitch[1], &plane_pitch[1], &offset[1]);
	const uint8_t *a = tongs_buffer_get_contents(both->a.buffer), *b = tongs_buffer_get_contents(both->b.buffer);
	both->differences += count_touched(b, begin, offset[1]);
	for (NSUInteger z = 0; z < plane->size.depth; z++) {
		for (NSUInteger y = 0; y < plane->rows; y++) {
			const uint8_t *row_a = a + offset[0] + z * plane_pitch[0] + y * row_pitch[0];
			const uint8_t *row_b = b + offset[1] + z * plane_pitch[1] + y * row_pitch[1];
			for (NSUInteger x = 0; x < plane->row_bytes; x++)
				both->differences += row_a[x] != row_b[x] && !(has_padding && x % 4 == 3);
			both->differences += count_touched(row_b, plane->row_bytes, row_pitch[1]);
		}
		const uint8_t *image_b = b + offset[1] + z * plane_pitch[1];
		both->differences += count_touched(image_b, plane->rows * row_pitch[1], plane_pitch[1]);
	}
}

enum { ROOM = 1 << 20 };

static struct tongs_buffer *rooms[2];

/* Bytes -> first -> second -> bytes; what lies between the rows stays. */
static size_t copy_around(struct tongs_texture *first, struct tongs_texture *second,
	const struct tongs_texture_info *info, uint32_t seed) {
	struct pass pass = pass_begin(queue);
	struct side from = {
		.pass = &pass, .buffer = rooms[0], .next = 16 * (seed % 3), .pad = seed % 4, .random = seed};
	struct side to = {.pass = &pass, .buffer = rooms[1], .pad = 3 - seed % 4};
	memset(tongs_buffer_get_contents(rooms[1]), UNTOUCHED, ROOM);
	visit_planes(first, info, write_plane, &from);
	tongs_blit_copy_textures(pass.encoder, first, second);
	visit_planes(second, info, read_plane, &to);
	pass_finish(&pass);
	struct comparison both = {
		.a = {.buffer = rooms[0], .next = 16 * (seed % 3), .pad = seed % 4},
		.b = {.buffer = rooms[1], .pad = 3 - seed % 4},
	};
	visit_planes(first, info, compare_plane, &both);
	return both.differences + count_touched(tongs_buffer_get_contents(rooms[1]), to.next, ROOM);
}

static void every_format_in_every_type(void **state) {
	static const MTLResourceOptions modes[] = {MTLResourceStorageModeShared, MTLResourceStorageModePrivate};
	size_t copied = 0, differing = 0;
	(void)state;
	rooms[0] = new_buffer(ROOM);
	rooms[1] = new_buffer(ROOM);
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		for (size_t shape = 0; format->mtl_format && is_known(format) && shape < LENGTH(shapes); shape++) {
			const struct tongs_texture_info infos[] = {make_info(format->mtl_format, shape, modes[0]),
				make_info(format->mtl_format, shape, modes[1])};
			struct tongs_texture *textures[2];
			for (size_t i = 0; i < 2; i++)
				textures[i] = tongs_device_new_texture(device, &infos[i]);
			messages_take(); /* of what the driver lacks */
			for (size_t first = 0; first < 2 && textures[0] && textures[1]; first++) {
				const size_t differences =
					copy_around(textures[first], textures[!first], &infos[0], (uint32_t)copied);
				if (differences)
					print_message("%s, %s, from %s: %zu bytes differ\n", format->mtl_name,
						tongs_texture_kind_get(shapes[shape].type)->name,
						first ? "Private" : "Shared", differences);
				copied++;
				differing += differences > 0;
				messages_expect_none();
			}
			tongs_texture_unref(textures[0]);
			tongs_texture_unref(textures[1]);
		}
	}
	print_message("%zu copies of formats and types compared, %zu differ\n", copied, differing);
	assert_int_equal(differing, 0);
	assert_true(copied > 300);
	tongs_buffer_unref(rooms[0]);
	tongs_buffer_unref(rooms[1]);
}

enum { WIDTH = 64, HEIGHT = 48 };

static void fill_texels(uint32_t *texels, size_t count, uint32_t seed) {
	for (size_t i = 0; i < count; i++)
		texels[i] = next_random(&seed);
}

/* Parts at any place, through every form, in one encoder: each command sees what the ones before it wrote. */
static void parts_of_levels(void **state) {
	static uint32_t expected[HEIGHT][WIDTH];
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Uint, WIDTH, HEIGHT);
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *textures[2] = {
		tongs_device_new_texture(device, &info), tongs_device_new_texture(device, &info)};
	struct tongs_buffer *source = new_buffer(sizeof(expected)), *target = new_buffer(sizeof(expected));
	uint32_t *texels = tongs_buffer_get_contents(source), random = 5;
	fill_texels(texels, WIDTH * HEIGHT, 1);
	memcpy(expected, texels, sizeof(expected));
	struct pass pass = pass_begin(queue);
	tongs_blit_copy_buffer_to_texture(pass.encoder, source, 0, WIDTH * 4, 0, MTLSizeMake(WIDTH, HEIGHT, 1),
		textures[0], 0, 0, MTLOriginMake(0, 0, 0), 0);
	tongs_blit_copy_textures(pass.encoder, textures[0], textures[1]);
	for (unsigned round = 0; round < 200; round++) {
		const NSUInteger width = 1 + next_random(&random) % 8, height = 1 + next_random(&random) % 8;
		const NSUInteger x = next_random(&random) % (WIDTH - width),
				 y = next_random(&random) % (HEIGHT - height);
		const NSUInteger to_x = next_random(&random) % (WIDTH - width),
				 to_y = next_random(&random) % (HEIGHT - height);
		/* There and back, so that both are the same after. */
		static uint32_t before[HEIGHT][WIDTH];
		memcpy(before, expected, sizeof(expected));
		for (NSUInteger row = 0; row < height; row++)
			memcpy(&expected[to_y + row][to_x], &before[y + row][x], width * 4);
		tongs_blit_copy_texture(pass.encoder, textures[0], 0, 0, MTLOriginMake(x, y, 0),
			MTLSizeMake(width, height, 1), textures[1], 0, 0, MTLOriginMake(to_x, to_y, 0));
		tongs_blit_copy_texture(pass.encoder, textures[1], 0, 0, MTLOriginMake(to_x, to_y, 0),
			MTLSizeMake(width, height, 1), textures[0], 0, 0, MTLOriginMake(to_x, to_y, 0));
	}
	tongs_blit_copy_texture_to_buffer(pass.encoder, textures[0], 0, 0, MTLOriginMake(0, 0, 0),
		MTLSizeMake(WIDTH, HEIGHT, 1), target, 0, WIDTH * 4, 0, 0);
	pass_finish(&pass);
	assert_memory_equal(tongs_buffer_get_contents(target), expected, sizeof(expected));
	messages_expect_none();
	for (int i = 0; i < 2; i++)
		tongs_texture_unref(textures[i]);
	tongs_buffer_unref(source);
	tongs_buffer_unref(target);
}

/* A texture over a buffer is its rows: with an image, with another one, with a buffer. */
static void textures_over_buffers(void **state) {
	enum { PITCH = 512 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	struct tongs_buffer *buffers[3];
	struct tongs_texture *rows[2], *image;
	image = tongs_device_new_texture(device, &info);
	for (int i = 0; i < 3; i++)
		buffers[i] = new_buffer(PITCH * HEIGHT + 4096);
	for (int i = 0; i < 2; i++)
		rows[i] = tongs_buffer_new_texture(buffers[i], &info, 256, PITCH);
	if (!rows[0]) {
		messages_take();
		tongs_texture_unref(image);
		for (int i = 0; i < 3; i++)
			tongs_buffer_unref(buffers[i]);
		skip(); /* a larger pitch is required */
	}
	fill_texels(tongs_buffer_get_contents(buffers[0]), (PITCH * HEIGHT + 4096) / 4, 3);
	struct pass pass = pass_begin(queue);
	tongs_blit_copy_textures(pass.encoder, rows[0], rows[1]);
	tongs_blit_copy_textures(pass.encoder, rows[1], image);
	tongs_blit_copy_texture_to_buffer(pass.encoder, image, 0, 0, MTLOriginMake(0, 0, 0),
		MTLSizeMake(WIDTH, HEIGHT, 1), buffers[2], 0, PITCH, 0, 0);
	/* The left half becomes the right one. */
	tongs_blit_copy_texture_to_buffer(pass.encoder, rows[0], 0, 0, MTLOriginMake(0, 0, 0),
		MTLSizeMake(WIDTH / 2, HEIGHT, 1), buffers[2], WIDTH / 2 * 4, PITCH, 0, 0);
	tongs_blit_copy_texture(pass.encoder, image, 0, 0, MTLOriginMake(WIDTH / 2, 0, 0),
		MTLSizeMake(WIDTH / 2, HEIGHT, 1), rows[1], 0, 0, MTLOriginMake(0, 0, 0));
	tongs_blit_copy_buffer_to_texture(pass.encoder, buffers[2], 0, PITCH, 0, MTLSizeMake(1, HEIGHT, 1), rows[1], 0,
		0, MTLOriginMake(WIDTH - 1, 0, 0), 0);
	pass_finish(&pass);
	messages_expect_none();
	const uint8_t *a = tongs_buffer_get_contents(buffers[0]), *b = tongs_buffer_get_contents(buffers[1]),
		      *c = tongs_buffer_get_contents(buffers[2]);
	for (size_t y = 0; y < HEIGHT; y++) {
		const uint8_t *row = a + 256 + y * PITCH, *copy = b + 256 + y * PITCH, *plain = c + y * PITCH;
		assert_memory_equal(plain, row, WIDTH / 2 * 4);
		assert_memory_equal(plain + WIDTH / 2 * 4, row, WIDTH / 2 * 4);
		assert_memory_equal(copy, row + WIDTH / 2 * 4, WIDTH / 2 * 4);
		assert_memory_equal(copy + (WIDTH - 1) * 4, row, 4);
		assert_memory_equal(copy + WIDTH / 2 * 4, row + WIDTH / 2 * 4, (WIDTH / 2 - 1) * 4);
	}
	for (int i = 0; i < 2; i++)
		tongs_texture_unref(rows[i]);
	for (int i = 0; i < 3; i++)
		tongs_buffer_unref(buffers[i]);
	tongs_texture_unref(image);
}

/* A surface's rows have a pitch of their own. */
static void textures_over_surfaces(void **state) {
	const struct tongs_surface_info surface_info = {
		.whole = {.width = WIDTH, .height = HEIGHT, .bytes_per_element = 4, .bytes_per_row = 1024}};
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, WIDTH, HEIGHT);
	(void)state;
	struct tongs_surface *surface = tongs_surface_new(&surface_info);
	assert_non_null(surface);
	struct tongs_texture *over = tongs_device_new_texture_from_surface(device, &info, surface, 0),
			     *image = tongs_device_new_texture(device, &info);
	struct tongs_buffer *buffer = new_buffer(WIDTH * HEIGHT * 4);
	assert_non_null(over);
	if (!tongs_texture_get_own_rows(over)) {
		assert_true(messages_take() > 0);
		tongs_texture_unref(over);
		tongs_texture_unref(image);
		tongs_buffer_unref(buffer);
		tongs_surface_unref(surface);
		skip(); /* the driver imports no host pages */
	}
	uint8_t *bytes = tongs_surface_get_base_address(surface);
	fill_texels((uint32_t *)(void *)bytes, 1024 / 4 * HEIGHT, 9);
	struct pass pass = pass_begin(queue);
	tongs_blit_copy_textures(pass.encoder, over, image);
	tongs_blit_copy_texture_to_buffer(pass.encoder, image, 0, 0, MTLOriginMake(0, 0, 0),
		MTLSizeMake(WIDTH, HEIGHT, 1), buffer, 0, WIDTH * 4, 0, 0);
	pass_finish(&pass);
	const uint8_t *seen = tongs_buffer_get_contents(buffer);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_memory_equal(seen + y * WIDTH * 4, bytes + y * 1024, WIDTH * 4);
	pass = pass_begin(queue);
	tongs_blit_fill_buffer(pass.encoder, buffer, 0, WIDTH * HEIGHT * 4, 77);
	tongs_blit_copy_buffer_to_texture(pass.encoder, buffer, 0, WIDTH * 4, 0, MTLSizeMake(WIDTH, HEIGHT, 1), over, 0,
		0, MTLOriginMake(0, 0, 0), 0);
	pass_finish(&pass);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_true(bytes_are(bytes + y * 1024, 77, WIDTH * 4));
	assert_false(bytes_are(bytes + WIDTH * 4, 77, 4));
	messages_expect_none();
	tongs_texture_unref(over);
	tongs_texture_unref(image);
	tongs_buffer_unref(buffer);
	tongs_surface_unref(surface);
}

/* Any offset and size. */
static void fills_and_copies_of_bytes(void **state) {
	enum { SIZE = 64 };
	(void)state;
	struct tongs_buffer *buffer = new_buffer(SIZE), *other = new_buffer(SIZE);
	uint8_t expected[SIZE] = {0}, moved[SIZE] = {0};
	struct pass pass = pass_begin(queue);
	for (NSUInteger first = 0; first < 12; first++)
		for (NSUInteger size = 1; size < 16; size++) {
			tongs_blit_fill_buffer(
				pass.encoder, buffer, first * 4 + size % 5, size, (uint8_t)(first * 16 + size));
			memset(expected + first * 4 + size % 5, (int)(first * 16 + size), size);
		}
	tongs_blit_copy_buffer(pass.encoder, buffer, 3, other, 17, 33);
	memcpy(moved + 17, expected + 3, 33);
	tongs_blit_copy_buffer(pass.encoder, other, 20, other, 1, 15);
	memmove(moved + 1, moved + 20, 15);
	pass_finish(&pass);
	messages_expect_none();
	assert_memory_equal(tongs_buffer_get_contents(buffer), expected, SIZE);
	assert_memory_equal(tongs_buffer_get_contents(other), moved, SIZE);
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(other);
}

/* Blocks of one value stay that, and each level is the mean of four texels. */
static void mipmaps(void **state) {
	enum { EDGE = 16 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, EDGE, EDGE);
	info.type = MTLTextureType2DArray;
	info.array_length = 2;
	info.mipmap_level_count = tongs_texture_info_get_max_mipmap_level_count(&info);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	static uint8_t texels[2][EDGE][EDGE][4];
	for (size_t slice = 0; slice < 2; slice++) {
		for (size_t y = 0; y < EDGE; y++)
			for (size_t x = 0; x < EDGE; x++)
				for (size_t c = 0; c < 4; c++)
					texels[slice][y][x][c] = (uint8_t)(slice * 50 + x * 8 + y * 2 + c * 10);
		assert_true(tongs_texture_replace_region(
			texture, MTLRegionMake2D(0, 0, EDGE, EDGE), 0, slice, texels[slice], EDGE * 4, 0));
	}
	struct pass pass = pass_begin(queue);
	tongs_blit_generate_mipmaps(pass.encoder, texture);
	pass_finish(&pass);
	messages_expect_none();
	for (NSUInteger slice = 0; slice < 2; slice++)
		for (NSUInteger level = 1, edge = EDGE / 2; edge > 0; level++, edge /= 2) {
			uint8_t seen[EDGE / 2 * EDGE / 2][4];
			assert_true(tongs_texture_get_bytes(
				texture, seen, edge * 4, 0, MTLRegionMake2D(0, 0, edge, edge), level, slice));
			for (size_t y = 0; y < edge; y++)
				for (size_t x = 0; x < edge; x++)
					for (size_t c = 0; c < 4; c++) {
						/* The mean of a plane is its value in the middle. */
						const double step = EDGE / (double)edge;
						const double mean = (double)slice * 50 + c * 10 +
								    ((double)x * step + (step - 1) / 2) * 8 +
								    ((double)y * step + (step - 1) / 2) * 2;
						const double difference = seen[y * edge + x][c] - mean;
						if (difference > 2.5 || difference < -2.5)
							fail_msg("level %lu, texel %zu, %zu: %u, not %f",
								(unsigned long)level, x, y, seen[y * edge + x][c],
								mean);
					}
		}
	tongs_texture_unref(texture);
}

static struct tongs_texture *new_view(struct tongs_texture *texture, MTLPixelFormat format) {
	struct tongs_texture_info info;
	tongs_texture_get_info(texture, &info);
	struct tongs_texture *view = tongs_texture_new_view(
		texture, format, MTLTextureType2D, 0, info.mipmap_level_count, 0, 1, info.swizzle);
	assert_non_null(view);
	return view;
}

/* A view of the stencil has no depth to copy. */
static void views_of_a_stencil(void **state) {
	enum { EDGE = 4 };
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float_Stencil8, EDGE, EDGE);
	info.usage = MTLTextureUsagePixelFormatView | MTLTextureUsageShaderRead;
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *textures[2], *views[2];
	struct tongs_buffer *depths = new_buffer(EDGE * EDGE * 4), *stencils = new_buffer(EDGE * EDGE);
	const MTLSize all = MTLSizeMake(EDGE, EDGE, 1);
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	float *depth = tongs_buffer_get_contents(depths);
	uint8_t *stencil = tongs_buffer_get_contents(stencils);
	for (unsigned i = 0; i < 2; i++) {
		textures[i] = tongs_device_new_texture(device, &info);
		assert_non_null(textures[i]);
		views[i] = new_view(textures[i], MTLPixelFormatX32_Stencil8);
		assert_non_null(views[i]);
		for (unsigned t = 0; t < EDGE * EDGE; t++) {
			depth[t] = i ? 0.75F : 0.25F;
			stencil[t] = i ? 9 : 5;
		}
		struct pass pass = pass_begin(queue);
		tongs_blit_copy_buffer_to_texture(pass.encoder, depths, 0, EDGE * 4, 0, all, textures[i], 0, 0, zero,
			MTLBlitOptionDepthFromDepthStencil);
		tongs_blit_copy_buffer_to_texture(pass.encoder, stencils, 0, EDGE, 0, all, textures[i], 0, 0, zero,
			MTLBlitOptionStencilFromDepthStencil);
		pass_finish(&pass);
	}
	struct pass pass = pass_begin(queue);
	tongs_blit_copy_texture(pass.encoder, views[0], 0, 0, zero, all, views[1], 0, 0, zero);
	tongs_blit_copy_texture_to_buffer(
		pass.encoder, textures[1], 0, 0, zero, all, depths, 0, EDGE * 4, 0, MTLBlitOptionDepthFromDepthStencil);
	tongs_blit_copy_texture_to_buffer(
		pass.encoder, textures[1], 0, 0, zero, all, stencils, 0, EDGE, 0, MTLBlitOptionStencilFromDepthStencil);
	pass_finish(&pass);
	messages_expect_none();
	/* Lavapipe copies the depth all the same, also below the mock. */
	const char *name = tongs_device_get_name(device);
	const bool takes_depth = strstr(name, "llvmpipe") || strstr(name, "(mock)");
	for (unsigned t = 0; t < EDGE * EDGE; t++) {
		if (stencil[t] != 5 || (depth[t] != 0.75F && !takes_depth))
			fail_msg("texel %u: depth %f, stencil %u", t, (double)depth[t], stencil[t]);
	}
	for (unsigned i = 0; i < 2; i++) {
		tongs_texture_unref(views[i]);
		tongs_texture_unref(textures[i]);
	}
	tongs_buffer_unref(depths);
	tongs_buffer_unref(stencils);
}

/* The driver filters texels of the texture's format, not of the view's. */
static void mipmaps_of_views(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 8);
	info.mipmap_level_count = 4;
	info.usage = MTLTextureUsagePixelFormatView | MTLTextureUsageShaderRead;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info),
			     *same = new_view(texture, MTLPixelFormatRGBA8Unorm),
			     *srgb = new_view(texture, MTLPixelFormatRGBA8Unorm_sRGB);
	struct pass pass = pass_begin(queue);
	tongs_blit_generate_mipmaps(pass.encoder, same);
	messages_expect_none();
	tongs_blit_generate_mipmaps(pass.encoder, srgb);
	messages_expect("the format of the texture that it is a view of");
	pass_finish(&pass);
	tongs_texture_unref(srgb);
	tongs_texture_unref(same);
	tongs_texture_unref(texture);
}

static void misuse_is_refused(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer(4096), *other = new_buffer(4096);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16), depth = info,
				  wide = info;
	depth.pixel_format = MTLPixelFormatDepth32Float_Stencil8;
	wide.pixel_format = MTLPixelFormatRGBA32Float;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info),
			     *stencil = tongs_device_new_texture(device, &depth),
			     *large = tongs_device_new_texture(device, &wide);
	const MTLSize all = MTLSizeMake(16, 16, 1);
	const MTLOrigin zero = MTLOriginMake(0, 0, 0), edge = MTLOriginMake(1, 0, 0);
	memset(tongs_buffer_get_contents(other), 1, 4096);
	struct pass pass = pass_begin(queue);
	struct tongs_encoder *encoder = pass.encoder;
	tongs_blit_fill_buffer(encoder, buffer, 4000, 97, 1);
	messages_expect("97 bytes at offset 4000");
	tongs_blit_fill_buffer(encoder, buffer, 0, 0, 1);
	messages_expect("an empty range");
	tongs_blit_copy_buffer(encoder, other, 0, buffer, (NSUInteger)-1, 8);
	messages_expect("8 bytes at offset");
	tongs_blit_copy_buffer(encoder, buffer, 0, buffer, 8, 16);
	messages_expect("overlap");
	tongs_blit_copy_buffer_to_texture(encoder, other, 0, 64, 0, all, texture, 1, 0, zero, 0);
	messages_expect("slice 1");
	tongs_blit_copy_buffer_to_texture(encoder, other, 0, 64, 0, all, texture, 0, 0, edge, 0);
	messages_expect("exceeds level 0");
	tongs_blit_copy_buffer_to_texture(encoder, other, 2, 64, 0, all, texture, 0, 0, zero, 0);
	messages_expect("multiple");
	tongs_blit_copy_buffer_to_texture(encoder, other, 0, 60, 0, all, texture, 0, 0, zero, 0);
	messages_expect("16 rows of 64 bytes");
	tongs_blit_copy_buffer_to_texture(encoder, other, 3584, 64, 0, all, texture, 0, 0, zero, 0);
	messages_expect("1024 bytes at offset 3584");
	tongs_blit_copy_buffer_to_texture(
		encoder, other, 0, 64, 0, all, texture, 0, 0, zero, MTLBlitOptionDepthFromDepthStencil);
	messages_expect("has no such option");
	tongs_blit_copy_texture_to_buffer(encoder, stencil, 0, 0, zero, all, buffer, 0, 64, 0, 0);
	messages_expect("MTLBlitOptionStencilFromDepthStencil");
	tongs_blit_copy_texture(encoder, texture, 0, 0, zero, all, large, 0, 0, zero);
	messages_expect("cannot be copied to");
	tongs_blit_copy_texture(encoder, texture, 0, 0, zero, MTLSizeMake(8, 8, 1), texture, 0, 0, edge);
	messages_expect("overlap");
	tongs_blit_generate_mipmaps(encoder, texture);
	messages_expect("several levels");
	tongs_blit_copy_slices(encoder, texture, 0, 0, texture, 0, 0, 1, 2);
	messages_expect("1 levels");
	pass_finish(&pass);
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 0, 4096));
	assert_true(bytes_are(tongs_buffer_get_contents(other), 1, 4096));
	tongs_texture_unref(texture);
	tongs_texture_unref(stencil);
	tongs_texture_unref(large);
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
	(void)argv;
	const struct CMUnitTest tests[] = {
		TEST(every_format_in_every_type),
		TEST(parts_of_levels),
		TEST(textures_over_buffers),
		TEST(textures_over_surfaces),
		TEST(fills_and_copies_of_bytes),
		TEST(mipmaps),
		TEST(views_of_a_stencil),
		TEST(mipmaps_of_views),
		TEST(misuse_is_refused),
	};
	return run_validated(argc, "metal: blit", tests, LENGTH(tests));
}
