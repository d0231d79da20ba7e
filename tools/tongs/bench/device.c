/* SPDX-License-Identifier: MIT */
/* The device that is measured. */
#include "device.h"

#include "client/command.h"

const VkExportMemoryAllocateInfo tongs_bench_export_metal = {
	.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
};

const VkExportMemoryAllocateInfo tongs_bench_export_fd = {
	.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
	.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
};

bool tongs_bench_device_create(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, VkDevice *device) {
	VkResult result = vkCreateDevice(physical_device,
		&(VkDeviceCreateInfo){
			.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
			.queueCreateInfoCount = 1,
			.pQueueCreateInfos =
				&(VkDeviceQueueCreateInfo){
					.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
					.queueFamilyIndex = family,
					.queueCount = 1,
					.pQueuePriorities = &(float){1.0f},
				},
			.enabledExtensionCount = extension_count,
			.ppEnabledExtensionNames = extensions,
		},
		NULL, device);

	if (result != VK_SUCCESS)
		*device = VK_NULL_HANDLE;
	return tongs_vulkan_ok(result, "vkCreateDevice");
}

static bool create(struct tongs_context *context, bool with_fd) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
		VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
	};

	return tongs_bench_device_create(
		context->physical_device, context->family, extensions, with_fd ? 2 : 1, &context->device);
}

static bool load_commands(struct tongs_bench_device *device, bool with_fd) {
	struct tongs_context *context = &device->context;

	context->get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(context->device, "vkGetMemoryMetalHandleEXT");
	if (with_fd)
		device->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(context->device, "vkGetMemoryFdKHR");
	if (context->get_handle && (device->get_fd || !with_fd))
		return true;
	tongs_command_error("the device enabled its extensions and then lacks a command of theirs; is a layer above it "
			    "hiding them?");
	return false;
}

/* Whether buffers can be exported and imported as `type` in memory that is not dedicated to them. */
static bool can_share(VkPhysicalDevice device, VkExternalMemoryHandleTypeFlagBits type, VkBufferUsageFlags usage) {
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};

	vkGetPhysicalDeviceExternalBufferProperties(device,
		&(VkPhysicalDeviceExternalBufferInfo){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
			.usage = usage,
			.handleType = type,
		},
		&properties);
	return properties.externalMemoryProperties.externalMemoryFeatures ==
	       (VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

/* A host-visible memory type for buffers that are shared as `type`; UINT32_MAX where there is none. False, with a
 * message. */
static bool find_memory_type(
	const struct tongs_context *context, VkExternalMemoryHandleTypeFlagBits type, uint32_t *memory_type) {
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = type,
	};
	VkMemoryRequirements requirements;
	VkBuffer buffer = VK_NULL_HANDLE;

	*memory_type = UINT32_MAX;
	if (!can_share(context->physical_device, type, usage))
		return true;
	if (!tongs_vulkan_ok(vkCreateBuffer(context->device,
				     &(VkBufferCreateInfo){
					     .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
					     .pNext = &external,
					     .size = 4096,
					     .usage = usage,
				     },
				     NULL, &buffer),
		    "vkCreateBuffer"))
		return false;
	vkGetBufferMemoryRequirements(context->device, buffer, &requirements);
	vkDestroyBuffer(context->device, buffer, NULL);
	uint32_t found = tongs_context_pick_memory_type(context, requirements.memoryTypeBits,
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT);
	if (found != UINT32_MAX && tongs_context_is_mappable(context, found))
		*memory_type = found;
	return true;
}

static bool find_memory_types(struct tongs_bench_device *device) {
	device->fd_type = UINT32_MAX;
	if (!find_memory_type(
		    &device->context, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, &device->metal_type) ||
		(device->get_fd && !find_memory_type(&device->context, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
					   &device->fd_type)))
		return false;
	if (device->fd_type == UINT32_MAX)
		device->get_fd = NULL;
	if (device->metal_type != UINT32_MAX)
		return true;
	tongs_command_error("the device shares no memory that the CPU can write; 'tongs info' lists what it shares");
	return false;
}

static bool find_metal(struct tongs_bench_device *device) {
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};

	vkGetPhysicalDeviceProperties2(device->context.physical_device, &properties);
	device->max_allocations = properties.properties.limits.maxMemoryAllocationCount;
	device->metal = tongs_device_new_from_uuids(id.deviceUUID, id.driverUUID);
	if (!device->metal)
		tongs_command_error("there is no MTLDevice for the Vulkan device");
	return device->metal;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	bool with_fd = tongs_vulkan_has_extension(physical_device, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);

	*device = (struct tongs_bench_device){.context.physical_device = physical_device};
	vkGetPhysicalDeviceMemoryProperties(physical_device, &device->context.memory_properties);
	/* Nothing is submitted: any queue will do, and every device has a first family. */
	if (create(&device->context, with_fd) && load_commands(device, with_fd) && find_memory_types(device) &&
		find_metal(device))
		return true;
	tongs_bench_device_finish(device);
	return false;
}

void tongs_bench_device_finish(struct tongs_bench_device *device) {
	tongs_device_unref(device->metal);
	tongs_context_finish(&device->context);
	*device = (struct tongs_bench_device){0};
}

bool tongs_bench_device_allocate(const struct tongs_bench_device *device, const void *next, VkDeviceSize size,
	uint32_t memory_type, VkDeviceMemory *memory) {
	return tongs_vulkan_ok(vkAllocateMemory(device->context.device,
				       &(VkMemoryAllocateInfo){
					       .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					       .pNext = next,
					       .allocationSize = size,
					       .memoryTypeIndex = memory_type,
				       },
				       NULL, memory),
		"vkAllocateMemory");
}
