/* SPDX-License-Identifier: MIT */
/* Flows of libtongs alone: its devices, resources, heaps, texels, strings. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "../objc/libobjc.h"
#include "util/alloc.h"
#include "util/lane.h"
#include "objc/string.h"
#include "torture_flows.h"

enum { SIZE = 20000, WIDTH = 40, HEIGHT = 24 };

static const MTLResourceOptions SHARED = MTLResourceStorageModeShared;

extern id MTLCopyAllDevices(void);

static id send(id object, const char *name) {
	SEL selector = sel_registerName(name);
	return ((id(*)(id, SEL))objc_msg_lookup(object, selector))(object, selector);
}

bool flow_metal_devices(struct torture *torture, const struct flow *flow) {
	(void)flow;
	struct tongs_device *device = tongs_device_new_default();
	tongs_device_unref(device);
	if (!made(torture, device != NULL))
		return false;
	/* An incomplete list is reported, too. */
	id all = MTLCopyAllDevices();
	bool ok = made(torture, all && send(all, "firstObject"));
	if (all)
		send(all, "release");
	return ok;
}

static void note(void *pages, NSUInteger length, void *user) {
	(void)length;
	assert_ptr_equal(pages, *(void **)user);
	*(void **)user = NULL;
}

/* The deallocator is called only for a buffer that was created. */
static bool make_no_copy(struct torture *torture) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *pages = aligned_alloc(page, page), *kept = pages;
	assert_non_null(pages);
	struct tongs_buffer *buffer = tongs_device_new_buffer_no_copy(torture->metal, pages, page, SHARED, note, &kept);
	bool ok = made(torture, buffer != NULL);
	tongs_buffer_unref(buffer);
	assert_ptr_equal(kept, ok ? NULL : pages);
	free(pages);
	return ok;
}

/* Small ones share a mapping, and more of them than one of 2 MiB has room for; large ones have their own. */
bool flow_metal_buffers(struct torture *torture, const struct flow *flow) {
	enum { COUNT = 12, SMALL = 256 << 10 };
	static const NSUInteger sizes[COUNT] = {1, 1 << 20, 4 << 20};
	struct tongs_buffer *buffers[COUNT] = {NULL};
	bool ok = true;
	(void)flow;
	for (size_t i = 0; i < COUNT && ok; i++) {
		buffers[i] = tongs_device_new_buffer(torture->metal, sizes[i] ? sizes[i] : SMALL, SHARED);
		ok = made(torture, buffers[i] != NULL);
	}
	if (ok) {
		tongs_resource_set_label(tongs_buffer_get_resource(buffers[0]), "first");
		tongs_resource_set_label(tongs_buffer_get_resource(buffers[0]), "second");
		const char *label = tongs_resource_get_label(tongs_buffer_get_resource(buffers[0]));
		ok = made(torture, label && strcmp(label, "second") == 0);
	}
	for (size_t i = 0; i < COUNT; i++)
		tongs_buffer_unref(buffers[i]);
	if (!ok)
		return false;
	struct tongs_buffer *copied = tongs_device_new_buffer_with_bytes(torture->metal, sizes, sizeof(sizes), SHARED);
	ok = made(torture, copied != NULL);
	tongs_buffer_unref(copied);
	return ok && (!torture->host_pages || make_no_copy(torture));
}

/* More of them than a heap's table of free places has room for at first. */
static bool make_heap(struct torture *torture, MTLResourceOptions options) {
	enum { COUNT = 20 };
	struct tongs_buffer *buffers[COUNT] = {NULL};
	struct tongs_texture *texture = NULL;
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 1 << 20;
	info.resource_options = options;
	struct tongs_heap *heap = tongs_device_new_heap(torture->metal, &info);
	bool ok = made(torture, heap != NULL);
	for (size_t i = 0; i < COUNT && ok; i++) {
		buffers[i] = tongs_heap_new_buffer(heap, 4096, options);
		ok = made(torture, buffers[i] != NULL);
	}
	if (ok) {
		struct tongs_texture_info image = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
		image.resource_options = options;
		texture = tongs_heap_new_texture(heap, &image);
		ok = made(torture, texture != NULL);
	}
	for (size_t i = 0; i < COUNT; i++)
		tongs_buffer_unref(buffers[i]);
	tongs_texture_unref(texture);
	/* Failed creations have given back their places. */
	if (heap)
		assert_int_equal(tongs_heap_get_used_size(heap), 0);
	tongs_heap_unref(heap);
	return ok;
}

/* In a Shared heap, textures may have memory of their own. */
bool flow_metal_heap(struct torture *torture, const struct flow *flow) {
	(void)flow;
	return make_heap(torture, torture->heap_options) &&
	       (torture->heap_options == SHARED || make_heap(torture, SHARED));
}

