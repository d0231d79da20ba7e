/* SPDX-License-Identifier: MIT */
/* Looks at a program, the loader's variables and the Vulkan configurator's manifest before `tongs run` starts. */
#include "obstacles.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "client/command.h"
#include "client/vulkan.h"
#include "manifests.h"
#include "privileged.h"
#include "program.h"
#include "sandbox.h"

#define MANIFEST "/VkLayer_tongs_metal_interop.json"
#define OVERRIDE "/VkLayer_override.json"
#define LIBRARY "/libtongs.so.0"

/* NULL if the file cannot be read or is no JSON. */
static cJSON *read_json(const char *path) {
	enum { MOST = 64 << 10 };
	char *text = calloc(1, MOST);
	FILE *file = text ? fopen(path, "re") : NULL;
	cJSON *json = NULL;

	if (file && fread(text, 1, MOST - 1, file) > 0)
		json = cJSON_Parse(text);
	if (file)
		fclose(file);
	free(text);
	return json;
}

/* Where the layer's libraries are, "" where that is not known. */
struct libraries {
	char layer[PATH_MAX];    /* the library */
	char folder[PATH_MAX];   /* its folder */
	char libtongs[PATH_MAX]; /* the folder of libtongs */
};

static bool holds(const char *folder, const char *file) {
	char path[PATH_MAX];

	return snprintf(path, sizeof path, "%s%s", folder, file) < PATH_MAX && !access(path, R_OK);
}

/* libtongs is beside the layer, or, in a build tree, a folder above. */
static void find_libraries(const char *folder, struct libraries *libraries) {
	char path[PATH_MAX];

	*libraries = (struct libraries){.layer = ""};
	if (snprintf(path, sizeof path, "%s%s", folder, MANIFEST) >= PATH_MAX)
		return;
	cJSON *json = read_json(path);
	const cJSON *layer = cJSON_GetObjectItemCaseSensitive(json, "layer");
	const char *library = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(layer, "library_path"));
	bool fits = library && strchr(library, '/') &&
		    snprintf(path, sizeof path, "%s%s%s", *library == '/' ? "" : folder, *library == '/' ? "" : "/",
			    library) < PATH_MAX;
	if (fits && realpath(path, libraries->layer)) {
		memcpy(libraries->folder, libraries->layer, sizeof libraries->folder);
		*strrchr(libraries->folder, '/') = '\0';
		memcpy(libraries->libtongs, libraries->folder, sizeof libraries->libtongs);
		char *slash = strrchr(libraries->libtongs, '/');
		if (!holds(libraries->folder, LIBRARY) && slash)
			*slash = '\0';
		if (!holds(libraries->libtongs, LIBRARY))
			*libraries->libtongs = '\0';
	}
	cJSON_Delete(json);
}

static void warn_of_privileges(const struct tongs_program *program, const char *command, const char *folder) {
	const char *reason = tongs_privileged_explain(program);

	if (reason && !tongs_vulkan_is_system_folder(folder))
		tongs_command_error(
			"run: '%s' %s, so the Vulkan loader ignores VK_ADD_LAYER_PATH and the layer in %s; install "
			"Tongs in a folder that the loader always reads ('make install' does: "
			"/usr/local/share/vulkan/explicit_layer.d), or run the program without its privileges",
			command, reason, folder);
}

static void warn_of_binary(
	const struct tongs_program *program, const char *command, const struct libraries *libraries) {
	struct tongs_elf layer = tongs_program_read_elf(*libraries->layer ? libraries->layer : "/proc/self/exe");
	char theirs[TONGS_MACHINE_TEXT], ours[TONGS_MACHINE_TEXT];
	const char *by = strcmp(program->path, program->image) ? program->image : "";

	if (!program->elf.is_elf || !layer.is_elf)
		return;
	if (!tongs_program_is_same_machine(&program->elf, &layer))
		tongs_command_error(
			"run: '%s'%s%s is a program for %s, and the layer is for %s, so the Vulkan loader skips it: "
			"run a program for %s, or pass the folder of a layer for %s to --layer-path",
			command, *by ? ", run by " : "", by, tongs_program_name_machine(&program->elf, theirs),
			tongs_program_name_machine(&layer, ours), ours, theirs);
	else if (program->elf.is_static)
		tongs_command_error("run: '%s'%s%s is statically linked and loads no Vulkan loader, so no layer, "
				    "unless it starts another program: link it dynamically, with libvulkan.so.1",
			command, *by ? ", run by " : "", by);
}

/* Whether one of the patterns, as the loader reads them, is the layer's name. `*by_kind` is set if it is ~explicit~. */
static bool matches(const char *patterns, bool *by_kind) {
	char pattern[256];

	for (const char *at = patterns; at && *at; at += *at == ',') {
		int length = (int)strcspn(at, ",");
		snprintf(pattern, sizeof pattern, "%.*s", length, at);
		*by_kind = !strcmp(pattern, "~explicit~");
		if (!strcmp(pattern, "~all~") || *by_kind || !fnmatch(pattern, TONGS_LAYER_NAME, FNM_CASEFOLD))
			return true;
		at += length;
	}
	return false;
}

