/* SPDX-License-Identifier: MIT */
/* Messages to the application's debug messengers. */
#include "layer/report.h"

#include <stdarg.h>
#include <stdio.h>

void tongs_report(const struct tongs_vk_device *device, const char *rule, VkObjectType type, uint64_t object,
	const char *format, ...) {
	PFN_vkSubmitDebugUtilsMessageEXT submit = device->instance->next.SubmitDebugUtilsMessageEXT;
	if (!submit)
		return;
	char text[512], message[768];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(message, sizeof(message), "%s: %s", rule, text);

	const VkDebugUtilsObjectNameInfoEXT named = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = type,
		.objectHandle = object,
	};
	const VkDebugUtilsMessengerCallbackDataEXT data = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT,
		.pMessageIdName = rule,
		.pMessage = message,
		.objectCount = 1,
		.pObjects = &named,
	};
	submit(device->instance->handle, VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT, &data);
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
