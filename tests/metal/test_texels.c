/* SPDX-License-Identifier: MIT */
/* Texels in and out of every format in every type of texture that the default Vulkan device has. */
#include "open_device.h"
#include "shadow.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "vulkan/own_device.h"
#include "metal/device.h"
#include "memory/payload.h"

/* Extents that are not multiples of any block size. */
static const struct {
	MTLTextureType type;
	NSUInteger width, height, depth, array_length;
	bool mipmapped;
} shapes[] = {
	{MTLTextureType1D, 38, 1, 1, 1, false},
	{MTLTextureType1DArray, 38, 1, 1, 5, false},
	{MTLTextureType2D, 38, 1, 1, 1, false},
	{MTLTextureType2D, 46, 21, 1, 1, true},
	{MTLTextureType2DArray, 21, 46, 1, 3, true},
	{MTLTextureTypeCube, 22, 22, 1, 1, true},
	{MTLTextureTypeCubeArray, 10, 10, 1, 2, true},
	{MTLTextureType3D, 22, 9, 13, 1, true},
	{MTLTextureTypeTextureBuffer, 100, 1, 1, 1, false},
};

static struct tongs_texture_info make_info(MTLPixelFormat format, size_t shape) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, shapes[shape].width, shapes[shape].height);
	info.type = shapes[shape].type;
	info.depth = shapes[shape].depth;
	info.array_length = shapes[shape].array_length;
	if (shapes[shape].mipmapped && tongs_format_from_metal(format)->kind != TONGS_FORMAT_PACKED_422)
		info.mipmap_level_count = tongs_texture_info_get_max_mipmap_level_count(&info);
	return info;
}

/* The device reports a size for exactly those textures that it can create. */
static struct tongs_texture *new_or_refused(const struct tongs_texture_info *info) {
	struct tongs_texture *texture = tongs_device_new_texture(device, info);
	size_t messages = messages_take();
	bool sized = tongs_device_get_heap_texture_size_and_align(device, info).size != 0;
	assert_int_equal(messages, texture ? 0 : 1);
	assert_int_equal(messages_take(), sized ? 0 : 1);
	assert_int_equal(sized, texture != NULL);
	return texture;
}

static void check_texels(struct tongs_texture *texture, uint32_t *random) {
	struct shadow shadow;
	shadow_init(&shadow, texture);
	shadow_fill(&shadow, random);
	shadow_check(&shadow);
	for (size_t round = 0; round < 4; round++) {
		shadow_replace(&shadow, random);
		shadow_check_box(&shadow, random);
	}
	shadow_check(&shadow);
	shadow_finish(&shadow);
}

/* Whether the driver can do anything with images of the format. */
static bool driver_has(const struct tongs_format *format) {
	VkFormatProperties2 answer = {.sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2};
	if (tongs_format_get_core_version(format) > device->properties.apiVersion)
		return false;
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	own->physical.vk->GetPhysicalDeviceFormatProperties2(own->physical.handle, format->vk_format, &answer);
	return (answer.formatProperties.optimalTilingFeatures | answer.formatProperties.linearTilingFeatures);
}

static void every_format_in_every_shape(void **state) {
	(void)state;
	static const char *const classes[] = {"colour", "depth", "stencil", "depth and stencil", "compressed", "4:2:2"};
	size_t made[LENGTH(classes)] = {0}, opaque = 0, missing = 0;
	uint32_t random = 5;
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		if (!format->mtl_name)
			continue;
		const size_t before = made[format->kind];
		for (size_t shape = 0; shape < LENGTH(shapes); shape++) {
			struct tongs_texture_info info = make_info(format->mtl_format, shape);
			struct tongs_texture *texture = new_or_refused(&info);
			if (!texture)
				continue;
			struct tongs_image_shape image;
			const struct tongs_texture_layout *layout;
			made[format->kind]++;
			opaque += tongs_interop_get_texture_image(texture, &image, &layout) && !layout->linear;
			check_texels(texture, &random);
			tongs_texture_unref(texture);
		}
		if (made[format->kind] == before && driver_has(format)) {
			missing++;
			print_message("# %s is a format of the driver, and cannot be shared\n", format->mtl_name);
		}
	}
	for (size_t i = 0; i < LENGTH(classes); i++)
		print_message("# %zu formats and shapes compared: %s\n", made[i], classes[i]);
	print_message("# %zu of them in a layout that only the driver knows\n", opaque);
	assert_true(made[TONGS_FORMAT_COLOR] > 20);
	/* What a driver of the CPU has, it has in host pages. */
	if (device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU)
		assert_int_equal(missing, 0);
}

