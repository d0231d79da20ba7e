/* SPDX-License-Identifier: MIT */
/* The flows of real programs with both sides at work: Vulkan's side is the same for a Metal side in C and in
 * Objective-C. */
#ifndef TONGS_TESTS_LAYER_FLOWS_H
#define TONGS_TESTS_LAYER_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include <tongs/metal_types.h>

/* In the plotting library's buffer: what Vulkan writes, and what Metal does. Each cycle Vulkan takes Metal's words, and
 * Metal Vulkan's, moved on by one, with the number of the cycle in front. So all words tell the order of all cycles. */
enum {
	PLOT_CYCLES = 1000,
	PLOT_WORDS = 16,
	PLOT_BYTES = PLOT_WORDS * 4,
	PLOT_VULKAN = 1024, /* offsets */
	PLOT_METAL = 2048,
	PLOT_SIZE = 30000,
};

/* A texture that an upscaler makes in a heap. */
struct upscaling {
	MTLPixelFormat format;
	uint32_t width, height;
	size_t texel, size; /* bytes of one and of all */
	uint64_t required;  /* bytes, as Vulkan says */
	const void *before; /* texels that Vulkan wrote */
	const void *after;  /* that Metal is to write */
};

/* Metal's side, which asserts that all of it succeeds. Objects are Metal's, and new ones the caller's. */
struct metal_flows {
	void (*release)(void *object);

	/* Keeps `buffer` and `event`. */
	void *(*plot_begin)(void *buffer, void *event);
	/* Commits what waits for the odd value, works on the words, and signals the value after it. */
	void (*plot_cycle)(void *plot, uint64_t odd);
	/* Waits for all cycles. Returns Metal's words after each of them: valid until plot_end. */
	const uint32_t *(*plot_finish)(void *plot);
	void (*plot_end)(void *plot);

	void (*upscale)(void *heap, const struct upscaling *upscaling);

	/* RGBA8, a 2D array if `layers` is more than 1; Private; of packed texels. */
	void *(*new_texture)(void *device, uint32_t width, uint32_t height, uint32_t layers, const void *texels);
	void (*read_texture)(void *texture, uint32_t width, uint32_t height, uint32_t layers, void *texels);
	/* BGRA8, over the one plane of a new surface. */
	void *(*new_surface_texture)(void *device, uint32_t width, uint32_t height, void **surface);
	void (*read_surface)(void *surface, uint32_t width, uint32_t height, void *texels); /* by the CPU */

	/* Shared, with these bytes. */
	void *(*new_buffer)(void *device, const void *bytes, size_t size, uint64_t *address);
};

/* Set by the program before its tests run. */
extern const struct metal_flows *metal;

/* Tests for cmocka. */
void plotting_library(void **state);
void upscaler_rgba8(void **state);
void upscaler_rgba16f(void **state);
void compositor_2d(void **state);
void compositor_2d_array(void **state);
void compositor_surface(void **state);
void trainer(void **state);

#define FLOW_TESTS \
	cmocka_unit_test(plotting_library), cmocka_unit_test(upscaler_rgba8), cmocka_unit_test(upscaler_rgba16f), \
		cmocka_unit_test(compositor_2d), cmocka_unit_test(compositor_2d_array), \
		cmocka_unit_test(compositor_surface), cmocka_unit_test(trainer)

#endif
