/* SPDX-License-Identifier: MIT */
/* The trials of buffers: an MTLBuffer, and an MTLHeap with a Metal buffer where Vulkan has bound its own. Each writer
 * fills them with numbers made from a seed of its own, and each reader checks them all. */
#include "demo.h"

#include "client/share.h"
#include "shader.h"

#include "count_comp.h"

enum { BUFFER_COUNT = 1 << 18, HEAP_COUNT = 1 << 16 }; /* numbers */

static const uint32_t group_size = 64; /* as in count.comp */

/* Where the buffers lie in the heap: a multiple of every alignment that Vulkan devices require of buffers. */
static const VkDeviceSize heap_offset = 1 << 16;

static const VkBufferUsageFlags copies = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* The same as in count.comp. */
static uint32_t get_number(size_t i, uint32_t seed) {
	return (uint32_t)i * 2654435761u + seed;
}

static void write_numbers(uint32_t *numbers, size_t count, uint32_t seed) {
	for (size_t i = 0; i < count; i++)
		numbers[i] = get_number(i, seed);
}

static bool are_numbers(const uint32_t *numbers, size_t count, uint32_t seed) {
	for (size_t i = 0; i < count; i++)
		if (numbers[i] != get_number(i, seed))
			return false;
	return true;
}

/* Acquires `shared`, copies it to or from `plain` on the GPU, releases it, and waits. */
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

/* Returns whether Vulkan reads the numbers of `seed` from all of `shared`. */
static bool vulkan_reads(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed) {
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(context, shared->size, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &plain))
		return false;
	bool right =
		copy(context, shared, &plain, false) && are_numbers(plain.pages, shared->size / sizeof(uint32_t), seed);
	tongs_context_destroy_buffer(context, &plain);
	return right;
}

static bool vulkan_writes(
	const struct tongs_context *context, const struct tongs_context_buffer *shared, uint32_t seed) {
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(context, shared->size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &plain))
		return false;
	write_numbers(plain.pages, shared->size / sizeof(uint32_t), seed);
	bool done = copy(context, shared, &plain, true);
	tongs_context_destroy_buffer(context, &plain);
	return done;
}

/* count.comp with its buffer. */
struct shader {
	struct tongs_shader_binding binding;
	VkShaderModule module;
	VkPipeline pipeline;
};

static bool create_shader(const struct tongs_context *context, VkBuffer buffer, struct shader *shader) {
	const struct tongs_shader_binding_info info = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
		.stages = VK_SHADER_STAGE_COMPUTE_BIT,
		.buffer = {buffer, 0, VK_WHOLE_SIZE},
		.constants = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(uint32_t)}};

	if (!tongs_shader_create_binding(context, &info, &shader->binding) ||
		!tongs_shader_create_module(context, count_comp, sizeof count_comp, &shader->module))
		return false;
	const VkComputePipelineCreateInfo pipeline = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
		.stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_COMPUTE_BIT,
			.module = shader->module,
			.pName = "main"},
		.layout = shader->binding.layout};
	return TONGS_VULKAN_TRY(
		vkCreateComputePipelines, context->device, VK_NULL_HANDLE, 1, &pipeline, NULL, &shader->pipeline);
}

static bool dispatch(const struct tongs_context *context, const struct shader *shader,
	const struct tongs_context_buffer *buffer, uint32_t seed) {
	VkCommandBuffer commands = tongs_context_begin(context);
	uint32_t count = (uint32_t)(buffer->size / sizeof(uint32_t));

	if (!commands)
		return false;
	vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, shader->pipeline);
	vkCmdBindDescriptorSets(
		commands, VK_PIPELINE_BIND_POINT_COMPUTE, shader->binding.layout, 0, 1, &shader->binding.set, 0, NULL);
	vkCmdPushConstants(commands, shader->binding.layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof seed, &seed);
	vkCmdDispatch(commands, (count + group_size - 1) / group_size, 1, 1);
	tongs_context_barrier(commands);
	tongs_share_release_buffer(context, commands, buffer->buffer);
	return tongs_context_submit(context, commands);
}

