/* SPDX-License-Identifier: MIT */
/* What views need of buffers and devices, where VK_EXT_metal_objects is enabled. */
#ifndef TONGS_LAYER_VIEW_H
#define TONGS_LAYER_VIEW_H

#include "layer/objects.h"

/* A buffer was created: keeps what its buffer views need. False: out of memory. */
bool tongs_view_add_buffer(struct tongs_layer_device *dev, VkBuffer buffer, const VkBufferCreateInfo *info);
void tongs_view_remove_buffer(struct tongs_layer_device *dev, VkBuffer buffer);

/* After the VkDevice was destroyed: frees what the application left. */
void tongs_view_finish(struct tongs_layer_device *dev);

#endif
