/* SPDX-License-Identifier: MIT */
/* Heaps on the default Vulkan device: places, accounting, and what is refused. */
#include "open_device.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "memory/payload.h"

static MTLSizeAndAlign unit; /* of a buffer of UNIT bytes */

enum { UNIT = 4096 };

static int open_device(void **state) {
	if (open_default_device(state) != 0)
		return -1;
	unit = tongs_device_get_heap_buffer_size_and_align(device, UNIT, 0);
	return unit.size > 0 ? 0 : -1;
}

static struct tongs_heap *new_heap(MTLHeapType type, NSUInteger size, MTLResourceOptions options) {
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.type = type;
	info.size = size;
	info.resource_options = options;
	return tongs_device_new_heap(device, &info);
}

static void defaults_of_a_descriptor(void **state) {
	(void)state;
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	assert_null(tongs_device_new_heap(device, &info));
	messages_expect("size is 0");
	info.size = 100;
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	assert_non_null(heap);
	assert_int_equal(tongs_heap_get_type(heap), MTLHeapTypeAutomatic);
	assert_int_equal(tongs_heap_get_resource_options(heap),
		MTLResourceStorageModePrivate | MTLResourceHazardTrackingModeUntracked);
	assert_int_equal(tongs_heap_get_size(heap), tongs_page_size());
	assert_int_equal(tongs_heap_get_current_allocated_size(heap), tongs_page_size());
	assert_int_equal(tongs_device_get_current_allocated_size(device), tongs_page_size());
	assert_ptr_equal(tongs_heap_get_device(heap), device);
	tongs_heap_set_label(heap, "pool");
	assert_string_equal(tongs_heap_get_label(heap), "pool");
	assert_int_equal(
		tongs_heap_set_purgeable_state(heap, MTLPurgeableStateKeepCurrent), MTLPurgeableStateNonVolatile);
	tongs_heap_unref(heap);
}

static void automatic_heap_accounts(void **state) {
	(void)state;
	enum { COUNT = 16 };
	struct tongs_buffer *buffers[COUNT];
	struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, COUNT * unit.size, 0);
	assert_non_null(heap);
	NSUInteger size = tongs_heap_get_size(heap);
	assert_int_equal(tongs_heap_get_max_available_size(heap, unit.align), size);
	for (size_t i = 0; i < COUNT; i++) {
		buffers[i] = tongs_heap_new_buffer(heap, UNIT, 0);
		assert_non_null(buffers[i]);
		assert_int_equal(tongs_heap_get_used_size(heap), (i + 1) * unit.size);
		assert_int_equal(tongs_heap_get_max_available_size(heap, unit.align), size - (i + 1) * unit.size);
		memset(tongs_buffer_get_contents(buffers[i]), (int)i, UNIT);
	}
	assert_null(tongs_heap_new_buffer(heap, size - COUNT * unit.size + 1, 0));
	messages_expect("no room");
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(bytes_are(tongs_buffer_get_contents(buffers[i]), (int)i, UNIT));
		assert_int_equal(tongs_resource_get_hazard_tracking_mode(tongs_buffer_get_resource(buffers[i])),
			MTLHazardTrackingModeUntracked);
	}
	assert_int_equal(tongs_device_get_current_allocated_size(device), size);

	NSUInteger place = tongs_resource_get_heap_offset(tongs_buffer_get_resource(buffers[5]));
	tongs_buffer_unref(buffers[5]);
	assert_int_equal(tongs_heap_get_used_size(heap), (COUNT - 1) * unit.size);
	buffers[5] = tongs_heap_new_buffer(heap, UNIT, 0);
	assert_non_null(buffers[5]);
	assert_int_equal(tongs_resource_get_heap_offset(tongs_buffer_get_resource(buffers[5])), place);

	/* The last resource keeps the heap alive. */
	tongs_heap_unref(heap);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
		tongs_buffer_unref(buffers[i]);
	}
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
}

