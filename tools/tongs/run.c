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
#include "privileged.h"

static const char help[] =
	"Usage: tongs run [options] COMMAND [arguments]\n"
	"       tongs run --print-env [options]\n"
	"\n"
	"Runs COMMAND with VK_EXT_external_memory_metal on every device that can share memory. Changes\n"
	"only the environment: prepends the layer to VK_ADD_LAYER_PATH (VK_LAYER_PATH if that is set)\n"
	"and VK_INSTANCE_LAYERS.\n"
	"\n"
	"Options:\n"
	"      --validation      also enable VK_LAYER_KHRONOS_validation, between the layer and\n"
	"                        the driver\n"
	"      --layer-path DIR  the folder of VkLayer_tongs_metal_interop.json; default: next to\n"
	"                        this program in a build tree, else where it is installed\n"
	"      --print-env       print the variables, one NAME=VALUE a line, without running anything\n"
	"  -h, --help            show this text\n"
	"\n"
	"In a program that is setuid or setgid or has file capabilities, the Vulkan loader ignores\n"
	"folders from the environment, and the layer must be installed. A message says so.\n"
	"\n"
	"Exit code: that of COMMAND; 2 for wrong usage, 125 if the layer is not found, 126 if COMMAND\n"
	"cannot be run, 127 if it is not found.\n";

static void print_environment(void) {
	for (const char *const *name = tongs_vulkan_layer_variables; *name; name++) {
		const char *value = getenv(*name);
		if (value && *value)
			printf("%s=%s\n", *name, value);
	}
}

/* In such a program, the loader ignores variables with folders, but not those with names of layers. */
static void warn_of_privileges(const char *command, const char *folder) {
	const char *reason = tongs_privileged_explain(command);

	if (reason && !tongs_vulkan_is_system_folder(folder))
		tongs_command_error(
			"run: '%s' %s, so the Vulkan loader ignores VK_ADD_LAYER_PATH and the layer in %s; install "
			"Tongs in a folder that the loader always reads ('make install' does: "
			"/usr/local/share/vulkan/explicit_layer.d), or run the program without its privileges",
			command, reason, folder);
}

static int run(const struct tongs_command *self, int argc, char **argv) {
	const char *given = NULL;
	bool validation = false, print = false;
	char folder[PATH_MAX];
	const struct tongs_command_option options[] = {
		{"layer-path", .text = &given},
		{"print-env", .flag = &print},
		{"validation", .flag = &validation},
		{0},
	};
	int code = tongs_command_parse(self, options, true, argc, argv);

	if (code >= 0)
		return code;
	if (print != (optind == argc)) {
		tongs_command_error(print ? "run: --print-env takes no command" : "run: the command is missing");
		return tongs_command_usage(self);
	}
	if (!tongs_vulkan_find_layer(given, folder) || !tongs_vulkan_enable_layer(folder, validation))
		return TONGS_EXIT_RUN_FAILED;
	if (print) {
		print_environment();
		return TONGS_EXIT_OK;
	}
	warn_of_privileges(argv[optind], folder);
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
