/* SPDX-License-Identifier: MIT */
/* Finds the layer and sets the loader's variables; loads Vulkan, creates an instance, lists devices and extensions. */
#define VOLK_IMPLEMENTATION
#include "client/vulkan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/auxv.h>

#include <tongs/version.h>

#include "client/command.h"
#include "client/paths.h"

#define MANIFEST "VkLayer_tongs_metal_interop.json"

const char *const tongs_vulkan_layer_variables[] = {"VK_ADD_LAYER_PATH", "VK_LAYER_PATH", "VK_INSTANCE_LAYERS", NULL};

/* Writes the folder of this executable, without a final slash; "" if unknown. A container may lack /proc: then the name
 * by which it was executed counts. */
static void get_own_folder(char folder[PATH_MAX]) {
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	const char *name = (const char *)getauxval(AT_EXECFN);

	folder[length > 0 ? length : 0] = '\0';
	if (length <= 0 && (!name || !realpath(name, folder)))
		folder[0] = '\0';
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
}

/* Removes a trailing "/`part`" from `folder`; returns false if there is none. */
static bool strip_tail(char *folder, const char *part) {
	size_t length = strlen(folder), tail = strlen(part);

	if (length <= tail || folder[length - tail - 1] != '/' || strcmp(folder + length - tail, part))
		return false;
	folder[length - tail - 1] = '\0';
	return true;
}

/* Writes `parent`/`child`, or `child` if it is absolute; "" if it does not fit or `parent` is "". */
static void join(char path[PATH_MAX], const char *parent, const char *child) {
	int length = 0;

	if (*child == '/')
		length = snprintf(path, PATH_MAX, "%s", child);
	else if (*parent)
		length = snprintf(path, PATH_MAX, "%s/%s", parent, child);
	if (length <= 0 || length >= PATH_MAX)
		*path = '\0';
}

static bool holds_manifest(const char *folder) {
	char manifest[PATH_MAX];

	join(manifest, folder, MANIFEST);
	return *manifest && !access(manifest, R_OK);
}

/* In search order. "": not applicable to this executable. */
enum place { GIVEN, BUILD_TREE, NEXT_TO_BINDIR, PREFIX, PLACE_COUNT };

static void list_places(const char *given, char places[PLACE_COUNT][PATH_MAX]) {
	char own[PATH_MAX];

	memset(places, 0, PLACE_COUNT * sizeof *places);
	if (given) {
		/* The loader resolves relative folders against the working directory of its program. */
		if (!realpath(given, places[GIVEN]))
			join(places[GIVEN], ".", given);
		return;
	}
	get_own_folder(own);
	char build[PATH_MAX];
	memcpy(build, own, sizeof build);
	if (strip_tail(build, "tools/tongs"))
		join(places[BUILD_TREE], build, "src/layer");
	if (strip_tail(own, TONGS_BINDIR))
		join(places[NEXT_TO_BINDIR], own, TONGS_LAYERDIR);
	join(places[PREFIX], TONGS_PREFIX, TONGS_LAYERDIR);
	if (!strcmp(places[PREFIX], places[NEXT_TO_BINDIR]))
		places[PREFIX][0] = '\0';
}

bool tongs_vulkan_find_layer(const char *given, char folder[PATH_MAX]) {
	char places[PLACE_COUNT][PATH_MAX];

	list_places(given, places);
	for (int i = 0; i < PLACE_COUNT; i++) {
		if (holds_manifest(places[i])) {
			memcpy(folder, places[i], PATH_MAX);
			return true;
		}
	}
	char list[PLACE_COUNT * (PATH_MAX + 3)] = "";
	size_t length = 0;
	for (int i = 0; i < PLACE_COUNT; i++)
		if (*places[i])
			length += (size_t)sprintf(list + length, "  %s\n", places[i]);
	tongs_command_error("the layer's manifest, " MANIFEST ", is not in these folders:\n%s%s", list,
		given ? "Pass the folder that has it to --layer-path."
		      : "Build or install the layer, or pass its folder to --layer-path.");
	*folder = '\0';
	return false;
}

