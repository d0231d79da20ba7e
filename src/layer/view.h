/* SPDX-License-Identifier: MIT */
/* What the layer itself says of a device: for `tongs info`, from which layers above may hide it. */
#ifndef TONGS_LAYER_VIEW_OF_DEVICE_H
#define TONGS_LAYER_VIEW_OF_DEVICE_H

#include <stdint.h>

#include <vulkan/vulkan_core.h>

enum tongs_view {
	TONGS_VIEW_UNKNOWN,           /* the instance has no such device, or memory to tell is lacking */
	TONGS_VIEW_SHARES,            /* the layer adds the extension */
	TONGS_VIEW_NATIVE,            /* the driver has it, or a layer below */
	TONGS_VIEW_OLD,               /* the instance or the device is older than the queries */
	TONGS_VIEW_LACKS_HOST_MEMORY, /* VK_EXT_external_memory_host is not there below */
	TONGS_VIEW_COARSE,            /* it is, for units larger than a page */
	TONGS_VIEW_DENIES,            /* it is, and no resource can be made for such memory */
};

/* Exported by the layer's library. `instance`: as the loader gives it to programs. */
enum tongs_view tongs_layer_view(VkInstance instance, const uint8_t device_uuid[VK_UUID_SIZE]);

#endif
