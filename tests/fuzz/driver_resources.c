/* SPDX-License-Identifier: MIT */
/* The driver's memory, buffers and images. */
#include "driver_private.h"
#include "input.h"

enum magic { MEMORY = 0x3e3e3e3e, BUFFER = 0x4b4b4b4b, IMAGE = 0x51515151 };

struct memory {
	enum magic magic;
	char *pages; /* NULL: not imported */
	VkDeviceSize size;
};

struct buffer {
	enum magic magic;
	VkDeviceSize size;
};

struct image {
	enum magic magic;
	VkImageCreateInfo info;
};

static void check_import(const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host) {
	REQUIRE(host->handleType == (VkExternalMemoryHandleTypeFlagBits)HOST);
	REQUIRE(host->pHostPointer && (uintptr_t)host->pHostPointer % DRIVER_PAGE == 0);
	REQUIRE(info->allocationSize > 0 && info->allocationSize % DRIVER_PAGE == 0);
	REQUIRE(info->memoryTypeIndex < DRIVER_MEMORY_TYPES && (DRIVER_SHARED_TYPES >> info->memoryTypeIndex & 1));
	REQUIRE(!driver_find(host->pNext, host->sType));
	REQUIRE(!driver_find(info->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO));
	REQUIRE(!driver_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO));
	/* Some pages of many: the kernel gives those that are read. */
	VkDeviceSize step = (info->allocationSize / 64 + DRIVER_PAGE) & ~(VkDeviceSize)(DRIVER_PAGE - 1);
	for (VkDeviceSize i = 0; i < info->allocationSize; i += step)
		driver_read_all((const char *)host->pHostPointer + i, 1);
	driver_read_all((const char *)host->pHostPointer + info->allocationSize - 1, 1);
}

static VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *handle) {
	driver_check_device(device);
	(void)callbacks;
	driver_check_chain(info->pNext);
	const VkImportMemoryHostPointerInfoEXT *host =
		driver_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
	const VkExportMemoryAllocateInfo *export =
		driver_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
	REQUIRE(!driver_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT));
	REQUIRE(!export || !(export->handleTypes & METAL_TYPES));
	if (host && host->pHostPointer == driver.application_pages)
		host = NULL;
	if (host)
		check_import(info, host);
	struct memory *memory = malloc(sizeof(*memory));
	*memory = (struct memory){MEMORY, host ? host->pHostPointer : NULL, info->allocationSize};
	driver.live_memories++;
	*handle = (VkDeviceMemory)(uintptr_t)memory;
	return VK_SUCCESS;
}

static struct memory *memory_of(VkDeviceMemory handle) {
	struct memory *memory = (struct memory *)(uintptr_t)handle;
	REQUIRE(memory->magic == MEMORY);
	return memory;
}

static void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory handle, const VkAllocationCallbacks *callbacks) {
	driver_check_device(device);
	(void)callbacks;
	if (!handle)
		return;
	driver.live_memories--;
	free(memory_of(handle));
}

static VkResult VKAPI_CALL map_memory(VkDevice device, VkDeviceMemory handle, VkDeviceSize offset, VkDeviceSize size,
	VkMemoryMapFlags flags, void **data) {
	struct memory *memory = memory_of(handle);
	driver_check_device(device);
	(void)flags;
	REQUIRE(offset < memory->size);
	REQUIRE(size == VK_WHOLE_SIZE || (size > 0 && size <= memory->size - offset));
	REQUIRE(!memory->pages || offset % DRIVER_ATOM == 0);
	*data = memory->pages ? memory->pages + offset : NULL;
	return memory->pages ? VK_SUCCESS : VK_ERROR_MEMORY_MAP_FAILED;
}

