/* SPDX-License-Identifier: MIT */
/* Reads /proc/self/maps. Drivers cannot be relied on: some accept any range, and some refuse good ones after a bad one.
 */
#include "util/mapped.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One line of the table, in ascending order of addresses: "begin-end perms offset device inode   path". */
struct mapping {
	uintptr_t begin, end;
	char permissions[5];
	char path[32]; /* its beginning; "" if there is none */
};

static bool read_mapping(FILE *maps, struct mapping *mapping) {
	if (fscanf(maps, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s", &mapping->begin, &mapping->end,
		    mapping->permissions) != 3)
		return false;
	size_t length = 0;
	int c;
	while ((c = getc(maps)) != '\n' && c != EOF)
		if ((length || c != ' ') && length + 1 < sizeof(mapping->path))
			mapping->path[length++] = (char)c;
	mapping->path[length] = '\0';
	return true;
}

/* Anonymous memory has no path, or a name in brackets; shared memory has the path of a file that does not exist. */
static bool is_memory(const struct mapping *mapping) {
	static const char *const shared[] = {
		"/memfd:", "/dev/shm/", "/dev/zero (deleted)", "/SYSV", "/anon_hugepage", "/dev/hugepages/"};
	if (mapping->path[0] != '/')
		return true;
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (strncmp(mapping->path, shared[i], strlen(shared[i])) == 0)
			return true;
	return false;
}

static const char *find_misuse(const struct mapping *mapping, enum tongs_mapped_use use) {
	if (mapping->permissions[0] != 'r')
		return "cannot be read";
	if (use != TONGS_MAPPED_READ && mapping->permissions[1] != 'w')
		return "cannot be both read and written";
	if (use == TONGS_MAPPED_PIN && !is_memory(mapping))
		return "is a file's";
	return NULL;
}

const char *tongs_mapped_find_fault(const void *address, size_t size, enum tongs_mapped_use use) {
	FILE *maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return errno == ENOENT || errno == EACCES ? NULL
							  : "cannot be checked without a file descriptor and memory";
	uintptr_t next = (uintptr_t)address;
	const uintptr_t last = next + size;
	struct mapping mapping;
	const char *fault = "is not mapped";
	while (read_mapping(maps, &mapping) && mapping.begin <= next) {
		if (mapping.end <= next)
			continue;
		const char *misuse = find_misuse(&mapping, use);
		if (misuse) {
			fault = misuse;
			break;
		}
		next = mapping.end;
		if (next >= last) {
			fault = NULL;
			break;
		}
	}
	fclose(maps);
	return fault;
}
