/* SPDX-License-Identifier: MIT */
/* Shared events: their value only grows, waits end at it, notifications are called once and in order. */
#include "open_device.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "metal/event.h"
#include "metal/interop.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { MILLISECOND = 1000000, LONG = 20000 /* milliseconds, which no test waits unless it fails */ };

static void values_only_grow(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_SHARED_EVENT);
	assert_ptr_equal(tongs_shared_event_get_device(event), device);
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 0);
	static const struct {
		uint64_t signaled, value;
	} rows[] = {{0, 0}, {3, 3}, {2, 3}, {3, 3}, {UINT64_MAX - 1, UINT64_MAX - 1}, {0, UINT64_MAX - 1},
		{UINT64_MAX, UINT64_MAX}, {1, UINT64_MAX}};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		tongs_shared_event_set_signaled_value(event, rows[i].signaled);
		assert_int_equal(tongs_shared_event_get_signaled_value(event), rows[i].value);
	}
	assert_null(tongs_shared_event_get_label(event));
	tongs_shared_event_set_label(event, "an event");
	assert_string_equal(tongs_shared_event_get_label(event), "an event");
	tongs_shared_event_unref(event);
	assert_int_equal(tongs_handle_kind(event), TONGS_KIND_NONE);
}

static void waits_end_in_time(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	tongs_shared_event_set_signaled_value(event, 5);
	assert_true(tongs_shared_event_wait(event, 0, 0));
	assert_true(tongs_shared_event_wait(event, 5, 0));
	assert_true(tongs_shared_event_wait(event, 5, UINT64_MAX));
	assert_false(tongs_shared_event_wait(event, 6, 0));
	const uint64_t start = tongs_clock_now();
	assert_false(tongs_shared_event_wait(event, 6, 30));
	assert_true(tongs_clock_now() - start >= 30 * MILLISECOND);
	tongs_shared_event_unref(event);
}

struct waiter {
	pthread_t thread;
	struct tongs_shared_event *event;
	uint64_t value;
	bool reached;
};

static void *wait_for(void *user) {
	struct waiter *waiter = user;
	waiter->reached = tongs_shared_event_wait(waiter->event, waiter->value, UINT64_MAX);
	return NULL;
}

/* Several wait for each value; all are woken, and none before its value. */
static void all_who_wait_are_woken(void **state) {
	(void)state;
	enum { WAITERS = 12 };
	struct waiter waiters[WAITERS];
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	for (size_t i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.event = event, .value = 1 + i % 4};
		assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for, &waiters[i]), 0);
	}
	while (atomic_load(&event->waiters) < WAITERS)
		sched_yield();
	for (uint64_t value = 1; value <= 4; value++) {
		tongs_shared_event_set_signaled_value(event, value);
		while (atomic_load(&event->waiters) > WAITERS - 3 * value)
			sched_yield();
		assert_int_equal(atomic_load(&event->waiters), WAITERS - 3 * value);
	}
	for (size_t i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		assert_true(waiters[i].reached);
	}
	tongs_shared_event_unref(event);
}

/* Two threads in turn, as a program hands a buffer back and forth. */
static void *answer(void *user) {
	struct tongs_shared_event *const *events = user;
	for (uint64_t value = 1; value <= 2000; value++) {
		tongs_shared_event_wait(events[0], value, UINT64_MAX);
		tongs_shared_event_set_signaled_value(events[1], value);
	}
	return NULL;
}

static void no_wake_up_is_lost(void **state) {
	(void)state;
	pthread_t thread;
	struct tongs_shared_event *events[] = {
		tongs_device_new_shared_event(device), tongs_device_new_shared_event(device)};
	assert_int_equal(pthread_create(&thread, NULL, answer, events), 0);
	for (uint64_t value = 1; value <= 2000; value++) {
		tongs_shared_event_set_signaled_value(events[0], value);
		assert_true(tongs_shared_event_wait(events[1], value, LONG));
	}
	pthread_join(thread, NULL);
	tongs_shared_event_unref(events[0]);
	tongs_shared_event_unref(events[1]);
}

