/* SPDX-License-Identifier: MIT */
/* Validation messages, to the application's debug messengers or to the log; and the hooks of VK_EXT_debug_utils. */
#include "layer/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/format.h"
#include "util/hash.h"
#include "util/log.h"
#include "layer/chain.h"

static bool has_messenger(const struct tongs_layer_device *dev) {
	return tongs_messages_has_messenger(&dev->instance->messages);
}

bool tongs_report_has_listener(const struct tongs_layer_device *dev) {
	return dev->instance->validation || has_messenger(dev);
}

/* A message's objects, with room for their names. */
struct objects {
	uint32_t count;
	VkDebugUtilsObjectNameInfoEXT infos[TONGS_MAX_SUBJECTS + 1];
	char names[TONGS_MAX_SUBJECTS + 1][TONGS_NAME_SIZE];
};

static void add_object(struct objects *objects, struct tongs_layer_device *dev, const struct tongs_subject *subject) {
	const char *name = subject->name;
	if (!name && dev->metal_enabled)
		name = tongs_names_get(&dev->names, subject->type, subject->handle, objects->names[objects->count]);
	objects->infos[objects->count++] = (VkDebugUtilsObjectNameInfoEXT){
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = subject->type,
		.objectHandle = subject->handle,
		.pObjectName = name,
	};
}

static const char *get_type_name(VkObjectType type) {
	switch (type) {
	case VK_OBJECT_TYPE_DEVICE:
		return "VkDevice";
	case VK_OBJECT_TYPE_DEVICE_MEMORY:
		return "VkDeviceMemory";
	case VK_OBJECT_TYPE_BUFFER:
		return "VkBuffer";
	case VK_OBJECT_TYPE_IMAGE:
		return "VkImage";
	case VK_OBJECT_TYPE_IMAGE_VIEW:
		return "VkImageView";
	case VK_OBJECT_TYPE_BUFFER_VIEW:
		return "VkBufferView";
	case VK_OBJECT_TYPE_SEMAPHORE:
		return "VkSemaphore";
	case VK_OBJECT_TYPE_EVENT:
		return "VkEvent";
	case VK_OBJECT_TYPE_QUEUE:
		return "VkQueue";
	default:
		return "Metal handle";
	}
}

enum { MESSAGE_SIZE = 1024 };

/* Appends to a message; cuts what does not fit. */
__attribute__((format(printf, 3, 4))) static void append(
	char message[MESSAGE_SIZE], size_t *length, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	int added = vsnprintf(message + *length, MESSAGE_SIZE - *length, format, arguments);
	va_end(arguments);
	if (added > 0)
		*length += (size_t)added < MESSAGE_SIZE - *length ? (size_t)added : MESSAGE_SIZE - *length - 1;
}

static void send(struct tongs_layer_instance *inst, VkDebugUtilsMessageSeverityFlagBitsEXT severity, const char *rule,
	const char *message, const struct objects *objects) {
	const VkDebugUtilsMessengerCallbackDataEXT data = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT,
		.pMessageIdName = rule,
		/* Applications filter by it: it must not change between versions. */
		.messageIdNumber = (int32_t)(uint32_t)tongs_hash(TONGS_HASH_START, rule, strlen(rule)),
		.pMessage = message,
		.objectCount = objects->count,
		.pObjects = objects->infos,
	};
	tongs_messages_send(&inst->messages, severity, &data);
}

/* How often the rule was reported about the objects, this time included. */
static uint32_t count_reports(struct tongs_layer_instance *inst, const char *rule, const struct objects *objects) {
	uint64_t key = tongs_hash(TONGS_HASH_START, rule, strlen(rule));
	for (uint32_t i = 0; i < objects->count; i++)
		key = tongs_hash(key, &objects->infos[i].objectHandle, sizeof(objects->infos[i].objectHandle));
	return tongs_messages_count(&inst->messages, key);
}

__attribute__((format(printf, 5, 0))) static void report(struct tongs_layer_device *dev,
	VkDebugUtilsMessageSeverityFlagBitsEXT severity, const char *rule, const struct tongs_subject *subjects,
	const char *format, va_list arguments) {
	if (!tongs_report_has_listener(dev))
		return;
	struct objects objects;
	objects.count = 0;
	for (size_t i = 0; subjects && i < TONGS_MAX_SUBJECTS; i++)
		if (subjects[i].handle)
			add_object(&objects, dev, &subjects[i]);
	add_object(&objects, dev, &(struct tongs_subject)TONGS_VK(DEVICE, dev->handle));
	uint32_t limit = dev->instance->duplicate_message_limit;
	uint32_t times = count_reports(dev->instance, rule, &objects);
	if (limit && times > limit)
		return;

	char message[MESSAGE_SIZE], text[512];
	size_t length = 0;
	vsnprintf(text, sizeof(text), format, arguments);
	append(message, &length, "%s: %s. [", rule, text);
	for (uint32_t i = 0; i < objects.count; i++) {
		const VkDebugUtilsObjectNameInfoEXT *info = &objects.infos[i];
		append(message, &length, "%s%s 0x%llx", i ? ", " : "", get_type_name(info->objectType),
			(unsigned long long)info->objectHandle);
		if (info->pObjectName)
			append(message, &length, " \"%.*s\"", TONGS_NAME_SIZE, info->pObjectName);
	}
	append(message, &length, "]");
	if (times == limit)
		append(message, &length, " Reported %u times about these objects; further reports are dropped.", times);

	if (has_messenger(dev))
		send(dev->instance, severity, rule, message, &objects);
	else if (severity == VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT)
		tongs_log_error("%s", message);
	else
		tongs_log_warning("%s", message);
}

