/* SPDX-License-Identifier: MIT */
/* Resources are acquired from VK_QUEUE_FAMILY_EXTERNAL at their first use, and released at the end: whoever else has
 * the memory, another VkDevice or the CPU, sees it as the extension lays down. Barriers stand between commands that
 * would overlap. */
#include "vulkan/own_commands.h"

#include <string.h>
#include <time.h>

#include "format/format.h"
#include "util/alloc.h"
#include "util/list.h"

/* What a command since the last barrier accesses. */
struct access {
	struct tongs_own_bytes bytes;
	const struct tongs_own_image *image; /* NULL: a buffer */
	uint32_t level, first_layer, end_layer;
	bool write;
};

enum { MAX_ACCESSES = 32, MAX_REGIONS = 64 };

/* Copies between two buffers that become one command, for small copies come in long rows. None overlaps another:
 * a barrier ends the batch. */
struct batch {
	VkBuffer from, to;
	uint32_t count;
	VkBufferCopy regions[MAX_REGIONS];
};

/* A resource that was acquired: a VkBuffer or a VkImage. */
struct acquired {
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
	VkResult result;     /* the first failure of a recording */
	struct batch copies; /* not yet in `handle` */
	struct access accesses[MAX_ACCESSES];
	unsigned access_count;
	/* A hash set by address, of a power of two slots, and half empty. */
	struct acquired *acquired;
	size_t acquired_count, slot_count;
	const void *recent[2];   /* that were acquired last, by address */
	struct tongs_list views; /* VkImageView, that the commands use */
};

static const VkAccessFlags TRANSFERS = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;

static const struct tongs_vk_device *get_vkd(const struct tongs_own_commands *commands) {
	return &commands->dev->vkd;
}

struct tongs_own_commands *tongs_own_commands_create(struct tongs_own_device *dev, VkResult *result) {
	const struct tongs_vk_device *vkd = tongs_own_device_get_vk_device(dev);
	struct tongs_own_commands *commands = vkd ? tongs_malloc(1, sizeof(*commands)) : NULL;
	*result = vkd ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_INITIALIZATION_FAILED;
	if (!commands)
		return NULL;
	commands->dev = dev;
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
		.queueFamilyIndex = tongs_own_device_get_graphics_queue(dev)->family,
	};
	static const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	*result = vkd->CreateCommandPool(vkd->device, &pool, NULL, &commands->pool);
	const VkCommandBufferAllocateInfo handle = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandPool = commands->pool,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	if (*result == VK_SUCCESS)
		*result = vkd->AllocateCommandBuffers(vkd->device, &handle, &commands->handle);
	if (*result == VK_SUCCESS)
		*result = vkd->CreateFence(vkd->device, &fence, NULL, &commands->fence);
	if (*result == VK_SUCCESS)
		return commands;
	tongs_own_commands_destroy(commands);
	return NULL;
}

static void destroy_views(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	const VkImageView *views = commands->views.items;
	for (size_t i = 0; i < commands->views.count; i++)
		vkd->DestroyImageView(vkd->device, views[i], NULL);
	tongs_list_finish(&commands->views);
}

void tongs_own_commands_destroy(struct tongs_own_commands *commands) {
	if (!commands)
		return;
	const struct tongs_vk_device *vkd = get_vkd(commands);
	vkd->DestroyBuffer(vkd->device, commands->word, NULL);
	vkd->FreeMemory(vkd->device, commands->word_memory, NULL);
	vkd->DestroyFence(vkd->device, commands->fence, NULL);
	vkd->DestroyCommandPool(vkd->device, commands->pool, NULL);
	destroy_views(commands);
	tongs_free(NULL, commands->acquired);
	tongs_free(NULL, commands);
}

