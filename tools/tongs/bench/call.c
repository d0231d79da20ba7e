/* SPDX-License-Identifier: MIT */
/* A function that reads one field. */
#include "call.h"

/* Against link-time optimization too. */
__attribute__((noinline)) void *tongs_bench_call(const struct tongs_bench_callee *callee) {
	return callee->field;
}