/* Boxes of all sizes, one after the other, in a texture of each kind. */
static void many_boxes(void **state) {
	(void)state;
	static const struct {
		MTLPixelFormat format;
		size_t shape;
	} rows[] = {
		{MTLPixelFormatRGBA8Unorm, 4},
		{MTLPixelFormatR8Unorm, 7},
		{MTLPixelFormatRGBA32Float, 6},
		{MTLPixelFormatBC1_RGBA, 3},
		{MTLPixelFormatASTC_6x5_LDR, 4},
		{MTLPixelFormatDepth16Unorm, 3},
		{MTLPixelFormatDepth32Float, 5},
		{MTLPixelFormatStencil8, 3},
		{MTLPixelFormatDepth24Unorm_Stencil8, 3},
		{MTLPixelFormatDepth32Float_Stencil8, 4},
	};
	uint32_t random = 77;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_texture_info info = make_info(rows[i].format, rows[i].shape);
		struct tongs_texture *texture = new_or_refused(&info);
		struct shadow shadow;
		if (!texture)
			continue;
		shadow_init(&shadow, texture);
		shadow_fill(&shadow, &random);
		for (size_t round = 0; round < 100; round++) {
			shadow_replace(&shadow, &random);
			shadow_check_box(&shadow, &random);
		}
		shadow_check(&shadow);
		shadow_finish(&shadow);
		tongs_texture_unref(texture);
	}
}

static void new_textures_are_zeroed(void **state) {
	(void)state;
	static const MTLPixelFormat formats[] = {MTLPixelFormatRGBA8Unorm, MTLPixelFormatDepth32Float_Stencil8};
	uint32_t random = 6;
	for (size_t i = 0; i < LENGTH(formats) * 3; i++) {
		struct tongs_texture_info info = make_info(formats[i % LENGTH(formats)], 4);
		struct tongs_texture *texture = new_or_refused(&info);
		struct shadow shadow;
		if (!texture)
			continue;
		shadow_init(&shadow, texture);
		shadow_check(&shadow);
		shadow_fill(&shadow, &random);
		shadow_finish(&shadow);
		tongs_texture_unref(texture);
	}
}