bool tongs_own_commands_reset(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	if (vkd->ResetCommandPool(vkd->device, commands->pool, 0) != VK_SUCCESS ||
		vkd->ResetFences(vkd->device, 1, &commands->fence) != VK_SUCCESS)
		return false;
	destroy_views(commands);
	tongs_free(NULL, commands->acquired);
	commands->acquired = NULL;
	commands->acquired_count = commands->slot_count = 0;
	commands->recent[0] = commands->recent[1] = NULL;
	commands->copies.count = 0;
	commands->access_count = 0;
	commands->recording = false;
	commands->result = VK_SUCCESS;
	return true;
}

/* Whether commands can be recorded. */
static bool begin(struct tongs_own_commands *commands) {
	static const VkCommandBufferBeginInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	if (!commands->recording && commands->result == VK_SUCCESS) {
		commands->result = get_vkd(commands)->BeginCommandBuffer(commands->handle, &info);
		commands->recording = commands->result == VK_SUCCESS;
	}
	return commands->result == VK_SUCCESS;
}

static void record_copies(struct tongs_own_commands *commands) {
	struct batch *copies = &commands->copies;
	if (copies->count)
		get_vkd(commands)->CmdCopyBuffer(
			commands->handle, copies->from, copies->to, copies->count, copies->regions);
	copies->count = 0;
}

static void add_copy(struct tongs_own_commands *commands, VkBuffer from, VkBuffer to, const VkBufferCopy *region) {
	struct batch *copies = &commands->copies;
	if (copies->count == MAX_REGIONS || copies->from != from || copies->to != to)
		record_copies(commands);
	copies->from = from;
	copies->to = to;
	copies->regions[copies->count++] = *region;
}

/* Where the next command is recorded, behind the copies before it. */
static VkCommandBuffer record(struct tongs_own_commands *commands) {
	record_copies(commands);
	return commands->handle;
}

static const void *get_address(const struct acquired *slot) {
	return slot->buffer ? (const void *)slot->buffer : (const void *)slot->image;
}

