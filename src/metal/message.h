/* SPDX-License-Identifier: MIT */
/* What one process writes to another about an object, in the machine's own byte order; the fields have fixed widths and
 * leave no gaps. One file descriptor comes with each message: the memory, or the page of an event; and with a surface's
 * a second: the surface's page. */
#ifndef TONGS_METAL_MESSAGE_H
#define TONGS_METAL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tongs/metal.h>

#include "metal/texture_shape.h"

/* Changes with any struct here, and with struct tongs_event_page and struct tongs_surface_page. */
enum { TONGS_MESSAGE_VERSION = 2 };

/* What the receiver gets. The values do not change; new ones are added at the end, and an old receiver refuses them. */
enum tongs_message_kind {
	TONGS_MESSAGE_BUFFER = 1,
	TONGS_MESSAGE_TEXTURE,
	TONGS_MESSAGE_HEAP,
	TONGS_MESSAGE_EVENT,
	TONGS_MESSAGE_EVENT_HANDLE,
	TONGS_MESSAGE_TEXTURE_HANDLE,
	TONGS_MESSAGE_SURFACE,
};

/* What the first file descriptor is. */
enum tongs_message_memory_kind {
	TONGS_MESSAGE_EVENT_PAGE = 1,
	TONGS_MESSAGE_HOST_PAGES,
	TONGS_MESSAGE_DRIVER_MEMORY,
};

struct tongs_message_shape {
	uint32_t format, type, width, height, depth, levels, layers, samples, tiling, zero;
};

struct tongs_message_memory {
	uint32_t kind;
	/* Of driver memory, else 0: */
	uint32_t memory_type, host_visible, dedicated;
	uint64_t size; /* in bytes */
	struct tongs_message_shape image;
};

/* The object's part of the memory. */
struct tongs_message_storage {
	uint64_t offset, size; /* in bytes */
	uint64_t options;
};

struct tongs_message_buffer {
	struct tongs_message_storage storage;
	uint64_t length;
};

struct tongs_message_heap {
	struct tongs_message_storage storage;
	uint64_t type;
};

struct tongs_message_plane {
	uint64_t width, height, bytes_per_element, element_width, element_height, bytes_per_row, offset, size;
};

/* A surface has all of its memory. */
struct tongs_message_surface {
	struct tongs_message_plane whole, planes[TONGS_SURFACE_MAX_PLANES]; /* the latter 0 behind plane_count */
	uint64_t alloc_size;
	uint32_t pixel_format, plane_count;
};

/* What the bytes of a texture are. */
enum tongs_message_texture_root {
	TONGS_MESSAGE_ROOT_MEMORY, /* its own part of the memory */
	TONGS_MESSAGE_ROOT_BUFFER,
	TONGS_MESSAGE_ROOT_SURFACE,
};

/* What a view shows of the texture. */
struct tongs_message_view {
	uint64_t type, pixel_format, first_level, level_count, first_slice, slice_count;
	uint8_t swizzle[4];
	uint32_t is_view; /* 0: the texture itself is sent, and the rest is 0 */
};

struct tongs_message_level {
	uint64_t offset, size, row_pitch, array_pitch, depth_pitch;
};

struct tongs_message_texture {
	struct tongs_message_storage storage;
	uint64_t type, pixel_format, width, height, depth, mipmap_level_count, sample_count, array_length, usage;
	int64_t compression_type;
	uint8_t swizzle[4];
	uint32_t allow_gpu_optimized_contents;
	uint32_t root; /* enum tongs_message_texture_root */
	uint32_t is_linear, level_count;
	/* Over a buffer or surface: that, and where the texture is in it; its own storage, shape and levels are 0. */
	uint32_t plane;
	uint64_t buffer_offset, bytes_per_row;
	struct tongs_message_buffer buffer;
	struct tongs_message_surface surface;
	struct tongs_message_view view;
	struct tongs_message_shape shape;
	struct tongs_message_level levels[TONGS_MAX_LEVELS];
};

/* Only the kind's own member of `as` travels. */
struct tongs_message {
	uint32_t version, kind;
	uint8_t device_uuid[16], driver_uuid[16];
	char label[256]; /* "": none */
	struct tongs_message_memory memory;
	union {
		struct tongs_message_buffer buffer;
		struct tongs_message_heap heap;
		struct tongs_message_texture texture;
		struct tongs_message_surface surface;
	} as;
};

/* The size of a message in bytes; 0: there is no such kind. */
size_t tongs_message_get_size(uint32_t kind);
/* How many file descriptors come with it. */
unsigned tongs_message_get_fd_count(const struct tongs_message *message);

void tongs_message_put_shape(struct tongs_message_shape *to, const struct tongs_image_shape *shape);
void tongs_message_get_shape(const struct tongs_message_shape *from, struct tongs_image_shape *shape);

/* The description, and what else decides about the image. */
void tongs_message_put_texture(struct tongs_message_texture *to, const struct tongs_texture_info *info);
void tongs_message_get_texture(const struct tongs_message_texture *from, struct tongs_texture_info *info);

void tongs_message_put_surface(struct tongs_message_surface *to, const struct tongs_surface_info *info);
/* More planes than a surface can have are left out, but counted. */
void tongs_message_get_surface(const struct tongs_message_surface *from, struct tongs_surface_info *info);

/* Why a root texture with this description, image and layout cannot be made in `size` bytes, as a phrase; NULL: it can.
 * Both sides check it. */
const char *tongs_message_find_texture_fault(const struct tongs_texture_info *info,
	const struct tongs_image_shape *shape, const struct tongs_texture_layout *layout, uint64_t size);

#endif
