/* SPDX-License-Identifier: MIT */
/* cmocka's fixtures for tests of one command queue, of the default device, that are also run above the validation
 * layer. */
#ifndef TONGS_TESTS_METAL_QUEUE_H
#define TONGS_TESTS_METAL_QUEUE_H

#include "open_device.h"

#include "format/format.h"

/* The group's queue. */
extern struct tongs_command_queue *queue;
int open_queue(void **state);
/* Waits until all command buffers are released. */
int close_queue(void **state);

/* A command buffer with one blit encoder. */
struct pass {
	struct tongs_command_buffer *commands;
	struct tongs_encoder *encoder;
};
struct pass pass_begin(struct tongs_command_queue *its_queue);
/* Ends the encoder and commits. Returns the command buffer. */
struct tongs_command_buffer *pass_commit(struct pass *pass);
/* And waits, checks that nothing failed, and releases. */
void pass_finish(struct pass *pass);

/* Commits, waits, checks that nothing failed, and releases. */
void commands_finish(struct tongs_command_buffer *commands);
/* Waits for one that is committed, checks that nothing failed, and releases it. */
void commands_wait(struct tongs_command_buffer *commands);

/* For main: runs the tests with the group's queue, and then once more in a program of its own, above the validation
 * layer, which checks barriers, too. `argc` is main's. Returns the exit status. */
int run_validated(int argc, const char *group, const struct CMUnitTest *tests, size_t count);
/* False: the validation layer wants an extension for the format, which is of Vulkan 1.4, or does not know it. */
bool is_known(const struct tongs_format *format);

#endif
