/* SPDX-License-Identifier: MIT */
/* What depends on where output goes: colours, progress, widths and ASCII; by themselves, and of `tongs` in a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pty.h>

#include "client/terminal.h"
#include "process.h"

static const char *tongs;

static void set(const char *variable, const char *value) {
	assert_int_equal(value ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

static void widths_are_columns_or_the_terminals(void **state) {
	static const struct {
		const char *columns;
		int width;
	} rows[] = {{NULL, 7}, {"", 7}, {"60", 60}, {"19", 7}, {"1001", 7}, {"60x", 7}, {"-60", 7}, {" 60", 7},
		{"1000", 1000}};
	int parent, child;
	struct winsize size = {.ws_row = 24, .ws_col = 55};
	(void)state;
	FILE *file = tmpfile();

	assert_non_null(file);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set("COLUMNS", rows[i].columns);
		assert_int_equal(tongs_terminal_get_width(file, 7), rows[i].width);
	}
	assert_int_equal(openpty(&parent, &child, NULL, NULL, &size), 0);
	FILE *terminal = fdopen(child, "w");
	assert_non_null(terminal);
	set("COLUMNS", NULL);
	assert_int_equal(tongs_terminal_get_width(terminal, 7), 55);
	set("COLUMNS", "66");
	assert_int_equal(tongs_terminal_get_width(terminal, 7), 66);
	set("COLUMNS", NULL);
	size.ws_col = 0;
	assert_int_equal(ioctl(parent, TIOCSWINSZ, &size), 0);
	assert_int_equal(tongs_terminal_get_width(terminal, 7), 7);
	fclose(terminal);
	close(parent);
	fclose(file);
}

static void texts_fit_the_locale(void **state) {
	static const struct {
		const char *text, *ascii;
	} rows[] = {{"plain", "plain"}, {"1 µs ≤ 2 × 3…", "1 us <= 2 x 3..."}, {"é€😀.", "???."}, {"\xff\xfe.", "??."},
		{"", ""}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[64];
		set("LC_ALL", "C");
		tongs_terminal_init();
		strcpy(text, rows[i].text);
		tongs_terminal_fit(text);
		assert_string_equal(text, rows[i].ascii);
		set("LC_ALL", "C.UTF-8");
		tongs_terminal_init();
		strcpy(text, rows[i].text);
		tongs_terminal_fit(text);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(tongs_terminal_count_columns("1 µs ≤"), 6);
}

static void texts_are_wrapped(void **state) {
	static const struct {
		int width;
		const char *text, *lines;
	} rows[] = {
		{0, "  a  b c d e f g h", "  a  b c d e f g h\n"},
		{10, "  aaa bbb ccc ddd", "  aaa bbb\n    ccc\n    ddd\n"},
		{10, "a name:   1 2 3", "a name:\n  1 2 3\n"},
		{10, "muchtoolongaword b", "muchtoolongaword\n  b\n"},
		{10, "µµµ µµµ µµ", "µµµ µµµ µµ\n"},
		{10, "one\n\n two", "one\n\n two\n"},
		{10, "", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = NULL;
		size_t size;
		FILE *file = open_memstream(&text, &size);
		assert_non_null(file);
		tongs_terminal_print_lines(file, rows[i].width, rows[i].text);
		assert_int_equal(fclose(file), 0);
		assert_string_equal(text, rows[i].lines);
		free(text);
	}
}

/* What `tongs` with up to three arguments writes to a terminal of 60 columns under `changes`; the caller frees it. */
static char *run_in_terminal(const char *const arguments[4], const char *const *changes, int *status) {
	const struct winsize size = {.ws_row = 24, .ws_col = 60};
	char *text = calloc(1, 1 << 20);
	size_t length = 0;
	ssize_t got;
	int terminal;

	assert_non_null(text);
	const pid_t child = forkpty(&terminal, NULL, NULL, &size);
	assert_true(child >= 0);
	if (!child) {
		for (; *changes; changes++)
			putenv((char *)*changes);
		execl(tongs, tongs, arguments[0], arguments[1], arguments[2], arguments[3], (char *)NULL);
		_exit(127);
	}
	while ((got = read(terminal, text + length, (1 << 20) - 1 - length)) > 0)
		length += (size_t)got;
	close(terminal);
	assert_int_equal(waitpid(child, status, 0), child);
	return text;
}

