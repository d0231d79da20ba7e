/* SPDX-License-Identifier: MIT */
/* Finds the layer's manifest, and sets the environment that makes the Vulkan loader enable the layer. */
#ifndef TONGS_CLIENT_LAYER_PATH_H
#define TONGS_CLIENT_LAYER_PATH_H

#include <limits.h>
#include <stdbool.h>

#define TONGS_LAYER_NAME "VK_LAYER_TONGS_metal_interop"

/* Writes the folder of the manifest: `given`, or if that is NULL, the build tree's, else the installed one. Returns
 * false after a message that names every folder tried. */
bool tongs_layer_path_find(const char *given, char folder[PATH_MAX]);

/* Changes this process' environment: enables the layer of `folder` above all others, and with `validation` the Khronos
 * validation layer right below it. Idempotent. Returns false after a message if memory runs out. */
bool tongs_layer_path_enable(const char *folder, bool validation);

/* Removes the layer from the environment, for instances without it; other layers stay. Returns false after a message if
 * memory runs out. */
bool tongs_layer_path_disable(void);

/* Finds and enables the layer in this process. Returns false after a message. */
bool tongs_layer_path_use(const char *given);

/* Returns whether the loader reads the folder whatever the environment says. */
bool tongs_layer_path_is_system(const char *folder);

/* The variables that tongs_layer_path_enable may set, ended by NULL. */
extern const char *const tongs_layer_path_variables[];

#endif
