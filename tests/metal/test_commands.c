/* SPDX-License-Identifier: MIT */
/* Command queues and command buffers: order, events, handlers, misuse, and what is left behind. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include "metal/device.h"
#include "metal/interop.h"
#include "metal/object.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "vulkan/own_commands.h"

#ifdef __SANITIZE_THREAD__
/* Children start threads. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
	return "die_after_fork=0";
}
#endif

enum { SIZE = 4096 };

struct fixture {
	size_t objects;
	struct tongs_device *device;
	struct tongs_command_queue *queue;
};

static struct fixture fixture;

static int begin_test(void **state) {
	(void)state;
	messages_capture();
	fixture.objects = tongs_interop_count_objects();
	fixture.device = tongs_device_new_default();
	assert_non_null(fixture.device);
	fixture.queue = tongs_device_new_command_queue(fixture.device);
	assert_non_null(fixture.queue);
	return 0;
}

static int end_test(void **state) {
	(void)state;
	tongs_command_queue_unref(fixture.queue);
	tongs_device_unref(fixture.device);
	/* A lane releases its command buffer soon after that has completed. */
	for (int i = 0; i < 10000 && tongs_interop_count_objects() != fixture.objects; i++)
		usleep(1000);
	assert_int_equal(tongs_interop_count_objects(), fixture.objects);
	messages_expect_none();
	return 0;
}

static struct tongs_buffer *new_buffer(void) {
	struct tongs_buffer *buffer = tongs_device_new_buffer(fixture.device, SIZE, MTLResourceStorageModeShared);
	assert_non_null(buffer);
	return buffer;
}

static struct tongs_command_buffer *new_commands(void) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(fixture.queue);
	assert_non_null(commands);
	return commands;
}

static void encode_fill(struct tongs_command_buffer *commands, struct tongs_buffer *buffer, uint8_t value) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	assert_non_null(encoder);
	tongs_blit_fill_buffer(encoder, buffer, 0, SIZE, value);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
}

static void encode_copy(struct tongs_command_buffer *commands, struct tongs_buffer *from, struct tongs_buffer *to) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	assert_non_null(encoder);
	tongs_blit_copy_buffer(encoder, from, 0, to, 0, SIZE);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
}

static void finish(struct tongs_command_buffer *commands) {
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(commands);
}

static void check_filled(const struct tongs_buffer *buffer, uint8_t value) {
	const uint8_t *bytes = tongs_buffer_get_contents(buffer);
	for (size_t i = 0; i < SIZE; i++)
		if (bytes[i] != value)
			fail_msg("byte %zu is %u, not %u", i, bytes[i], value);
}

static void an_empty_one_completes(void **state) {
	(void)state;
	struct tongs_command_buffer *commands = new_commands();
	const char *text = "";
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusNotEnqueued);
	assert_int_equal(tongs_command_buffer_get_gpu_end_time(commands), 0);
	assert_ptr_equal(tongs_command_buffer_get_queue(commands), fixture.queue);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_scheduled(commands);
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	assert_int_equal(tongs_command_buffer_get_error(commands, &text), MTLCommandBufferErrorNone);
	assert_null(text);
	const double start = tongs_command_buffer_get_gpu_start_time(commands),
		     end = tongs_command_buffer_get_gpu_end_time(commands);
	assert_true(start > 0 && start <= end && end <= (double)tongs_clock_now() * 1e-9);
	tongs_command_buffer_unref(commands);
}

