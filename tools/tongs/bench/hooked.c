/* SPDX-License-Identifier: MIT */
/* Figure: how many commands of a device the layer stands in. All others are the very pointers that a program gets
 * without the layer, and cost what they cost there. */
#include "bench.h"

#include "bare.h"

static const char *const names[] = {
#include "commands.inc"
};
enum { NAME_COUNT = sizeof names / sizeof *names };

static bool count_hooked(const struct tongs_bench_case *bench, VkDevice device, double *amount) {
	struct tongs_bench_bare bare;

	if (!tongs_bench_bare_init(&bare, bench->device))
		return false;
	*amount = 0;
	for (int i = 0; i < NAME_COUNT; i++)
		*amount += vkGetDeviceProcAddr(device, names[i]) != vkGetDeviceProcAddr(bare.device, names[i]);
	tongs_bench_bare_finish(&bare);
	return true;
}

static bool count_sharing(const struct tongs_bench_case *bench, double *amount) {
	return count_hooked(bench, bench->device->context.device, amount);
}

static bool count_ordinary(const struct tongs_bench_case *bench, double *amount) {
	const struct tongs_context *context = &bench->device->context;
	VkDevice device;

	if (!tongs_bench_device_create(context->physical_device, context->family, NULL, 0, &device))
		return false;
	bool done = count_hooked(bench, device, amount);
	vkDestroyDevice(device, NULL);
	return done;
}

#define ROW(title, how) \
	{ \
		.name = title, .yardstick_name = "of all commands of devices", .unit = TONGS_BENCH_COMMANDS, \
		.sizes = {NAME_COUNT}, .measure = how, .amount_unit = TONGS_BENCH_COMMANDS \
	}

const struct tongs_bench_figure tongs_bench_hooked[] = {
	ROW("hooked, extension on", count_sharing),
	ROW("hooked, extension off", count_ordinary),
	{0},
};