void tongs_report(struct tongs_layer_device *dev, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	report(dev, VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, rule, subjects, format, arguments);
	va_end(arguments);
}

void tongs_report_warning(struct tongs_layer_device *dev, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	report(dev, VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT, rule, subjects, format, arguments);
	va_end(arguments);
}

void tongs_report_unknown_struct(struct tongs_layer_device *dev, const struct tongs_chain *chain) {
	tongs_report(dev, "TONGS-unknown-struct", NULL,
		"a pNext chain has a struct of sType %d, which this version of Tongs does not know, before a struct of "
		"sType %d, which Tongs must change: move the unknown struct behind it, or update Tongs",
		chain->unknown, chain->edited);
}

bool tongs_report_wrong_export(struct tongs_layer_device *dev, const struct tongs_wrong_export *wrong, const char *rule,
	const struct tongs_subject *subjects, const char *what, const char *wanted) {
	if (wrong->found)
		tongs_report(dev, rule, subjects,
			"exportObjectType of %s is 0x%x, it must be %s: export other objects from what they are", what,
			wrong->type, wanted);
	return wrong->found;
}

const char *tongs_report_types(VkExternalMemoryHandleTypeFlags types, char text[TONGS_TYPES_TEXT_SIZE]) {
	static const struct {
		VkExternalMemoryHandleTypeFlags type;
		const char *name;
	} names[] = {
		{VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, "MTLBUFFER"},
		{VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, "MTLTEXTURE"},
		{VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, "MTLHEAP"},
	};
	size_t used = 0;
	VkExternalMemoryHandleTypeFlags rest = types;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(types & names[i].type))
			continue;
		rest &= ~names[i].type;
		used += (size_t)snprintf(
			text + used, TONGS_TYPES_TEXT_SIZE - used, "%s%s", used ? "|" : "", names[i].name);
	}
	if (rest || !types)
		snprintf(text + used, TONGS_TYPES_TEXT_SIZE - used, "%s0x%x", used ? "|" : "", rest);
	return text;
}

const char *tongs_report_format(VkFormat format, char text[TONGS_FORMAT_TEXT_SIZE]) {
	const struct tongs_format *row = tongs_format_from_vk(format);
	if (row && row->vk_name)
		snprintf(text, TONGS_FORMAT_TEXT_SIZE, "VK_FORMAT_%s", row->vk_name);
	else
		snprintf(text, TONGS_FORMAT_TEXT_SIZE, "VkFormat %d", format);
	return text;
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_CreateDebugUtilsMessengerEXT(VkInstance instance,
	const VkDebugUtilsMessengerCreateInfoEXT *pCreateInfo, const VkAllocationCallbacks *pAllocator,
	VkDebugUtilsMessengerEXT *pMessenger) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(instance);
	VkResult result = inst->next.CreateDebugUtilsMessengerEXT(instance, pCreateInfo, pAllocator, pMessenger);
	if (result == VK_SUCCESS &&
		!tongs_messages_add_messenger(&inst->messages, *pMessenger, pCreateInfo, pAllocator)) {
		inst->next.DestroyDebugUtilsMessengerEXT(instance, *pMessenger, pAllocator);
		*pMessenger = VK_NULL_HANDLE;
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return result;
}

VKAPI_ATTR void VKAPI_CALL tongs_DestroyDebugUtilsMessengerEXT(
	VkInstance instance, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *pAllocator) {
	struct tongs_layer_instance *inst = tongs_layer_instance_get(instance);
	if (messenger)
		tongs_messages_remove_messenger(&inst->messages, messenger, pAllocator);
	inst->next.DestroyDebugUtilsMessengerEXT(instance, messenger, pAllocator);
}

/* Whether the layer sees the end of such objects, and so of their names. */
static bool is_named(const struct tongs_layer_device *dev, VkObjectType type) {
	switch (type) {
	case VK_OBJECT_TYPE_IMAGE_VIEW:
	case VK_OBJECT_TYPE_BUFFER_VIEW:
	case VK_OBJECT_TYPE_SEMAPHORE:
	case VK_OBJECT_TYPE_EVENT:
		return dev->objects_enabled;
	default:
		return true;
	}
}

VKAPI_ATTR VkResult VKAPI_CALL tongs_SetDebugUtilsObjectNameEXT(
	VkDevice device, const VkDebugUtilsObjectNameInfoEXT *pNameInfo) {
	struct tongs_layer_device *dev = tongs_layer_device_get(device);
	VkResult result = dev->next.SetDebugUtilsObjectNameEXT(device, pNameInfo);
	/* Even on failure: some drivers return VK_ERROR_OUT_OF_HOST_MEMORY when a name is removed. */
	if (dev->metal_enabled && is_named(dev, pNameInfo->objectType))
		tongs_names_set(&dev->names, pNameInfo->objectType, pNameInfo->objectHandle, pNameInfo->pObjectName);
	return result;
}
