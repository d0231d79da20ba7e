/* SPDX-License-Identifier: MIT */
/* The layer's name and its part in the loader's chain. */
#ifndef TONGS_LAYER_LAYER_H
#define TONGS_LAYER_LAYER_H

#define TONGS_LAYER_NAME "VK_LAYER_TONGS_metal_interop"

#endif
