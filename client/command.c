/* SPDX-License-Identifier: MIT */
/* Error messages, and the options that every subcommand has. */
#include "client/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void tongs_command_error(const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	fputs("tongs: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

int tongs_command_other_option(const struct tongs_command *self, int letter) {
	if (letter == 'h') {
		fputs(self->help, stdout);
		return TONGS_EXIT_OK;
	}
	fprintf(stderr, "Try 'tongs %s --help'.\n", self->name);
	return TONGS_EXIT_USAGE;
}

bool tongs_command_no_arguments(const struct tongs_command *self, int argc, char **argv) {
	if (optind == argc)
		return true;
	tongs_command_error("%s: unexpected argument '%s'", self->name, argv[optind]);
	return tongs_command_other_option(self, '?') == TONGS_EXIT_OK;
}

bool tongs_command_parse_index(const char *text, uint32_t *index) {
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
