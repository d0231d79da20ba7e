/* SPDX-License-Identifier: MIT */
/* Blocks that a program passes, which Tongs keeps and calls. */
#ifndef TONGS_OBJC_BLOCK_H
#define TONGS_OBJC_BLOCK_H

/* A block that outlives its scope: the same if it captures nothing, else a copy made by the program's blocks runtime.
 * NULL, with an error logged, on failure. */
void *tongs_block_copy(void *block);
void tongs_block_release(void *block);
/* Its function, which takes the block before the parameters. */
void (*tongs_block_get_function(void *block))(void);

#endif
