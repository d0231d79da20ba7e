/* SPDX-License-Identifier: MIT */
/* A layer above Tongs that asks what it shares, and makes such images, inside the commands for which the Vulkan loader
 * holds its lock, as overlays and tools do. It also counts what is made through the loader. The program is linked with
 * its library. */
#ifndef TONGS_TEST_ASKING_LAYER_H
#define TONGS_TEST_ASKING_LAYER_H

#include <stdatomic.h>

#include <vulkan/vulkan_core.h>

#define ASKING_LAYER_NAME "VK_LAYER_TONGS_TEST_asking"

enum asking_moment {
	ASKING_CREATE_INSTANCE,
	ASKING_DESTROY_INSTANCE,
	ASKING_CREATE_DEVICE,
	ASKING_DESTROY_DEVICE,
	ASKING_MOMENTS,
};

struct asking {
	atomic_uint moments;            /* bits: when to ask */
	atomic_uint asked;              /* how often it has */
	atomic_uint refused;            /* answers that were not VK_SUCCESS */
	atomic_uint instances, devices; /* made through the loader */
};

extern __attribute__((visibility("default"))) struct asking asking;

#endif
