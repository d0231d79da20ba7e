/* SPDX-License-Identifier: MIT */
/* The fake driver's memory, buffers and images. */
#include "fake_private.h"

#include <string.h>

enum kind { MEMORY = 1, BUFFER, IMAGE };

struct object {
	enum kind kind; /* 0: no live object */
	union {
		struct {
			char *pages; /* NULL: not imported */
			VkDeviceSize size;
		} memory;
		struct {
			VkBufferUsageFlags usage;
			VkDeviceSize size;
		} buffer;
		VkImageCreateInfo image;
	};
};

/* Handles are numbers, the same in every run, so that the instructions of look-ups do not depend on where blocks lie.
 * The one that was freed last is given out first, as many drivers do. */
enum { FIRST_HANDLE = 0x100000, HANDLE_STEP = 32 };

static struct {
	struct object *objects; /* by number */
	size_t count, capacity;
	uintptr_t free[64];
	size_t free_count;
} tables[IMAGE + 1]; /* by kind */

static struct object *new_object(enum kind kind, uintptr_t *handle) {
	if (tables[kind].free_count)
		*handle = tables[kind].free[--tables[kind].free_count];
	else {
		if (tables[kind].count == tables[kind].capacity) {
			tables[kind].capacity = tables[kind].capacity ? 2 * tables[kind].capacity : 1024;
			tables[kind].objects =
				realloc(tables[kind].objects, tables[kind].capacity * sizeof(struct object));
			REQUIRE(tables[kind].objects);
		}
		*handle = FIRST_HANDLE + HANDLE_STEP * ++tables[kind].count;
	}
	struct object *object = &tables[kind].objects[(*handle - FIRST_HANDLE) / HANDLE_STEP - 1];
	*object = (struct object){.kind = kind};
	return object;
}

/* A driver that is not strict treats unknown handles as an empty object. */
static struct object *get_object(enum kind kind, uint64_t handle) {
	static struct object none;
	const size_t i = (size_t)(handle - FIRST_HANDLE) / HANDLE_STEP - 1;
	const bool valid = handle % HANDLE_STEP == FIRST_HANDLE % HANDLE_STEP && i < tables[kind].count &&
			   tables[kind].objects[i].kind == kind;
	STRICTLY(valid);
	none = (struct object){0};
	return valid ? &tables[kind].objects[i] : &none;
}

static void free_object(enum kind kind, uintptr_t handle) {
	get_object(kind, handle)->kind = 0;
	if (!fake.fresh_handles && tables[kind].free_count < sizeof(tables[kind].free) / sizeof(*tables[kind].free))
		tables[kind].free[tables[kind].free_count++] = handle;
	if (fake.on_destroyed)
		fake.on_destroyed();
}

void fake_reset_handles(void) {
	for (size_t kind = MEMORY; kind <= IMAGE; kind++)
		tables[kind].count = tables[kind].free_count = 0;
}

static void check_import(const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host) {
	const VkDeviceSize page = fake.import_alignment;
	const VkMemoryPropertyFlags coherent =
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	REQUIRE(host->pHostPointer);
	STRICTLY_NO(rule_of_pages(info, host, page, fake.host_types & ((1u << fake.memory_type_count) - 1)));
	/* Metal's memory is coherent. */
	REQUIRE((fake.memory_flags[info->memoryTypeIndex] & coherent) == coherent);
	REQUIRE(!chain_find(host->pNext, host->sType));
	/* A sample of the pages: reading makes the kernel allocate them. */
	VkDeviceSize step = (info->allocationSize / 64 + page) & ~(page - 1);
	for (VkDeviceSize i = 0; i < info->allocationSize; i += step)
		fake_read_all((const char *)host->pHostPointer + i, 1);
	fake_read_all((const char *)host->pHostPointer + info->allocationSize - 1, 1);
}

static VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	fake_check_device(device);
	(void)callbacks;
	fake_look("vkAllocateMemory", info->pNext);
	fake_check_chain(info->pNext);
	const VkImportMemoryHostPointerInfoEXT *host =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
	const VkExportMemoryAllocateInfo *export =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
	STRICTLY(!chain_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT));
	STRICTLY(!export || !(export->handleTypes & METAL_TYPES));
	fake.allocate_info = *info;
	fake.allocate_next_host_pointer = host ? host->pHostPointer : NULL;
	if (fake.allocate_result != VK_SUCCESS)
		return fake.allocate_result;
	if (fake.strict && host && host->pHostPointer == fake.application_pages)
		host = NULL;
	if (fake.strict && host)
		check_import(info, host);
	fake.imports += host && host->pHostPointer;
	fake.live_memories++;
	uintptr_t handle;
	struct object *object = new_object(MEMORY, &handle);
	object->memory.pages = host ? host->pHostPointer : NULL;
	object->memory.size = info->allocationSize;
	*memory = (VkDeviceMemory)handle;
	return VK_SUCCESS;
}

static void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
	fake_check_device(device);
	(void)callbacks;
	if (!memory)
		return;
	fake.live_memories--;
	free_object(MEMORY, (uintptr_t)memory);
}

static const struct object *get_memory(VkDeviceMemory memory) {
	return get_object(MEMORY, (uintptr_t)memory);
}

static VkResult VKAPI_CALL map_memory2(VkDevice device, const struct map_info *info, void **data) {
	const struct object *object = get_memory(info->memory);
	fake_check_device(device);
	fake.map_offset = info->offset;
	fake.map_size = info->size;
	STRICTLY_NO(rule_of_map(info->offset, info->size, object->memory.size));
	STRICTLY(!object->memory.pages || info->offset % fake.atom == 0);
	*data = object->memory.pages ? object->memory.pages + info->offset : NULL;
	return object->memory.pages || !fake.strict ? VK_SUCCESS : VK_ERROR_MEMORY_MAP_FAILED;
}

static VkResult VKAPI_CALL unmap_memory2(VkDevice device, const void *info) {
	fake_check_device(device);
	(void)info;
	fake.unmaps++;
	return VK_SUCCESS;
}

static VkResult VKAPI_CALL map_memory(
	VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkFlags flags, void **data) {
	return map_memory2(device, &(struct map_info){0, NULL, flags, memory, offset, size}, data);
}

static void check_range(const VkMappedMemoryRange *range) {
	const struct object *object = get_memory(range->memory);
	/* The fake has the whole of it mapped. */
	STRICTLY_NO(rule_of_range(range, 0, object->memory.size, object->memory.size, fake.atom));
	STRICTLY(range->size > 0);
}

static VkResult VKAPI_CALL flush(VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	fake_check_device(device);
	fake.range_count = count;
	for (uint32_t i = 0; i < count; i++) {
		check_range(&ranges[i]);
		if (i < sizeof(fake.ranges) / sizeof(*fake.ranges))
			fake.ranges[i] = ranges[i];
	}
	return VK_SUCCESS;
}

static void check_buffer(const VkBufferCreateInfo *info) {
	fake_check_chain(info->pNext);
	const VkExternalMemoryBufferCreateInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO);
	STRICTLY(!external || !(external->handleTypes & METAL_TYPES));
}

