/* SPDX-License-Identifier: MIT */
/* Chooses and opens the device to measure. */
#include "benchmark.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client/command.h"
#include "client/share.h"

static bool can_share(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
	vkGetPhysicalDeviceProperties(device, properties);
	return properties->apiVersion >= VK_API_VERSION_1_1 &&
	       tongs_vulkan_has_extension(device, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
}

VkPhysicalDevice tongs_bench_device_choose(const struct tongs_vulkan *vulkan, const char *text) {
	const bool is_number = text && *text && text[strspn(text, "0123456789")] == '\0';
	VkPhysicalDeviceProperties properties;

	errno = 0;
	const unsigned long long number = is_number ? strtoull(text, NULL, 10) : 0;
	for (uint32_t i = 0; i < vulkan->device_count && !errno; i++)
		if (can_share(vulkan->devices[i], &properties) &&
			(is_number ? i == number : !text || strcasestr(properties.deviceName, text)))
			return vulkan->devices[i];
	if (text)
		tongs_command_error("no device with number or name '%s' can share memory with Metal; devices:", text);
	else
		tongs_command_error("no device can share memory with Metal; devices:");
	for (uint32_t i = 0; i < vulkan->device_count; i++) {
		const bool can = can_share(vulkan->devices[i], &properties);
		fprintf(stderr, "  %u  %s%s\n", i, properties.deviceName,
			can ? "" : " (cannot share; 'tongs info' shows why)");
	}
	return VK_NULL_HANDLE;
}

#define HOST_FLAGS (VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT)

const struct tongs_bench_kind_info tongs_bench_kinds[] = {
	[TONGS_BENCH_METAL] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, HOST_FLAGS,
		"the device shares no host-visible memory; 'tongs info' lists what it shares"},
	[TONGS_BENCH_PAGES] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, HOST_FLAGS,
		"the driver imports no host pages for buffers"},
	[TONGS_BENCH_FD] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, HOST_FLAGS,
		"the driver exports no host-visible memory as OPAQUE_FD"},
	[TONGS_BENCH_PLAIN] = {0, HOST_FLAGS, NULL},
	[TONGS_BENCH_LOCAL_METAL] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
		VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, "the device shares no device-local memory as MTLHEAP"},
	[TONGS_BENCH_LOCAL_FD] = {VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
		"the driver exports no device-local memory as OPAQUE_FD"},
};

static const VkBufferUsageFlags buffer_usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* Finds a memory type of buffers that can be exported and imported as `kind` without a dedicated allocation. Returns
 * UINT32_MAX if there is none. */
static uint32_t find_memory_type(const struct tongs_context *context, const struct tongs_bench_kind_info *kind) {
	const VkExternalMemoryFeatureFlags wanted =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	const VkExternalMemoryBufferCreateInfo external = {
		VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = kind->type};
	const VkBufferCreateInfo info = {
		VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .pNext = &external, .size = 4096, .usage = buffer_usage};
	VkMemoryRequirements requirements;
	VkBuffer buffer;

	if (tongs_share_get_buffer_features(context, kind->type, buffer_usage) != wanted ||
		!TONGS_VULKAN_TRY(vkCreateBuffer, context->device, &info, NULL, &buffer))
		return UINT32_MAX;
	vkGetBufferMemoryRequirements(context->device, buffer, &requirements);
	vkDestroyBuffer(context->device, buffer, NULL);
	for (uint32_t i = 0; i < context->memory_properties.memoryTypeCount; i++)
		if (requirements.memoryTypeBits >> i & 1 &&
			(context->memory_properties.memoryTypes[i].propertyFlags & kind->flags) == kind->flags)
			return i;
	return UINT32_MAX;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	uint32_t *types = device->memory_types;
	struct tongs_vulkan_identity identity;

	tongs_vulkan_identify(physical_device, &identity);
	*device = (struct tongs_bench_device){.max_allocations = identity.properties.limits.maxMemoryAllocationCount};
	if (!tongs_context_init(&device->context, physical_device, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME))
		return false;
	device->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(device->context.device, "vkGetMemoryFdKHR");
	for (int i = 0; i < TONGS_BENCH_KIND_COUNT; i++)
		if (tongs_bench_kinds[i].type)
			types[i] = find_memory_type(&device->context, &tongs_bench_kinds[i]);
	types[TONGS_BENCH_PLAIN] = types[TONGS_BENCH_METAL];
	if (!device->get_fd)
		types[TONGS_BENCH_FD] = types[TONGS_BENCH_LOCAL_FD] = UINT32_MAX;
	if (!tongs_vulkan_has_extension(physical_device, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) ||
		!(tongs_share_get_buffer_features(
			  &device->context, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, buffer_usage) &
			VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
		types[TONGS_BENCH_PAGES] = UINT32_MAX;
	device->metal = tongs_device_new_from_uuids(identity.ids.deviceUUID, identity.ids.driverUUID);
	if (types[TONGS_BENCH_METAL] == UINT32_MAX)
		tongs_command_error("%s", tongs_bench_kinds[TONGS_BENCH_METAL].lacking);
	else if (!device->metal)
		tongs_command_error("no MTLDevice has the UUIDs of the Vulkan device");
	else
		return true;
	tongs_bench_device_finish(device);
	return false;
}

void tongs_bench_device_finish(struct tongs_bench_device *device) {
	tongs_device_unref(device->metal);
	tongs_context_finish(&device->context);
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
	machine->driver = machine->identity.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ? TONGS_BENCH_SOFTWARE
												 : TONGS_BENCH_GPU;
}
