/* SPDX-License-Identifier: MIT */
/* What all subcommands share: their descriptor, exit codes, common options and error messages. */
#ifndef TONGS_CLIENT_COMMAND_H
#define TONGS_CLIENT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
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

/* Also writes the first message from now on to `text`, which holds "" until then; with `is_silent`, prints none. `text`
 * NULL: no more. Not thread-safe. */
void tongs_command_keep_error(char *text, size_t size, bool is_silent);

/* An option of a subcommand, with one of the three targets. */
struct tongs_command_option {
	const char *name;  /* NULL ends a list */
	bool *flag;        /* set to true */
	const char **text; /* set to the argument */
	uint32_t *index;   /* set to the argument, the number of a device */
};

enum { TONGS_COMMAND_MAX_OPTIONS = 8 };

/* Parses `options` and --help. With `takes_arguments`, stops at the first argument and sets optind to it; without, an
 * argument is an error. Returns -1 to go on, or the exit code after --help or a message. */
int tongs_command_parse(const struct tongs_command *self, const struct tongs_command_option *options,
	bool takes_arguments, int argc, char **argv);

/* Prints how to get help. Returns TONGS_EXIT_USAGE. */
int tongs_command_usage(const struct tongs_command *self);

#endif