static VkResult VKAPI_CALL create_buffer(
	VkDevice device, const VkBufferCreateInfo *info, const VkAllocationCallbacks *callbacks, VkBuffer *buffer) {
	fake_check_device(device);
	(void)callbacks;
	fake_look("vkCreateBuffer", info->pNext);
	check_buffer(info);
	fake.live_buffers++;
	uintptr_t handle;
	struct object *object = new_object(BUFFER, &handle);
	object->buffer.usage = info->usage;
	object->buffer.size = info->size;
	*buffer = (VkBuffer)handle;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_buffer(VkDevice device, VkBuffer buffer, const VkAllocationCallbacks *callbacks) {
	fake_check_device(device);
	(void)callbacks;
	if (!buffer)
		return;
	fake.live_buffers--;
	free_object(BUFFER, (uintptr_t)buffer);
}

static VkMemoryRequirements get_requirements(VkDeviceSize size, VkDeviceSize alignment) {
	return (VkMemoryRequirements){
		(size + alignment - 1) & ~(alignment - 1), alignment, (1u << fake.memory_type_count) - 1};
}

static VkMemoryRequirements get_requirements_by_usage(VkDeviceSize size, VkBufferUsageFlags usage) {
	VkDeviceSize alignment = fake.buffer_alignment;
	for (unsigned i = 0; i < 32; i++)
		if ((usage >> i & 1) && fake.usage_alignment[i] > alignment)
			alignment = fake.usage_alignment[i];
	return get_requirements(size, alignment);
}

static void VKAPI_CALL get_buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *requirements) {
	const struct object *object = get_object(BUFFER, (uintptr_t)buffer);
	fake_check_device(device);
	*requirements = get_requirements_by_usage(object->buffer.size, object->buffer.usage);
}

static void VKAPI_CALL get_buffer_requirements2(
	VkDevice device, const VkBufferMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	fake_check_chain(info->pNext);
	fake_check_chain(requirements->pNext);
	get_buffer_requirements(device, info->buffer, &requirements->memoryRequirements);
}

static void VKAPI_CALL get_device_buffer_requirements(
	VkDevice device, const VkDeviceBufferMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	fake_check_device(device);
	fake_look("vkGetDeviceBufferMemoryRequirements", info->pCreateInfo->pNext);
	check_buffer(info->pCreateInfo);
	fake_check_chain(requirements->pNext);
	requirements->memoryRequirements = get_requirements_by_usage(info->pCreateInfo->size, info->pCreateInfo->usage);
}

static void check_image(const VkImageCreateInfo *info) {
	fake_check_chain(info->pNext);
	const VkExternalMemoryImageCreateInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
	STRICTLY(!external || !(external->handleTypes & METAL_TYPES));
	if (!external || !(external->handleTypes & HOST))
		return;
	STRICTLY(info->tiling == VK_IMAGE_TILING_LINEAR || fake.optimal_import);
	STRICTLY(info->tiling == VK_IMAGE_TILING_OPTIMAL || info->samples == VK_SAMPLE_COUNT_1_BIT);
	STRICTLY(info->usage && !(info->usage & ~fake_get_usage(info->format, info->tiling)));
	STRICTLY(!chain_find(info->pNext, VK_STRUCTURE_TYPE_IMAGE_STENCIL_USAGE_CREATE_INFO));
	STRICTLY(!chain_find(info->pNext, VK_STRUCTURE_TYPE_IMAGE_FORMAT_LIST_CREATE_INFO));
}

static VkResult VKAPI_CALL create_image(
	VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImage *image) {
	fake_check_device(device);
	(void)callbacks;
	fake_look("vkCreateImage", info->pNext);
	check_image(info);
	fake.live_images++;
	uintptr_t handle;
	new_object(IMAGE, &handle)->image = *info;
	*image = (VkImage)handle;
	return VK_SUCCESS;
}

static void VKAPI_CALL destroy_image(VkDevice device, VkImage image, const VkAllocationCallbacks *callbacks) {
	fake_check_device(device);
	(void)callbacks;
	if (!image)
		return;
	fake.live_images--;
	free_object(IMAGE, (uintptr_t)image);
}

static const VkImageCreateInfo *get_image(VkImage image) {
	return &get_object(IMAGE, (uintptr_t)image)->image;
}

/* No texel has more than 32 bytes. */
static VkDeviceSize get_row_pitch(const VkImageCreateInfo *info, uint32_t level) {
	return (VkDeviceSize)((info->extent.width >> level) + 1) * 32;
}

