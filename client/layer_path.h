/* SPDX-License-Identifier: MIT */
/* Where the layer's manifest is, and the environment that makes the Vulkan loader find and enable it. */
#ifndef TONGS_CLIENT_LAYER_PATH_H
#define TONGS_CLIENT_LAYER_PATH_H

#include <limits.h>
#include <stdbool.h>

#define TONGS_LAYER_NAME "VK_LAYER_TONGS_metal_interop"

/* Writes the folder that holds the manifest: `given` (may be NULL), else the build tree's, else the installed one.
 * False, with a message that names every folder tried, when it is in none of them. */
bool tongs_layer_path_find(const char *given, char folder[PATH_MAX]);

/* Changes this process' environment: the layer of `folder` is enabled above whatever else is; with `validation`, the
 * Khronos validation layer too, below it. Doing it twice is doing it once. False, with a message, when memory runs out.
 */
bool tongs_layer_path_enable(const char *folder, bool validation);

/* Takes the layer out of the environment's list again, for instances without it; other layers stay. False, with a
 * message, when memory runs out. */
bool tongs_layer_path_disable(void);

/* Finds and enables, for the commands that use Vulkan themselves. */
bool tongs_layer_path_use(const char *given);

/* Whether the loader looks into the folder whatever the environment says. */
bool tongs_layer_path_is_system(const char *folder);

/* The variables that tongs_layer_path_enable may have set, ended by NULL. */
extern const char *const tongs_layer_path_variables[];

#endif
