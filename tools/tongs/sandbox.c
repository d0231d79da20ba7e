/* SPDX-License-Identifier: MIT */
/* Knows the common wrappers by name, and reads from their arguments whether the layer gets through. */
#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command.h"

enum { OPTIONS_SIZE = 4 * PATH_MAX };

/* Whether `folder` is `parent` or lies in it. */
static bool is_in(const char *folder, const char *parent) {
	size_t length = strlen(parent);

	while (length > 1 && parent[length - 1] == '/')
		length--;
	return *parent == '/' &&
	       (length == 1 || (!strncmp(folder, parent, length) && (folder[length] == '/' || !folder[length])));
}

/* --ro-bind SRC DEST and its kin; what is elsewhere inside has another path there. */
static bool is_bound(const char *folder, char *const *arguments) {
	for (char *const *word = arguments; *word; word++)
		if (!strncmp(*word, "--", 2) && strstr(*word, "bind") && word[1] && word[2] &&
			!strcmp(word[1], word[2]) && is_in(folder, word[1]))
			return true;
	return false;
}

/* One of the paths in an option's value, as in -v SRC:DEST:ro or --filesystem=SRC:ro. */
static bool is_named(const char *folder, char *const *arguments) {
	char path[PATH_MAX];

	for (char *const *word = arguments; *word; word++) {
		for (const char *at = *word; *at; at += strcspn(at, "=:,"), at += *at != '\0') {
			snprintf(path, sizeof path, "%.*s", (int)strcspn(at, "=:,"), at);
			if (path[0] == '/' && path[1] && is_in(folder, path))
				return true;
		}
	}
	return false;
}

static bool is_in_new_root(const char *folder, char *const *arguments) {
	char inside[PATH_MAX];
	char *const *word = arguments + 1;

	while (*word && **word == '-')
		word++;
	return !*word || (snprintf(inside, sizeof inside, "%s%s", *word, folder) < PATH_MAX && !access(inside, R_OK));
}

static bool has_word(char *const *arguments, const char *wanted) {
	for (char *const *word = arguments; *word; word++)
		if (!strcmp(*word, wanted))
			return true;
	return false;
}

static bool is_let_through(const char *folder, char *const *arguments) {
	return has_word(arguments, "--noprofile") || is_named(folder, arguments);
}

static bool is_preserved(const char *folder, char *const *arguments) {
	(void)folder;
	return has_word(arguments, "-E") || has_word(arguments, "--preserve-env");
}

static bool is_hidden_always(const char *folder, char *const *arguments) {
	(void)folder;
	(void)arguments;
	return false;
}

static bool is_visible_always(const char *folder, char *const *arguments) {
	(void)folder;
	(void)arguments;
	return true;
}

static bool mentions(char *const *arguments, const char *part) {
	for (char *const *word = arguments; *word; word++)
		if (strstr(*word, part))
			return true;
	return false;
}

static const struct wrapper {
	const char *name;
	const char *command; /* only with this word it starts a program; NULL: always */
	bool (*sees)(const char *folder, char *const *arguments);
	const char *option;    /* for each folder; NULL: none */
	const char *variables; /* options for the environment, if none names VK_INSTANCE_LAYERS; NULL: it passes */
	const char *clears;    /* the option that empties the environment; NULL: there is none */
	const char *mend;      /* before the options */
} wrappers[] = {
	{"bwrap", NULL, is_bound, "--ro-bind %1$s %1$s", NULL, "--clearenv",
		"starts its program in a sandbox without the folders or variables of the layer: add"},
	{"flatpak", "run", is_named, "--filesystem=%1$s:ro", NULL, NULL,
		"starts its program in a sandbox without the layer's folders: add to 'flatpak run'"},
	{"snap", "run", is_hidden_always, NULL, NULL, NULL,
		"starts its program in a sandbox that sees the layer only if the snap is a classic one: install it "
		"with --classic, or run the program without snap"},
	{"firejail", NULL, is_let_through, "--whitelist=%1$s", NULL, NULL,
		"starts its program in a sandbox whose profile may hide the layer's folders: add --noprofile, or"},
	{"docker", "run", is_named, "-v %1$s:%1$s:ro", "-e VK_ADD_LAYER_PATH -e VK_LAYER_PATH -e VK_INSTANCE_LAYERS",
		NULL, "starts its program in a container without the layer's folders and variables: add to 'run'"},
	{"podman", "run", is_named, "-v %1$s:%1$s:ro", "-e VK_ADD_LAYER_PATH -e VK_LAYER_PATH -e VK_INSTANCE_LAYERS",
		NULL, "starts its program in a container without the layer's folders and variables: add to 'run'"},
	{"chroot", NULL, is_in_new_root, "%1$s", NULL, NULL,
		"starts its program in a folder that lacks those of the layer: bind-mount there, at the same paths,"},
	{"sudo", NULL, is_preserved, NULL, NULL, NULL,
		"starts its program with a new environment: put 'tongs run' behind it"},
	{"doas", NULL, is_hidden_always, NULL, NULL, NULL,
		"starts its program with a new environment: put 'tongs run' behind it"},
	{"pkexec", NULL, is_hidden_always, NULL, NULL, NULL,
		"starts its program with a new environment: put 'tongs run' behind it"},
};

