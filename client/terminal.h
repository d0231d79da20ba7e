/* SPDX-License-Identifier: MIT */
/* What depends on where output goes: colours and progress, for terminals alone; the width; ASCII where the locale is
 * not UTF-8. */
#ifndef TONGS_CLIENT_TERMINAL_H
#define TONGS_CLIENT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Reads the locale of the environment; without it all output is ASCII. */
void tongs_terminal_init(void);

enum tongs_terminal_colour { TONGS_TERMINAL_GOOD, TONGS_TERMINAL_DOUBTFUL, TONGS_TERMINAL_BAD };

/* Prints `text` to `file`, coloured if that is a terminal, TERM is neither empty nor "dumb", and NO_COLOR is empty. */
void tongs_terminal_print(FILE *file, enum tongs_terminal_colour colour, const char *text);

/* Whether progress is shown: stderr is a terminal that can rewrite its line. */
bool tongs_terminal_shows_progress(void);
/* Shows what is going on in a line of stderr that the next call replaces; elsewhere, does nothing. */
void tongs_terminal_show_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Removes that line. */
void tongs_terminal_end_progress(void);

/* Returns the columns of `file`: COLUMNS, else those of the terminal; `otherwise` for what is not one. */
int tongs_terminal_get_width(FILE *file, int otherwise);

/* Returns the columns that a text of UTF-8 takes. */
int tongs_terminal_count_columns(const char *text);

/* Where the locale is not UTF-8, replaces what is not ASCII, in place: never by a longer text. */
void tongs_terminal_fit(char *text);

/* Prints `text` to `file` from `column` on. Breaks lines that would be longer than `width` between words, and goes on
 * in column `indent`. `width` 0: never. Returns the column after it. */
int tongs_terminal_wrap(FILE *file, int column, int indent, int width, const char *text);
/* The same, and a newline. */
void tongs_terminal_print_wrapped(FILE *file, int column, int indent, int width, const char *text);
/* Prints `text`, two spaces, `verdict` in its colour, and a newline. */
void tongs_terminal_print_verdict(
	FILE *file, int width, const char *text, enum tongs_terminal_colour colour, const char *verdict);

/* Prints lines, each wrapped into two columns more than it begins in. */
void tongs_terminal_print_lines(FILE *file, int width, const char *text);

#endif
