/* SPDX-License-Identifier: MIT */
/* Reads the loader's variables, the manifests in the folders that it searches, and the heads of libraries. */
#include "layer_request.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/vulkan.h"
#include "manifests.h"

static bool is_set(const char *variable) {
	const char *value = getenv(variable);

	return value && *value;
}

/* Whether `list` has `name` between its separators. */
static bool has_name(const char *list, char separator, const char *name) {
	const size_t wanted = strlen(name);
	const char separators[] = {separator, '\0'};

	while (list && *list) {
		const size_t length = strcspn(list, separators);
		if (length == wanted && !strncmp(list, name, length))
			return true;
		list += length + (list[length] == separator);
	}
	return false;
}

/* A pattern of the loader: a name, with an asterisk for any text at its begin, its end or both; ignoring case. */
static bool is_match(const char *pattern, size_t length, const char *name) {
	const bool from_any = length && *pattern == '*', to_any = length > 1 && pattern[length - 1] == '*';
	char part[VK_MAX_EXTENSION_NAME_SIZE];

	snprintf(part, sizeof part, "%.*s", (int)(length - from_any - to_any), pattern + from_any);
	const size_t tail = strlen(part), whole = strlen(name);
	if (tail > whole)
		return false;
	if (from_any && to_any)
		return strcasestr(name, part);
	if (from_any)
		return !strcasecmp(name + whole - tail, part);
	return to_any ? !strncasecmp(name, part, tail) : !strcasecmp(name, part);
}

