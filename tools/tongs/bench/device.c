/* SPDX-License-Identifier: MIT */
/* Chooses and opens the device to measure. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client/command.h"
#include "client/vulkan.h"

static bool can_share(VkPhysicalDevice device) {
	VkPhysicalDeviceProperties properties;

	vkGetPhysicalDeviceProperties(device, &properties);
	return properties.apiVersion >= VK_API_VERSION_1_1 &&
	       tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
}

VkPhysicalDevice tongs_bench_device_choose(const struct tongs_vulkan *vulkan, const char *text) {
	const bool is_number = text && *text && text[strspn(text, "0123456789")] == '\0';
	VkPhysicalDeviceProperties properties;

	errno = 0;
	const unsigned long long number = is_number ? strtoull(text, NULL, 10) : 0;
	for (uint32_t i = 0; i < vulkan->device_count && !errno; i++) {
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		bool matches = is_number ? i == number : !text || strcasestr(properties.deviceName, text);
		if (matches && can_share(vulkan->devices[i]))
			return vulkan->devices[i];
	}
	if (text)
		tongs_command_error("no device with number or name '%s' can share memory with Metal; devices:", text);
	else
		tongs_command_error("no device can share memory with Metal; devices:");
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		vkGetPhysicalDeviceProperties(vulkan->devices[i], &properties);
		fprintf(stderr, "  %u  %s%s\n", i, properties.deviceName,
			can_share(vulkan->devices[i]) ? "" : " (cannot share; 'tongs info' shows why)");
	}
	return VK_NULL_HANDLE;
}

/* Finds a host-visible, coherent memory type of buffers that can be exported and imported as `type` without a dedicated
 * allocation. Returns UINT32_MAX if there is none. */
static uint32_t find_memory_type(const struct tongs_bench_device *device, VkExternalMemoryHandleTypeFlagBits type) {
	const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	const VkPhysicalDeviceExternalBufferInfo query = {
		VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO, .usage = usage, .handleType = type};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	VkPhysicalDeviceMemoryProperties memory;
	VkMemoryRequirements requirements;
	VkBuffer buffer;

	vkGetPhysicalDeviceExternalBufferProperties(device->physical_device, &query, &properties);
	if (properties.externalMemoryProperties.externalMemoryFeatures !=
		(VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
		return UINT32_MAX;
	const VkExternalMemoryBufferCreateInfo external = {
		VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = type};
	const VkBufferCreateInfo info = {
		VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = 4096, .usage = usage};
	if (!TONGS_VULKAN_TRY(vkCreateBuffer, device->device, &info, NULL, &buffer))
		return UINT32_MAX;
	vkGetBufferMemoryRequirements(device->device, buffer, &requirements);
	vkDestroyBuffer(device->device, buffer, NULL);
	vkGetPhysicalDeviceMemoryProperties(device->physical_device, &memory);
	for (uint32_t i = 0; i < memory.memoryTypeCount; i++)
		if (requirements.memoryTypeBits >> i & 1 && (memory.memoryTypes[i].propertyFlags & wanted) == wanted)
			return i;
	return UINT32_MAX;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
	const bool with_fd = tongs_vulkan_has_extension(physical_device, extensions[1]);
	uint32_t *types = device->memory_types;
	struct tongs_vulkan_identity identity;

	tongs_vulkan_identify(physical_device, &identity);
	*device = (struct tongs_bench_device){.physical_device = physical_device,
		.max_allocations = identity.properties.limits.maxMemoryAllocationCount};
	if (!tongs_vulkan_create_device(physical_device, 0, extensions, with_fd ? 2 : 1, &device->device))
		return false;
	device->get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(device->device, "vkGetMemoryMetalHandleEXT");
	device->metal = tongs_device_new_from_uuids(identity.ids.deviceUUID, identity.ids.driverUUID);
	types[TONGS_BENCH_METAL] = find_memory_type(device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT);
	types[TONGS_BENCH_FD] =
		with_fd ? find_memory_type(device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT) : UINT32_MAX;
	if (types[TONGS_BENCH_FD] != UINT32_MAX)
		device->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(device->device, "vkGetMemoryFdKHR");
	types[TONGS_BENCH_PLAIN] = types[TONGS_BENCH_METAL];
	if (!device->get_handle || (types[TONGS_BENCH_FD] != UINT32_MAX && !device->get_fd))
		tongs_command_error(
			"the device lacks commands of its enabled extensions; is a layer above hiding them?");
	else if (types[TONGS_BENCH_METAL] == UINT32_MAX)
		tongs_command_error("the device shares no host-visible memory; 'tongs info' lists what it shares");
	else if (!device->metal)
		tongs_command_error("no MTLDevice has the UUIDs of the Vulkan device");
	else
		return true;
	tongs_bench_device_finish(device);
	return false;
}

void tongs_bench_device_finish(struct tongs_bench_device *device) {
	tongs_device_unref(device->metal);
	if (device->device)
		vkDestroyDevice(device->device, NULL);
	*device = (struct tongs_bench_device){0};
}

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	FILE *file = fopen("/proc/cpuinfo", "r");
	struct utsname system;
	char line[256];

	*machine = (struct tongs_bench_machine){
		.cores = cores > 0 ? (unsigned)cores : 1, .loader_version = volkGetInstanceVersion()};
	while (file && !*machine->cpu && fgets(line, sizeof line, file)) /* some architectures have no such line */
		sscanf(line, "model name : %127[^\n]", machine->cpu);
	if (file)
		fclose(file);
	if (!uname(&system))
		snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.64s %.40s", system.sysname, system.release,
			system.machine);
	tongs_vulkan_identify(device, &machine->identity);
}
