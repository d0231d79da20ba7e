/* SPDX-License-Identifier: MIT */
/* Which drivers are installed, by the rules of the Vulkan loader. Private to src/gpu. */
#ifndef TONGS_VULKAN_MANIFEST_H
#define TONGS_VULKAN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include <vulkan/vulkan_core.h>

/* Strings of its own, in order; empty when zeroed. */
struct tongs_strings {
	char **items;
	size_t count, capacity;
};

/* A copy of the `length` bytes of `text`. False when memory runs out. */
bool tongs_strings_add(struct tongs_strings *strings, const char *text, size_t length);
void tongs_strings_finish(struct tongs_strings *strings);

/* Adds the libraries that the drivers' manifests name, as dlopen takes them, in the order in which the loader lists
 * what ties otherwise: the last manifest first. An error when some could not be read. */
VkResult tongs_driver_list_installed(struct tongs_strings *libraries);

/* The library of one manifest, whose text this is: a path relative to the manifest's becomes absolute. NULL where it is
 * for another architecture, a portability driver, or no driver's manifest at all; the caller's to free with
 * tongs_free. `*result` is VK_ERROR_OUT_OF_HOST_MEMORY when memory ran out. */
char *tongs_driver_parse_manifest(const char *path, const char *text, size_t length, VkResult *result);

#endif
