/* SPDX-License-Identifier: MIT */
/* A text that a caller borrowed is retired when another is set, and freed with the object; others are freed at once. */
#include "metal/label.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fork.h"

struct tongs_label_text {
	struct tongs_label_text *next; /* in the list of retired ones */
	bool borrowed;                 /* by tongs_label_get: never freed before the object */
	char text[];
};

/* For all labels: held to copy a text or to exchange a pointer. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_LABEL, NULL);

void tongs_label_finish(struct tongs_label *label) {
	struct tongs_label_text *next;
	tongs_free(NULL, atomic_load_explicit(&label->current, memory_order_relaxed));
	for (struct tongs_label_text *text = label->retired; text; text = next) {
		next = text->next;
		tongs_free(NULL, text);
	}
}

/* The retired text that equals `text`, so that alternating between a few labels does not grow the list. */
static struct tongs_label_text *take_retired_locked(struct tongs_label *label, const char *text) {
	for (struct tongs_label_text **link = &label->retired; *link; link = &(*link)->next) {
		struct tongs_label_text *retired = *link;
		if (strcmp(retired->text, text) == 0) {
			*link = retired->next;
			return retired;
		}
	}
	return NULL;
}

bool tongs_label_set(struct tongs_label *label, const char *text) {
	struct tongs_label_text *created = NULL, *retired = NULL, *old;
	if (!text && !tongs_label_is_set(label))
		return true;
	if (text) {
		size_t size = strlen(text) + 1;
		created = tongs_malloc(1, sizeof(*created) + size);
		if (!created)
			return false;
		memcpy(created->text, text, size);
	}
	pthread_mutex_lock(&lock);
	if (text)
		retired = take_retired_locked(label, text);
	old = atomic_exchange_explicit(&label->current, retired ? retired : created, memory_order_relaxed);
	if (old && old->borrowed) {
		old->next = label->retired;
		label->retired = old;
		old = NULL;
	}
	pthread_mutex_unlock(&lock);
	tongs_free(NULL, old);
	if (retired)
		tongs_free(NULL, created);
	return true;
}

const char *tongs_label_get(const struct tongs_label *label) {
	if (!tongs_label_is_set(label))
		return NULL;
	pthread_mutex_lock(&lock);
	struct tongs_label_text *text = atomic_load_explicit(&label->current, memory_order_relaxed);
	if (text)
		text->borrowed = true;
	pthread_mutex_unlock(&lock);
	return text ? text->text : NULL;
}

/* Sets `*size` to the bytes of the label, 0: none. False, with nothing copied, if that is more than `room`. */
static bool copy_into(const struct tongs_label *label, char *copy, size_t room, size_t *size) {
	pthread_mutex_lock(&lock);
	const struct tongs_label_text *text = atomic_load_explicit(&label->current, memory_order_relaxed);
	*size = text ? strlen(text->text) + 1 : 0;
	if (copy && text && *size <= room)
		memcpy(copy, text->text, *size);
	pthread_mutex_unlock(&lock);
	return *size <= room;
}

/* Allocates without the lock; again if a longer label was set in between. */
char *tongs_label_copy(const struct tongs_label *label) {
	char *copy = NULL;
	size_t room = 0, size;
	if (!tongs_label_is_set(label))
		return NULL;
	while (!copy_into(label, copy, room, &size)) {
		tongs_free(NULL, copy);
		copy = tongs_malloc(1, size);
		if (!copy)
			return NULL;
		room = size;
	}
	if (size > 0)
		return copy;
	tongs_free(NULL, copy);
	return NULL;
}

const char *tongs_label_read(const struct tongs_label *label, char *text, size_t size) {
	if (!tongs_label_is_set(label))
		return NULL;
	pthread_mutex_lock(&lock);
	const struct tongs_label_text *current = atomic_load_explicit(&label->current, memory_order_relaxed);
	if (current)
		snprintf(text, size, "%s", current->text);
	pthread_mutex_unlock(&lock);
	return current ? text : NULL;
}
