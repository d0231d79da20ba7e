/* SPDX-License-Identifier: MIT */
/* What the Vulkan loader does with this process' environment, by its own log: drivers that it finds, and layers in
 * their order. */
#ifndef TONGS_TOOL_LOADER_LOG_H
#define TONGS_TOOL_LOADER_LOG_H

#include <stdbool.h>

#include "client/vulkan.h"

enum { TONGS_LOADER_MAX_LAYERS = 16, TONGS_LOADER_MAX_DRIVERS = 16, TONGS_LOADER_TEXT = 512 };

struct tongs_loader_layer {
	char name[VK_MAX_EXTENSION_NAME_SIZE];
	char manifest[TONGS_LOADER_TEXT], library[TONGS_LOADER_TEXT]; /* "": the loader does not say */
};

struct tongs_loader_log {
	char path[TONGS_LOADER_TEXT]; /* of the loader; "": there is none */
	uint32_t version;
	VkResult result; /* of vkCreateInstance; VK_ERROR_UNKNOWN if the process ended in it */
	bool has_tongs;  /* the layer's library is loaded */
	unsigned layer_count, driver_count;
	struct tongs_loader_layer layers[TONGS_LOADER_MAX_LAYERS]; /* from the program to the drivers */
	char drivers[TONGS_LOADER_MAX_DRIVERS][TONGS_LOADER_TEXT]; /* manifests */
};

/* Creates an instance in a process of its own, and reads what the loader logs. Returns false after a message if that
 * process cannot be made. */
bool tongs_loader_log_read(struct tongs_loader_log *log);

/* Ends this process by SIGALRM after so many seconds, whatever the parent did with that signal. */
void tongs_loader_log_limit(unsigned seconds);

/* Returns the place of the layer in `layers`; UINT32_MAX: it is not loaded. */
uint32_t tongs_loader_log_find(const struct tongs_loader_log *log, const char *layer);

/* For tests: fills `layers` and `drivers` from the text of a log, which is changed. */
void tongs_loader_log_parse(struct tongs_loader_log *log, char *text);

#endif