/* Depth in the low bits, stencil above: by value, not by what was put in. */
static void combined_texels_are_as_declared(void **state) {
	(void)state;
	const struct {
		MTLPixelFormat format, stencil;
		unsigned char texel[8], stencil_texel[8];
		size_t bytes, stencil_offset;
	} rows[] = {
		{MTLPixelFormatDepth24Unorm_Stencil8, MTLPixelFormatX24_Stencil8, {0x56, 0x34, 0x12, 0x9a},
			{0, 0, 0, 0x9a}, 4, 3},
		{MTLPixelFormatDepth32Float_Stencil8, MTLPixelFormatX32_Stencil8, {0, 0, 0x40, 0x3f, 0x9a},
			{0, 0, 0, 0, 0x9a}, 8, 4},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_texture_info info = tongs_texture_info_2d(rows[i].format, 3, 2);
		info.usage = MTLTextureUsagePixelFormatView;
		struct tongs_texture *texture = new_or_refused(&info);
		if (!texture)
			continue;
		unsigned char texel[8];
		const MTLRegion one = MTLRegionMake2D(2, 1, 1, 1);
		assert_true(tongs_texture_replace_region(texture, one, 0, 0, rows[i].texel, rows[i].bytes, 0));
		struct tongs_texture *view = tongs_texture_new_view(
			texture, rows[i].stencil, MTLTextureType2D, 0, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
		assert_non_null(view);
		assert_true(tongs_texture_get_bytes(view, texel, 0, 0, one, 0, 0));
		assert_memory_equal(texel, rows[i].stencil_texel, rows[i].bytes);
		/* The view writes no depth. */
		memset(texel, 0x77, sizeof(texel));
		assert_true(tongs_texture_replace_region(view, one, 0, 0, texel, 0, 0));
		assert_true(tongs_texture_get_bytes(texture, texel, 0, 0, one, 0, 0));
		assert_memory_equal(texel, rows[i].texel, rows[i].stencil_offset);
		assert_int_equal(texel[rows[i].stencil_offset], 0x77);
		struct tongs_image_shape shape;
		const struct tongs_texture_layout *layout;
		assert_false(tongs_interop_get_texture_image(view, &shape, &layout));
		tongs_texture_unref(view);
		tongs_texture_unref(texture);
	}
}

static void bad_regions_are_refused(void **state) {
	(void)state;
	static unsigned char bytes[4096];
	enum { PLAIN_3D = 7, CHAIN_2D = 3, CUBE = 5, ROW = 0 };
	const struct {
		MTLPixelFormat format;
		size_t shape;
		MTLRegion region;
		NSUInteger level, slice, bytes_per_row, bytes_per_image;
		const char *message;
	} bad[] = {
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {22, 9, 14}}, 0, 0, 22, 198, ": 22 x 9 x 13 texels"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 12}, {22, 9, 2}}, 0, 0, 22, 198, "exceeds level"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {1, 1, UINTPTR_MAX}}, 0, 0, 1, 1, "exceeds level"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {22, 9, 2}}, 0, 0, 22, 0, "bytesPerImage 0"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {22, 9, 2}}, 0, 0, 22, 197, "bytesPerImage 197"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {22, 9, 2}}, 0, 0, 0, 198, "bytesPerRow 0"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {2, 1, 3}}, 0, 0, 2, UINTPTR_MAX / 2 + 1,
			"bytesPerImage"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {1, 1, 1}}, 0, 1, 1, 0, "slice 1"},
		{MTLPixelFormatR8Unorm, PLAIN_3D, {{0, 0, 0}, {1, 1, 1}}, 5, 0, 1, 0, "level 5"},
		{MTLPixelFormatR8Unorm, CHAIN_2D, {{0, 0, 0}, {12, 10, 1}}, 2, 0, 12, 0, ": 11 x 5 x 1 texels"},
		{MTLPixelFormatR8Unorm, CUBE, {{0, 0, 0}, {1, 1, 1}}, 0, 6, 1, 0, "slice 6"},
		{MTLPixelFormatR8Unorm, ROW, {{0, 0, 0}, {1, 2, 1}}, 0, 0, 1, 0, ": 38 x 1 x 1 texels"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{2, 0, 0}, {4, 4, 1}}, 0, 0, 64, 0, "between blocks"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{0, 1, 0}, {4, 4, 1}}, 0, 0, 64, 0, "between blocks"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{0, 0, 0}, {6, 4, 1}}, 0, 0, 64, 0, "between blocks"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{0, 0, 0}, {46, 20, 1}}, 0, 0, 95, 0, "5 rows of 96"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{0, 0, 0}, {4, 3, 1}}, 0, 0, 64, 0, "between blocks"},
		{MTLPixelFormatBC1_RGBA, CHAIN_2D, {{0, 0, 0}, {4, 4, 1}}, 5, 0, 64, 0, ": 1 x 1 x 1 texels"},
		{MTLPixelFormatGBGR422, 2, {{1, 0, 0}, {2, 1, 1}}, 0, 0, 4, 0, "between blocks"},
		{MTLPixelFormatDepth32Float_Stencil8, CHAIN_2D, {{0, 0, 0}, {2, 2, 1}}, 0, 0, 10, 0, "2 rows of 16"},
		{MTLPixelFormatDepth16Unorm, CUBE, {{20, 0, 0}, {4, 1, 1}}, 0, 0, 8, 0, "exceeds level"},
	};
	memset(bytes, 0x77, sizeof(bytes));
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct tongs_texture_info info = make_info(bad[i].format, bad[i].shape);
		struct tongs_texture *texture = new_or_refused(&info);
		struct shadow shadow;
		if (!texture)
			continue;
		assert_false(tongs_texture_get_bytes(texture, bytes, bad[i].bytes_per_row, bad[i].bytes_per_image,
			bad[i].region, bad[i].level, bad[i].slice));
		messages_expect(bad[i].message);
		assert_false(tongs_texture_replace_region(texture, bad[i].region, bad[i].level, bad[i].slice, bytes,
			bad[i].bytes_per_row, bad[i].bytes_per_image));
		messages_expect(bad[i].message);
		assert_true(bytes_are(bytes, 0x77, sizeof(bytes)));
		shadow_init(&shadow, texture);
		shadow_check(&shadow);
		shadow_finish(&shadow);
		tongs_texture_unref(texture);
	}
}

