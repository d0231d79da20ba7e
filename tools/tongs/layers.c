/* SPDX-License-Identifier: MIT */
/* A layer is loaded where the library that its manifest names is. Manifests are looked for where the loader does. */
#include "layers.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/layer_path.h"

enum { MANIFEST_SIZE = 16 << 10 };

/* Into `value`: the string after the next `key` in `text`. The rest of the text, or NULL where there is none. */
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

/* Relative paths are from the manifest's folder; a bare name is the dynamic linker's to find. */
static bool is_loaded(const char *folder, const char *path) {
	char full[2 * PATH_MAX];
	snprintf(full, sizeof full, "%s%s%s", *path == '/' || !strchr(path, '/') ? "" : folder,
		*path == '/' || !strchr(path, '/') ? "" : "/", path);
	void *library = dlopen(full, RTLD_NOW | RTLD_NOLOAD);
	if (library)
		dlclose(library);
	return library != NULL;
}

static void append(char text[TONGS_LAYERS_TEXT], const char *name) {
	size_t length = strlen(text);
	if (!strstr(text, name) && length + strlen(name) + 3 < TONGS_LAYERS_TEXT)
		sprintf(text + length, "%s%s", length ? ", " : "", name);
}

/* A manifest may hold several layers. */
static void read_manifest(const char *folder, const char *file, char text[TONGS_LAYERS_TEXT]) {
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

static void read_folder(const char *folder, char text[TONGS_LAYERS_TEXT]) {
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

/* Every folder of a colon-separated list, with `tail` behind each. */
static void read_list(const char *list, const char *tail, char text[TONGS_LAYERS_TEXT]) {
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

void tongs_layers_list_others(char text[TONGS_LAYERS_TEXT]) {
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
