/* SPDX-License-Identifier: MIT */
/* Programs that start others where the layer's variables or folders may be missing. */
#ifndef TONGS_TOOL_SANDBOX_H
#define TONGS_TOOL_SANDBOX_H

#include <stdbool.h>

#include "program.h"

enum { TONGS_SANDBOX_MAX_FOLDERS = 3 };

/* Warns if `program`, whose arguments (ended by NULL) are `arguments`, its own name first, starts another program where
 * that cannot read `folders` (ended by NULL, or full), or does not get the environment. Says how to give it both.
 * Returns whether it starts another program at all. */
bool tongs_sandbox_warn(const struct tongs_program *program, char *const *arguments,
	const char *const folders[TONGS_SANDBOX_MAX_FOLDERS]);

#endif