/* The driver is not asked about them, so a wrong yes does no harm. */
static void formats_of_extensions_are_refused(void **state) {
	(void)state;
	struct tongs_texture_info info = make_info(MTLPixelFormatPVRTC_RGBA_2BPP, 3);
	assert_null(tongs_device_new_texture(device, &info));
	messages_expect(
		"pixelFormat PVRTC_RGBA_2BPP is in no version of Vulkan, only in an extension: use another format");
	assert_int_equal(tongs_device_get_heap_texture_size_and_align(device, &info).size, 0);
	messages_expect("PVRTC_RGBA_2BPP");
	info = make_info(MTLPixelFormatA8Unorm, 3);
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	if (device->properties.apiVersion >= VK_MAKE_API_VERSION(0, 1, 4, 0))
		tongs_texture_unref(texture);
	else
		messages_expect("pixelFormat A8Unorm requires a driver with Vulkan 1.4");
}

static void out_of_reach(void **state) {
	(void)state;
	static const MTLPixelFormat formats[] = {MTLPixelFormatRGBA8Unorm, MTLPixelFormatDepth32Float};
	uint32_t texel = 0;
	const MTLRegion one = MTLRegionMake2D(0, 0, 1, 1);
	for (size_t i = 0; i < LENGTH(formats) * 2; i++) {
		struct tongs_texture_info info = tongs_texture_info_2d(formats[i / 2], 16, 16);
		if (i % 2) {
			info.type = MTLTextureType2DMultisample;
			info.sample_count = 4;
		} else {
			info.resource_options = MTLResourceStorageModePrivate;
		}
		struct tongs_texture *texture = new_or_refused(&info);
		if (!texture)
			continue;
		const char *message = i % 2 ? "4 samples" : "Private";
		assert_false(tongs_texture_get_bytes(texture, &texel, 4, 0, one, 0, 0));
		messages_expect(message);
		assert_false(tongs_texture_replace_region(texture, one, 0, 0, &texel, 4, 0));
		messages_expect(message);
		assert_int_equal(texel, 0);
		tongs_texture_unref(texture);
	}
}

