/* SPDX-License-Identifier: MIT */
/* Figure: messages to a buffer, through the C interface and through the Objective-C runtime, against a plain call. */
#include "bench.h"

#include <objc/message.h>
#include <objc/runtime.h>

#include "call.h"
#include "client/command.h"

static bool prepare(struct tongs_bench_case *bench) {
	bench->state = tongs_device_new_buffer(bench->device->metal, 4096, MTLResourceStorageModeShared);
	if (!bench->state)
		tongs_command_error("the buffer to measure could not be made");
	return bench->state;
}

static void finish(struct tongs_bench_case *bench) {
	tongs_buffer_unref(bench->state);
}

static bool contents_by_c(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct tongs_buffer *buffer = bench->state;

	(void)thread;
	for (; count; count--)
		tongs_buffer_get_contents(buffer);
	return true;
}

/* What a compiler makes of [buffer contents]. */
static bool contents_by_message(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	id buffer = bench->state;
	SEL contents = sel_registerName("contents");

	(void)thread;
	for (; count; count--)
		((void *(*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, contents))(buffer, contents);
	return true;
}

static bool call_once(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct tongs_bench_callee callee = {bench->state};

	(void)thread;
	for (; count; count--)
		tongs_bench_call(&callee);
	return true;
}

static bool retain_by_c(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	struct tongs_buffer *buffer = bench->state;

	(void)thread;
	for (; count; count--)
		tongs_buffer_unref(tongs_buffer_ref(buffer));
	return true;
}

static bool retain_by_message(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	id buffer = bench->state;
	SEL retain = sel_registerName("retain"), release = sel_registerName("release");

	(void)thread;
	for (; count; count--) {
		((id(*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, retain))(buffer, retain);
		((void (*)(id, SEL))(void (*)(void))objc_msg_lookup(buffer, release))(buffer, release);
	}
	return true;
}

static bool call_twice(const struct tongs_bench_case *bench, unsigned thread, uint64_t count) {
	const struct tongs_bench_callee callee = {bench->state};

	(void)thread;
	for (; count; count--) {
		tongs_bench_call(&callee);
		tongs_bench_call(&callee);
	}
	return true;
}

#define ROW(title, against, message, call) \
	{ \
		.name = title, .yardstick_name = against, .unit = TONGS_BENCH_NO_SIZE, .sizes = {1}, \
		.prepare = prepare, .finish = finish, .ours.operation = message, .yardstick.operation = call \
	}

const struct tongs_bench_figure tongs_bench_message[] = {
	ROW("contents, C", "a plain call", contents_by_c, call_once),
	ROW("contents, message", "a plain call", contents_by_message, call_once),
	ROW("retain + release, C", "two plain calls", retain_by_c, call_twice),
	ROW("retain + release, message", "two plain calls", retain_by_message, call_twice),
	{0},
};
