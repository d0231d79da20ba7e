/* SPDX-License-Identifier: MIT */
/* The extension's two commands: the handle of memory, and what a handle can be imported as. */
#include "layer/handle.h"

#include <stdalign.h>
#include <stddef.h>

#include "layer/device.h"
#include "layer/report.h"

enum tongs_kind tongs_handle_type_kind(VkExternalMemoryHandleTypeFlags type) {
	switch (type) {
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT:
		return TONGS_KIND_BUFFER;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT:
		return TONGS_KIND_TEXTURE;
	case VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT:
		return TONGS_KIND_HEAP;
	default:
		return TONGS_KIND_NONE;
	}
}

/* What is not simply there: refused, but for an import's handle, which programs ask for without having named it. */
static VkResult find_unexported(struct tongs_layer_device *device, const VkMemoryGetMetalHandleInfoEXT *info,
	const struct tongs_layer_memory *memory, void **pHandle) {
	char asked[TONGS_TYPES_TEXT_SIZE], made[TONGS_TYPES_TEXT_SIZE];
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_VK(DEVICE_MEMORY, info->memory));
	tongs_report_types(info->handleType, asked);
	if (tongs_handle_type_kind(info->handleType) == TONGS_KIND_NONE) {
		tongs_report(device, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10415", subjects,
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: ask for each by itself",
			asked);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	bool elsewhere = memory == TONGS_EXPORTED_ELSEWHERE;
	if (memory && (memory->types || elsewhere)) {
		tongs_report(device, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414", subjects,
			"the memory was allocated for export as %s, not %s: name it in "
			"VkExportMemoryAllocateInfo::handleTypes",
			elsewhere ? "none of Metal's handle types" : tongs_report_types(memory->types, made), asked);
		return VK_ERROR_VALIDATION_FAILED_EXT;
	}
	bool tolerated = memory && memory->imported_object && memory->import_type == info->handleType;
	(tolerated ? tongs_report_warning : tongs_report)(device, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413",
		subjects,
		"the memory was %s without being named for export: chain VkExportMemoryAllocateInfo with %s "
		"to its VkMemoryAllocateInfo",
		memory ? "imported" : "allocated", asked);
	if (!tolerated)
		return VK_ERROR_VALIDATION_FAILED_EXT;
	*pHandle = memory->imported_object;
	return VK_SUCCESS;
}

static void *pick(const struct tongs_layer_memory *memory, enum tongs_kind kind) {
	switch (kind) {
	case TONGS_KIND_BUFFER:
		return memory->buffer;
	case TONGS_KIND_TEXTURE:
		return memory->texture;
	case TONGS_KIND_HEAP:
		return memory->heap;
	default:
		return NULL;
	}
}

/* Objects are aligned to more than their kinds' number, so that both fit a word. */
#define KIND_MASK ((uintptr_t)7)

_Static_assert(TONGS_KIND_HEAP <= KIND_MASK && TONGS_KIND_BUFFER <= KIND_MASK && TONGS_KIND_TEXTURE <= KIND_MASK &&
		       alignof(max_align_t) > KIND_MASK,
	"a kind in the low bits of an object's address");

uintptr_t tongs_handle_note(const struct tongs_layer_memory *memory) {
	static const enum tongs_kind kinds[] = {TONGS_KIND_BUFFER, TONGS_KIND_TEXTURE, TONGS_KIND_HEAP};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (pick(memory, kinds[i]))
			return (uintptr_t)pick(memory, kinds[i]) | kinds[i];
	return 0;
}

/* What the look-up's cache line does not tell: the other handle of memory that has two, or why there is none. */
static __attribute__((noinline)) VkResult look_farther(struct tongs_layer_device *device,
	const VkMemoryGetMetalHandleInfoEXT *info, const struct tongs_layer_memory *memory, void **pHandle) {
	*pHandle = memory ? pick(memory, tongs_handle_type_kind(info->handleType)) : NULL;
	return *pHandle ? VK_SUCCESS : find_unexported(device, info, memory, pHandle);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandleEXT(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	struct tongs_map_entry found = {0};
	if (record->metal_enabled)
		found = tongs_map_find(&record->memories, TONGS_KEY(pGetMetalHandleInfo->memory));
	enum tongs_kind kind = tongs_handle_type_kind(pGetMetalHandleInfo->handleType);
	uintptr_t handle = found.tag ^ kind;
	if (__builtin_expect(!found.tag || (handle & KIND_MASK), 0))
		return look_farther(record, pGetMetalHandleInfo, found.value, pHandle);
	*pHandle = (void *)handle;
	return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_GetMemoryMetalHandlePropertiesEXT(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties) {
	struct tongs_layer_device *record = tongs_layer_device_get(device);
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(pHandle, NULL));
	char text[TONGS_TYPES_TEXT_SIZE];
	pMemoryMetalHandleProperties->memoryTypeBits = 0;

	enum tongs_kind kind = tongs_handle_type_kind(handleType);
	if (kind == TONGS_KIND_NONE || !record->metal_enabled) {
		tongs_report(record, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handleType-10417", subjects,
			"handleType is %s, it must be one of MTLBUFFER, MTLTEXTURE and MTLHEAP: name what the handle "
			"is",
			tongs_report_types(handleType, text));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	void *held = tongs_interop_acquire(pHandle, kind);
	struct tongs_backing backing = {0};
	if (held)
		tongs_interop_get_backing(held, kind, &backing);
	VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (backing.device == record->metal) {
		const char *fault;
		result = tongs_layer_device_query_backing(
			record, &backing, backing.size, &pMemoryMetalHandleProperties->memoryTypeBits, &fault);
	} else {
		char what[TONGS_HANDLE_TEXT_SIZE];
		tongs_report(record, "VUID-vkGetMemoryMetalHandlePropertiesEXT-handle-10416", subjects,
			"%p was given as %s, and %s%s: give a handle of this device's MTLDevice that is retained, and "
			"its type",
			pHandle, tongs_report_types(handleType, text), tongs_interop_describe_handle(pHandle, what),
			held ? " of another MTLDevice" : "");
	}
	tongs_interop_release(held);
	return result;
}