/* The resource's slot, or the free one for it. */
static struct acquired *find_slot(struct acquired *slots, size_t count, const void *address) {
	size_t i = ((uintptr_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (count - 1);
	while (get_address(&slots[i]) && get_address(&slots[i]) != address)
		i = (i + 1) & (count - 1);
	return &slots[i];
}

static bool grow(struct tongs_own_commands *commands) {
	const size_t count = commands->slot_count ? commands->slot_count * 2 : 16;
	struct acquired *slots = tongs_malloc(count, sizeof(*slots));
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
static void transfer(struct tongs_own_commands *commands, const struct acquired *resource, bool acquire) {
	const uint32_t own = tongs_own_device_get_graphics_queue(commands->dev)->family;
	const uint32_t from = acquire ? VK_QUEUE_FAMILY_EXTERNAL : own, to = acquire ? own : VK_QUEUE_FAMILY_EXTERNAL;
	const VkAccessFlags before = acquire ? 0 : VK_ACCESS_TRANSFER_WRITE_BIT, after = acquire ? TRANSFERS : 0;
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
	get_vkd(commands)->CmdPipelineBarrier(record(commands), VK_PIPELINE_STAGE_TRANSFER_BIT,
		acquire ? VK_PIPELINE_STAGE_TRANSFER_BIT : VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0, NULL,
		resource->buffer != NULL, &buffer, resource->image != NULL, &image);
}

/* Whether the resource may be used. */
static bool acquire(struct tongs_own_commands *commands, const struct acquired *resource) {
	if (!begin(commands))
		return false;
	if (get_address(resource) == commands->recent[0] || get_address(resource) == commands->recent[1])
		return true;
	if (commands->acquired_count >= commands->slot_count / 2 && !grow(commands)) {
		commands->result = VK_ERROR_OUT_OF_HOST_MEMORY;
		return false;
	}
	struct acquired *slot = find_slot(commands->acquired, commands->slot_count, get_address(resource));
	commands->recent[0] = commands->recent[1];
	commands->recent[1] = get_address(resource);
	if (get_address(slot))
		return true;
	*slot = *resource;
	commands->acquired_count++;
	transfer(commands, resource, true);
	return true;
}

static bool overlap(const struct access *a, const struct access *b) {
	if (!a->write && !b->write)
		return false;
	if (a->image && a->image == b->image)
		return a->level == b->level && a->first_layer < b->end_layer && b->first_layer < a->end_layer;
	return a->bytes.memory == b->bytes.memory && a->bytes.begin < b->bytes.end && b->bytes.begin < a->bytes.end;
}

static void put_barrier(struct tongs_own_commands *commands) {
	static const VkMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
	};
	get_vkd(commands)->CmdPipelineBarrier(record(commands), VK_PIPELINE_STAGE_TRANSFER_BIT,
		VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
	commands->access_count = 0;
}

static bool has_overlap(const struct tongs_own_commands *commands, const struct access *access) {
	for (unsigned i = 0; i < commands->access_count; i++)
		if (overlap(&commands->accesses[i], access))
			return true;
	return false;
}

/* Copies often go on where the one before them ended. */
static bool is_next(const struct access *a, const struct access *b) {
	return !a->image && !b->image && a->write == b->write && a->bytes.memory == b->bytes.memory &&
	       a->bytes.end == b->bytes.begin;
}

static void add_access(struct tongs_own_commands *commands, const struct access *access) {
	for (unsigned i = 0; i < commands->access_count; i++) {
		if (is_next(&commands->accesses[i], access)) {
			commands->accesses[i].bytes.end = access->bytes.end;
			return;
		}
	}
	commands->accesses[commands->access_count++] = *access;
}

/* Before a command that accesses these. */
static void order(struct tongs_own_commands *commands, const struct access *from, const struct access *to) {
	if (commands->access_count + 2 > MAX_ACCESSES || has_overlap(commands, to) ||
		(from && has_overlap(commands, from)))
		put_barrier(commands);
	if (from)
		add_access(commands, from);
	add_access(commands, to);
}

static struct access access_place(const struct tongs_own_place *place, bool write) {
	return (struct access){.bytes = place->bytes, .write = write};
}

static struct access access_texels(const struct tongs_own_texels *texels, uint32_t layers, bool write) {
	return (struct access){
		.bytes = texels->bytes,
		.image = texels->image,
		.level = texels->level,
		.first_layer = texels->layer,
		.end_layer = texels->layer + layers,
		.write = write,
	};
}

static bool acquire_place(struct tongs_own_commands *commands, const struct tongs_own_place *place) {
	return acquire(commands, &(struct acquired){.buffer = place->buffer});
}

static bool acquire_texels(struct tongs_own_commands *commands, const struct tongs_own_texels *texels) {
	return acquire(commands, &(struct acquired){.image = texels->image});
}

void tongs_own_commands_copy_buffer(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	const struct tongs_own_place *to, VkDeviceSize size) {
	tongs_own_commands_copy_rows(commands, from, size, to, size, size, 1);
}

void tongs_own_commands_copy_rows(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	VkDeviceSize from_pitch, const struct tongs_own_place *to, VkDeviceSize to_pitch, VkDeviceSize row_bytes,
	uint32_t rows) {
	const struct access read = access_place(from, false), write = access_place(to, true);
	if (!acquire_place(commands, from) || !acquire_place(commands, to))
		return;
	order(commands, &read, &write);
	for (uint32_t row = 0; row < rows; row++)
		add_copy(commands, from->buffer->handle, to->buffer->handle,
			&(VkBufferCopy){
				.srcOffset = from->buffer->offset + from->offset + row * from_pitch,
				.dstOffset = to->buffer->offset + to->offset + row * to_pitch,
				.size = row_bytes,
			});
}

enum { WORD_SIZE = 8 };

/* A buffer of WORD_SIZE bytes that is the commands' own. */
static VkResult create_word(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	const struct tongs_physical_device *physical = &commands->dev->physical;
	static const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.size = WORD_SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.sharingMode = VK_SHARING_MODE_EXCLUSIVE,
	};
	VkMemoryRequirements requirements;
	VkResult result = commands->word ? VK_SUCCESS : vkd->CreateBuffer(vkd->device, &info, NULL, &commands->word);
	if (result != VK_SUCCESS || commands->word_memory)
		return result;
	vkd->GetBufferMemoryRequirements(vkd->device, commands->word, &requirements);
	const VkMemoryAllocateInfo allocation = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.allocationSize = requirements.size,
		.memoryTypeIndex =
			(uint32_t)tongs_physical_device_choose_memory_type(physical, requirements.memoryTypeBits),
	};
	result = vkd->AllocateMemory(vkd->device, &allocation, NULL, &commands->word_memory);
	return result == VK_SUCCESS ? vkd->BindBufferMemory(vkd->device, commands->word, commands->word_memory, 0)
				    : result;
}

/* A few bytes, which contain no whole word. */
static void fill_few(
	struct tongs_own_commands *commands, const struct tongs_own_place *to, VkDeviceSize size, uint32_t word) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	const VkBufferCopy region = {0, to->buffer->offset + to->offset, size};
	commands->result = create_word(commands);
	if (commands->result != VK_SUCCESS)
		return;
	put_barrier(commands);
	vkd->CmdFillBuffer(record(commands), commands->word, 0, WORD_SIZE, word);
	put_barrier(commands);
	vkd->CmdCopyBuffer(record(commands), commands->word, to->buffer->handle, 1, &region);
}

