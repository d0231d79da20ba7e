/* SPDX-License-Identifier: MIT */
/* How the steps of a command buffer run, in the lane of its queue: one by one by the CPU, or a group of them by the
 * GPU. */
#include "commands/command_steps.h"

#include <pthread.h>

#include "metal/device.h"
#include "util/clock.h"
#include "util/fork.h"
#include "vulkan/driver_call.h"

static double now(void) {
	return (double)tongs_clock_now() * 1e-9;
}

/* Submits commands and waits for them. */
static VkResult run_commands(struct tongs_command_buffer *commands, struct tongs_own_commands *own) {
	if (commands->start == 0)
		commands->start = now();
	VkResult result = tongs_own_commands_submit(own);
	if (result == VK_SUCCESS)
		result = tongs_own_commands_wait(own);
	commands->end = now();
	return result;
}

/* False: the process exits, and no driver may be called any more. */
static bool run_step(struct tongs_command_buffer *commands, const struct tongs_step *step) {
	if (!step->commands && step->signals)
		tongs_shared_event_set_signaled_value(step->event, step->value);
	else if (!step->commands)
		tongs_shared_event_wait(step->event, step->value, UINT64_MAX);
	if (!step->commands || commands->result != VK_SUCCESS)
		return true;
	if (!tongs_driver_call_begin())
		return false;
	tongs_command_buffer_fail(commands, run_commands(commands, step->commands));
	tongs_driver_call_end();
	return true;
}

/* Steps that the GPU does by itself: commands, with waits for events before or signals of events behind. Without
 * commands the CPU is faster: a GPU takes longer to go from one VkDevice to another. */
struct group {
	struct tongs_own_points waits, signals;
	struct tongs_own_commands *commands;
	VkQueue queue;
	size_t count;
};

/* The queue on which the command buffer may wait; NULL: there is none. */
static VkQueue get_waiting_queue(struct tongs_command_queue *queue, struct tongs_own_device *own) {
	const uint32_t process = tongs_lane_get_process();
	if (queue->waiting_queue)
		return queue->process == process ? queue->waiting_queue : NULL;
	queue->process = process;
	return queue->waiting_queue = tongs_own_device_take_queue(own);
}

/* VUID-VkSubmitInfo-pWaitSemaphores-03243 and -pSignalSemaphores-03244 */
static bool is_near(uint64_t value, uint64_t current, const struct tongs_own_device *own) {
	const uint64_t difference = value < current ? current - value : value - current;
	return difference <= tongs_own_device_get_info(own)->max_semaphore_difference;
}

/* A semaphore's value only grows: signals that would not raise it, because it has the value or has it after the waits
 * of the same submission, are left to the CPU, which does nothing then. `waits` is NULL for one of these. */
static bool add_point(struct tongs_own_points *points, const struct tongs_step *step, struct tongs_own_device *own,
	const struct tongs_own_points *waits) {
	struct tongs_own_semaphore *semaphore =
		points->count < TONGS_MAX_POINTS ? tongs_event_acquire_semaphore(step->event, own) : NULL;
	const uint64_t current = semaphore ? tongs_own_semaphore_get_value(semaphore) : 0;
	bool fits = semaphore && (!waits || current < step->value) && is_near(step->value, current, own);
	for (uint32_t i = 0; waits && i < points->count; i++)
		fits = fits && points->items[i].semaphore != semaphore;
	for (uint32_t i = 0; waits && i < waits->count; i++)
		fits = fits && (waits->items[i].semaphore != semaphore || waits->items[i].value < step->value);
	if (fits)
		points->items[points->count++] = (struct tongs_own_point){semaphore, step->value};
	else
		tongs_own_semaphore_unref(semaphore);
	return fits;
}

static bool is_wait(const struct tongs_step *step) {
	return !step->commands && !step->signals;
}

/* Whether a group may begin with a step: it has commands, and an event that is a semaphore. What has none runs on the
 * queue that all share. */
static bool may_begin_group(const struct tongs_command_buffer *commands, size_t first) {
	const struct tongs_step *begin = tongs_command_buffer_get_steps(commands) + first,
				*end = begin - first + commands->steps.count;
	const struct tongs_step *step = begin;
	while (step < end && is_wait(step))
		step++;
	if (commands->result != VK_SUCCESS || step == end || !step->commands)
		return false;
	if (step == begin)
		step++;
	else
		step = begin;
	return step < end && (step == begin || step->signals) && atomic_load(&step->event->mirrors);
}