static void labels(void **state) {
	(void)state;
	struct tongs_command_buffer *commands = new_commands();
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	struct tongs_fence *fence = tongs_device_new_fence(fixture.device);
	tongs_command_queue_set_label(fixture.queue, "queue");
	tongs_command_buffer_set_label(commands, "commands");
	tongs_encoder_set_label(encoder, "encoder");
	tongs_fence_set_label(fence, "fence");
	assert_string_equal(tongs_command_queue_get_label(fixture.queue), "queue");
	assert_string_equal(tongs_command_buffer_get_label(commands), "commands");
	assert_string_equal(tongs_encoder_get_label(encoder), "encoder");
	assert_string_equal(tongs_fence_get_label(fence), "fence");
	assert_ptr_equal(tongs_encoder_get_device(encoder), fixture.device);
	assert_ptr_equal(tongs_fence_get_device(fence), fixture.device);
	assert_ptr_equal(tongs_command_queue_get_device(fixture.queue), fixture.device);
	tongs_blit_update_fence(encoder, fence);
	tongs_blit_wait_for_fence(encoder, fence);
	tongs_fence_unref(fence);
	tongs_encoder_end(encoder);
	tongs_encoder_unref(encoder);
	finish(commands);
}

/* Each copies what the one before it wrote, whether they wait or not. */
static void they_run_in_commit_order(void **state) {
	enum { COUNT = 200 };
	(void)state;
	struct tongs_buffer *buffers[2] = {new_buffer(), new_buffer()};
	struct tongs_command_buffer *last = NULL;
	for (unsigned i = 0; i < COUNT; i++) {
		struct tongs_command_buffer *commands = new_commands();
		if (i % 2 == 0)
			encode_fill(commands, buffers[0], (uint8_t)i);
		else
			encode_copy(commands, buffers[0], buffers[1]);
		assert_true(tongs_command_buffer_commit(commands));
		tongs_command_buffer_unref(last);
		last = commands;
	}
	tongs_command_buffer_wait_until_completed(last);
	check_filled(buffers[1], COUNT - 2);
	tongs_command_buffer_unref(last);
	tongs_buffer_unref(buffers[0]);
	tongs_buffer_unref(buffers[1]);
}

/* The first one enqueued runs first, although it is committed last. */
static void enqueue_gives_the_place(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer(), *copy = new_buffer();
	struct tongs_command_buffer *first = new_commands(), *second = new_commands();
	encode_fill(first, buffer, 7);
	encode_copy(second, buffer, copy);
	tongs_command_buffer_enqueue(first);
	assert_int_equal(tongs_command_buffer_get_status(first), MTLCommandBufferStatusEnqueued);
	assert_true(tongs_command_buffer_commit(second));
	assert_true(tongs_command_buffer_get_status(second) < MTLCommandBufferStatusScheduled);
	finish(first);
	tongs_command_buffer_wait_until_completed(second);
	check_filled(copy, 7);
	tongs_command_buffer_unref(second);

	/* One that never comes gives its place back. */
	first = new_commands();
	second = new_commands();
	tongs_command_buffer_enqueue(first);
	assert_true(tongs_command_buffer_commit(second));
	tongs_command_buffer_unref(first);
	tongs_command_buffer_wait_until_completed(second);
	tongs_command_buffer_unref(second);
	tongs_buffer_unref(buffer);
	tongs_buffer_unref(copy);
}

struct calls {
	atomic_uint scheduled, completed;
	MTLCommandBufferStatus status;
};

static void on_scheduled(struct tongs_command_buffer *commands, void *user) {
	struct calls *calls = user;
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusScheduled);
	calls->scheduled++;
}

static void on_completed(struct tongs_command_buffer *commands, void *user) {
	struct calls *calls = user;
	calls->status = tongs_command_buffer_get_status(commands);
	/* Returns at once. */
	tongs_command_buffer_wait_until_completed(commands);
	calls->completed++;
}

/* All are called before waitUntilCompleted returns. */
static void handlers_are_called_once(void **state) {
	(void)state;
	struct calls calls = {0};
	struct tongs_command_buffer *commands = new_commands();
	assert_true(tongs_command_buffer_add_completed_handler(commands, on_completed, &calls));
	assert_true(tongs_command_buffer_add_scheduled_handler(commands, on_scheduled, &calls));
	assert_true(tongs_command_buffer_add_completed_handler(commands, on_completed, &calls));
	assert_true(tongs_command_buffer_commit(commands));
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(calls.scheduled, 1);
	assert_int_equal(calls.completed, 2);
	assert_int_equal(calls.status, MTLCommandBufferStatusCompleted);
	assert_false(tongs_command_buffer_add_completed_handler(commands, on_completed, &calls));
	messages_expect("is committed");
	tongs_command_buffer_unref(commands);
}