/* Fills the new buffer `buffer` by a compute shader, releases it, and waits. */
static bool shader_writes(
	const struct tongs_context *context, const struct tongs_context_buffer *buffer, uint32_t seed) {
	struct shader shader = {0};
	bool done = create_shader(context, buffer->buffer, &shader) && dispatch(context, &shader, buffer, seed);

	vkDestroyPipeline(context->device, shader.pipeline, NULL);
	vkDestroyShaderModule(context->device, shader.module, NULL);
	tongs_shader_destroy_binding(context, &shader.binding);
	return done;
}

static bool exchange_buffer(const struct tongs_context *context, const struct tongs_context_buffer *shared,
	struct tongs_demo_row *row, struct tongs_buffer **metal) {
	void *handle = tongs_context_export(context, shared->memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT);

	*metal = tongs_buffer_from_handle(handle);
	if (!tongs_demo_check(row, *metal != NULL, "the exported handle is an MTLBuffer"))
		return false;
	row->handle = handle;
	row->bytes = tongs_buffer_get_length(*metal);
	row->storage_mode = tongs_resource_get_storage_mode(tongs_buffer_get_resource(*metal));
	uint32_t *numbers = tongs_buffer_get_contents(*metal);
	if (!tongs_demo_check(row, numbers && row->bytes >= shared->size, "Metal sees its contents"))
		return false;
	tongs_demo_check_pages(row, numbers, shared->pages);

	if (!shader_writes(context, shared, 1))
		return false;
	tongs_demo_check(
		row, are_numbers(numbers, BUFFER_COUNT, 1), "Metal reads every number that a compute shader wrote");
	write_numbers(numbers, BUFFER_COUNT, 2);
	return tongs_demo_check(row, vulkan_reads(context, shared, 2), "Vulkan reads every number that Metal wrote");
}

static bool import_buffer(const struct tongs_context *context, struct tongs_buffer *metal, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, metal, 0, false};
	struct tongs_context_buffer imported;

	if (!tongs_share_create_buffer(context, &share, BUFFER_COUNT * sizeof(uint32_t),
		    copies | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, &imported))
		return tongs_demo_check(row, false, "a second device imports the buffer");
	tongs_demo_check(row, vulkan_reads(context, &imported, 2), "a second device imports it and reads the same");
	tongs_demo_check(row,
		vulkan_writes(context, &imported, 3) && are_numbers(tongs_buffer_get_contents(metal), BUFFER_COUNT, 3),
		"Metal reads what the second device wrote");
	tongs_context_destroy_buffer(context, &imported);
	return true;
}

bool tongs_demo_buffer(const struct tongs_demo *demo, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, NULL, 0, false};
	struct tongs_context_buffer shared;
	struct tongs_buffer *metal;

	*row = (struct tongs_demo_row){.type = "MTLBUFFER", .kind = TONGS_KIND_BUFFER};
	if (!tongs_share_create_buffer(&demo->first, &share, BUFFER_COUNT * sizeof(uint32_t),
		    copies | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT, &shared))
		return false;
	bool done = exchange_buffer(&demo->first, &shared, row, &metal) && import_buffer(&demo->second, metal, row);
	tongs_context_destroy_buffer(&demo->first, &shared);
	return done;
}

/* A new Metal buffer in the heap, where Vulkan's buffer is bound. NULL if it cannot be there. */
static struct tongs_buffer *new_buffer_in_heap(struct tongs_heap *heap, struct tongs_demo_row *row) {
	const NSUInteger length = HEAP_COUNT * sizeof(uint32_t);
	MTLResourceOptions options = tongs_heap_get_resource_options(heap);
	MTLSizeAndAlign required =
		tongs_device_get_heap_buffer_size_and_align(tongs_heap_get_device(heap), length, options);

	if (!tongs_demo_check(row,
		    required.align && heap_offset % required.align == 0 &&
			    heap_offset + required.size <= tongs_heap_get_size(heap),
		    "heapBufferSizeAndAlign agrees with Vulkan's requirements"))
		return NULL;
	return tongs_heap_new_buffer_at(heap, length, options, heap_offset);
}

