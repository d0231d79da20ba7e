/* SPDX-License-Identifier: MIT */
/* The drivers' manifests: where the Vulkan loader looks for them, and what stands in them. */
#define _GNU_SOURCE /* secure_getenv, FNM_CASEFOLD; NOLINT(bugprone-reserved-identifier) */
#include "vulkan/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "util/alloc.h"

/* A manifest has a few hundred bytes. */
enum { MAX_MANIFEST_SIZE = 1 << 20 };

bool tongs_strings_add(struct tongs_strings *strings, const char *text, size_t length) {
	if (strings->count == strings->capacity) {
		size_t capacity = strings->capacity ? 2 * strings->capacity : 16;
		char **items = tongs_malloc(capacity, sizeof(*items));
		if (!items)
			return false;
		if (strings->count)
			memcpy(items, strings->items, strings->count * sizeof(*items));
		tongs_free(NULL, strings->items);
		strings->items = items;
		strings->capacity = capacity;
	}
	char *copy = tongs_malloc(length + 1, 1);
	if (!copy)
		return false;
	memcpy(copy, text, length);
	strings->items[strings->count++] = copy;
	return true;
}

void tongs_strings_finish(struct tongs_strings *strings) {
	for (size_t i = 0; i < strings->count; i++)
		tongs_free(NULL, strings->items[i]);
	tongs_free(NULL, strings->items);
	*strings = (struct tongs_strings){0};
}

/* Of two results. Without memory all else may have been overlooked. */
static VkResult worse(VkResult a, VkResult b) {
	return b == VK_ERROR_OUT_OF_HOST_MEMORY || a == VK_SUCCESS ? b : a;
}

/* What is unset and what is empty are one. */
static const char *get_variable(const char *name) {
	const char *value = secure_getenv(name);
	return value && *value ? value : NULL;
}

static bool ends_in_json(const char *name) {
	size_t length = strlen(name);
	return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static VkResult add_folder(const char *folder, struct tongs_strings *manifests) {
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

/* `paths` are manifests and folders of such, with `:` between them; `suffix` is put behind each. */
static VkResult add_paths(const char *paths, const char *suffix, struct tongs_strings *manifests) {
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

static VkResult add_home(const char *variable, const char *otherwise, struct tongs_strings *manifests) {
	const char *folder = get_variable(variable), *home = get_variable("HOME");
	char path[PATH_MAX];
	if (!folder && home && snprintf(path, sizeof(path), "%s%s", home, otherwise) < PATH_MAX)
		folder = path;
	return folder ? add_paths(folder, FOLDER, manifests) : VK_SUCCESS;
}

static VkResult add_dirs(const char *variable, const char *otherwise, struct tongs_strings *manifests) {
	const char *folders = get_variable(variable);
	return add_paths(folders ? folders : otherwise, FOLDER, manifests);
}

/* In the order of "Driver Discovery" in the loader's documentation. */
static VkResult find_manifests(struct tongs_strings *manifests) {
	/* Set and empty, they say that there is none. */
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

/* Whether one of the patterns, with `,` between them, is the file's name. */
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

/* A path with a slash is relative to its manifest, a bare name is for the dynamic linker to find. */
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
	/* No application of ours asks for VK_KHR_portability_enumeration. */
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
		/* Or memory has run out: it can't be told apart. */
		*result = VK_ERROR_INITIALIZATION_FAILED;
	cJSON_Delete(manifest);
	return resolved;
}

/* The whole file, the caller's to free. */
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

static VkResult add_library(const char *manifest, struct tongs_strings *libraries) {
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

VkResult tongs_driver_list_installed(struct tongs_strings *libraries) {
	struct tongs_strings manifests = {0};
	VkResult result = find_manifests(&manifests);
	for (size_t i = manifests.count; i-- > 0;)
		if (is_selected(manifests.items[i]))
			result = worse(result, add_library(manifests.items[i], libraries));
	tongs_strings_finish(&manifests);
	return result;
}
