/* SPDX-License-Identifier: MIT */
/* MTLCommandBuffer: what is recorded, when it runs, and who is told. */
#include <pthread.h>
#include <string.h>

#include "commands/command.h"
#include "commands/command_steps.h"
#include "metal/device.h"
#include "util/alloc.h"
#include "util/fork.h"
#include "util/futex.h"
#include "util/log.h"
#include "vulkan/driver_call.h"

/* Guards handlers against a commit in another thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_COMMANDS, NULL);

/* Gives commands back to the queue, which uses them again. */
static void recycle(struct tongs_command_queue *queue, struct tongs_own_commands *commands) {
	const bool empty = tongs_own_commands_reset(commands);
	for (size_t i = 0; empty && i < TONGS_SPARE_COMMANDS && commands; i++) {
		struct tongs_own_commands *none = NULL;
		if (atomic_compare_exchange_strong(&queue->spare[i], &none, commands))
			commands = NULL;
	}
	tongs_own_commands_destroy(commands);
}

static struct tongs_own_commands *take_spare(struct tongs_command_queue *queue) {
	struct tongs_own_commands *commands = NULL;
	for (size_t i = 0; i < TONGS_SPARE_COMMANDS && !commands; i++)
		commands = atomic_exchange(&queue->spare[i], NULL);
	return commands;
}

static void finish_step(struct tongs_command_buffer *commands, struct tongs_step *step) {
	if (step->commands)
		recycle(commands->queue, step->commands);
	tongs_shared_event_unref(step->event);
}

/* What ends with the run: the application can release resources in its completed handlers. */
static void drop_contents(struct tongs_command_buffer *commands) {
	struct tongs_object **retained = commands->retained.items;
	for (size_t i = 0; i < commands->steps.count; i++)
		finish_step(commands, &tongs_command_buffer_get_steps(commands)[i]);
	for (size_t i = 0; i < commands->retained.count; i++)
		tongs_object_unref(retained[i]);
	struct tongs_shared_event **others = commands->others.items;
	for (size_t i = 0; i < commands->others.count; i++)
		tongs_shared_event_unref(others[i]);
	tongs_shared_event_unref(commands->ran);
	commands->ran = NULL;
	tongs_list_finish(&commands->steps);
	tongs_list_finish(&commands->retained);
	tongs_list_finish(&commands->fences);
	tongs_list_finish(&commands->others);
}

static void release_handlers(struct tongs_command_buffer *commands) {
	struct tongs_handler *handlers = commands->handlers.items;
	for (size_t i = 0; i < commands->handlers.count; i++)
		if (handlers[i].release)
			handlers[i].release(handlers[i].user);
	tongs_list_finish(&commands->handlers);
}

static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_command_buffer *commands = (struct tongs_command_buffer *)object;
	struct tongs_command_queue *queue = commands->queue;
	if (commands->encoder) {
		commands->encoder->commands = NULL;
		tongs_object_unref(&commands->encoder->object);
	}
	if (atomic_load(&commands->status) == MTLCommandBufferStatusEnqueued)
		tongs_lane_remove(queue->lane, &commands->job);
	drop_contents(commands);
	release_handlers(commands);
	tongs_label_finish(&commands->label);
	tongs_object_free(object);
	return &queue->object;
}

static void call_handlers(struct tongs_command_buffer *commands, bool scheduled) {
	const struct tongs_handler *handlers = commands->handlers.items;
	for (size_t i = 0; i < commands->handlers.count; i++)
		if (handlers[i].scheduled == scheduled)
			handlers[i].call(commands, handlers[i].user);
	atomic_store(scheduled ? &commands->scheduled : &commands->done, true);
	atomic_fetch_add(&commands->changes, 1);
	tongs_futex_wake_all(&commands->changes);
}

static void report(const struct tongs_command_buffer *commands) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *label = tongs_label_read(&commands->label, text, sizeof(text));
	tongs_log_error("the command buffer %s%s%s failed: %s", label ? "`" : "", label ? label : "without a label",
		label ? "'" : "", tongs_vk_result_name(commands->result));
}

