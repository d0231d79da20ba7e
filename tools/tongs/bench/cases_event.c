/* SPDX-License-Identifier: MIT */
/* Benchmarks of shared events: Vulkan signals, a thread of Metal answers, Vulkan sees the answer. */
#include "benchmark.h"

#include <pthread.h>
#include <stdatomic.h>

#include "client/command.h"
#include "client/timeline.h"

enum { METAL_SIDE, VULKAN_SIDE, SIDES };

/* Two threads that take turns: odd values are the program's, even ones the answers. */
struct pair {
	const struct tongs_context *context;
	struct tongs_timeline timeline; /* of Metal's side */
	VkSemaphore call, answer;       /* of Metal's side one and the same */
	uint64_t value;                 /* the last answer */
	pthread_t thread;
	bool started;
	atomic_bool over;
};

struct state {
	struct tongs_context context;
	struct pair pairs[SIDES];
	struct tongs_command_queue *queue; /* of Metal's side, for the row without threads */
};

static bool signal_semaphore(const struct pair *pair, VkSemaphore semaphore, uint64_t value) {
	const VkSemaphoreSignalInfo info = {
		VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = semaphore, .value = value};

	return TONGS_VULKAN_TRY(vkSignalSemaphore, pair->context->device, &info);
}

static bool submit_signal(const struct pair *pair, VkSemaphore semaphore, uint64_t value) {
	const VkTimelineSemaphoreSubmitInfo values = {VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.signalSemaphoreValueCount = 1, .pSignalSemaphoreValues = &value};
	const VkSubmitInfo info = {
		VK_STRUCTURE_TYPE_SUBMIT_INFO, &values, .signalSemaphoreCount = 1, .pSignalSemaphores = &semaphore};

	return TONGS_VULKAN_TRY(vkQueueSubmit, pair->context->queue, 1, &info, VK_NULL_HANDLE);
}

/* Passes a value on behind it. */
static bool submit_answer(const struct pair *pair, VkSemaphore semaphore, uint64_t value) {
	const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
	const uint64_t next = value + 1;
	const VkTimelineSemaphoreSubmitInfo values = {VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
		.waitSemaphoreValueCount = 1, .pWaitSemaphoreValues = &value, .signalSemaphoreValueCount = 1,
		.pSignalSemaphoreValues = &next};
	const VkSubmitInfo info = {VK_STRUCTURE_TYPE_SUBMIT_INFO, &values, .waitSemaphoreCount = 1,
		.pWaitSemaphores = &semaphore, .pWaitDstStageMask = &stage, .signalSemaphoreCount = 1,
		.pSignalSemaphores = &semaphore};

	return TONGS_VULKAN_TRY(vkQueueSubmit, pair->context->queue, 1, &info, VK_NULL_HANDLE);
}

static bool commit_answer(struct tongs_command_queue *queue, struct tongs_shared_event *event, uint64_t value) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);

	if (!commands)
		return false;
	tongs_command_buffer_encode_wait(commands, event, value);
	tongs_command_buffer_encode_signal(commands, event, value + 1);
	const bool done = tongs_command_buffer_commit(commands);
	tongs_command_buffer_unref(commands);
	return done;
}

static bool wait_semaphore(const struct pair *pair, VkSemaphore semaphore, uint64_t value) {
	const VkSemaphoreWaitInfo info = {VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, .semaphoreCount = 1,
		.pSemaphores = &semaphore, .pValues = &value};

	return TONGS_VULKAN_TRY(vkWaitSemaphores, pair->context->device, &info, UINT64_MAX);
}

static void *answer(void *argument) {
	struct pair *pair = argument;
	bool done = true;

	for (uint64_t value = 1; done && !atomic_load(&pair->over); value += 2) {
		if (pair->timeline.event) {
			done = tongs_shared_event_wait(pair->timeline.event, value, UINT64_MAX);
			tongs_shared_event_set_signaled_value(pair->timeline.event, value + 1);
		} else {
			done = wait_semaphore(pair, pair->call, value) &&
			       signal_semaphore(pair, pair->answer, value + 1);
		}
	}
	return NULL;
}