/* The group that begins with a step; false: there is none. To be finished in any case. */
static bool gather(struct tongs_command_buffer *commands, size_t first, struct group *group) {
	const struct tongs_step *steps = tongs_command_buffer_get_steps(commands), *end = steps + commands->steps.count;
	const struct tongs_step *step = steps + first;
	struct tongs_own_device *own = atomic_load(&commands->queue->device->own_device);
	*group = (struct group){0};
	group->queue = own ? get_waiting_queue(commands->queue, own) : NULL;
	if (!group->queue)
		return false;
	while (step < end && is_wait(step) && add_point(&group->waits, step, own, NULL))
		step++;
	if (step < end && step->commands)
		group->commands = step++->commands;
	while (step < end && !step->commands && step->signals && add_point(&group->signals, step, own, &group->waits))
		step++;
	group->count = (size_t)(step - steps) - first;
	return group->commands && group->waits.count + group->signals.count > 0;
}

static void drop_points(struct tongs_own_points *points) {
	for (uint32_t i = 0; i < points->count; i++)
		tongs_own_semaphore_unref(points->items[i].semaphore);
}

static void finish_group(struct group *group) {
	drop_points(&group->waits);
	drop_points(&group->signals);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_command_buffer *waiting; /* those that the GPU waits in; guarded by lock */

/* A child has none of its parent's. */
static void begin_child_locked(void) {
	waiting = NULL;
}

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_WAITING, begin_child_locked);

static void begin_waiting(struct tongs_command_buffer *commands, const struct tongs_own_points *waits) {
	commands->waits = *waits;
	pthread_mutex_lock(&lock);
	commands->next_waiting = waiting;
	waiting = commands;
	pthread_mutex_unlock(&lock);
}

static void end_waiting(struct tongs_command_buffer *commands) {
	struct tongs_command_buffer **link = &waiting;
	pthread_mutex_lock(&lock);
	while (*link != commands)
		link = &(*link)->next_waiting;
	*link = commands->next_waiting;
	pthread_mutex_unlock(&lock);
}

/* At exit: a driver may wait for its GPU, which must not wait for what never comes. The events are not signalled. */
static void release_waiting(void) {
	tongs_event_end();
	pthread_mutex_lock(&lock);
	for (; waiting; waiting = waiting->next_waiting)
		for (uint32_t i = 0; i < waiting->waits.count; i++)
			tongs_own_semaphore_raise_at_end(
				waiting->waits.items[i].semaphore, waiting->waits.items[i].value);
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void add_to_exit(void) {
	tongs_driver_call_set_at_end(release_waiting);
}

/* Runs a group. An event may never be signalled: now and then the thread is outside the driver, for exit(). */
static bool run_group(struct tongs_command_buffer *commands, struct group *group) {
	enum { PATIENCE = 50000000 /* ns */ };
	struct tongs_own_commands *own = group->commands;
	if (commands->start == 0)
		commands->start = now();
	begin_waiting(commands, &group->waits);
	VkResult result = tongs_own_commands_submit_between(own, group->queue, &group->waits, &group->signals);
	while (result == VK_SUCCESS && (result = tongs_own_commands_wait_for(own, PATIENCE)) == VK_TIMEOUT) {
		tongs_driver_call_end();
		if (!tongs_driver_call_begin())
			return false;
		result = VK_SUCCESS;
	}
	end_waiting(commands);
	commands->end = now();
	tongs_command_buffer_fail(commands, result);
	return true;
}

/* Returns how many steps have run; 0: the CPU runs them, also because they have failed. */
static size_t try_group(struct tongs_command_buffer *commands, size_t first, bool *alive) {
	struct group group;
	*alive = tongs_driver_call_begin();
	if (!*alive)
		return 0;
	const bool found = gather(commands, first, &group);
	*alive = !found || run_group(commands, &group);
	if (!*alive)
		return 0;
	finish_group(&group);
	tongs_driver_call_end();
	if (!found || commands->result != VK_SUCCESS)
		return 0;
	const struct tongs_step *end = tongs_command_buffer_get_steps(commands) + first + group.count;
	for (const struct tongs_step *step = end - group.signals.count; step < end; step++)
		tongs_shared_event_set_signaled_value(step->event, step->value);
	return group.count;
}

/* Runs what begins with a step, and returns how many steps that were. */
static size_t run_from(struct tongs_command_buffer *commands, size_t first, bool *alive) {
	const size_t count = may_begin_group(commands, first) ? try_group(commands, first, alive) : 0;
	if (count == 0 && *alive)
		*alive = run_step(commands, &tongs_command_buffer_get_steps(commands)[first]);
	return count ? count : 1;
}

bool tongs_command_buffer_run_steps(struct tongs_command_buffer *commands) {
	bool alive = true;
	for (size_t i = 0; i < commands->steps.count && alive;)
		i += run_from(commands, i, &alive);
	if (commands->start == 0)
		commands->start = commands->end = now();
	return alive;
}
