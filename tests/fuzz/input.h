/* SPDX-License-Identifier: MIT */
/* A fuzzer's input as a sequence of choices; past its end, all are 0. */
#ifndef TONGS_FUZZ_INPUT_H
#define TONGS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../mock/require.h"

/* libFuzzer's interface. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct input {
	const uint8_t *bytes;
	size_t left;
};

/* An integer of `size` bytes, at most 8. */
static inline uint64_t take(struct input *input, size_t size) {
	uint64_t value = 0;
	size_t given = size < input->left ? size : input->left;
	memcpy(&value, input->bytes, given);
	input->bytes += given;
	input->left -= given;
	return value;
}

/* 0 to `count` - 1; `count` is at most 256. */
static inline unsigned choose(struct input *input, unsigned count) {
	return (unsigned)take(input, 1) % count;
}

#define CHOOSE_FROM(input, array) ((array)[choose(input, sizeof(array) / sizeof(*(array)))])

#endif
