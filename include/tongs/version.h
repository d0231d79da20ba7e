/* SPDX-License-Identifier: MIT */
/* The version that a program was compiled against; tongs_version() tells the one it runs with. */
#ifndef TONGS_VERSION_H
#define TONGS_VERSION_H

#define TONGS_VERSION_MAJOR 0
#define TONGS_VERSION_MINOR 1
#define TONGS_VERSION_PATCH 0
#define TONGS_VERSION "0.1.0"

#endif
