/* SPDX-License-Identifier: MIT */
/* Environment variables that are switches or numbers. A value that means nothing is told of in a warning.
 * Programs that have privileges of their own (setuid and the like) are taken to have none set. */
#ifndef TONGS_UTIL_ENV_H
#define TONGS_UTIL_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "util/export.h"

/* True for `1` and `on`; false for `0`, `off`, an empty value, an unset variable, and what means nothing. */
TONGS_INTEROP bool tongs_env_is_on(const char *name);

/* A number in decimal digits; `otherwise` for an empty value, an unset variable, and what means nothing. */
TONGS_INTEROP uint32_t tongs_env_get_number(const char *name, uint32_t otherwise);

#endif
