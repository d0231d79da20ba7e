/* SPDX-License-Identifier: MIT */
/* MTLFence: which command buffers update it. One that waits for it waits, as a whole, for those that were committed
 * before; but for none that its own queue runs later, nor what waits for such a one. */
#include <pthread.h>

#include "commands/command.h"
#include "metal/device.h"
#include "util/fork.h"
#include "util/log.h"

/* By a command buffer that was committed. */
struct update {
	struct tongs_shared_event *ran; /* a reference */
	uint64_t turn;
	uint32_t process;
};

/* Guards all fences' updates. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_FENCE, NULL);

static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_fence *fence = (struct tongs_fence *)object;
	struct update *updates = fence->updates.items;
	for (size_t i = 0; i < fence->updates.count; i++)
		tongs_shared_event_unref(updates[i].ran);
	tongs_list_finish(&fence->updates);
	tongs_label_finish(&fence->label);
	tongs_device_unref(fence->device);
	return tongs_object_free(object);
}

struct tongs_fence *tongs_device_new_fence(struct tongs_device *device) {
	struct tongs_fence *fence =
		(struct tongs_fence *)tongs_object_create(TONGS_KIND_FENCE, sizeof(*fence), destroy);
	if (fence)
		fence->device = tongs_device_ref(device);
	else
		tongs_log_error("newFence: out of memory");
	return fence;
}

struct tongs_device *tongs_fence_get_device(const struct tongs_fence *fence) {
	return fence->device;
}

const char *tongs_fence_get_label(const struct tongs_fence *fence) {
	return tongs_label_get(&fence->label);
}

void tongs_fence_set_label(struct tongs_fence *fence, const char *label) {
	if (!tongs_label_set(&fence->label, label))
		tongs_log_error("setLabel: out of memory");
}

/* A child of fork() has none of its parent's command buffers. */
static bool is_pending(const struct update *update, uint32_t process) {
	return update->process == process && !tongs_shared_event_get_signaled_value(update->ran);
}

/* Forgets updates that have run. */
static void prune_locked(struct tongs_fence *fence, uint32_t process) {
	struct update *updates = fence->updates.items;
	size_t count = 0;
	for (size_t i = 0; i < fence->updates.count; i++) {
		if (is_pending(&updates[i], process))
			updates[count++] = updates[i];
		else
			tongs_shared_event_unref(updates[i].ran);
	}
	fence->updates.count = count;
}

static bool collect_locked(struct tongs_fence *fence, uint64_t least, uint32_t process, struct tongs_list *others) {
	const struct update *updates = fence->updates.items;
	prune_locked(fence, process);
	for (size_t i = 0; i < fence->updates.count; i++) {
		if (updates[i].turn >= least)
			continue;
		struct tongs_shared_event **other = tongs_list_add(others, sizeof(struct tongs_shared_event *));
		if (!other)
			return false;
		*other = tongs_shared_event_ref(updates[i].ran);
	}
	return true;
}

bool tongs_fence_collect(struct tongs_fence *fence, uint64_t least, uint32_t process, struct tongs_list *others) {
	pthread_mutex_lock(&lock);
	const bool done = collect_locked(fence, least, process, others);
	pthread_mutex_unlock(&lock);
	return done;
}

static bool update_locked(struct tongs_fence *fence, uint64_t turn, uint32_t process, struct tongs_shared_event *ran) {
	prune_locked(fence, process);
	const struct update *updates = fence->updates.items;
	if (fence->updates.count && updates[fence->updates.count - 1].ran == ran)
		return true;
	struct update *update = tongs_list_add(&fence->updates, sizeof(*update));
	if (update)
		*update = (struct update){tongs_shared_event_ref(ran), turn, process};
	return update;
}

bool tongs_fence_update(struct tongs_fence *fence, uint64_t turn, uint32_t process, struct tongs_shared_event *ran) {
	pthread_mutex_lock(&lock);
	const bool done = update_locked(fence, turn, process, ran);
	pthread_mutex_unlock(&lock);
	return done;
}