static bool create_semaphore(const struct pair *pair, VkSemaphore *semaphore) {
	const VkSemaphoreTypeCreateInfo type = {
		VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO, .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
	const VkSemaphoreCreateInfo info = {VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};

	return TONGS_VULKAN_TRY(vkCreateSemaphore, pair->context->device, &info, NULL, semaphore);
}

static bool create_semaphores(struct pair *pair, int side) {
	if (side == VULKAN_SIDE)
		return create_semaphore(pair, &pair->call) && create_semaphore(pair, &pair->answer);
	if (!tongs_timeline_create(pair->context, &pair->timeline))
		return false;
	pair->call = pair->answer = pair->timeline.semaphore;
	return true;
}

static bool open_pair(struct pair *pair, int side) {
	if (!create_semaphores(pair, side))
		return false;
	pair->started = pthread_create(&pair->thread, NULL, answer, pair) == 0;
	if (!pair->started)
		tongs_command_error("cannot start a thread");
	return pair->started;
}

static void close_pair(struct pair *pair) {
	atomic_store(&pair->over, true);
	if (pair->started && signal_semaphore(pair, pair->call, pair->value + 1))
		pthread_join(pair->thread, NULL);
	vkQueueWaitIdle(pair->context->queue);
	if (pair->answer != pair->call && pair->answer)
		vkDestroySemaphore(pair->context->device, pair->answer, NULL);
	vkDestroySemaphore(pair->context->device, pair->call, NULL);
}

static bool prepare_pairs(struct tongs_bench_run *run, bool (*open)(struct pair *pair, int side)) {
	const VkPhysicalDevice device = run->device->context.physical_device;
	struct state *state = run->state;
	bool done = true;

	run->why_not = tongs_timeline_explain_objects(device);
	if (!run->why_not)
		run->why_not = tongs_timeline_explain_semaphores(device);
	if (run->why_not || !tongs_timeline_init_context(&state->context, device))
		return false;
	for (int side = 0; side < SIDES && done; side++) {
		state->pairs[side].context = &state->context;
		done = open(&state->pairs[side], side);
	}
	return done;
}

static bool prepare(struct tongs_bench_run *run) {
	return prepare_pairs(run, open_pair);
}

static void finish(struct tongs_bench_run *run) {
	struct state *state = run->state;

	for (int side = 0; side < SIDES; side++)
		if (state->pairs[side].context)
			close_pair(&state->pairs[side]);
	tongs_context_finish(&state->context);
}

static bool pass(
	struct tongs_bench_run *run, uint64_t count, bool (*call)(const struct pair *, VkSemaphore, uint64_t)) {
	struct pair *pair = &((struct state *)run->state)->pairs[run->side->variant];
	bool done = true;

	for (; count && done; count--) {
		done = call(pair, pair->call, pair->value + 1);
		pair->value += 2;
		done = done && wait_semaphore(pair, pair->answer, pair->value);
	}
	return done;
}

static bool pass_by_cpu(struct tongs_bench_run *run, uint64_t count) {
	return pass(run, count, signal_semaphore);
}

static bool pass_by_queue(struct tongs_bench_run *run, uint64_t count) {
	return pass(run, count, submit_signal);
}

/* Without threads. */
static bool prepare_queues(struct tongs_bench_run *run) {
	struct state *state = run->state;

	if (prepare_pairs(run, create_semaphores))
		state->queue = tongs_device_new_command_queue(
			tongs_shared_event_get_device(state->pairs[METAL_SIDE].timeline.event));
	return state->queue;
}

static void finish_queues(struct tongs_bench_run *run) {
	struct state *state = run->state;

	if (state->queue)
		tongs_command_queue_unref(state->queue);
	finish(run);
}

/* Each answer is on its way before the value that it waits for. */
static bool pass_in_queues(struct tongs_bench_run *run, uint64_t count) {
	struct state *state = run->state;
	struct pair *pair = &state->pairs[run->side->variant];
	bool done = true;

	for (; count && done; count--) {
		const uint64_t value = pair->value + 1;
		if (run->side->variant == METAL_SIDE)
			done = commit_answer(state->queue, pair->timeline.event, value) &&
			       submit_signal(pair, pair->call, value);
		else
			done = submit_signal(pair, pair->call, value) && submit_answer(pair, pair->call, value);
		pair->value += 2;
		done = done && wait_semaphore(pair, pair->call, pair->value);
	}
	return done;
}

#define ROUND_TRIP(operation) \
	.baseline_name = "two threads, a timeline semaphore each", .sizes = {1}, .state_size = sizeof(struct state), \
	.takes_turns = true, .prepare = prepare, .finish = finish, \
	.goals = {{.quantity = TONGS_BENCH_RATIO, .limit = 1.5}}, \
	TONGS_BENCH_SIDES(METAL_SIDE, VULKAN_SIDE, operation)

const struct tongs_benchmark tongs_bench_event_cases[] = {
	{"shared event, CPU round trip", ROUND_TRIP(pass_by_cpu)},
	{"shared event, queue round trip", ROUND_TRIP(pass_by_queue)},
	{"shared event, command buffer", .baseline_name = "the same by two vkQueueSubmit", .sizes = {1},
		.state_size = sizeof(struct state), .takes_turns = true, .prepare = prepare_queues,
		.finish = finish_queues, TONGS_BENCH_SIDES(METAL_SIDE, VULKAN_SIDE, pass_in_queues)},
	{0},
};
