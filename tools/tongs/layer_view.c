/* SPDX-License-Identifier: MIT */
/* The layer is asked by a symbol of its library, since a layer above may hide what it answers. */
#include "layer_view.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include <tongs/layer.h>

#include "layers.h"

#define LIBRARY "/libVkLayer_tongs_metal_interop.so"

static int find_library(struct dl_phdr_info *info, size_t size, void *path) {
	size_t length = strlen(info->dlpi_name), tail = strlen(LIBRARY);

	(void)size;
	if (length < tail || strcmp(info->dlpi_name + length - tail, LIBRARY))
		return 0;
	*(const char **)path = info->dlpi_name;
	return 1;
}

static enum tongs_layer_status ask(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE]) {
	__typeof__(&tongs_layer_get_status) view = NULL;
	const char *path = NULL;

	if (!dl_iterate_phdr(find_library, &path))
		return TONGS_LAYER_STATUS_UNKNOWN;
	void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	void *symbol = library ? dlsym(library, "tongs_layer_get_status") : NULL;
	memcpy(&view, &symbol, sizeof symbol);
	enum tongs_layer_status answer = view ? view(instance, uuid) : TONGS_LAYER_STATUS_UNKNOWN;
	if (library)
		dlclose(library);
	return answer;
}

void tongs_layer_view_explain(VkInstance instance, const uint8_t uuid[VK_UUID_SIZE], char text[TONGS_LAYER_VIEW_TEXT]) {
	char others[TONGS_LAYERS_TEXT];
	const char *reason = "";

	tongs_layers_list_others(others);
	switch (ask(instance, uuid)) {
	case TONGS_LAYER_STATUS_UNKNOWN:
		reason = "the layer is not active on it; VK_LOADER_DEBUG=error,layer tells why";
		break;
	case TONGS_LAYER_STATUS_PROVIDED:
	case TONGS_LAYER_STATUS_NATIVE:
		snprintf(text, TONGS_LAYER_VIEW_TEXT,
			"a layer above Tongs hides " VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME "; loaded here: %s",
			*others ? others : "none that has a manifest where the loader looks for them");
		break;
	case TONGS_LAYER_STATUS_TOO_OLD:
		reason = "it is older than Vulkan 1.1";
		break;
	case TONGS_LAYER_STATUS_NO_HOST_MEMORY:
		snprintf(text, TONGS_LAYER_VIEW_TEXT,
			"its driver lacks " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME "%s%s",
			*others ? ", or a layer below Tongs hides it; loaded here: " : "", others);
		break;
	case TONGS_LAYER_STATUS_LARGE_ALIGNMENT:
		reason = "its driver imports no single pages of host memory";
		break;
	case TONGS_LAYER_STATUS_NOT_IMPORTABLE:
		reason = "its driver has " VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME
			 ", and says that no buffer and no image can be in imported memory";
		break;
	}
	if (*reason)
		snprintf(text, TONGS_LAYER_VIEW_TEXT, "%s", reason);
}
