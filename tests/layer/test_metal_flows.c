/* SPDX-License-Identifier: MIT */
/* The flows of real programs, with Metal's side in C. */
#include <stdlib.h>
#include <string.h>

#include <tongs/metal.h>

#include "flows.h"
#include "harness.h"

struct plot {
	struct tongs_command_queue *queue;
	struct tongs_buffer *buffer, *log;
	struct tongs_shared_event *event;
	struct tongs_command_buffer *last;
};

static struct tongs_buffer *new_shared_buffer(struct tongs_device *device, size_t size) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, size, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	return buffer;
}

static void *plot_begin(void *buffer, void *event) {
	struct tongs_device *device = tongs_resource_get_device(tongs_buffer_get_resource(buffer));
	struct plot *plot = calloc(1, sizeof(*plot));
	assert_non_null(plot);
	plot->queue = tongs_device_new_command_queue(device);
	assert_non_null(plot->queue);
	plot->buffer = tongs_buffer_ref(buffer);
	plot->event = tongs_shared_event_ref(event);
	plot->log = new_shared_buffer(device, PLOT_CYCLES * PLOT_BYTES);
	return plot;
}

static void plot_cycle(void *user, uint64_t odd) {
	struct plot *plot = user;
	const NSUInteger cycle = (odd + 1) / 2;
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(plot->queue);
	assert_non_null(commands);
	tongs_command_buffer_encode_wait(commands, plot->event, odd);
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	assert_non_null(blit);
	tongs_blit_copy_buffer(blit, plot->buffer, PLOT_VULKAN, plot->buffer, PLOT_METAL + 4, PLOT_BYTES - 4);
	tongs_blit_fill_buffer(blit, plot->buffer, PLOT_METAL, 4, (uint8_t)cycle);
	tongs_blit_copy_buffer(blit, plot->buffer, PLOT_METAL, plot->log, (cycle - 1) * PLOT_BYTES, PLOT_BYTES);
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	tongs_command_buffer_encode_signal(commands, plot->event, odd + 1);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_unref(plot->last);
	plot->last = commands;
}

static const uint32_t *plot_finish(void *user) {
	struct plot *plot = user;
	tongs_command_buffer_wait_until_completed(plot->last);
	assert_int_equal(tongs_command_buffer_get_status(plot->last), MTLCommandBufferStatusCompleted);
	assert_int_equal(tongs_shared_event_get_signaled_value(plot->event), 2 * PLOT_CYCLES);
	return tongs_buffer_get_contents(plot->log);
}

static void plot_end(void *user) {
	struct plot *plot = user;
	tongs_command_buffer_unref(plot->last);
	tongs_command_queue_unref(plot->queue);
	tongs_buffer_unref(plot->buffer);
	tongs_buffer_unref(plot->log);
	tongs_shared_event_unref(plot->event);
	free(plot);
}

/* One command buffer that copies all layers between a buffer and a texture, one way or the other. */
static void copy_texture(struct tongs_device *device, struct tongs_texture *texture, MTLSize size, size_t row,
	struct tongs_buffer *buffer, uint32_t layers, bool to_texture) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	assert_non_null(blit);
	for (uint32_t layer = 0; layer < layers; layer++) {
		const NSUInteger offset = layer * row * size.height;
		if (to_texture)
			tongs_blit_copy_buffer_to_texture(
				blit, buffer, offset, row, 0, size, texture, layer, 0, zero, 0);
		else
			tongs_blit_copy_texture_to_buffer(
				blit, texture, layer, 0, zero, size, buffer, offset, row, 0, 0);
	}
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
}

static void upscale(void *handle, const struct upscaling *upscaling) {
	struct tongs_heap *heap = handle;
	struct tongs_device *device = tongs_heap_get_device(heap);
	const MTLSize size = MTLSizeMake(upscaling->width, upscaling->height, 1);
	const size_t row = upscaling->width * upscaling->texel;
	assert_int_equal(tongs_heap_get_type(heap), MTLHeapTypePlacement);
	struct tongs_texture_info info = tongs_texture_info_2d(upscaling->format, size.width, size.height);
	info.resource_options = tongs_heap_get_resource_options(heap);
	info.usage = MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite | MTLTextureUsageRenderTarget;
	const MTLSizeAndAlign needed = tongs_device_get_heap_texture_size_and_align(device, &info);
	assert_true(needed.size && needed.size <= upscaling->required && needed.size <= tongs_heap_get_size(heap));
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, &info, 0);
	assert_non_null(texture);
	struct tongs_buffer *buffer = new_shared_buffer(device, upscaling->size);
	copy_texture(device, texture, size, row, buffer, 1, false);
	assert_memory_equal(tongs_buffer_get_contents(buffer), upscaling->before, upscaling->size);
	memcpy(tongs_buffer_get_contents(buffer), upscaling->after, upscaling->size);
	copy_texture(device, texture, size, row, buffer, 1, true);
	tongs_buffer_unref(buffer);
	tongs_texture_unref(texture);
}

