/* SPDX-License-Identifier: MIT */
/* Labels: what was lent is kept until the object goes, the rest is freed when another is set. */
#include "metal/label.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fork.h"

struct tongs_label_text {
	struct tongs_label_text *next; /* of those that are kept */
	bool lent;
	char text[];
};

/* For the labels of all objects: it is held to copy a text or to exchange a pointer. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_LABEL, NULL);

void tongs_label_finish(struct tongs_label *label) {
	struct tongs_label_text *next;
	tongs_free(NULL, atomic_load_explicit(&label->present, memory_order_relaxed));
	for (struct tongs_label_text *text = label->lent; text; text = next) {
		next = text->next;
		tongs_free(NULL, text);
	}
}

static bool is_none(const struct tongs_label *label) {
	return !atomic_load_explicit(&label->present, memory_order_relaxed);
}

/* Of those that were lent the one with the same text, so that a few labels in turn don't grow. */
static struct tongs_label_text *take_kept_locked(struct tongs_label *label, const char *text) {
	for (struct tongs_label_text **link = &label->lent; *link; link = &(*link)->next) {
		struct tongs_label_text *kept = *link;
		if (strcmp(kept->text, text) == 0) {
			*link = kept->next;
			return kept;
		}
	}
	return NULL;
}

bool tongs_label_set(struct tongs_label *label, const char *text) {
	struct tongs_label_text *made = NULL, *kept = NULL, *old;
	if (!text && is_none(label))
		return true;
	if (text) {
		size_t size = strlen(text) + 1;
		made = tongs_malloc(1, sizeof(*made) + size);
		if (!made)
			return false;
		memcpy(made->text, text, size);
	}
	pthread_mutex_lock(&lock);
	if (text)
		kept = take_kept_locked(label, text);
	old = atomic_exchange_explicit(&label->present, kept ? kept : made, memory_order_relaxed);
	if (old && old->lent) {
		old->next = label->lent;
		label->lent = old;
		old = NULL;
	}
	pthread_mutex_unlock(&lock);
	tongs_free(NULL, old);
	if (kept)
		tongs_free(NULL, made);
	return true;
}

const char *tongs_label_lend(const struct tongs_label *label) {
	if (is_none(label))
		return NULL;
	pthread_mutex_lock(&lock);
	struct tongs_label_text *text = atomic_load_explicit(&label->present, memory_order_relaxed);
	if (text)
		text->lent = true;
	pthread_mutex_unlock(&lock);
	return text ? text->text : NULL;
}

/* False, and `*needed` what there must be room for, when that is more than `room`. */
static bool copy_into(const struct tongs_label *label, char *copy, size_t room, size_t *needed) {
	pthread_mutex_lock(&lock);
	const struct tongs_label_text *text = atomic_load_explicit(&label->present, memory_order_relaxed);
	*needed = text ? strlen(text->text) + 1 : 0;
	if (copy && text && *needed <= room)
		memcpy(copy, text->text, *needed);
	pthread_mutex_unlock(&lock);
	return *needed <= room;
}

/* The allocation is made without the lock, and again if a longer label was set meanwhile. */
char *tongs_label_copy(const struct tongs_label *label) {
	char *copy = NULL;
	size_t room = 0, needed;
	if (is_none(label))
		return NULL;
	while (!copy_into(label, copy, room, &needed)) {
		tongs_free(NULL, copy);
		copy = tongs_malloc(1, needed);
		if (!copy)
			return NULL;
		room = needed;
	}
	if (needed > 0)
		return copy;
	tongs_free(NULL, copy);
	return NULL;
}

const char *tongs_label_read(const struct tongs_label *label, char *text, size_t size) {
	if (is_none(label))
		return NULL;
	pthread_mutex_lock(&lock);
	const struct tongs_label_text *present = atomic_load_explicit(&label->present, memory_order_relaxed);
	if (present)
		snprintf(text, size, "%s", present->text);
	pthread_mutex_unlock(&lock);
	return present ? text : NULL;
}