static void aliasable_resources_give_up_their_place(void **state) {
	(void)state;
	struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, unit.size, 0);
	struct tongs_buffer *first = tongs_heap_new_buffer(heap, tongs_heap_get_size(heap), 0);
	assert_non_null(first);
	struct tongs_resource *resource = tongs_buffer_get_resource(first);
	assert_false(tongs_resource_is_aliasable(resource));
	tongs_resource_make_aliasable(resource);
	tongs_resource_make_aliasable(resource);
	assert_true(tongs_resource_is_aliasable(resource));
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	struct tongs_buffer *second = tongs_heap_new_buffer(heap, tongs_heap_get_size(heap), 0);
	assert_non_null(second);
	assert_ptr_equal(tongs_buffer_get_contents(first), tongs_buffer_get_contents(second));
	NSUInteger used = tongs_heap_get_used_size(heap);
	tongs_buffer_unref(first);
	assert_int_equal(tongs_heap_get_used_size(heap), used);
	tongs_buffer_unref(second);
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	tongs_heap_unref(heap);
}

static void placement_heap_places_at_the_offset(void **state) {
	(void)state;
	struct tongs_heap *heap = new_heap(MTLHeapTypePlacement, 4 * unit.size, 0);
	struct tongs_buffer *a = tongs_heap_new_buffer_at(heap, UNIT, 0, 0);
	struct tongs_buffer *b = tongs_heap_new_buffer_at(heap, UNIT, 0, unit.align);
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_equal((char *)tongs_buffer_get_contents(a) + unit.align, tongs_buffer_get_contents(b));
	assert_int_equal(tongs_resource_get_heap_offset(tongs_buffer_get_resource(b)), unit.align);
	assert_ptr_equal(tongs_resource_get_heap(tongs_buffer_get_resource(b)), heap);
	assert_true(tongs_resource_is_aliasable(tongs_buffer_get_resource(b)));
	memset(tongs_buffer_get_contents(b), 9, UNIT);
	assert_true(bytes_are((char *)tongs_buffer_get_contents(a) + unit.align, 9, UNIT - unit.align));

	struct tongs_backing backing;
	tongs_interop_get_backing(b, TONGS_KIND_BUFFER, &backing);
	assert_int_equal(backing.offset, unit.align);
	assert_int_equal(backing.size, unit.size);
	tongs_interop_get_backing(heap, TONGS_KIND_HEAP, &backing);
	assert_int_equal(backing.offset, 0);
	assert_int_equal(backing.size, tongs_heap_get_size(heap));

	assert_int_equal(tongs_heap_get_used_size(heap), 2 * unit.size);
	tongs_buffer_unref(a);
	tongs_buffer_unref(b);
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	assert_int_equal(tongs_heap_get_max_available_size(heap, 65536), tongs_heap_get_size(heap));
	tongs_heap_unref(heap);
}

/* A texture over a heap's buffer has the buffer's place. */
static void textures_over_placed_buffers(void **state) {
	(void)state;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatR8Unorm, 4, 4);
	const NSUInteger align = tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatR8Unorm);
	struct tongs_heap *heap = new_heap(MTLHeapTypePlacement, unit.align + unit.size, 0);
	struct tongs_buffer *buffer = tongs_heap_new_buffer_at(heap, UNIT, 0, unit.align);
	struct tongs_texture *texture = tongs_buffer_new_texture(buffer, &info, 2 * align, align);
	assert_non_null(texture);
	struct tongs_resource *resource = tongs_texture_get_resource(texture);
	assert_ptr_equal(tongs_resource_get_heap(resource), heap);
	assert_int_equal(tongs_resource_get_heap_offset(resource), unit.align + 2 * align);
	assert_true(tongs_resource_is_aliasable(resource));
	tongs_heap_unref(heap);
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_heap_get_used_size(heap), unit.size);
	tongs_texture_unref(texture);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
}

