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

static bool create_device(struct tongs_bench_device *device) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
		VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
	};
	const bool with_fd = tongs_vulkan_has_extension(device->physical_device, extensions[1]);

	if (!tongs_vulkan_create_device(device->physical_device, 0, extensions, with_fd ? 2 : 1, &device->device))
		return false;
	device->get_handle =
		(PFN_vkGetMemoryMetalHandleEXT)vkGetDeviceProcAddr(device->device, "vkGetMemoryMetalHandleEXT");
	if (with_fd)
		device->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(device->device, "vkGetMemoryFdKHR");
	if (device->get_handle && (device->get_fd || !with_fd))
		return true;
	tongs_command_error("the device lacks commands of its enabled extensions; is a layer above hiding them?");
	return false;
}

/* Finds a host-visible, coherent memory type of buffers that can be exported and imported as `type` without a dedicated
 * allocation. Returns UINT32_MAX if there is none. */
static uint32_t find_memory_type(const struct tongs_bench_device *device, VkExternalMemoryHandleTypeFlagBits type) {
	const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	const VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	VkPhysicalDeviceMemoryProperties memory;
	VkMemoryRequirements requirements;
	VkBuffer buffer;

	vkGetPhysicalDeviceExternalBufferProperties(device->physical_device,
		&(VkPhysicalDeviceExternalBufferInfo){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
			.usage = usage,
			.handleType = type,
		},
		&properties);
	if (properties.externalMemoryProperties.externalMemoryFeatures !=
		(VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT))
		return UINT32_MAX;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = type,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 4096,
		.usage = usage,
	};
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

static bool find_memory_types(struct tongs_bench_device *device) {
	uint32_t metal_type = find_memory_type(device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT), fd_type;

	fd_type = device->get_fd ? find_memory_type(device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT) : UINT32_MAX;
	if (fd_type == UINT32_MAX)
		device->get_fd = NULL;
	device->memory_types[TONGS_BENCH_METAL] = device->memory_types[TONGS_BENCH_PLAIN] = metal_type;
	device->memory_types[TONGS_BENCH_FD] = fd_type;
	if (metal_type != UINT32_MAX)
		return true;
	tongs_command_error("the device shares no host-visible memory; 'tongs info' lists what it shares");
	return false;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	struct tongs_vulkan_identity identity;

	tongs_vulkan_identify(physical_device, &identity);
	*device = (struct tongs_bench_device){
		.physical_device = physical_device,
		.max_allocations = identity.properties.limits.maxMemoryAllocationCount,
	};
	if (create_device(device) && find_memory_types(device)) {
		device->metal = tongs_device_new_from_uuids(identity.ids.deviceUUID, identity.ids.driverUUID);
		if (device->metal)
			return true;
		tongs_command_error("no MTLDevice has the UUIDs of the Vulkan device");
	}
	tongs_bench_device_finish(device);
	return false;
}

void tongs_bench_device_finish(struct tongs_bench_device *device) {
	tongs_device_unref(device->metal);
	if (device->device)
		vkDestroyDevice(device->device, NULL);
	*device = (struct tongs_bench_device){0};
}

bool tongs_bench_device_allocate(const struct tongs_bench_device *device, enum tongs_bench_kind kind,
	const void *import, VkDeviceSize size, VkDeviceMemory *memory) {
	static const VkExportMemoryAllocateInfo exports[] = {
		[TONGS_BENCH_METAL] = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
		[TONGS_BENCH_FD] = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT},
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import                      ? import
			 : kind == TONGS_BENCH_PLAIN ? NULL
						     : &exports[kind],
		.allocationSize = size,
		.memoryTypeIndex = device->memory_types[kind],
	};

	return TONGS_VULKAN_TRY(vkAllocateMemory, device->device, &info, NULL, memory);
}

void *tongs_bench_device_get_handle(const struct tongs_bench_device *device, VkDeviceMemory memory) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
	};
	void *handle = NULL;

	return tongs_vulkan_ok(device->get_handle(device->device, &info, &handle), "vkGetMemoryMetalHandleEXT") ? handle
														: NULL;
}

bool tongs_bench_bare_init(struct tongs_bench_bare *bare, const struct tongs_bench_device *like) {
	struct tongs_vulkan_identity wanted, found;

	*bare = (struct tongs_bench_bare){0};
	tongs_vulkan_identify(like->physical_device, &wanted);
	if (!tongs_vulkan_disable_layer() || !tongs_vulkan_init(&bare->vulkan))
		return false;
	for (uint32_t i = 0; i < bare->vulkan.device_count; i++) {
		tongs_vulkan_identify(bare->vulkan.devices[i], &found);
		if (!memcmp(found.ids.deviceUUID, wanted.ids.deviceUUID, VK_UUID_SIZE) &&
			!memcmp(found.ids.driverUUID, wanted.ids.driverUUID, VK_UUID_SIZE) &&
			tongs_vulkan_create_device(bare->vulkan.devices[i], 0, NULL, 0, &bare->device))
			return true;
	}
	tongs_command_error("cannot open the device without the layer");
	tongs_bench_bare_finish(bare);
	return false;
}

void tongs_bench_bare_finish(struct tongs_bench_bare *bare) {
	if (bare->device)
		vkDestroyDevice(bare->device, NULL);
	tongs_vulkan_finish(&bare->vulkan);
	*bare = (struct tongs_bench_bare){0};
}

/* Some architectures have no such line. */
static void read_cpu(char cpu[128]) {
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	while (file && !*cpu && fgets(line, sizeof line, file))
		sscanf(line, "model name : %127[^\n]", cpu);
	if (file)
		fclose(file);
}

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname system;

	*machine = (struct tongs_bench_machine){
		.cores = cores > 0 ? (unsigned)cores : 1,
		.loader_version = volkGetInstanceVersion(),
	};
	read_cpu(machine->cpu);
	if (!uname(&system))
		snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.64s %.40s", system.sysname, system.release,
			system.machine);
	tongs_vulkan_identify(device, &machine->identity);
}
