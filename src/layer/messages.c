/* SPDX-License-Identifier: MIT */
/* An instance's debug messengers, and how often each message was sent. */
#include "layer/messages.h"

#include <pthread.h>
#include <string.h>

#include "util/fork.h"
#include "layer/allocator.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for all instances */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_MESSAGES, NULL);

struct tongs_messenger {
	struct tongs_allocator allocator;
	struct tongs_messenger *next;
	VkDebugUtilsMessengerEXT handle;
	VkDebugUtilsMessageSeverityFlagsEXT severities;
	VkDebugUtilsMessageTypeFlagsEXT types;
	PFN_vkDebugUtilsMessengerCallbackEXT callback;
	void *user_data;
};

void tongs_messages_init(struct tongs_messages *messages, const VkAllocationCallbacks *callbacks) {
	memset(messages, 0, sizeof(*messages));
	messages->callbacks = callbacks;
}

void tongs_messages_finish(struct tongs_messages *messages) {
	struct tongs_messenger *messenger = atomic_load(&messages->messengers);
	while (messenger) {
		struct tongs_messenger *next = messenger->next;
		tongs_allocator_free_object(&messenger->allocator, NULL);
		messenger = next;
	}
}

bool tongs_messages_add_messenger(struct tongs_messages *messages, VkDebugUtilsMessengerEXT handle,
	const VkDebugUtilsMessengerCreateInfoEXT *info, const VkAllocationCallbacks *callbacks) {
	struct tongs_messenger *messenger = tongs_allocator_new_object(
		callbacks, messages->callbacks, sizeof(*messenger), VK_SYSTEM_ALLOCATION_SCOPE_OBJECT);
	if (!messenger)
		return false;
	messenger->handle = handle;
	messenger->severities = info->messageSeverity;
	messenger->types = info->messageType;
	messenger->callback = info->pfnUserCallback;
	messenger->user_data = info->pUserData;
	pthread_mutex_lock(&lock);
	messenger->next = atomic_load(&messages->messengers);
	atomic_store(&messages->messengers, messenger);
	pthread_mutex_unlock(&lock);
	return true;
}

void tongs_messages_remove_messenger(
	struct tongs_messages *messages, VkDebugUtilsMessengerEXT handle, const VkAllocationCallbacks *callbacks) {
	pthread_mutex_lock(&lock);
	struct tongs_messenger *before = NULL, *messenger = atomic_load(&messages->messengers);
	while (messenger && messenger->handle != handle) {
		before = messenger;
		messenger = messenger->next;
	}
	if (messenger && before)
		before->next = messenger->next;
	else if (messenger)
		atomic_store(&messages->messengers, messenger->next);
	pthread_mutex_unlock(&lock);
	if (messenger)
		tongs_allocator_free_object(&messenger->allocator, callbacks);
}

bool tongs_messages_has_messenger(struct tongs_messages *messages) {
	return atomic_load(&messages->messengers);
}

void tongs_messages_send(struct tongs_messages *messages, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	const VkDebugUtilsMessengerCallbackDataEXT *data) {
	const VkDebugUtilsMessageTypeFlagsEXT type = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
	for (struct tongs_messenger *m = atomic_load(&messages->messengers); m; m = m->next)
		if ((m->severities & severity) && (m->types & type))
			m->callback(severity, type, data, m->user_data);
}

uint32_t tongs_messages_count(struct tongs_messages *messages, uint64_t key) {
	pthread_mutex_lock(&lock);
	uint32_t slot = 0;
	while (slot < TONGS_MESSAGES_COUNTED &&
		(messages->counts[slot].count == 0 || messages->counts[slot].key != key))
		slot++;
	if (slot == TONGS_MESSAGES_COUNTED) {
		slot = messages->oldest;
		messages->oldest = (slot + 1) % TONGS_MESSAGES_COUNTED;
		messages->counts[slot].key = key;
		messages->counts[slot].count = 0;
	}
	uint32_t count = messages->counts[slot].count;
	if (count < UINT32_MAX)
		messages->counts[slot].count = ++count;
	pthread_mutex_unlock(&lock);
	return count;
}
