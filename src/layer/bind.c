/* SPDX-License-Identifier: MIT */
/* Binding of buffers and images to memory with Metal handles: offsets are moved by the memory's page_offset, and the
 * rules on handle types are checked. A binding that breaks one of these works, and programs rely on it, so it is
 * reported and done. */
#include "util/alloc.h"
#include "layer/chain.h"
#include "layer/export.h"
#include "layer/objects.h"
#include "layer/report.h"

/* The rules for one command and one kind of resource: memory that was made for export, and imported memory. */
struct rules {
	const char *exported;
	const char *imported;
};

/* Builds of the specification without Android's extension call the first rule of vkBindBufferMemory and
 * vkBindImageMemory by other names:
 * VUID-vkBindBufferMemory-memory-02727, VUID-VkBindBufferMemoryInfo-memory-02727,
 * VUID-vkBindImageMemory-memory-02729, VUID-VkBindImageMemoryInfo-memory-02729. */
static const struct rules bind_buffer = {
	"VUID-vkBindBufferMemory-memory-02726",
	"VUID-vkBindBufferMemory-memory-02985",
};
static const struct rules bind_buffer2 = {
	"VUID-VkBindBufferMemoryInfo-memory-02726",
	"VUID-VkBindBufferMemoryInfo-memory-02985",
};
static const struct rules bind_image = {
	"VUID-vkBindImageMemory-memory-02728",
	"VUID-vkBindImageMemory-memory-02989",
};
static const struct rules bind_image2 = {
	"VUID-VkBindImageMemoryInfo-memory-02728",
	"VUID-VkBindImageMemoryInfo-memory-02989",
};

/* The Metal handle types that the resource was created for; 0: none. */
static VkExternalMemoryHandleTypeFlags get_types(struct tongs_layer_device *dev, const struct tongs_subject *resource) {
	if (resource->type == VK_OBJECT_TYPE_BUFFER)
		return tongs_layer_device_get_buffer_types(dev, (VkBuffer)resource->handle);
	const struct tongs_layer_image *img = tongs_layer_device_find_image(dev, (VkImage)resource->handle);
	return img ? img->types : 0;
}

/* Reports a resource that was created for none of the memory's handle types. */
static void check_types(struct tongs_layer_device *dev, VkDeviceMemory handle, const struct tongs_layer_memory *mem,
	struct tongs_subject resource, const struct rules *rules) {
	VkExternalMemoryHandleTypeFlags types = get_types(dev, &resource);
	VkExternalMemoryHandleTypeFlags wanted = mem->import_type ? mem->import_type : mem->types;
	/* With VK_EXT_metal_objects, memory for images is shared without a handle type, and buffers are created for
	 * MTLBUFFER without saying so. */
	if ((types & wanted) || !wanted ||
		(dev->objects_enabled && resource.type == VK_OBJECT_TYPE_BUFFER &&
			(wanted & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT)))
		return;
	char given_text[TONGS_TYPES_TEXT_SIZE], wanted_text[TONGS_TYPES_TEXT_SIZE];
	const struct tongs_subject subjects[TONGS_MAX_SUBJECTS] = {resource, TONGS_VK(DEVICE_MEMORY, handle)};
	bool is_buffer = resource.type == VK_OBJECT_TYPE_BUFFER;
	tongs_report_types(wanted, wanted_text);
	tongs_report_warning(dev, mem->import_type ? rules->imported : rules->exported, subjects,
		"memory that was %s as %s is bound to %s that was created for %s: set %s in "
		"VkExternalMemory%sCreateInfo::handleTypes",
		mem->import_type ? "imported" : "exported", wanted_text, is_buffer ? "a buffer" : "an image",
		types ? tongs_report_types(types, given_text) : "no Metal handle type", wanted_text,
		is_buffer ? "Buffer" : "Image");
}

static struct tongs_layer_memory *find(struct tongs_layer_device *dev, VkDeviceMemory memory) {
	return dev->metal_enabled ? tongs_layer_device_find_memory(dev, memory) : NULL;
}

