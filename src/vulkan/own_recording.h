/* SPDX-License-Identifier: MIT */
/* What own_commands.h's commands are recorded with: resources are acquired from VK_QUEUE_FAMILY_EXTERNAL at their first
 * use, and released at the end, so that whoever else has the memory, another VkDevice or the CPU, sees it as the
 * extension lays down. Barriers stand between commands that would overlap.
 *
 * A command acquires its resources, has itself ordered, and is then recorded into what `next` returns. */
#ifndef TONGS_VULKAN_OWN_RECORDING_H
#define TONGS_VULKAN_OWN_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "util/list.h"
#include "vulkan/own_device.h"
#include "vulkan/own_place.h"

/* What a command since the last barrier accesses. */
struct tongs_own_access {
	struct tongs_own_bytes bytes;
	const struct tongs_own_image *image; /* NULL: a buffer */
	uint32_t level, first_layer, end_layer;
	bool write;
};

enum { TONGS_OWN_MAX_ACCESSES = 32, TONGS_OWN_MAX_REGIONS = 64 };

/* Copies between two buffers that become one command, for small copies come in long rows. None overlaps another:
 * a barrier ends the batch. */
struct tongs_own_batch {
	VkBuffer from, to;
	uint32_t count;
	VkBufferCopy regions[TONGS_OWN_MAX_REGIONS];
};

/* A resource that was acquired: a VkBuffer or a VkImage. */
struct tongs_own_acquired {
	const struct tongs_own_buffer *buffer;
	const struct tongs_own_image *image;
};

struct tongs_own_commands {
	struct tongs_own_device *dev;
	VkCommandPool pool;
	VkCommandBuffer handle;
	VkFence fence;
	VkBuffer word; /* some bytes of one value; with its memory VK_NULL_HANDLE until needed */
	VkDeviceMemory word_memory;
	bool recording;
	VkResult result;               /* the first failure of a recording */
	struct tongs_own_batch copies; /* not yet in `handle` */
	struct tongs_own_access accesses[TONGS_OWN_MAX_ACCESSES];
	unsigned access_count;
	/* A hash set by address, of a power of two slots, and half empty. */
	struct tongs_own_acquired *acquired;
	size_t acquired_count, slot_count;
	const void *recent[2];   /* that were acquired last, by address */
	struct tongs_list views; /* VkImageView, that the commands use */
};

static inline const struct tongs_vk_device *tongs_own_commands_get_vkd(const struct tongs_own_commands *commands) {
	return &commands->dev->vkd;
}

#define TONGS_OWN_TRANSFERS (VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT)

/* False: the recording has failed. */
bool tongs_own_recording_acquire_place(struct tongs_own_commands *commands, const struct tongs_own_place *place);
bool tongs_own_recording_acquire_texels(struct tongs_own_commands *commands, const struct tongs_own_texels *texels);
/* Before a command that reads `from`, which may be NULL, and writes `to`. */
void tongs_own_recording_order(
	struct tongs_own_commands *commands, const struct tongs_own_access *from, const struct tongs_own_access *to);
/* Transfers after it come after those before it. */
void tongs_own_recording_put_barrier(struct tongs_own_commands *commands);
/* The same between transfers and a rendering, `before` it or behind. */
void tongs_own_recording_put_rendering_barrier(struct tongs_own_commands *commands, bool before);
/* What a command accesses after barriers of its own. */
void tongs_own_recording_add_access(struct tongs_own_commands *commands, const struct tongs_own_access *access);
/* Recorded with the next command, or at the end. */
void tongs_own_recording_add_copy(
	struct tongs_own_commands *commands, VkBuffer from, VkBuffer to, const VkBufferCopy *region);
/* Where the next command is recorded, behind the copies before it. */
VkCommandBuffer tongs_own_recording_next(struct tongs_own_commands *commands);
/* Releases all, and ends the recording. */
VkResult tongs_own_recording_end(struct tongs_own_commands *commands);
/* Makes it empty. The commands are not in use. */
void tongs_own_recording_reset(struct tongs_own_commands *commands);

#endif
