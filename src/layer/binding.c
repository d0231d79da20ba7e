/* SPDX-License-Identifier: MIT */
/* Binding: to imported memory whose first byte lies inside a page, where offsets move by the memory's bias; and the
 * rules on handle types. A binding that breaks one works, and programs bind resources that they created without handle
 * types, so it is told and done. */
#include <string.h>

#include "base/alloc.h"
#include "layer/device.h"
#include "layer/report.h"

/* The names of the two rules for one command and one kind of resource. */
struct rules {
	const char *exported;
	const char *imported;
};

/* Without Android's buffers in it the specification has two of these under other names, and nothing under theirs:
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

static VkExternalMemoryHandleTypeFlags types_of(struct tongs_vk_device *device, const struct tongs_subject *resource) {
	if (resource->type == VK_OBJECT_TYPE_BUFFER)
		return tongs_device_get_buffer_types(device, (VkBuffer)resource->handle);
	const struct tongs_vk_image *image = tongs_device_find_image(device, (VkImage)resource->handle);
	return image ? image->types : 0;
}

static void check(struct tongs_vk_device *device, VkDeviceMemory handle, const struct tongs_vk_memory *memory,
	struct tongs_subject resource, const struct rules *rules) {
	VkExternalMemoryHandleTypeFlags types = types_of(device, &resource);
	VkExternalMemoryHandleTypeFlags wanted = memory->import_type ? memory->import_type : memory->types;
	if (types & wanted)
		return;
	char given_text[TONGS_TYPES_TEXT_SIZE], wanted_text[TONGS_TYPES_TEXT_SIZE];
	const struct tongs_subject subjects[TONGS_MAX_SUBJECTS] = {resource, TONGS_VK(DEVICE_MEMORY, handle)};
	bool is_buffer = resource.type == VK_OBJECT_TYPE_BUFFER;
	tongs_report_types(wanted, wanted_text);
	tongs_report_warning(device, memory->import_type ? rules->imported : rules->exported, subjects,
		"memory %s as %s is bound to %s that was created for %s: name %s in "
		"VkExternalMemory%sCreateInfo::handleTypes",
		memory->import_type ? "imported" : "exported", wanted_text, is_buffer ? "a buffer" : "an image",
		types ? tongs_report_types(types, given_text) : "no Metal handle type", wanted_text,
		is_buffer ? "Buffer" : "Image");
}

static struct tongs_vk_memory *find(struct tongs_vk_device *device, VkDeviceMemory memory) {
	return device->sharing ? tongs_device_find_memory(device, memory) : NULL;
}

static VkDeviceSize bias_of(struct tongs_vk_device *device, VkDeviceMemory memory) {
	struct tongs_vk_memory *known = find(device, memory);
	return known ? known->bias : 0;
}

/* How far the binding's offset moves, after a look at the rules. Not inlined: bindings to memory that is not shared do
 * nothing for it. */
static __attribute__((noinline)) VkDeviceSize meet(struct tongs_vk_device *device, VkDeviceMemory memory,
	const struct tongs_vk_memory *known, struct tongs_subject resource, const struct rules *rules) {
	if (tongs_report_is_heard(device))
		check(device, memory, known, resource, rules);
	return known->bias;
}

#define RESOURCE(type, handle) ((struct tongs_subject)TONGS_VK(type, handle))

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory(
	VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	const struct tongs_vk_memory *known = find(record, memory);
	if (known)
		memoryOffset += meet(record, memory, known, RESOURCE(BUFFER, buffer), &bind_buffer);
	return record->next.BindBufferMemory(device, buffer, memory, memoryOffset);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory(
	VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize memoryOffset) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	const struct tongs_vk_memory *known = find(record, memory);
	if (known)
		memoryOffset += meet(record, memory, known, RESOURCE(IMAGE, image), &bind_image);
	return record->next.BindImageMemory(device, image, memory, memoryOffset);
}

/* The two commands differ in the type of their infos alone, whose members `memory` and `memoryOffset` they share. */
#define BIND_ALL(record, Info, TYPE, member, rules, next_command) \
	do { \
		bool moved = false; \
		for (uint32_t i = 0; i < bindInfoCount; i++) { \
			const VkDeviceMemory memory = pBindInfos[i].memory; \
			const struct tongs_vk_memory *known = find(record, memory); \
			const struct tongs_subject resource = RESOURCE(TYPE, pBindInfos[i].member); \
			moved |= known && meet(record, memory, known, resource, rules) != 0; \
		} \
		if (!moved) \
			return (record)->next.next_command(device, bindInfoCount, pBindInfos); \
		Info *infos = tongs_alloc( \
			(record)->callbacks.used, bindInfoCount, sizeof(*infos), VK_SYSTEM_ALLOCATION_SCOPE_COMMAND); \
		if (!infos) \
			return VK_ERROR_OUT_OF_HOST_MEMORY; \
		memcpy(infos, pBindInfos, bindInfoCount * sizeof(*infos)); \
		for (uint32_t i = 0; i < bindInfoCount; i++) \
			infos[i].memoryOffset += bias_of(record, infos[i].memory); \
		VkResult result = (record)->next.next_command(device, bindInfoCount, infos); \
		tongs_free((record)->callbacks.used, infos); \
		return result; \
	} while (0)

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindBufferMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindBufferMemoryInfo *pBindInfos) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	BIND_ALL(record, VkBindBufferMemoryInfo, BUFFER, buffer, &bind_buffer2, BindBufferMemory2);
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_BindImageMemory2(
	VkDevice device, uint32_t bindInfoCount, const VkBindImageMemoryInfo *pBindInfos) {
	struct tongs_vk_device *record = tongs_device_record_get(device);
	BIND_ALL(record, VkBindImageMemoryInfo, IMAGE, image, &bind_image2, BindImageMemory2);
}
