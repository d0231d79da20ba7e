/* SPDX-License-Identifier: MIT */
/* Messages to the user of the library: the callback of tongs_set_message_callback, or stderr. */
#ifndef TONGS_UTIL_LOG_H
#define TONGS_UTIL_LOG_H

#include <stdbool.h>

#include "util/export.h"

/* One line in printf's format, without a newline: what is wrong, with the value; then the next step. */
TONGS_INTEROP void tongs_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
TONGS_INTEROP void tongs_log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether errors of this thread are dropped: those of a query that may fail without a failure of the call. */
void tongs_log_drop_errors(bool drop);

/* Sets the level for the process: a value of TONGS_SETTING_LOG. By default it is that of the environment or the
 * settings file, read at the first message. */
void tongs_log_set_level(unsigned level);

/* At exit: messages go to stderr from now on, because what the callback needs may be gone, or the callback itself may
 * have called exit(). */
void tongs_log_end(void);

#endif
