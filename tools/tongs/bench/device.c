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
#include "client/layer_path.h"

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

bool tongs_bench_device_create(
	VkPhysicalDevice physical_device, const char *const *extensions, uint32_t extension_count, VkDevice *device) {
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1, /* nothing is submitted: any family will do, and every device has a first */
		.pQueuePriorities = &(float){1.0f},
	};
	VkResult result = vkCreateDevice(physical_device,
		&(VkDeviceCreateInfo){
			.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
			.queueCreateInfoCount = 1,
			.pQueueCreateInfos = &queue,
			.enabledExtensionCount = extension_count,
			.ppEnabledExtensionNames = extensions,
		},
		NULL, device);

	if (result != VK_SUCCESS)
		*device = VK_NULL_HANDLE;
	return tongs_vulkan_ok(result, "vkCreateDevice");
}

static bool create_device(struct tongs_bench_device *device) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
		VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
	};
	const bool with_fd = tongs_vulkan_has_extension(device->physical_device, extensions[1]);

	if (!tongs_bench_device_create(device->physical_device, extensions, with_fd ? 2 : 1, &device->device))
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
	if (!tongs_vulkan_ok(vkCreateBuffer(device->device, &info, NULL, &buffer), "vkCreateBuffer"))
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

static VkPhysicalDeviceProperties read_ids(VkPhysicalDevice device, VkPhysicalDeviceIDProperties *ids) {
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = ids};

	*ids = (VkPhysicalDeviceIDProperties){.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	vkGetPhysicalDeviceProperties2(device, &properties);
	return properties.properties;
}

bool tongs_bench_device_init(struct tongs_bench_device *device, VkPhysicalDevice physical_device) {
	VkPhysicalDeviceIDProperties ids;
	VkPhysicalDeviceProperties properties = read_ids(physical_device, &ids);

	*device = (struct tongs_bench_device){
		.physical_device = physical_device,
		.max_allocations = properties.limits.maxMemoryAllocationCount,
	};
	if (create_device(device) && find_memory_types(device)) {
		device->metal = tongs_device_new_from_uuids(ids.deviceUUID, ids.driverUUID);
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
		[TONGS_BENCH_METAL] = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL,
			VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT},
		[TONGS_BENCH_FD] = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, NULL,
			VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT},
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import                      ? import
			 : kind == TONGS_BENCH_PLAIN ? NULL
						     : &exports[kind],
		.allocationSize = size,
		.memoryTypeIndex = device->memory_types[kind],
	};

	return tongs_vulkan_ok(vkAllocateMemory(device->device, &info, NULL, memory), "vkAllocateMemory");
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
	VkPhysicalDeviceIDProperties wanted, ids;
	VkPhysicalDevice found = VK_NULL_HANDLE;

	*bare = (struct tongs_bench_bare){0};
	read_ids(like->physical_device, &wanted);
	if (!tongs_layer_path_disable() || !tongs_vulkan_init(&bare->vulkan))
		return false;
	for (uint32_t i = 0; i < bare->vulkan.device_count && !found; i++) {
		VkPhysicalDeviceProperties properties;
		vkGetPhysicalDeviceProperties(bare->vulkan.devices[i], &properties);
		if (properties.apiVersion < VK_API_VERSION_1_1)
			continue;
		read_ids(bare->vulkan.devices[i], &ids);
		if (!memcmp(ids.deviceUUID, wanted.deviceUUID, VK_UUID_SIZE) &&
			!memcmp(ids.driverUUID, wanted.driverUUID, VK_UUID_SIZE))
			found = bare->vulkan.devices[i];
	}
	if (!found)
		tongs_command_error("the device is missing from an instance without the layer");
	else if (tongs_bench_device_create(found, NULL, 0, &bare->device))
		return true;
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

static void format_version(uint32_t version, char text[32]) {
	snprintf(text, 32, "%u.%u.%u", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
		VK_API_VERSION_PATCH(version));
}

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname system;

	*machine = (struct tongs_bench_machine){.cores = cores > 0 ? (unsigned)cores : 1};
	read_cpu(machine->cpu);
	if (!uname(&system))
		snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.64s %.40s", system.sysname, system.release,
			system.machine);
	vkGetPhysicalDeviceProperties(device, &properties.properties);
	if (properties.properties.apiVersion >= VK_API_VERSION_1_2 ||
		tongs_vulkan_has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
		properties.pNext = &driver;
	vkGetPhysicalDeviceProperties2(device, &properties);
	memcpy(machine->device, properties.properties.deviceName, sizeof machine->device);
	memcpy(machine->driver, driver.driverName, sizeof machine->driver);
	memcpy(machine->driver_info, driver.driverInfo, sizeof machine->driver_info);
	format_version(properties.properties.apiVersion, machine->api_version);
	format_version(volkGetInstanceVersion(), machine->loader_version);
}
