/* SPDX-License-Identifier: MIT */
/* Buffers with Metal handle types. */
#ifndef TONGS_LAYER_BUFFER_H
#define TONGS_LAYER_BUFFER_H

#include "layer/objects.h"

/* Finds the device's buffer_alignment. */
VkResult tongs_buffer_query_alignment(struct tongs_layer_device *dev, const VkPhysicalDeviceLimits *limits);

#endif
