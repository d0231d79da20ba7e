/* SPDX-License-Identifier: MIT */
/* Programs that gain privileges at their start. In these, the loader ignores folders from the environment. */
#ifndef TONGS_TOOL_PRIVILEGED_H
#define TONGS_TOOL_PRIVILEGED_H

#include "program.h"

/* Returns the reason, for a message: "is setuid", …; NULL if the program has this process' privileges. */
const char *tongs_privileged_explain(const struct tongs_program *program);

#endif
