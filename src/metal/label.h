/* SPDX-License-Identifier: MIT */
/* The label of an object, which threads may read while others set it. */
#ifndef TONGS_METAL_LABEL_H
#define TONGS_METAL_LABEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Size of the buffer for a label in `description`, where longer ones are truncated. */
enum { TONGS_LABEL_DESCRIPTION_SIZE = 256 };

struct tongs_label_text;

/* Zeroed: no label. */
struct tongs_label {
	_Atomic(struct tongs_label_text *) current; /* NULL: none; written under a lock of label.c */
	struct tongs_label_text *retired;           /* earlier texts that callers may still use; guarded by that lock */
};

/* Another thread may set one immediately afterwards. */
static inline bool tongs_label_is_set(const struct tongs_label *label) {
	return atomic_load_explicit(&label->current, memory_order_relaxed);
}

/* No thread uses the label any more. */
void tongs_label_finish(struct tongs_label *label);

/* Copies `text`; NULL: no label. False, with nothing changed, when memory runs out. */
bool tongs_label_set(struct tongs_label *label, const char *text);

/* Borrowed, and valid as long as the object, even if another label is set; NULL: none. */
const char *tongs_label_get(const struct tongs_label *label);
/* A copy, for the caller to tongs_free. NULL: none, or memory ran out. */
char *tongs_label_copy(const struct tongs_label *label);
/* Writes the label into `text`, truncated to `size` bytes, and returns `text`; NULL: none. */
const char *tongs_label_read(const struct tongs_label *label, char *text, size_t size);

#endif