static void bad_places_are_refused(void **state) {
	(void)state;
	struct tongs_heap *heap = new_heap(MTLHeapTypePlacement, 4 * unit.size, 0);
	const NSUInteger size = tongs_heap_get_size(heap), align = unit.align;
	const struct {
		NSUInteger length, offset;
		const char *message;
	} bad[] = {
		{UNIT, size, "exceed"},
		{UNIT, size - unit.size + align, "exceed"},
		{size, align, "exceed"},
		{size + 1, 0, "exceed"},
		{UNIT, 0 - align, "exceed"},
		{UNIT, 0 - unit.size, "exceed"},
		{UNIT, UINTPTR_MAX, "multiple of"},
		{UNIT, align / 2, "multiple of"},
		{UNIT, 1, "multiple of"},
		{0, 0, "maxBufferLength"},
		{UINTPTR_MAX, 0, "maxBufferLength"},
		{UINTPTR_MAX, align, "maxBufferLength"},
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_null(tongs_heap_new_buffer_at(heap, bad[i].length, 0, bad[i].offset));
		messages_expect(bad[i].message);
	}
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	struct tongs_buffer *whole = tongs_heap_new_buffer_at(heap, size, 0, 0);
	assert_non_null(whole);
	tongs_buffer_unref(whole);
	tongs_heap_unref(heap);
}

/* The heap of memory that Vulkan exported has exactly that memory's size: no resource reaches beyond it. */
static void exported_heaps_end_where_memory_does(void **state) {
	(void)state;
	struct tongs_payload *payload = tongs_payload_create(4 * unit.size);
	assert_non_null(payload);
	for (uint64_t missing = 0; missing < 2; missing++) {
		struct tongs_heap *heap =
			tongs_interop_new_heap(device, payload, 2 * unit.size - missing, MTLCPUCacheModeDefaultCache);
		assert_non_null(heap);
		assert_int_equal(tongs_heap_get_size(heap), 2 * unit.size - missing);
		struct tongs_buffer *first = tongs_heap_new_buffer_at(heap, UNIT, 0, 0);
		assert_non_null(first);
		struct tongs_buffer *last = tongs_heap_new_buffer_at(heap, UNIT, 0, unit.size);
		assert_int_equal(last != NULL, missing == 0);
		if (missing)
			messages_expect("exceed");
		tongs_buffer_unref(first);
		tongs_buffer_unref(last);
		tongs_heap_unref(heap);
	}
	tongs_payload_unref(payload);
}

static void heap_and_resource_must_match(void **state) {
	(void)state;
	struct tongs_heap *automatic = new_heap(MTLHeapTypeAutomatic, 65536, MTLResourceStorageModePrivate);
	struct tongs_heap *placement = new_heap(MTLHeapTypePlacement, 65536, MTLResourceStorageModeShared);
	assert_null(tongs_heap_new_buffer(automatic, UNIT, MTLResourceStorageModeShared));
	messages_expect("storage mode Shared");
	assert_null(tongs_heap_new_buffer_at(placement, UNIT, MTLResourceStorageModePrivate, 0));
	messages_expect("storage mode Private");
	assert_null(tongs_heap_new_buffer_at(placement, UNIT, MTLResourceCPUCacheModeWriteCombined, 0));
	messages_expect("CPU cache mode");
	struct tongs_heap *combined = new_heap(MTLHeapTypePlacement, 65536, MTLResourceCPUCacheModeWriteCombined);
	assert_null(tongs_heap_new_buffer_at(combined, UNIT, MTLResourceCPUCacheModeDefaultCache, 0));
	messages_expect("CPU cache mode");
	tongs_heap_unref(combined);
	assert_null(tongs_heap_new_buffer_at(placement, UNIT, MTLResourceStorageModeMemoryless, 0));
	messages_expect("Memoryless");
	assert_null(tongs_heap_new_buffer(placement, UNIT, 0));
	messages_expect("use the method with offset:");
	assert_null(tongs_heap_new_buffer_at(automatic, UNIT, MTLResourceStorageModePrivate, 0));
	messages_expect("use the method without offset:");
	struct tongs_buffer *hidden = tongs_heap_new_buffer(automatic, UNIT, MTLResourceStorageModePrivate);
	assert_non_null(hidden);
	assert_null(tongs_buffer_get_contents(hidden));
	tongs_buffer_unref(hidden);
	tongs_heap_unref(automatic);
	tongs_heap_unref(placement);
}

