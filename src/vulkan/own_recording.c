/* SPDX-License-Identifier: MIT */
#include "vulkan/own_recording.h"

#include "format/format.h"
#include "util/alloc.h"

/* Whether commands can be recorded. */
static bool begin(struct tongs_own_commands *commands) {
	static const VkCommandBufferBeginInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	if (!commands->recording && commands->result == VK_SUCCESS) {
		commands->result = tongs_own_commands_get_vkd(commands)->BeginCommandBuffer(commands->handle, &info);
		commands->recording = commands->result == VK_SUCCESS;
	}
	return commands->result == VK_SUCCESS;
}

static void record_copies(struct tongs_own_commands *commands) {
	struct tongs_own_batch *copies = &commands->copies;
	if (copies->count)
		tongs_own_commands_get_vkd(commands)->CmdCopyBuffer(
			commands->handle, copies->from, copies->to, copies->count, copies->regions);
	copies->count = 0;
}

void tongs_own_recording_add_copy(
	struct tongs_own_commands *commands, VkBuffer from, VkBuffer to, const VkBufferCopy *region) {
	struct tongs_own_batch *copies = &commands->copies;
	if (copies->count == TONGS_OWN_MAX_REGIONS || copies->from != from || copies->to != to)
		record_copies(commands);
	copies->from = from;
	copies->to = to;
	copies->regions[copies->count++] = *region;
}

VkCommandBuffer tongs_own_recording_next(struct tongs_own_commands *commands) {
	record_copies(commands);
	return commands->handle;
}

static const void *get_address(const struct tongs_own_acquired *slot) {
	return slot->buffer ? (const void *)slot->buffer : (const void *)slot->image;
}

