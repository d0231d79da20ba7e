/* SPDX-License-Identifier: MIT */
/* A process has one Objective-C runtime: a second one has other classes, selectors and counts. */
#ifndef TONGS_OBJC_OTHER_RUNTIME_H
#define TONGS_OBJC_OTHER_RUNTIME_H

#include <stdbool.h>

/* Logs an error if the other runtime is loaded, too. False if calls of the library are bound to both: `shared`, a
 * function that both runtimes have, and `own`, which only ours has, are of different libraries. */
bool tongs_other_runtime_check(void (*shared)(void), void (*own)(void));

#endif
