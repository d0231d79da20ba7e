/* SPDX-License-Identifier: MIT */
/* Flows up to objects that have no memory yet: instances, devices, queries, buffers, images, requirements. */
#include <string.h>

#include "torture_flows.h"

#define UNTOUCHED(type) ((type)(uintptr_t)0x5a5a)

enum { SIZE = 20000, WIDTH = 40, HEIGHT = 24 };

static bool create_instance(struct torture *torture, uint32_t version, VkInstance *instance) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = version,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	return went(torture, vkCreateInstance(&info, torture->callbacks, instance), MEMORY | INITIALIZATION_FAILED);
}

bool flow_instance(struct torture *torture, const struct flow *flow) {
	VkInstance instance;
	(void)flow;
	if (!create_instance(torture, VK_API_VERSION_1_3, &instance))
		return false;
	vkDestroyInstance(instance, torture->callbacks);
	return true;
}

static bool create_device(struct torture *torture, VkPhysicalDevice physical, const char *const *names, uint32_t count,
	VkDevice *device) {
	const float priority = 1;
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = names,
	};
	VkResult result = vkCreateDevice(physical, &info, torture->callbacks, device);
	return went(torture, result, MEMORY | INITIALIZATION_FAILED);
}

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

bool flow_device(struct torture *torture, const struct flow *flow) {
	VkDevice device;
	(void)flow;
	if (!create_device(torture, torture->gpu.physical_device, metal, 1, &device))
		return false;
	assert_non_null(vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT"));
	vkDestroyDevice(device, torture->callbacks);
	return true;
}

bool flow_plain_device(struct torture *torture, const struct flow *flow) {
	VkDevice device;
	(void)flow;
	if (!create_device(torture, torture->gpu.physical_device, NULL, 0, &device))
		return false;
	assert_null(vkGetDeviceProcAddr(device, "vkGetMemoryMetalHandleEXT"));
	vkDestroyDevice(device, torture->callbacks);
	return true;
}

/* Tongs enables extensions that it needs in addition to the application's. */
bool flow_old_device(struct torture *torture, const struct flow *flow) {
	VkInstance instance;
	VkDevice device;
	VkPhysicalDevice physical;
	uint32_t count = 1;
	(void)flow;
	if (!create_instance(torture, VK_API_VERSION_1_0, &instance))
		return false;
	VkResult result = vkEnumeratePhysicalDevices(instance, &count, &physical);
	bool ok = went(torture, result == VK_INCOMPLETE ? VK_SUCCESS : result, MEMORY | INITIALIZATION_FAILED);
	ok = ok && create_device(torture, physical, metal, 1, &device);
	if (ok)
		vkDestroyDevice(device, torture->callbacks);
	vkDestroyInstance(instance, torture->callbacks);
	return ok;
}

bool flow_extensions(struct torture *torture, const struct flow *flow) {
	VkExtensionProperties all[512];
	uint32_t count = 0, found = 0;
	VkPhysicalDevice physical = torture->gpu.physical_device;
	(void)flow;
	if (!went(torture, vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL), MEMORY))
		return false;
	assert_true(count <= 512);
	if (!went(torture, vkEnumerateDeviceExtensionProperties(physical, NULL, &count, all), MEMORY))
		return false;
	for (uint32_t i = 0; i < count; i++)
		found += strcmp(all[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0;
	assert_int_equal(found, 1);
	return true;
}

/* A command without a result reports no features if the query fails. */
bool flow_buffer_query(struct torture *torture, const struct flow *flow) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)flow->types,
	};
	VkExternalBufferProperties properties = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
		.externalMemoryProperties = {.externalMemoryFeatures = 0xff},
	};
	const VkExternalMemoryFeatureFlags both_ways =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	vkGetPhysicalDeviceExternalBufferProperties(torture->gpu.physical_device, &info, &properties);
	VkExternalMemoryFeatureFlags features = properties.externalMemoryProperties.externalMemoryFeatures;
	assert_true(features == both_ways || features == 0);
	return features != 0;
}

static VkImageCreateInfo info_of(const struct flow *flow) {
	return image_info(flow->format, WIDTH, HEIGHT, flow->tiling);
}

bool flow_image_query(struct torture *torture, const struct flow *flow) {
	static const VkExternalImageFormatProperties nothing = {0};
	static const VkImageFormatProperties no_limits = {0};
	const VkImageCreateInfo image = info_of(flow);
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)flow->types,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = image.format,
		.type = image.imageType,
		.tiling = image.tiling,
		.usage = image.usage,
	};
	VkExternalImageFormatProperties external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES,
		.externalMemoryProperties = {.externalMemoryFeatures = 0xff},
	};
	VkImageFormatProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
		.pNext = &external,
		.imageFormatProperties = {.maxMipLevels = 99},
	};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(torture->gpu.physical_device, &info, &properties);
	if (went(torture, result, MEMORY)) {
		assert_true(external.externalMemoryProperties.externalMemoryFeatures);
		assert_true(properties.imageFormatProperties.maxExtent.width >= WIDTH);
		return true;
	}
	assert_memory_equal(&external.externalMemoryProperties, &nothing.externalMemoryProperties,
		sizeof(nothing.externalMemoryProperties));
	assert_memory_equal(&properties.imageFormatProperties, &no_limits, sizeof(no_limits));
	return false;
}

