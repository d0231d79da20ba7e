/* SPDX-License-Identifier: MIT */
/* The label of an object, which threads read while others set it. */
#ifndef TONGS_METAL_LABEL_H
#define TONGS_METAL_LABEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for the label in a description, which cuts longer ones. */
enum { TONGS_DESCRIBED_LABEL = 256 };

struct tongs_label_text;

/* Zeroed: no label. */
struct tongs_label {
	_Atomic(struct tongs_label_text *) present; /* written under a lock of label.c, which also guards the next */
	struct tongs_label_text *lent;              /* former ones that callers may still have */
};

void tongs_label_finish(struct tongs_label *label);

/* Copies `text`; NULL: none. False, and nothing changed, when memory runs out. */
bool tongs_label_set(struct tongs_label *label, const char *text);

/* NULL: none. The text stays as long as the object, whoever sets another. */
const char *tongs_label_lend(const struct tongs_label *label);
/* A copy, which is the caller's to tongs_free. NULL: none, or no memory. */
char *tongs_label_copy(const struct tongs_label *label);
/* Returns `text`, with as much of the label as there is room for in it; NULL: none. */
const char *tongs_label_read(const struct tongs_label *label, char *text, size_t size);

#endif