/* Removes `entry` from the colon-separated list in `variable`, and prepends it if `in_front`. */
static bool change_list(const char *variable, const char *entry, bool in_front) {
	const char *old = getenv(variable);
	size_t room = strlen(entry) + (old ? strlen(old) : 0) + 2;
	char *list = malloc(room);

	if (!list)
		return false;
	char *end = stpcpy(list, in_front ? entry : "");
	while (old && *old) {
		size_t length = strcspn(old, ":");
		if (length && !(length == strlen(entry) && !strncmp(old, entry, length))) {
			if (end > list)
				*end++ = ':';
			end = mempcpy(end, old, length);
		}
		old += length + (old[length] == ':');
	}
	*end = '\0';
	bool done = !setenv(variable, list, 1);
	free(list);
	return done;
}

static bool prepend(const char *variable, const char *entry) {
	return change_list(variable, entry, true);
}

static bool report_no_memory(void) {
	tongs_command_error("cannot change the environment: memory has run out");
	return false;
}

bool tongs_vulkan_enable_layer(const char *folder, bool validation) {
	const char *own_paths = getenv("VK_LAYER_PATH");
	/* The loader ignores VK_ADD_LAYER_PATH if VK_LAYER_PATH is set. */
	const char *paths = own_paths && *own_paths ? "VK_LAYER_PATH" : "VK_ADD_LAYER_PATH";

	/* Some loaders (1.3.239) order layers by folder, others by VK_INSTANCE_LAYERS: be first in both. */
	if (prepend(paths, folder) && (!validation || prepend("VK_INSTANCE_LAYERS", TONGS_VALIDATION_LAYER_NAME)) &&
		prepend("VK_INSTANCE_LAYERS", TONGS_LAYER_NAME))
		return true;
	return report_no_memory();
}

bool tongs_vulkan_disable_layer(void) {
	return change_list("VK_INSTANCE_LAYERS", TONGS_LAYER_NAME, false) || report_no_memory();
}

bool tongs_vulkan_is_system_folder(const char *folder) {
	static const char *const parents[] = {"/etc", "/etc/xdg", "/usr/local/share", "/usr/share"};
	char resolved[PATH_MAX], place[PATH_MAX];
	bool is = false;

	for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
		snprintf(place, sizeof place, "%s/vulkan/explicit_layer.d", parents[i]);
		is |= realpath(place, resolved) && !strcmp(resolved, folder);
	}
	return is;
}

bool tongs_vulkan_has_layer(const char *name) {
	uint32_t count = 0;
	bool found = false;

	if (volkInitialize() != VK_SUCCESS || vkEnumerateInstanceLayerProperties(&count, NULL) != VK_SUCCESS || !count)
		return false;
	VkLayerProperties *layers = calloc(count, sizeof *layers);
	if (layers && vkEnumerateInstanceLayerProperties(&count, layers) >= VK_SUCCESS)
		for (uint32_t i = 0; i < count && !found; i++)
			found = !strcmp(layers[i].layerName, name);
	free(layers);
	return found;
}

bool tongs_vulkan_use_layer(const char *given) {
	char folder[PATH_MAX];

	return tongs_vulkan_find_layer(given, folder) && tongs_vulkan_enable_layer(folder, false);
}

static bool load(void) {
	if (volkInitialize() != VK_SUCCESS) {
		tongs_command_error("cannot load the Vulkan loader, libvulkan.so.1; on Debian: apt-get install "
				    "libvulkan1");
		return false;
	}
	if (volkGetInstanceVersion() < VK_API_VERSION_1_1) {
		tongs_command_error("the Vulkan loader is older than Vulkan 1.1; on Debian: apt-get install "
				    "libvulkan1");
		return false;
	}
	return true;
}

/* Reports that the variable which replaces the loader's list of drivers, the first that is set, is empty or names a
 * file that is not there: such a file is ignored. Or that a variable leaves drivers out. */
