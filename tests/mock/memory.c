/* SPDX-License-Identifier: MIT */
/* Memory of the profile's types, all of it lavapipe's one type, and the checks of allocations. */
#include <stdatomic.h>
#include <string.h>

#include "objects.h"

static struct {
	atomic_uint memories, imports, fds, semaphore_imports, waits, destroyed_semaphores, late_waits, failures;
} counts;

void vk_mockGetCounts(struct mock_counts *to) {
	*to = (struct mock_counts){counts.memories, counts.imports, counts.fds, counts.semaphore_imports, counts.waits,
		counts.destroyed_semaphores, counts.late_waits, counts.failures};
}

void mock_count_semaphores(unsigned imports, unsigned waits, unsigned destroyed) {
	counts.semaphore_imports += imports;
	counts.waits += waits;
	counts.destroyed_semaphores += destroyed;
}

void mock_count_late_wait(void) {
	counts.late_waits++;
}

void mock_count_failure(void) {
	counts.failures++;
}

void mock_note_device(VkDevice device, VkPhysicalDevice physical, const VkDeviceCreateInfo *info) {
	struct mock_object object = {
		.type = VK_OBJECT_TYPE_DEVICE,
		.handle = HANDLE(device),
		.device.physical = physical,
	};
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (strcmp(info->ppEnabledExtensionNames[i], VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0)
			object.device.has_host = true;
		else if (strcmp(info->ppEnabledExtensionNames[i], VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME) == 0)
			object.device.has_fd = true;
	mock_put(&object);
}

struct children {
	uint64_t device;
	unsigned count, memories;
	struct mock_object last;
};

static void find_child(struct mock_object *object, void *context) {
	struct children *children = context;
	if (object->device_handle != children->device)
		return;
	children->count++;
	children->memories += object->type == VK_OBJECT_TYPE_DEVICE_MEMORY;
	children->last = *object;
}

/* What is left goes with the device. */
static VKAPI_ATTR void VKAPI_CALL DestroyDevice(VkDevice device, const VkAllocationCallbacks *callbacks) {
	struct children children = {.device = HANDLE(device)};
	mock_visit(find_child, &children);
	if (device && children.count)
		mock_violation("VUID-vkDestroyDevice-device-05137", "%u objects, one of type %d", children.count,
			children.last.type);
	mock_drop(VK_OBJECT_TYPE_DEVICE, HANDLE(device));
	mock_end_semaphores(device);
	mock_next.DestroyDevice(device, callbacks);
	while (device && children.count) {
		mock_drop(children.last.type, children.last.handle);
		if (children.last.type == VK_OBJECT_TYPE_DEVICE_MEMORY) {
			mock_file_finish(&children.last.memory.file);
			counts.memories--;
		}
		children.count = 0;
		mock_visit(find_child, &children);
	}
}

static VKAPI_ATTR VkResult VKAPI_CALL GetMemoryFdPropertiesKHR(
	VkDevice device, VkExternalMemoryHandleTypeFlagBits type, int fd, VkMemoryFdPropertiesKHR *properties) {
	if (type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT)
		mock_violation("VUID-vkGetMemoryFdPropertiesKHR-handleType-00674", "OPAQUE_FD");
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

/* What the chain of an allocation says. Imports with the handle type 0 are none. */
struct allocation {
	VkExternalMemoryHandleTypeFlags exported, imported;
	const VkImportMemoryHostPointerInfoEXT *host;
	const VkImportMemoryFdInfoKHR *fd;
	VkBuffer buffer; /* dedicated to it; may be VK_NULL_HANDLE */
	VkImage image;
	struct mock_identity dedicated; /* to it */
};

static void read_chain(const void *next, struct allocation *allocation) {
	const VkExportMemoryAllocateInfo *export = chain_find(next, VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO);
	const VkMemoryDedicatedAllocateInfo *dedicated =
		chain_find(next, VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO);
	struct mock_object object;
	*allocation = (struct allocation){
		.exported = export ? export->handleTypes : 0,
		.host = chain_find(next, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT),
		.fd = chain_find(next, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR),
		.buffer = dedicated ? dedicated->buffer : VK_NULL_HANDLE,
		.image = dedicated ? dedicated->image : VK_NULL_HANDLE,
	};
	if (allocation->host && !allocation->host->handleType)
		allocation->host = NULL;
	if (allocation->fd && !allocation->fd->handleType)
		allocation->fd = NULL;
	allocation->imported = (allocation->host ? allocation->host->handleType : 0u) |
			       (allocation->fd ? allocation->fd->handleType : 0u);
	if (allocation->image && mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(allocation->image), &object))
		allocation->dedicated = object.image.identity;
	if (allocation->buffer && mock_get(VK_OBJECT_TYPE_BUFFER, HANDLE(allocation->buffer), &object))
		allocation->dedicated = object.buffer.identity;
}

static void check_dedicated(VkDevice device, const VkMemoryAllocateInfo *info, const struct allocation *allocation) {
	VkMemoryRequirements requirements = {0};
	if (allocation->image && allocation->buffer)
		mock_violation("VUID-VkMemoryDedicatedAllocateInfo-image-01432", "an image and a buffer");
	if (allocation->image)
		mock_get_image_requirements(device, allocation->image, &requirements);
	else if (allocation->buffer)
		mock_get_buffer_requirements(device, allocation->buffer, &requirements);
	else
		return;
	/* An import has the size that it has. */
	if (!allocation->imported && info->allocationSize != requirements.size)
		mock_violation(allocation->image ? "VUID-VkMemoryDedicatedAllocateInfo-image-02964"
						 : "VUID-VkMemoryDedicatedAllocateInfo-buffer-02965",
			"%llu bytes, not %llu", ULL(info->allocationSize), ULL(requirements.size));
	if (!(requirements.memoryTypeBits >> info->memoryTypeIndex & 1))
		mock_violation("VUID-VkMemoryDedicatedAllocateInfo-image", "type %u, of 0x%x", info->memoryTypeIndex,
			requirements.memoryTypeBits);
}

/* Whether anything can be shared as OPAQUE_FD. */
static bool supports_fd(void) {
	const struct mock_profile *profile = mock_profile;
	return mock_handle_types() & ~(profile->denied_buffers & profile->denied_linear & profile->denied_optimal) &
	       MOCK_FD;
}

static void check_export(const struct allocation *allocation) {
	VkExternalMemoryHandleTypeFlags supported = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
	if (supports_fd())
		supported |= MOCK_FD;
	if (!allocation->host && (allocation->exported & ~supported))
		mock_violation("VUID-VkExportMemoryAllocateInfo-handleTypes-00656", "handle types 0x%x, of 0x%x",
			allocation->exported, supported);
	if (allocation->host && allocation->fd)
		mock_violation("VUID-VkMemoryAllocateInfo-None-06657", "imports of host pages and of a file");
}

static void find_fd(struct mock_object *object, void *context) {
	int *fd = context;
	if (object->type == VK_OBJECT_TYPE_DEVICE_MEMORY && object->memory.file.pages && object->memory.file.fd == *fd)
		*fd = -1;
}

/* Compares an import with what was exported. */
static VkResult check_fd_import(VkDevice device, const VkMemoryAllocateInfo *info, const struct allocation *allocation,
	struct mock_payload *payload) {
	struct mock_object object;
	struct mock_payload own;
	char text[128];
	const int fd = allocation->fd->fd;
	int free_fd = fd;
	mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object);
	if (!object.device.has_fd)
		mock_violation("extension", "a file without VK_KHR_external_memory_fd");
	if (!supports_fd())
		mock_violation("VUID-VkImportMemoryFdInfoKHR-handleType-00667", "OPAQUE_FD");
	if (mock_profile->holds_fds)
		mock_visit(find_fd, &free_fd);
	if (free_fd != fd)
		mock_violation("fd", "%d was imported already, so it is the driver's", fd);
	if (!mock_file_read(fd, payload)) {
		mock_violation("VUID-VkImportMemoryFdInfoKHR-handleType-00670", "%d is no export", fd);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	mock_make_uuids(own.device, own.driver);
	if (memcmp(own.device, payload->device, VK_UUID_SIZE) != 0 ||
		memcmp(own.driver, payload->driver, VK_UUID_SIZE) != 0)
		mock_violation("VUID-VkImportMemoryFdInfoKHR-fd-00668", "the export is of %.16s",
			(const char *)payload->device);
	if (info->allocationSize != payload->size || info->memoryTypeIndex != payload->type) {
		mock_violation("VUID-VkMemoryAllocateInfo-allocationSize-01742",
			"%llu bytes of type %u, the export has %llu of type %u", ULL(info->allocationSize),
			info->memoryTypeIndex, ULL(payload->size), payload->type);
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	if (allocation->dedicated.object_type != VK_OBJECT_TYPE_UNKNOWN &&
		!mock_compare(&allocation->dedicated, &payload->dedicated, text))
		mock_violation(allocation->image ? "VUID-VkMemoryDedicatedAllocateInfo-image-01878"
						 : "VUID-VkMemoryDedicatedAllocateInfo-buffer-01879",
			"%s", text);
	return VK_SUCCESS;
}

/* The file's pages as lavapipe's memory. */
static VkResult allocate_pages(VkDevice device, const VkMemoryAllocateInfo *info, const struct mock_file *file,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	const VkMemoryAllocateFlagsInfo *given = chain_find(info->pNext, VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO);
	VkMemoryAllocateFlagsInfo flags = given ? *given : (VkMemoryAllocateFlagsInfo){0};
	flags.pNext = NULL;
	const VkImportMemoryHostPointerInfoEXT pages = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pNext = given ? &flags : NULL,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)MOCK_HOST,
		.pHostPointer = file->pages,
	};
	return mock_next.AllocateMemory(device,
		&(VkMemoryAllocateInfo){
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.pNext = &pages,
			.allocationSize = file->size,
		},
		callbacks, memory);
}