static void multisampled_textures_are_made(void **state) {
	(void)state;
	size_t made = 0;
	for (NSUInteger samples = 2; samples <= 8; samples *= 2) {
		for (size_t array = 0; array < 2; array++) {
			struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 40, 30);
			info.type = array ? MTLTextureType2DMultisampleArray : MTLTextureType2DMultisample;
			info.sample_count = samples;
			info.array_length = array ? 3 : 1;
			struct tongs_texture *texture = new_or_refused(&info);
			if (!texture)
				continue;
			struct tongs_image_shape shape;
			const struct tongs_texture_layout *layout;
			made++;
			assert_true(tongs_interop_get_texture_image(texture, &shape, &layout));
			assert_int_equal(shape.samples, samples);
			assert_int_equal(shape.layers, array ? 3 : 1);
			assert_true(tongs_resource_get_allocated_size(tongs_texture_get_resource(texture)) >=
				    40 * 30 * 4 * samples * shape.layers);
			tongs_texture_unref(texture);
		}
	}
	/* Every Vulkan device has 4 samples. */
	assert_true(made >= 2);
}

/* Two textures at the same place of a placement heap alias, whether or not libtongs knows the layout. */
static void textures_alias(void **state) {
	(void)state;
	skip_unless_heaps_place_textures();
	static const MTLPixelFormat formats[] = {
		MTLPixelFormatRGBA8Unorm, MTLPixelFormatDepth32Float, MTLPixelFormatDepth32Float_Stencil8};
	uint32_t random = 44;
	for (size_t i = 0; i < LENGTH(formats); i++) {
		struct tongs_texture_info info = make_info(formats[i], 4);
		MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
		struct tongs_heap_info heap_info;
		struct shadow a, b;
		if (need.size == 0) {
			messages_take();
			continue;
		}
		tongs_heap_info_init(&heap_info);
		heap_info.type = MTLHeapTypePlacement;
		heap_info.resource_options = MTLResourceStorageModeShared;
		heap_info.size = 3 * need.align + need.size;
		struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
		shadow_init(&a, tongs_heap_new_texture_at(heap, &info, 3 * need.align));
		shadow_init(&b, tongs_heap_new_texture_at(heap, &info, 3 * need.align));
		tongs_heap_unref(heap);
		shadow_fill(&a, &random);
		shadow_copy_from_parent(&b, &a, 0, 0);
		shadow_check(&b);
		shadow_replace(&b, &random);
		shadow_copy_from_parent(&a, &b, 0, 0);
		shadow_check(&a);
		tongs_texture_unref(a.texture);
		tongs_texture_unref(b.texture);
		shadow_finish(&a);
		shadow_finish(&b);
	}
}

/* One of every shape in one automatic heap: each has the bytes that it needs, and none overlap. */
static void heaps_hold_every_shape(void **state) {
	(void)state;
	static const MTLPixelFormat formats[] = {MTLPixelFormatRGBA8Unorm, MTLPixelFormatDepth32Float};
	struct shadow shadows[LENGTH(formats) * LENGTH(shapes)];
	NSUInteger used = 0;
	size_t count = 0;
	uint32_t random = 15;
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.resource_options = MTLResourceStorageModeShared;
	for (size_t i = 0; i < LENGTH(shadows); i++) {
		const struct tongs_texture_info info = make_info(formats[i % LENGTH(formats)], i / LENGTH(formats));
		const MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
		heap_info.size += need.size + need.align;
	}
	messages_take();
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	for (size_t i = 0; i < LENGTH(shadows); i++) {
		struct tongs_texture_info info = make_info(formats[i % LENGTH(formats)], i / LENGTH(formats));
		MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
		struct tongs_texture *texture = tongs_heap_new_texture(heap, &info);
		assert_int_equal(messages_take(), need.size ? 0 : 2);
		if (!texture)
			continue;
		struct tongs_resource *resource = tongs_texture_get_resource(texture);
		assert_int_equal(tongs_resource_get_heap_offset(resource) % need.align, 0);
		assert_int_equal(tongs_resource_get_allocated_size(resource), need.size);
		used += need.size;
		assert_int_equal(tongs_heap_get_used_size(heap), used);
		shadow_init(&shadows[count], texture);
		shadow_fill(&shadows[count++], &random);
	}
	assert_true(count >= LENGTH(shapes));
	for (size_t i = 0; i < count; i++)
		shadow_check(&shadows[i]);
	for (size_t i = 0; i < count; i++) {
		used -= tongs_resource_get_allocated_size(tongs_texture_get_resource(shadows[i].texture));
		tongs_texture_unref(shadows[i].texture);
		shadow_finish(&shadows[i]);
		assert_int_equal(tongs_heap_get_used_size(heap), used);
	}
	assert_int_equal(tongs_heap_get_max_available_size(heap, 1), tongs_heap_get_size(heap));
	tongs_heap_unref(heap);
}

