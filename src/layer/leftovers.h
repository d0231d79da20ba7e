/* SPDX-License-Identifier: MIT */
/* What an application has not destroyed when it destroys its device. */
#ifndef TONGS_LAYER_LEFTOVERS_H
#define TONGS_LAYER_LEFTOVERS_H

#include "layer/records.h"

/* Tells, in one warning, of the memory, buffers and images with Metal handle types that `device` still has. */
void tongs_leftovers_report(struct tongs_vk_device *device);

#endif
