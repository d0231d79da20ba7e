/* SPDX-License-Identifier: MIT */
/* The version of Tongs that a program is compiled against; tongs_version() returns the one that it runs with.
 * The only place where the version is written: the build reads it from here. */
#ifndef TONGS_VERSION_H
#define TONGS_VERSION_H

#define TONGS_VERSION_MAJOR 0
#define TONGS_VERSION_MINOR 1
#define TONGS_VERSION_PATCH 0

/* One integer that grows with each release, as in the layer's implementationVersion. */
#define TONGS_VERSION_NUMBER (TONGS_VERSION_MAJOR << 16 | TONGS_VERSION_MINOR << 8 | TONGS_VERSION_PATCH)

/* "major.minor.patch" */
#define TONGS_VERSION TONGS_VERSION_JOIN(TONGS_VERSION_MAJOR, TONGS_VERSION_MINOR, TONGS_VERSION_PATCH)
#define TONGS_VERSION_JOIN(major, minor, patch) \
	TONGS_VERSION_QUOTE(major) "." TONGS_VERSION_QUOTE(minor) "." TONGS_VERSION_QUOTE(patch)
#define TONGS_VERSION_QUOTE(number) #number

#endif