/* Of two queues, in both directions; the CPU begins. */
static void events_order_queues(void **state) {
	enum { ROUNDS = 100 };
	(void)state;
	struct tongs_command_queue *other = tongs_device_new_command_queue(fixture.device);
	struct tongs_shared_event *event = tongs_device_new_shared_event(fixture.device);
	struct tongs_buffer *buffers[2] = {new_buffer(), new_buffer()};
	struct tongs_command_buffer *last[2] = {0};
	for (uint64_t i = 0; i < ROUNDS; i++) {
		for (unsigned side = 0; side < 2; side++) {
			/* The one that runs second is committed first. */
			struct tongs_command_buffer *commands =
				tongs_command_queue_new_command_buffer(side ? fixture.queue : other);
			tongs_command_buffer_encode_wait(commands, event, side ? 2 * i + 1 : 2 * i + 2);
			if (side)
				encode_fill(commands, buffers[0], (uint8_t)(i + 1));
			else
				encode_copy(commands, buffers[0], buffers[1]);
			tongs_command_buffer_encode_signal(commands, event, side ? 2 * i + 2 : 2 * i + 3);
			assert_true(tongs_command_buffer_commit(commands));
			tongs_command_buffer_unref(last[side]);
			last[side] = commands;
		}
	}
	assert_int_equal(tongs_command_buffer_get_status(last[0]), MTLCommandBufferStatusCommitted);
	tongs_shared_event_set_signaled_value(event, 1);
	assert_true(tongs_shared_event_wait(event, 2 * ROUNDS + 1, UINT64_MAX));
	check_filled(buffers[1], ROUNDS);
	for (unsigned i = 0; i < 2; i++) {
		tongs_command_buffer_wait_until_completed(last[i]);
		tongs_command_buffer_unref(last[i]);
		tongs_buffer_unref(buffers[i]);
	}
	tongs_shared_event_unref(event);
	tongs_command_queue_unref(other);
}

static void misuse_is_refused(void **state) {
	(void)state;
	struct tongs_command_buffer *commands = new_commands();
	tongs_command_buffer_wait_until_completed(commands);
	messages_expect("is not committed");
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
	assert_null(tongs_command_buffer_new_blit_encoder(commands));
	messages_expect("an encoder of the command buffer is open");
	assert_false(tongs_command_buffer_commit(commands));
	messages_expect("an encoder of the command buffer is open");
	tongs_encoder_end(encoder);
	tongs_encoder_end(encoder);
	messages_expect("the encoder has ended");
	struct tongs_buffer *buffer = new_buffer();
	tongs_blit_fill_buffer(encoder, buffer, 0, 4, 0);
	messages_expect("the encoder has ended");
	assert_true(tongs_command_buffer_commit(commands));
	assert_false(tongs_command_buffer_commit(commands));
	messages_expect("the command buffer is committed");
	tongs_command_buffer_enqueue(commands);
	messages_expect("is enqueued already");
	assert_null(tongs_command_buffer_new_blit_encoder(commands));
	messages_expect("the command buffer is committed");
	struct tongs_shared_event *event = tongs_device_new_shared_event(fixture.device);
	tongs_command_buffer_encode_signal(commands, event, 1);
	messages_expect("the command buffer is committed");
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_shared_event_get_signaled_value(event), 0);
	tongs_shared_event_unref(event);
	tongs_command_buffer_unref(commands);
	tongs_encoder_unref(encoder);
	tongs_buffer_unref(buffer);
}

