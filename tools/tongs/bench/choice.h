/* SPDX-License-Identifier: MIT */
/* Which device is measured. */
#ifndef TONGS_TOOL_BENCH_CHOICE_H
#define TONGS_TOOL_BENCH_CHOICE_H

#include "client/vulkan.h"

/* The device with that number, or the first that can share memory and has `text` in its name, in upper or lower case;
 * NULL: the first that can share. VK_NULL_HANDLE, with a message that lists the devices, if there is none. */
VkPhysicalDevice tongs_bench_choose_device(const struct tongs_vulkan *vulkan, const char *text);

#endif