static bool report_missing_driver(void) {
	const char *variable = getenv("VK_DRIVER_FILES") ? "VK_DRIVER_FILES" : "VK_ICD_FILENAMES";
	static const char *const filters[] = {"VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE"};
	const char *list = getenv(variable);
	char path[PATH_MAX];

	if (list && !*list) {
		tongs_command_error("%s is empty, so the Vulkan loader looks for no driver; unset it", variable);
		return true;
	}
	while (list && *list) {
		size_t length = strcspn(list, ":");
		snprintf(path, sizeof path, "%.*s", (int)length, list);
		if (*path && access(path, R_OK)) {
			tongs_command_error("%s names the driver %s, which cannot be read: %s; correct or unset the "
					    "variable",
				variable, path, strerror(errno));
			return true;
		}
		list += length + (list[length] == ':');
	}
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		const char *filter = getenv(filters[i]);
		if (filter && *filter) {
			tongs_command_error("%s is %s, and the Vulkan loader finds no driver besides; correct or unset "
					    "the variable",
				filters[i], filter);
			return true;
		}
	}
	return false;
}

static bool create_instance(VkInstance *instance) {
	VkResult result = vkCreateInstance(
		&(VkInstanceCreateInfo){
			.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
			.pApplicationInfo =
				&(VkApplicationInfo){
					.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
					.pApplicationName = "tongs",
					.applicationVersion = VK_MAKE_API_VERSION(
						0, TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH),
					.apiVersion = TONGS_VULKAN_API_VERSION,
				},
		},
		NULL, instance);

	if (result == VK_SUCCESS) {
		volkLoadInstance(*instance);
		return true;
	}
	*instance = VK_NULL_HANDLE;
	if (result == VK_ERROR_INCOMPATIBLE_DRIVER && report_missing_driver())
		return false;
	if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
		tongs_command_error("no Vulkan driver is installed; on Debian: apt-get install mesa-vulkan-drivers "
				    "(its software driver needs no GPU)");
	else
		tongs_command_error("vkCreateInstance failed: %s%s", tongs_vulkan_result_name(result),
			result == VK_ERROR_LAYER_NOT_PRESENT ? "; set VK_LOADER_DEBUG=error,layer for details" : "");
	return false;
}

static bool list_devices(struct tongs_vulkan *vulkan) {
	uint32_t count = 0;
	VkResult result = vkEnumeratePhysicalDevices(vulkan->instance, &count, NULL);

	/* Some loaders return this error where no driver has a device. */
	if (result == VK_ERROR_INITIALIZATION_FAILED || (result == VK_SUCCESS && !count)) {
		if (report_missing_driver())
			return false;
		tongs_command_error("no Vulkan driver has a device; on Debian: apt-get install "
				    "mesa-vulkan-drivers (its software driver needs no GPU)");
		return false;
	}
	if (!tongs_vulkan_ok(result, "vkEnumeratePhysicalDevices"))
		return false;
	vulkan->devices = calloc(count, sizeof *vulkan->devices);
	if (!vulkan->devices)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "listing the devices");
	result = vkEnumeratePhysicalDevices(vulkan->instance, &count, vulkan->devices);
	vulkan->device_count = count;
	return tongs_vulkan_ok(result == VK_INCOMPLETE ? VK_SUCCESS : result, "vkEnumeratePhysicalDevices");
}

bool tongs_vulkan_init(struct tongs_vulkan *vulkan) {
	*vulkan = (struct tongs_vulkan){0};
	if (load() && create_instance(&vulkan->instance) && list_devices(vulkan))
		return true;
	tongs_vulkan_finish(vulkan);
	return false;
}

void tongs_vulkan_finish(struct tongs_vulkan *vulkan) {
	free(vulkan->devices);
	if (vulkan->instance)
		vkDestroyInstance(vulkan->instance, NULL);
	*vulkan = (struct tongs_vulkan){0};
}