/* Whole words are filled; the bytes before and behind them are copies of a word's, which is written first. */
void tongs_own_commands_fill(
	struct tongs_own_commands *commands, const struct tongs_own_place *to, VkDeviceSize size, uint8_t value) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	const VkBuffer buffer = to->buffer->handle;
	const VkDeviceSize begin = to->buffer->offset + to->offset, end = begin + size;
	const VkDeviceSize first = (begin + 3) & ~(VkDeviceSize)3, last = end & ~(VkDeviceSize)3;
	const uint32_t word = value * UINT32_C(0x01010101);
	const struct access write = access_place(to, true);
	if (!acquire_place(commands, to))
		return;
	order(commands, NULL, &write);
	if (first >= last) {
		fill_few(commands, to, size, word);
		commands->accesses[commands->access_count++] = write;
		return;
	}
	vkd->CmdFillBuffer(record(commands), buffer, first, last - first, word);
	VkBufferCopy regions[2];
	uint32_t count = 0;
	if (begin < first)
		regions[count++] = (VkBufferCopy){first, begin, first - begin};
	if (last < end)
		regions[count++] = (VkBufferCopy){first, last, end - last};
	if (!count)
		return;
	put_barrier(commands);
	vkd->CmdCopyBuffer(record(commands), buffer, buffer, count, regions);
	commands->accesses[commands->access_count++] = write;
}

static VkImageSubresourceLayers get_layers(const struct tongs_own_texels *texels, uint32_t count) {
	return (VkImageSubresourceLayers){texels->aspect, texels->level, texels->layer, count};
}

/* One region for each plane of a 3D texture, because planes may be any number of bytes apart. */
static uint32_t make_regions(VkBufferImageCopy regions[MAX_REGIONS], const struct tongs_own_place *place,
	const struct tongs_own_rows *rows, const struct tongs_own_texels *texels, VkExtent3D extent, uint32_t first) {
	uint32_t count = 0;
	for (uint32_t z = first; z < extent.depth && count < MAX_REGIONS; z++)
		regions[count++] = (VkBufferImageCopy){
			.bufferOffset = place->buffer->offset + place->offset + z * rows->plane_pitch,
			.bufferRowLength = (uint32_t)(rows->row_pitch / rows->block_bytes) * rows->block_width,
			.imageSubresource = get_layers(texels, 1),
			.imageOffset = {texels->origin.x, texels->origin.y, texels->origin.z + (int32_t)z},
			.imageExtent = {extent.width, extent.height, 1},
		};
	return count;
}

