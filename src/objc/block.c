/* SPDX-License-Identifier: MIT */
/* Blocks, with the functions of the program's own runtime for them. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include "objc/block.h"

#include <dlfcn.h>
#include <stddef.h>

#include "util/log.h"

/* The ABI of blocks, as clang's -fblocks compiles them. */
#define BLOCK_IS_GLOBAL (1 << 28)

struct block {
	void *isa;
	int flags;
	int reserved;
	void (*invoke)(void *, ...);
};

void *tongs_block_copy(void *block) {
	if (((struct block *)block)->flags & BLOCK_IS_GLOBAL)
		return block;
	void *(*copy)(const void *);
	*(void **)&copy = dlsym(RTLD_DEFAULT, "_Block_copy");
	void *result = copy ? copy(block) : NULL;
	if (!copy)
		tongs_log_error(
			"the block captures variables, and the program has no blocks runtime to copy it: link with "
			"-lBlocksRuntime");
	else if (!result)
		tongs_log_error("out of memory for the copy of a block");
	return result;
}

void tongs_block_release(void *block) {
	if (((struct block *)block)->flags & BLOCK_IS_GLOBAL)
		return;
	void (*release)(const void *);
	*(void **)&release = dlsym(RTLD_DEFAULT, "_Block_release");
	if (release)
		release(block);
}

void (*tongs_block_get_function(void *block))(void) {
	return (void (*)(void))((struct block *)block)->invoke;
}
