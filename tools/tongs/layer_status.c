/* SPDX-License-Identifier: MIT */
/* Asks the layer for its status, and names the other layers that are loaded. */
#include "layer_status.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/layer.h>

#include "client/vulkan.h"

#define LIBRARY "/libVkLayer_tongs_metal_interop.so"

enum { MANIFEST_SIZE = 16 << 10, NAMES_SIZE = 256 };

/* Writes the string after the next `key` in `text` to `value`. Returns the rest of the text, or NULL if there is none.
 */
static const char *find_string(const char *text, const char *key, char value[PATH_MAX]) {
	char quoted[64];
	snprintf(quoted, sizeof quoted, "\"%s\"", key);
	const char *at = strstr(text, quoted);
	if (!at)
		return NULL;
	at += strlen(quoted);
	at += strspn(at, " \t\r\n:");
	size_t length = *at == '"' ? strcspn(at + 1, "\"") : PATH_MAX;
	if (length >= PATH_MAX)
		return NULL;
	memcpy(value, at + 1, length);
	value[length] = '\0';
	return at + length + 1;
}

/* Relative paths start at the manifest's folder; the dynamic linker finds a bare name. */
static bool is_loaded(const char *folder, const char *path) {
	char full[2 * PATH_MAX];
	snprintf(full, sizeof full, "%s%s%s", *path == '/' || !strchr(path, '/') ? "" : folder,
		*path == '/' || !strchr(path, '/') ? "" : "/", path);
	void *library = dlopen(full, RTLD_NOW | RTLD_NOLOAD);
	if (library)
		dlclose(library);
	return library != NULL;
}

static void append(char text[NAMES_SIZE], const char *name) {
	size_t length = strlen(text);
	if (!strstr(text, name) && length + strlen(name) + 3 < NAMES_SIZE)
		sprintf(text + length, "%s%s", length ? ", " : "", name);
}

/* A manifest may hold several layers. */
static void read_manifest(const char *folder, const char *file, char text[NAMES_SIZE]) {
	char path[2 * PATH_MAX], name[PATH_MAX], library[PATH_MAX];
	char *manifest = calloc(1, MANIFEST_SIZE);
	snprintf(path, sizeof path, "%s/%s", folder, file);
	FILE *stream = manifest ? fopen(path, "re") : NULL;
	if (stream) {
		manifest[fread(manifest, 1, MANIFEST_SIZE - 1, stream)] = '\0';
		fclose(stream);
		const char *names = manifest, *libraries = manifest;
		while (names && (libraries = find_string(libraries, "library_path", library))) {
			do
				names = find_string(names, "name", name);
			while (names && strncmp(name, "VK_LAYER_", 9));
			if (names && strcmp(name, TONGS_LAYER_NAME) && is_loaded(folder, library))
				append(text, name);
		}
	}
	free(manifest);
}

