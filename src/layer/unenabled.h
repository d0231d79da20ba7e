/* SPDX-License-Identifier: MIT */
/* Commands of devices that enabled none of the layer's extensions, for programs that use their structs all the same. */
#ifndef TONGS_LAYER_UNENABLED_H
#define TONGS_LAYER_UNENABLED_H

#include "layer/objects.h"

/* The function that watches the command of that name for `dev`, whose metal_enabled is false: it reports structs and
 * handle types of extensions that the device did not enable, once for the device, and calls the next layer. NULL: the
 * command cannot have such structs, or the setting `validation` is off. */
PFN_vkVoidFunction tongs_unenabled_find(const struct tongs_layer_device *dev, const char *name);

#endif