/* Pending commands keep everything, the device included, and handlers see that it is gone after. */
static void what_is_pending_lives(void **state) {
	(void)state;
	struct tongs_buffer *from = new_buffer(), *to = new_buffer();
	struct tongs_shared_event *event = tongs_device_new_shared_event(fixture.device);
	struct tongs_command_buffer *commands = new_commands();
	const struct tongs_resource *resource = tongs_buffer_get_resource(from);
	memset(tongs_buffer_get_contents(from), 9, SIZE);
	tongs_command_buffer_encode_wait(commands, event, 1);
	encode_copy(commands, from, to);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_buffer_unref(from);
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(fixture.queue);
	assert_int_equal(tongs_handle_kind(resource), TONGS_KIND_BUFFER);
	assert_int_equal(tongs_handle_kind(commands), TONGS_KIND_COMMAND_BUFFER);
	tongs_shared_event_set_signaled_value(event, 1);
	for (int i = 0; tongs_handle_kind(commands) == TONGS_KIND_COMMAND_BUFFER; i++) {
		assert_true(i < 10000);
		usleep(1000);
	}
	check_filled(to, 9);
	assert_int_equal(tongs_handle_kind(resource), TONGS_KIND_NONE);
	tongs_buffer_unref(to);
	tongs_shared_event_unref(event);
	fixture.queue = NULL;
}

/* With an encoder open, too. */
static void what_is_never_committed_leaves_nothing(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer();
	for (unsigned i = 0; i < 1000; i++) {
		struct tongs_command_buffer *commands = new_commands();
		struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(commands);
		tongs_blit_fill_buffer(encoder, buffer, 0, SIZE, 1);
		if (i % 2)
			tongs_encoder_end(encoder);
		tongs_command_buffer_unref(commands);
		if (i % 2 == 0) {
			tongs_encoder_end(encoder);
			messages_expect("the encoder has ended");
		}
		tongs_encoder_unref(encoder);
	}
	tongs_buffer_unref(buffer);
}

enum { THREADS = 4, EACH = 200 };

static void *commit_many(void *user) {
	struct tongs_buffer *buffer = user;
	for (unsigned i = 0; i < EACH; i++) {
		struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(fixture.queue);
		encode_fill(commands, buffer, (uint8_t)i);
		tongs_command_buffer_commit(commands);
		if (i % 8 == 0 || i == EACH - 1)
			tongs_command_buffer_wait_until_completed(commands);
		tongs_command_buffer_unref(commands);
	}
	return NULL;
}

static void threads_share_a_queue(void **state) {
	pthread_t threads[THREADS];
	struct tongs_buffer *buffers[THREADS];
	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		buffers[i] = new_buffer();
		assert_int_equal(pthread_create(&threads[i], NULL, commit_many, buffers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		check_filled(buffers[i], EACH - 1);
		tongs_buffer_unref(buffers[i]);
	}
}

struct chain {
	struct tongs_command_buffer *next;
	atomic_uint order;
	atomic_bool entered;
	unsigned seen; /* the order when the handler had waited */
};

static void count(struct tongs_command_buffer *commands, void *user) {
	struct chain *chain = user;
	(void)commands;
	chain->order++;
}

static void wait_for_next(struct tongs_command_buffer *commands, void *user) {
	struct chain *chain = user;
	(void)commands;
	tongs_command_buffer_wait_until_completed(chain->next);
	chain->seen = chain->order;
}

static void note_entry(struct tongs_command_buffer *commands, void *user) {
	struct chain *chain = user;
	(void)commands;
	chain->entered = true;
}

/* A completed handler waits for one that its queue runs later, which is committed before or meanwhile. */
static void handlers_wait_for_the_next(void **state) {
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct chain chain = {.next = new_commands()};
		struct tongs_command_buffer *first = new_commands(), *between = new_commands();
		struct tongs_buffer *buffer = new_buffer();
		tongs_command_buffer_add_completed_handler(first, note_entry, &chain);
		tongs_command_buffer_add_completed_handler(first, wait_for_next, &chain);
		tongs_command_buffer_add_completed_handler(chain.next, count, &chain);
		encode_fill(chain.next, buffer, 5);
		tongs_command_buffer_enqueue(first);
		tongs_command_buffer_enqueue(between);
		assert_true(tongs_command_buffer_commit(chain.next));
		if (!late)
			assert_true(tongs_command_buffer_commit(between));
		assert_true(tongs_command_buffer_commit(first));
		while (late && !chain.entered)
			usleep(1000);
		if (late)
			assert_true(tongs_command_buffer_commit(between));
		tongs_command_buffer_wait_until_completed(first);
		assert_int_equal(chain.seen, 1);
		check_filled(buffer, 5);
		tongs_command_buffer_unref(first);
		tongs_command_buffer_unref(between);
		tongs_command_buffer_unref(chain.next);
		tongs_buffer_unref(buffer);
	}
}

