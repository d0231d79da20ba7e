/* SPDX-License-Identifier: MIT */
/* Messages to the application's debug messengers. */
#include "layer/report.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 5, 0))) static void tell(struct tongs_vk_device *device,
	VkDebugUtilsMessageSeverityFlagBitsEXT severity, const char *rule, const struct tongs_subject *subjects,
	const char *format, va_list arguments) {
	PFN_vkSubmitDebugUtilsMessageEXT submit = device->instance->next.SubmitDebugUtilsMessageEXT;
	if (!submit)
		return;
	char text[512], message[768];
	vsnprintf(text, sizeof(text), format, arguments);
	snprintf(message, sizeof(message), "%s: %s", rule, text);

	VkDebugUtilsObjectNameInfoEXT objects[TONGS_MAX_SUBJECTS + 1];
	uint32_t count = 0;
	for (size_t i = 0; subjects && i < TONGS_MAX_SUBJECTS; i++)
		if (subjects[i].handle)
			objects[count++] = (VkDebugUtilsObjectNameInfoEXT){
				.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
				.objectType = subjects[i].type,
				.objectHandle = subjects[i].handle,
				.pObjectName = subjects[i].name,
			};
	objects[count++] = (VkDebugUtilsObjectNameInfoEXT){
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = VK_OBJECT_TYPE_DEVICE,
		.objectHandle = (uint64_t)(uintptr_t)device->handle,
	};
	const VkDebugUtilsMessengerCallbackDataEXT data = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT,
		.pMessageIdName = rule,
		.pMessage = message,
		.objectCount = count,
		.pObjects = objects,
	};
	submit(device->instance->handle, severity, VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, &data);
}

void tongs_report(struct tongs_vk_device *device, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	tell(device, VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT, rule, subjects, format, arguments);
	va_end(arguments);
}

void tongs_report_warning(struct tongs_vk_device *device, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	tell(device, VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT, rule, subjects, format, arguments);
	va_end(arguments);
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