/* A texture that the layer exports has pages and a layout; its image is created when texels are first copied. */
static void exported_textures_have_texels(void **state) {
	(void)state;
	/* Driver memory begins with an allocation in Vulkan. */
	if (device->roles.kinds[TONGS_ROLE_OPTIMAL]->allocated_by_device)
		skip();
	uint32_t random = 3;
	for (size_t shape_index = 0; shape_index < LENGTH(shapes) - 1; shape_index++) {
		struct tongs_texture_info info = make_info(MTLPixelFormatDepth32Float, shape_index);
		struct tongs_texture *model = new_or_refused(&info);
		struct tongs_image_shape shape;
		const struct tongs_texture_layout *layout;
		if (!model)
			continue;
		NSUInteger size = tongs_resource_get_allocated_size(tongs_texture_get_resource(model));
		struct tongs_payload *payload = tongs_payload_create(size);
		assert_true(tongs_interop_get_texture_image(model, &shape, &layout));
		struct tongs_texture *texture =
			tongs_interop_new_texture_at(device, payload, 0, size, &info, &shape, layout);
		tongs_payload_unref(payload);
		tongs_texture_unref(model);
		check_texels(texture, &random);
		tongs_texture_unref(texture);
	}
}

/* A layout with gaps everywhere, and slices behind each other level by level: also formats that this driver lacks are
 * counted in blocks. */
static uint64_t invent_layout(const struct tongs_texture_info *info, struct tongs_texture_layout *layout) {
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	uint64_t end = 64;
	*layout = (struct tongs_texture_layout){.linear = true, .level_count = (uint32_t)info->mipmap_level_count};
	for (uint32_t level = 0; level < layout->level_count; level++) {
		VkSubresourceLayout *place = &layout->levels[level];
		MTLSize size = tongs_texture_info_get_level_size(info, level);
		NSUInteger columns = (size.width + format->block_width - 1) / format->block_width;
		NSUInteger rows = (size.height + format->block_height - 1) / format->block_height;
		place->offset = end;
		place->rowPitch = (columns + 3) * format->block_bytes;
		place->depthPitch = (rows + 1) * place->rowPitch;
		place->arrayPitch = (size.depth + 1) * place->depthPitch;
		place->size = place->arrayPitch;
		end += tongs_texture_info_get_slice_count(info) * place->arrayPitch;
	}
	return end;
}

static void every_format_in_invented_rows(void **state) {
	(void)state;
	uint32_t random = 12;
	for (const struct tongs_format *format = tongs_format_next(NULL); format; format = tongs_format_next(format)) {
		const enum tongs_format_kind kind = format->kind;
		if (!format->mtl_name)
			continue;
		for (size_t shape_index = 0; shape_index < LENGTH(shapes) - 1; shape_index++) {
			const struct tongs_texture_info info = make_info(format->mtl_format, shape_index);
			struct tongs_image_shape shape;
			struct tongs_texture_layout layout;
			if ((kind != TONGS_FORMAT_COLOR && kind != TONGS_FORMAT_COMPRESSED &&
				    kind != TONGS_FORMAT_PACKED_422) ||
				!tongs_texture_info_get_shape(&info, &shape))
				continue;
			uint64_t size = invent_layout(&info, &layout);
			struct tongs_payload *payload = tongs_payload_create(size);
			struct tongs_texture *texture =
				tongs_interop_new_texture_at(device, payload, 0, size, &info, &shape, &layout);
			assert_non_null(texture);
			tongs_payload_unref(payload);
			check_texels(texture, &random);
			tongs_texture_unref(texture);
		}
	}
}