static struct tongs_texture *new_over_buffer(struct tongs_device *device, struct tongs_buffer *buffer) {
	NSUInteger row = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	info.usage |= MTLTextureUsageRenderTarget;
	NSUInteger bytes_per_row = row < 64 ? 64 : row;
	return row ? tongs_buffer_new_texture(buffer, &info, 0, bytes_per_row) : NULL;
}

bool flow_metal_textures(struct torture *torture, const struct flow *flow) {
	struct tongs_texture *texture = NULL, *view = NULL, *over = NULL;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	(void)flow;
	info.mipmap_level_count = 3;
	info.usage |= MTLTextureUsagePixelFormatView;
	MTLSizeAndAlign requirements = tongs_device_get_heap_texture_size_and_align(torture->metal, &info);
	struct tongs_buffer *buffer = tongs_device_new_buffer(torture->metal, SIZE, SHARED);
	bool ok = made(torture, requirements.size != 0) && made(torture, buffer != NULL);
	if (ok) {
		texture = tongs_device_new_texture(torture->metal, &info);
		ok = made(torture, texture != NULL);
	}
	if (ok) {
		view = tongs_texture_new_view(
			texture, MTLPixelFormatRGBA8Uint, MTLTextureType2D, 1, 1, 0, 1, info.swizzle);
		ok = made(torture, view != NULL);
	}
	if (ok) {
		over = new_over_buffer(torture->metal, buffer);
		ok = made(torture, over != NULL);
	}
	tongs_texture_unref(texture);
	tongs_texture_unref(view);
	tongs_texture_unref(over);
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
	return ok;
}

/* Through libtongs' own Vulkan device, for each aspect; a failed read leaves the bytes as they are. */
bool flow_metal_texels(struct torture *torture, const struct flow *flow) {
	enum { TEXEL = 8, BYTES = WIDTH * HEIGHT * TEXEL };
	static unsigned char noise[BYTES], got[BYTES], untouched[BYTES];
	const MTLRegion region = MTLRegionMake2D(0, 0, WIDTH, HEIGHT);
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float_Stencil8, WIDTH, HEIGHT);
	(void)flow;
	memset(noise, 0, BYTES);
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		const float depth = (float)i / (WIDTH * HEIGHT);
		memcpy(noise + i * TEXEL, &depth, sizeof(depth));
		noise[i * TEXEL + 4] = (unsigned char)i;
	}
	memset(untouched, 0xee, BYTES);
	memset(got, 0xee, BYTES);
	struct tongs_texture *texture = tongs_device_new_texture(torture->metal, &info);
	bool ok = made(torture, texture != NULL);
	ok = ok && made(torture, tongs_texture_replace_region(texture, region, 0, 0, noise, WIDTH * TEXEL, 0));
	bool written = ok;
	ok = ok && made(torture, tongs_texture_get_bytes(texture, got, WIDTH * TEXEL, 0, region, 0, 0));
	if (ok)
		assert_memory_equal(got, noise, BYTES);
	else if (written)
		assert_memory_equal(got, untouched, BYTES);
	tongs_texture_unref(texture);
	return ok;
}

static bool encode(struct tongs_command_buffer *commands, struct tongs_buffer *const buffers[2],
	struct tongs_texture *texture, struct tongs_shared_event *event) {
	const MTLOrigin zero = MTLOriginMake(0, 0, 0);
	const MTLSize size = MTLSizeMake(WIDTH, HEIGHT, 1);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	if (!encoder)
		return false;
	tongs_blit_fill_buffer(encoder, buffers[0], 1, SIZE - 2, 5);
	tongs_blit_copy_buffer_to_texture(encoder, buffers[0], 4, WIDTH * 4, 0, size, texture, 0, 0, zero, 0);
	tongs_blit_copy_texture_to_buffer(encoder, texture, 0, 0, zero, size, buffers[1], 0, WIDTH * 4, 0, 0);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	tongs_command_buffer_encode_signal(commands, event, 1);
	return true;
}