const char *tongs_vulkan_result_name(VkResult result) {
	static const struct {
		VkResult result;
		const char *name;
	} names[] = {
#define ROW(name) {name, #name},
		ROW(VK_SUCCESS) ROW(VK_INCOMPLETE) ROW(VK_ERROR_OUT_OF_HOST_MEMORY) ROW(VK_ERROR_OUT_OF_DEVICE_MEMORY)
			ROW(VK_ERROR_INITIALIZATION_FAILED) ROW(VK_ERROR_DEVICE_LOST) ROW(VK_ERROR_MEMORY_MAP_FAILED)
				ROW(VK_ERROR_LAYER_NOT_PRESENT) ROW(VK_ERROR_EXTENSION_NOT_PRESENT)
					ROW(VK_ERROR_FEATURE_NOT_PRESENT) ROW(VK_ERROR_INCOMPATIBLE_DRIVER)
						ROW(VK_ERROR_TOO_MANY_OBJECTS) ROW(VK_ERROR_FORMAT_NOT_SUPPORTED)
							ROW(VK_ERROR_UNKNOWN) ROW(VK_ERROR_INVALID_EXTERNAL_HANDLE)
								ROW(VK_ERROR_VALIDATION_FAILED_EXT)
#undef ROW
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].result == result)
			return names[i].name;
	return "an unknown result";
}

bool tongs_vulkan_report(VkResult result, const char *what) {
	tongs_command_error("%s failed: %s", what, tongs_vulkan_result_name(result));
	return false;
}

bool tongs_vulkan_has_extension(VkPhysicalDevice device, const char *name) {
	uint32_t count = 0;
	bool found = false;

	if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, NULL) != VK_SUCCESS || !count)
		return false;
	VkExtensionProperties *extensions = calloc(count, sizeof *extensions);
	if (!extensions)
		return tongs_vulkan_ok(VK_ERROR_OUT_OF_HOST_MEMORY, "listing the extensions");
	if (vkEnumerateDeviceExtensionProperties(device, NULL, &count, extensions) >= VK_SUCCESS)
		for (uint32_t i = 0; i < count && !found; i++)
			found = !strcmp(extensions[i].extensionName, name);
	free(extensions);
	return found;
}

bool tongs_vulkan_create_device(VkPhysicalDevice physical_device, uint32_t family, const char *const *extensions,
	uint32_t extension_count, const void *features, VkDevice *device) {
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = family,
		.queueCount = 1,
		.pQueuePriorities = &(float){1.0f},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = features,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = extension_count,
		.ppEnabledExtensionNames = extensions,
	};

	if (TONGS_VULKAN_TRY(vkCreateDevice, physical_device, &info, NULL, device))
		return true;
	*device = VK_NULL_HANDLE;
	return false;
}

void tongs_vulkan_identify(VkPhysicalDevice device, struct tongs_vulkan_identity *identity) {
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &identity->ids};

	*identity = (struct tongs_vulkan_identity){
		.ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
		.driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
	};
	vkGetPhysicalDeviceProperties(device, &identity->properties);
	if (identity->properties.apiVersion < VK_API_VERSION_1_1)
		return;
	if (identity->properties.apiVersion >= VK_API_VERSION_1_2 ||
		tongs_vulkan_has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME))
		identity->ids.pNext = &identity->driver;
	vkGetPhysicalDeviceProperties2(device, &properties);
	identity->ids.pNext = NULL;
}

void tongs_vulkan_format_version(uint32_t version, char text[TONGS_VULKAN_VERSION_SIZE]) {
	snprintf(text, TONGS_VULKAN_VERSION_SIZE, "%u.%u.%u", VK_API_VERSION_MAJOR(version),
		VK_API_VERSION_MINOR(version), VK_API_VERSION_PATCH(version));
}

VkExternalMemoryFeatureFlags tongs_vulkan_get_buffer_features(
	VkPhysicalDevice device, VkExternalMemoryHandleTypeFlagBits type, VkBufferUsageFlags usage) {
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};

	vkGetPhysicalDeviceExternalBufferProperties(device,
		&(VkPhysicalDeviceExternalBufferInfo){
			.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
			.usage = usage,
			.handleType = type,
		},
		&properties);
	return properties.externalMemoryProperties.externalMemoryFeatures;
}
