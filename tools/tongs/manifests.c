/* SPDX-License-Identifier: MIT */
/* Reads names and libraries of layers, and walks the loader's folders. */
#include "manifests.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANIFEST_SIZE = 16 << 10 };

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

static void read_manifest(const char *folder, const char *file, tongs_manifest_visitor visit, void *user) {
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
			if (names)
				visit(&(struct tongs_manifest){folder, file, name, library}, user);
		}
	}
	free(manifest);
}

void tongs_manifests_visit_folder(const char *folder, tongs_manifest_visitor visit, void *user) {
	struct dirent **files;
	int count = scandir(folder, &files, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(files[i]->d_name, '.');
		if (dot && !strcmp(dot, ".json"))
			read_manifest(folder, files[i]->d_name, visit, user);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
}

/* Visits the folders of a colon-separated list, with `tail` appended to each. */
static void visit_folders(
	const char *list, const char *tail, void (*visit)(const char *folder, void *user), void *user) {
	char folder[PATH_MAX];
	while (list && *list) {
		int length = (int)strcspn(list, ":");
		if (length && snprintf(folder, sizeof folder, "%.*s%s", length, list, tail) < PATH_MAX)
			visit(folder, user);
		list += length + (list[length] == ':');
	}
}

static const char *get_or(const char *variable, const char *fallback) {
	const char *value = getenv(variable);
	return value && *value ? value : fallback;
}

void tongs_manifests_visit_folders(const char *kind, void (*visit)(const char *folder, void *user), void *user) {
	char config[PATH_MAX], data[PATH_MAX], tail[64];
	snprintf(config, sizeof config, "%s/.config", get_or("HOME", ""));
	snprintf(data, sizeof data, "%s/.local/share", get_or("HOME", ""));
	snprintf(tail, sizeof tail, "/vulkan/%s", kind);
	visit_folders(get_or("XDG_CONFIG_HOME", config), tail, visit, user);
	visit_folders(get_or("XDG_CONFIG_DIRS", "/etc/xdg"), tail, visit, user);
	visit_folders("/etc", tail, visit, user);
	visit_folders(get_or("XDG_DATA_HOME", data), tail, visit, user);
	visit_folders(get_or("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), tail, visit, user);
}

struct in_folder {
	tongs_manifest_visitor visit;
	void *user;
};

static void visit_manifests(const char *folder, void *user) {
	const struct in_folder *in = user;
	tongs_manifests_visit_folder(folder, in->visit, in->user);
}

void tongs_manifests_visit_list(const char *list, const char *tail, tongs_manifest_visitor visit, void *user) {
	visit_folders(list, tail, visit_manifests, &(struct in_folder){visit, user});
}

void tongs_manifests_visit_default(const char *kind, tongs_manifest_visitor visit, void *user) {
	tongs_manifests_visit_folders(kind, visit_manifests, &(struct in_folder){visit, user});
}

void tongs_manifest_get_library(const struct tongs_manifest *manifest, char path[2 * PATH_MAX]) {
	const bool is_relative = *manifest->library != '/' && strchr(manifest->library, '/');
	snprintf(path, (size_t)2 * PATH_MAX, "%s%s%s", is_relative ? manifest->folder : "", is_relative ? "/" : "",
		manifest->library);
}
