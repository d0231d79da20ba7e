/* SPDX-License-Identifier: MIT */
/* The plain function call that messages are measured against. */
#ifndef TONGS_TOOL_BENCH_CALL_H
#define TONGS_TOOL_BENCH_CALL_H

struct tongs_bench_callee {
	void *field;
};

/* Returns the field. Never inlined: it lives in a file of its own. */
void *tongs_bench_call(const struct tongs_bench_callee *callee);

#endif
