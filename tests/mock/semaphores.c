/* SPDX-License-Identifier: MIT */
/* Timeline semaphores that devices share as OPAQUE_FD, and more than one queue: what GPUs do by themselves, threads do
 * here. Each VkSemaphore is lavapipe's own; those of a group are kept at one value, at once if the CPU signals one of
 * them, by a thread of each if lavapipe does. A queue that is not the first waits in a thread of its own before it
 * hands a batch to lavapipe's one queue, so that the others do not wait with it. */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mock.h"

enum { PATIENCE = 2000000 /* ns */, PAUSE = 50000, MAX_POINTS = 16 };
/* Of several threads that wait for a semaphore, NVIDIA's driver wakes one, and the others so much later. */
enum { LATENESS = 10000000 };

/* Semaphores of one value; its number is in each file descriptor. Never freed. */
struct group {
	struct group *next;
	uint32_t number;
	uint64_t value;
	struct member *members;
};

struct member {
	struct member *next; /* of all members */
	struct member *next_in_group;
	struct group *group;
	VkDevice device;
	VkSemaphore semaphore;
	pthread_t thread;
	atomic_bool stopping;
};

/* What vkGetDeviceQueue returns for an index other than 0. */
struct queue {
	void *loader; /* the loader writes its own here */
	struct queue *next;
	VkDevice device;
	VkQueue real;
	uint32_t family, index;
	pthread_t thread;
	pthread_cond_t changed;
	struct submission *first, **end;
	bool busy; /* with one that is no longer in the list */
	bool stopping;
};

struct point {
	VkSemaphore semaphore;
	uint64_t value;
};

struct submission {
	struct submission *next;
	struct point waits[MAX_POINTS], signals[MAX_POINTS];
	uint32_t wait_count, signal_count;
	VkCommandBuffer commands;
	VkFence fence;
};

/* Guards the lists, and all groups' values. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct group *groups;
static struct member *members;
static struct queue *queues;
/* lavapipe's queue of a device may be used by several of ours. */
static pthread_mutex_t submit_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	const char *command; /* NULL: none; guarded by lock */
	VkResult result;
} failure;

void vk_mockFail(const char *command, VkResult result) {
	pthread_mutex_lock(&lock);
	failure.command = command;
	failure.result = result;
	pthread_mutex_unlock(&lock);
}

static atomic_bool lost;

void vk_mockLose(bool is_lost) {
	atomic_store(&lost, is_lost);
}

/* VK_SUCCESS: the call need not fail. */
static VkResult take_failure(const char *command) {
	pthread_mutex_lock(&lock);
	const bool fails = failure.command && strcmp(failure.command, command) == 0;
	const VkResult result = fails ? failure.result : VK_SUCCESS;
	if (fails)
		failure.command = NULL;
	pthread_mutex_unlock(&lock);
	if (fails)
		mock_count_failure();
	return result;
}

/* The same for a command that a lost device fails. */
static VkResult take_loss(const char *command) {
	return atomic_load(&lost) ? VK_ERROR_DEVICE_LOST : take_failure(command);
}

static void pause_for(long nanoseconds) {
	nanosleep(&(const struct timespec){.tv_nsec = nanoseconds}, NULL);
}

static _Atomic long delay; /* ns */

void vk_mockDelaySignal(long nanoseconds) {
	atomic_store(&delay, nanoseconds);
}

static uint64_t read_value(VkDevice device, VkSemaphore semaphore) {
	uint64_t value = 0;
	mock_next.GetSemaphoreCounterValue(device, semaphore, &value);
	return value;
}

static void raise_locked(struct group *group, uint64_t value) {
	if (value > group->value)
		group->value = value;
	for (struct member *m = group->members; m; m = m->next_in_group) {
		const VkSemaphoreSignalInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
			.semaphore = m->semaphore,
			.value = group->value};
		if (read_value(m->device, m->semaphore) < group->value)
			mock_next.SignalSemaphore(m->device, &info);
	}
}

/* Takes the GPU's signals to the others; and theirs to this one again, now and then: a signal of lavapipe's that was
 * pending may have lowered it. */
