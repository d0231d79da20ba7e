/* SPDX-License-Identifier: MIT */
/* Why a device lacks the extension, and which memory it shares, according to the layer itself. */
#ifndef TONGS_TOOL_LAYER_STATUS_H
#define TONGS_TOOL_LAYER_STATUS_H

#include "client/vulkan.h"

#include <tongs/layer.h>

enum { TONGS_LAYER_STATUS_TEXT = 512 };

/* Writes why the device with that deviceUUID, which does not list the extension, cannot share. */
void tongs_layer_status_explain(
	VkInstance instance, const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_LAYER_STATUS_TEXT]);

/* Zeroed if the layer does not provide the device's extension. */
struct tongs_layer_roles tongs_layer_status_get_roles(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE]);

/* Whether the layer's library is loaded in this process. */
bool tongs_layer_status_is_loaded(void);

#endif
