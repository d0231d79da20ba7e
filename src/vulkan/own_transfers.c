/* SPDX-License-Identifier: MIT */
/* The transfers of libtongs' own device: copies, fills, clears and resolves. */
#include "vulkan/own_commands.h"

#include "format/format.h"
#include "vulkan/own_recording.h"

static struct tongs_own_access access_place(const struct tongs_own_place *place, bool write) {
	return (struct tongs_own_access){.bytes = place->bytes, .write = write};
}

static struct tongs_own_access access_texels(const struct tongs_own_texels *texels, uint32_t layers, bool write) {
	return (struct tongs_own_access){
		.bytes = texels->bytes,
		.image = texels->image,
		.level = texels->level,
		.first_layer = texels->layer,
		.end_layer = texels->layer + layers,
		.write = write,
	};
}

void tongs_own_commands_copy_buffer(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	const struct tongs_own_place *to, VkDeviceSize size) {
	tongs_own_commands_copy_rows(commands, from, size, to, size, size, 1);
}

void tongs_own_commands_copy_rows(struct tongs_own_commands *commands, const struct tongs_own_place *from,
	VkDeviceSize from_pitch, const struct tongs_own_place *to, VkDeviceSize to_pitch, VkDeviceSize row_bytes,
	uint32_t rows) {
	const struct tongs_own_access read = access_place(from, false), write = access_place(to, true);
	if (!tongs_own_recording_acquire_place(commands, from) || !tongs_own_recording_acquire_place(commands, to))
		return;
	tongs_own_recording_order(commands, &read, &write);
	for (uint32_t row = 0; row < rows; row++)
		tongs_own_recording_add_copy(commands, from->buffer->handle, to->buffer->handle,
			&(VkBufferCopy){
				.srcOffset = from->buffer->offset + from->offset + row * from_pitch,
				.dstOffset = to->buffer->offset + to->offset + row * to_pitch,
				.size = row_bytes,
			});
}

enum { WORD_SIZE = 8 };

/* A buffer of WORD_SIZE bytes that is the commands' own. */
static VkResult create_word(struct tongs_own_commands *commands) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
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
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	const VkBufferCopy region = {0, to->buffer->offset + to->offset, size};
	commands->result = create_word(commands);
	if (commands->result != VK_SUCCESS)
		return;
	tongs_own_recording_put_barrier(commands);
	vkd->CmdFillBuffer(tongs_own_recording_next(commands), commands->word, 0, WORD_SIZE, word);
	tongs_own_recording_put_barrier(commands);
	vkd->CmdCopyBuffer(tongs_own_recording_next(commands), commands->word, to->buffer->handle, 1, &region);
}

/* Whole words are filled; the bytes before and behind them are copies of a word's, which is written first. */
void tongs_own_commands_fill(
	struct tongs_own_commands *commands, const struct tongs_own_place *to, VkDeviceSize size, uint8_t value) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	const VkBuffer buffer = to->buffer->handle;
	const VkDeviceSize begin = to->buffer->offset + to->offset, end = begin + size;
	const VkDeviceSize first = (begin + 3) & ~(VkDeviceSize)3, last = end & ~(VkDeviceSize)3;
	const uint32_t word = value * UINT32_C(0x01010101);
	const struct tongs_own_access write = access_place(to, true);
	if (!tongs_own_recording_acquire_place(commands, to))
		return;
	tongs_own_recording_order(commands, NULL, &write);
	if (first >= last) {
		fill_few(commands, to, size, word);
		tongs_own_recording_add_access(commands, &write);
		return;
	}
	vkd->CmdFillBuffer(tongs_own_recording_next(commands), buffer, first, last - first, word);
	VkBufferCopy regions[2];
	uint32_t count = 0;
	if (begin < first)
		regions[count++] = (VkBufferCopy){first, begin, first - begin};
	if (last < end)
		regions[count++] = (VkBufferCopy){first, last, end - last};
	if (!count)
		return;
	tongs_own_recording_put_barrier(commands);
	vkd->CmdCopyBuffer(tongs_own_recording_next(commands), buffer, buffer, count, regions);
	tongs_own_recording_add_access(commands, &write);
}

static VkImageSubresourceLayers get_layers(const struct tongs_own_texels *texels, uint32_t count) {
	return (VkImageSubresourceLayers){texels->aspect, texels->level, texels->layer, count};
}

/* One region for each plane of a 3D texture, because planes may be any number of bytes apart. */
static uint32_t make_regions(VkBufferImageCopy regions[TONGS_OWN_MAX_REGIONS], const struct tongs_own_place *place,
	const struct tongs_own_rows *rows, const struct tongs_own_texels *texels, VkExtent3D extent, uint32_t first) {
	uint32_t count = 0;
	for (uint32_t z = first; z < extent.depth && count < TONGS_OWN_MAX_REGIONS; z++)
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
	const struct tongs_own_access read = access_place(from, false), write = access_texels(to, 1, true);
	VkBufferImageCopy regions[TONGS_OWN_MAX_REGIONS];
	if (!tongs_own_recording_acquire_place(commands, from) || !tongs_own_recording_acquire_texels(commands, to))
		return;
	tongs_own_recording_order(commands, &read, &write);
	for (uint32_t z = 0, count; z < extent.depth; z += count) {
		count = make_regions(regions, from, rows, to, extent, z);
		tongs_own_commands_get_vkd(commands)->CmdCopyBufferToImage(tongs_own_recording_next(commands),
			from->buffer->handle, to->image->image, VK_IMAGE_LAYOUT_GENERAL, count, regions);
	}
}

