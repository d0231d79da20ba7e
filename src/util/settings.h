/* SPDX-License-Identifier: MIT */
/* The values of settings. Sources in the order of the Vulkan layers' ecosystem, the first that names a setting wins:
 * the environment, the layers' settings file (setting_table.h), VK_EXT_layer_settings, the default. A value that the
 * setting does not take is ignored with a warning, once in a process for each setting. */
#ifndef TONGS_UTIL_SETTINGS_H
#define TONGS_UTIL_SETTINGS_H

#include <stdint.h>

#include "util/export.h"
#include "util/setting_table.h"

/* The process' value, from any thread. Read at the first call, and then constant, but for what an instance sets. */
TONGS_INTEROP uint64_t tongs_settings_get(enum tongs_setting setting);

/* Reads VK_EXT_layer_settings from VkInstanceCreateInfo's chain, in which the first mention of a setting wins, and
 * fills `values` with those of that instance. Settings of the process change for all of it, unless the environment or
 * the file has them; those that are read when libtongs is loaded cannot be set so, which is a warning. */
TONGS_INTEROP void tongs_settings_read_instance(const void *pNext, uint64_t values[TONGS_SETTING_COUNT]);

#endif
