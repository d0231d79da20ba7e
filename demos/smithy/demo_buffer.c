/* SPDX-License-Identifier: MIT */
/* A buffer as an MTLBuffer: a compute shader writes, Metal reads; Metal writes, Vulkan reads. */
#include "demo.h"

#include "demo_bytes.h"
#include "fill.h"
#include "client/share.h"

enum { COUNT = 1 << 18 };

static const VkBufferUsageFlags usage =
	VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static bool exchange(const struct tongs_context *context, const struct tongs_context_buffer *shared,
	struct tongs_demo_row *row, struct tongs_buffer **metal) {
	void *handle = tongs_share_export(context, shared->memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT);

	*metal = tongs_buffer_from_handle(handle);
	if (!tongs_demo_check(row, *metal != NULL, "the exported handle is an MTLBuffer"))
		return false;
	row->handle = handle;
	row->bytes = tongs_buffer_get_length(*metal);
	row->storage_mode = tongs_resource_get_storage_mode(tongs_buffer_get_resource(*metal));
	uint32_t *words = tongs_buffer_get_contents(*metal);
	if (!tongs_demo_check(row, words && row->bytes >= shared->size, "Metal sees its contents"))
		return false;
	tongs_demo_check_pages(row, words, shared->pages);

	if (!tongs_fill_on_gpu(context, shared, 1))
		return false;
	tongs_demo_check(row, tongs_fill_count_right(words, COUNT, 1) == COUNT,
		"Metal reads every number that a compute shader wrote");
	tongs_fill_words(words, COUNT, 2);
	return tongs_demo_check(
		row, tongs_demo_bytes_read(context, shared, 2), "Vulkan reads every number that Metal wrote");
}

static bool import(const struct tongs_context *context, struct tongs_buffer *metal, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, metal, 0};
	struct tongs_context_buffer imported;

	if (!tongs_share_create_buffer(context, &share, COUNT * sizeof(uint32_t), usage, &imported))
		return tongs_demo_check(row, false, "a second device imports the buffer");
	tongs_demo_check(
		row, tongs_demo_bytes_read(context, &imported, 2), "a second device imports it and reads the same");
	tongs_demo_check(row,
		tongs_demo_bytes_write(context, &imported, 3) &&
			tongs_fill_count_right(tongs_buffer_get_contents(metal), COUNT, 3) == COUNT,
		"Metal reads what the second device wrote");
	tongs_context_destroy_buffer(context, &imported);
	return true;
}

bool tongs_demo_buffer(const struct tongs_demo *demo, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, NULL, 0};
	struct tongs_context_buffer shared;
	struct tongs_buffer *metal;

	*row = (struct tongs_demo_row){.type = "MTLBUFFER", .kind = TONGS_KIND_BUFFER};
	if (!tongs_share_create_buffer(&demo->first, &share, COUNT * sizeof(uint32_t), usage, &shared))
		return false;
	bool done = exchange(&demo->first, &shared, row, &metal) && import(&demo->second, metal, row);
	tongs_context_destroy_buffer(&demo->first, &shared);
	return done;
}
