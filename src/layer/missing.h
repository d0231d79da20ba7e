/* SPDX-License-Identifier: MIT */
/* What is called in place of a command that the next layer doesn't have. Only a program that breaks Vulkan's rules gets
 * there, with a pointer of an instance or device that has the command: it is told so and goes on. */
#ifndef TONGS_LAYER_MISSING_H
#define TONGS_LAYER_MISSING_H

#include "layer/records.h"

/* For each command that is not there on every instance or device. */
void tongs_missing_fill_instance(struct tongs_vk_instance *instance);
void tongs_missing_fill_device(struct tongs_vk_device *device);

#endif
