/* SPDX-License-Identifier: MIT */
/* Memory as an MTLHeap: a Metal buffer is placed where Vulkan has bound its own, and both are one. */
#include "demo.h"

#include "demo_bytes.h"
#include "fill.h"
#include "client/share.h"

enum { COUNT = 1 << 16 };

/* A multiple of every alignment that Vulkan devices ask for buffers. */
static const VkDeviceSize offset = 1 << 16;
static const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static struct tongs_buffer *place(struct tongs_heap *heap, struct tongs_demo_row *row) {
	NSUInteger length = COUNT * sizeof(uint32_t);
	MTLResourceOptions options = tongs_heap_get_resource_options(heap);
	MTLSizeAndAlign needs =
		tongs_device_get_heap_buffer_size_and_align(tongs_heap_get_device(heap), length, options);

	if (!tongs_demo_check(row,
		    needs.align && offset % needs.align == 0 && offset + needs.size <= tongs_heap_get_size(heap),
		    "heapBufferSizeAndAlign agrees with Vulkan's requirements"))
		return NULL;
	return tongs_heap_new_buffer_at(heap, length, options, offset);
}

static bool exchange(const struct tongs_context *context, const struct tongs_context_buffer *shared,
	struct tongs_demo_row *row, struct tongs_heap **heap) {
	void *handle = tongs_share_export(context, shared->memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT);

	*heap = tongs_heap_from_handle(handle);
	if (!tongs_demo_check(row, *heap && tongs_heap_get_type(*heap) == MTLHeapTypePlacement,
		    "the exported handle is a placement MTLHeap"))
		return false;
	row->handle = handle;
	row->bytes = tongs_heap_get_size(*heap);
	struct tongs_buffer *metal = place(*heap, row);
	uint32_t *words = metal ? tongs_buffer_get_contents(metal) : NULL;
	bool done = tongs_demo_check(row, words != NULL, "Metal places a buffer in it, where Vulkan's is bound");
	if (done) {
		row->storage_mode = tongs_resource_get_storage_mode(tongs_buffer_get_resource(metal));
		tongs_demo_check_pages(row, words, shared->pages);
		tongs_demo_check(row,
			tongs_demo_bytes_write(context, shared, 4) && tongs_fill_count_right(words, COUNT, 4) == COUNT,
			"Metal reads every number that Vulkan wrote");
		tongs_fill_words(words, COUNT, 5);
		tongs_demo_check(
			row, tongs_demo_bytes_read(context, shared, 5), "Vulkan reads every number that Metal wrote");
	}
	tongs_buffer_unref(metal);
	return done;
}

static bool import(const struct tongs_context *context, struct tongs_heap *heap, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, heap, offset};
	struct tongs_context_buffer imported;

	if (!tongs_share_create_buffer(context, &share, COUNT * sizeof(uint32_t), usage, &imported))
		return tongs_demo_check(row, false, "a second device imports the heap");
	tongs_demo_check(
		row, tongs_demo_bytes_read(context, &imported, 5), "a second device imports it and reads the same");
	tongs_context_destroy_buffer(context, &imported);
	return true;
}

bool tongs_demo_heap(const struct tongs_demo *demo, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, NULL, offset};
	struct tongs_context_buffer shared;
	struct tongs_heap *heap;

	*row = (struct tongs_demo_row){.type = "MTLHEAP", .kind = TONGS_KIND_HEAP};
	if (!tongs_share_create_buffer(&demo->first, &share, COUNT * sizeof(uint32_t), usage, &shared))
		return false;
	bool done = exchange(&demo->first, &shared, row, &heap) && import(&demo->second, heap, row);
	tongs_context_destroy_buffer(&demo->first, &shared);
	return done;
}
