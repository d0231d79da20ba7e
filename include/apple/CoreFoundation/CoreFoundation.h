/* SPDX-License-Identifier: MIT */
/* The part of CoreFoundation that Metal's and IOSurface's interfaces mention. Where a whole CoreFoundation is installed
 * (GNUstep's corebase), and its folder is searched after this one, its header is the one that is read. */
#ifndef TONGS_APPLE_COREFOUNDATION_H
#define TONGS_APPLE_COREFOUNDATION_H

#pragma GCC system_header /* or #include_next is a warning */

#include <TargetConditionals.h>

/* Apple's header brings these, and code relies on it. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_include_next(<CoreFoundation/CoreFoundation.h>)
#include_next <CoreFoundation/CoreFoundation.h>
#else
#include <CoreFoundation/CFBase.h>
#endif
#include <dispatch/dispatch.h>

#endif
