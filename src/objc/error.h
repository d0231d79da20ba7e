/* SPDX-License-Identifier: MIT */
/* Errors that are returned as objects. */
#ifndef TONGS_OBJC_ERROR_H
#define TONGS_OBJC_ERROR_H

#include <objc/objc.h>

/* An NSError where Foundation is loaded, else a TongsError, that the caller does not release. nil when memory runs out.
 * `domain` and `text` are constant. */
id tongs_error_new(const char *domain, long code, const char *text);

#endif
