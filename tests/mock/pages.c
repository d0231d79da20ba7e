/* SPDX-License-Identifier: MIT */
/* Imports of host pages. */
#include <stdio.h>

#include "objects.h"

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
	if (type != MOCK_HOST && type != VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_MAPPED_FOREIGN_MEMORY_BIT_EXT)
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

VkResult mock_check_host_import(
	VkDevice device, const VkMemoryAllocateInfo *info, const VkImportMemoryHostPointerInfoEXT *host) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object);
	if (!object.device.has_host)
		mock_violation("extension", "host pages without VK_EXT_external_memory_host");
	uint32_t types = types_of_pages(host->pHostPointer, info->allocationSize);
	const char *rule = rule_of_pages(info, host, mock_profile->import_alignment, types);
	if (rule)
		mock_violation(rule, "%llu bytes at %p as type %u, of 0x%x", ULL(info->allocationSize),
			host->pHostPointer, info->memoryTypeIndex, types);
	if (object.device.poisoned)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	if (!types) {
		poison(device);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	return VK_SUCCESS;
}

const struct mock_hook mock_page_hooks[] = {MOCK_PAGE_COMMANDS(MOCK_HOOK){0}};
