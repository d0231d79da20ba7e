/* SPDX-License-Identifier: MIT */
/* Finds driver libraries, as installed by manifests or as loaded into the process, and opens them. */
#define _GNU_SOURCE /* dl_iterate_phdr, dladdr, secure_getenv, FNM_CASEFOLD; NOLINT(bugprone-reserved-identifier) */
#include "vulkan/driver.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "util/alloc.h"
#include "util/hash.h"

/* Far more than the few hundred bytes that manifests have. */
enum { MAX_MANIFEST_SIZE = 1 << 20 };

bool tongs_strings_add(struct tongs_list *strings, const char *text, size_t length) {
	char *copy = tongs_malloc(length + 1, 1);
	char **added = copy ? tongs_list_add(strings, sizeof(*added)) : NULL;
	if (!added) {
		tongs_free(NULL, copy);
		return false;
	}
	memcpy(copy, text, length);
	*added = copy;
	return true;
}

void tongs_strings_finish(struct tongs_list *strings) {
	char **items = strings->items;
	for (size_t i = 0; i < strings->count; i++)
		tongs_free(NULL, items[i]);
	tongs_list_finish(strings);
}

/* The more severe of two results: when memory runs out, other failures may be missed. */
static VkResult worse(VkResult a, VkResult b) {
	return b == VK_ERROR_OUT_OF_HOST_MEMORY || a == VK_SUCCESS ? b : a;
}

/* NULL if the variable is unset or empty. */
static const char *get_variable(const char *name) {
	const char *value = secure_getenv(name);
	return value && *value ? value : NULL;
}

static bool ends_in_json(const char *name) {
	size_t length = strlen(name);
	return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static VkResult add_folder(const char *folder, struct tongs_list *manifests) {
	DIR *stream = opendir(folder);
	bool room = true;
	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED;
	for (const struct dirent *entry = readdir(stream); entry && room; entry = readdir(stream)) {
		char path[PATH_MAX];
		int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (length < PATH_MAX && ends_in_json(entry->d_name))
			room = tongs_strings_add(manifests, path, (size_t)length);
	}
	closedir(stream);
	return room ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

/* Adds the manifests in `paths`: files and folders, separated by `:`, each followed by `suffix`. */
static VkResult add_paths(const char *paths, const char *suffix, struct tongs_list *manifests) {
	VkResult result = VK_SUCCESS;
	while (paths && *paths) {
		size_t length = strcspn(paths, ":");
		char path[PATH_MAX];
		int written = snprintf(
			path, sizeof(path), "%.*s%s", (int)(length < PATH_MAX ? length : PATH_MAX), paths, suffix);
		paths += length + (paths[length] == ':');
		VkResult added = VK_SUCCESS;
		if (length == 0 || written >= PATH_MAX)
			continue;
		if (!ends_in_json(path))
			added = add_folder(path, manifests);
		else if (!tongs_strings_add(manifests, path, (size_t)written))
			added = VK_ERROR_OUT_OF_HOST_MEMORY;
		result = worse(result, added);
	}
	return result;
}

static const char FOLDER[] = "/vulkan/icd.d";

static VkResult add_home(const char *variable, const char *otherwise, struct tongs_list *manifests) {
	const char *folder = get_variable(variable), *home = get_variable("HOME");
	char path[PATH_MAX];
	if (!folder && home && snprintf(path, sizeof(path), "%s%s", home, otherwise) < PATH_MAX)
		folder = path;
	return folder ? add_paths(folder, FOLDER, manifests) : VK_SUCCESS;
}

static VkResult add_dirs(const char *variable, const char *otherwise, struct tongs_list *manifests) {
	const char *folders = get_variable(variable);
	return add_paths(folders ? folders : otherwise, FOLDER, manifests);
}

/* Searches in the order of "Driver Discovery" in the loader's documentation. */
static VkResult find_manifests(struct tongs_list *manifests) {
	/* If set and empty, there are no drivers. */
	const char *only = secure_getenv("VK_DRIVER_FILES");
	if (!only)
		only = secure_getenv("VK_ICD_FILENAMES");
	if (only)
		return add_paths(only, "", manifests);
	VkResult result = add_paths(get_variable("VK_ADD_DRIVER_FILES"), "", manifests);
	result = worse(result, add_home("XDG_CONFIG_HOME", "/.config", manifests));
	result = worse(result, add_dirs("XDG_CONFIG_DIRS", "/etc/xdg", manifests));
	result = worse(result, add_paths("/etc", FOLDER, manifests));
	result = worse(result, add_home("XDG_DATA_HOME", "/.local/share", manifests));
	return worse(result, add_dirs("XDG_DATA_DIRS", "/usr/local/share:/usr/share", manifests));
}

/* Whether the file's name matches one of the patterns, separated by `,`. */
static bool matches(const char *patterns, const char *path) {
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	while (patterns && *patterns) {
		size_t length = strcspn(patterns, ",");
		char pattern[NAME_MAX + 1];
		if (length < sizeof(pattern)) {
			memcpy(pattern, patterns, length);
			pattern[length] = '\0';
			if (fnmatch(pattern, name, FNM_CASEFOLD) == 0)
				return true;
		}
		patterns += length + (patterns[length] == ',');
	}
	return false;
}

static bool is_selected(const char *path) {
	const char *select = get_variable("VK_LOADER_DRIVERS_SELECT");
	if (select)
		return matches(select, path);
	return !matches(get_variable("VK_LOADER_DRIVERS_DISABLE"), path);
}

/* A library path with a slash is relative to its manifest; the dynamic linker finds a bare name. */
static char *resolve(const char *manifest, const char *library) {
	const char *slash = strrchr(manifest, '/');
	size_t folder = *library != '/' && strchr(library, '/') && slash ? (size_t)(slash - manifest) + 1 : 0;
	size_t size = strlen(library) + 1;
	char *path = tongs_malloc(folder + size, 1);
	if (path) {
		memcpy(path, manifest, folder);
		memcpy(path + folder, library, size);
	}
	return path;
}

static bool is_for_this_process(const cJSON *driver) {
	const char *bits = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(driver, "library_arch"));
	/* libtongs does not enable VK_KHR_portability_enumeration. */
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(driver, "is_portability_driver")))
		return false;
	return !bits || strcmp(bits, sizeof(void *) == 8 ? "64" : "32") == 0;
}

