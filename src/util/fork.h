/* SPDX-License-Identifier: MIT */
/* The order of all locks, and what fork() does with them: a child has no thread but the one that forked, so a lock that
 * another one held would stay locked in it for ever. */
#ifndef TONGS_UTIL_FORK_H
#define TONGS_UTIL_FORK_H

#include <pthread.h>
#include <stddef.h>

#include "util/export.h"

/* Who holds a lock takes only such as come later here. */
enum tongs_lock_rank {
	/* Held in calls into Vulkan, which may fork themselves, and take long. Fork does not wait for these; they are
	 * made anew in the child, and what they guard is there or not at any moment. */
	TONGS_LOCK_OWN_DEVICE, /* the making of a VkDevice of libtongs' own */
	TONGS_LOCK_TRANSFER,   /* its queues */

	/* All others. Fork takes them in this order, so that the child finds what they guard whole. No code of others
	 * runs while one is held: no message is told, no deallocator called, no driver. There are some fifty, however
	 * many objects: ThreadSanitizer ends a process in which a thread holds 64. */
	TONGS_LOCK_NAMES,       /* the names of a device's objects */
	TONGS_LOCK_MESSAGES,    /* who hears an instance's messages, and how often each was told */
	TONGS_LOCK_MAP,         /* the writers of the layer's maps */
	TONGS_LOCK_OWN_DEVICES, /* libtongs' own devices and their users */
	TONGS_LOCK_VK,          /* its VkInstances */
	TONGS_LOCK_DEVICES,     /* the list of MTLDevices */
	TONGS_LOCK_HEAP,        /* the places in automatic heaps */
	TONGS_LOCK_SLAB,
	TONGS_LOCK_POOL,
	TONGS_LOCK_REGISTRY, /* live objects; many, in the order of their addresses */
	TONGS_LOCK_LABEL,
	TONGS_LOCK_RELEASED, /* labels of those that were */
	TONGS_LOCK_ZOMBIE,
	TONGS_LOCK_WORKER,
	TONGS_LOCK_RANKS,
};

enum { TONGS_LOCK_FIRST_TAKEN = TONGS_LOCK_NAMES };

/* One lock, or an array of them `stride` bytes apart. */
struct tongs_fork_entry {
	pthread_mutex_t *lock;
	enum tongs_lock_rank rank;
	size_t count, stride;
	void (*begin_child)(void); /* called in the child before the lock is free there; may be NULL */
	struct tongs_fork_entry *next, *previous;
};

/* `entry` and its lock stay where they are until it is removed. Both are called with no lock held that fork takes. */
TONGS_INTEROP void tongs_fork_add(struct tongs_fork_entry *entry);
void tongs_fork_remove(struct tongs_fork_entry *entry);

/* The same for a lock that an object has; it is initialized, or destroyed, too. */
void tongs_fork_init_lock(struct tongs_fork_entry *entry, pthread_mutex_t *lock, enum tongs_lock_rank rank);
void tongs_fork_finish_lock(struct tongs_fork_entry *entry);

/* Called in every child, with all locks free; never removed. */
struct tongs_fork_hook {
	void (*begin_child)(void);
	struct tongs_fork_hook *next;
};
void tongs_fork_add_hook(struct tongs_fork_hook *hook);

#ifdef TONGS_TEST_HOOKS
/* Calls `visit` with every entry, in the order of ranks; it may take the entry's locks. */
TONGS_TEST_INTEROP void tongs_fork_visit(void (*visit)(struct tongs_fork_entry *entry, void *user), void *user);
#endif

/* Adds a lock with static storage when the library is loaded. */
#define TONGS_FORK_STATIC_LOCKS(lock_, rank_, count_, stride_, begin_child_) \
	__attribute__((constructor)) static void add_##rank_##_to_fork(void) { \
		static struct tongs_fork_entry entry = {.lock = (lock_), \
			.rank = (rank_), \
			.count = (count_), \
			.stride = (stride_), \
			.begin_child = (begin_child_)}; \
		tongs_fork_add(&entry); \
	} \
	_Static_assert((rank_) < TONGS_LOCK_RANKS, "")
#define TONGS_FORK_STATIC_LOCK(lock_, rank_, begin_child_) TONGS_FORK_STATIC_LOCKS(lock_, rank_, 1, 0, begin_child_)

#endif
