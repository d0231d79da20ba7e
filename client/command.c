/* SPDX-License-Identifier: MIT */
/* Parses the options of subcommands and prints error messages. */
#include "client/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/terminal.h"

static struct {
	char *text; /* NULL: nothing is kept */
	size_t size;
	bool is_silent;
} kept;

void tongs_command_keep_error(char *text, size_t size, bool is_silent) {
	kept.text = text;
	kept.size = size;
	kept.is_silent = text && is_silent;
	if (text)
		*text = '\0';
}

void tongs_command_error(const char *format, ...) {
	char *text;
	va_list arguments;

	if (kept.text && !*kept.text) {
		va_start(arguments, format);
		vsnprintf(kept.text, kept.size, format, arguments);
		va_end(arguments);
	}
	if (kept.is_silent)
		return;
	tongs_terminal_end_progress();
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text)
		tongs_terminal_fit(text);
	fprintf(stderr, "tongs: %s\n", text ? text : format);
	free(text);
}

int tongs_command_usage(const struct tongs_command *self) {
	fprintf(stderr, "Try 'tongs %s --help'.\n", self->name);
	return TONGS_EXIT_USAGE;
}

static bool parse_index(const char *text, uint32_t *index) {
	char *end;

	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value >= UINT32_MAX) {
		tongs_command_error("'%s' is not a device number; 'tongs info' lists the devices, from 0", text);
		return false;
	}
	*index = (uint32_t)value;
	return true;
}

int tongs_command_parse(const struct tongs_command *self, const struct tongs_command_option *options,
	bool takes_arguments, int argc, char **argv) {
	enum { FIRST = 256 }; /* no option's letter */
	struct option table[TONGS_COMMAND_MAX_OPTIONS + 2] = {{"help", no_argument, NULL, 'h'}};
	int value;

	for (int i = 0; i < TONGS_COMMAND_MAX_OPTIONS && options[i].name; i++)
		table[i + 1] = (struct option){
			options[i].name, options[i].flag ? no_argument : required_argument, NULL, FIRST + i};
	while ((value = getopt_long(argc, argv, takes_arguments ? "+h" : "h", table, NULL)) != -1) {
		if (value == 'h') {
			fputs(self->help, stdout);
			return TONGS_EXIT_OK;
		}
		if (value < FIRST)
			return tongs_command_usage(self);
		const struct tongs_command_option *option = &options[value - FIRST];
		if (option->flag)
			*option->flag = true;
		else if (option->text)
			*option->text = optarg;
		else if (!parse_index(optarg, option->index))
			return TONGS_EXIT_USAGE;
	}
	if (takes_arguments || optind == argc)
		return -1;
	tongs_command_error("%s: unexpected argument '%s'", self->name, argv[optind]);
	return tongs_command_usage(self);
}
