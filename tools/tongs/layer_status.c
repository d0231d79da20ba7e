/* SPDX-License-Identifier: MIT */
/* Asks the layer for its status, and names the other layers that are loaded. */
#include "layer_status.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/layer.h>

#include "client/vulkan.h"
#include "manifests.h"

#define LIBRARY "/libVkLayer_tongs_metal_interop.so"

enum { NAMES_SIZE = 256 };

static void append(const struct tongs_manifest *manifest, void *user) {
	char path[2 * PATH_MAX], *text = user;
	const size_t length = strlen(text);

	tongs_manifest_get_library(manifest, path);
	void *library = strcmp(manifest->layer, TONGS_LAYER_NAME) != 0 ? dlopen(path, RTLD_NOW | RTLD_NOLOAD) : NULL;
	if (!library)
		return;
	dlclose(library);
	if (!strstr(text, manifest->layer) && length + strlen(manifest->layer) + 3 < NAMES_SIZE)
		sprintf(text + length, "%s%s", length ? ", " : "", manifest->layer);
}

/* Writes the names of all loaded layers except Tongs, separated by commas. Looks for manifests where the loader does.
 */
static void list_other_layers(char text[NAMES_SIZE]) {
	*text = '\0';
	tongs_manifests_visit_default("implicit_layer.d", append, text);
	tongs_manifests_visit_default("explicit_layer.d", append, text);
	tongs_manifests_visit_list(getenv("VK_LAYER_PATH"), "", append, text);
	tongs_manifests_visit_list(getenv("VK_ADD_LAYER_PATH"), "", append, text);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *path) {
	size_t length = strlen(info->dlpi_name), tail = strlen(LIBRARY);

	(void)size;
	if (length < tail || strcmp(info->dlpi_name + length - tail, LIBRARY))
		return 0;
	*(const char **)path = info->dlpi_name;
	return 1;
}

bool tongs_layer_status_is_loaded(void) {
	const char *path = NULL;

	return dl_iterate_phdr(find_library, &path);
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
