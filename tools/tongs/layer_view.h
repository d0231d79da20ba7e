/* SPDX-License-Identifier: MIT */
/* What the layer itself says of a device, below the layers that are above it; and which layers there are. */
#ifndef TONGS_TOOL_LAYER_VIEW_H
#define TONGS_TOOL_LAYER_VIEW_H

#include "client/vulkan.h"

enum { TONGS_LAYER_VIEW_TEXT = 512 };

/* Into `text`: why the device of that UUID, which does not list the extension, cannot share. */
void tongs_layer_view_explain(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_LAYER_VIEW_TEXT]);

#endif
