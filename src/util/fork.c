/* SPDX-License-Identifier: MIT */
/* The handlers of fork() for all locks. */
#include "util/fork.h"

/* Held during fork() and while entries are added and removed; taken before all other locks. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_fork_entry *entries[TONGS_LOCK_RANKS]; /* guarded by lock, like the next */
static struct tongs_fork_hook *hooks;

static pthread_mutex_t *lock_at(const struct tongs_fork_entry *entry, size_t i) {
	return (pthread_mutex_t *)((char *)entry->lock + i * entry->stride);
}

static const struct tongs_fork_hook *get_hooks(void) {
	pthread_mutex_lock(&lock);
	const struct tongs_fork_hook *first = hooks;
	pthread_mutex_unlock(&lock);
	return first;
}

static void take_all(void) {
	for (const struct tongs_fork_hook *hook = get_hooks(); hook; hook = hook->next)
		if (hook->begin)
			hook->begin();
	pthread_mutex_lock(&lock);
	for (unsigned rank = TONGS_LOCK_FIRST_TAKEN; rank < TONGS_LOCK_RANKS; rank++)
		for (struct tongs_fork_entry *entry = entries[rank]; entry; entry = entry->next)
			for (size_t i = 0; i < entry->count; i++)
				pthread_mutex_lock(lock_at(entry, i));
}

static void free_taken(void) {
	for (unsigned rank = TONGS_LOCK_RANKS; rank-- > TONGS_LOCK_FIRST_TAKEN;)
		for (struct tongs_fork_entry *entry = entries[rank]; entry; entry = entry->next)
			for (size_t i = 0; i < entry->count; i++)
				pthread_mutex_unlock(lock_at(entry, i));
}

static void free_all(void) {
	free_taken();
	pthread_mutex_unlock(&lock);
	for (const struct tongs_fork_hook *hook = get_hooks(); hook; hook = hook->next)
		if (hook->end)
			hook->end();
}

static void begin_child(void) {
	for (unsigned rank = 0; rank < TONGS_LOCK_RANKS; rank++) {
		for (struct tongs_fork_entry *entry = entries[rank]; entry; entry = entry->next) {
			if (rank < TONGS_LOCK_FIRST_TAKEN)
				for (size_t i = 0; i < entry->count; i++)
					pthread_mutex_init(lock_at(entry, i), NULL);
			if (entry->begin_child)
				entry->begin_child();
		}
	}
	free_taken();
	for (struct tongs_fork_hook *hook = hooks; hook; hook = hook->next)
		if (hook->begin_child)
			hook->begin_child();
	pthread_mutex_unlock(&lock);
}

/* Without memory for the handlers, a child of a program with several threads may hang. */
static void register_handlers(void) {
	pthread_atfork(take_all, free_all, begin_child);
}

static void lock_list(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, register_handlers);
	pthread_mutex_lock(&lock);
}

void tongs_fork_add(struct tongs_fork_entry *entry) {
	lock_list();
	entry->previous = NULL;
	entry->next = entries[entry->rank];
	if (entry->next)
		entry->next->previous = entry;
	entries[entry->rank] = entry;
	pthread_mutex_unlock(&lock);
}

void tongs_fork_remove(struct tongs_fork_entry *entry) {
	lock_list();
	if (entry->next)
		entry->next->previous = entry->previous;
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		entries[entry->rank] = entry->next;
	pthread_mutex_unlock(&lock);
}

void tongs_fork_init_lock(struct tongs_fork_entry *entry, pthread_mutex_t *object_lock, enum tongs_lock_rank rank) {
	pthread_mutex_init(object_lock, NULL);
	*entry = (struct tongs_fork_entry){.lock = object_lock, .rank = rank, .count = 1};
	tongs_fork_add(entry);
}

void tongs_fork_finish_lock(struct tongs_fork_entry *entry) {
	tongs_fork_remove(entry);
	pthread_mutex_destroy(entry->lock);
}

void tongs_fork_add_hook(struct tongs_fork_hook *hook) {
	lock_list();
	hook->next = hooks;
	hooks = hook;
	pthread_mutex_unlock(&lock);
}

#ifdef TONGS_TEST_HOOKS
void tongs_fork_visit(void (*visit)(struct tongs_fork_entry *entry, void *user), void *user) {
	lock_list();
	for (unsigned rank = 0; rank < TONGS_LOCK_RANKS; rank++)
		for (struct tongs_fork_entry *entry = entries[rank]; entry; entry = entry->next)
			visit(entry, user);
	pthread_mutex_unlock(&lock);
}
#endif
