/* SPDX-License-Identifier: MIT */
/* What a measurement was made on. */
#ifndef TONGS_TOOL_BENCH_MACHINE_H
#define TONGS_TOOL_BENCH_MACHINE_H

#include "client/vulkan.h"

/* "" is what the system does not tell. */
struct tongs_bench_machine {
	char cpu[128];
	unsigned cores;   /* that are online */
	char kernel[160]; /* name, release, architecture */
	char device[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
	char driver[VK_MAX_DRIVER_NAME_SIZE];
	char driver_info[VK_MAX_DRIVER_INFO_SIZE]; /* its version, in the driver's own words */
	char api_version[32];                      /* of the device */
	char loader_version[32];
};

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine);

#endif