static const struct wrapper app_image = {
	.name = "AppImage",
	.sees = is_visible_always,
};

static const char *get_name(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* By the name that it is called by, else by that of the file behind links: snaps are links to snap, and flatpak exports
 * scripts. */
static const struct wrapper *find_wrapper(const struct tongs_program *program, bool *is_link) {
	char file[PATH_MAX];

	if (program->is_app_image)
		return &app_image;
	if (!realpath(program->path, file))
		snprintf(file, sizeof file, "%s", program->path);
	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
		*is_link = strcmp(get_name(program->path), wrappers[i].name) != 0;
		if (!*is_link || !strcmp(get_name(file), wrappers[i].name) ||
			(!strcmp(wrappers[i].name, "flatpak") && strstr(file, "/flatpak/exports/bin/")))
			return &wrappers[i];
	}
	return NULL;
}

static void append(char text[OPTIONS_SIZE], const char *format, const char *folder) {
	size_t length = strlen(text);

	snprintf(text + length, OPTIONS_SIZE - length, " ");
	/* The table's formats, which take one string as often as they like. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text + length + 1, OPTIONS_SIZE - length - 1, format, folder);
#pragma GCC diagnostic pop
}

static void append_variables(char text[OPTIONS_SIZE]) {
	for (const char *const *name =
			(const char *const[]){"VK_ADD_LAYER_PATH", "VK_LAYER_PATH", "VK_INSTANCE_LAYERS", NULL};
		*name; name++) {
		char option[PATH_MAX];
		const char *value = getenv(*name);
		if (value && *value && snprintf(option, sizeof option, "--setenv %s %s", *name, value) < PATH_MAX)
			append(text, "%s", option);
	}
}

bool tongs_sandbox_warn(const struct tongs_program *program, char *const *arguments,
	const char *const folders[TONGS_SANDBOX_MAX_FOLDERS]) {
	char options[OPTIONS_SIZE] = "";
	bool is_link = false, hides = false;
	const struct wrapper *wrapper = find_wrapper(program, &is_link);

	if (!wrapper)
		return false;
	if (wrapper == &app_image) {
		tongs_command_error("run: '%s' is an AppImage, which may bring a Vulkan loader of its own that lacks "
				    "the layer: if it does, extract it with --appimage-extract, remove libvulkan.so.1 "
				    "from squashfs-root, and run squashfs-root/AppRun",
			arguments[0]);
		return true;
	}
	if (!is_link && wrapper->command && !has_word(arguments, wrapper->command))
		return true;
	for (int i = 0; i < TONGS_SANDBOX_MAX_FOLDERS && folders[i]; i++) {
		if (wrapper->sees(folders[i], arguments))
			continue;
		hides = true;
		if (wrapper->option)
			append(options, wrapper->option, folders[i]);
	}
	if (wrapper->clears && has_word(arguments, wrapper->clears) && !mentions(arguments, "VK_INSTANCE_LAYERS")) {
		hides = true;
		append_variables(options);
	}
	if (wrapper->variables && !mentions(arguments, "VK_INSTANCE_LAYERS")) {
		hides = true;
		append(options, "%s", wrapper->variables);
	}
	if (!hides)
		return true;
	tongs_command_error("run: '%s' %s%s", arguments[0], wrapper->mend, options);
	return true;
}