/* One that fails says so in the end, and others go on: its event is signalled. */
bool flow_metal_commands(struct torture *torture, const struct flow *flow) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	(void)flow;
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_command_queue *queue = tongs_device_new_command_queue(torture->metal);
	struct tongs_command_buffer *commands = queue ? tongs_command_queue_new_command_buffer(queue) : NULL;
	struct tongs_shared_event *event = tongs_device_new_shared_event(torture->metal);
	struct tongs_buffer *const buffers[] = {tongs_device_new_buffer(torture->metal, SIZE, SHARED),
		tongs_device_new_buffer(torture->metal, SIZE, SHARED)};
	struct tongs_texture *texture = tongs_device_new_texture(torture->metal, &info);
	bool ok = made(torture, commands && event && buffers[0] && buffers[1] && texture);
	ok = ok && made(torture, encode(commands, buffers, texture, event));
	if (ok) {
		assert_true(tongs_command_buffer_commit(commands));
		tongs_command_buffer_wait_until_completed(commands);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), 1);
		ok = made(torture, tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted);
		const uint8_t *bytes = tongs_buffer_get_contents(buffers[1]);
		for (size_t i = 0; ok && i < (size_t)WIDTH * HEIGHT * 4; i++)
			assert_int_equal(bytes[i], 5);
	}
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_shared_event_unref(event);
	tongs_buffer_unref(buffers[0]);
	tongs_buffer_unref(buffers[1]);
	tongs_texture_unref(texture);
	/* The queue's thread releases the command buffer, and with that the queue, soon. */
	while (tongs_lane_count() > 0)
		usleep(100);
	return ok;
}

/* A clear of an image, and one of rows, for which a texture stands in. */
static bool encode_clears(struct tongs_command_buffer *commands, struct tongs_texture *texture,
	struct tongs_texture *rows, struct tongs_buffer *to) {
	struct tongs_render_pass_info pass;
	tongs_render_pass_info_init(&pass);
	for (size_t i = 0; i < 2; i++) {
		pass.colors[i].texture = i ? rows : texture;
		pass.colors[i].load_action = MTLLoadActionClear;
		pass.colors[i].clear_color = MTLClearColorMake(1, 1, 1, 1);
	}
	struct tongs_encoder *render = tongs_command_buffer_new_render_encoder(commands, &pass);
	if (!render)
		return false;
	tongs_encoder_end(render);
	tongs_encoder_unref(render);
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	if (!blit)
		return false;
	tongs_blit_copy_texture_to_buffer(
		blit, texture, 0, 0, MTLOriginMake(0, 0, 0), MTLSizeMake(16, 16, 1), to, 0, 64, 0, 0);
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	return true;
}

bool flow_metal_render_pass(struct torture *torture, const struct flow *flow) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	(void)flow;
	info.resource_options = MTLResourceStorageModePrivate;
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_command_queue *queue = tongs_device_new_command_queue(torture->metal);
	struct tongs_command_buffer *commands = queue ? tongs_command_queue_new_command_buffer(queue) : NULL;
	struct tongs_buffer *const buffers[] = {tongs_device_new_buffer(torture->metal, SIZE, SHARED),
		tongs_device_new_buffer(torture->metal, SIZE, SHARED)};
	struct tongs_texture *texture = tongs_device_new_texture(torture->metal, &info);
	struct tongs_texture *rows = buffers[0] ? new_over_buffer(torture->metal, buffers[0]) : NULL;
	bool ok = made(torture, commands && buffers[0] && buffers[1] && texture && rows);
	ok = ok && made(torture, encode_clears(commands, texture, rows, buffers[1]));
	if (ok) {
		assert_true(tongs_command_buffer_commit(commands));
		tongs_command_buffer_wait_until_completed(commands);
		ok = made(torture, tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted);
		const uint8_t *cleared = tongs_buffer_get_contents(buffers[1]),
			      *rows_cleared = tongs_buffer_get_contents(buffers[0]);
		for (size_t i = 0; ok && i < 16 * 16 * 4; i++)
			assert_int_equal(cleared[i], 0xff);
		for (size_t i = 0; ok && i < 64; i++)
			assert_int_equal(rows_cleared[i], 0xff);
	}
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_texture_unref(texture);
	tongs_texture_unref(rows);
	tongs_buffer_unref(buffers[0]);
	tongs_buffer_unref(buffers[1]);
	while (tongs_lane_count() > 0)
		usleep(100);
	return ok;
}

/* Clears samples and resolves both aspects, for which textures and buffers stand in. */
static bool encode_depth_resolve(struct tongs_command_buffer *commands, struct tongs_texture *samples,
	struct tongs_texture *target, struct tongs_buffer *to) {
	struct tongs_render_pass_info pass;
	tongs_render_pass_info_init(&pass);
	pass.depth.texture = pass.stencil.texture = samples;
	pass.depth.resolve_texture = pass.stencil.resolve_texture = target;
	pass.depth.store_action = pass.stencil.store_action = MTLStoreActionMultisampleResolve;
	pass.stencil.clear_stencil = 9;
	pass.render_target_array_length = 2;
	struct tongs_encoder *render = tongs_command_buffer_new_render_encoder(commands, &pass);
	if (!render)
		return false;
	tongs_encoder_end(render);
	tongs_encoder_unref(render);
	struct tongs_encoder *blit = tongs_command_buffer_new_blit_encoder(commands);
	if (!blit)
		return false;
	tongs_blit_copy_texture_to_buffer(blit, target, 1, 0, MTLOriginMake(0, 0, 0), MTLSizeMake(16, 16, 1), to, 0, 16,
		0, MTLBlitOptionStencilFromDepthStencil);
	tongs_encoder_end(blit);
	tongs_encoder_unref(blit);
	return true;
}

