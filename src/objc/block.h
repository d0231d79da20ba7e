/* SPDX-License-Identifier: MIT */
/* Blocks, as clang's -fblocks makes them. */
#ifndef TONGS_OBJC_BLOCK_H
#define TONGS_OBJC_BLOCK_H

#include <objc/objc.h>
#include <tongs/metal.h>

/* A block that outlives its scope: the same if it captured nothing, else a copy made by the program's blocks runtime.
 * NULL, and an error told, when there is none of these. Give it to tongs_block_release. */
void *tongs_block_copy(void *block);
void tongs_block_release(void *block);

/* A tongs_deallocator whose `user` is a copied block of type void (^)(void *, NSUInteger): calls and releases it. */
void tongs_block_deallocate(void *pointer, NSUInteger length, void *user);

#endif
