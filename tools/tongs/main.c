/* SPDX-License-Identifier: MIT */
/* The `tongs` program: runs a subcommand, or shows help or the version. */
#include "commands.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tongs/version.h>

#include "client/terminal.h"
#include "demo.h"

static const struct tongs_command *const commands[] = {
	&tongs_command_run,
	&tongs_command_info,
	&tongs_command_check,
	&tongs_command_demo,
	&tongs_command_bench,
};
static const size_t command_count = sizeof commands / sizeof *commands;

static const struct tongs_command *find(const char *name) {
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void print_help(FILE *file) {
	fputs("Usage: tongs COMMAND [options]\n"
	      "\n"
	      "Real Metal handles for Vulkan memory on Linux: VK_EXT_external_memory_metal on any driver\n"
	      "that has VK_EXT_external_memory_host or VK_KHR_external_memory_fd.\n"
	      "\n"
	      "Commands:\n",
		file);
	for (size_t i = 0; i < command_count; i++)
		fprintf(file, "  %-6s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n"
	      "Options:\n"
	      "  -h, --help     show this text; 'tongs COMMAND --help' shows that of a command\n"
	      "  -V, --version  show the version\n",
		file);
}

static int help(int argc, char **argv) {
	if (argc < 2) {
		print_help(stdout);
		return TONGS_EXIT_OK;
	}
	const struct tongs_command *command = find(argv[1]);
	if (!command) {
		tongs_command_error("there is no command '%s'; 'tongs --help' lists them", argv[1]);
		return TONGS_EXIT_USAGE;
	}
	fputs(command->help, stdout);
	return TONGS_EXIT_OK;
}

static int run(int argc, char **argv) {
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};

	switch (getopt_long(argc, argv, "+hV", options, NULL)) {
	case -1:
		break;
	case 'h':
		print_help(stdout);
		return TONGS_EXIT_OK;
	case 'V':
		puts("tongs " TONGS_VERSION);
		return TONGS_EXIT_OK;
	default:
		fputs("Try 'tongs --help'.\n", stderr);
		return TONGS_EXIT_USAGE;
	}
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		print_help(stderr);
		return TONGS_EXIT_USAGE;
	}
	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	const struct tongs_command *command = find(argv[0]);
	if (!command) {
		tongs_command_error("there is no command '%s'; 'tongs --help' lists them", argv[0]);
		return TONGS_EXIT_USAGE;
	}
	optind = 0; /* glibc: restart for the command's options */
	return command->main(command, argc, argv);
}

/* A file that is opened later must not get the number of a closed standard stream, and with it what is printed there.
 */
static void occupy_standard_streams(void) {
	int descriptor;
	do
		descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (descriptor >= 0 && descriptor <= STDERR_FILENO);
	if (descriptor > STDERR_FILENO)
		close(descriptor);
}

int main(int argc, char **argv) {
	occupy_standard_streams();
	tongs_terminal_init();
	const int code = run(argc, argv);
	const bool failed = ferror(stdout);
	if (fflush(stdout) == 0 && !failed)
		return code;
	tongs_command_error("the output could not be written completely");
	return code ? code : TONGS_EXIT_FAILED;
}
