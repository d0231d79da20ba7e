/* SPDX-License-Identifier: MIT */
/* Programs that get privileges when they start, in which the loader ignores the folders of the environment. */
#ifndef TONGS_TOOL_PRIVILEGED_H
#define TONGS_TOOL_PRIVILEGED_H

/* What makes it so, for a message: "is setuid", …; NULL: it starts with this process' own privileges, or is not found.
 * `command`: as for execvp. */
const char *tongs_privileged_explain(const char *command);

#endif
