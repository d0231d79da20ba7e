/* SPDX-License-Identifier: MIT */
/* Numbers that tell who wrote a buffer: made by a compute shader or by the CPU, and checked. */
#ifndef TONGS_SMITHY_FILL_H
#define TONGS_SMITHY_FILL_H

#include "client/context.h"

/* Element i is i * 2654435761 + seed, as count.comp has it. */
void tongs_fill_words(uint32_t *words, size_t count, uint32_t seed);
/* How many elements are as tongs_fill_words makes them, up to the first that is not. */
size_t tongs_fill_count_right(const uint32_t *words, size_t count, uint32_t seed);

/* Fills `buffer` (STORAGE usage) by a compute shader, then gives it to EXTERNAL owners; waits. */
bool tongs_fill_on_gpu(const struct tongs_context *context, const struct tongs_context_buffer *buffer, uint32_t seed);

#endif
