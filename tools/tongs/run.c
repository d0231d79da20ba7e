/* SPDX-License-Identifier: MIT */
/* `tongs run`: runs a program with the layer enabled. */
#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/vulkan.h"
#include "library_path.h"
#include "obstacles.h"

static const char help[] =
	"Usage: tongs run [options] COMMAND [arguments]\n"
	"       tongs run --print-env [options]\n"
	"\n"
	"Runs COMMAND with VK_EXT_external_memory_metal on every device that can share memory. Changes\n"
	"only the environment: prepends the layer to VK_ADD_LAYER_PATH (VK_LAYER_PATH if that is set)\n"
	"and VK_INSTANCE_LAYERS. Where the dynamic linker would not find libtongs, appends its folder to\n"
	"LD_LIBRARY_PATH.\n"
	"\n"
	"A call of COMMAND failed? Run it with --validation, which says why.\n"
	"\n"
	"Options:\n"
	"      --validation      log why the layer refuses calls (TONGS_VALIDATION=1), and enable\n"
	"                        VK_LAYER_KHRONOS_validation between the layer and the driver\n"
	"      --leaks           list the Metal objects that are alive at the end (TONGS_LEAKS=1)\n"
	"      --zombies         log uses of released Metal objects (TONGS_ZOMBIES=1)\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json; default: next to\n"
	"                        this program in a build tree, else where it is installed\n"
	"      --print-env       print the variables, one NAME=VALUE a line, quoted for a shell where\n"
	"                        that is needed, without running anything\n"
	"  -h, --help            show this text\n"
	"\n"
	"Looks at COMMAND first, and warns of what will keep the layer out, with the way around:\n"
	"privileges of its own (setuid, setgid, file capabilities), another architecture, static\n"
	"linking, a sandbox or container, variables of the loader, and vkconfig's override layer.\n"
	"\n"
	"Exit code: that of COMMAND; 2 for wrong usage, 125 if a layer is not found, 126 if COMMAND\n"
	"cannot be run, 127 if it is not found.\n";

/* What options switch on. */
static const char *const settings[] = {"TONGS_VALIDATION", "TONGS_LEAKS", "TONGS_ZOMBIES"};
enum { VALIDATION, LEAKS, ZOMBIES, SETTING_COUNT };

static void print_quoted(const char *value) {
	putchar('\'');
	for (; *value; value++) {
		if (*value == '\'')
			fputs("'\\'", stdout);
		putchar(*value);
	}
	putchar('\'');
}

static void print_variable(const char *name) {
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	const char *value = getenv(name);

	if (!value || !*value)
		return;
	printf("%s=", name);
	if (value[strspn(value, plain)])
		print_quoted(value);
	else
		fputs(value, stdout);
	putchar('\n');
}

static void print_environment(bool library_path, const bool enabled[SETTING_COUNT]) {
	for (const char *const *name = tongs_vulkan_layer_variables; *name; name++)
		print_variable(*name);
	if (library_path)
		print_variable("LD_LIBRARY_PATH");
	for (int i = 0; i < SETTING_COUNT; i++)
		if (enabled[i])
			print_variable(settings[i]);
}

static bool enable_settings(const bool enabled[SETTING_COUNT]) {
	for (int i = 0; i < SETTING_COUNT; i++) {
		if (enabled[i] && setenv(settings[i], "1", 1)) {
			tongs_command_error("run: cannot set %s: %s", settings[i], strerror(errno));
			return false;
		}
	}
	return true;
}

/* The loader of COMMAND would go on without it, or fail without saying what is missing. */
static bool has_validation_layer(void) {
	if (tongs_vulkan_has_layer(TONGS_VALIDATION_LAYER_NAME))
		return true;
	tongs_command_error("run: the Vulkan loader does not find " TONGS_VALIDATION_LAYER_NAME "; on Debian: apt-get "
			    "install vulkan-validationlayers; or set TONGS_VALIDATION=1 instead of --validation, for "
			    "the messages of Tongs alone");
	return false;
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	const char *given = NULL;
	bool enabled[SETTING_COUNT] = {false}, print = false, library_path;
	char folder[PATH_MAX];
	const struct tongs_command_option options[] = {
		{"layer-path", .text = &given},
		{"print-env", .flag = &print},
		{"validation", .flag = &enabled[VALIDATION]},
		{"leaks", .flag = &enabled[LEAKS]},
		{"zombies", .flag = &enabled[ZOMBIES]},
		{0},
	};
	int code = tongs_command_parse(self, options, true, argc, argv);

	if (code >= 0)
		return code;
	if (print != (optind == argc)) {
		tongs_command_error(print ? "run: --print-env takes no command" : "run: the command is missing");
		return tongs_command_usage(self);
	}
	if (!tongs_vulkan_find_layer(given, folder) || !tongs_vulkan_enable_layer(folder, enabled[VALIDATION]) ||
		(enabled[VALIDATION] && !has_validation_layer()) || !enable_settings(enabled) ||
		!tongs_library_path_extend(&library_path))
		return TONGS_EXIT_RUN_FAILED;
	if (print) {
		print_environment(library_path, enabled);
		return TONGS_EXIT_OK;
	}
	tongs_obstacles_report(argv + optind, folder);
	execvp(argv[optind], argv + optind);
	int error = errno;
	tongs_command_error("run: cannot run '%s': %s", argv[optind], strerror(error));
	return error == ENOENT ? TONGS_EXIT_NOT_FOUND : TONGS_EXIT_CANNOT_RUN;
}

const struct tongs_command tongs_command_run = {
	.name = "run",
	.summary = "run a program with the layer enabled",
	.help = help,
	.main = run,
};
