/* SPDX-License-Identifier: MIT */
/* The order of all locks, and what fork() does with them. A child has only the thread that forked, so a lock that
 * another thread held would stay locked in it forever. */
#ifndef TONGS_UTIL_FORK_H
#define TONGS_UTIL_FORK_H

#include <pthread.h>
#include <stddef.h>

#include "util/export.h"

/* A thread that holds a lock may take only locks that come later here. */
enum tongs_lock_rank {
	/* Held during calls into drivers, which take long and may call fork() themselves. fork() does not wait for
	 * these: the child initializes them again, and what they guard is valid at any moment. */
	TONGS_LOCK_PROVIDED,      /* surfaces of images that have no memory yet */
	TONGS_LOCK_DRIVER_MEMORY, /* exports and mappings of driver memory */
	TONGS_LOCK_OWN_DEVICE,    /* the creation of an own device's VkDevice */
	TONGS_LOCK_TRANSFER,      /* its command buffers for copies by the CPU's calls */
	TONGS_LOCK_SUBMIT,        /* its queues */
	TONGS_LOCK_MIRROR,        /* signals of what mirrors shared events */
	TONGS_LOCK_SIGNAL,        /* the CPU's signals of semaphores that are shared events */

	/* fork() takes all others in this order, so that what they guard is consistent in the child. While one is held,
	 * no foreign code runs: no message callback, no deallocator, no driver. There are about fifty, whatever the
	 * number of objects: ThreadSanitizer aborts when a thread holds 64. */
	TONGS_LOCK_MIRRORS,     /* threads of mirrored semaphores, and in which process they run */
	TONGS_LOCK_NAMES,       /* the names of a device's objects */
	TONGS_LOCK_MESSAGES,    /* an instance's messengers, and how often each message was sent */
	TONGS_LOCK_MAP,         /* writers of the layer's maps */
	TONGS_LOCK_COMMANDS,    /* command buffers, and what is committed to queues */
	TONGS_LOCK_WAITING,     /* command buffers that the GPU waits in */
	TONGS_LOCK_FENCE,       /* command buffers that update fences */
	TONGS_LOCK_LANE,        /* the jobs of lanes */
	TONGS_LOCK_DRIVER_CALL, /* how many threads of Tongs' are inside drivers */
	TONGS_LOCK_OWN_DEVICES, /* the list of own devices */
	TONGS_LOCK_VK,          /* the own VkInstances */
	TONGS_LOCK_DEVICES,     /* the list of MTLDevices */
	TONGS_LOCK_EVENT,       /* what is pending at shared events, and due in listeners */
	TONGS_LOCK_SURFACE,     /* IDs and locks of surfaces */
	TONGS_LOCK_SURFACE_VALUES,
	TONGS_LOCK_HEAP, /* the used ranges of automatic heaps */
	TONGS_LOCK_SLAB,
	TONGS_LOCK_POOL,
	TONGS_LOCK_REGISTRY, /* live objects; an array, taken in order of addresses */
	TONGS_LOCK_LABEL,
	TONGS_LOCK_RELEASED, /* labels of released objects */
	TONGS_LOCK_ZOMBIE,
	TONGS_LOCK_WORKER,
	TONGS_LOCK_RANKS,
};

enum { TONGS_LOCK_FIRST_TAKEN = TONGS_LOCK_MIRRORS };

/* One lock, or an array of them `stride` bytes apart. */
struct tongs_fork_entry {
	pthread_mutex_t *lock;
	enum tongs_lock_rank rank;
	size_t count, stride;
	void (*begin_child)(void); /* called in the child before the lock is free there; may be NULL */
	struct tongs_fork_entry *next, *previous;
};

/* `entry` and its lock must not move until the entry is removed. Do not call either while holding a lock that fork()
 * takes. */
TONGS_INTEROP void tongs_fork_add(struct tongs_fork_entry *entry);
void tongs_fork_remove(struct tongs_fork_entry *entry);

/* Initialize and add the lock of an object; remove and destroy it. */
void tongs_fork_init_lock(struct tongs_fork_entry *entry, pthread_mutex_t *lock, enum tongs_lock_rank rank);
void tongs_fork_finish_lock(struct tongs_fork_entry *entry);

/* Called at every fork with all locks free; cannot be removed. Each function may be NULL. */
struct tongs_fork_hook {
	void (*begin)(void); /* in the parent, before; may wait, but only as long as a program can bear in fork() */
	void (*end)(void);   /* in the parent, after */
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