static VkDeviceSize get_layer_size(const VkImageCreateInfo *info, uint32_t level_count) {
	VkDeviceSize size = 0;
	for (uint32_t i = 0; i < level_count && i < 32; i++)
		size += get_row_pitch(info, i) * ((info->extent.height >> i) + 1) * ((info->extent.depth >> i) + 1);
	return size;
}

static VkMemoryRequirements compute_image_requirements(const VkImageCreateInfo *info) {
	VkDeviceSize size =
		fake.image_size ? fake.image_size : get_layer_size(info, info->mipLevels) * info->arrayLayers;
	return get_requirements(size, fake.image_alignment);
}

static void VKAPI_CALL get_image_requirements(VkDevice device, VkImage image, VkMemoryRequirements *requirements) {
	fake_check_device(device);
	*requirements = compute_image_requirements(get_image(image));
}

static void VKAPI_CALL get_image_requirements2(
	VkDevice device, const VkImageMemoryRequirementsInfo2 *info, VkMemoryRequirements2 *requirements) {
	fake_check_chain(info->pNext);
	fake_check_chain(requirements->pNext);
	get_image_requirements(device, info->image, &requirements->memoryRequirements);
}

static void VKAPI_CALL get_device_image_requirements(
	VkDevice device, const VkDeviceImageMemoryRequirements *info, VkMemoryRequirements2 *requirements) {
	fake_check_device(device);
	fake_look("vkGetDeviceImageMemoryRequirements", info->pCreateInfo->pNext);
	check_image(info->pCreateInfo);
	fake_check_chain(requirements->pNext);
	requirements->memoryRequirements = compute_image_requirements(info->pCreateInfo);
}

static void VKAPI_CALL get_subresource_layout(
	VkDevice device, VkImage image, const VkImageSubresource *subresource, VkSubresourceLayout *layout) {
	fake_check_device(device);
	if (fake.image_size) {
		*layout = (VkSubresourceLayout){.size = fake.image_size, .rowPitch = 256};
		return;
	}
	const VkImageCreateInfo *info = get_image(image);
	const uint32_t level = subresource->mipLevel;
	STRICTLY(info->tiling == VK_IMAGE_TILING_LINEAR);
	STRICTLY(subresource->aspectMask == VK_IMAGE_ASPECT_COLOR_BIT);
	STRICTLY(level < info->mipLevels && subresource->arrayLayer < info->arrayLayers);
	VkDeviceSize plane = get_row_pitch(info, level) * ((info->extent.height >> level) + 1);
	*layout = (VkSubresourceLayout){
		.offset = get_layer_size(info, level),
		.size = plane * ((info->extent.depth >> level) + 1),
		.rowPitch = get_row_pitch(info, level),
		.arrayPitch = get_layer_size(info, info->mipLevels),
		.depthPitch = plane,
	};
}

static VkResult VKAPI_CALL create_image_view(
	VkDevice device, const VkImageViewCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImageView *view) {
	fake_check_device(device);
	(void)callbacks;
	fake_check_chain(info->pNext);
	get_image(info->image);
	*view = (VkImageView)(uintptr_t)&fake;
	return VK_SUCCESS;
}

static void record_binding(uint64_t resource, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize alignment) {
	const struct object *object = get_memory(memory);
	STRICTLY(!object->memory.pages || offset < object->memory.size);
	fake.misaligned += offset % alignment != 0;
	if (fake.binding_count < sizeof(fake.bindings) / sizeof(*fake.bindings))
		fake.bindings[fake.binding_count++] = (struct fake_binding){resource, memory, offset};
}

static VkResult VKAPI_CALL bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
	VkMemoryRequirements requirements;
	get_buffer_requirements(device, buffer, &requirements);
	record_binding((uint64_t)(uintptr_t)buffer, memory, offset, requirements.alignment);
	return fake.bind_result;
}