void tongs_own_commands_copy_to_image(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	const struct tongs_own_rows *rows, const struct tongs_own_texels *to, VkExtent3D extent) {
	const struct access read = access_place(from, false), write = access_texels(to, 1, true);
	VkBufferImageCopy regions[MAX_REGIONS];
	if (!acquire_place(commands, from) || !acquire_texels(commands, to))
		return;
	order(commands, &read, &write);
	for (uint32_t z = 0, count; z < extent.depth; z += count) {
		count = make_regions(regions, from, rows, to, extent, z);
		get_vkd(commands)->CmdCopyBufferToImage(record(commands), from->buffer->handle, to->image->image,
			VK_IMAGE_LAYOUT_GENERAL, count, regions);
	}
}

void tongs_own_commands_copy_from_image(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	VkExtent3D extent, const struct tongs_own_place *to, const struct tongs_own_rows *rows) {
	const struct access read = access_texels(from, 1, false), write = access_place(to, true);
	VkBufferImageCopy regions[MAX_REGIONS];
	if (!acquire_texels(commands, from) || !acquire_place(commands, to))
		return;
	order(commands, &read, &write);
	for (uint32_t z = 0, count; z < extent.depth; z += count) {
		count = make_regions(regions, to, rows, from, extent, z);
		get_vkd(commands)->CmdCopyImageToBuffer(record(commands), from->image->image, VK_IMAGE_LAYOUT_GENERAL,
			to->buffer->handle, count, regions);
	}
}

/* Both are acquired, and written in order. */
static bool begin_images(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, uint32_t layers) {
	const struct access read = access_texels(from, layers, false), write = access_texels(to, layers, true);
	if (!acquire_texels(commands, from) || !acquire_texels(commands, to))
		return false;
	order(commands, &read, &write);
	return true;
}

void tongs_own_commands_copy_image(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent) {
	const VkImageCopy region = {
		.srcSubresource = get_layers(from, 1),
		.srcOffset = from->origin,
		.dstSubresource = get_layers(to, 1),
		.dstOffset = to->origin,
		.extent = extent,
	};
	if (begin_images(commands, from, to, 1))
		get_vkd(commands)->CmdCopyImage(record(commands), from->image->image, VK_IMAGE_LAYOUT_GENERAL,
			to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
}

static VkOffset3D get_end(VkExtent3D extent) {
	return (VkOffset3D){(int32_t)extent.width, (int32_t)extent.height, (int32_t)extent.depth};
}

void tongs_own_commands_downsample(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	VkExtent3D from_extent, const struct tongs_own_texels *to, VkExtent3D to_extent, uint32_t layers) {
	const VkImageBlit region = {
		.srcSubresource = get_layers(from, layers),
		.srcOffsets = {{0}, get_end(from_extent)},
		.dstSubresource = get_layers(to, layers),
		.dstOffsets = {{0}, get_end(to_extent)},
	};
	if (begin_images(commands, from, to, layers))
		get_vkd(commands)->CmdBlitImage(record(commands), from->image->image, VK_IMAGE_LAYOUT_GENERAL,
			to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1, &region, VK_FILTER_LINEAR);
}

/* Whole levels are written. */
static bool begin_clear(struct tongs_own_commands *commands, const struct tongs_own_texels *to, uint32_t layers,
	VkImageSubresourceRange *range) {
	const struct access write = access_texels(to, layers, true);
	if (!acquire_texels(commands, to))
		return false;
	order(commands, NULL, &write);
	*range = (VkImageSubresourceRange){to->aspect, to->level, 1, to->layer, layers};
	return true;
}

void tongs_own_commands_clear_color(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearColorValue *value) {
	VkImageSubresourceRange range;
	if (begin_clear(commands, to, layers, &range))
		get_vkd(commands)->CmdClearColorImage(
			record(commands), to->image->image, VK_IMAGE_LAYOUT_GENERAL, value, 1, &range);
}

void tongs_own_commands_clear_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearDepthStencilValue *value) {
	VkImageSubresourceRange range;
	if (begin_clear(commands, to, layers, &range))
		get_vkd(commands)->CmdClearDepthStencilImage(
			record(commands), to->image->image, VK_IMAGE_LAYOUT_GENERAL, value, 1, &range);
}

