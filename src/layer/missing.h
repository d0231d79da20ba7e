/* SPDX-License-Identifier: MIT */
/* What is called in place of a command that the next layer doesn't have on a device. Only a program that breaks
 * Vulkan's rules gets there, with a pointer that it got of the instance or of another device: it is told so and goes
 * on. */
#ifndef TONGS_LAYER_MISSING_H
#define TONGS_LAYER_MISSING_H

#include "layer/objects.h"

/* For each command that not every device has. */
void tongs_missing_fill_device(struct tongs_layer_device *device);

#endif