static struct tongs_texture *shared_texture;

/* Each thread has a slice of its own, and the first of them makes the image. */
static void *work_on_a_slice(void *user) {
	const NSUInteger slice = (uintptr_t)user;
	float in[16 * 16], out[LENGTH(in)];
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < LENGTH(in); i++)
			in[i] = (float)(slice * 1000 + round * 40 + i) / 65536.0f;
		const MTLRegion all = MTLRegionMake2D(0, 0, 16, 16);
		if (!tongs_texture_replace_region(shared_texture, all, 0, slice, in, 64, 0) ||
			!tongs_texture_get_bytes(shared_texture, out, 64, 0, all, 0, slice) ||
			memcmp(in, out, sizeof(in)) != 0)
			return user;
	}
	return NULL;
}

static void threads_share_a_texture(void **state) {
	(void)state;
	static const MTLPixelFormat formats[] = {MTLPixelFormatR32Float, MTLPixelFormatDepth32Float};
	for (size_t i = 0; i < LENGTH(formats); i++) {
		pthread_t threads[4];
		struct tongs_texture_info info = tongs_texture_info_2d(formats[i], 16, 16);
		info.type = MTLTextureType2DArray;
		info.array_length = LENGTH(threads) + 1;
		shared_texture = new_or_refused(&info);
		if (!shared_texture)
			continue;
		for (size_t t = 0; t < LENGTH(threads); t++)
			assert_int_equal(pthread_create(&threads[t], NULL, work_on_a_slice, (void *)(t + 1)), 0);
		for (size_t t = 0; t < LENGTH(threads); t++) {
			void *failed;
			pthread_join(threads[t], &failed);
			assert_null(failed);
		}
		tongs_texture_unref(shared_texture);
	}
}

static void fails_without_memory(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float_Stencil8, 8, 8);
	uint64_t texels[64] = {0};
	const MTLRegion all = MTLRegionMake2D(0, 0, 8, 8);
	struct tongs_texture *probe = new_or_refused(&info);
	if (!probe)
		skip();
	tongs_texture_unref(probe);
	for (size_t write = 0; write < 2; write++) {
		bool done = false;
		uint64_t countdown = 0;
		for (; !done; countdown++) {
			struct tongs_texture *texture = tongs_device_new_texture(device, &info);
			assert_true(countdown < 20);
			tongs_alloc_fail_after(countdown);
			done = write ? tongs_texture_replace_region(texture, all, 0, 0, texels, 64, 0)
				     : tongs_texture_get_bytes(texture, texels, 64, 0, all, 0, 0);
			tongs_alloc_fail_after(UINT64_MAX);
			assert_int_equal(messages_take(), done ? 0 : 1);
			assert_true(bytes_are(texels, 0, sizeof(texels)));
			tongs_texture_unref(texture);
		}
		assert_true(countdown > 1);
	}
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(every_format_in_every_shape),
		CASE(many_boxes),
		CASE(new_textures_are_zeroed),
		CASE(combined_texels_are_as_declared),
		CASE(bad_regions_are_refused),
		CASE(formats_of_extensions_are_refused),
		CASE(out_of_reach),
		CASE(multisampled_textures_are_made),
		CASE(textures_alias),
		CASE(heaps_hold_every_shape),
		CASE(exported_textures_have_texels),
		CASE(every_format_in_invented_rows),
		CASE(threads_share_a_texture),
		CASE(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, open_default_device, close_device);
}