static void read_folder(const char *folder, char text[NAMES_SIZE]) {
	struct dirent **files;
	int count = scandir(folder, &files, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(files[i]->d_name, '.');
		if (dot && !strcmp(dot, ".json"))
			read_manifest(folder, files[i]->d_name, text);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
}

/* Reads the folders of a colon-separated list, with `tail` appended to each. */
static void read_list(const char *list, const char *tail, char text[NAMES_SIZE]) {
	char folder[PATH_MAX];
	while (list && *list) {
		int length = (int)strcspn(list, ":");
		if (length && snprintf(folder, sizeof folder, "%.*s%s", length, list, tail) < PATH_MAX)
			read_folder(folder, text);
		list += length + (list[length] == ':');
	}
}

static const char *get_or(const char *variable, const char *fallback) {
	const char *value = getenv(variable);
	return value && *value ? value : fallback;
}

/* Writes the names of all loaded layers except Tongs, separated by commas. Looks for manifests where the loader does.
 */
static void list_other_layers(char text[NAMES_SIZE]) {
	static const char *const tails[] = {"/vulkan/implicit_layer.d", "/vulkan/explicit_layer.d"};
	char config[PATH_MAX], data[PATH_MAX];
	*text = '\0';
	snprintf(config, sizeof config, "%s/.config", get_or("HOME", ""));
	snprintf(data, sizeof data, "%s/.local/share", get_or("HOME", ""));
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		read_list(get_or("XDG_CONFIG_HOME", config), tails[i], text);
		read_list(get_or("XDG_CONFIG_DIRS", "/etc/xdg"), tails[i], text);
		read_list("/etc", tails[i], text);
		read_list(get_or("XDG_DATA_HOME", data), tails[i], text);
		read_list(get_or("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), tails[i], text);
	}
	read_list(getenv("VK_LAYER_PATH"), "", text);
	read_list(getenv("VK_ADD_LAYER_PATH"), "", text);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *path) {
	size_t length = strlen(info->dlpi_name), tail = strlen(LIBRARY);

	(void)size;
	if (length < tail || strcmp(info->dlpi_name + length - tail, LIBRARY))
		return 0;
	*(const char **)path = info->dlpi_name;
	return 1;
}

/* Finds a function of the layer by its library: a layer above may hide its extension. The caller closes *library. */
static void *find_function(const char *name, void **library) {
	const char *path = NULL;

	*library = dl_iterate_phdr(find_library, &path) ? dlopen(path, RTLD_NOW | RTLD_NOLOAD) : NULL;
	return *library ? dlsym(*library, name) : NULL;
}

static enum tongs_layer_status get_status(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE]) {
	__typeof__(&tongs_layer_get_status) function = NULL;
	void *library, *symbol = find_function("tongs_layer_get_status", &library);

	memcpy(&function, &symbol, sizeof symbol);
	enum tongs_layer_status status = function ? function(instance, uuid) : TONGS_LAYER_STATUS_UNKNOWN;
	if (library)
		dlclose(library);
	return status;
}

struct tongs_layer_roles tongs_layer_status_get_roles(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE]) {
	__typeof__(&tongs_layer_get_roles) function = NULL;
	void *library, *symbol = find_function("tongs_layer_get_roles", &library);

	memcpy(&function, &symbol, sizeof symbol);
	struct tongs_layer_roles roles = {0};
	if (function)
		roles = function(instance, uuid);
	if (library)
		dlclose(library);
	return roles;
}

void tongs_layer_status_explain(
	VkInstance instance, const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_LAYER_STATUS_TEXT]) {
	char others[NAMES_SIZE];
	const char *reason = "";

	list_other_layers(others);
	switch (get_status(instance, uuid)) {
	case TONGS_LAYER_STATUS_UNKNOWN:
		reason = "the layer is not active on it; VK_LOADER_DEBUG=error,layer shows why";
		break;
	case TONGS_LAYER_STATUS_PROVIDED:
	case TONGS_LAYER_STATUS_NATIVE:
		snprintf(text, TONGS_LAYER_STATUS_TEXT,
			"a layer above Tongs hides " VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME "; loaded here: %s",
			*others ? others : "none with a manifest in the loader's folders");
		break;
	case TONGS_LAYER_STATUS_TOO_OLD:
		reason = "it is older than Vulkan 1.1";
		break;
	case TONGS_LAYER_STATUS_NO_EXTERNAL_MEMORY:
		snprintf(text, TONGS_LAYER_STATUS_TEXT,
			"its driver lacks " VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME
			" and " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME "%s%s",
			*others ? ", or a layer below Tongs hides it; loaded here: " : "", others);
		break;
	case TONGS_LAYER_STATUS_LARGE_ALIGNMENT:
		reason = "its driver imports no single pages of host memory, and "
			 "lacks " VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME;
		break;
	case TONGS_LAYER_STATUS_NOT_IMPORTABLE:
		reason = "its driver has the extensions to share memory, but no buffer and no image can be in it";
		break;
	}
	if (*reason)
		snprintf(text, TONGS_LAYER_STATUS_TEXT, "%s", reason);
}