void tongs_own_commands_copy_from_image(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	VkExtent3D extent, const struct tongs_own_place *to, const struct tongs_own_rows *rows) {
	const struct tongs_own_access read = access_texels(from, 1, false), write = access_place(to, true);
	VkBufferImageCopy regions[TONGS_OWN_MAX_REGIONS];
	if (!tongs_own_recording_acquire_texels(commands, from) || !tongs_own_recording_acquire_place(commands, to))
		return;
	tongs_own_recording_order(commands, &read, &write);
	for (uint32_t z = 0, count; z < extent.depth; z += count) {
		count = make_regions(regions, to, rows, from, extent, z);
		tongs_own_commands_get_vkd(commands)->CmdCopyImageToBuffer(tongs_own_recording_next(commands),
			from->image->image, VK_IMAGE_LAYOUT_GENERAL, to->buffer->handle, count, regions);
	}
}

/* Both are acquired, and written in order. */
static bool begin_images(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, uint32_t layers) {
	const struct tongs_own_access read = access_texels(from, layers, false),
				      write = access_texels(to, layers, true);
	if (!tongs_own_recording_acquire_texels(commands, from) || !tongs_own_recording_acquire_texels(commands, to))
		return false;
	tongs_own_recording_order(commands, &read, &write);
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
		tongs_own_commands_get_vkd(commands)->CmdCopyImage(tongs_own_recording_next(commands),
			from->image->image, VK_IMAGE_LAYOUT_GENERAL, to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&region);
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
		tongs_own_commands_get_vkd(commands)->CmdBlitImage(tongs_own_recording_next(commands),
			from->image->image, VK_IMAGE_LAYOUT_GENERAL, to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&region, VK_FILTER_LINEAR);
}

/* Whole levels are written. */
static bool begin_clear(struct tongs_own_commands *commands, const struct tongs_own_texels *to, uint32_t layers,
	VkImageSubresourceRange *range) {
	const struct tongs_own_access write = access_texels(to, layers, true);
	if (!tongs_own_recording_acquire_texels(commands, to))
		return false;
	tongs_own_recording_order(commands, NULL, &write);
	*range = (VkImageSubresourceRange){to->aspect, to->level, 1, to->layer, layers};
	return true;
}

void tongs_own_commands_clear_color(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearColorValue *value) {
	VkImageSubresourceRange range;
	if (begin_clear(commands, to, layers, &range))
		tongs_own_commands_get_vkd(commands)->CmdClearColorImage(tongs_own_recording_next(commands),
			to->image->image, VK_IMAGE_LAYOUT_GENERAL, value, 1, &range);
}

void tongs_own_commands_clear_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *to,
	uint32_t layers, const VkClearDepthStencilValue *value) {
	VkImageSubresourceRange range;
	if (begin_clear(commands, to, layers, &range))
		tongs_own_commands_get_vkd(commands)->CmdClearDepthStencilImage(tongs_own_recording_next(commands),
			to->image->image, VK_IMAGE_LAYOUT_GENERAL, value, 1, &range);
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
		tongs_own_commands_get_vkd(commands)->CmdResolveImage(tongs_own_recording_next(commands),
			from->image->image, VK_IMAGE_LAYOUT_GENERAL, to->image->image, VK_IMAGE_LAYOUT_GENERAL, 1,
			&region);
}

/* A view of one level and layer, all aspects, which ends with the commands: of depth and stencil, which Metal has in
 * two dimensions alone. VK_NULL_HANDLE: they have failed. */
static VkImageView make_view(struct tongs_own_commands *commands, const struct tongs_own_texels *texels) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
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

/* One aspect at a time: whether a driver resolves two together, by different modes or one of them alone
 * (independentResolve), does not matter then. */
void tongs_own_commands_resolve_depth_stencil(struct tongs_own_commands *commands, const struct tongs_own_texels *from,
	const struct tongs_own_texels *to, VkExtent3D extent, VkResolveModeFlagBits mode) {
	const struct tongs_vk_device *vkd = tongs_own_commands_get_vkd(commands);
	if (!tongs_own_recording_acquire_texels(commands, from) || !tongs_own_recording_acquire_texels(commands, to))
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
	tongs_own_recording_put_rendering_barrier(commands, true);
	vkd->CmdBeginRendering(tongs_own_recording_next(commands), &info);
	vkd->CmdEndRendering(commands->handle);
	tongs_own_recording_put_rendering_barrier(commands, false);
}