static struct tongs_command_buffer *from_job(struct tongs_lane_job *job) {
	return (struct tongs_command_buffer *)((char *)job - offsetof(struct tongs_command_buffer, job));
}

static void wait_for_others(const struct tongs_command_buffer *commands) {
	struct tongs_shared_event **others = commands->others.items;
	for (size_t i = 0; i < commands->others.count; i++)
		tongs_shared_event_wait(others[i], 1, UINT64_MAX);
}

static void run(struct tongs_lane_job *job) {
	struct tongs_command_buffer *commands = from_job(job);
	commands->thread = pthread_self();
	atomic_store(&commands->status, MTLCommandBufferStatusScheduled);
	call_handlers(commands, true);
	wait_for_others(commands);
	bool alive = tongs_command_buffer_run_steps(commands);
	if (commands->ran)
		tongs_shared_event_set_signaled_value(commands->ran, 1);
	if (!alive)
		tongs_command_buffer_fail(commands, VK_ERROR_DEVICE_LOST);
	if (commands->result != VK_SUCCESS && alive)
		report(commands);
	if (alive && (alive = tongs_driver_call_begin())) {
		drop_contents(commands);
		tongs_driver_call_end();
	}
	atomic_store(&commands->status,
		commands->result == VK_SUCCESS ? MTLCommandBufferStatusCompleted : MTLCommandBufferStatusError);
	call_handlers(commands, false);
	release_handlers(commands);
	/* What the process leaves behind at its end would be destroyed by its driver. */
	if (alive && tongs_driver_call_begin()) {
		tongs_object_unref(&commands->object);
		tongs_driver_call_end();
	}
}

struct tongs_command_buffer *tongs_command_buffer_create(struct tongs_command_queue *queue) {
	struct tongs_command_buffer *commands = (struct tongs_command_buffer *)tongs_object_create(
		TONGS_KIND_COMMAND_BUFFER, sizeof(*commands), destroy);
	if (!commands) {
		tongs_log_error("commandBuffer: out of memory");
		return NULL;
	}
	tongs_object_ref(&queue->object);
	commands->queue = queue;
	commands->retains = true;
	commands->steps = (struct tongs_list){commands->first_steps,
		.capacity = sizeof(commands->first_steps) / sizeof(*commands->first_steps), .is_lent = true};
	commands->job.run = run;
	return commands;
}

bool tongs_command_buffer_check_open(const struct tongs_command_buffer *commands, const char *what) {
	const bool committed = atomic_load(&commands->status) >= MTLCommandBufferStatusCommitted;
	if (committed)
		tongs_log_error("%s the command buffer is committed: make a new one", what);
	else if (commands->encoder && commands->encoder->commands)
		tongs_log_error("%s an encoder of the command buffer is open: send endEncoding to it first", what);
	else
		return true;
	return false;
}

void tongs_command_buffer_retain(struct tongs_command_buffer *commands, void *object) {
	struct tongs_object **items = commands->retained.items;
	const size_t count = commands->retained.count;
	/* Copies often have the resources of the ones before. */
	for (size_t i = count > 4 ? count - 4 : 0; i < count; i++)
		if (items[i] == object)
			return;
	struct tongs_object **item = object ? tongs_list_add(&commands->retained, sizeof(*item)) : NULL;
	if (item) {
		tongs_object_ref(object);
		*item = object;
	} else if (object) {
		tongs_command_buffer_fail(commands, VK_ERROR_OUT_OF_HOST_MEMORY);
	}
}

void tongs_command_buffer_use_fence(struct tongs_command_buffer *commands, struct tongs_fence *fence, bool updates) {
	struct tongs_fence_use *use = tongs_list_add(&commands->fences, sizeof(*use));
	if (use)
		*use = (struct tongs_fence_use){fence, updates};
	else
		tongs_command_buffer_fail(commands, VK_ERROR_OUT_OF_HOST_MEMORY);
	tongs_command_buffer_retain(commands, fence);
}

