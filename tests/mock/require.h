/* SPDX-License-Identifier: MIT */
/* Conditions that end the program, for code that tests and fuzzers share. */
#ifndef TONGS_TESTS_MOCK_REQUIRE_H
#define TONGS_TESTS_MOCK_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

/* libFuzzer keeps the input of a program that aborts. */
#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s: failed: %s\n", __FILE__, __LINE__, __func__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
