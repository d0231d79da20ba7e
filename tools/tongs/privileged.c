/* SPDX-License-Identifier: MIT */
/* Predicts whether the kernel sets AT_SECURE for a new program: not to trust its environment. */
#include "privileged.h"

#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* For a script, the kernel runs the interpreter and ignores the script's own bits. */
const char *tongs_privileged_explain(const struct tongs_program *program) {
	const char *path = program->image;
	struct stat info;
	struct statvfs mount;

	if (stat(path, &info) || statvfs(path, &mount) || (mount.f_flag & ST_NOSUID) ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) > 0)
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
