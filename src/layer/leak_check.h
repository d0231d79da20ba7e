/* SPDX-License-Identifier: MIT */
/* What an application has not destroyed when it destroys its device. */
#ifndef TONGS_LAYER_LEAK_CHECK_H
#define TONGS_LAYER_LEAK_CHECK_H

#include "layer/objects.h"

/* Tells, in one warning, of the memory, buffers and images with Metal handle types that `device` still has. */
void tongs_leak_check_report(struct tongs_layer_device *device);

#endif
