/* SPDX-License-Identifier: MIT */
/* Finds the layer's manifest relative to the executable, and sets the loader's variables. */
#include "client/layer_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command.h"
#include "client/paths.h"

#define MANIFEST "VkLayer_tongs_metal_interop.json"
#define VALIDATION_LAYER_NAME "VK_LAYER_KHRONOS_validation"

const char *const tongs_layer_path_variables[] = {"VK_ADD_LAYER_PATH", "VK_LAYER_PATH", "VK_INSTANCE_LAYERS", NULL};

/* Writes the folder of this executable, without a final slash; "" if unknown. */
static void get_own_folder(char folder[PATH_MAX]) {
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	folder[length > 0 ? length : 0] = '\0';
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

bool tongs_layer_path_find(const char *given, char folder[PATH_MAX]) {
	char places[PLACE_COUNT][PATH_MAX];

	list_places(given, places);
	for (int i = 0; i < PLACE_COUNT; i++) {
		if (holds_manifest(places[i])) {
			memcpy(folder, places[i], PATH_MAX);
			return true;
		}
	}
	tongs_command_error("the layer's manifest, " MANIFEST ", is not in these folders:");
	for (int i = 0; i < PLACE_COUNT; i++)
		if (*places[i])
			fprintf(stderr, "  %s\n", places[i]);
	fputs(given ? "Pass the folder that has it to --layer-path.\n"
		    : "Build or install the layer, or pass its folder to --layer-path.\n",
		stderr);
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

bool tongs_layer_path_enable(const char *folder, bool validation) {
	const char *own_paths = getenv("VK_LAYER_PATH");
	/* The loader ignores VK_ADD_LAYER_PATH if VK_LAYER_PATH is set. */
	const char *paths = own_paths && *own_paths ? "VK_LAYER_PATH" : "VK_ADD_LAYER_PATH";

	/* Some loaders (1.3.239) order layers by folder, others by VK_INSTANCE_LAYERS: be first in both. */
	if (prepend(paths, folder) && (!validation || prepend("VK_INSTANCE_LAYERS", VALIDATION_LAYER_NAME)) &&
		prepend("VK_INSTANCE_LAYERS", TONGS_LAYER_NAME))
		return true;
	return report_no_memory();
}

bool tongs_layer_path_disable(void) {
	return change_list("VK_INSTANCE_LAYERS", TONGS_LAYER_NAME, false) || report_no_memory();
}

bool tongs_layer_path_is_system(const char *folder) {
	static const char *const parents[] = {"/etc", "/etc/xdg", "/usr/local/share", "/usr/share"};
	char resolved[PATH_MAX], place[PATH_MAX];
	bool is = false;

	for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
		snprintf(place, sizeof place, "%s/vulkan/explicit_layer.d", parents[i]);
		is |= realpath(place, resolved) && !strcmp(resolved, folder);
	}
	return is;
}

bool tongs_layer_path_use(const char *given) {
	char folder[PATH_MAX];

	return tongs_layer_path_find(given, folder) && tongs_layer_path_enable(folder, false);
}