static void bad_heaps_are_refused(void **state) {
	(void)state;
	const struct {
		NSInteger type;
		NSUInteger size;
		MTLResourceOptions options;
		const char *message;
	} bad[] = {
		{MTLHeapTypeSparse, UNIT, 0, "Automatic"},
		{-1, UNIT, 0, "Automatic"},
		{MTLHeapTypeAutomatic, 0, 0, "size is 0"},
		{MTLHeapTypePlacement, UINTPTR_MAX, 0, "memory"},
		{MTLHeapTypePlacement, (NSUInteger)1 << 62, 0, "memory"},
		{MTLHeapTypePlacement, UNIT, MTLResourceStorageModeMemoryless, "Memoryless"},
		{MTLHeapTypePlacement, UNIT, 0xffff, "MTLResourceOptions"},
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		assert_null(new_heap(bad[i].type, bad[i].size, bad[i].options));
		messages_expect(bad[i].message);
	}
	struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, UNIT, 0);
	assert_int_equal(tongs_heap_get_max_available_size(heap, 0), 0);
	messages_expect("power of two");
	assert_int_equal(tongs_heap_get_max_available_size(heap, 48), 0);
	messages_expect("power of two");
	tongs_heap_unref(heap);
}

static void size_and_align_are_the_drivers(void **state) {
	(void)state;
	static const NSUInteger lengths[] = {1, 15, 16, 17, 255, 1000, 4095, 4096, 4097, 1 << 20, (1 << 20) + 3};
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		MTLSizeAndAlign need = tongs_device_get_heap_buffer_size_and_align(device, lengths[i], 0);
		assert_true(need.size >= lengths[i]);
		assert_true(need.size < lengths[i] + 4096);
		assert_int_equal(need.align & (need.align - 1), 0);
		assert_true(need.align >= 1 && need.align <= 4096);
		/* A heap of exactly that size takes exactly one. */
		struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, need.size, 0);
		struct tongs_buffer *buffer = tongs_heap_new_buffer(heap, lengths[i], 0);
		assert_non_null(buffer);
		assert_int_equal(tongs_heap_get_used_size(heap), need.size);
		tongs_buffer_unref(buffer);
		tongs_heap_unref(heap);
	}
}

static struct tongs_heap *shared_heap;

/* Takes a place, writes all of it, and checks that it is intact. */
static void *place_and_check(void *user) {
	const int mark = (int)(uintptr_t)user;
	uint32_t random = (uint32_t)mark;
	for (size_t i = 0; i < 500; i++) {
		NSUInteger length = next_random(&random) % 3000 + 1;
		struct tongs_buffer *buffer = tongs_heap_new_buffer(shared_heap, length, 0);
		if (!buffer)
			return user;
		memset(tongs_buffer_get_contents(buffer), mark, length);
		bool kept = bytes_are(tongs_buffer_get_contents(buffer), mark, length) &&
			    tongs_heap_get_used_size(shared_heap) >= length;
		tongs_resource_set_label(tongs_buffer_get_resource(buffer), "placed");
		tongs_buffer_unref(buffer);
		if (!kept)
			return user;
	}
	return NULL;
}

static void threads_share_a_heap(void **state) {
	(void)state;
	pthread_t threads[4];
	shared_heap = new_heap(MTLHeapTypeAutomatic, 65536, 0);
	assert_non_null(shared_heap);
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, place_and_check, (void *)(i + 1)), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(tongs_heap_get_used_size(shared_heap), 0);
	tongs_heap_unref(shared_heap);
}