static bool create_buffer(
	struct torture *torture, VkDevice device, VkExternalMemoryHandleTypeFlags types, VkBuffer *buffer) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = types,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	*buffer = UNTOUCHED(VkBuffer);
	if (went(torture, vkCreateBuffer(device, &info, torture->callbacks, buffer), MEMORY))
		return true;
	assert_null(*buffer);
	return false;
}

bool torture_create_buffer(struct torture *torture, VkExternalMemoryHandleTypeFlags types, VkBuffer *buffer) {
	return create_buffer(torture, torture->gpu.device, types, buffer);
}

bool flow_buffer(struct torture *torture, const struct flow *flow) {
	VkBuffer buffer;
	bool ok = torture_create_buffer(torture, flow->types, &buffer);
	vkDestroyBuffer(torture->gpu.device, buffer, torture->callbacks);
	return ok;
}

/* So many that the device's table of them grows. */
bool flow_many_buffers(struct torture *torture, const struct flow *flow) {
	enum { COUNT = 60 };
	VkBuffer buffers[COUNT] = {VK_NULL_HANDLE};
	VkDevice device;
	bool ok = create_device(torture, torture->gpu.physical_device, metal, 1, &device);
	if (!ok)
		return false;
	for (size_t i = 0; i < COUNT && ok; i++)
		ok = create_buffer(torture, device, flow->types, &buffers[i]);
	for (size_t i = 0; i < COUNT; i++)
		vkDestroyBuffer(device, buffers[i], torture->callbacks);
	vkDestroyDevice(device, torture->callbacks);
	return ok;
}

bool torture_create_image(struct torture *torture, const struct flow *flow, VkImage *image) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = flow->types,
	};
	VkImageCreateInfo info = info_of(flow);
	info.pNext = &external;
	info.flags = VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT; /* there is a view of another format */
	*image = UNTOUCHED(VkImage);
	if (went(torture, vkCreateImage(torture->gpu.device, &info, torture->callbacks, image), MEMORY))
		return true;
	assert_null(*image);
	return false;
}

bool flow_image(struct torture *torture, const struct flow *flow) {
	VkImage image;
	bool ok = torture_create_image(torture, flow, &image);
	vkDestroyImage(torture->gpu.device, image, torture->callbacks);
	return ok;
}

/* No memory types if the query fails. */
static bool get_requirements(struct torture *torture, const struct flow *flow, VkBuffer buffer, VkImage image) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = flow->types,
	};
	VkImageCreateInfo info = info_of(flow);
	info.pNext = &external;
	const VkDeviceImageMemoryRequirements of_info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	const VkBufferMemoryRequirementsInfo2 of_buffer = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2,
		.buffer = buffer,
	};
	const VkImageMemoryRequirementsInfo2 of_image = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	VkMemoryRequirements2 requirements[3];
	for (size_t i = 0; i < 3; i++)
		requirements[i] = (VkMemoryRequirements2){.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	VkDevice device = torture->gpu.device;
	vkGetBufferMemoryRequirements2(device, &of_buffer, &requirements[0]);
	vkGetImageMemoryRequirements2(device, &of_image, &requirements[1]);
	PFN_vkGetDeviceImageMemoryRequirements get = (PFN_vkGetDeviceImageMemoryRequirements)vkGetDeviceProcAddr(
		device, "vkGetDeviceImageMemoryRequirements");
	get(device, &of_info, &requirements[2]);
	assert_true(
		requirements[0].memoryRequirements.memoryTypeBits && requirements[1].memoryRequirements.memoryTypeBits);
	if (!requirements[2].memoryRequirements.memoryTypeBits)
		return false;
	assert_int_equal(requirements[2].memoryRequirements.size, requirements[1].memoryRequirements.size);
	return true;
}

bool flow_requirements(struct torture *torture, const struct flow *flow) {
	VkBuffer buffer;
	VkImage image = VK_NULL_HANDLE;
	bool ok = torture_create_buffer(torture, MTLBUFFER, &buffer) && torture_create_image(torture, flow, &image) &&
		  get_requirements(torture, flow, buffer, image);
	vkDestroyBuffer(torture->gpu.device, buffer, torture->callbacks);
	vkDestroyImage(torture->gpu.device, image, torture->callbacks);
	return ok;
}

/* More structs before the one that is edited than are copied without an allocation. No chain that follows the rules is
 * so long with the structs of today. */
bool flow_long_chains(struct torture *torture, const struct flow *flow) {
	VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = flow->types,
	};
	VkBufferOpaqueCaptureAddressCreateInfo others[20];
	for (size_t i = 0; i < 20; i++)
		others[i] = (VkBufferOpaqueCaptureAddressCreateInfo){
			.sType = VK_STRUCTURE_TYPE_BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO,
			.pNext = i == 0 ? (const void *)&external : &others[i - 1],
		};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &others[19],
		.size = SIZE,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	const VkDeviceBufferMemoryRequirements of_info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
	VkDevice device = torture->gpu.device;
	VkBuffer buffer = UNTOUCHED(VkBuffer);
	PFN_vkGetDeviceBufferMemoryRequirements get = (PFN_vkGetDeviceBufferMemoryRequirements)vkGetDeviceProcAddr(
		device, "vkGetDeviceBufferMemoryRequirements");
	get(device, &of_info, &requirements);
	if (!requirements.memoryRequirements.memoryTypeBits)
		return false;
	if (!went(torture, vkCreateBuffer(device, &info, torture->callbacks, &buffer), MEMORY)) {
		assert_null(buffer);
		return false;
	}
	vkDestroyBuffer(device, buffer, torture->callbacks);
	return true;
}
