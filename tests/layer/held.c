/* SPDX-License-Identifier: MIT */
/* Reads /proc/self. */
#include "held.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"

size_t held_files(void) {
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

size_t held_mappings(void) {
	size_t count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	for (int c = getc(maps); c != EOF; c = getc(maps))
		count += c == '\n';
	fclose(maps);
	return count;
}

static void read_sizes(size_t *all, size_t *resident) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	FILE *statm = fopen("/proc/self/statm", "r");
	assert_non_null(statm);
	assert_int_equal(fscanf(statm, "%zu %zu", all, resident), 2);
	fclose(statm);
	*all *= page;
	*resident *= page;
}

size_t held_rss(void) {
	size_t all, resident;
	read_sizes(&all, &resident);
	return resident;
}

size_t held_address_space(void) {
	size_t all, resident;
	read_sizes(&all, &resident);
	return all;
}