char *tongs_driver_parse_manifest(const char *path, const char *text, size_t length, VkResult *result) {
	cJSON *manifest = cJSON_ParseWithLength(text, length);
	const cJSON *driver = cJSON_GetObjectItemCaseSensitive(manifest, "ICD");
	const char *library = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(driver, "library_path"));
	char *resolved = NULL;
	*result = VK_SUCCESS;
	if (library && *library && is_for_this_process(driver)) {
		resolved = resolve(path, library);
		*result = resolved ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
	} else if (!manifest)
		/* Malformed, or cJSON ran out of memory: it does not say which. */
		*result = VK_ERROR_INITIALIZATION_FAILED;
	cJSON_Delete(manifest);
	return resolved;
}

/* Reads a whole file into `*text`, for the caller to free. */
static VkResult read_file(const char *path, char **text, size_t *length) {
	FILE *file = fopen(path, "re");
	VkResult result = VK_ERROR_INITIALIZATION_FAILED;
	*text = NULL;
	if (!file)
		return result;
	for (size_t size = 4096; !*text && size <= MAX_MANIFEST_SIZE; size *= 2) {
		*text = tongs_malloc(size, 1);
		if (!*text) {
			result = VK_ERROR_OUT_OF_HOST_MEMORY;
			break;
		}
		rewind(file);
		*length = fread(*text, 1, size, file);
		if (*length < size && !ferror(file))
			result = VK_SUCCESS;
		else {
			tongs_free(NULL, *text);
			*text = NULL;
		}
	}
	fclose(file);
	return result;
}

static VkResult add_library(const char *manifest, struct tongs_list *libraries) {
	size_t length;
	char *text, *library = NULL;
	VkResult result = read_file(manifest, &text, &length);
	if (result == VK_SUCCESS)
		library = tongs_driver_parse_manifest(manifest, text, length, &result);
	if (library && !tongs_strings_add(libraries, library, strlen(library)))
		result = VK_ERROR_OUT_OF_HOST_MEMORY;
	tongs_free(NULL, library);
	tongs_free(NULL, text);
	return result;
}

VkResult tongs_driver_list_installed(struct tongs_list *libraries) {
	struct tongs_list manifests = {0};
	VkResult result = find_manifests(&manifests);
	char **paths = manifests.items;
	for (size_t i = manifests.count; i-- > 0;)
		if (is_selected(paths[i]))
			result = worse(result, add_library(paths[i], libraries));
	tongs_strings_finish(&manifests);
	return result;
}

