/* SPDX-License-Identifier: MIT */
/* Where a program that `tongs run` starts finds libtongs. `tongs` itself has an RPATH, which programs do not get. */
#include "library_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command.h"

#define VARIABLE "LD_LIBRARY_PATH"

static int find_library(struct dl_phdr_info *info, size_t size, void *path) {
	(void)size;
	const char *slash = strrchr(info->dlpi_name, '/');
	if (!slash || strncmp(slash + 1, "libtongs.so", strlen("libtongs.so")) != 0 ||
		strlen(info->dlpi_name) >= PATH_MAX)
		return 0;
	strcpy(path, info->dlpi_name); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): measured above */
	return 1;
}

/* The paths in that file are strings that end in a zero byte, and begin behind one. */
bool tongs_library_path_is_cached(const char *cache, const char *path) {
	char text[PATH_MAX + 2] = "";
	const size_t length = strlen(path) + 2;
	struct stat status;
	bool found = false;
	int file = open(cache, O_RDONLY | O_CLOEXEC);

	if (file < 0 || length > sizeof text || fstat(file, &status) || status.st_size <= 0)
		goto out;
	memcpy(text + 1, path, length - 1);
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (bytes == MAP_FAILED)
		goto out;
	found = memmem(bytes, (size_t)status.st_size, text, length) != NULL;
	munmap(bytes, (size_t)status.st_size);
out:
	if (file >= 0)
		close(file);
	return found;
}

static bool list_has(const char *list, const char *folder) {
	while (list && *list) {
		const size_t length = strcspn(list, ":;"); /* either separates folders */
		if (length == strlen(folder) && !strncmp(list, folder, length))
			return true;
		list += length + (list[length] != '\0');
	}
	return false;
}

bool tongs_library_path_extend(bool *changed) {
	static const char cache[] = "/etc/ld.so.cache";
	const char *old = getenv(VARIABLE);
	char path[PATH_MAX], folder[PATH_MAX], real[PATH_MAX + NAME_MAX];

	*changed = false;
	if (!dl_iterate_phdr(find_library, path))
		return true;
	char *slash = strrchr(path, '/');
	*slash = '\0';
	if (!realpath(*path ? path : "/", folder))
		return true;
	snprintf(real, sizeof real, "%s/%s", folder, slash + 1);
	const bool listed = list_has(old, folder) || list_has(old, path);
	*slash = '/';
	/* The cache has names of folders as they stand in the linker's configuration. */
	if (listed || tongs_library_path_is_cached(cache, path) || tongs_library_path_is_cached(cache, real))
		return true;

	char *list;
	/* An empty folder in the list would be the working directory. */
	if (asprintf(&list, "%s%s%s", old ? old : "", old && *old ? ":" : "", folder) < 0)
		list = NULL;
	*changed = list && !setenv(VARIABLE, list, 1);
	if (!*changed)
		tongs_command_error("run: cannot set " VARIABLE ": %s", strerror(errno));
	free(list);
	return *changed;
}
