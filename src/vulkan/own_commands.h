/* SPDX-License-Identifier: MIT */
/* Commands on libtongs' own device: recorded one after the other, submitted once, waited for. Each sees what the ones
 * before it wrote, and what other devices and the CPU had written before the submission; they see what it wrote when it
 * has completed.
 *
 * An object is used by one thread at a time. Functions that record return nothing: what fails is the submission. */
#ifndef TONGS_VULKAN_OWN_COMMANDS_H
#define TONGS_VULKAN_OWN_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "vulkan/own_place.h"
#include "vulkan/own_semaphore.h"

struct tongs_own_commands;

/* NULL, with `*result` set, on failure. Holds no reference to `dev`. */
struct tongs_own_commands *tongs_own_commands_create(struct tongs_own_device *dev, VkResult *result);
/* Not between submit and wait. NULL is fine. */
void tongs_own_commands_destroy(struct tongs_own_commands *commands);
/* Makes commands that have completed, or were never submitted, empty again. False: the driver fails, and they can only
 * be destroyed. */
bool tongs_own_commands_reset(struct tongs_own_commands *commands);

void tongs_own_commands_copy_buffer(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	const struct tongs_own_place *to, VkDeviceSize size);
/* Copies `rows` rows of `row_bytes` bytes that are so many bytes apart. */
void tongs_own_commands_copy_rows(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	VkDeviceSize from_pitch, const struct tongs_own_place *to, VkDeviceSize to_pitch, VkDeviceSize row_bytes,
	uint32_t rows);
/* Any offset and size. */
void tongs_own_commands_fill(
	struct tongs_own_commands *commands, const struct tongs_own_place *to, VkDeviceSize size, uint8_t value);
void tongs_own_commands_copy_to_image(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	const struct tongs_own_rows *rows, const struct tongs_own_texels *to, VkExtent3D extent);
void tongs_own_commands_copy_from_image(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	VkExtent3D extent, const struct tongs_own_place *to, const struct tongs_own_rows *rows);
void tongs_own_commands_copy_image(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent);
/* Writes `to`, one level down, from `from` by linear filtering, in so many layers. */
void tongs_own_commands_downsample(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	VkExtent3D from_extent, const struct tongs_own_texels *to, VkExtent3D to_extent, uint32_t layers);
/* Whole levels of so many layers. */
void tongs_own_commands_clear_color(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearColorValue *value);
void tongs_own_commands_clear_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearDepthStencilValue *value);
/* All samples of texels of one layer. */
void tongs_own_commands_resolve(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent);

/* The same for depth or stencil, from the first texel on, if tongs_own_image_find_resolve_fault finds none. */
void tongs_own_commands_resolve_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent, VkResolveModeFlagBits mode);

/* Ends the recording, and starts the commands. */
VkResult tongs_own_commands_submit(struct tongs_own_commands *commands);
/* Until the submitted commands have completed. */
VkResult tongs_own_commands_wait(struct tongs_own_commands *commands);

enum { TONGS_MAX_POINTS = 8 };
struct tongs_own_point {
	struct tongs_own_semaphore *semaphore; /* a reference, as long as the submission is not over */
	uint64_t value;
};
struct tongs_own_points {
	struct tongs_own_point items[TONGS_MAX_POINTS];
	uint32_t count;
};

/* As tongs_own_commands_submit, on a queue of tongs_own_device_take_queue: after these have been signalled, and then
 * these are signalled. There may be no commands at all. */
VkResult tongs_own_commands_submit_between(struct tongs_own_commands *commands, VkQueue queue,
	const struct tongs_own_points *waits, const struct tongs_own_points *signals);
/* VK_TIMEOUT: not yet, after so many nanoseconds. */
VkResult tongs_own_commands_wait_for(struct tongs_own_commands *commands, uint64_t timeout);

#endif
