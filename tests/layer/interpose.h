/* SPDX-License-Identifier: MIT */
/* Interposes the C library for Tongs' libraries: counts their heap blocks, and makes mappings and threads fail. Does
 * nothing under a sanitizer, which interposes the same functions. */
#ifndef TONGS_TESTS_LAYER_INTERPOSE_H
#define TONGS_TESTS_LAYER_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Call once, after libtongs and the layer are loaded. */
void interpose_begin(void);
/* Heap blocks that Tongs has allocated since then and not freed. */
long interpose_count_live(void);
/* The mmap or pthread_create after the next `countdown` ones fails, and only that one. */
void interpose_fail_after(uint64_t countdown);
/* Stops failing; returns whether one failed. */
bool interpose_stop(void);

#endif