static void *new_texture(void *device, uint32_t width, uint32_t height, uint32_t layers, const void *texels) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, width, height);
	info.type = layers > 1 ? MTLTextureType2DArray : MTLTextureType2D;
	info.array_length = layers;
	info.resource_options = MTLResourceStorageModePrivate;
	info.usage = MTLTextureUsageShaderRead | MTLTextureUsageRenderTarget;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	struct tongs_buffer *buffer = new_shared_buffer(device, (size_t)width * height * 4 * layers);
	assert_non_null(texture);
	memcpy(tongs_buffer_get_contents(buffer), texels, (size_t)width * height * 4 * layers);
	copy_texture(device, texture, MTLSizeMake(width, height, 1), width * 4, buffer, layers, true);
	tongs_buffer_unref(buffer);
	return texture;
}

static void read_texture(void *texture, uint32_t width, uint32_t height, uint32_t layers, void *texels) {
	struct tongs_device *device = tongs_resource_get_device(tongs_texture_get_resource(texture));
	struct tongs_buffer *buffer = new_shared_buffer(device, (size_t)width * height * 4 * layers);
	copy_texture(device, texture, MTLSizeMake(width, height, 1), width * 4, buffer, layers, false);
	memcpy(texels, tongs_buffer_get_contents(buffer), (size_t)width * height * 4 * layers);
	tongs_buffer_unref(buffer);
}

static void *new_surface_texture(void *device, uint32_t width, uint32_t height, void **surface) {
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatBGRA8Unorm);
	const struct tongs_surface_info info = {
		.pixel_format = 0x42475241, /* 'BGRA' */
		.whole = {.width = width,
			.height = height,
			.bytes_per_element = 4,
			.bytes_per_row = alignment ? (width * 4 + alignment - 1) / alignment * alignment : 0},
	};
	struct tongs_texture_info texture_info = tongs_texture_info_2d(MTLPixelFormatBGRA8Unorm, width, height);
	texture_info.usage = MTLTextureUsageShaderRead | MTLTextureUsageRenderTarget;
	*surface = tongs_surface_new(&info);
	assert_non_null(*surface);
	struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &texture_info, *surface, 0);
	assert_non_null(texture);
	return texture;
}

static void read_surface(void *surface, uint32_t width, uint32_t height, void *texels) {
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	assert_true(tongs_surface_lock(surface, true, NULL));
	const uint8_t *bytes = tongs_surface_get_base_address(surface);
	for (size_t y = 0; y < height; y++)
		memcpy((uint8_t *)texels + y * width * 4, bytes + y * info.whole.bytes_per_row, width * 4);
	assert_true(tongs_surface_unlock(surface, true, NULL));
}

static void *new_buffer(void *device, const void *bytes, size_t size, uint64_t *address) {
	struct tongs_buffer *buffer =
		tongs_device_new_buffer_with_bytes(device, bytes, size, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	*address = tongs_buffer_get_gpu_address(buffer);
	return buffer;
}

static void release(void *object) {
	if (tongs_handle_kind(object) == TONGS_KIND_TEXTURE)
		tongs_texture_unref(object);
	else if (tongs_handle_kind(object) == TONGS_KIND_BUFFER)
		tongs_buffer_unref(object);
	else
		tongs_surface_unref(object);
}

int main(void) {
	static const struct metal_flows in_c = {release, plot_begin, plot_cycle, plot_finish, plot_end, upscale,
		new_texture, read_texture, new_surface_texture, read_surface, new_buffer};
	const struct CMUnitTest tests[] = {FLOW_TESTS};
	metal = &in_c;
	return cmocka_run_group_tests_name("layer: flows with Metal in C", tests, NULL, NULL);
}