/* The resource's slot, or the free one for it. */
static struct tongs_own_acquired *find_slot(struct tongs_own_acquired *slots, size_t count, const void *address) {
	size_t i = ((uintptr_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (count - 1);
	while (get_address(&slots[i]) && get_address(&slots[i]) != address)
		i = (i + 1) & (count - 1);
	return &slots[i];
}

static bool grow(struct tongs_own_commands *commands) {
	const size_t count = commands->slot_count ? commands->slot_count * 2 : 16;
	struct tongs_own_acquired *slots = tongs_malloc(count, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = 0; i < commands->slot_count; i++)
		if (get_address(&commands->acquired[i]))
			*find_slot(slots, count, get_address(&commands->acquired[i])) = commands->acquired[i];
	tongs_free(NULL, commands->acquired);
	commands->acquired = slots;
	commands->slot_count = count;
	return true;
}

static VkImageMemoryBarrier make_image_barrier(const struct tongs_own_image *image, uint32_t from, uint32_t to) {
	return (VkImageMemoryBarrier){
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.oldLayout = VK_IMAGE_LAYOUT_GENERAL,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.image = image->image,
		.subresourceRange =
			{
				.aspectMask = tongs_format_get_barrier_aspects(image->shape.format),
				.levelCount = VK_REMAINING_MIP_LEVELS,
				.layerCount = VK_REMAINING_ARRAY_LAYERS,
			},
	};
}

static VkBufferMemoryBarrier make_buffer_barrier(const struct tongs_own_buffer *buffer, uint32_t from, uint32_t to) {
	return (VkBufferMemoryBarrier){
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
		.srcQueueFamilyIndex = from,
		.dstQueueFamilyIndex = to,
		.buffer = buffer->handle,
		.size = VK_WHOLE_SIZE,
	};
}

/* Transfers one resource from or to VK_QUEUE_FAMILY_EXTERNAL. An acquire that began at TOP_OF_PIPE would not come after
 * the wait of a semaphore: nothing is before that stage. */
static void transfer(struct tongs_own_commands *commands, const struct tongs_own_acquired *resource, bool acquire) {
	const uint32_t own = tongs_own_device_get_graphics_queue(commands->dev)->family;
	const uint32_t from = acquire ? VK_QUEUE_FAMILY_EXTERNAL : own, to = acquire ? own : VK_QUEUE_FAMILY_EXTERNAL;
	const VkAccessFlags before = acquire ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT,
			    after = acquire ? TONGS_OWN_TRANSFERS : 0;
	VkBufferMemoryBarrier buffer = {0};
	VkImageMemoryBarrier image = {0};
	if (resource->buffer) {
		buffer = make_buffer_barrier(resource->buffer, from, to);
		buffer.srcAccessMask = before;
		buffer.dstAccessMask = after;
	} else {
		image = make_image_barrier(resource->image, from, to);
		image.srcAccessMask = before;
		image.dstAccessMask = after;
	}
	tongs_own_commands_get_vkd(commands)->CmdPipelineBarrier(tongs_own_recording_next(commands),
		VK_PIPELINE_STAGE_TRANSFER_BIT,
		acquire ? VK_PIPELINE_STAGE_TRANSFER_BIT : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL,
		resource->buffer != NULL, &buffer, resource->image != NULL, &image);
}

/* Whether the resource may be used. */
static bool acquire(struct tongs_own_commands *commands, const struct tongs_own_acquired *resource) {
	if (!begin(commands))
		return false;
	if (get_address(resource) == commands->recent[0] || get_address(resource) == commands->recent[1])
		return true;
	if (commands->acquired_count >= commands->slot_count / 2 && !grow(commands)) {
		commands->result = VK_ERROR_OUT_OF_HOST_MEMORY;
		return false;
	}
	struct tongs_own_acquired *slot = find_slot(commands->acquired, commands->slot_count, get_address(resource));
	commands->recent[0] = commands->recent[1];
	commands->recent[1] = get_address(resource);
	if (get_address(slot))
		return true;
	*slot = *resource;
	commands->acquired_count++;
	transfer(commands, resource, true);
	return true;
}

static bool overlap(const struct tongs_own_access *a, const struct tongs_own_access *b) {
	if (!a->write && !b->write)
		return false;
	if (a->image && a->image == b->image)
		return a->level == b->level && a->first_layer < b->end_layer && b->first_layer < a->end_layer;
	return a->bytes.memory == b->bytes.memory && a->bytes.begin < b->bytes.end && b->bytes.begin < a->bytes.end;
}

void tongs_own_recording_put_barrier(struct tongs_own_commands *commands) {
	static const VkMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = TONGS_OWN_TRANSFERS,
	};
	tongs_own_commands_get_vkd(commands)->CmdPipelineBarrier(tongs_own_recording_next(commands),
		VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
	commands->access_count = 0;
}

/* Attachments are loaded and stored by the tests of depth and stencil, and resolved, whatever their aspect, as color
 * attachments are written. */
void tongs_own_recording_put_rendering_barrier(struct tongs_own_commands *commands, bool before) {
	const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT |
					    VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT |
					    VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
	const VkAccessFlags writes =
		VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
	const VkAccessFlags reads = VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_READ_BIT;
	const VkMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = before ? VK_ACCESS_TRANSFER_WRITE_BIT : writes,
		.dstAccessMask = before ? reads | writes : TONGS_OWN_TRANSFERS,
	};
	tongs_own_commands_get_vkd(commands)->CmdPipelineBarrier(tongs_own_recording_next(commands),
		before ? VK_PIPELINE_STAGE_TRANSFER_BIT : stages, before ? stages : VK_PIPELINE_STAGE_TRANSFER_BIT, 0,
		1, &barrier, 0, NULL, 0, NULL);
	commands->access_count = 0;
}

static bool has_overlap(const struct tongs_own_commands *commands, const struct tongs_own_access *access) {
	for (unsigned i = 0; i < commands->access_count; i++)
		if (overlap(&commands->accesses[i], access))
			return true;
	return false;
}

/* Copies often go on where the one before them ended. */
static bool is_next(const struct tongs_own_access *a, const struct tongs_own_access *b) {
	return !a->image && !b->image && a->write == b->write && a->bytes.memory == b->bytes.memory &&
	       a->bytes.end == b->bytes.begin;
}

void tongs_own_recording_add_access(struct tongs_own_commands *commands, const struct tongs_own_access *access) {
	for (unsigned i = 0; i < commands->access_count; i++) {
		if (is_next(&commands->accesses[i], access)) {
			commands->accesses[i].bytes.end = access->bytes.end;
			return;
		}
	}
	commands->accesses[commands->access_count++] = *access;
}

void tongs_own_recording_order(
	struct tongs_own_commands *commands, const struct tongs_own_access *from, const struct tongs_own_access *to) {
	if (commands->access_count + 2 > TONGS_OWN_MAX_ACCESSES || has_overlap(commands, to) ||
		(from && has_overlap(commands, from)))
		tongs_own_recording_put_barrier(commands);
	if (from)
		tongs_own_recording_add_access(commands, from);
	tongs_own_recording_add_access(commands, to);
}

bool tongs_own_recording_acquire_place(struct tongs_own_commands *commands, const struct tongs_own_place *place) {
	return acquire(commands, &(struct tongs_own_acquired){.buffer = place->buffer});
}

bool tongs_own_recording_acquire_texels(struct tongs_own_commands *commands, const struct tongs_own_texels *texels) {
	return acquire(commands, &(struct tongs_own_acquired){.image = texels->image});
}

/* A barrier with the host stage cannot transfer ownership (VUID-vkCmdPipelineBarrier-srcStageMask-09633). */
static void release_all(struct tongs_own_commands *commands) {
	static const VkMemoryBarrier host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT,
	};
	tongs_own_commands_get_vkd(commands)->CmdPipelineBarrier(tongs_own_recording_next(commands),
		VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &host, 0, NULL, 0, NULL);
	for (size_t i = 0; i < commands->slot_count; i++)
		if (get_address(&commands->acquired[i]))
			transfer(commands, &commands->acquired[i], false);
}

VkResult tongs_own_recording_end(struct tongs_own_commands *commands) {
	if (commands->result != VK_SUCCESS)
		return commands->result;
	release_all(commands);
	return tongs_own_commands_get_vkd(commands)->EndCommandBuffer(commands->handle);
}

void tongs_own_recording_reset(struct tongs_own_commands *commands) {
	tongs_free(NULL, commands->acquired);
	commands->acquired = NULL;
	commands->acquired_count = commands->slot_count = 0;
	commands->recent[0] = commands->recent[1] = NULL;
	commands->copies.count = 0;
	commands->access_count = 0;
	commands->recording = false;
	commands->result = VK_SUCCESS;
}
