/* SPDX-License-Identifier: MIT */
/* Textures that are planes of an image whose layout only the driver knows: copies between planes, buffers and other
 * textures, and clears. Where the driver has such formats. */
#include "queue.h"

#include <string.h>

#include "memory/driver_memory.h"
#include "metal/device.h"
#include "metal/interop.h"
#include "vulkan/own_image.h"

enum { WIDTH = 32, HEIGHT = 16, MOST_BYTES = WIDTH * HEIGHT * 2 };

static const VkFormat FORMATS[] = {
	VK_FORMAT_G8_B8R8_2PLANE_420_UNORM,
	VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM,
	VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16,
};

struct planar {
	uint32_t count;
	struct tongs_texture *textures[TONGS_MAX_PLANES];
	MTLSize sizes[TONGS_MAX_PLANES];
	size_t texels[TONGS_MAX_PLANES]; /* bytes of each */
	uint8_t wanted[TONGS_MAX_PLANES][MOST_BYTES];
};

static struct tongs_payload *new_payload(const struct tongs_image_shape *shape, const struct tongs_import_kind *kind,
	const struct tongs_own_image_requirements *requirements) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	struct tongs_own_memory memory;
	struct tongs_driver_memory_info info = {.size = requirements->memory.size, .image = *shape};
	if (!kind->allocated_by_device)
		return tongs_payload_create(requirements->memory.size);
	int type = tongs_own_device_choose_driver_type(own, requirements->memory.memoryTypeBits, true);
	if (type < 0)
		type = tongs_own_device_choose_driver_type(own, requirements->memory.memoryTypeBits, false);
	assert_true(type >= 0);
	info.memory_type = (uint32_t)type;
	info.host_visible = tongs_device_is_host_visible(device, info.memory_type);
	struct tongs_own_image *image =
		tongs_own_image_create_with_memory(own, shape, 0, info.memory_type, &memory, &info.dedicated);
	assert_non_null(image);
	tongs_own_image_destroy(image);
	return tongs_driver_memory_wrap(&info, &memory);
}

/* False: the driver shares no such images. */
static bool planar_init(struct planar *planar, VkFormat format) {
	const struct tongs_import_kind *kind = device->roles.kinds[TONGS_ROLE_OPTIMAL];
	const struct tongs_texture_layout layout = {.linear = false};
	const struct tongs_image_shape shape = {
		.format = format,
		.type = VK_IMAGE_TYPE_2D,
		.extent = {WIDTH, HEIGHT, 1},
		.levels = 1,
		.layers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
	};
	struct tongs_own_image_requirements requirements;
	*planar = (struct planar){.count = tongs_format_count_planes(format)};
	messages_capture();
	const bool shared = kind && tongs_own_image_query_requirements(
					    tongs_device_get_own_device(device), kind, &shape, 0, &requirements);
	if (!shared)
		messages_expect("cannot share an image");
	messages_expect_none();
	if (!shared)
		return false;
	struct tongs_payload *payload = new_payload(&shape, kind, &requirements);
	struct tongs_planes *planes = tongs_interop_new_planes(&shape);
	assert_non_null(payload);
	assert_non_null(planes);
	for (uint32_t i = 0; i < planar->count; i++) {
		const struct tongs_format_plane plane = tongs_format_get_plane(format, i);
		struct tongs_image_shape its_shape = shape;
		its_shape.format = plane.format;
		its_shape.extent.width /= plane.divisor.width;
		its_shape.extent.height /= plane.divisor.height;
		struct tongs_texture_info info = tongs_texture_info_2d(
			tongs_format_to_metal(plane.format), its_shape.extent.width, its_shape.extent.height);
		info.usage |= MTLTextureUsageRenderTarget;
		planar->sizes[i] = MTLSizeMake(info.width, info.height, 1);
		planar->texels[i] = tongs_format_from_vk(plane.format)->block_bytes;
		planar->textures[i] = tongs_interop_new_plane_texture(
			device, payload, 0, requirements.memory.size, &info, &its_shape, &layout, planes, i);
		assert_non_null(planar->textures[i]);
	}
	tongs_interop_release_planes(planes);
	tongs_payload_unref(payload);
	return true;
}

static void planar_finish(struct planar *planar) {
	for (uint32_t i = 0; i < planar->count; i++)
		tongs_texture_unref(planar->textures[i]);
}

/* To or from a buffer, where each plane has its place. */
static void copy_planes(struct pass *pass, struct planar *planar, struct tongs_buffer *buffer, bool write) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	for (uint32_t i = 0; i < planar->count; i++) {
		const NSUInteger offset = (NSUInteger)i * MOST_BYTES, row = planar->sizes[i].width * planar->texels[i];
		if (write)
			tongs_blit_copy_buffer_to_texture(pass->encoder, buffer, offset, row, 0, planar->sizes[i],
				planar->textures[i], 0, 0, zero, 0);
		else
			tongs_blit_copy_texture_to_buffer(pass->encoder, planar->textures[i], 0, 0, zero,
				planar->sizes[i], buffer, offset, row, 0, 0);
	}
}

