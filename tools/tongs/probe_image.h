/* SPDX-License-Identifier: MIT */
/* The questions about images of one format and tiling. */
#ifndef TONGS_TOOL_PROBE_IMAGE_H
#define TONGS_TOOL_PROBE_IMAGE_H

#include "probe.h"

/* Fills `row`, whose handle type and format are there already. False, with a message, if what the queries promise
 * cannot be made. */
bool tongs_probe_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkImageTiling tiling, struct tongs_probe_row *row);

#endif
