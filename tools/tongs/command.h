/* SPDX-License-Identifier: MIT */
/* What every subcommand of the program has in common: its row in the table, exit codes and messages. */
#ifndef TONGS_TOOL_COMMAND_H
#define TONGS_TOOL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum tongs_exit {
	TONGS_EXIT_OK = 0,
	TONGS_EXIT_FAILED = 1, /* a check failed, or nothing works here */
	TONGS_EXIT_USAGE = 2,
	/* `tongs run` alone, as env(1) has them. */
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

extern const struct tongs_command tongs_command_run;
extern const struct tongs_command tongs_command_info;
extern const struct tongs_command tongs_command_demo;
extern const struct tongs_command tongs_command_bench;

/* One line on stderr, "tongs: …": what is wrong and how to mend it. */
void tongs_command_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What an option's letter that the command does not handle itself asks for: `--help` or a mistake, of which getopt_long
 * has told. Returns the exit code. */
int tongs_command_other_option(const struct tongs_command *self, int letter);

/* False, with a message, if anything but options was given. */
bool tongs_command_no_arguments(const struct tongs_command *self, int argc, char **argv);

/* Reads the number of a `--device` option; false, with a message, if `text` is none. */
bool tongs_command_parse_index(const char *text, uint32_t *index);

/* What --layer-path and --help are called in every command's table. */
#define TONGS_COMMAND_COMMON_OPTIONS \
	{"layer-path", required_argument, NULL, 'L'}, {"help", no_argument, NULL, 'h'}, { \
		0 \
	}

#endif
