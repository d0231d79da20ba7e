/* SPDX-License-Identifier: MIT */
/* Signals take no lock unless a notification is pending. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pthread_cond_clockwait; NOLINT(bugprone-reserved-identifier) */
#endif
#include "metal/event.h"

#include <pthread.h>
#include <time.h>

#include "metal/device.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fork.h"
#include "util/futex.h"
#include "util/lane.h"
#include "util/log.h"
#include "util/thread.h"
#include "vulkan/driver_call.h"
#include "vulkan/own_semaphore.h"

/* Once, when its event has the value. */
struct tongs_notification {
	struct tongs_notification *next;
	struct tongs_shared_event *event;             /* a reference if it is due */
	struct tongs_shared_event_listener *listener; /* a reference */
	uint64_t value;                               /* to wait for; of the event, if it is due */
	tongs_shared_event_notification call;
	void (*release)(void *user); /* may be NULL */
	void *user;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Guarded by lock: 1, and 1 more in each child of fork(), which has none of its parent's threads. */
static uint32_t process = 1;
static unsigned threads; /* of listeners; guarded by lock, too */
static pthread_cond_t thread_ended = PTHREAD_COND_INITIALIZER;
static atomic_bool ending; /* they do not wait for more */

static _Thread_local bool in_thread; /* of them */

static void begin_child(void) {
	process++;
	threads = in_thread;
	pthread_cond_init(&thread_ended, NULL);
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_EVENT, begin_child);

/* Held while mirrors are signaled, which calls drivers. */
static pthread_mutex_t mirror_lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&mirror_lock, TONGS_LOCK_MIRROR, NULL);

static void release_notification(struct tongs_notification *notification) {
	if (notification->release)
		notification->release(notification->user);
	tongs_object_unref(&notification->listener->object);
	tongs_free(NULL, notification);
}

static struct tongs_notification *take_due(struct tongs_shared_event_listener *listener) {
	pthread_mutex_lock(&lock);
	struct tongs_notification *notification = listener->first;
	if (notification) {
		listener->first = notification->next;
		if (!listener->first)
			listener->end = &listener->first;
	}
	pthread_mutex_unlock(&lock);
	return notification;
}

static void call_next(void *context) {
	struct tongs_notification *notification = take_due(context);
	notification->call(notification->event, notification->value, notification->user);
	tongs_object_unref(&notification->event->object);
	release_notification(notification);
}

/* Ends the listener's thread if nothing is due. */
static bool stop(struct tongs_shared_event_listener *listener) {
	pthread_mutex_lock(&lock);
	const bool idle = !listener->first;
	if (idle)
		listener->process = 0;
	pthread_mutex_unlock(&lock);
	return idle;
}

static bool is_due(struct tongs_shared_event_listener *listener) {
	pthread_mutex_lock(&lock);
	const bool due = listener->first;
	pthread_mutex_unlock(&lock);
	return due;
}

/* Calls what is due, until nothing has been for `patience`. Gives up a reference to the listener. */
static void run(struct tongs_shared_event_listener *listener, const struct timespec *patience) {
	do {
		while (is_due(listener))
			call_next(listener);
		const uint32_t seen = atomic_load(&listener->changes);
		if (!is_due(listener) && !atomic_load(&ending))
			tongs_futex_wait(&listener->changes, seen, patience);
	} while (!stop(listener));
	tongs_object_unref(&listener->object);
}

static void count_thread(int change) {
	pthread_mutex_lock(&lock);
	threads += (unsigned)change;
	pthread_mutex_unlock(&lock);
	pthread_cond_broadcast(&thread_ended);
}

static void *run_thread(void *user) {
	in_thread = true;
	run(user, &(struct timespec){.tv_sec = 1});
	count_thread(-1);
	return NULL;
}

static bool start_thread(struct tongs_shared_event_listener *listener) {
	count_thread(1);
	if (tongs_thread_start_detached(run_thread, listener))
		return true;
	count_thread(-1);
	return false;
}

static void wake_idle(const struct tongs_object *object, void *unused) {
	(void)unused;
	struct tongs_shared_event_listener *listener = (struct tongs_shared_event_listener *)object;
	if (object->kind != TONGS_KIND_SHARED_EVENT_LISTENER)
		return;
	atomic_fetch_add(&listener->changes, 1);
	tongs_futex_wake_all(&listener->changes);
}

