/* SPDX-License-Identifier: MIT */
/* The blocks ABI, and the blocks runtime where the program has one. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include "objc/block.h"

#include <dlfcn.h>

#include "util/log.h"

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
		tongs_log_error("a block was given that has captured variables, and the program has no blocks runtime: "
				"link it with -lBlocksRuntime");
	else if (!result)
		tongs_log_error("no memory for the copy of a block");
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

void tongs_block_deallocate(void *pointer, NSUInteger length, void *user) {
	((void (*)(void *, void *, NSUInteger))((struct block *)user)->invoke)(user, pointer, length);
	tongs_block_release(user);
}