static void *follow(void *user) {
	struct member *m = user;
	while (!atomic_load(&m->stopping)) {
		pthread_mutex_lock(&lock);
		const uint64_t next = m->group->value + 1;
		pthread_mutex_unlock(&lock);
		const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
			.semaphoreCount = 1,
			.pSemaphores = &m->semaphore,
			.pValues = &next};
		mock_next.WaitSemaphores(m->device, &info, PATIENCE);
		pthread_mutex_lock(&lock);
		raise_locked(m->group, read_value(m->device, m->semaphore));
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static struct member *find_locked(VkDevice device, VkSemaphore semaphore) {
	struct member *m = members;
	while (m && !(m->device == device && m->semaphore == semaphore))
		m = m->next;
	return m;
}

static void add_locked(struct group *group, VkDevice device, VkSemaphore semaphore) {
	struct member *m = calloc(1, sizeof(*m));
	*m = (struct member){members, group->members, group, device, semaphore, .stopping = false};
	members = group->members = m;
	raise_locked(group, read_value(device, semaphore));
	if (pthread_create(&m->thread, NULL, follow, m))
		abort();
}

static void end_member(struct member *m) {
	struct member **link;
	pthread_mutex_lock(&lock);
	for (link = &members; *link != m; link = &(*link)->next)
		;
	*link = m->next;
	for (link = &m->group->members; *link != m; link = &(*link)->next_in_group)
		;
	*link = m->next_in_group;
	atomic_store(&m->stopping, true);
	pthread_mutex_unlock(&lock);
	pthread_join(m->thread, NULL);
	free(m);
}

static bool is_exportable(const VkSemaphoreCreateInfo *info) {
	const VkExportSemaphoreCreateInfo *exported =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO);
	const VkSemaphoreTypeCreateInfo *type = chain_find(info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
	return exported && (exported->handleTypes & VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT) && type &&
	       type->semaphoreType == VK_SEMAPHORE_TYPE_TIMELINE;
}

/* lavapipe does not get to see what it cannot export. */
static VKAPI_ATTR VkResult VKAPI_CALL CreateSemaphore(VkDevice device, const VkSemaphoreCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkSemaphore *semaphore) {
	VkResult result = take_failure("vkCreateSemaphore");
	if (result != VK_SUCCESS)
		return result;
	if (!mock_shares_timelines() || !is_exportable(info))
		return mock_next.CreateSemaphore(device, info, callbacks, semaphore);
	VkSemaphoreTypeCreateInfo type = *(const VkSemaphoreTypeCreateInfo *)chain_find(
		info->pNext, VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO);
	const VkSemaphoreCreateInfo own = {.sType = info->sType, .pNext = &type, .flags = info->flags};
	type.pNext = NULL;
	result = mock_next.CreateSemaphore(device, &own, callbacks, semaphore);
	if (result != VK_SUCCESS)
		return result;
	struct group *group = calloc(1, sizeof(*group));
	pthread_mutex_lock(&lock);
	*group = (struct group){.next = groups, .number = groups ? groups->number + 1 : 1};
	groups = group;
	add_locked(group, device, *semaphore);
	pthread_mutex_unlock(&lock);
	return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL DestroySemaphore(
	VkDevice device, VkSemaphore semaphore, const VkAllocationCallbacks *callbacks) {
	pthread_mutex_lock(&lock);
	struct member *m = find_locked(device, semaphore);
	pthread_mutex_unlock(&lock);
	if (m)
		end_member(m);
	mock_count_semaphores(0, 0, m != NULL);
	mock_next.DestroySemaphore(device, semaphore, callbacks);
}

/* The highest value of its group. */
static VkResult get_value(VkDevice device, VkSemaphore semaphore, uint64_t *value) {
	VkResult result = mock_next.GetSemaphoreCounterValue(device, semaphore, value);
	pthread_mutex_lock(&lock);
	const struct member *m = find_locked(device, semaphore);
	for (const struct member *other = m ? m->group->members : NULL; other; other = other->next_in_group) {
		const uint64_t its = read_value(other->device, other->semaphore);
		*value = its > *value ? its : *value;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetSemaphoreCounterValue(
	VkDevice device, VkSemaphore semaphore, uint64_t *value) {
	const VkResult result = take_loss("vkGetSemaphoreCounterValue");
	return result == VK_SUCCESS ? get_value(device, semaphore, value) : result;
}

static VKAPI_ATTR VkResult VKAPI_CALL SignalSemaphore(VkDevice device, const VkSemaphoreSignalInfo *info) {
	const long pause = atomic_exchange(&delay, 0);
	uint64_t value;
	if (pause)
		pause_for(pause);
	VkResult result = take_failure("vkSignalSemaphore");
	if (result != VK_SUCCESS)
		return result;
	result = get_value(device, info->semaphore, &value);
	if (result == VK_SUCCESS && info->value <= value)
		mock_violation("VUID-VkSemaphoreSignalInfo-value-03258", "%llu of %llu",
			(unsigned long long)info->value, (unsigned long long)value);
	pthread_mutex_lock(&lock);
	struct member *m = find_locked(device, info->semaphore);
	if (m)
		raise_locked(m->group, info->value);
	pthread_mutex_unlock(&lock);
	return m ? result : mock_next.SignalSemaphore(device, info);
}

static uint64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bool is_reached(VkDevice device, const VkSemaphoreWaitInfo *info) {
	for (uint32_t i = 0; i < info->semaphoreCount; i++)
		if (read_value(device, info->pSemaphores[i]) >= info->pValues[i])
			return true;
	return false;
}

/* A thread that waits. */
struct waiter {
	struct waiter *next;
	const VkSemaphoreWaitInfo *info;
};

static struct waiter *waiters; /* guarded by lock */

static bool share_semaphore(const VkSemaphoreWaitInfo *a, const VkSemaphoreWaitInfo *b) {
	for (uint32_t i = 0; i < a->semaphoreCount; i++)
		for (uint32_t j = 0; j < b->semaphoreCount; j++)
			if (a->pSemaphores[i] == b->pSemaphores[j])
				return true;
	return false;
}

/* Whether another thread waits for one of the same semaphores. */
static bool begin_wait(struct waiter *waiter) {
	bool late = false;
	pthread_mutex_lock(&lock);
	for (const struct waiter *other = waiters; other; other = other->next)
		late = late || share_semaphore(other->info, waiter->info);
	waiter->next = waiters;
	waiters = waiter;
	pthread_mutex_unlock(&lock);
	return late;
}

static void end_wait(struct waiter *waiter) {
	struct waiter **link = &waiters;
	pthread_mutex_lock(&lock);
	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
	pthread_mutex_unlock(&lock);
}

static VkResult wait_late(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout) {
	const uint64_t start = now();
	VkResult result;
	while ((result = mock_next.WaitSemaphores(device, info, 0)) == VK_TIMEOUT && now() - start < timeout) {
		const uint64_t rest = timeout - (now() - start);
		pause_for(rest < LATENESS ? (long)rest : LATENESS);
		if (mock_next.WaitSemaphores(device, info, 0) == VK_SUCCESS)
			mock_count_late_wait();
	}
	return result;
}

/* For any of several, lavapipe spins. */
static VkResult wait_in_time(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout) {
	if (!(info->flags & VK_SEMAPHORE_WAIT_ANY_BIT) || info->semaphoreCount < 2)
		return mock_next.WaitSemaphores(device, info, timeout);
	const uint64_t start = now();
	while (!is_reached(device, info)) {
		if (now() - start >= timeout)
			return VK_TIMEOUT;
		pause_for(PAUSE);
	}
	return VK_SUCCESS;
}

/* What another of its group has, a semaphore has, too, even if no thread has taken it there yet. */
static void catch_up(VkDevice device, const VkSemaphoreWaitInfo *info) {
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < info->semaphoreCount; i++) {
		const struct member *m = find_locked(device, info->pSemaphores[i]);
		for (const struct member *other = m ? m->group->members : NULL; other; other = other->next_in_group)
			raise_locked(m->group, read_value(other->device, other->semaphore));
	}
	pthread_mutex_unlock(&lock);
}

static VKAPI_ATTR VkResult VKAPI_CALL WaitSemaphores(
	VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout) {
	struct waiter waiter = {.info = info};
	VkResult result = take_loss("vkWaitSemaphores");
	catch_up(device, info);
	if (result != VK_SUCCESS || timeout == 0)
		return result == VK_SUCCESS ? mock_next.WaitSemaphores(device, info, 0) : result;
	const bool late = begin_wait(&waiter) && mock_profile->late_waits;
	result = (late ? wait_late : wait_in_time)(device, info, timeout);
	end_wait(&waiter);
	return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL GetSemaphoreFdKHR(VkDevice device, const VkSemaphoreGetFdInfoKHR *info, int *fd) {
	const VkResult result = take_failure("vkGetSemaphoreFdKHR");
	if (result != VK_SUCCESS)
		return result;
	pthread_mutex_lock(&lock);
	const struct member *m = find_locked(device, info->semaphore);
	const uint32_t number = m ? m->group->number : 0;
	pthread_mutex_unlock(&lock);
	if (!m)
		mock_violation("VUID-VkSemaphoreGetFdInfoKHR-handleType-01132", "the semaphore is not for export");
	*fd = m ? memfd_create("mock-semaphore", MFD_CLOEXEC) : -1;
	if (*fd < 0)
		return VK_ERROR_TOO_MANY_OBJECTS;
	return write(*fd, &number, sizeof(number)) == sizeof(number) ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

static VKAPI_ATTR VkResult VKAPI_CALL ImportSemaphoreFdKHR(VkDevice device, const VkImportSemaphoreFdInfoKHR *info) {
	uint32_t number;
	const VkResult result = take_failure("vkImportSemaphoreFdKHR");
	if (result != VK_SUCCESS)
		return result;
	if (pread(info->fd, &number, sizeof(number), 0) != sizeof(number))
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	pthread_mutex_lock(&lock);
	struct group *group = groups;
	while (group && group->number != number)
		group = group->next;
	struct member *old = find_locked(device, info->semaphore);
	pthread_mutex_unlock(&lock);
	if (!group)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (old)
		end_member(old);
	pthread_mutex_lock(&lock);
	add_locked(group, device, info->semaphore);
	pthread_mutex_unlock(&lock);
	close(info->fd);
	mock_count_semaphores(1, 0, 0);
	return VK_SUCCESS;
}

static VkResult submit(VkQueue real, uint32_t count, const VkSubmitInfo *infos, VkFence fence) {
	pthread_mutex_lock(&submit_lock);
	VkResult result = mock_next.QueueSubmit(real, count, infos, fence);
	pthread_mutex_unlock(&submit_lock);
	return result;
}

static struct submission *take(struct queue *queue) {
	pthread_mutex_lock(&lock);
	queue->busy = false;
	while (!queue->first && !queue->stopping)
		pthread_cond_wait(&queue->changed, &lock);
	struct submission *taken = queue->stopping ? NULL : queue->first;
	if (taken && !(queue->first = taken->next))
		queue->end = &queue->first;
	queue->busy = taken;
	pthread_mutex_unlock(&lock);
	return taken;
}

/* False: the device ends first. */
static bool wait_for(struct queue *queue, const struct submission *s) {
	for (uint32_t i = 0; i < s->wait_count; i++) {
		const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
			.semaphoreCount = 1,
			.pSemaphores = &s->waits[i].semaphore,
			.pValues = &s->waits[i].value};
		while (mock_next.WaitSemaphores(queue->device, &info, PATIENCE) == VK_TIMEOUT) {
			pthread_mutex_lock(&lock);
			const bool stopping = queue->stopping;
			pthread_mutex_unlock(&lock);
			if (stopping)
				return false;
		}
	}
	return true;
}

/* When they are due, for the waits may have been for more. */
static void check_signals(const struct queue *queue, const struct submission *s) {
	for (uint32_t i = 0; i < s->signal_count; i++) {
		uint64_t value = 0;
		get_value(queue->device, s->signals[i].semaphore, &value);
		if (value >= s->signals[i].value)
			mock_violation("VUID-VkSubmitInfo-pSignalSemaphores-03242", "%llu of %llu",
				(unsigned long long)s->signals[i].value, (unsigned long long)value);
	}
}

/* The fence comes after the semaphores, whose values lavapipe may show later than that. */
static void end_batch(const struct queue *queue, const struct submission *s) {
	for (uint32_t i = 0; i < s->signal_count; i++) {
		const VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
			.semaphoreCount = 1,
			.pSemaphores = &s->signals[i].semaphore,
			.pValues = &s->signals[i].value};
		mock_next.WaitSemaphores(queue->device, &info, UINT64_MAX);
		while (read_value(queue->device, s->signals[i].semaphore) < s->signals[i].value)
			pause_for(PAUSE);
	}
	if (submit(queue->real, 0, NULL, s->fence) != VK_SUCCESS)
		abort();
}

static void *run(void *user) {
	struct queue *queue = user;
	struct submission *s;
	while ((s = take(queue))) {
		VkSemaphore semaphores[MAX_POINTS];
		uint64_t values[MAX_POINTS];
		const VkTimelineSemaphoreSubmitInfo timeline = {
			.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
			.signalSemaphoreValueCount = s->signal_count,
			.pSignalSemaphoreValues = values,
		};
		const VkSubmitInfo info = {
			.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
			.pNext = &timeline,
			.commandBufferCount = s->commands != NULL,
			.pCommandBuffers = &s->commands,
			.signalSemaphoreCount = s->signal_count,
			.pSignalSemaphores = semaphores,
		};
		for (uint32_t i = 0; i < s->signal_count; i++) {
			semaphores[i] = s->signals[i].semaphore;
			values[i] = s->signals[i].value;
		}
		if (wait_for(queue, s)) {
			check_signals(queue, s);
			if (submit(queue->real, 1, &info, VK_NULL_HANDLE) != VK_SUCCESS)
				abort();
			end_batch(queue, s);
		}
		free(s);
	}
	return NULL;
}

static VKAPI_ATTR void VKAPI_CALL GetDeviceQueue(VkDevice device, uint32_t family, uint32_t index, VkQueue *handle) {
	VkQueue real;
	mock_next.GetDeviceQueue(device, family, 0, &real);
	*handle = real;
	if (index == 0)
		return;
	pthread_mutex_lock(&lock);
	struct queue *queue = queues;
	while (queue && !(queue->device == device && queue->family == family && queue->index == index))
		queue = queue->next;
	if (!queue) {
		queue = calloc(1, sizeof(*queue));
		/* What a loader looks for. */
		*queue = (struct queue){*(void **)real, queues, device, real, family, index, .end = &queue->first};
		pthread_cond_init(&queue->changed, NULL);
		queues = queue;
		if (pthread_create(&queue->thread, NULL, run, queue))
			abort();
	}
	pthread_mutex_unlock(&lock);
	*handle = (VkQueue)queue;
}

static struct queue *find_queue(VkQueue handle) {
	pthread_mutex_lock(&lock);
	struct queue *queue = queues;
	while (queue && (VkQueue)queue != handle)
		queue = queue->next;
	pthread_mutex_unlock(&lock);
	return queue;
}

static void check_difference(VkDevice device, const struct point *point, const char *rule) {
	const uint64_t most = mock_profile->timeline_difference;
	uint64_t value = 0;
	get_value(device, point->semaphore, &value);
	const uint64_t difference = value < point->value ? point->value - value : value - point->value;
	if (most && difference > most)
		mock_violation(rule, "%llu of %llu", (unsigned long long)point->value, (unsigned long long)value);
}

/* Sets or forgets that a command buffer acquires from TOP_OF_PIPE, before which nothing is: no wait of a semaphore
 * comes before that, of whatever stages it is. Returns whether it did. */
static bool set_loose(VkCommandBuffer commands, bool is_loose) {
	static VkCommandBuffer loose[64];
	const size_t count = sizeof(loose) / sizeof(loose[0]);
	size_t i = 0, free_place = count;
	pthread_mutex_lock(&lock);
	for (; i < count && loose[i] != commands; i++)
		if (!loose[i])
			free_place = i;
	const bool was_loose = i < count;
	if (was_loose && !is_loose)
		loose[i] = NULL;
	else if (!was_loose && is_loose && free_place < count)
		loose[free_place] = commands;
	pthread_mutex_unlock(&lock);
	return was_loose;
}

static VKAPI_ATTR void VKAPI_CALL CmdPipelineBarrier(VkCommandBuffer commands, VkPipelineStageFlags before,
	VkPipelineStageFlags after, VkDependencyFlags flags, uint32_t memory_count, const VkMemoryBarrier *memories,
	uint32_t buffer_count, const VkBufferMemoryBarrier *buffers, uint32_t image_count,
	const VkImageMemoryBarrier *images) {
	bool acquires = false;
	for (uint32_t i = 0; i < buffer_count; i++)
		acquires |= buffers[i].srcQueueFamilyIndex == VK_QUEUE_FAMILY_EXTERNAL;
	for (uint32_t i = 0; i < image_count; i++)
		acquires |= images[i].srcQueueFamilyIndex == VK_QUEUE_FAMILY_EXTERNAL;
	if (acquires && before == VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT)
		set_loose(commands, true);
	mock_next.CmdPipelineBarrier(
		commands, before, after, flags, memory_count, memories, buffer_count, buffers, image_count, images);
}

static VKAPI_ATTR VkResult VKAPI_CALL QueueSubmit(
	VkQueue handle, uint32_t count, const VkSubmitInfo *infos, VkFence fence) {
	struct queue *queue = find_queue(handle);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < infos[i].commandBufferCount; j++)
			if (set_loose(infos[i].pCommandBuffers[j], false) && infos[i].waitSemaphoreCount)
				mock_violation("TOP_OF_PIPE", "an acquire does not come after the wait of a semaphore");
	if (!queue)
		return submit(handle, count, infos, fence);
	const VkTimelineSemaphoreSubmitInfo *values =
		chain_find(infos->pNext, VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO);
	if (count != 1 || infos->commandBufferCount > 1 || !values || infos->waitSemaphoreCount > MAX_POINTS ||
		infos->signalSemaphoreCount > MAX_POINTS) {
		mock_violation(
			"vkQueueSubmit", "a queue with another index than 0 takes single batches with timelines");
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	const VkResult result = take_failure("vkQueueSubmit");
	if (result != VK_SUCCESS)
		return result;
	struct submission *s = calloc(1, sizeof(*s));
	s->wait_count = infos->waitSemaphoreCount;
	s->signal_count = infos->signalSemaphoreCount;
	for (uint32_t i = 0; i < s->wait_count; i++)
		s->waits[i] = (struct point){infos->pWaitSemaphores[i], values->pWaitSemaphoreValues[i]};
	for (uint32_t i = 0; i < s->signal_count; i++)
		s->signals[i] = (struct point){infos->pSignalSemaphores[i], values->pSignalSemaphoreValues[i]};
	for (uint32_t i = 0; i < s->wait_count; i++)
		check_difference(queue->device, &s->waits[i], "VUID-VkSubmitInfo-pWaitSemaphores-03243");
	for (uint32_t i = 0; i < s->signal_count; i++)
		check_difference(queue->device, &s->signals[i], "VUID-VkSubmitInfo-pSignalSemaphores-03244");
	mock_count_semaphores(0, s->wait_count > 0, 0);
	s->commands = infos->commandBufferCount ? *infos->pCommandBuffers : NULL;
	s->fence = fence;
	pthread_mutex_lock(&lock);
	*queue->end = s;
	queue->end = &s->next;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&lock);
	return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL WaitForFences(
	VkDevice device, uint32_t count, const VkFence *fences, VkBool32 all, uint64_t timeout) {
	const VkResult result = take_failure("vkWaitForFences");
	return result == VK_SUCCESS ? mock_next.WaitForFences(device, count, fences, all, timeout) : result;
}

static void end_queue(struct queue *queue) {
	struct queue **link;
	pthread_mutex_lock(&lock);
	for (link = &queues; *link != queue; link = &(*link)->next)
		;
	*link = queue->next;
	queue->stopping = true;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&lock);
	pthread_join(queue->thread, NULL);
	for (struct submission *s; (s = queue->first); free(s))
		queue->first = s->next;
	pthread_cond_destroy(&queue->changed);
	free(queue);
}

void mock_end_semaphores(VkDevice device) {
	struct member *m;
	struct queue *queue;
	do {
		pthread_mutex_lock(&lock);
		for (queue = queues; queue && queue->device != device;)
			queue = queue->next;
		for (m = members; m && m->device != device;)
			m = m->next;
		pthread_mutex_unlock(&lock);
		if (queue)
			end_queue(queue);
		if (m)
			end_member(m);
	} while (m || queue);
}

/* As NVIDIA's driver does at exit. */
__attribute__((destructor)) static void wait_for_queues(void) {
	bool busy = true;
	while (busy) {
		busy = false;
		pthread_mutex_lock(&lock);
		for (const struct queue *queue = queues; queue; queue = queue->next)
			busy = busy || queue->busy || queue->first;
		pthread_mutex_unlock(&lock);
		if (busy)
			pause_for(PAUSE);
	}
}

const struct mock_hook mock_semaphore_hooks[] = {MOCK_SEMAPHORE_COMMANDS(MOCK_HOOK){0}};
