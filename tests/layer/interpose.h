/* SPDX-License-Identifier: MIT */
/* Stands between Tongs' libraries and the C library: counts their blocks, and has their mappings and threads fail. Does
 * nothing under a sanitizer, which stands there itself. */
#ifndef TONGS_TESTS_LAYER_INTERPOSE_H
#define TONGS_TESTS_LAYER_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To be called once, when libtongs and the layer are loaded. */
void interpose_begin(void);
/* Blocks that Tongs has taken from the heap and not given back since then. */
long interpose_count_live(void);
/* The mmap or pthread_create after the next `countdown` ones fails, and only that one. */
void interpose_fail_after(uint64_t countdown);
/* None fails any more; whether one has since. */
bool interpose_stop(void);

#endif
