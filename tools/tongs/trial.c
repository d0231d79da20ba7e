/* SPDX-License-Identifier: MIT */
/* One small resource of each kind, exported to see what Metal makes of it. */
#include "trial.h"

#include "client/share.h"

static const char *get_storage_mode(void *handle) {
	static const char *const names[] = {"Shared", "Managed", "Private", "Memoryless"};
	MTLResourceOptions options;

	switch (tongs_handle_kind(handle)) {
	case TONGS_KIND_HEAP:
		options = tongs_heap_get_resource_options(tongs_heap_from_handle(handle));
		break;
	case TONGS_KIND_BUFFER:
		options = tongs_resource_get_resource_options(
			tongs_buffer_get_resource(tongs_buffer_from_handle(handle)));
		break;
	case TONGS_KIND_TEXTURE:
		options = tongs_resource_get_resource_options(
			tongs_texture_get_resource(tongs_texture_from_handle(handle)));
		break;
	default:
		return NULL;
	}
	NSUInteger mode = (options & MTLResourceStorageModeMask) >> MTLResourceStorageModeShift;
	return mode < sizeof names / sizeof *names ? names[mode] : NULL;
}

/* Allocates memory for `requirements`, exports it, frees it. */
static bool try_memory(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	const VkMemoryRequirements *requirements, const VkMemoryDedicatedAllocateInfo *dedicated,
	struct tongs_probe_row *row) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = dedicated,
		.handleTypes = type,
	};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	uint32_t memory_type = tongs_context_pick_memory_type(context, requirements->memoryTypeBits, 0);

	row->memory_types = requirements->memoryTypeBits;
	if (memory_type == UINT32_MAX)
		return false;
	if (!tongs_vulkan_ok(vkAllocateMemory(context->device,
				     &(VkMemoryAllocateInfo){
					     .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					     .pNext = &export,
					     .allocationSize = requirements->size,
					     .memoryTypeIndex = memory_type,
				     },
				     NULL, &memory),
		    "vkAllocateMemory, to export,"))
		return false;
	row->storage_mode = get_storage_mode(tongs_share_export(context, memory, type));
	vkFreeMemory(context->device, memory, NULL);
	return row->storage_mode;
}

static bool conclude(bool done, struct tongs_probe_row *row) {
	if (!done) {
		row->why_not = "the queries promise it, and making one failed";
		row->features = row->shapes = row->samples = row->usage = row->memory_types = 0;
	}
	return done;
}

bool tongs_trial_buffer(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type,
	VkBufferUsageFlags usage, bool dedicated, struct tongs_probe_row *row) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = type,
	};
	VkMemoryDedicatedAllocateInfo alone = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
	VkMemoryRequirements requirements;

	if (!tongs_vulkan_ok(vkCreateBuffer(context->device,
				     &(VkBufferCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
					     .pNext = &external,
					     .size = 4096,
					     .usage = usage,
				     },
				     NULL, &alone.buffer),
		    "vkCreateBuffer"))
		return conclude(false, row);
	vkGetBufferMemoryRequirements(context->device, alone.buffer, &requirements);
	bool done = try_memory(context, type, &requirements, dedicated ? &alone : NULL, row);
	vkDestroyBuffer(context->device, alone.buffer, NULL);
	return conclude(done, row);
}

bool tongs_trial_image(const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type, VkFormat format,
	VkImageTiling tiling, VkImageUsageFlags usage, bool dedicated, struct tongs_probe_row *row) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = type,
	};
	VkMemoryDedicatedAllocateInfo alone = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO};
	VkMemoryRequirements requirements;

	if (!tongs_vulkan_ok(vkCreateImage(context->device,
				     &(VkImageCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
					     .pNext = &external,
					     .imageType = VK_IMAGE_TYPE_2D,
					     .format = format,
					     .extent = {64, 64, 1},
					     .mipLevels = 1,
					     .arrayLayers = 1,
					     .samples = VK_SAMPLE_COUNT_1_BIT,
					     .tiling = tiling,
					     .usage = usage,
				     },
				     NULL, &alone.image),
		    "vkCreateImage"))
		return conclude(false, row);
	vkGetImageMemoryRequirements(context->device, alone.image, &requirements);
	bool done = try_memory(context, type, &requirements, dedicated ? &alone : NULL, row);
	vkDestroyImage(context->device, alone.image, NULL);
	return conclude(done, row);
}
