/* SPDX-License-Identifier: MIT */
/* Carrying numbers between shared and ordinary buffers by the GPU. */
#ifndef TONGS_SMITHY_DEMO_BYTES_H
#define TONGS_SMITHY_DEMO_BYTES_H

#include "client/context.h"

/* Takes `shared` over, copies it by the GPU into an ordinary buffer, gives it back; true if all of it is as
 * tongs_fill_words makes it with `seed`. */
bool tongs_demo_bytes_read(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed);
/* The other way: fills `shared` from an ordinary buffer. */
bool tongs_demo_bytes_write(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed);

#endif
