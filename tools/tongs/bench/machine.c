/* SPDX-License-Identifier: MIT */
/* Asking the kernel and Vulkan what they are. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Not every architecture has a line for it. */
static void read_cpu(struct tongs_bench_machine *machine) {
	static const char key[] = "model name";
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];

	if (!file)
		return;
	while (!*machine->cpu && fgets(line, sizeof line, file)) {
		const char *colon = strchr(line, ':');
		if (strncmp(line, key, sizeof key - 1) || !colon)
			continue;
		const char *name = colon + 1 + strspn(colon + 1, " \t");
		snprintf(machine->cpu, sizeof machine->cpu, "%.*s", (int)strcspn(name, "\n"), name);
	}
	fclose(file);
}

static void format_version(uint32_t version, char text[32]) {
	snprintf(text, 32, "%u.%u.%u", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
		VK_API_VERSION_PATCH(version));
}

static void read_device(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
	VkPhysicalDeviceProperties first;

	vkGetPhysicalDeviceProperties(device, &first);
	if (first.apiVersion >= VK_API_VERSION_1_2 ||
		tongs_vulkan_has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
		properties.pNext = &driver;
	vkGetPhysicalDeviceProperties2(device, &properties);
	memcpy(machine->device, properties.properties.deviceName, sizeof machine->device);
	memcpy(machine->driver, driver.driverName, sizeof machine->driver);
	memcpy(machine->driver_info, driver.driverInfo, sizeof machine->driver_info);
	format_version(properties.properties.apiVersion, machine->api_version);
}

void tongs_bench_machine_read(VkPhysicalDevice device, struct tongs_bench_machine *machine) {
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t loader_version;
	struct utsname system;

	*machine = (struct tongs_bench_machine){.cores = cores > 0 ? (unsigned)cores : 1};
	read_cpu(machine);
	if (!uname(&system))
		snprintf(machine->kernel, sizeof machine->kernel, "%.40s %.64s %.40s", system.sysname, system.release,
			system.machine);
	if (vkEnumerateInstanceVersion(&loader_version) == VK_SUCCESS)
		format_version(loader_version, machine->loader_version);
	read_device(device, machine);
}