static VkResult allocate_file(VkDevice device, const VkMemoryAllocateInfo *info, const struct allocation *allocation,
	const VkAllocationCallbacks *callbacks, struct mock_file *file, VkDeviceMemory *memory) {
	struct mock_payload payload = {
		.size = info->allocationSize,
		.type = info->memoryTypeIndex,
		.dedicated = allocation->dedicated,
	};
	mock_make_uuids(payload.device, payload.driver);
	VkResult result;
	if (allocation->fd) {
		result = check_fd_import(device, info, allocation, &payload);
		if (result == VK_SUCCESS &&
			(mock_has_fault("imports") || (mock_profile->no_reexport && (allocation->exported & MOCK_FD))))
			result = mock_file_create(&payload, file);
		else if (result == VK_SUCCESS)
			result = mock_file_import(allocation->fd->fd, &payload, file);
	} else
		result = mock_file_create(&payload, file);
	if (result != VK_SUCCESS)
		return result;
	result = allocate_pages(device, info, file, callbacks, memory);
	if (result != VK_SUCCESS)
		mock_file_finish(file);
	else if (allocation->fd)
		mock_file_take(file, allocation->fd->fd, allocation->exported & MOCK_FD);
	return result;
}

static bool has_too_many(VkDevice device) {
	struct children children = {.device = HANDLE(device)};
	if (!mock_profile->allocations || counts.memories < mock_profile->allocations)
		return false;
	mock_visit(find_child, &children);
	return children.memories >= mock_profile->allocations;
}