static VkResult VKAPI_CALL bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
	fake_check_device(device);
	get_image(image);
	record_binding((uint64_t)(uintptr_t)image, memory, offset, fake.image_alignment);
	return fake.bind_result;
}

/* VkBindMemoryStatus, which the oldest supported headers lack. */
struct bind_status {
	VkStructureType type;
	const void *next;
	VkResult *result;
};

static void write_status(const void *pNext) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		if ((uint32_t)s->sType == 1000545002)
			*((const struct bind_status *)s)->result = fake.bind_result;
}

static VkResult VKAPI_CALL bind_buffers2(VkDevice device, uint32_t count, const VkBindBufferMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		fake_check_chain(infos[i].pNext);
		bind_buffer(device, infos[i].buffer, infos[i].memory, infos[i].memoryOffset);
		write_status(infos[i].pNext);
	}
	return fake.bind_result;
}

static VkResult VKAPI_CALL bind_images2(VkDevice device, uint32_t count, const VkBindImageMemoryInfo *infos) {
	for (uint32_t i = 0; i < count; i++) {
		fake_check_chain(infos[i].pNext);
		bind_image(device, infos[i].image, infos[i].memory, infos[i].memoryOffset);
		write_status(infos[i].pNext);
	}
	return fake.bind_result;
}

static VkResult VKAPI_CALL get_host_pointer_properties(VkDevice device, VkExternalMemoryHandleTypeFlagBits type,
	const void *pointer, VkMemoryHostPointerPropertiesEXT *properties) {
	fake_check_device(device);
	STRICTLY(type == (VkExternalMemoryHandleTypeFlagBits)HOST);
	STRICTLY((uintptr_t)pointer % fake.import_alignment == 0);
	if (fake.strict)
		fake_read_all(pointer, 1);
	properties->memoryTypeBits = pointer && pointer == fake.odd_pages ? fake.odd_types : fake.host_types;
	return VK_SUCCESS;
}

const struct fake_command fake_resource_commands[] = {
	FAKE_COMMAND(AllocateMemory, allocate_memory),
	FAKE_COMMAND(FreeMemory, free_memory),
	FAKE_COMMAND(MapMemory, map_memory),
	{"vkMapMemory2KHR", (PFN_vkVoidFunction)map_memory2},
	{"vkUnmapMemory2KHR", (PFN_vkVoidFunction)unmap_memory2},
	FAKE_COMMAND(FlushMappedMemoryRanges, flush),
	FAKE_COMMAND(InvalidateMappedMemoryRanges, flush),
	FAKE_COMMAND(CreateBuffer, create_buffer),
	FAKE_COMMAND(DestroyBuffer, destroy_buffer),
	FAKE_COMMAND(CreateImage, create_image),
	FAKE_COMMAND(DestroyImage, destroy_image),
	FAKE_COMMAND(CreateImageView, create_image_view),
	FAKE_COMMAND(GetImageSubresourceLayout, get_subresource_layout),
	FAKE_COMMAND(GetBufferMemoryRequirements, get_buffer_requirements),
	FAKE_COMMAND(GetImageMemoryRequirements, get_image_requirements),
	FAKE_COMMAND(GetBufferMemoryRequirements2, get_buffer_requirements2),
	FAKE_COMMAND(GetImageMemoryRequirements2, get_image_requirements2),
	FAKE_COMMAND(GetDeviceBufferMemoryRequirements, get_device_buffer_requirements),
	FAKE_COMMAND(GetDeviceImageMemoryRequirements, get_device_image_requirements),
	FAKE_COMMAND(BindBufferMemory, bind_buffer),
	FAKE_COMMAND(BindImageMemory, bind_image),
	FAKE_COMMAND(BindBufferMemory2, bind_buffers2),
	FAKE_COMMAND(BindImageMemory2, bind_images2),
	FAKE_COMMAND(GetMemoryHostPointerPropertiesEXT, get_host_pointer_properties),
	{0},
};