static VkResult VKAPI_CALL check_ranges(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	driver_check_device(device);
	for (uint32_t i = 0; i < count; i++) {
		struct memory *memory = memory_of(ranges[i].memory);
		VkDeviceSize end = ranges[i].offset + ranges[i].size;
		REQUIRE(ranges[i].offset < memory->size && ranges[i].offset % DRIVER_ATOM == 0);
		REQUIRE(ranges[i].size == VK_WHOLE_SIZE || end == memory->size || end % DRIVER_ATOM == 0);
		REQUIRE(ranges[i].size == VK_WHOLE_SIZE || (end > ranges[i].offset && end <= memory->size));
	}
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL create_buffer(
	VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, VkBuffer *handle) {
	driver_check_device(device);
	(void)callbacks;
	driver_check_chain(info->pNext);
	const VkExternalMemoryBufferCreateInfo *external =
		driver_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
	REQUIRE(!external || !(external->handleTypes & METAL_TYPES));
	struct buffer *buffer = malloc(sizeof(*buffer));
	*buffer = (struct buffer){BUFFER, info->size};
	driver.live_buffers++;
	*handle = (VkBuffer)(uintptr_t)buffer;
	return VK_SUCCESS;
}

static struct buffer *buffer_of(VkBuffer handle) {
	struct buffer *buffer = (struct buffer *)(uintptr_t)handle;
	REQUIRE(buffer->magic == BUFFER);
	return buffer;
}

static void VKAPI_CALL destroy_buffer(VkDevice device, VkBuffer handle, const VkAllocationCallbacks *callbacks) {
	driver_check_device(device);
	(void)callbacks;
	if (!handle)
		return;
	driver.live_buffers--;
	free(buffer_of(handle));
}

static VkMemoryRequirements needs_of(VkDeviceSize size) {
	return (VkMemoryRequirements){(size + 255) & ~(VkDeviceSize)255, 256, (1u << DRIVER_MEMORY_TYPES) - 1};
}

static void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *needs) {
	driver_check_device(device);
	*needs = needs_of(buffer_of(buffer)->size);
}

static void VKAPI_CALL get_buffer_requirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *needs) {
	driver_check_chain(info->pNext);
	driver_check_chain(needs->pNext);
	get_buffer_requirements(device, info->buffer, &needs->memoryRequirements);
}

static void VKAPI_CALL get_device_buffer_requirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *needs) {
	VkBuffer buffer;
	driver_check_chain(needs->pNext);
	create_buffer(device, info->pCreateInfo, NULL, &buffer);
	get_buffer_requirements(device, buffer, &needs->memoryRequirements);
	destroy_buffer(device, buffer, NULL);
}

static void check_shared_image(const VkImageCreateInfo *info) {
	REQUIRE(info->tiling == VK_IMAGE_TILING_LINEAR || driver.optimal_import);
	REQUIRE(info->tiling == VK_IMAGE_TILING_OPTIMAL || info->samples == VK_SAMPLE_COUNT_1_BIT);
	REQUIRE(info->usage && !(info->usage & ~driver_usage_of(info->format, info->tiling)));
	REQUIRE(!driver_find(info->pNext, VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO));
	REQUIRE(!driver_find(info->pNext, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO));
}

static VkResult VKAPI_CALL create_image(
	VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImage *handle) {
	driver_check_device(device);
	(void)callbacks;
	driver_check_chain(info->pNext);
	const VkExternalMemoryImageCreateInfo *external =
		driver_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
	REQUIRE(!external || !(external->handleTypes & METAL_TYPES));
	if (external && (external->handleTypes & HOST))
		check_shared_image(info);
	struct image *image = malloc(sizeof(*image));
	*image = (struct image){IMAGE, *info};
	driver.live_images++;
	*handle = (VkImage)(uintptr_t)image;
	return VK_SUCCESS;
}

static struct image *image_of(VkImage handle) {
	struct image *image = (struct image *)(uintptr_t)handle;
	REQUIRE(image->magic == IMAGE);
	return image;
}

static void VKAPI_CALL destroy_image(VkDevice device, VkImage handle, const VkAllocationCallbacks *callbacks) {
	driver_check_device(device);
	(void)callbacks;
	if (!handle)
		return;
	driver.live_images--;
	free(image_of(handle));
}

/* No texel has more than 32 bytes. */
static VkDeviceSize row_pitch(const VkImageCreateInfo *info, uint32_t level) {
	return (VkDeviceSize)((info->extent.width >> level) + 1) * 32;
}

static VkDeviceSize layer_size(const VkImageCreateInfo *info) {
	VkDeviceSize size = 0;
	for (uint32_t i = 0; i < info->mipLevels && i < 32; i++)
		size += row_pitch(info, i) * ((info->extent.height >> i) + 1) * ((info->extent.depth >> i) + 1);
	return size;
}