static VKAPI_ATTR VkResult VKAPI_CALL AllocateMemory(VkDevice device, const VkMemoryAllocateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
	const VkImportMemoryHostPointerInfoEXT *host =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
	const VkImportMemoryFdInfoKHR *fd = chain_find(info->pNext, VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR);
	struct allocation allocation;
	struct mock_file file = {.fd = -1};
	mock_check_chain("vkAllocateMemory", info->pNext, allocation_structs);
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
	if (has_too_many(device))
		return VK_ERROR_TOO_MANY_OBJECTS;
	read_chain(info->pNext, &allocation);
	VkResult result = allocation.host ? mock_check_host_import(device, info, allocation.host) : VK_SUCCESS;
	check_export(&allocation);
	check_dedicated(device, info, &allocation);
	VkMemoryAllocateInfo real = *info;
	real.memoryTypeIndex = 0;
	if (allocation.host && mock_has_fault("pages"))
		real.pNext = NULL;
	if ((allocation.exported || allocation.imported) && info->memoryTypeIndex == 1 && mock_has_fault("refuses"))
		result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
	if (result == VK_SUCCESS && !allocation.host && ((allocation.exported | allocation.imported) & MOCK_FD))
		result = allocate_file(device, info, &allocation, callbacks, &file, memory);
	else if (result == VK_SUCCESS)
		result = mock_next.AllocateMemory(device, &real, callbacks, memory);
	if (result != VK_SUCCESS)
		return result;
	mock_put(&(struct mock_object){
		.type = VK_OBJECT_TYPE_DEVICE_MEMORY,
		.handle = HANDLE(*memory),
		.device_handle = HANDLE(device),
		.memory = {.size = info->allocationSize,
			.type = info->memoryTypeIndex,
			.imported = allocation.imported,
			.exported = allocation.exported,
			.file = file,
			.buffer = allocation.buffer,
			.image = allocation.image},
	});
	counts.memories++;
	counts.imports += (allocation.imported & MOCK_FD) != 0;
	return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetMemoryFdKHR(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd) {
	struct mock_object object;
	mock_get(VK_OBJECT_TYPE_DEVICE, HANDLE(device), &object);
	if (!object.device.has_fd)
		mock_violation("extension", "vkGetMemoryFdKHR without VK_KHR_external_memory_fd");
	if (!mock_get_memory(device, info->memory, &object))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (!(info->handleType & object.memory.exported)) {
		mock_violation("VUID-VkMemoryGetFdInfoKHR-handleType-00671", "0x%x, allocated for 0x%x",
			info->handleType, object.memory.exported);
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	struct mock_object image;
	if (mock_profile->export_reads_image && object.memory.image &&
		!mock_get(VK_OBJECT_TYPE_IMAGE, HANDLE(object.memory.image), &image))
		mock_violation("dedicated", "vkGetMemoryFdKHR of memory whose image is destroyed: RADV reads it");
	if (info->handleType != MOCK_FD)
		return mock_next.GetMemoryFdKHR(device, info, fd);
	VkResult result = mock_file_get_fd(&object.memory.file, fd);
	counts.fds += result == VK_SUCCESS;
	return result;
}

static VKAPI_ATTR void VKAPI_CALL FreeMemory(
	VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
	struct mock_object object;
	if (!memory || !mock_get_memory(device, memory, &object)) {
		mock_next.FreeMemory(device, memory, callbacks);
		return;
	}
	mock_drop(VK_OBJECT_TYPE_DEVICE_MEMORY, HANDLE(memory));
	mock_next.FreeMemory(device, memory, callbacks);
	mock_file_finish(&object.memory.file);
	counts.memories--;
}

const struct mock_hook mock_memory_hooks[] = {MOCK_MEMORY_COMMANDS(MOCK_HOOK){0}};
