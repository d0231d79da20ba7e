/* SPDX-License-Identifier: MIT */
/* Rendering the demo's picture with Vulkan alone. */
#ifndef TONGS_SMITHY_SCENE_H
#define TONGS_SMITHY_SCENE_H

#include "client/context.h"

/* What drawing the smithy into images needs. */
struct tongs_scene;

enum { TONGS_SCENE_MAX_TARGETS = 2 };

/* `targets` are views of images with COLOR_ATTACHMENT usage, all alike. `moments`: 0: the hammer rests; else the
 * moments into which a stroke of the hammer is divided. Returns NULL after a message. */
struct tongs_scene *tongs_scene_create(const struct tongs_context *context, const VkImageView *targets,
	uint32_t target_count, VkFormat format, VkExtent2D extent, uint32_t moments);
void tongs_scene_destroy(const struct tongs_context *context, struct tongs_scene *scene); /* NULL: nothing */

/* Records the drawing of a moment (0 if the hammer rests): with depth and 4 samples, which are resolved into a target.
 * Replaces the image's contents and leaves it in layout GENERAL. */
void tongs_scene_record(const struct tongs_scene *scene, uint32_t target, uint32_t moment, VkCommandBuffer commands);

/* Draws the smithy into `target`, a view of an image with COLOR_ATTACHMENT usage, and waits. Replaces the image's
 * contents and leaves it in layout GENERAL. Returns false, with a message, on failure. */
bool tongs_scene_render(const struct tongs_context *context, VkImageView target, VkFormat format, VkExtent2D extent);

#endif
