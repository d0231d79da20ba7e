/* SPDX-License-Identifier: MIT */
/* posix_spawn with both outputs in files. */
#define _GNU_SOURCE
#include "process.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *read_all(int file) {
	off_t size = lseek(file, 0, SEEK_END);
	assert_true(size >= 0);
	char *text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(file, text, (size_t)size, 0), size);
	close(file);
	return text;
}

static size_t name_length(const char *assignment) {
	return strcspn(assignment, "=");
}

/* The environment with `changes`; the strings are borrowed. */
static char **change_environment(const char *const *changes) {
	size_t count = 0, added = 0, n = 0;

	while (environ[count])
		count++;
	while (changes && changes[added])
		added++;
	char **changed = calloc(count + added + 1, sizeof *changed);
	assert_non_null(changed);
	for (size_t i = 0; i < count; i++) {
		size_t length = name_length(environ[i]);
		size_t k = 0;
		while (k < added && !(name_length(changes[k]) == length && !strncmp(changes[k], environ[i], length)))
			k++;
		if (k == added)
			changed[n++] = environ[i];
	}
	for (size_t k = 0; k < added; k++)
		if (changes[k][name_length(changes[k])])
			changed[n++] = (char *)changes[k];
	return changed;
}

struct process process_run(const char *const *arguments, const char *const *changes) {
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), status;
	char **environment = change_environment(changes);
	posix_spawn_file_actions_t actions;
	pid_t child;

	assert_true(out >= 0 && err >= 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO), 0);
	assert_int_equal(posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)arguments, environment), 0);
	posix_spawn_file_actions_destroy(&actions);
	assert_int_equal(waitpid(child, &status, 0), child);
	free(environment);
	return (struct process){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status),
		.out = read_all(out),
		.err = read_all(err),
	};
}

void process_finish(struct process *process) {
	free(process->out);
	free(process->err);
	*process = (struct process){0};
}

unsigned process_count(const char *text, const char *part) {
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

void process_assert_xml(const char *path) {
	const char *arguments[] = {
		"python3", "-c", "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", path, NULL};
	/* Not under the checkers of the test's own build. */
	struct process process = process_run(arguments, (const char *const[]){"LD_PRELOAD", NULL});

	assert_string_equal(process.err, "");
	assert_int_equal(process.status, 0);
	process_finish(&process);
}
