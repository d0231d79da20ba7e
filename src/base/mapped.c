/* SPDX-License-Identifier: MIT */
/* Reads /proc/self/maps: a driver may take a bad range without a word, or fail all good ones after it. */
#include "base/mapped.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One line of the table, in ascending order of addresses: "begin-end perms …". The rest of a long line is skipped. */
static bool read_mapping(FILE *maps, uintptr_t *begin, uintptr_t *end, char permissions[5]) {
	if (fscanf(maps, "%" SCNxPTR "-%" SCNxPTR " %4s", begin, end, permissions) != 3)
		return false;
	int c;
	while ((c = getc(maps)) != '\n' && c != EOF)
		;
	return true;
}

const char *tongs_mapped_find_fault(const void *address, size_t size) {
	FILE *maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return errno == ENOENT || errno == EACCES ? NULL : "cannot be looked at, for want of a file or memory";
	uintptr_t next = (uintptr_t)address, begin, end;
	const uintptr_t last = next + size;
	char permissions[5];
	const char *fault = "is not mapped";
	while (read_mapping(maps, &begin, &end, permissions) && begin <= next) {
		if (end <= next)
			continue;
		if (strncmp(permissions, "rw", 2) != 0) {
			fault = "cannot be both read and written";
			break;
		}
		next = end;
		if (next >= last) {
			fault = NULL;
			break;
		}
	}
	fclose(maps);
	return fault;
}
