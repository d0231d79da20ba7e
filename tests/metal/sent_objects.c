/* SPDX-License-Identifier: MIT */
#include "sent_objects.h"

#include <sys/socket.h>

const int socket_types[] = {SOCK_STREAM, SOCK_SEQPACKET};

unsigned char pattern(size_t i, unsigned seed) {
	return (unsigned char)(i * 7 + i / 256 * 13 + seed * 101 + 5);
}

void fill(void *bytes, size_t size, unsigned seed) {
	for (size_t i = 0; i < size; i++)
		((unsigned char *)bytes)[i] = pattern(i, seed);
}

bool has(const void *bytes, size_t size, unsigned seed) {
	for (size_t i = 0; i < size; i++)
		if (((const unsigned char *)bytes)[i] != pattern(i, seed))
			return false;
	return true;
}

struct tongs_buffer *new_filled_buffer(void) {
	struct tongs_buffer *buffer =
		tongs_device_new_shareable_buffer(device, SIZE, MTLResourceCPUCacheModeWriteCombined);
	assert_non_null(buffer);
	tongs_resource_set_label(tongs_buffer_get_resource(buffer), "sent");
	assert_true(bytes_are(tongs_buffer_get_contents(buffer), 0, SIZE));
	fill(tongs_buffer_get_contents(buffer), SIZE, 1);
	return buffer;
}

struct tongs_heap *new_heap(struct tongs_buffer **buffer) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 1 << 20;
	info.type = MTLHeapTypePlacement;
	info.resource_options = MTLResourceStorageModeShared;
	struct tongs_heap *heap = tongs_device_new_shareable_heap(device, &info);
	assert_non_null(heap);
	*buffer = tongs_heap_new_buffer_at(heap, 5000, MTLResourceStorageModeShared, 1 << 16);
	assert_non_null(*buffer);
	fill(tongs_buffer_get_contents(*buffer), 5000, 1);
	return heap;
}

struct tongs_texture_info picture(void) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	info.mipmap_level_count = LEVELS;
	info.usage = MTLTextureUsageShaderRead | MTLTextureUsagePixelFormatView;
	return info;
}

struct tongs_surface *new_shareable_surface(void) {
	const struct tongs_surface_info info = {
		.pixel_format = 0x34323076,
		.plane_count = 2,
		.planes = {{.width = 64, .height = 16, .bytes_per_row = 64, .offset = 4096},
			{.width = 32, .height = 8, .bytes_per_element = 4, .bytes_per_row = 256}},
	};
	struct tongs_surface *surface = tongs_surface_new_shareable(&info);
	assert_non_null(surface);
	fill(tongs_surface_get_base_address(surface), 64 * 16, 1);
	return surface;
}

struct tongs_texture *new_view(struct tongs_texture *texture) {
	return tongs_texture_new_view(
		texture, MTLPixelFormatR32Uint, MTLTextureType2D, 0, 1, 0, 1, MTLTextureSwizzleChannelsDefault);
}