void tongs_event_end_threads(unsigned seconds) {
	const struct timespec until = tongs_clock_in(seconds);
	atomic_store(&ending, true);
	tongs_object_visit(wake_idle, NULL);
	pthread_mutex_lock(&lock);
	while (threads > in_thread && pthread_cond_clockwait(&thread_ended, &lock, CLOCK_MONOTONIC, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
}

/* Has a thread of the listener's. Without one, the calling thread does its work. */
static void wake(struct tongs_shared_event_listener *listener) {
	pthread_mutex_lock(&lock);
	const bool runs = listener->process == process;
	/* The reference of a thread that the parent of fork() had is this one's. */
	if (!listener->process)
		tongs_object_ref(&listener->object);
	listener->process = process;
	pthread_mutex_unlock(&lock);
	atomic_fetch_add(&listener->changes, 1);
	if (runs)
		tongs_futex_wake(&listener->changes, 1);
	else if (!start_thread(listener))
		run(listener, &(struct timespec){0});
}

/* Moves the first notification of the event that is due to its listener. Returns the listener, with a reference; NULL:
 * none is due. */
static struct tongs_shared_event_listener *move_due(struct tongs_shared_event *event) {
	struct tongs_shared_event_listener *listener = NULL;
	pthread_mutex_lock(&lock);
	const uint64_t value = tongs_event_get_value(event);
	struct tongs_notification *before = NULL, *due = atomic_load(&event->pending);
	for (; due && due->value > value; due = due->next)
		before = due;
	if (due) {
		if (before)
			before->next = due->next;
		else
			atomic_store(&event->pending, due->next);
		due->next = NULL;
		due->value = value;
		due->event = event;
		tongs_object_ref(&event->object);
		listener = due->listener;
		tongs_object_ref(&listener->object);
		*listener->end = due;
		listener->end = &due->next;
	}
	pthread_mutex_unlock(&lock);
	return listener;
}

static void deliver(struct tongs_shared_event *event) {
	struct tongs_shared_event_listener *listener;
	while ((listener = move_due(event))) {
		if (listener->dispatch)
			listener->dispatch(listener->queue, listener, call_next);
		else
			wake(listener);
		tongs_object_unref(&listener->object);
	}
}

/* Each call has the newest value, so that a mirror that has it already can leave out older ones. */
static void signal_mirrors(struct tongs_shared_event *event) {
	pthread_mutex_lock(&mirror_lock);
	const uint64_t value = tongs_event_get_value(event);
	for (struct tongs_event_mirror *mirror = atomic_load(&event->mirrors); mirror; mirror = mirror->next)
		mirror->signal(mirror, value);
	pthread_mutex_unlock(&mirror_lock);
}

uint64_t tongs_event_get_value(const struct tongs_shared_event *event) {
	const struct tongs_event_share *share = atomic_load(&event->share);
	if (share)
		tongs_event_raise(&((struct tongs_shared_event *)event)->value, atomic_load(&share->page->value));
	return atomic_load(&event->value);
}

/* Mirrors first: whoever sees the value may signal the next one through Vulkan, which must not come before. */
static bool raise_with_mirrors(struct tongs_shared_event *event, uint64_t value) {
	pthread_mutex_lock(&mirror_lock);
	const bool higher = value > atomic_load(&event->value);
	for (struct tongs_event_mirror *mirror = atomic_load(&event->mirrors); mirror && higher; mirror = mirror->next)
		mirror->signal(mirror, value);
	const bool raised = tongs_event_raise(&event->value, value);
	pthread_mutex_unlock(&mirror_lock);
	return raised;
}

/* In sequentially consistent order: whoever waits, is pending or is a mirror is either seen here, or sees the value;
 * and whoever begins to share the event has the value, or is seen here. */
void tongs_shared_event_set_signaled_value(struct tongs_shared_event *event, uint64_t value) {
	const bool mirrored = atomic_load(&event->mirrors);
	if (!(mirrored ? raise_with_mirrors(event, value) : tongs_event_raise(&event->value, value)))
		return;
	struct tongs_event_share *share = atomic_load(&event->share);
	if (share)
		tongs_event_share_signal(share, value);
	atomic_fetch_add(&event->changes, 1);
	if (atomic_load(&event->waiters))
		tongs_futex_wake_all(&event->changes);
	if (!mirrored && atomic_load(&event->mirrors))
		signal_mirrors(event);
	if (atomic_load(&event->pending))
		deliver(event);
}

/* The highest value of the mirrors; 0: there are none. */
static uint64_t read_mirrors(const struct tongs_shared_event *event) {
	uint64_t value = 0;
	if (!atomic_load(&event->mirrors))
		return 0;
	pthread_mutex_lock(&mirror_lock);
	for (struct tongs_event_mirror *mirror = atomic_load(&event->mirrors); mirror; mirror = mirror->next) {
		const uint64_t its = mirror->read ? mirror->read(mirror) : 0;
		value = its > value ? its : value;
	}
	pthread_mutex_unlock(&mirror_lock);
	return value;
}

/* Vulkan may have a value that the event is about to get, and programs that have seen it there. The event has it then,
 * and all other mirrors before. */
uint64_t tongs_shared_event_get_signaled_value(const struct tongs_shared_event *event) {
	const uint64_t value = read_mirrors(event);
	if (value > tongs_event_get_value(event))
		tongs_shared_event_set_signaled_value((struct tongs_shared_event *)event, value);
	return tongs_event_get_value(event);
}

/* For signals of other processes, too. */
static bool wait_shared(struct tongs_shared_event *event, struct tongs_event_share *share, uint64_t value,
	uint64_t start_time, uint64_t timeout) {
	bool reached;
	atomic_fetch_add(&share->page->waiters, 1);
	for (;;) {
		const uint32_t seen = atomic_load(&share->page->changes);
		const uint64_t waited = tongs_clock_now() - start_time;
		reached = tongs_event_get_value(event) >= value;
		if (reached || waited >= timeout)
			break;
		tongs_event_share_wait(share, seen, timeout - waited);
	}
	atomic_fetch_sub(&share->page->waiters, 1);
	return reached;
}

bool tongs_shared_event_wait(struct tongs_shared_event *event, uint64_t value, uint64_t timeout_ms) {
	const uint64_t start_time = tongs_clock_now(), most = UINT64_MAX - start_time;
	const uint64_t timeout = timeout_ms < most / TONGS_MS ? timeout_ms * TONGS_MS : most;
	struct tongs_event_share *share;
	bool reached;
	atomic_fetch_add(&event->waiters, 1);
	for (;;) {
		const uint32_t seen = atomic_load(&event->changes);
		const uint64_t waited = tongs_clock_now() - start_time;
		share = atomic_load(&event->share);
		reached = atomic_load(&event->value) >= value;
		if (reached || waited >= timeout || share)
			break;
		const struct timespec left = tongs_clock_timespec(timeout - waited);
		tongs_futex_wait(&event->changes, seen, &left);
	}
	atomic_fetch_sub(&event->waiters, 1);
	/* Vulkan may have had it in time. */
	return reached || (share && wait_shared(event, share, value, start_time, timeout)) ||
	       tongs_shared_event_get_signaled_value(event) >= value;
}

/* Whether signals of other processes are for more than threads that wait. */
static bool needs_watch(const struct tongs_shared_event *event) {
	return atomic_load(&event->pending) || atomic_load(&event->mirrors);
}

/* The share's event, with a reference, if it needs the watch; else NULL, and the thread that asks ends. */
static struct tongs_shared_event *acquire_watched(struct tongs_event_share *share) {
	pthread_mutex_lock(&lock);
	struct tongs_shared_event *event = share->event;
	if (event && needs_watch(event))
		event = (struct tongs_shared_event *)tongs_object_acquire(event, TONGS_KIND_SHARED_EVENT);
	else
		event = NULL;
	if (!event)
		share->process = 0;
	pthread_mutex_unlock(&lock);
	return event;
}

/* Passes signals of other processes to mirrors, and delivers what they make due, as long as there is any of these.
 * Waits without a reference to the event, which may end meanwhile. Gives up a reference to the share. */
static void *watch_thread(void *user) {
	struct tongs_event_share *share = user;
	struct tongs_shared_event *event;
	atomic_fetch_add(&share->page->waiters, 1);
	while ((event = acquire_watched(share))) {
		const uint32_t seen = atomic_load(&share->page->changes);
		if (atomic_load(&event->mirrors))
			signal_mirrors(event);
		deliver(event);
		const bool waits = needs_watch(event);
		tongs_object_unref(&event->object);
		if (waits)
			tongs_event_share_wait(share, seen, UINT64_MAX);
	}
	atomic_fetch_sub(&share->page->waiters, 1);
	tongs_event_share_unref(share);
	return NULL;
}

/* Has a thread watch the page of a shared event that needs it. */
static void watch(struct tongs_shared_event *event) {
	struct tongs_event_share *share = atomic_load(&event->share);
	if (!share)
		return;
	pthread_mutex_lock(&lock);
	const bool starts = needs_watch(event) && share->process != process;
	if (starts)
		share->process = process;
	pthread_mutex_unlock(&lock);
	if (!starts || tongs_thread_start_detached(watch_thread, tongs_event_share_ref(share)))
		return;
	pthread_mutex_lock(&lock);
	share->process = 0;
	pthread_mutex_unlock(&lock);
	tongs_event_share_unref(share);
	tongs_log_error("MTLSharedEvent: no thread can be created: notifications and Vulkan do not notice signals of "
			"other processes: raise the limit of threads");
}

void tongs_event_add_mirror(struct tongs_shared_event *event, struct tongs_event_mirror *mirror) {
	pthread_mutex_lock(&mirror_lock);
	mirror->next = atomic_load(&event->mirrors);
	atomic_store(&event->mirrors, mirror);
	mirror->signal(mirror, tongs_event_get_value(event));
	pthread_mutex_unlock(&mirror_lock);
	watch(event);
}

void tongs_event_remove_mirror(struct tongs_shared_event *event, struct tongs_event_mirror *mirror) {
	pthread_mutex_lock(&mirror_lock);
	struct tongs_event_mirror *before = atomic_load(&event->mirrors);
	if (before == mirror) {
		atomic_store(&event->mirrors, mirror->next);
	} else {
		while (before->next != mirror)
			before = before->next;
		before->next = mirror->next;
	}
	pthread_mutex_unlock(&mirror_lock);
}

/* Another of the semaphore's devices has signalled it, as a rule, and then this does nothing. */
static void signal_own(struct tongs_event_mirror *mirror, uint64_t value) {
	struct tongs_shared_event *event =
		(struct tongs_shared_event *)((char *)mirror - offsetof(struct tongs_shared_event, own_mirror));
	if (event->process == tongs_lane_get_process())
		tongs_own_semaphore_raise(event->semaphore, value);
}

static atomic_bool over;

void tongs_event_end(void) {
	atomic_store(&over, true);
}

bool tongs_event_is_over(void) {
	return atomic_load(&over);
}

static int export_fd_locked(struct tongs_shared_event *event) {
	struct tongs_event_mirror *mirror = atomic_load(&event->mirrors);
	while (mirror && !mirror->export_fd)
		mirror = mirror->next;
	return mirror ? mirror->export_fd(mirror) : -1;
}

int tongs_event_export_fd(struct tongs_shared_event *event) {
	pthread_mutex_lock(&mirror_lock);
	const int fd = export_fd_locked(event);
	pthread_mutex_unlock(&mirror_lock);
	return fd;
}

static void import_locked(struct tongs_shared_event *event, struct tongs_own_device *own_device) {
	struct tongs_event_mirror *last = atomic_load(&event->mirrors);
	const int fd = export_fd_locked(event);
	event->semaphore = fd >= 0 ? tongs_own_semaphore_import(own_device, fd) : NULL;
	if (!event->semaphore)
		return;
	while (last->next)
		last = last->next;
	event->process = tongs_lane_get_process();
	event->own_mirror.signal = signal_own;
	last->next = &event->own_mirror;
	signal_own(&event->own_mirror, tongs_event_get_value(event));
}

struct tongs_own_semaphore *tongs_event_acquire_semaphore(
	struct tongs_shared_event *event, struct tongs_own_device *own_device) {
	struct tongs_own_semaphore *semaphore = NULL;
	if (!atomic_load(&event->mirrors))
		return NULL;
	pthread_mutex_lock(&mirror_lock);
	if (!event->semaphore)
		import_locked(event, own_device);
	if (event->semaphore && event->process == tongs_lane_get_process())
		semaphore = tongs_own_semaphore_ref(event->semaphore);
	pthread_mutex_unlock(&mirror_lock);
	return semaphore;
}

bool tongs_event_notify(struct tongs_shared_event *event, struct tongs_shared_event_listener *listener, uint64_t value,
	tongs_shared_event_notification notification, void (*release)(void *user), void *user) {
	struct tongs_notification *added = tongs_malloc(1, sizeof(*added));
	if (!added) {
		tongs_log_error("notifyListener:atValue:block: out of memory");
		if (release)
			release(user);
		return false;
	}
	*added = (struct tongs_notification){
		.listener = listener, .value = value, .call = notification, .release = release, .user = user};
	tongs_object_ref(&listener->object);
	pthread_mutex_lock(&lock);
	struct tongs_notification *last = atomic_load(&event->pending);
	while (last && last->next)
		last = last->next;
	if (last)
		last->next = added;
	else
		atomic_store(&event->pending, added);
	pthread_mutex_unlock(&lock);
	if (tongs_event_get_value(event) >= value)
		deliver(event);
	watch(event);
	return true;
}

bool tongs_shared_event_notify(struct tongs_shared_event *event, struct tongs_shared_event_listener *listener,
	uint64_t value, tongs_shared_event_notification notification, void *user) {
	return tongs_event_notify(event, listener, value, notification, NULL, user);
}

/* The thread that watches the page finds no event, and ends. */
static void end_share(struct tongs_event_share *share) {
	if (!share)
		return;
	pthread_mutex_lock(&lock);
	const bool watched = share->process == process;
	share->event = NULL;
	pthread_mutex_unlock(&lock);
	if (watched)
		tongs_event_share_wake(share);
	tongs_event_share_unref(share);
}

/* No thread has a reference: nothing signals any more, and nothing is due. */
static struct tongs_object *destroy_event(struct tongs_object *object) {
	struct tongs_shared_event *event = (struct tongs_shared_event *)object;
	struct tongs_notification *pending = atomic_load(&event->pending);
	while (pending) {
		struct tongs_notification *next = pending->next;
		release_notification(pending);
		pending = next;
	}
	end_share(atomic_load(&event->share));
	/* A child of fork() leaves its parent's devices alone, and a listener's thread all of them at exit. */
	if (event->semaphore && event->process == tongs_lane_get_process() && tongs_driver_call_begin()) {
		tongs_own_semaphore_unref(event->semaphore);
		tongs_driver_call_end();
	} else {
		tongs_own_semaphore_abandon(event->semaphore);
	}
	tongs_label_finish(&event->label);
	tongs_device_unref(event->device);
	return tongs_object_free(object);
}

struct tongs_shared_event *tongs_event_create(struct tongs_device *device, enum tongs_kind kind) {
	struct tongs_shared_event *event =
		(struct tongs_shared_event *)tongs_object_create(kind, sizeof(*event), destroy_event);
	if (event)
		event->device = tongs_device_ref(device);
	else
		tongs_log_error("%s out of memory", kind == TONGS_KIND_SHARED_EVENT ? "newSharedEvent:" : "newEvent:");
	return event;
}

struct tongs_shared_event *tongs_device_new_shared_event(struct tongs_device *device) {
	return tongs_event_create(device, TONGS_KIND_SHARED_EVENT);
}

struct tongs_shared_event *tongs_event_new_with_share(struct tongs_device *device, struct tongs_event_share *share) {
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	if (event) {
		share->event = event;
		atomic_store(&event->share, share);
	}
	return event;
}

/* The waiting threads move to the page, and a signal that has not seen it yet is in the value already. */
struct tongs_event_share *tongs_event_get_share(struct tongs_shared_event *event) {
	struct tongs_event_share *share = atomic_load(&event->share);
	struct tongs_event_share *created = share ? NULL : tongs_event_share_create();
	if (!created)
		return share;
	created->event = event;
	if (!atomic_compare_exchange_strong(&event->share, &share, created)) {
		tongs_event_share_unref(created);
		return share;
	}
	tongs_event_share_signal(created, atomic_load(&event->value));
	atomic_fetch_add(&event->changes, 1);
	tongs_futex_wake_all(&event->changes);
	watch(event);
	return created;
}

struct tongs_device *tongs_shared_event_get_device(const struct tongs_shared_event *event) {
	return event->device;
}

const char *tongs_shared_event_get_label(const struct tongs_shared_event *event) {
	return tongs_label_get(&event->label);
}

void tongs_shared_event_set_label(struct tongs_shared_event *event, const char *label) {
	if (!tongs_label_set(&event->label, label))
		tongs_log_error("setLabel: out of memory");
}

static struct tongs_object *destroy_listener(struct tongs_object *object) {
	struct tongs_shared_event_listener *listener = (struct tongs_shared_event_listener *)object;
	if (listener->dispatch)
		listener->release(listener->queue);
	return tongs_object_free(object);
}

struct tongs_shared_event_listener *tongs_shared_event_listener_new(void) {
	struct tongs_shared_event_listener *listener = (struct tongs_shared_event_listener *)tongs_object_create(
		TONGS_KIND_SHARED_EVENT_LISTENER, sizeof(*listener), destroy_listener);
	if (listener)
		listener->end = &listener->first;
	else
		tongs_log_error("MTLSharedEventListener: out of memory");
	return listener;
}