/* Whether the command buffer has what it waits for, and others can wait for it; before it can run. */
static bool commit_fences(struct tongs_command_buffer *commands) {
	const struct tongs_fence_use *uses = commands->fences.items;
	const size_t count = commands->fences.count;
	const uint64_t least = count ? tongs_lane_take_turn(commands->queue->lane, &commands->job) : 0;
	bool updates = false, done = true;
	for (size_t i = 0; i < count; i++) {
		updates = updates || uses[i].updates;
		if (!uses[i].updates)
			done = tongs_fence_collect(uses[i].fence, least, commands->process, &commands->others) && done;
	}
	if (updates)
		commands->ran = tongs_event_create(commands->queue->device, TONGS_KIND_EVENT);
	for (size_t i = 0; i < count && commands->ran; i++)
		if (uses[i].updates)
			done = tongs_fence_update(
				       uses[i].fence, commands->job.turn, commands->process, commands->ran) &&
			       done;
	return done && (!updates || commands->ran);
}

struct tongs_own_commands *tongs_command_buffer_get_commands(struct tongs_command_buffer *commands) {
	const size_t count = commands->steps.count;
	struct tongs_own_commands *own = count ? tongs_command_buffer_get_steps(commands)[count - 1].commands : NULL;
	struct tongs_own_device *dev = own ? NULL : tongs_device_get_own_device(commands->queue->device);
	if (own || commands->result != VK_SUCCESS)
		return commands->result == VK_SUCCESS ? own : NULL;
	VkResult result = VK_ERROR_INITIALIZATION_FAILED;
	own = dev ? take_spare(commands->queue) : NULL;
	if (dev && !own)
		own = tongs_own_commands_create(dev, &result);
	struct tongs_step *step = own ? tongs_list_add(&commands->steps, sizeof(*step)) : NULL;
	if (step) {
		step->commands = own;
		return own;
	}
	tongs_command_buffer_fail(commands, own ? VK_ERROR_OUT_OF_HOST_MEMORY : result);
	tongs_own_commands_destroy(own);
	return NULL;
}

/* Without memory for another step, in a command buffer that has failed: nothing but its signals matters any more. So
 * the signal takes the place of what does not run, or joins the event's last one, in the same order. If all are signals
 * of others there is no place, and it is signalled at once: early, but those who wait for it do not hang. */
static void add_signal_without_memory(
	struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value) {
	struct tongs_step *steps = tongs_command_buffer_get_steps(commands);
	size_t i = commands->steps.count, last = i - 1;
	while (i > 0 && steps[i - 1].signals && steps[i - 1].event != event)
		i--;
	if (i == 0) {
		tongs_shared_event_set_signaled_value(event, value);
	} else if (steps[i - 1].signals) {
		if (steps[i - 1].value < value)
			steps[i - 1].value = value;
	} else {
		finish_step(commands, &steps[i - 1]);
		memmove(&steps[i - 1], &steps[i], (last + 1 - i) * sizeof(*steps));
		steps[last] =
			(struct tongs_step){.event = tongs_shared_event_ref(event), .value = value, .signals = true};
	}
}

/* For a group of steps on the GPU; not in the lane, for the process may exit while that runs. */
static void open_device(struct tongs_device *device) {
	struct tongs_own_device *own = tongs_device_get_own_device(device);
	if (own && tongs_own_device_get_info(own)->shares_semaphores)
		tongs_own_device_get_vk_device(own);
}

static void add_event_step(struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value,
	bool signals, const char *what) {
	if (!tongs_command_buffer_check_open(commands, what))
		return;
	if (event->device != commands->queue->device) {
		tongs_log_error("%s the event is of another device", what);
		return;
	}
	struct tongs_step *step = tongs_list_add(&commands->steps, sizeof(*step));
	if (step) {
		*step = (struct tongs_step){.event = tongs_shared_event_ref(event), .value = value, .signals = signals};
		if (atomic_load(&event->mirrors))
			open_device(commands->queue->device);
		return;
	}
	tongs_command_buffer_fail(commands, VK_ERROR_OUT_OF_HOST_MEMORY);
	if (signals)
		add_signal_without_memory(commands, event, value);
}

