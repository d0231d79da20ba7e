/* SPDX-License-Identifier: MIT */
/* Running a program and keeping what it wrote. */
#ifndef TESTS_TONGS_PROCESS_H
#define TESTS_TONGS_PROCESS_H

struct process {
	int status; /* exit code, or 256 + the signal that ended it */
	char *out, *err;
};

/* Runs `arguments` (ended by NULL; found in PATH) in this process' environment but for `changes`: "NAME=VALUE" sets,
 * "NAME" removes; ended by NULL, may be NULL itself. Fails the test when the program cannot be started. */
struct process process_run(const char *const *arguments, const char *const *changes);
void process_finish(struct process *process);

/* How often `part` occurs in `text`. */
unsigned process_count(const char *text, const char *part);

/* Fails the test unless Python, which Meson brings, reads the file as XML. */
void process_assert_xml(const char *path);

#define RUN(...) process_run((const char *const[]){__VA_ARGS__, NULL}, NULL)

#endif