static bool places_textures(MTLResourceOptions options, const struct tongs_texture_info *info) {
	struct tongs_heap *heap = new_heap(MTLHeapTypePlacement, 1 << 20, options);
	struct tongs_texture *texture = tongs_heap_new_texture_at(heap, info, 0);
	if (!texture)
		messages_expect("no offset in a placement heap: use an automatic heap");
	tongs_texture_unref(texture);
	tongs_heap_unref(heap);
	return texture;
}

enum { SIDE = 64, TEXELS = SIDE * SIDE * 4 };

/* Noise that depends on `seed`, through a blit and a Shared buffer, which reach Private textures, too. */
static void fill_noise(unsigned char *bytes, uint32_t seed) {
	for (size_t i = 0; i < TEXELS; i++)
		bytes[i] = (unsigned char)(next_random(&seed) >> 11);
}

static void blit(struct tongs_texture *texture, unsigned char *bytes, bool writes) {
	const MTLSize size = MTLSizeMake(SIDE, SIDE, 1);
	const MTLOrigin origin = {0, 0, 0};
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, TEXELS, MTLResourceStorageModeShared);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	if (writes) {
		memcpy(tongs_buffer_get_contents(buffer), bytes, TEXELS);
		tongs_blit_copy_buffer_to_texture(
			encoder, buffer, 0, SIDE * 4, TEXELS, size, texture, 0, 0, origin, MTLBlitOptionNone);
	} else {
		tongs_blit_copy_texture_to_buffer(
			encoder, texture, 0, 0, origin, size, buffer, 0, SIDE * 4, TEXELS, MTLBlitOptionNone);
	}
	tongs_encoder_end(encoder);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	if (!writes)
		memcpy(bytes, tongs_buffer_get_contents(buffer), TEXELS);
	tongs_encoder_unref(encoder);
	tongs_command_buffer_unref(commands);
	tongs_buffer_unref(buffer);
	/* A lane releases its command buffer soon after that has completed. */
	tongs_command_queue_unref(queue);
	for (int i = 0; i < 10000 && tongs_handle_kind(queue) != TONGS_KIND_NONE; i++)
		usleep(1000);
}

static void write_texels(struct tongs_texture *texture, uint32_t seed, bool by_blit) {
	unsigned char noise[TEXELS];
	fill_noise(noise, seed);
	if (by_blit)
		blit(texture, noise, true);
	else
		assert_true(tongs_texture_replace_region(
			texture, MTLRegionMake2D(0, 0, SIDE, SIDE), 0, 0, noise, SIDE * 4, TEXELS));
}

static void check_texels(struct tongs_texture *texture, uint32_t seed, bool by_blit) {
	unsigned char noise[TEXELS], got[TEXELS] = {0};
	fill_noise(noise, seed);
	if (by_blit)
		blit(texture, got, false);
	else
		assert_true(tongs_texture_get_bytes(
			texture, got, SIDE * 4, TEXELS, MTLRegionMake2D(0, 0, SIDE, SIDE), 0, 0));
	assert_memory_equal(got, noise, TEXELS);
}

