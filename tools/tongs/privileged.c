/* SPDX-License-Identifier: MIT */
/* Predicts whether the kernel sets AT_SECURE for a new program: not to trust its environment. */
#include "privileged.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Writes the path of the file that execvp runs. */
static bool find_file(const char *command, char path[PATH_MAX]) {
	const char *folders = strchr(command, '/') ? NULL : getenv("PATH");

	if (strchr(command, '/'))
		return snprintf(path, PATH_MAX, "%s", command) < PATH_MAX;
	for (const char *at = folders; at; at = *at ? at + 1 : NULL) {
		int length = (int)strcspn(at, ":");
		if (snprintf(path, PATH_MAX, "%.*s%s%s", length, at, length ? "/" : "", command) < PATH_MAX &&
			!access(path, X_OK))
			return true;
		at += length;
	}
	return false;
}

/* For a script, the kernel runs the interpreter and ignores the script's own bits. */
static bool is_script(const char *path) {
	char start[2] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);

	bool is = file >= 0 && read(file, start, 2) == 2 && start[0] == '#' && start[1] == '!';

	if (file >= 0)
		close(file);
	return is;
}

const char *tongs_privileged_explain(const char *command) {
	char path[PATH_MAX];
	struct stat info;
	struct statvfs mount;

	if (!find_file(command, path) || stat(path, &info) || statvfs(path, &mount) || is_script(path) ||
		(mount.f_flag & ST_NOSUID) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) > 0)
		return NULL;
	if ((info.st_mode & S_ISUID) && info.st_uid != getuid())
		return "is setuid";
	if ((info.st_mode & S_ISGID) && (info.st_mode & S_IXGRP) && info.st_gid != getgid())
		return "is setgid";
	/* Root has all capabilities anyway. */
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}
