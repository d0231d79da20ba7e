/* SPDX-License-Identifier: MIT */
/* The libraries that are Vulkan drivers, and the way into one. Private to src/gpu.
 *
 * libtongs calls drivers themselves, and never the Vulkan loader: an application may be inside the loader, which holds
 * its lock, when libtongs needs a device; and what the loader makes has the user's layers in it. */
#ifndef TONGS_VULKAN_DRIVER_H
#define TONGS_VULKAN_DRIVER_H

#include <vulkan/vulkan_core.h>

#include "vulkan/manifest.h"

/* Adds the libraries of this process that are drivers, in the order in which they were loaded. An error when memory
 * runs out. */
VkResult tongs_driver_list_loaded(struct tongs_strings *libraries);

struct tongs_driver {
	void *library; /* of dlopen: a reference */
	PFN_vkGetInstanceProcAddr get_instance_proc_addr;
};

/* Loads a library. VK_NOT_READY when it is not in the process and `load` is false; VK_ERROR_INCOMPATIBLE_DRIVER when it
 * is no driver. */
VkResult tongs_driver_open(const char *library, bool load, struct tongs_driver *driver);
/* Agrees with the driver on an interface: before an instance is made. */
VkResult tongs_driver_negotiate(const struct tongs_driver *driver);
void tongs_driver_close(struct tongs_driver *driver);

#endif
