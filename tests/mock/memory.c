/* SPDX-License-Identifier: MIT */
/* Memory of the profile's types, all of it lavapipe's one type, and the checks of allocations and mappings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "objects.h"

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define HANDLE(object) ((uint64_t)(uintptr_t)(object))

void mock_note_device(VkDevice device, VkPhysicalDevice physical, const VkDeviceCreateInfo *info) {
	struct mock_object object = {
		.type = VK_OBJECT_TYPE_DEVICE,
		.handle = HANDLE(device),
		.device.physical = physical,
	};
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (strcmp(info->ppEnabledExtensionNames[i], VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0)
			object.device.has_host = true;
	mock_put(&object);
}

static VKAPI_ATTR void VKAPI_CALL DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	mock_drop(VK_OBJECT_TYPE_DEVICE, HANDLE(device));
	mock_next.DestroyDevice(device, callbacks);
}

static void poison(VkDevice device) {
	struct mock_object object;
	if (mock_profile->poisoned_by_import && mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object)) {
		object.device.poisoned = true;
		mock_put(&object);
	}
}

/* The permissions in /proc/self/maps of the mapping at `address`, as "rw-p"; false where there is none. `end` is its
 * end. */
static bool find_mapping(uintptr_t address, char permissions[5], uintptr_t *end) {
	FILE *maps = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[512];
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		unsigned long first, last;
		found = sscanf(line, "%lx-%lx %4s", &first, &last, permissions) == 3 && first <= address &&
			address < last;
		*end = last;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* Memory types of host pages; 0 where the range has holes or cannot be written. */
static uint32_t types_of_pages(const void *pointer, VkDeviceSize size) {
	uint32_t types = mock_profile->pages;
	uintptr_t address = (uintptr_t)pointer, last = address + size;
	while (address < last) {
		char permissions[5];
		if (!find_mapping(address, permissions, &address) || permissions[0] != 'r' || permissions[1] != 'w')
			return 0;
		if (permissions[3] == 's' && mock_profile->shared_pages)
			types &= mock_profile->shared_pages;
	}
	return types;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetMemoryHostPointerPropertiesEXT(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits type, const void *pointer, VkMemoryHostPointerPropertiesEXT *properties) {
	if (type != HOST_ALLOCATION && type != VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_MAPPED_FOREIGN_MEMORY_BIT_EXT)
		mock_violation("VUID-vkGetMemoryHostPointerPropertiesEXT-handleType-01752", "handle type 0x%x", type);
	if ((uintptr_t)pointer & (mock_profile->import_alignment - 1))
		mock_violation("VUID-vkGetMemoryHostPointerPropertiesEXT-pHostPointer-01753", "%p", pointer);
	VkResult result = mock_next.GetMemoryHostPointerPropertiesEXT(device, type, pointer, properties);
	if (result == VK_SUCCESS) {
		properties->memoryTypeBits = types_of_pages(pointer, 1);
		if (!properties->memoryTypeBits)
			result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetMemoryFdPropertiesKHR(
	VkDevice device, VkExternalMemoryHandleTypeFlagBits type, int fd, VkMemoryFdPropertiesKHR *properties) {
	VkResult result = mock_next.GetMemoryFdPropertiesKHR(device, type, fd, properties);
	if (result == VK_SUCCESS && properties->memoryTypeBits)
		properties->memoryTypeBits = (1u << mock_profile->type_count) - 1;
	return result;
}

static const VkStructureType allocation_structs[] = {
	VK_STRUCTURE_TYPE_DEDICATED_ALLOCATION_MEMORY_ALLOCATE_INFO_NV,
	VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
	VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
	VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
	VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
	VK_STRUCTURE_TYPE_MEMORY_OPAQUE_CAPTURE_ADDRESS_ALLOCATE_INFO,
	VK_STRUCTURE_TYPE_MEMORY_PRIORITY_ALLOCATE_INFO_EXT,
	0,
};

/* Host pages: checks the caller, and fails as the profile's device would. */
static VkResult check_host_import(
	VkDevice device, const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host) {
	struct mock_object object;
	const VkDeviceSize alignment = mock_profile->import_alignment;
	mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object);
	if (!object.device.has_host)
		mock_violation("extension", "host pages without VK_EXT_external_memory_host");
	if (host->handleType != HOST_ALLOCATION)
		mock_violation("VUID-VkImportMemoryHostPointerInfoEXT-handleType-01748", "0x%x", host->handleType);
	if ((uintptr_t)host->pHostPointer & (alignment - 1))
		mock_violation("VUID-VkImportMemoryHostPointerInfoEXT-handleType-01749", "%p", host->pHostPointer);
	if (info->allocationSize & (alignment - 1))
		mock_violation("VUID-VkMemoryAllocateInfo-allocationSize-01745", "%llu",
			(unsigned long long)info->allocationSize);
	if (object.device.poisoned)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	uint32_t types = types_of_pages(host->pHostPointer, info->allocationSize);
	if (!types) {
		mock_violation("VUID-VkImportMemoryHostPointerInfoEXT-handleType-01750", "%llu bytes at %p",
			(unsigned long long)info->allocationSize, host->pHostPointer);
		poison(device);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	if (!(types >> info->memoryTypeIndex & 1))
		mock_violation("VUID-VkMemoryAllocateInfo-memoryTypeIndex-01744", "type %u, of 0x%x",
			info->memoryTypeIndex, types);
	return VK_SUCCESS;
}

static void check_dedicated(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkMemoryDedicatedAllocateInfo *dedicated, bool imported, bool is_host) {
	VkMemoryRequirements requirements = {0};
	if (dedicated->image && dedicated->buffer)
		mock_violation("VUID-VkMemoryDedicatedAllocateInfo-image-01432", "an image and a buffer");
	PFN_vkGetImageMemoryRequirements get_image = NULL;
	PFN_vkGetBufferMemoryRequirements get_buffer = NULL;
	for (const struct mock_hook *hook = mock_resource_hooks; hook->name; hook++) {
		if (strcmp(hook->name, "vkGetImageMemoryRequirements") == 0)
			get_image = (PFN_vkGetImageMemoryRequirements)hook->function;
		if (strcmp(hook->name, "vkGetBufferMemoryRequirements") == 0)
			get_buffer = (PFN_vkGetBufferMemoryRequirements)hook->function;
	}
	if (dedicated->image && get_image)
		get_image(device, dedicated->image, &requirements);
	else if (dedicated->buffer && get_buffer)
		get_buffer(device, dedicated->buffer, &requirements);
	else
		return;
	/* An import has the size that it has. */
	if (is_host)
		mock_violation("VUID-VkMemoryAllocateInfo-pNext-02806", "an import of host pages is dedicated");
	if (!imported && info->allocationSize != requirements.size)
		mock_violation("VUID-VkMemoryDedicatedAllocateInfo-image-02964", "%llu bytes, not %llu",
			(unsigned long long)info->allocationSize, (unsigned long long)requirements.size);
	if (!(requirements.memoryTypeBits >> info->memoryTypeIndex & 1))
		mock_violation("VUID-VkMemoryDedicatedAllocateInfo-image", "type %u, of 0x%x", info->memoryTypeIndex,
			requirements.memoryTypeBits);
}

static VKAPI_ATTR VkResult VKAPI_CALL AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	mock_check_chain("vkAllocateMemory", info->pNext, allocation_structs);
	const VkImportMemoryHostPointerInfoEXT *host =
		mock_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
	const VkImportMemoryFdInfoKHR *fd = mock_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
	const VkMemoryDedicatedAllocateInfo *dedicated =
		mock_find(info->pNext, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO);
	if (info->memoryTypeIndex >= mock_profile->type_count) {
		mock_violation("VUID-vkAllocateMemory-pAllocateInfo-01714", "type %u", info->memoryTypeIndex);
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	}
	if (mock_profile->types[info->memoryTypeIndex].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD)
		mock_violation("VUID-vkAllocateMemory-deviceCoherentMemory-02790", "type %u", info->memoryTypeIndex);
	if (info->allocationSize > mock_profile->heaps[mock_profile->types[info->memoryTypeIndex].heapIndex].size)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	if (mock_profile->no_inert && ((fd && !fd->handleType) || (host && !host->handleType)))
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	bool is_host = host && host->handleType, imported = is_host || (fd && fd->handleType);
	VkResult result = is_host ? check_host_import(device, info, host) : VK_SUCCESS;
	if (dedicated)
		check_dedicated(device, info, dedicated, imported, is_host);
	VkMemoryAllocateInfo real = *info;
	real.memoryTypeIndex = 0;
	if (result == VK_SUCCESS)
		result = mock_next.AllocateMemory(device, &real, callbacks, memory);
	if (result == VK_SUCCESS)
		mock_put(&(struct mock_object){
			.type = VK_OBJECT_TYPE_DEVICE_MEMORY,
			.handle = HANDLE(*memory),
			.memory = {.size = info->allocationSize,
				.type = info->memoryTypeIndex,
				.host = is_host,
				.imported = imported,
				.buffer = dedicated ? dedicated->buffer : VK_NULL_HANDLE,
				.image = dedicated ? dedicated->image : VK_NULL_HANDLE},
		});
	return result;
}

static bool get_memory(VkDeviceMemory memory, struct mock_object *object) {
	bool found = mock_get(VK_OBJECT_TYPE_DEVICE_MEMORY, HANDLE(memory), object);
	if (!found)
		mock_violation("memory", "%p is none", (void *)(uintptr_t)memory);
	return found;
}

static VKAPI_ATTR void VKAPI_CALL FreeMemory(
	VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
	struct mock_object object;
	if (memory && get_memory(memory, &object))
		mock_drop(VK_OBJECT_TYPE_DEVICE_MEMORY, HANDLE(memory));
	mock_next.FreeMemory(device, memory, callbacks);
}

static bool check_map(struct mock_object *memory, VkDeviceSize offset, VkDeviceSize size) {
	if (!(mock_profile->types[memory->memory.type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT)) {
		mock_violation("VUID-vkMapMemory-memory-00682", "type %u", memory->memory.type);
		return false;
	}
	if (memory->memory.mapped)
		mock_violation("VUID-vkMapMemory-memory-00678", "mapped already");
	if (offset >= memory->memory.size)
		mock_violation("VUID-vkMapMemory-offset-00679", "%llu", (unsigned long long)offset);
	else if (size != VK_WHOLE_SIZE && (!size || size > memory->memory.size - offset))
		mock_violation("VUID-vkMapMemory-size-00681", "%llu bytes at %llu", (unsigned long long)size,
			(unsigned long long)offset);
	return true;
}

static void note_map(struct mock_object *memory, VkDeviceSize offset, VkDeviceSize size) {
	memory->memory.mapped = true;
	memory->memory.map_offset = offset;
	memory->memory.map_size = size == VK_WHOLE_SIZE ? memory->memory.size - offset : size;
	mock_put(memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL MapMemory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset,
	VkDeviceSize size, VkMemoryMapFlags flags, void **data) {
	struct mock_object object;
	if (!get_memory(memory, &object) || !check_map(&object, offset, size))
		return VK_ERROR_MEMORY_MAP_FAILED;
	VkResult result = mock_next.MapMemory(device, memory, offset, size, flags, data);
	if (result == VK_SUCCESS)
		note_map(&object, offset, size);
	return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL MapMemory2(VkDevice device, const struct mock_map_info *info, void **data) {
	struct mock_object object;
	if (!get_memory(info->memory, &object) || !check_map(&object, info->offset, info->size))
		return VK_ERROR_MEMORY_MAP_FAILED;
	VkResult result = mock_next.MapMemory2(device, info, data);
	if (result == VK_SUCCESS)
		note_map(&object, info->offset, info->size);
	return result;
}

static void note_unmap(VkDeviceMemory memory) {
	struct mock_object object;
	if (!get_memory(memory, &object))
		return;
	if (!object.memory.mapped)
		mock_violation("VUID-vkUnmapMemory-memory-00689", "not mapped");
	object.memory.mapped = false;
	mock_put(&object);
}

static VKAPI_ATTR void VKAPI_CALL UnmapMemory(VkDevice device, VkDeviceMemory memory) {
	note_unmap(memory);
	mock_next.UnmapMemory(device, memory);
}

static VKAPI_ATTR VkResult VKAPI_CALL UnmapMemory2(VkDevice device, const struct mock_unmap_info *info) {
	note_unmap(info->memory);
	return mock_next.UnmapMemory2(device, info);
}

static void check_ranges(const char *command, uint32_t count, const VkMappedMemoryRange *ranges) {
	const VkDeviceSize atom = mock_profile->atom;
	for (uint32_t i = 0; i < count; i++) {
		struct mock_object object;
		if (!get_memory(ranges[i].memory, &object))
			continue;
		VkDeviceSize offset = ranges[i].offset, size = ranges[i].size, end = offset + size;
		VkDeviceSize map_end = object.memory.map_offset + object.memory.map_size;
		if (size == VK_WHOLE_SIZE)
			end = map_end;
		if (!object.memory.mapped)
			mock_violation("VUID-VkMappedMemoryRange-memory-00684", "%s: not mapped", command);
		else if (offset < object.memory.map_offset || end > map_end || offset > map_end)
			mock_violation("VUID-VkMappedMemoryRange-size-00685",
				"%s: %llu to %llu, mapped is %llu to %llu", command, (unsigned long long)offset,
				(unsigned long long)end, (unsigned long long)object.memory.map_offset,
				(unsigned long long)map_end);
		if (offset % atom)
			mock_violation("VUID-VkMappedMemoryRange-offset-00687", "%s: %llu, atom %llu", command,
				(unsigned long long)offset, (unsigned long long)atom);
		if (end % atom && end != object.memory.size)
			mock_violation("VUID-VkMappedMemoryRange-size-01389", "%s: ends at %llu, atom %llu", command,
				(unsigned long long)end, (unsigned long long)atom);
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL FlushMappedMemoryRanges(
	VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	check_ranges("vkFlushMappedMemoryRanges", count, ranges);
	return mock_next.FlushMappedMemoryRanges(device, count, ranges);
}

static VKAPI_ATTR VkResult VKAPI_CALL InvalidateMappedMemoryRanges(
	VkDevice device, uint32_t count, const VkMappedMemoryRange *ranges) {
	check_ranges("vkInvalidateMappedMemoryRanges", count, ranges);
	return mock_next.InvalidateMappedMemoryRanges(device, count, ranges);
}

const struct mock_hook mock_memory_hooks[] = {
	MOCK_MEMORY_COMMANDS(MOCK_HOOK) MOCK_HOOK(MapMemory2, "KHR") MOCK_HOOK(UnmapMemory2, "KHR"){0}};