static void warn_of_variables(const struct libraries *libraries) {
	const char *disabled = getenv("VK_LOADER_LAYERS_DISABLE");
	struct stat own, other;
	char path[PATH_MAX];

	bool by_kind, unused;

	/* Loaders 1.4 leave alone what VK_INSTANCE_LAYERS names, 1.3.239 does not. */
	if (matches(disabled, &by_kind) && !matches(getenv("VK_LOADER_LAYERS_ENABLE"), &unused))
		tongs_command_error("run: VK_LOADER_LAYERS_DISABLE is '%s', which keeps the layer off%s: unset it, or "
				    "set VK_LOADER_LAYERS_ENABLE to " TONGS_LAYER_NAME,
			disabled, by_kind ? " with older Vulkan loaders" : "");
	if (!*libraries->libtongs || snprintf(path, sizeof path, "%s%s", libraries->libtongs, LIBRARY) >= PATH_MAX ||
		stat(path, &own))
		return;
	/* The first one counts. */
	for (const char *at = getenv("LD_LIBRARY_PATH"); at && *at; at += *at == ':') {
		int length = (int)strcspn(at, ":");
		if (length && snprintf(path, sizeof path, "%.*s%s", length, at, LIBRARY) < PATH_MAX &&
			!stat(path, &other)) {
			if (own.st_dev != other.st_dev || own.st_ino != other.st_ino)
				tongs_command_error("run: LD_LIBRARY_PATH has another libtongs, %s, and the layer "
						    "needs that in %s: take the folder out, or put the other first",
					path, libraries->libtongs);
			return;
		}
		at += length;
	}
}

static bool lists(const cJSON *layer, const char *key, const char *wanted) {
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(layer, key)) {
		const char *text = cJSON_GetStringValue(item);
		if (text && !strcmp(text, wanted))
			return true;
	}
	return false;
}

/* The Vulkan configurator's manifest: it may be for some programs only, and a variable switches it off. */
static void warn_of_override(const char *folder, void *user) {
	const struct tongs_program *program = user;
	char path[PATH_MAX], file[PATH_MAX];

	if (snprintf(path, sizeof path, "%s%s", folder, OVERRIDE) >= PATH_MAX)
		return;
	cJSON *json = read_json(path);
	const cJSON *layer = cJSON_GetObjectItemCaseSensitive(json, "layer");
	const cJSON *off = cJSON_GetObjectItemCaseSensitive(layer, "disable_environment");
	const char *variable = off && off->child ? off->child->string : NULL;
	bool of_others = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(layer, "app_keys")) > 0 &&
			 !(realpath(program->image, file) && lists(layer, "app_keys", file));
	bool moves = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(layer, "override_paths")) > 0;
	bool blocks = lists(layer, "blacklisted_layers", TONGS_LAYER_NAME);

	if (!of_others && (moves || blocks) && !(variable && getenv(variable)))
		tongs_command_error("run: %s, of the Vulkan configurator, %s: close vkconfig or reset its layers, or "
				    "set %s=1",
			path,
			blocks ? "blocks the layer"
			       : "replaces the folders in which older Vulkan loaders look for layers",
			variable ? variable : "the variable of its disable_environment");
	cJSON_Delete(json);
}

/* Those that are not inside another one. */
static void choose_folders(
	const char *manifest, const struct libraries *libraries, const char *folders[TONGS_SANDBOX_MAX_FOLDERS]) {
	const char *all[TONGS_SANDBOX_MAX_FOLDERS] = {libraries->libtongs, libraries->folder, manifest};
	int count = 0;

	for (int i = 0; i < TONGS_SANDBOX_MAX_FOLDERS; i++) {
		bool inside = !*all[i];
		for (int k = 0; k < count; k++) {
			size_t length = strlen(folders[k]);
			inside |= !strncmp(all[i], folders[k], length) && (all[i][length] == '/' || !all[i][length]);
		}
		if (!inside)
			folders[count++] = all[i];
	}
}

void tongs_obstacles_report(char *const *arguments, const char *folder) {
	const char *folders[TONGS_SANDBOX_MAX_FOLDERS] = {NULL};
	struct libraries libraries;
	struct tongs_program program;

	/* execvp reports that better. */
	if (!tongs_program_find(arguments[0], &program))
		return;
	find_libraries(folder, &libraries);
	choose_folders(folder, &libraries, folders);
	if (!tongs_sandbox_warn(&program, arguments, folders)) {
		warn_of_privileges(&program, arguments[0], folder);
		warn_of_binary(&program, arguments[0], &libraries);
	}
	warn_of_variables(&libraries);
	tongs_manifests_visit_folders("implicit_layer.d", warn_of_override, &program);
}
