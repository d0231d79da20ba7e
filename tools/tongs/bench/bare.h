/* SPDX-License-Identifier: MIT */
/* The device that is measured once more, without the layer. */
#ifndef TONGS_TOOL_BENCH_BARE_H
#define TONGS_TOOL_BENCH_BARE_H

#include "device.h"

struct tongs_bench_bare {
	struct tongs_vulkan vulkan; /* whose instance does not have the layer */
	VkDevice device;            /* without extensions */
};

/* From here on, instances of this process have no layer of Tongs. False, with a message. `finish` takes a zeroed or
 * half-made one. */
bool tongs_bench_bare_init(struct tongs_bench_bare *bare, const struct tongs_bench_device *like);
void tongs_bench_bare_finish(struct tongs_bench_bare *bare);

#endif
