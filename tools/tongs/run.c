/* SPDX-License-Identifier: MIT */
/* `tongs run`: starts a program with the layer enabled. */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/layer_path.h"
#include "privileged.h"

static const char help[] =
	"Usage: tongs run [options] COMMAND [arguments]\n"
	"       tongs run --print-env [options]\n"
	"\n"
	"Starts COMMAND with VK_EXT_external_memory_metal on every device that can share memory.\n"
	"Only its environment differs: VK_ADD_LAYER_PATH (VK_LAYER_PATH where that is set) and\n"
	"VK_INSTANCE_LAYERS name the layer before what they held.\n"
	"\n"
	"Options:\n"
	"      --validation      also enable VK_LAYER_KHRONOS_validation, between the layer and\n"
	"                        the driver\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json; default: next to\n"
	"                        this program in a build tree, else where it is installed\n"
	"      --print-env       print the variables, one NAME=VALUE a line, and run nothing\n"
	"  -h, --help            this text\n"
	"\n"
	"In a program that is setuid or setgid or has file capabilities the Vulkan loader ignores\n"
	"folders of the environment: there the layer must be installed. A message says so.\n"
	"\n"
	"Exit code: COMMAND's own; 2 for wrong usage, 125 if the layer is not found, 126 if COMMAND\n"
	"cannot be run, 127 if it is not found.\n";

static void print_environment(void) {
	for (const char *const *name = tongs_layer_path_variables; *name; name++) {
		const char *value = getenv(*name);
		if (value && *value)
			printf("%s=%s\n", *name, value);
	}
}

/* The loader trusts no variable with folders in such a program; the names of layers it takes. */
static void tell_of_privileges(const char *command, const char *folder) {
	const char *reason = tongs_privileged_explain(command);

	if (reason && !tongs_layer_path_is_system(folder))
		tongs_command_error(
			"run: '%s' %s, so the Vulkan loader ignores VK_ADD_LAYER_PATH, and the layer in %s is not "
			"there "
			"for it: install Tongs where the loader looks by itself ('make install' does, in "
			"/usr/local/share/vulkan/explicit_layer.d), or start the program without its privileges",
			command, reason, folder);
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	static const struct option options[] = {
		{"validation", no_argument, NULL, 'v'},
		{"print-env", no_argument, NULL, 'p'},
		TONGS_COMMAND_COMMON_OPTIONS,
	};
	const char *given = NULL;
	bool validation = false, print = false;
	char folder[PATH_MAX];
	int letter;

	while ((letter = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (letter) {
		case 'v':
			validation = true;
			break;
		case 'p':
			print = true;
			break;
		case 'L':
			given = optarg;
			break;
		default:
			return tongs_command_other_option(self, letter);
		}
	}
	if (print != (optind == argc)) {
		tongs_command_error(print ? "run: --print-env runs nothing: leave the command out"
					  : "run: a command to run is missing");
		return tongs_command_other_option(self, '?');
	}
	if (!tongs_layer_path_find(given, folder) || !tongs_layer_path_enable(folder, validation))
		return TONGS_EXIT_RUN_FAILED;
	if (print) {
		print_environment();
		return TONGS_EXIT_OK;
	}
	tell_of_privileges(argv[optind], folder);
	execvp(argv[optind], argv + optind);
	int error = errno;
	tongs_command_error("run: '%s' could not be started: %s", argv[optind], strerror(error));
	return error == ENOENT ? TONGS_EXIT_NOT_FOUND : TONGS_EXIT_CANNOT_RUN;
}

const struct tongs_command tongs_command_run = {
	.name = "run",
	.summary = "start a program with the layer enabled",
	.help = help,
	.main = run,
};