/* Textures that the driver cannot bind to the heap's memory have memory of their own, and all of Metal's rules hold. */
static void hold_textures(MTLResourceOptions options) {
	const bool private = options & MTLResourceStorageModePrivate;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, SIDE, SIDE);
	info.resource_options = options;
	const MTLSizeAndAlign need = tongs_device_get_heap_texture_size_and_align(device, &info);
	const NSUInteger step = (need.size + need.align - 1) / need.align * need.align;
	struct tongs_texture *textures[2];
	struct tongs_resource *resources[2];
	/* A heap of that size takes two, and no third. */
	struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, 2 * step, options);
	assert_non_null(heap);
	const NSUInteger size = tongs_heap_get_size(heap);
	for (size_t i = 0; i < 2; i++) {
		textures[i] = tongs_heap_new_texture(heap, &info);
		assert_non_null(textures[i]);
		resources[i] = tongs_texture_get_resource(textures[i]);
		assert_ptr_equal(tongs_resource_get_heap(resources[i]), heap);
		assert_int_equal(tongs_resource_get_heap_offset(resources[i]), i * step);
		assert_int_equal(tongs_resource_get_allocated_size(resources[i]), need.size);
		assert_int_equal(tongs_resource_get_storage_mode(resources[i]),
			private ? MTLStorageModePrivate : MTLStorageModeShared);
		assert_int_equal(tongs_resource_get_hazard_tracking_mode(resources[i]), MTLHazardTrackingModeUntracked);
		assert_false(tongs_resource_is_aliasable(resources[i]));
		assert_int_equal(tongs_heap_get_used_size(heap), (i + 1) * need.size);
		assert_true(tongs_heap_get_max_available_size(heap, need.align) <= size - (i + 1) * need.size);
	}
	assert_int_equal(tongs_heap_get_current_allocated_size(heap), size);
	assert_true(tongs_device_get_current_allocated_size(device) >= size);
	struct tongs_texture *third = size < 3 * step ? tongs_heap_new_texture(heap, &info) : NULL;
	assert_null(third);
	if (size < 3 * step)
		messages_expect("no room");

	for (uint32_t i = 0; i < 2; i++)
		write_texels(textures[i], 1 + i, private || i);
	for (uint32_t i = 0; i < 2; i++) {
		check_texels(textures[i], 1 + i, true);
		if (!private)
			check_texels(textures[i], 1 + i, false);
	}

	/* What is released makes room, for a texture or a buffer. */
	const NSUInteger before = tongs_device_get_current_allocated_size(device);
	tongs_texture_unref(textures[0]);
	assert_int_equal(tongs_heap_get_used_size(heap), need.size);
	assert_true(tongs_device_get_current_allocated_size(device) <= before);
	struct tongs_buffer *buffer = tongs_heap_new_buffer(heap, UNIT, options);
	assert_non_null(buffer);
	assert_int_equal(tongs_resource_get_heap_offset(tongs_buffer_get_resource(buffer)), 0);
	if (!private)
		memset(tongs_buffer_get_contents(buffer), 0x77, UNIT);
	check_texels(textures[1], 2, true);
	tongs_buffer_unref(buffer);
	textures[0] = tongs_heap_new_texture(heap, &info);
	assert_non_null(textures[0]);
	resources[0] = tongs_texture_get_resource(textures[0]);
	assert_int_equal(tongs_resource_get_heap_offset(resources[0]), 0);
	write_texels(textures[0], 3, true);
	check_texels(textures[1], 2, true);

	/* So does what is aliasable, whose texels stay as long as no other has been written. */
	tongs_resource_make_aliasable(resources[0]);
	tongs_resource_make_aliasable(resources[0]);
	assert_true(tongs_resource_is_aliasable(resources[0]));
	assert_int_equal(tongs_heap_get_used_size(heap), need.size);
	third = tongs_heap_new_texture(heap, &info);
	assert_non_null(third);
	assert_int_equal(tongs_resource_get_heap_offset(tongs_texture_get_resource(third)), 0);
	assert_int_equal(tongs_heap_get_used_size(heap), 2 * need.size);
	tongs_texture_unref(textures[0]);
	assert_int_equal(tongs_heap_get_used_size(heap), 2 * need.size);
	write_texels(third, 4, true);
	check_texels(third, 4, true);
	check_texels(textures[1], 2, true);

	assert_int_equal(
		tongs_resource_set_purgeable_state(resources[1], MTLPurgeableStateEmpty), MTLPurgeableStateNonVolatile);
	assert_int_equal(
		tongs_resource_set_purgeable_state(resources[1], MTLPurgeableStateNonVolatile), MTLPurgeableStateEmpty);
	assert_int_equal(tongs_heap_set_purgeable_state(heap, MTLPurgeableStateVolatile), MTLPurgeableStateNonVolatile);
	write_texels(textures[1], 5, true);
	check_texels(textures[1], 5, true);
	check_texels(third, 4, true);

	/* The last texture keeps the heap alive. */
	tongs_heap_unref(heap);
	tongs_texture_unref(third);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_HEAP);
	check_texels(textures[1], 5, true);
	tongs_texture_unref(textures[1]);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
}

