/* SPDX-License-Identifier: MIT */
/* The subcommands of the `tongs` program. */
#ifndef TONGS_TOOL_COMMANDS_H
#define TONGS_TOOL_COMMANDS_H

#include "client/command.h"

extern const struct tongs_command tongs_command_run;
extern const struct tongs_command tongs_command_info;
extern const struct tongs_command tongs_command_check;
extern const struct tongs_command tongs_command_bench;

#endif
