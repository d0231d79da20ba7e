/* SPDX-License-Identifier: MIT */
/* Objects that tests send to other processes, with bytes that these know. */
#ifndef TONGS_TESTS_METAL_SENT_OBJECTS_H
#define TONGS_TESTS_METAL_SENT_OBJECTS_H

#include "open_device.h"

enum { SIZE = 100000, WIDTH = 37, HEIGHT = 21, LEVELS = 3 };

/* Of the sockets that carry objects. */
extern const int socket_types[2];

unsigned char pattern(size_t i, unsigned seed);
void fill(void *bytes, size_t size, unsigned seed);
bool has(const void *bytes, size_t size, unsigned seed);

/* A shareable buffer of SIZE bytes, filled with 1. */
struct tongs_buffer *new_filled_buffer(void);
/* A shareable Shared placement heap of 1 MiB with a buffer of 5000 bytes at 64 KiB, filled with 1. */
struct tongs_heap *new_heap(struct tongs_buffer **buffer);
/* WIDTH x HEIGHT texels with LEVELS levels. */
struct tongs_texture_info picture(void);
/* A shareable surface of two planes that are not at its beginning; the second has 32 x 8 texels of 4 bytes. */
struct tongs_surface *new_shareable_surface(void);
/* The first level and slice as R32Uint. */
struct tongs_texture *new_view(struct tongs_texture *texture);

#endif