/* The newest version of the loader-driver interface; drivers lower it. From version 5 on a driver accepts any
 * apiVersion. Other differences are irrelevant to libtongs: surfaces, and unknown physical-device commands. */
enum { NEWEST_INTERFACE = 7 };

typedef VkResult(VKAPI_PTR *negotiate_function)(uint32_t *version);

/* dlsym returns an object pointer, which ISO C does not allow to convert to a function pointer. */
static PFN_vkVoidFunction find_symbol(void *library, const char *name) {
	PFN_vkVoidFunction function;
	void *address = dlsym(library, name);
	memcpy(&function, &address, sizeof(function));
	return function;
}

/* Whether the library itself defines the symbol: dlsym also searches the libraries that it depends on. */
static bool exports(void *library, const char *name) {
	Dl_info info;
	struct link_map *map;
	void *address = dlsym(library, name);
	return address && dladdr(address, &info) && dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 &&
	       strcmp(info.dli_fname, map->l_name) == 0;
}

static bool is_driver(const char *library) {
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (!handle)
		return false;
	bool is = exports(handle, "vk_icdGetInstanceProcAddr");
	dlclose(handle);
	return is;
}

/* Called with the dynamic linker's lock held, so it only copies names. The program itself has none. */
static int add_name(struct dl_phdr_info *info, size_t size, void *user) {
	(void)size;
	if (!info->dlpi_name || !*info->dlpi_name)
		return 0;
	return !tongs_strings_add(user, info->dlpi_name, strlen(info->dlpi_name));
}

VkResult tongs_driver_list_loaded(struct tongs_list *libraries) {
	struct tongs_list all = {0};
	bool room = dl_iterate_phdr(add_name, &all) == 0;
	char **names = all.items;
	for (size_t i = 0; i < all.count && room; i++)
		if (is_driver(names[i]))
			room = tongs_strings_add(libraries, names[i], strlen(names[i]));
	tongs_strings_finish(&all);
	return room ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}

/* Whether the library was loaded often, as in a program that uses its device now and then. Counted by a hash: a library
 * may inherit the count of another. */
static bool was_loaded_often(const char *library) {
	static atomic_uint loads[64];
	const uint64_t hash = tongs_hash(TONGS_HASH_START, library, strlen(library));
	return atomic_fetch_add_explicit(&loads[hash >> 58], 1, memory_order_relaxed) >= TONGS_DRIVER_MAX_LOADS;
}

VkResult tongs_driver_open(const char *library, bool load, struct tongs_driver *driver) {
	driver->library = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (!driver->library && load)
		driver->library =
			dlopen(library, RTLD_NOW | RTLD_LOCAL | (was_loaded_often(library) ? RTLD_NODELETE : 0));
	if (!driver->library)
		return load ? VK_ERROR_INITIALIZATION_FAILED : VK_NOT_READY;
	driver->get_instance_proc_addr =
		(PFN_vkGetInstanceProcAddr)find_symbol(driver->library, "vk_icdGetInstanceProcAddr");
	/* Interface version 0: the driver exports Vulkan's own entry point. */
	if (!driver->get_instance_proc_addr)
		driver->get_instance_proc_addr =
			(PFN_vkGetInstanceProcAddr)find_symbol(driver->library, "vkGetInstanceProcAddr");
	if (driver->get_instance_proc_addr)
		return VK_SUCCESS;
	tongs_driver_close(driver);
	return VK_ERROR_INCOMPATIBLE_DRIVER;
}

VkResult tongs_driver_negotiate(const struct tongs_driver *driver) {
	static const char name[] = "vk_icdNegotiateLoaderICDInterfaceVersion";
	uint32_t version = NEWEST_INTERFACE;
	negotiate_function negotiate = (negotiate_function)find_symbol(driver->library, name);
	/* Version 7 drivers need not export it; drivers up to version 1 do not have it. */
	if (!negotiate)
		negotiate = (negotiate_function)driver->get_instance_proc_addr(NULL, name);
	return negotiate ? negotiate(&version) : VK_SUCCESS;
}

void tongs_driver_close(struct tongs_driver *driver) {
	dlclose(driver->library);
}