void tongs_command_buffer_encode_wait(
	struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value) {
	add_event_step(commands, event, value, false, "encodeWaitForEvent:value:");
}

void tongs_command_buffer_encode_signal(
	struct tongs_command_buffer *commands, struct tongs_shared_event *event, uint64_t value) {
	add_event_step(commands, event, value, true, "encodeSignalEvent:value:");
}

struct tongs_encoder *tongs_command_buffer_new_encoder(
	struct tongs_command_buffer *commands, enum tongs_kind kind, size_t size, const char *what) {
	if (!tongs_command_buffer_check_open(commands, what))
		return NULL;
	struct tongs_encoder *encoder = (struct tongs_encoder *)tongs_object_create(kind, size, tongs_encoder_destroy);
	if (!encoder) {
		tongs_log_error("%s out of memory", what);
		return NULL;
	}
	encoder->device = tongs_device_ref(commands->queue->device);
	encoder->commands = commands;
	if (commands->encoder)
		tongs_object_unref(&commands->encoder->object);
	tongs_object_ref(&encoder->object);
	commands->encoder = encoder;
	return encoder;
}

bool tongs_command_buffer_add_handler(struct tongs_command_buffer *commands, bool scheduled,
	tongs_command_buffer_handler handler, void (*release)(void *user), void *user) {
	const char *fault = "out of memory";
	struct tongs_handler *added = NULL;
	pthread_mutex_lock(&lock);
	if (atomic_load(&commands->status) >= MTLCommandBufferStatusCommitted)
		fault = "the command buffer is committed: add handlers before";
	else
		added = tongs_list_add(&commands->handlers, sizeof(*added));
	if (added)
		*added = (struct tongs_handler){handler, release, user, scheduled};
	pthread_mutex_unlock(&lock);
	if (added)
		return true;
	tongs_log_error("%s %s", scheduled ? "addScheduledHandler:" : "addCompletedHandler:", fault);
	if (release)
		release(user);
	return false;
}

bool tongs_command_buffer_add_scheduled_handler(
	struct tongs_command_buffer *commands, tongs_command_buffer_handler handler, void *user) {
	return tongs_command_buffer_add_handler(commands, true, handler, NULL, user);
}

bool tongs_command_buffer_add_completed_handler(
	struct tongs_command_buffer *commands, tongs_command_buffer_handler handler, void *user) {
	return tongs_command_buffer_add_handler(commands, false, handler, NULL, user);
}

void tongs_command_buffer_enqueue(struct tongs_command_buffer *commands) {
	MTLCommandBufferStatus none = MTLCommandBufferStatusNotEnqueued;
	if (atomic_compare_exchange_strong(&commands->status, &none, MTLCommandBufferStatusEnqueued))
		tongs_lane_add(commands->queue->lane, &commands->job);
	else
		tongs_log_error("enqueue: the command buffer is enqueued already");
}

bool tongs_command_buffer_commit(struct tongs_command_buffer *commands) {
	static const char what[] = "commit:";
	if (!tongs_command_buffer_check_open(commands, what))
		return false;
	const uint32_t process = tongs_lane_get_process();
	pthread_mutex_lock(&lock);
	const bool first = atomic_load(&commands->status) < MTLCommandBufferStatusCommitted;
	if (first) {
		commands->process = process; /* before another thread sees the status, and waits */
		atomic_store(&commands->status, MTLCommandBufferStatusCommitted);
	}
	pthread_mutex_unlock(&lock);
	if (!first) {
		tongs_log_error("%s the command buffer is committed already", what);
		return false;
	}
	tongs_object_ref(&commands->object);
	if (!commit_fences(commands))
		tongs_command_buffer_fail(commands, VK_ERROR_OUT_OF_HOST_MEMORY);
	/* There is nothing to wait for, and nobody to call. */
	const bool empty = !commands->steps.count && !commands->handlers.count && !commands->fences.count;
	if (!empty || !tongs_lane_run_if_idle(commands->queue->lane, &commands->job))
		tongs_lane_start(commands->queue->lane, &commands->job);
	return true;
}

