/* SPDX-License-Identifier: MIT */
/* What all subcommands share: their descriptor, exit codes, common options and error messages. */
#ifndef TONGS_CLIENT_COMMAND_H
#define TONGS_CLIENT_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum tongs_exit {
	TONGS_EXIT_OK = 0,
	TONGS_EXIT_FAILED = 1, /* a check failed, or no device supports the extension */
	TONGS_EXIT_USAGE = 2,
	/* `tongs run` only, the same as env(1). */
	TONGS_EXIT_RUN_FAILED = 125,
	TONGS_EXIT_CANNOT_RUN = 126,
	TONGS_EXIT_NOT_FOUND = 127,
};

struct tongs_command {
	const char *name;
	const char *summary; /* one line of `tongs --help` */
	const char *help;    /* the whole of `tongs NAME --help` */
	/* argv[0] is the command's name. Returns the program's exit code. */
	int (*main)(const struct tongs_command *self, int argc, char **argv);
};

/* Prints one line to stderr, "tongs: …": what is wrong, then the next step. */
void tongs_command_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Handles an option that the command itself does not: `letter` is 'h' for --help, or '?' after getopt_long has reported
 * an error. Returns the exit code. */
int tongs_command_other_option(const struct tongs_command *self, int letter);

/* Returns false, with a message, if anything but options is given. */
bool tongs_command_no_arguments(const struct tongs_command *self, int argc, char **argv);

/* Parses the number of a --device option. Returns false, with a message, if `text` is not a number. */
bool tongs_command_parse_index(const char *text, uint32_t *index);

/* Ends every command's array of struct option: --layer-path as 'L', --help as 'h'. */
#define TONGS_COMMAND_COMMON_OPTIONS \
	{"layer-path", required_argument, NULL, 'L'}, {"help", no_argument, NULL, 'h'}, { \
		0 \
	}

#endif