/* Whether a list of patterns, between commas, has one of the layer, or a word for all layers of its kind. */
static bool is_filtered(const char *variable, bool implicit) {
	const char *list = getenv(variable), *kind = implicit ? "~implicit~" : "~explicit~";

	while (list && *list) {
		const size_t length = strcspn(list, ",");
		if (is_match(list, length, TONGS_LAYER_NAME) || is_match(list, length, "~all~") ||
			(length == strlen(kind) && !strncmp(list, kind, length)))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

const char *tongs_layer_request_find(void) {
	static const char *const enable = "TONGS_ENABLE";
	const char *value = getenv(enable);

	if (has_name(getenv("VK_INSTANCE_LAYERS"), ':', TONGS_LAYER_NAME))
		return "VK_INSTANCE_LAYERS";
	if (is_set("VK_LOADER_LAYERS_ENABLE") && is_filtered("VK_LOADER_LAYERS_ENABLE", false))
		return "VK_LOADER_LAYERS_ENABLE";
	return value && !strcmp(value, "1") ? enable : NULL;
}

__attribute__((format(printf, 2, 3))) static void put(char text[TONGS_LAYER_REQUEST_TEXT], const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, TONGS_LAYER_REQUEST_TEXT, format, arguments);
	va_end(arguments);
}

struct search {
	bool found;
	char folder[PATH_MAX], path[2 * PATH_MAX], library[2 * PATH_MAX];
};

static void keep(const struct tongs_manifest *manifest, void *user) {
	struct search *search = user;

	if (search->found || strcmp(manifest->layer, TONGS_LAYER_NAME) != 0)
		return;
	search->found = true;
	snprintf(search->folder, sizeof search->folder, "%s", manifest->folder);
	snprintf(search->path, sizeof search->path, "%s/%s", manifest->folder, manifest->file);
	tongs_manifest_get_library(manifest, search->library);
}

/* Searches where the loader does for an explicit layer. It ignores variables with folders in a program that has gained
 * privileges, and VK_ADD_LAYER_PATH where VK_LAYER_PATH is set. */
static void search_explicit(bool is_secure, struct search *search) {
	if (!is_secure && is_set("VK_LAYER_PATH")) {
		tongs_manifests_visit_list(getenv("VK_LAYER_PATH"), "", keep, search);
		return;
	}
	if (!is_secure)
		tongs_manifests_visit_list(getenv("VK_ADD_LAYER_PATH"), "", keep, search);
	tongs_manifests_visit_default("explicit_layer.d", keep, search);
}

static bool read_head(const char *path, Elf64_Ehdr *head) {
	FILE *file = fopen(path, "re");
	/* The fields read here lie at the same place in files for 32 bits. */
	const bool done = file && fread(head, 1, sizeof *head, file) >= sizeof(Elf32_Ehdr) &&
			  !memcmp(head->e_ident, ELFMAG, SELFMAG);

	if (file)
		fclose(file);
	return done;
}

/* Explains what is wrong with the library of the manifest. Returns false if nothing is. */
static bool explain_library(const struct search *search, struct tongs_layer_absence *absence) {
	Elf64_Ehdr own, other;

	/* The dynamic linker finds a bare name. */
	if (!strchr(search->library, '/'))
		return false;
	if (access(search->library, R_OK)) {
		put(absence->reason, "the manifest %s names the library %s, which is missing or cannot be read",
			search->path, search->library);
		put(absence->mend, "build or install the layer again, or remove that manifest");
		return true;
	}
	if (!read_head(search->library, &other)) {
		put(absence->reason, "the library %s of the manifest %s is no shared library", search->library,
			search->path);
		put(absence->mend, "build or install the layer again");
	} else if (read_head("/proc/self/exe", &own) &&
		   (own.e_machine != other.e_machine || own.e_ident[EI_CLASS] != other.e_ident[EI_CLASS])) {
		put(absence->reason,
			"the library %s of the manifest %s is for another architecture (ELF machine %u, %s bits) than "
			"this program (%u, %s)",
			search->library, search->path, other.e_machine,
			other.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32", own.e_machine,
			own.e_ident[EI_CLASS] == ELFCLASS64 ? "64" : "32");
		put(absence->mend, "install Tongs for this architecture, too");
	} else {
		return false;
	}
	return true;
}

static void explain_folders(bool is_secure, struct tongs_layer_absence *absence) {
	struct search hidden = {0};

	tongs_manifests_visit_list(getenv("VK_ADD_LAYER_PATH"), "", keep, &hidden);
	if (is_secure) {
		put(absence->reason,
			"this program has gained privileges (it is setuid or setgid, or has file capabilities), so the "
			"Vulkan loader ignores VK_ADD_LAYER_PATH and VK_LAYER_PATH");
		put(absence->mend,
			"install Tongs in a folder that the loader always reads ('make install' does), or run the "
			"program without its privileges");
	} else if (is_set("VK_LAYER_PATH") && hidden.found) {
		put(absence->reason,
			"VK_LAYER_PATH is set, so the Vulkan loader ignores VK_ADD_LAYER_PATH, in which is the "
			"manifest %s",
			hidden.path);
		put(absence->mend, "unset VK_LAYER_PATH, or add %s to it; 'tongs run' does that", hidden.folder);
	} else {
		put(absence->reason, "no manifest in the folders that the Vulkan loader reads%s%s names it",
			is_set("VK_LAYER_PATH") ? ", those of VK_LAYER_PATH alone, " : "",
			is_set("VK_LAYER_PATH") ? getenv("VK_LAYER_PATH") : "");
		put(absence->mend,
			"use 'tongs run', or add the folder of VkLayer_tongs_metal_interop.json to %s, or install "
			"Tongs",
			is_set("VK_LAYER_PATH") ? "VK_LAYER_PATH" : "VK_ADD_LAYER_PATH");
	}
}

void tongs_layer_request_explain(const char *variable, bool is_secure, struct tongs_layer_absence *absence) {
	const bool implicit = !strcmp(variable, "TONGS_ENABLE");
	struct search search = {0};

	if (is_filtered("VK_LOADER_LAYERS_DISABLE", implicit) && !is_filtered("VK_LOADER_LAYERS_ALLOW", implicit)) {
		put(absence->reason, "VK_LOADER_LAYERS_DISABLE is %s, which keeps it off",
			getenv("VK_LOADER_LAYERS_DISABLE"));
		put(absence->mend, "unset VK_LOADER_LAYERS_DISABLE, or set VK_LOADER_LAYERS_ALLOW=" TONGS_LAYER_NAME);
		return;
	}
	if (implicit && getenv("TONGS_DISABLE")) {
		put(absence->reason, "TONGS_DISABLE is set, which keeps it off whatever TONGS_ENABLE is");
		put(absence->mend, "unset TONGS_DISABLE, or use 'tongs run'");
		return;
	}
	if (implicit)
		tongs_manifests_visit_default("implicit_layer.d", keep, &search);
	else
		search_explicit(is_secure, &search);
	if (!search.found && implicit) {
		put(absence->reason, "no manifest in the loader's folders implicit_layer.d names it");
		put(absence->mend, "install Tongs ('make install'), or use 'tongs run'");
	} else if (!search.found) {
		explain_folders(is_secure, absence);
	} else if (!explain_library(&search, absence)) {
		put(absence->reason, "its manifest, %s, and its library seem to be in order", search.path);
		put(absence->mend, "VK_LOADER_DEBUG=error,layer shows what the Vulkan loader does");
	}
}