bool flow_metal_render_depth(struct torture *torture, const struct flow *flow) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatDepth32Float_Stencil8, 16, 16);
	(void)flow;
	info.type = MTLTextureType2DArray;
	info.array_length = 2;
	info.resource_options = MTLResourceStorageModePrivate;
	info.usage = MTLTextureUsageRenderTarget;
	struct tongs_command_queue *queue = tongs_device_new_command_queue(torture->metal);
	struct tongs_command_buffer *commands = queue ? tongs_command_queue_new_command_buffer(queue) : NULL;
	struct tongs_buffer *buffer = tongs_device_new_buffer(torture->metal, SIZE, SHARED);
	struct tongs_texture *target = tongs_device_new_texture(torture->metal, &info);
	info.type = MTLTextureType2DMultisampleArray;
	info.sample_count = 4;
	struct tongs_texture *samples = tongs_device_new_texture(torture->metal, &info);
	bool ok = made(torture, commands && buffer && target && samples);
	ok = ok && made(torture, encode_depth_resolve(commands, samples, target, buffer));
	if (ok) {
		assert_true(tongs_command_buffer_commit(commands));
		tongs_command_buffer_wait_until_completed(commands);
		ok = made(torture, tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted);
		const uint8_t *stencils = tongs_buffer_get_contents(buffer);
		for (size_t i = 0; ok && i < 16 * 16; i++)
			assert_int_equal(stencils[i], 9);
	}
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_texture_unref(samples);
	tongs_texture_unref(target);
	tongs_buffer_unref(buffer);
	while (tongs_lane_count() > 0)
		usleep(100);
	return ok;
}

static bool fill(struct torture *torture, struct tongs_buffer **buffers, size_t count) {
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++) {
		buffers[i] = tongs_device_new_buffer(torture->metal, 1, SHARED);
		ok = made(torture, buffers[i] != NULL);
	}
	return ok;
}

/* More than the registry's 64 shards have room for before they grow, which is 12 each. The first ones are made without
 * harm: 1,400 more points of the same kind would add nothing. */
bool flow_metal_registry(struct torture *torture, const struct flow *flow) {
	enum { UNHARMED = 700, COUNT = 900 };
	struct tongs_buffer *buffers[COUNT] = {NULL};
	(void)flow;
	uint64_t countdown = tongs_alloc_fail_after(UINT64_MAX);
	bool ok = fill(torture, buffers, UNHARMED);
	tongs_alloc_fail_after(countdown);
	ok = ok && fill(torture, buffers + UNHARMED, COUNT - UNHARMED);
	for (size_t i = 0; i < COUNT; i++) {
		tongs_buffer_unref(buffers[i]);
		assert_int_equal(tongs_handle_kind(buffers[i]), TONGS_KIND_NONE);
	}
	return ok;
}

/* An address that cannot be queried is 0, in this call. */
bool flow_metal_address(struct torture *torture, const struct flow *flow) {
	(void)flow;
	struct tongs_buffer *buffer = tongs_device_new_buffer(torture->metal, SIZE, SHARED);
	bool ok = made(torture, buffer != NULL);
	if (ok) {
		/* Elsewhere the GPU's addresses are not the CPU's, and it is 0. */
		const bool pointers = has_unified_memory(&torture->gpu);
		uint64_t address = tongs_buffer_get_gpu_address(buffer);
		ok = !pointers || address != 0;
		assert_true(!ok || address == (pointers ? (uintptr_t)tongs_buffer_get_contents(buffer) : 0));
	}
	tongs_buffer_unref(buffer);
	return ok;
}

/* nil where there is no memory for a string. The thread's ring of kept strings is full after each round: any further
 * string has leaked. */
bool flow_metal_strings(struct torture *torture, const struct flow *flow) {
	(void)flow;
	bool ok = send((id)torture->metal, "name") && send((id)torture->metal, "description");
	uint64_t countdown = tongs_alloc_fail_after(UINT64_MAX);
	for (unsigned i = 0; i < TONGS_STRING_RING_SIZE; i++)
		assert_non_null(send((id)torture->metal, "name"));
	tongs_alloc_fail_after(countdown);
	return ok;
}