static void automatic_heaps_hold_textures(void **state) {
	(void)state;
	hold_textures(MTLResourceStorageModeShared);
	hold_textures(MTLResourceStorageModePrivate);
}

/* A place that was taken for a texture that cannot be made is free again. */
static void refused_textures_take_no_room(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, SIDE, SIDE);
	struct tongs_heap *heap = new_heap(MTLHeapTypeAutomatic, 1 << 20, MTLResourceStorageModeShared);
	info.resource_options = MTLResourceStorageModePrivate;
	assert_null(tongs_heap_new_texture(heap, &info));
	messages_expect("must be the same");
	info.resource_options = MTLResourceCPUCacheModeWriteCombined;
	assert_null(tongs_heap_new_texture(heap, &info));
	messages_expect("must be the same");
	info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 1024, 1024);
	assert_null(tongs_heap_new_texture(heap, &info));
	messages_expect("no room");
	assert_null(tongs_heap_new_texture_at(heap, &info, 0));
	messages_expect("use the method without offset:");
	assert_int_equal(tongs_heap_get_used_size(heap), 0);
	tongs_heap_unref(heap);
}

static void fail_without_memory(MTLResourceOptions options) {
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 16, 16);
	info.resource_options = options;
	const size_t makers = places_textures(options, &info) ? 4 : 3;
	struct tongs_heap *automatic = new_heap(MTLHeapTypeAutomatic, 1 << 20, options);
	struct tongs_heap *placement = new_heap(MTLHeapTypePlacement, 1 << 20, options);
	for (size_t maker = 0; maker < makers; maker++) {
		void *object = NULL;
		uint64_t countdown = 0;
		for (; !object; countdown++) {
			assert_true(countdown < 20);
			tongs_alloc_fail_after(countdown);
			switch (maker) {
			case 0:
				object = tongs_heap_new_buffer(automatic, UNIT, options);
				break;
			case 1:
				object = tongs_heap_new_buffer_at(placement, UNIT, options, 0);
				break;
			case 2:
				object = tongs_heap_new_texture(automatic, &info);
				break;
			default:
				object = tongs_heap_new_texture_at(placement, &info, 0);
				break;
			}
			tongs_alloc_fail_after(UINT64_MAX);
			assert_int_equal(messages_take(), object ? 0 : 1);
			if (!object) {
				assert_int_equal(tongs_heap_get_used_size(automatic), 0);
				assert_int_equal(tongs_heap_get_used_size(placement), 0);
			}
		}
		assert_true(countdown > 1);
		tongs_interop_release(object);
	}
	tongs_heap_unref(automatic);
	tongs_heap_unref(placement);
}

static void fails_without_memory(void **state) {
	(void)state;
	fail_without_memory(MTLResourceStorageModeShared);
	fail_without_memory(MTLResourceStorageModePrivate);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(defaults_of_a_descriptor),
		CASE(automatic_heap_accounts),
		CASE(aliasable_resources_give_up_their_place),
		CASE(placement_heap_places_at_the_offset),
		CASE(textures_over_placed_buffers),
		CASE(bad_places_are_refused),
		CASE(exported_heaps_end_where_memory_does),
		CASE(heap_and_resource_must_match),
		CASE(bad_heaps_are_refused),
		CASE(size_and_align_are_the_drivers),
		CASE(threads_share_a_heap),
		CASE(automatic_heaps_hold_textures),
		CASE(refused_textures_take_no_room),
		CASE(fails_without_memory),
	};
	return cmocka_run_group_tests(tests, open_device, close_device);
}