/* What notifications saw, in order. */
struct seen {
	atomic_size_t count;
	uint64_t values[64];
	uint64_t ids[64];
	struct tongs_shared_event *event;
	struct tongs_shared_event *done; /* signaled with the count */
};

struct mark {
	struct seen *seen;
	uint64_t id;
};

static void note(struct tongs_shared_event *event, uint64_t value, void *user) {
	const struct mark *mark = user;
	const size_t i = atomic_load(&mark->seen->count);
	assert_ptr_equal(event, mark->seen->event);
	mark->seen->values[i] = value;
	mark->seen->ids[i] = mark->id;
	atomic_store(&mark->seen->count, i + 1);
	tongs_shared_event_set_signaled_value(mark->seen->done, i + 1);
}

static void notifications_are_called_once_and_in_order(void **state) {
	(void)state;
	struct seen seen = {
		.event = tongs_device_new_shared_event(device), .done = tongs_device_new_shared_event(device)};
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	static const uint64_t values[] = {7, 3, 7, 1, 9, 0};
	struct mark marks[LENGTH(values)];
	for (size_t i = 0; i < LENGTH(values); i++) {
		marks[i] = (struct mark){&seen, i};
		assert_true(tongs_shared_event_notify(seen.event, listener, values[i], note, &marks[i]));
	}
	/* Not needed any more. */
	tongs_shared_event_listener_unref(listener);
	assert_true(tongs_shared_event_wait(seen.done, 1, LONG));
	assert_int_equal(seen.ids[0], 5);
	tongs_shared_event_set_signaled_value(seen.event, 2);
	assert_true(tongs_shared_event_wait(seen.done, 2, LONG));
	tongs_shared_event_set_signaled_value(seen.event, 8);
	assert_true(tongs_shared_event_wait(seen.done, 5, LONG));
	static const uint64_t order[] = {5, 3, 0, 1, 2};
	for (size_t i = 0; i < LENGTH(order); i++) {
		assert_int_equal(seen.ids[i], order[i]);
		assert_int_equal(seen.values[i], i == 0 ? 0 : i == 1 ? 2 : 8);
	}
	assert_false(tongs_shared_event_wait(seen.done, 6, 20));
	/* One is left, and never called. */
	tongs_shared_event_unref(seen.event);
	assert_false(tongs_shared_event_wait(seen.done, 6, 20));
	assert_int_equal(seen.count, 5);
	tongs_shared_event_unref(seen.done);
}

static atomic_size_t released;

static void count_release(void *user) {
	(void)user;
	released++;
}

static void ignore(struct tongs_shared_event *event, uint64_t value, void *user) {
	(void)event;
	(void)value;
	(void)user;
}

/* Also of notifications that are never called, or could not be added. */
static void what_a_notification_holds_is_released(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	released = 0;
	assert_true(tongs_event_notify(event, listener, 1, ignore, count_release, NULL));
	assert_true(tongs_event_notify(event, listener, 2, ignore, count_release, NULL));
	tongs_shared_event_set_signaled_value(event, 1);
	for (unsigned i = 0; i < LONG && released < 1; i++)
		usleep(1000);
	assert_int_equal(released, 1);
	tongs_alloc_fail_after(0);
	assert_false(tongs_event_notify(event, listener, 1, ignore, count_release, NULL));
	tongs_alloc_fail_after(UINT64_MAX);
	messages_expect("out of memory");
	assert_int_equal(released, 2);
	tongs_shared_event_unref(event);
	for (unsigned i = 0; i < LONG && tongs_handle_kind(event); i++)
		usleep(1000);
	assert_int_equal(released, 3);
	tongs_shared_event_listener_unref(listener);
}

static void fails_without_memory(void **state) {
	(void)state;
	tongs_alloc_fail_after(0);
	assert_null(tongs_device_new_shared_event(device));
	messages_expect("newSharedEvent: out of memory");
	tongs_alloc_fail_after(0);
	assert_null(tongs_shared_event_listener_new());
	messages_expect("MTLSharedEventListener: out of memory");
	tongs_alloc_fail_after(UINT64_MAX);
}

