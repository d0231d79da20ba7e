/* SPDX-License-Identifier: MIT */
/* Environment variables that switch something on. */
#ifndef TONGS_BASE_ENV_H
#define TONGS_BASE_ENV_H

#include <stdbool.h>

/* True for `1` and `on`; false for `0`, `off`, an empty value and an unset variable, and, after a warning, for any
 * other value. */
bool tongs_env_is_on(const char *name);

#endif