/* The resource's alignment; 0 if only its planes have one. */
static VkDeviceSize query_alignment(
	struct tongs_layer_device *dev, const struct tongs_subject *resource, const void *pNext) {
	VkMemoryRequirements requirements = {0};
	if (resource->type == VK_OBJECT_TYPE_BUFFER)
		dev->next.GetBufferMemoryRequirements(dev->handle, (VkBuffer)resource->handle, &requirements);
	else if (!tongs_chain_find(pNext, VK_STRUCTURE_TYPE_BIND_IMAGE_PLANE_MEMORY_INFO))
		dev->next.GetImageMemoryRequirements(dev->handle, (VkImage)resource->handle, &requirements);
	return requirements.alignment;
}

/* The driver's memory begins at a page before the application's first byte: an offset that is aligned in the
 * application's memory may not be aligned in the driver's. */
static VkResult check_alignment(struct tongs_layer_device *dev, VkDeviceMemory handle,
	const struct tongs_layer_memory *mem, struct tongs_subject resource, const void *pNext, VkDeviceSize offset) {
	VkDeviceSize alignment = mem->page_offset ? query_alignment(dev, &resource, pNext) : 0;
	if (!alignment || (offset + mem->page_offset) % alignment == 0)
		return VK_SUCCESS;
	bool is_buffer = resource.type == VK_OBJECT_TYPE_BUFFER;
	tongs_report(dev, "TONGS-unaligned-memory", TONGS_SUBJECTS(resource, TONGS_VK(DEVICE_MEMORY, handle)),
		"%s with the alignment %llu is bound at offset %llu to imported memory that begins %llu bytes into a "
		"page: place the Metal object at a multiple of that alignment, which %s returns",
		is_buffer ? "a buffer" : "an image", (unsigned long long)alignment, (unsigned long long)offset,
		(unsigned long long)mem->page_offset,
		is_buffer ? "heapBufferSizeAndAlignWithLength:options:" : "heapTextureSizeAndAlignWithDescriptor:");
	return VK_ERROR_VALIDATION_FAILED_EXT;
}

/* Checks a binding and moves its offset. Not inlined, to keep bindings to other memory short. */
static __attribute__((noinline)) VkResult adjust_offset(struct tongs_layer_device *dev, VkDeviceMemory memory,
	const struct tongs_layer_memory *mem, struct tongs_subject resource, const void *pNext,
	const struct rules *rules, VkDeviceSize *offset) {
	if (tongs_report_has_listener(dev))
		check_types(dev, memory, mem, resource, rules);
	VkResult result = check_alignment(dev, memory, mem, resource, pNext, *offset);
	*offset += mem->page_offset;
	return result;
}

/* Whether VK_EXT_metal_objects bound the image when it was created: then programs may do so again, to any memory. */
static bool is_bound(struct tongs_layer_device *dev, const struct tongs_subject *resource) {
	const struct tongs_layer_image *img = dev->objects_enabled && resource->type == VK_OBJECT_TYPE_IMAGE
						      ? tongs_layer_device_find_image(dev, (VkImage)resource->handle)
						      : NULL;
	return img && img->own_memory;
}

/* Before a binding, for VK_EXT_metal_objects. */
static VkResult prepare_export(struct tongs_layer_device *dev, const struct tongs_subject *resource,
	VkDeviceMemory memory, VkDeviceSize offset) {
	if (!dev->objects_enabled)
		return VK_SUCCESS;
	return resource->type == VK_OBJECT_TYPE_IMAGE
		       ? tongs_export_bind_image(dev, (VkImage)resource->handle, memory, offset)
		       : tongs_export_bind_buffer(dev, (VkBuffer)resource->handle, memory, offset);
}