static void add_one(struct tongs_shared_event *event, uint64_t value, void *user) {
	(void)event;
	(void)value;
	atomic_fetch_add((atomic_size_t *)user, 1);
}

struct signaler {
	pthread_t thread;
	struct tongs_shared_event *event;
	struct tongs_shared_event_listener *listener;
	atomic_size_t *calls;
	uint64_t number;
};

enum { SIGNALERS = 4, SIGNALS = 2000 };

/* Each signals its own values, and asks for a notification at others'. */
static void *signal_and_ask(void *user) {
	struct signaler *signaler = user;
	for (uint64_t i = 1; i <= SIGNALS; i++) {
		const uint64_t value = i * SIGNALERS + signaler->number;
		tongs_shared_event_notify(
			signaler->event, signaler->listener, value + SIGNALERS / 2, add_one, signaler->calls);
		tongs_shared_event_set_signaled_value(signaler->event, value);
	}
	return NULL;
}

static void threads_signal_at_once(void **state) {
	(void)state;
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_shared_event_listener *listeners[] = {
		tongs_shared_event_listener_new(), tongs_shared_event_listener_new()};
	struct signaler signalers[SIGNALERS];
	atomic_size_t calls = 0;
	for (size_t i = 0; i < SIGNALERS; i++) {
		signalers[i] =
			(struct signaler){.event = event, .listener = listeners[i % 2], .calls = &calls, .number = i};
		assert_int_equal(pthread_create(&signalers[i].thread, NULL, signal_and_ask, &signalers[i]), 0);
	}
	for (size_t i = 0; i < SIGNALERS; i++)
		pthread_join(signalers[i].thread, NULL);
	tongs_shared_event_set_signaled_value(event, UINT64_MAX);
	for (unsigned i = 0; i < LONG && calls < SIGNALERS * SIGNALS; i++)
		usleep(1000);
	assert_int_equal(calls, SIGNALERS * SIGNALS);
	tongs_shared_event_unref(event);
	tongs_shared_event_listener_unref(listeners[0]);
	tongs_shared_event_listener_unref(listeners[1]);
}

/* A child has no thread of its parent's listener, and gets one of its own. */
static void a_child_is_notified(void **state) {
	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* ThreadSanitizer lets no child start a thread */
#endif
	struct seen seen = {
		.event = tongs_device_new_shared_event(device), .done = tongs_device_new_shared_event(device)};
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	struct mark marks[] = {{&seen, 1}, {&seen, 2}};
	tongs_shared_event_set_signaled_value(seen.event, 1);
	assert_true(tongs_shared_event_notify(seen.event, listener, 1, note, &marks[0]));
	assert_true(tongs_shared_event_wait(seen.done, 1, LONG));
	pid_t child = fork();
	if (child == 0) {
		tongs_shared_event_notify(seen.event, listener, 1, note, &marks[1]);
		_exit(tongs_shared_event_wait(seen.done, 2, LONG) && seen.ids[1] == 2 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	tongs_shared_event_unref(seen.event);
	tongs_shared_event_unref(seen.done);
	tongs_shared_event_listener_unref(listener);
}

/* Listeners' threads end, and with them their references. */
static void nothing_is_left(void **state) {
	(void)state;
	for (unsigned i = 0; i < LONG && tongs_interop_count_objects() > 1; i++)
		usleep(1000);
	assert_int_equal(tongs_interop_count_objects(), 1); /* the device */
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(values_only_grow),
		CASE(waits_end_in_time),
		CASE(all_who_wait_are_woken),
		CASE(no_wake_up_is_lost),
		CASE(notifications_are_called_once_and_in_order),
		CASE(what_a_notification_holds_is_released),
		CASE(fails_without_memory),
		CASE(threads_signal_at_once),
		CASE(a_child_is_notified),
		CASE(nothing_is_left),
	};
	return cmocka_run_group_tests(tests, open_plain_device, close_device);
}