/* In a handler of a command buffer of the same queue, which the others have to wait for: runs the next. False: there is
 * nothing to run, or no use in waiting. */
static bool wait_in_handler(struct tongs_command_buffer *commands, const char *what) {
	struct tongs_lane_job *running = tongs_lane_get_running(commands->queue->lane);
	if (atomic_load(&from_job(running)->status) >= MTLCommandBufferStatusCompleted) {
		tongs_lane_run_next(commands->queue->lane);
		return true;
	}
	tongs_log_error("%s a scheduled handler cannot wait for what runs after its own command buffer: wait in a "
			"completed handler",
		what);
	return false;
}

static void wait_for(struct tongs_command_buffer *commands, atomic_bool *flag, const char *what) {
	if (atomic_load(&commands->status) < MTLCommandBufferStatusCommitted) {
		tongs_log_error("%s the command buffer is not committed: send commit first", what);
		return;
	}
	if (commands->process != tongs_lane_get_process()) {
		tongs_log_error("%s the command buffer runs in the process that forked this one", what);
		return;
	}
	for (;;) {
		const uint32_t seen = atomic_load(&commands->changes);
		/* Of a handler, which must not wait for itself. */
		const bool inside = atomic_load(&commands->status) >= MTLCommandBufferStatusScheduled &&
				    pthread_equal(commands->thread, pthread_self());
		if (atomic_load(flag) || inside)
			return;
		if (!tongs_lane_get_running(commands->queue->lane))
			tongs_futex_wait(&commands->changes, seen, NULL);
		else if (!wait_in_handler(commands, what))
			return;
	}
}

void tongs_command_buffer_wait_until_scheduled(struct tongs_command_buffer *commands) {
	wait_for(commands, &commands->scheduled, "waitUntilScheduled:");
}

void tongs_command_buffer_wait_until_completed(struct tongs_command_buffer *commands) {
	wait_for(commands, &commands->done, "waitUntilCompleted:");
}

MTLCommandBufferStatus tongs_command_buffer_get_status(const struct tongs_command_buffer *commands) {
	return atomic_load(&commands->status);
}

MTLCommandBufferError tongs_command_buffer_get_error(const struct tongs_command_buffer *commands, const char **text) {
	const bool failed = atomic_load(&commands->status) == MTLCommandBufferStatusError;
	const VkResult result = failed ? commands->result : VK_SUCCESS;
	if (text)
		*text = failed ? tongs_vk_result_name(result) : NULL;
	switch (result) {
	case VK_SUCCESS:
		return MTLCommandBufferErrorNone;
	case VK_ERROR_OUT_OF_HOST_MEMORY:
	case VK_ERROR_OUT_OF_DEVICE_MEMORY:
		return MTLCommandBufferErrorOutOfMemory;
	case VK_ERROR_DEVICE_LOST:
		return MTLCommandBufferErrorDeviceRemoved;
	default:
		return MTLCommandBufferErrorInternal;
	}
}

static bool has_ended(const struct tongs_command_buffer *commands) {
	return atomic_load(&commands->status) >= MTLCommandBufferStatusCompleted;
}

double tongs_command_buffer_get_gpu_start_time(const struct tongs_command_buffer *commands) {
	return has_ended(commands) ? commands->start : 0;
}

double tongs_command_buffer_get_gpu_end_time(const struct tongs_command_buffer *commands) {
	return has_ended(commands) ? commands->end : 0;
}

struct tongs_command_queue *tongs_command_buffer_get_queue(const struct tongs_command_buffer *commands) {
	return commands->queue;
}

const char *tongs_command_buffer_get_label(const struct tongs_command_buffer *commands) {
	return tongs_label_get(&commands->label);
}

void tongs_command_buffer_set_label(struct tongs_command_buffer *commands, const char *label) {
	if (!tongs_label_set(&commands->label, label))
		tongs_log_error("setLabel: out of memory");
}