/* A scheduled handler cannot: its own commands come first. */
static void scheduled_handlers_do_not_wait_for_the_next(void **state) {
	(void)state;
	struct chain chain = {.next = new_commands()};
	struct tongs_command_buffer *first = new_commands();
	tongs_command_buffer_add_scheduled_handler(first, wait_for_next, &chain);
	tongs_command_buffer_add_completed_handler(chain.next, count, &chain);
	tongs_command_buffer_enqueue(first);
	assert_true(tongs_command_buffer_commit(chain.next));
	assert_true(tongs_command_buffer_commit(first));
	tongs_command_buffer_wait_until_completed(first);
	assert_int_equal(chain.seen, 0);
	messages_expect("a scheduled handler cannot wait");
	tongs_command_buffer_wait_until_completed(chain.next);
	tongs_command_buffer_unref(first);
	tongs_command_buffer_unref(chain.next);
}

static void on_wrong_process(struct tongs_command_buffer *commands, void *user) {
	const pid_t *parent = user;
	(void)commands;
	if (getpid() != *parent)
		_exit(2);
}

/* What the parent enqueued can be committed in a child, which does not run what the parent committed. */
static void a_child_runs_its_own(void **state) {
	(void)state;
	pid_t parent = getpid();
	int status = 0;
	struct chain chain = {0};
	struct tongs_command_buffer *blocked = new_commands(), *enqueued = new_commands(), *empty = new_commands(),
				    *pending = new_commands();
	tongs_command_buffer_enqueue(blocked);
	tongs_command_buffer_add_completed_handler(pending, on_wrong_process, &parent);
	assert_true(tongs_command_buffer_commit(pending));
	tongs_command_buffer_enqueue(enqueued);
	tongs_command_buffer_add_completed_handler(enqueued, count, &chain);
	const pid_t child = fork();
	if (child == 0) {
		alarm(10);
		tongs_command_buffer_unref(blocked);
		tongs_command_buffer_commit(empty);
		tongs_command_buffer_wait_until_completed(empty);
		tongs_command_buffer_commit(enqueued);
		tongs_command_buffer_wait_until_completed(enqueued);
		_exit(chain.order == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(tongs_command_buffer_commit(blocked));
	finish(enqueued);
	assert_int_equal(chain.order, 1);
	finish(empty);
	tongs_command_buffer_unref(blocked);
	tongs_command_buffer_unref(pending);
}

static void *wait_once_committed(void *user) {
	struct tongs_command_buffer *commands = user;
	while (tongs_command_buffer_get_status(commands) < MTLCommandBufferStatusCommitted)
		;
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	return NULL;
}

static void threads_wait_as_soon_as_it_is_committed(void **state) {
	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		struct chain chain = {0};
		struct tongs_command_buffer *commands = new_commands();
		pthread_t thread;
		tongs_command_buffer_add_completed_handler(commands, count, &chain);
		assert_int_equal(pthread_create(&thread, NULL, wait_once_committed, commands), 0);
		if (i % 2)
			usleep(100);
		assert_true(tongs_command_buffer_commit(commands));
		pthread_join(thread, NULL);
		assert_int_equal(chain.order, 1);
		tongs_command_buffer_unref(commands);
	}
}

/* Each allocation fails once: the command buffer is missing or has failed, or everything was done. */
static void failing_allocations(void **state) {
	enum { BUFFERS = 12 };
	(void)state;
	unsigned done = 0, failed = 0;
	for (uint64_t countdown = 0; !done; countdown++) {
		struct tongs_buffer *buffers[BUFFERS];
		struct tongs_shared_event *event = tongs_device_new_shared_event(fixture.device);
		struct chain chain = {0};
		for (size_t i = 0; i < BUFFERS; i++)
			buffers[i] = new_buffer();
		tongs_alloc_fail_after(countdown);
		struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(fixture.queue);
		struct tongs_encoder *encoder = commands ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
		for (size_t i = 0; encoder && i < BUFFERS; i++)
			tongs_blit_fill_buffer(encoder, buffers[i], 1, SIZE - 2, 3);
		if (encoder)
			tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
		const bool added = commands && tongs_command_buffer_add_completed_handler(commands, count, &chain);
		for (uint64_t value = 1; commands && value < 12; value++)
			tongs_command_buffer_encode_signal(commands, event, value);
		if (commands) {
			assert_true(tongs_command_buffer_commit(commands));
			tongs_command_buffer_wait_until_completed(commands);
			assert_int_equal(chain.order, added);
		}
		const bool ran = commands && encoder && added &&
				 tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted;
		tongs_command_buffer_unref(commands);
		done = tongs_alloc_fail_after(UINT64_MAX) != UINT64_MAX;
		failed += !ran;
		if (commands)
			assert_int_equal(tongs_shared_event_get_signaled_value(event), 11);
		for (size_t i = 0; i < BUFFERS; i++) {
			const uint8_t *bytes = tongs_buffer_get_contents(buffers[i]);
			for (size_t at = 0; ran && at < SIZE; at++)
				assert_int_equal(bytes[at], at > 0 && at < SIZE - 1 ? 3 : 0);
			tongs_buffer_unref(buffers[i]);
		}
		tongs_shared_event_unref(event);
		assert_true(done ? ran : countdown < 1000);
	}
	assert_true(failed > 5);
	messages_take();
}

enum { EVENTS = 6 };

/* The signals of one command buffer, of which allocation `countdown` fails. It waits for the first event's value 1,
 * which comes after `commit`, and fills a buffer. Returns whether it completed. */
static bool signal_many(unsigned signals, unsigned events, uint64_t countdown, bool *all) {
	struct tongs_shared_event *go = tongs_device_new_shared_event(fixture.device), *to[EVENTS];
	struct tongs_buffer *buffer = new_buffer();
	struct tongs_command_buffer *commands = new_commands();
	for (unsigned i = 0; i < events; i++)
		to[i] = tongs_device_new_shared_event(fixture.device);
	tongs_alloc_fail_after(countdown);
	if (events < EVENTS)
		tongs_command_buffer_encode_wait(commands, go, 1);
	struct tongs_encoder *encoder = events == 1 ? tongs_command_buffer_new_blit_encoder(commands) : NULL;
	if (encoder) {
		tongs_blit_fill_buffer(encoder, buffer, 0, SIZE, 7);
		tongs_encoder_end(encoder);
		tongs_encoder_unref(encoder);
	}
	for (unsigned i = 0; i < signals; i++)
		tongs_command_buffer_encode_signal(commands, to[i % events], i / events + 1);
	*all = tongs_alloc_fail_after(UINT64_MAX) != UINT64_MAX;
	/* As long as there is something else to give up, nothing is signalled before its turn. */
	for (unsigned i = 0; i < events && events < EVENTS; i++)
		assert_int_equal(tongs_shared_event_get_signaled_value(to[i]), 0);
	assert_true(tongs_command_buffer_commit(commands));
	tongs_shared_event_set_signaled_value(go, 1);
	tongs_command_buffer_wait_until_completed(commands);
	const bool completed =
		(encoder || events > 1) && tongs_command_buffer_get_status(commands) == MTLCommandBufferStatusCompleted;
	for (unsigned i = 0; i < events; i++) {
		assert_int_equal(tongs_shared_event_get_signaled_value(to[i]), (signals + events - 1 - i) / events);
		tongs_shared_event_unref(to[i]);
	}
	tongs_command_buffer_unref(commands);
	tongs_buffer_unref(buffer);
	tongs_shared_event_unref(go);
	return completed;
}

/* Whichever allocation fails, what is signalled last is there in the end, and the command buffer says that it failed.
 */
static void no_signal_is_lost(void **state) {
	static const unsigned events[] = {1, 2, EVENTS};
	unsigned failed = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		for (unsigned signals = 1; signals <= 3 * EVENTS; signals++) {
			bool all = false;
			for (uint64_t countdown = 0; !all; countdown++) {
				const bool completed = signal_many(signals, events[i], countdown, &all);
				assert_true(completed || !all);
				failed += !completed;
			}
		}
	print_message("%u command buffers failed\n", failed);
	assert_true(failed > 50);
	messages_take();
}

static unsigned destroyed_pools;
static PFN_vkDestroyCommandPool destroy_pool;

static VKAPI_ATTR VkResult VKAPI_CALL fail_reset(
	VkDevice vk_device, VkCommandPool pool, VkCommandPoolResetFlags flags) {
	(void)vk_device, (void)pool, (void)flags;
	return VK_ERROR_OUT_OF_DEVICE_MEMORY;
}

static VKAPI_ATTR void VKAPI_CALL count_pool(
	VkDevice vk_device, VkCommandPool pool, const VkAllocationCallbacks *callbacks) {
	destroyed_pools++;
	destroy_pool(vk_device, pool, callbacks);
}

/* Commands that the driver does not reset are not used again. */
static void commands_that_cannot_be_reset(void **state) {
	(void)state;
	struct tongs_buffer *buffer = new_buffer();
	struct tongs_vk_device *vkd =
		(struct tongs_vk_device *)tongs_own_device_get_vk_device(tongs_device_get_own_device(fixture.device));
	const struct tongs_vk_device real = *vkd;
	destroy_pool = real.DestroyCommandPool;
	vkd->ResetCommandPool = fail_reset;
	vkd->DestroyCommandPool = count_pool;
	for (unsigned i = 1; i < 4; i++) {
		struct tongs_command_buffer *commands = new_commands();
		encode_fill(commands, buffer, (uint8_t)i);
		finish(commands);
		check_filled(buffer, (uint8_t)i);
		assert_int_equal(destroyed_pools, i);
	}
	vkd->ResetCommandPool = real.ResetCommandPool;
	vkd->DestroyCommandPool = real.DestroyCommandPool;
	tongs_buffer_unref(buffer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(an_empty_one_completes),
		TEST(labels),
		TEST(they_run_in_commit_order),
		TEST(enqueue_gives_the_place),
		TEST(handlers_are_called_once),
		TEST(events_order_queues),
		TEST(misuse_is_refused),
		TEST(what_is_pending_lives),
		TEST(what_is_never_committed_leaves_nothing),
		TEST(threads_share_a_queue),
		TEST(failing_allocations),
		TEST(no_signal_is_lost),
		TEST(commands_that_cannot_be_reset),
		TEST(handlers_wait_for_the_next),
		TEST(scheduled_handlers_do_not_wait_for_the_next),
		TEST(a_child_runs_its_own),
		TEST(threads_wait_as_soon_as_it_is_committed),
	};
	return cmocka_run_group_tests_name("metal: commands", tests, NULL, NULL);
}
