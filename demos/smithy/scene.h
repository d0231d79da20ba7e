/* SPDX-License-Identifier: MIT */
/* Rendering the demo's picture with Vulkan alone. */
#ifndef TONGS_SMITHY_SCENE_H
#define TONGS_SMITHY_SCENE_H

#include "client/context.h"

/* Draws the smithy into `target`, a view of an image with COLOR_ATTACHMENT usage, and waits. Replaces the image's
 * contents and leaves it in layout GENERAL. Returns false, with a message, on failure. */
bool tongs_scene_render(const struct tongs_context *context, VkImageView target, VkFormat format, VkExtent2D extent);

#endif
