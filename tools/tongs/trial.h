/* SPDX-License-Identifier: MIT */
/* Making, exporting and throwing away one small resource: the proof of what the queries promise. */
#ifndef TONGS_TOOL_TRIAL_H
#define TONGS_TOOL_TRIAL_H

#include "probe.h"

/* Fill `row`'s memory types and storage mode; false, with a message and `why_not` set, if the resource cannot be made
 * or exported as `type`. */
bool tongs_trial_buffer(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkBufferUsageFlags usage, bool dedicated, struct tongs_probe_row *row);
bool tongs_trial_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type, VkFormat format,
	VkImageTiling tiling, VkImageUsageFlags usage, bool dedicated, struct tongs_probe_row *row);

#endif
