/* SPDX-License-Identifier: MIT */
/* MTLSharedEvent: a counter that only grows, with threads that wait for values and notifications that are due at them.
 * MTLSharedEventListener: where notifications are called. */
#ifndef TONGS_METAL_EVENT_H
#define TONGS_METAL_EVENT_H

#include "metal/event_share.h"
#include "metal/label.h"
#include "metal/object.h"

#include "metal/interop.h"

struct tongs_notification;
struct tongs_own_device;
struct tongs_own_semaphore;

struct tongs_shared_event {
	struct tongs_object object;
	struct tongs_device *device; /* a reference */
	struct tongs_label label;
	_Atomic uint64_t value;
	/* Changes after each change of the value: a futex. */
	_Atomic uint32_t changes;
	atomic_uint waiters;
	_Atomic(struct tongs_notification *) pending; /* written under a lock of event.c; NULL: none */
	/* Set once, with a reference, when the event is first sent; NULL: no other process has it. From then on threads
	 * wait there, and the value is the higher of the two. */
	_Atomic(struct tongs_event_share *) share;
	_Atomic(struct tongs_event_mirror *) mirrors; /* written under another; NULL: none */
	/* The semaphore of a mirror's as libtongs' own device imported it, once it waits for it or signals it; guarded
	 * by that lock, too. NULL: it does not. It is the last of the mirrors, and stays to the end of the event. */
	struct tongs_own_semaphore *semaphore;
	struct tongs_event_mirror own_mirror;
	uint32_t process; /* that imported it */
};

struct tongs_shared_event_listener {
	struct tongs_object object;
	/* Calls `run(context)` soon, on the program's own queue; NULL: a thread of the listener's does. */
	void (*dispatch)(void *queue, void *context, void (*run)(void *context));
	void (*release)(void *queue); /* at the listener's end */
	void *queue;
	/* Guarded by a lock of event.c: */
	struct tongs_notification *first, **end; /* due */
	uint32_t process;         /* its thread is one of the process after so many forks; 0: there is none */
	_Atomic uint32_t changes; /* a futex of the thread */
};

/* An MTLSharedEvent or, for command buffers alone, an MTLEvent. NULL, with an error logged, when memory runs out. */
struct tongs_shared_event *tongs_event_create(struct tongs_device *device, enum tongs_kind kind);

/* As tongs_shared_event_notify. `release`, which may be NULL, is called once with `user`: after the notification, or
 * when the event ends without it, or on failure. */
bool tongs_event_notify(struct tongs_shared_event *event, struct tongs_shared_event_listener *listener, uint64_t value,
	tongs_shared_event_notification notification, void (*release)(void *user), void *user);

/* For commands of libtongs' own device: a semaphore that has the event's value, and the event its value soon: a
 * reference. NULL: the event has none, for it is no semaphore of Vulkan's that the driver shares. */
struct tongs_own_semaphore *tongs_event_acquire_semaphore(
	struct tongs_shared_event *event, struct tongs_own_device *own_device);

/* At exit, when semaphores get values that are none of their events': from now on mirrors take none to events. */
void tongs_event_end(void);

/* At exit: waits until what is due has been called, for so long at most. From now on the threads of listeners do not
 * keep them for what may become due. */
void tongs_event_end_threads(unsigned seconds);

/* The event's page for other processes, made at the first call; borrowed. NULL with errno. */
struct tongs_event_share *tongs_event_get_share(struct tongs_shared_event *event);
/* An event over a page; takes over the reference to `share` on success. NULL when memory runs out. */
struct tongs_shared_event *tongs_event_new_with_share(struct tongs_device *device, struct tongs_event_share *share);

#endif