void tongs_own_commands_resolve(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent) {
	const VkImageResolve region = {
		.srcSubresource = get_layers(from, 1),
		.srcOffset = from->origin,
		.dstSubresource = get_layers(to, 1),
		.dstOffset = to->origin,
		.extent = extent,
	};
	if (begin_images(commands, from, to, 1))
		get_vkd(commands)->CmdResolveImage(record(commands), from->image->image, VK_IMAGE_LAYOUT_GENERAL,
			to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
}

/* A view of one level and layer, all aspects, which ends with the commands: of depth and stencil, which Metal has in
 * two dimensions alone. VK_NULL_HANDLE: they have failed. */
static VkImageView make_view(struct tongs_own_commands *commands, const struct tongs_own_texels *texels) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	const VkFormat format = texels->image->shape.format;
	const VkImageViewCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = texels->image->image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = format,
		.subresourceRange = {tongs_format_get_aspects(format), texels->level, 1, texels->layer, 1},
	};
	VkImageView *view = tongs_list_add(&commands->views, sizeof(*view)), made;
	commands->result = view ? vkd->CreateImageView(vkd->device, &info, NULL, &made) : VK_ERROR_OUT_OF_HOST_MEMORY;
	if (commands->result != VK_SUCCESS)
		return VK_NULL_HANDLE;
	*view = made;
	return made;
}

/* Between transfers and a rendering, in either direction. Attachments are loaded and stored by the tests of depth and
 * stencil, and resolved, whatever their aspect, as color attachments are written. */
static void put_rendering_barrier(struct tongs_own_commands *commands, bool before) {
	const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_EARLY_FRAGMENT_TESTS_BIT |
					    VK_PIPELINE_STAGE_LATE_FRAGMENT_TESTS_BIT |
					    VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
	const VkAccessFlags writes =
		VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
	const VkAccessFlags reads = VK_ACCESS_DEPTH_STENCIL_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_READ_BIT;
	const VkMemoryBarrier barrier = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = before ? VK_ACCESS_TRANSFER_WRITE_BIT : writes,
		.dstAccessMask = before ? reads | writes : TRANSFERS,
	};
	get_vkd(commands)->CmdPipelineBarrier(record(commands), before ? VK_PIPELINE_STAGE_TRANSFER_BIT : stages,
		before ? stages : VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
	commands->access_count = 0;
}

/* One aspect at a time: whether a driver resolves two together, by different modes or one of them alone
 * (independentResolve), does not matter then. */
void tongs_own_commands_resolve_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent, VkResolveModeFlagBits mode) {
	const struct tongs_vk_device *vkd = get_vkd(commands);
	if (!acquire_texels(commands, from) || !acquire_texels(commands, to))
		return;
	const VkImageView from_view = make_view(commands, from);
	const VkImageView to_view = from_view ? make_view(commands, to) : VK_NULL_HANDLE;
	if (!to_view)
		return;
	const VkRenderingAttachmentInfo attachment = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
		.imageView = from_view,
		.imageLayout = VK_IMAGE_LAYOUT_GENERAL,
		.resolveMode = mode,
		.resolveImageView = to_view,
		.resolveImageLayout = VK_IMAGE_LAYOUT_GENERAL,
		.loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
		.storeOp = VK_ATTACHMENT_STORE_OP_STORE,
	};
	const VkRenderingInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
		.renderArea = {.extent = {extent.width, extent.height}},
		.layerCount = 1,
		.pDepthAttachment = from->aspect == VK_IMAGE_ASPECT_DEPTH_BIT ? &attachment : NULL,
		.pStencilAttachment = from->aspect == VK_IMAGE_ASPECT_STENCIL_BIT ? &attachment : NULL,
	};
	put_rendering_barrier(commands, true);
	vkd->CmdBeginRendering(record(commands), &info);
	vkd->CmdEndRendering(commands->handle);
	put_rendering_barrier(commands, false);
}