/* The corner of 4 x 3 texels moves by as much, through a texture of its own and in the image. */
static void move_corners(struct pass *pass, struct planar *planar) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0), next = MTLOriginMake(4, 3, 0), far = MTLOriginMake(8, 3, 0);
	const MTLSize size = MTLSizeMake(4, 3, 1);
	for (uint32_t i = 0; i < planar->count; i++) {
		struct tongs_texture_info info;
		tongs_texture_get_info(planar->textures[i], &info);
		info.resource_options = MTLResourceStorageModePrivate;
		struct tongs_texture *other = tongs_device_new_texture(device, &info), *plane = planar->textures[i];
		assert_non_null(other);
		tongs_blit_copy_texture(pass->encoder, plane, 0, 0, zero, size, other, 0, 0, next);
		tongs_blit_copy_texture(pass->encoder, other, 0, 0, next, size, plane, 0, 0, next);
		tongs_blit_copy_texture(pass->encoder, plane, 0, 0, next, size, plane, 0, 0, far);
		tongs_texture_unref(other);
		const size_t row = planar->sizes[i].width * planar->texels[i], bytes = 4 * planar->texels[i];
		for (size_t y = 0; y < 3; y++)
			for (size_t to = 1; to < 3; to++)
				memcpy(planar->wanted[i] + (y + 3) * row + to * bytes, planar->wanted[i] + y * row,
					bytes);
	}
}

/* To zero: two rows at the top of each plane, and all of a third. */
static void clear_rows(struct tongs_command_buffer *commands, struct planar *planar) {
	for (uint32_t i = 0; i < planar->count; i++) {
		struct tongs_render_pass_info info;
		tongs_render_pass_info_init(&info);
		info.colors[0].texture = planar->textures[i];
		info.colors[0].load_action = MTLLoadActionClear;
		info.colors[0].clear_color = (MTLClearColor){0, 0, 0, 0};
		const NSUInteger rows = i == 2 ? planar->sizes[i].height : 2;
		info.render_target_width = planar->sizes[i].width;
		info.render_target_height = rows;
		struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(commands, &info);
		assert_non_null(encoder);
		tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
		memset(planar->wanted[i], 0, rows * planar->sizes[i].width * planar->texels[i]);
	}
}

static void check(struct planar *planar, const uint8_t *bytes) {
	static uint8_t got[MOST_BYTES];
	for (uint32_t i = 0; i < planar->count; i++) {
		const size_t row = planar->sizes[i].width * planar->texels[i], size = row * planar->sizes[i].height;
		const MTLRegion all = {MTLOriginMake(0, 0, 0), planar->sizes[i]};
		assert_memory_equal(bytes + (size_t)i * MOST_BYTES, planar->wanted[i], size);
		if (tongs_resource_get_storage_mode(tongs_texture_get_resource(planar->textures[i])) !=
			MTLStorageModeShared)
			continue;
		assert_true(tongs_texture_get_bytes(planar->textures[i], got, row, 0, all, 0, 0));
		assert_memory_equal(got, planar->wanted[i], size);
	}
}

/* Its bytes are not apart from those of the others. */
static void empty_last(struct planar *planar) {
	struct tongs_resource *resource = tongs_texture_get_resource(planar->textures[planar->count - 1]);
	assert_int_equal(
		tongs_resource_set_purgeable_state(resource, MTLPurgeableStateEmpty), MTLPurgeableStateNonVolatile);
	messages_expect_warning("a plane of an image");
	assert_int_equal(
		tongs_resource_set_purgeable_state(resource, MTLPurgeableStateNonVolatile), MTLPurgeableStateEmpty);
}

static void commands_on_planes(void **state) {
	static struct planar planar;
	unsigned checked = 0;
	(void)state;
	for (size_t k = 0; k < LENGTH(FORMATS); k++) {
		if (!planar_init(&planar, FORMATS[k]))
			continue;
		struct tongs_buffer *buffer =
			tongs_device_new_buffer(device, TONGS_MAX_PLANES * MOST_BYTES, MTLResourceStorageModeShared);
		assert_non_null(buffer);
		uint8_t *bytes = tongs_buffer_get_contents(buffer);
		/* Of 10 bits in 16 the others are 0. */
		for (size_t i = 0; i < TONGS_MAX_PLANES * MOST_BYTES; i++)
			bytes[i] = (uint8_t)(planar.texels[0] == 1 || i % 2 ? i * 37 + i / 251 : 0x40 * (i / 2));
		for (uint32_t i = 0; i < planar.count; i++)
			memcpy(planar.wanted[i], bytes + (size_t)i * MOST_BYTES, MOST_BYTES);
		struct pass pass = pass_begin(queue);
		copy_planes(&pass, &planar, buffer, true);
		move_corners(&pass, &planar);
		tongs_encoder_end(pass.encoder);
		tongs_encoder_unref(pass.encoder);
		clear_rows(pass.commands, &planar);
		pass.encoder = tongs_command_buffer_new_blit_encoder(pass.commands);
		copy_planes(&pass, &planar, buffer, false);
		pass_finish(&pass);
		check(&planar, bytes);
		empty_last(&planar);
		check(&planar, bytes);
		tongs_buffer_unref(buffer);
		planar_finish(&planar);
		checked++;
	}
	print_message("# %u formats\n", checked);
	if (!checked)
		skip();
}

int main(int argc, char **argv) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_on_planes),
	};
	(void)argv;
	return run_validated(argc, "metal: planes", tests, LENGTH(tests));
}
