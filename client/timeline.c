/* SPDX-License-Identifier: MIT */
/* Creates timeline semaphores for export as MTLSharedEvents, and submits work that waits for them. */
#include "client/timeline.h"

#include "client/command.h"

/* Whether the semaphores are in the core of the device's version. */
static bool is_core(VkPhysicalDevice device) {
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return properties.apiVersion >= VK_API_VERSION_1_2;
}

const char *tongs_timeline_explain_objects(VkPhysicalDevice device) {
	return tongs_vulkan_has_extension(device, VK_EXT_METAL_OBJECTS_EXTENSION_NAME)
		       ? NULL
		       : "the device lacks " VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
}

const char *tongs_timeline_explain_semaphores(VkPhysicalDevice device) {
	VkPhysicalDeviceTimelineSemaphoreFeatures supported = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &supported,
	};

	if (!is_core(device) && !tongs_vulkan_has_extension(device, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME))
		return "the driver lacks " VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME;
	vkGetPhysicalDeviceFeatures2(device, &features);
	return supported.timelineSemaphore ? NULL : "the driver has no timeline semaphores";
}

bool tongs_timeline_init_context(struct tongs_context *context, VkPhysicalDevice device) {
	const char *const extensions[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
		VK_EXT_METAL_OBJECTS_EXTENSION_NAME, VK_KHR_TIMELINE_SEMAPHORE_EXTENSION_NAME};
	VkPhysicalDeviceTimelineSemaphoreFeatures features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
		.timelineSemaphore = VK_TRUE,
	};

	return tongs_context_init_with(context, device, extensions, is_core(device) ? 2 : 3, &features);
}

static struct tongs_shared_event *export(const struct tongs_context *context, VkSemaphore semaphore) {
	PFN_vkExportMetalObjectsEXT export_objects =
		(PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(context->device, "vkExportMetalObjectsEXT");
	VkExportMetalSharedEventInfoEXT event = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT,
		.semaphore = semaphore,
	};
	VkExportMetalObjectsInfoEXT objects = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT,
		.pNext = &event,
	};

	if (export_objects)
		export_objects(context->device, &objects);
	if (tongs_handle_kind((void *)event.mtlSharedEvent) == TONGS_KIND_SHARED_EVENT)
		return (struct tongs_shared_event *)event.mtlSharedEvent;
	tongs_command_error("vkExportMetalObjectsEXT exports no MTLSharedEvent; is a layer above Tongs hiding it?");
	return NULL;
}

bool tongs_timeline_create(const struct tongs_context *context, struct tongs_timeline *timeline) {
	const VkExportMetalObjectCreateInfoEXT object = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT,
	};
	const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.pNext = &object,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
	};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};

	*timeline = (struct tongs_timeline){0};
	if (!TONGS_VULKAN_TRY(vkCreateSemaphore, context->device, &info, NULL, &timeline->semaphore))
		return false;
	timeline->event = export(context, timeline->semaphore);
	if (timeline->event)
		return true;
	tongs_timeline_destroy(context, timeline);
	return false;
}

void tongs_timeline_destroy(const struct tongs_context *context, struct tongs_timeline *timeline) {
	if (context->device)
		vkDestroySemaphore(context->device, timeline->semaphore, NULL);
	*timeline = (struct tongs_timeline){0};
}

bool tongs_timeline_submit(const struct tongs_context *context, const struct tongs_timeline *timeline,
	VkCommandBuffer commands, uint64_t wait, uint64_t signal, VkFence fence) {
	const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	const VkTimelineSemaphoreSubmitInfo values = {
		.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = 1,
		.pWaitSemaphoreValues = &wait,
		.signalSemaphoreValueCount = 1,
		.pSignalSemaphoreValues = &signal,
	};
	const VkSubmitInfo info = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.pNext = &values,
		.waitSemaphoreCount = 1,
		.pWaitSemaphores = &timeline->semaphore,
		.pWaitDstStageMask = &stage,
		.commandBufferCount = 1,
		.pCommandBuffers = &commands,
		.signalSemaphoreCount = 1,
		.pSignalSemaphores = &timeline->semaphore,
	};

	return TONGS_VULKAN_TRY(vkEndCommandBuffer, commands) &&
	       TONGS_VULKAN_TRY(vkQueueSubmit, context->queue, 1, &info, fence);
}