static void VKAPI_CALL get_subresource_layout(
	VkDevice device, VkImage handle, const VkImageSubresource *subresource, VkSubresourceLayout *layout) {
	driver_check_device(device);
	const VkImageCreateInfo *info = &image_of(handle)->info;
	REQUIRE(info->tiling == VK_IMAGE_TILING_LINEAR);
	REQUIRE(subresource->aspectMask == VK_IMAGE_ASPECT_COLOR_BIT);
	REQUIRE(subresource->mipLevel < info->mipLevels && subresource->arrayLayer < info->arrayLayers);
	VkImageCreateInfo before = *info;
	before.mipLevels = subresource->mipLevel;
	VkDeviceSize pitch = row_pitch(info, subresource->mipLevel);
	VkDeviceSize plane = pitch * ((info->extent.height >> subresource->mipLevel) + 1);
	*layout = (VkSubresourceLayout){
		.offset = layer_size(&before),
		.size = plane * ((info->extent.depth >> subresource->mipLevel) + 1),
		.rowPitch = pitch,
		.arrayPitch = layer_size(info),
		.depthPitch = plane,
	};
}

static void VKAPI_CALL get_image_requirements(VkDevice device, VkImage handle, VkMemoryRequirements *needs) {
	driver_check_device(device);
	const VkImageCreateInfo *info = &image_of(handle)->info;
	*needs = needs_of(layer_size(info) * info->arrayLayers);
}

static void VKAPI_CALL get_image_requirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *needs) {
	driver_check_chain(info->pNext);
	driver_check_chain(needs->pNext);
	get_image_requirements(device, info->image, &needs->memoryRequirements);
}

static void VKAPI_CALL get_device_image_requirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *needs) {
	VkImage image;
	driver_check_chain(needs->pNext);
	create_image(device, info->pCreateInfo, NULL, &image);
	get_image_requirements(device, image, &needs->memoryRequirements);
	destroy_image(device, image, NULL);
}

static VkResult VKAPI_CALL create_image_view(
	VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImageView *view) {
	driver_check_device(device);
	(void)callbacks;
	driver_check_chain(info->pNext);
	image_of(info->image);
	*view = (VkImageView)(uintptr_t)&driver;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	driver_check_device(device);
	buffer_of(buffer);
	REQUIRE(!memory_of(memory)->pages || offset < memory_of(memory)->size);
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	driver_check_device(device);
	image_of(image);
	REQUIRE(!memory_of(memory)->pages || offset < memory_of(memory)->size);
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL bind_buffers(VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		driver_check_chain(infos[i].pNext);
		bind_buffer(device, infos[i].buffer, infos[i].memory, infos[i].memoryOffset);
	}
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL bind_images(VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		driver_check_chain(infos[i].pNext);
		bind_image(device, infos[i].image, infos[i].memory, infos[i].memoryOffset);
	}
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL get_host_pointer_properties(VkDevice device, VkExternalMemoryHandleTypeFlagBits type,
	const void *pointer, VkMemoryHostPointerPropertiesEXT *properties) {
	driver_check_device(device);
	REQUIRE(type == (VkExternalMemoryHandleTypeFlagBits)HOST);
	REQUIRE((uintptr_t)pointer % DRIVER_PAGE == 0);
	driver_read_all(pointer, 1);
	properties->memoryTypeBits = DRIVER_HOST_TYPES;
	return VK_SUCCESS;
}

const struct driver_command driver_resource_commands[] = {
	COMMAND(AllocateMemory, allocate_memory),
	COMMAND(FreeMemory, free_memory),
	COMMAND(MapMemory, map_memory),
	COMMAND(FlushMappedMemoryRanges, check_ranges),
	COMMAND(InvalidateMappedMemoryRanges, check_ranges),
	COMMAND(CreateBuffer, create_buffer),
	COMMAND(DestroyBuffer, destroy_buffer),
	COMMAND(CreateImage, create_image),
	COMMAND(DestroyImage, destroy_image),
	COMMAND(CreateImageView, create_image_view),
	COMMAND(GetImageSubresourceLayout, get_subresource_layout),
	COMMAND(GetBufferMemoryRequirements, get_buffer_requirements),
	COMMAND(GetImageMemoryRequirements, get_image_requirements),
	COMMAND(GetBufferMemoryRequirements2, get_buffer_requirements2),
	COMMAND(GetImageMemoryRequirements2, get_image_requirements2),
	COMMAND(GetDeviceBufferMemoryRequirements, get_device_buffer_requirements),
	COMMAND(GetDeviceImageMemoryRequirements, get_device_image_requirements),
	COMMAND(BindBufferMemory, bind_buffer),
	COMMAND(BindImageMemory, bind_image),
	COMMAND(BindBufferMemory2, bind_buffers),
	COMMAND(BindImageMemory2, bind_images),
	COMMAND(GetMemoryHostPointerPropertiesEXT, get_host_pointer_properties),
	{0},
};