static void terminals_get_colours_and_progress(void **state) {
	static const struct {
		const char *changes[4];
		bool coloured, progress;
	} rows[] = {
		{{"TERM=xterm", "NO_COLOR="}, true, true},
		{{"TERM=xterm", "NO_COLOR=1"}, false, true},
		{{"TERM=dumb", "NO_COLOR="}, false, false},
		{{"TERM=", "NO_COLOR="}, false, false},
	};
	char folder[] = "/tmp/tongs-terminal-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	const struct {
		const char *arguments[4], *good, *progress;
	} commands[] = {
		{{"check", NULL}, "\033[32mok\033[0m", "\rchecking"},
		{{"info", "--summary", NULL}, NULL, "\rdevice 0: trying"},
		{{"bench", "--quick", "--filter=buffer, create + destroy", NULL}, NULL, "\r[1/"},
		{{"demo", "--out", folder, NULL}, "\033[32mok\033[0m", NULL},
	};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		/* The demo takes its time. */
		for (size_t n = 0; n < (commands[i].progress ? sizeof rows / sizeof *rows : 1); n++) {
			int status;
			char *text = run_in_terminal(commands[i].arguments, rows[n].changes, &status);
			printf("%s, %s, %s\n", commands[i].arguments[0], rows[n].changes[0], rows[n].changes[1]);
			assert_int_equal(status, 0);
			if (commands[i].good)
				assert_int_equal(strstr(text, commands[i].good) != NULL, rows[n].coloured);
			if (commands[i].progress)
				assert_int_equal(strstr(text, commands[i].progress) != NULL, rows[n].progress);
			if (!rows[n].coloured)
				assert_null(strstr(text, "\033[0m"));
			if (!rows[n].progress)
				assert_null(strchr(text, '\033'));
			free(text);
		}
	}
	struct process process = RUN("rm", "-r", folder);
	assert_int_equal(process.status, 0);
	process_finish(&process);
}

/* Lines of a terminal of 60 columns are no longer, except for words that are: paths. */
static void tables_fit_terminals(void **state) {
	static const char *const changes[] = {"TERM=dumb", NULL};
	static const char *const commands[][4] = {{"check", NULL}, {"info", NULL}, {"info", "--groups", NULL},
		{"info", "--all", NULL}, {"info", "--metal", NULL},
		{"bench", "--quick", "--filter=buffer, create + destroy", NULL}};
	(void)state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		int status;
		char *text = run_in_terminal(commands[i], changes, &status);
		printf("%s %s\n", commands[i][0], commands[i][1] ? commands[i][1] : "");
		assert_int_equal(status, 0);
		for (char *rest, *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
			const char *last = strrchr(line, ' ');
			const size_t word = strlen(last ? last + 1 : line);
			if (tongs_terminal_count_columns(line) > 60 && word < 50 &&
				(size_t)(last ? last - line : 0) != strspn(line, " ") - 1)
				fail_msg("%d columns: %s", tongs_terminal_count_columns(line), line);
		}
		free(text);
	}
}

static void output_is_ascii_in_other_locales(void **state) {
	static const char *const changes[] = {"LC_ALL=C", NULL};
	static const char *const commands[][3] = {{"check", NULL}, {"info", NULL}, {"info", "--all"},
		{"info", "--metal"}, {"help", "bench"}, {"bench", "--help"}, {"demo", "--help"}, {"check", "--help"},
		{"bench", "--quick", "--filter=buffer, create"}, {"info", "--format=×"}};
	(void)state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		struct process process = process_run(
			(const char *const[]){tongs, commands[i][0], commands[i][1], commands[i][2], NULL}, changes);
		for (const char *c = process.out; *c; c++)
			assert_in_range((unsigned char)*c, 1, 127);
		for (const char *c = process.err; *c; c++)
			assert_in_range((unsigned char)*c, 1, 127);
		assert_true(*process.out || *process.err);
		process_finish(&process);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_are_columns_or_the_terminals),
		cmocka_unit_test(texts_fit_the_locale),
		cmocka_unit_test(texts_are_wrapped),
		cmocka_unit_test(terminals_get_colours_and_progress),
		cmocka_unit_test(tables_fit_terminals),
		cmocka_unit_test(output_is_ascii_in_other_locales),
	};
	unsetenv("COLUMNS");
	tongs = getenv("TONGS");
	if (!tongs) {
		fputs("TONGS must name the program\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
