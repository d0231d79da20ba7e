/* SPDX-License-Identifier: MIT */
/* A device for a group of tests. */
#include "open_device.h"

#include "metal/device.h"
#include "metal/texture_shape.h"

struct tongs_device *device;

int open_default_device(void **state) {
	(void)state;
	device = tongs_device_new_default();
	return device ? 0 : -1;
}

int open_plain_device(void **state) {
	device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	return device ? setup(state) : -1;
}

int close_device(void **state) {
	(void)state;
	tongs_device_unref(device);
	return tongs_handle_kind(device) == TONGS_KIND_NONE ? 0 : -1;
}

int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

int teardown(void **state) {
	(void)state;
	messages_expect_none();
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	return 0;
}

void let_driver_open_files(void) {
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 4, 4);
	const uint32_t texels[16] = {0};
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	assert_non_null(texture);
	assert_true(tongs_texture_replace_region(texture, MTLRegionMake2D(0, 0, 4, 4), 0, 0, texels, 16, 64));
	assert_int_not_equal(tongs_device_get_minimum_linear_texture_alignment(device, info.pixel_format), 0);
	tongs_texture_unref(texture);
}

void skip_unless_heaps_place_textures(void) {
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	struct tongs_heap_info heap_info;
	tongs_heap_info_init(&heap_info);
	heap_info.type = MTLHeapTypePlacement;
	heap_info.resource_options = MTLResourceStorageModeShared;
	heap_info.size = 1 << 20;
	struct tongs_heap *heap = tongs_device_new_heap(device, &heap_info);
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, 0);
	const bool takes = texture;
	tongs_texture_unref(texture);
	tongs_heap_unref(heap);
	if (takes)
		return;
	messages_expect("placement heap");
	struct tongs_texture_requirements requirements;
	assert_true(tongs_texture_query_requirements(
		device, &info, tongs_format_from_metal(info.pixel_format), &requirements));
	assert_true(requirements.dedicated || device->roles.splits);
	skip();
}
