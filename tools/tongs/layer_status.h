/* SPDX-License-Identifier: MIT */
/* Why a device lacks the extension, according to the layer itself. */
#ifndef TONGS_TOOL_LAYER_STATUS_H
#define TONGS_TOOL_LAYER_STATUS_H

#include "client/vulkan.h"

enum { TONGS_LAYER_STATUS_TEXT = 512 };

/* Writes why the device with that deviceUUID, which does not list the extension, cannot share. */
void tongs_layer_status_explain(
	VkInstance instance, const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_LAYER_STATUS_TEXT]);

#endif