static bool exchange_contents(const struct tongs_context *context, const struct tongs_context_buffer *shared,
	struct tongs_buffer *metal, struct tongs_demo_row *row) {
	uint32_t *numbers = tongs_buffer_get_contents(metal);

	if (!tongs_demo_check(row, numbers != NULL, "Metal sees its contents") || !numbers)
		return false;
	tongs_demo_check_pages(row, numbers, shared->pages);
	tongs_demo_check(row, vulkan_writes(context, shared, 4) && are_numbers(numbers, HEAP_COUNT, 4),
		"Metal reads every number that Vulkan wrote");
	write_numbers(numbers, HEAP_COUNT, 5);
	return tongs_demo_check(row, vulkan_reads(context, shared, 5), "Vulkan reads every number that Metal wrote");
}

/* Without contents, another device does Metal's part through the handle. */
static bool exchange_private(const struct tongs_demo *demo, const struct tongs_context_buffer *shared,
	struct tongs_heap *heap, const struct tongs_buffer *metal, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, heap, heap_offset, false};
	struct tongs_context_buffer imported;

	tongs_demo_check(row, !tongs_buffer_get_contents(metal), "it has no contents, because it is Private");
	if (!tongs_share_create_buffer(&demo->second, &share, HEAP_COUNT * sizeof(uint32_t), copies, &imported))
		return tongs_demo_check(row, false, "a second device imports the heap");
	tongs_demo_check(row, vulkan_writes(&demo->first, shared, 4) && vulkan_reads(&demo->second, &imported, 4),
		"a second device imports it and reads every number that Vulkan wrote");
	bool done = tongs_demo_check(row,
		vulkan_writes(&demo->second, &imported, 5) && vulkan_reads(&demo->first, shared, 5),
		"Vulkan reads every number that the second device wrote");
	tongs_context_destroy_buffer(&demo->second, &imported);
	return done;
}

static bool exchange_heap(const struct tongs_demo *demo, const struct tongs_context_buffer *shared,
	struct tongs_demo_row *row, struct tongs_heap **heap) {
	const struct tongs_context *context = &demo->first;
	void *handle = tongs_context_export(context, shared->memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT);

	*heap = tongs_heap_from_handle(handle);
	if (!tongs_demo_check(row, *heap && tongs_heap_get_type(*heap) == MTLHeapTypePlacement,
		    "the exported handle is a placement MTLHeap"))
		return false;
	row->handle = handle;
	row->bytes = tongs_heap_get_size(*heap);
	struct tongs_buffer *metal = new_buffer_in_heap(*heap, row);
	bool done = tongs_demo_check(row, metal != NULL, "Metal places a buffer in it, where Vulkan's is bound");
	if (done) {
		row->storage_mode = tongs_resource_get_storage_mode(tongs_buffer_get_resource(metal));
		done = row->storage_mode == MTLStorageModePrivate ? exchange_private(demo, shared, *heap, metal, row)
								  : exchange_contents(context, shared, metal, row);
	}
	tongs_buffer_unref(metal);
	return done;
}

static bool import_heap(const struct tongs_context *context, struct tongs_heap *heap, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, heap, heap_offset, false};
	struct tongs_context_buffer imported;

	if (!tongs_share_create_buffer(context, &share, HEAP_COUNT * sizeof(uint32_t), copies, &imported))
		return tongs_demo_check(row, false, "a second device imports the heap");
	tongs_demo_check(row, vulkan_reads(context, &imported, 5), "a second device imports it and reads the same");
	tongs_context_destroy_buffer(context, &imported);
	return true;
}

bool tongs_demo_heap(const struct tongs_demo *demo, struct tongs_demo_row *row) {
	const struct tongs_share share = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, NULL, heap_offset, false};
	struct tongs_context_buffer shared;
	struct tongs_heap *heap;

	*row = (struct tongs_demo_row){.type = "MTLHEAP", .kind = TONGS_KIND_HEAP};
	if (!tongs_share_create_buffer(&demo->first, &share, HEAP_COUNT * sizeof(uint32_t), copies, &shared))
		return false;
	bool done = exchange_heap(demo, &shared, row, &heap) && import_heap(&demo->second, heap, row);
	tongs_context_destroy_buffer(&demo->first, &shared);
	return done;
}
