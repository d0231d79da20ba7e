/* SPDX-License-Identifier: MIT */
/* Copies between a shared and an ordinary buffer, with the change of owners around them. */
#include "demo_bytes.h"

#include "fill.h"
#include "client/share.h"

static bool copy(const struct tongs_context *context, const struct tongs_context_buffer *shared,
	const struct tongs_context_buffer *plain, bool into_shared) {
	VkCommandBuffer commands = tongs_context_begin(context);

	if (!commands)
		return false;
	tongs_share_acquire_buffer(context, commands, shared->buffer);
	vkCmdCopyBuffer(commands, into_shared ? plain->buffer : shared->buffer,
		into_shared ? shared->buffer : plain->buffer, 1, &(VkBufferCopy){.size = shared->size});
	tongs_context_barrier(commands);
	tongs_share_release_buffer(context, commands, shared->buffer);
	return tongs_context_submit(context, commands);
}

bool tongs_demo_bytes_read(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed) {
	const size_t count = shared->size / sizeof(uint32_t);
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(context, shared->size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &plain))
		return false;
	bool right = copy(context, shared, &plain, false) && tongs_fill_count_right(plain.pages, count, seed) == count;
	tongs_context_destroy_buffer(context, &plain);
	return right;
}

bool tongs_demo_bytes_write(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed) {
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(context, shared->size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &plain))
		return false;
	tongs_fill_words(plain.pages, shared->size / sizeof(uint32_t), seed);
	bool done = copy(context, shared, &plain, true);
	tongs_context_destroy_buffer(context, &plain);
	return done;
}