/* A barrier with the host stage cannot transfer ownership (VUID-vkCmdPipelineBarrier-srcStageMask-09633). */
static void release_all(struct tongs_own_commands *commands) {
	static const VkMemoryBarrier host = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_HOST_READ_BIT,
	};
	get_vkd(commands)->CmdPipelineBarrier(record(commands), VK_PIPELINE_STAGE_TRANSFER_BIT,
		VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &host, 0, NULL, 0, NULL);
	for (size_t i = 0; i < commands->slot_count; i++)
		if (get_address(&commands->acquired[i]))
			transfer(commands, &commands->acquired[i], false);
}

static VkResult end(struct tongs_own_commands *commands) {
	if (commands->result != VK_SUCCESS)
		return commands->result;
	release_all(commands);
	return get_vkd(commands)->EndCommandBuffer(commands->handle);
}

VkResult tongs_own_commands_submit(struct tongs_own_commands *commands) {
	VkResult result = end(commands);
	if (result == VK_SUCCESS)
		result = tongs_own_device_submit(commands->dev, tongs_own_device_get_graphics_queue(commands->dev),
			commands->handle, commands->fence);
	return result;
}

static void split(const struct tongs_own_points *points, VkSemaphore semaphores[], uint64_t values[]) {
	for (uint32_t i = 0; i < points->count; i++) {
		semaphores[i] = tongs_own_semaphore_get_handle(points->items[i].semaphore);
		values[i] = points->items[i].value;
	}
}

VkResult tongs_own_commands_submit_between(struct tongs_own_commands *commands, VkQueue queue,
	const struct tongs_own_points *waits, const struct tongs_own_points *signals) {
	VkPipelineStageFlags stages[TONGS_MAX_POINTS];
	VkSemaphore wait_semaphores[TONGS_MAX_POINTS], signal_semaphores[TONGS_MAX_POINTS];
	uint64_t wait_values[TONGS_MAX_POINTS], signal_values[TONGS_MAX_POINTS];
	const VkTimelineSemaphoreSubmitInfo values = {
		.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = waits->count,
		.pWaitSemaphoreValues = wait_values,
		.signalSemaphoreValueCount = signals->count,
		.pSignalSemaphoreValues = signal_values,
	};
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = waits->count,
		.pWaitSemaphores = wait_semaphores,
		.pWaitDstStageMask = stages,
		.commandBufferCount = commands->recording,
		.pCommandBuffers = &commands->handle,
		.signalSemaphoreCount = signals->count,
		.pSignalSemaphores = signal_semaphores,
	};
	const VkResult result = commands->recording ? end(commands) : commands->result;
	if (result != VK_SUCCESS)
		return result;
	for (int i = 0; i < TONGS_MAX_POINTS; i++)
		stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	split(waits, wait_semaphores, wait_values);
	split(signals, signal_semaphores, signal_values);
	return get_vkd(commands)->QueueSubmit(queue, 1, &info, commands->fence);
}

/* A driver may be out of memory for the wait itself, while the commands go on and use their resources. */
VkResult tongs_own_commands_wait_for(struct tongs_own_commands *commands, uint64_t timeout) {
	enum { MOST_TRIES = 1000 };
	const struct tongs_vk_device *vkd = get_vkd(commands);
	VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY;
	for (int i = 0; i < MOST_TRIES && result < 0 && result != VK_ERROR_DEVICE_LOST; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		result = vkd->WaitForFences(vkd->device, 1, &commands->fence, VK_TRUE, timeout);
	}
	return result;
}

VkResult tongs_own_commands_wait(struct tongs_own_commands *commands) {
	return tongs_own_commands_wait_for(commands, UINT64_MAX);
}
