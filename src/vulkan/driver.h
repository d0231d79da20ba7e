/* SPDX-License-Identifier: MIT */
/* Vulkan driver libraries: which are installed or loaded, and how to open one. Private to src/vulkan.
 *
 * libtongs calls drivers directly, never through the Vulkan loader: the application may be inside the loader, which
 * holds its lock, when libtongs needs a device; and the loader's instances contain the user's layers. */
#ifndef TONGS_VULKAN_DRIVER_H
#define TONGS_VULKAN_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include <vulkan/vulkan_core.h>

#include "util/list.h"

/* Appends a copy of the first `length` bytes of `text` to a list of `char *`, which owns them. Returns false when
 * memory runs out. */
bool tongs_strings_add(struct tongs_list *strings, const char *text, size_t length);
void tongs_strings_finish(struct tongs_list *strings);

/* Adds the libraries of all installed drivers, by the Vulkan loader's rules, in the form that dlopen expects. The last
 * manifest comes first, which is the loader's order for devices of equal rank. When a manifest or folder cannot be
 * read, adds the others and returns an error. */
VkResult tongs_driver_list_installed(struct tongs_list *libraries);

/* Adds the drivers among the libraries of this process, in load order. Fails only when memory runs out. */
VkResult tongs_driver_list_loaded(struct tongs_list *libraries);

/* Returns the library path in a manifest's JSON `text`, for the caller to free with tongs_free; one that is relative to
 * the manifest at `path` becomes absolute. Returns NULL for another architecture, a portability driver, or a file that
 * is no driver manifest; then `*result` is an error if the JSON is malformed or memory ran out. */
char *tongs_driver_parse_manifest(const char *path, const char *text, size_t length, VkResult *result);

struct tongs_driver {
	void *library; /* from dlopen, owned */
	PFN_vkGetInstanceProcAddr get_instance_proc_addr;
};

/* A library that libtongs loads more often than this stays loaded: NVIDIA's runs out of static TLS after it was loaded
 * about a hundred times in a process. */
enum { TONGS_DRIVER_MAX_LOADS = 8 };

/* Opens a library. Returns VK_NOT_READY if `load` is false and the process has not loaded it, and
 * VK_ERROR_INCOMPATIBLE_DRIVER if it is no driver. */
VkResult tongs_driver_open(const char *library, bool load, struct tongs_driver *driver);
/* Negotiates the version of the loader-driver interface; call it before the driver creates an instance. */
VkResult tongs_driver_negotiate(const struct tongs_driver *driver);
void tongs_driver_close(struct tongs_driver *driver);

#endif