#define RESOURCE(type, handle) ((struct tongs_subject)TONGS_VK(type, handle))

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory(
	VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const struct tongs_layer_memory *mem = find(dev, memory);
	const struct tongs_subject resource = RESOURCE(BUFFER, buffer);
	VkResult result = prepare_export(dev, &resource, memory, memoryOffset);
	if (mem && result == VK_SUCCESS)
		result = adjust_offset(dev, memory, mem, resource, NULL, &bind_buffer, &memoryOffset);
	return result == VK_SUCCESS ? dev->next.BindBufferMemory(device, buffer, memory, memoryOffset) : result;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory(
	VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	const struct tongs_layer_memory *mem = find(dev, memory);
	const struct tongs_subject resource = RESOURCE(IMAGE, image);
	if (is_bound(dev, &resource))
		return VK_SUCCESS;
	VkResult result = prepare_export(dev, &resource, memory, memoryOffset);
	if (mem && result == VK_SUCCESS)
		result = adjust_offset(dev, memory, mem, resource, NULL, &bind_image, &memoryOffset);
	return result == VK_SUCCESS ? dev->next.BindImageMemory(device, image, memory, memoryOffset) : result;
}

/* VkBindMemoryStatus, which the oldest supported headers lack: receives the result of one of several bindings. */
struct bind_status {
	VkStructureType sType;
	const void *pNext;
	VkResult *pResult;
};

static void set_status(const void *pNext, VkResult result) {
	const struct bind_status *status = tongs_chain_find(pNext, (VkStructureType)1000545002);
	if (status && status->pResult)
		*status->pResult = result;
}

enum { BIND_INFOS_ON_STACK = 16 };

/* The body of both commands, which differ in the type of their infos only. A binding that fails here is left out, and
 * the others are done, as VK_KHR_maintenance6 requires. */
#define BIND_ALL(dev, Info, TYPE, member, rules, next_command) \
	do { \
		uint32_t first = 0, count = 0; \
		while (first < bindInfoCount && !(dev)->objects_enabled && !find(dev, pBindInfos[first].memory)) \
			first++; \
		if (first == bindInfoCount) \
			return (dev)->next.next_command(device, bindInfoCount, pBindInfos); \
		Info space[BIND_INFOS_ON_STACK], *infos = space; \
		if (bindInfoCount > BIND_INFOS_ON_STACK) \
			infos = tongs_alloc((dev)->allocator.callbacks, bindInfoCount, sizeof(*infos), \
				VK_SYSTEM_ALLOCATION_SCOPE_COMMAND); \
		VkResult refused = infos ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY; \
		for (uint32_t i = 0; i < bindInfoCount; i++) { \
			Info info = pBindInfos[i]; \
			const struct tongs_layer_memory *mem = find(dev, info.memory); \
			const struct tongs_subject resource = RESOURCE(TYPE, info.member); \
			VkResult result = VK_ERROR_OUT_OF_HOST_MEMORY; \
			if (infos && is_bound(dev, &resource)) { \
				set_status(info.pNext, VK_SUCCESS); \
				continue; \
			} \
			if (infos) \
				result = prepare_export(dev, &resource, info.memory, info.memoryOffset); \
			if (mem && result == VK_SUCCESS) \
				result = adjust_offset( \
					dev, info.memory, mem, resource, info.pNext, rules, &info.memoryOffset); \
			if (result == VK_SUCCESS) { \
				infos[count++] = info; \
			} else { \
				set_status(info.pNext, result); \
				refused = result; \
			} \
		} \
		VkResult result = count ? (dev)->next.next_command(device, count, infos) : VK_SUCCESS; \
		if (infos != space) \
			tongs_free((dev)->allocator.callbacks, infos); \
		return result == VK_SUCCESS ? refused : result; \
	} while (0)

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindBufferMemoryInfo *pBindInfos) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	BIND_ALL(dev, VkBindBufferMemoryInfo, BUFFER, buffer, &bind_buffer2, BindBufferMemory2);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindImageMemoryInfo *pBindInfos) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	BIND_ALL(dev, VkBindImageMemoryInfo, IMAGE, image, &bind_image2, BindImageMemory2);
}
