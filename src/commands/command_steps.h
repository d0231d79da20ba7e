/* SPDX-License-Identifier: MIT */
/* Runs what a command buffer has recorded. */
#ifndef TONGS_COMMANDS_COMMAND_STEPS_H
#define TONGS_COMMANDS_COMMAND_STEPS_H

#include "commands/command.h"

/* Runs all steps, and sets start, end and result. Events are signalled even if commands have failed: others wait for
 * them. False: the process exits, and no driver may be called any more. */
bool tongs_command_buffer_run_steps(struct tongs_command_buffer *commands);

#endif
