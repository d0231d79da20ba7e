/* SPDX-License-Identifier: MIT */
/* The values of settings. Sources, in the order that other Vulkan layers use; the first that has a setting wins: the
 * environment, the layers' settings file (setting_table.h), VK_EXT_layer_settings, the default. A value that the
 * setting does not accept is ignored with a warning, once per process for each setting. */
#ifndef TONGS_UTIL_SETTINGS_H
#define TONGS_UTIL_SETTINGS_H

#include <stdint.h>

#include "util/export.h"
#include "util/setting_table.h"

/* The process' value, from any thread. Read at the first call, and constant from then on, except that an instance may
 * set it. */
TONGS_INTEROP uint64_t tongs_settings_get(enum tongs_setting setting);

/* Reads VK_EXT_layer_settings from VkInstanceCreateInfo's chain, in which the first entry for a setting wins, and fills
 * `values` with that instance's. Settings of the process change for the whole process, unless the environment or the
 * file has them. Those that are read when libtongs is loaded cannot be set this way; trying to is reported as a
 * warning. */
TONGS_INTEROP void tongs_settings_read_instance(const void *pNext, uint64_t values[TONGS_SETTING_COUNT]);

#endif
