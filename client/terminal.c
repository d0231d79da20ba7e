/* SPDX-License-Identifier: MIT */
/* Reads NO_COLOR, TERM, COLUMNS and the locale, and asks the kernel what is a terminal. */
#include "client/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_utf8;
static bool is_progress_shown;

void tongs_terminal_init(void) {
	setlocale(LC_CTYPE, "");
	is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Terminals that know escape sequences. */
static bool is_able(FILE *file) {
	const char *term = getenv("TERM");

	return term && *term && strcmp(term, "dumb") != 0 && isatty(fileno(file));
}

/* https://no-color.org */
static bool has_colours(FILE *file) {
	const char *none = getenv("NO_COLOR");

	return !(none && *none) && is_able(file);
}

void tongs_terminal_print(FILE *file, enum tongs_terminal_colour colour, const char *text) {
	static const char *const starts[] = {
		[TONGS_TERMINAL_GOOD] = "\033[32m",
		[TONGS_TERMINAL_DOUBTFUL] = "\033[33m",
		[TONGS_TERMINAL_BAD] = "\033[1;31m",
	};
	const bool coloured = has_colours(file);

	fprintf(file, "%s%s%s", coloured ? starts[colour] : "", text, coloured ? "\033[0m" : "");
}

bool tongs_terminal_shows_progress(void) {
	return is_able(stderr);
}

void tongs_terminal_show_progress(const char *format, ...) {
	const int width = tongs_terminal_get_width(stderr, 80);
	char text[256];
	va_list arguments;

	if (!tongs_terminal_shows_progress())
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	tongs_terminal_fit(text);
	/* A longer line would wrap, and stay. */
	fprintf(stderr, "\r%.*s\033[K", width - 1, text);
	fflush(stderr);
	is_progress_shown = true;
}

void tongs_terminal_end_progress(void) {
	if (is_progress_shown)
		fputs("\r\033[K", stderr);
	is_progress_shown = false;
}

int tongs_terminal_get_width(FILE *file, int otherwise) {
	enum { LEAST = 20, MOST = 1000 };
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};
	char *end;

	if (columns && *columns >= '0' && *columns <= '9') {
		const long value = strtol(columns, &end, 10);
		if (!*end && value >= LEAST && value <= MOST)
			return (int)value;
	}
	if (isatty(fileno(file)) && !ioctl(fileno(file), TIOCGWINSZ, &size) && size.ws_col >= LEAST)
		return size.ws_col;
	return otherwise;
}

int tongs_terminal_count_columns(const char *text) {
	int columns = 0;

	for (; *text; text++)
		columns += (*text & 0xc0) != 0x80;
	return columns;
}

void tongs_terminal_fit(char *text) {
	static const struct {
		const char *from, *to;
	} rows[] = {{"µ", "u"}, {"×", "x"}, {"≤", "<="}, {"–", "-"}, {"…", "..."}, {"’", "'"}};
	const size_t count = sizeof rows / sizeof *rows;
	char *to = text;

	for (const char *from = text; !is_utf8 && *from;) {
		size_t i = 0;
		while (i < count && strncmp(from, rows[i].from, strlen(rows[i].from)) != 0)
			i++;
		if (i < count) {
			to = mempcpy(to, rows[i].to, strlen(rows[i].to));
			from += strlen(rows[i].from);
		} else if ((unsigned char)*from < 0x80) {
			*to++ = *from++;
		} else {
			*to++ = '?';
			do
				from++;
			while ((*from & 0xc0) == 0x80);
		}
	}
	if (!is_utf8)
		*to = '\0';
}

int tongs_terminal_wrap(FILE *file, int column, int indent, int width, const char *text) {
	bool is_first = true;

	while (*text) {
		const int spaces = (int)strspn(text, " "), bytes = (int)strcspn(text + spaces, " ");
		char word[4200]; /* longer than any path */
		snprintf(word, sizeof word, "%.*s", bytes, text + spaces);
		tongs_terminal_fit(word);
		const int columns = tongs_terminal_count_columns(word);
		if ((!is_first || column > indent) && width && column + spaces + columns > width) {
			fprintf(file, "\n%*s", indent, "");
			column = indent;
		} else {
			fprintf(file, "%*s", spaces, "");
			column += spaces;
		}
		fputs(word, file);
		column += columns;
		text += spaces + bytes;
		is_first = false;
	}
	return column;
}

void tongs_terminal_print_wrapped(FILE *file, int column, int indent, int width, const char *text) {
	tongs_terminal_wrap(file, column, indent, width, text);
	fputc('\n', file);
}

void tongs_terminal_print_verdict(
	FILE *file, int width, const char *text, enum tongs_terminal_colour colour, const char *verdict) {
	const int indent = (int)strspn(text, " ") + 4, column = tongs_terminal_wrap(file, 0, indent, width, text);

	if (width && column + 2 + (int)strlen(verdict) > width)
		fprintf(file, "\n%*s", indent, "");
	else
		fputs("  ", file);
	tongs_terminal_print(file, colour, verdict);
	fputc('\n', file);
}

void tongs_terminal_print_lines(FILE *file, int width, const char *text) {
	while (*text) {
		const size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);
		if (line)
			tongs_terminal_print_wrapped(file, 0, (int)strspn(line, " ") + 2, width, line);
		free(line);
		text += length + (text[length] == '\n');
	}
}
