/* SPDX-License-Identifier: MIT */
/* What will keep the Vulkan loader of a program from loading the layer, as far as it can be seen before the start. */
#ifndef TONGS_TOOL_OBSTACLES_H
#define TONGS_TOOL_OBSTACLES_H

/* Prints a warning with its mend for each. `arguments` (ended by NULL) begins with the program, as for execvp; `folder`
 * has the layer's manifest; the environment is the program's already. */
void tongs_obstacles_report(char *const *arguments, const char *folder);

#endif
