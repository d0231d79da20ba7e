/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr; NOLINT(bugprone-reserved-identifier) */
#include "objc/other_runtime.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "util/log.h"

#ifdef TONGS_OBJC_GNUSTEP
#define OWN "libobjc2 (runtime=gnustep)"
#define OTHER "GCC's libobjc"
#define MEND "link the program with -lobjc of libobjc2 alone, or build Tongs with -Druntime=gcc"
#else
#define OWN "GCC's libobjc (runtime=gcc)"
#define OTHER "libobjc2"
#define MEND "build Tongs with -Druntime=gnustep, or the program with -fobjc-runtime=gcc"
#endif

/* The library that has the function; NULL: not known. */
static const char *find_library(void (*function)(void)) {
	Dl_info info;
	void *address;
	memcpy(&address, &function, sizeof(address));
	return dladdr(address, &info) ? info.dli_fname : NULL;
}

/* Looks for a loaded library that has a runtime's name and is not `own`. It is not opened, which would run its
 * constructors, before its time. */
static int find_other(struct dl_phdr_info *info, size_t size, void *own) {
	(void)size;
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name;
	return strncmp(name, "libobjc.so.", strlen("libobjc.so.")) == 0 && strcmp(info->dlpi_name, own) != 0;
}

bool tongs_other_runtime_check(void (*shared)(void), void (*own)(void)) {
	char *meant = (char *)find_library(own), *reached = (char *)find_library(shared);
	if (!meant || !reached || !dl_iterate_phdr(find_other, meant))
		return true;
	const bool mixed = strcmp(reached, meant) != 0;
	tongs_log_error("the process has two Objective-C runtimes, " OTHER " and " OWN ", for which Tongs was built: "
			"%s; " MEND,
		mixed ? "Tongs has no Objective-C classes here, and its objects are for C alone"
		      : "objects of Tongs and of the program must not meet");
	return !mixed;
}
