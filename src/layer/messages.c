/* SPDX-License-Identifier: MIT */
/* Who hears an instance's messages, and how often each was told. */
#include "layer/messages.h"

#include <vulkan/vulkan_core.h>

void tongs_messages_init(struct tongs_messages *messages, const void *pNext) {
	pthread_mutex_init(&messages->lock, NULL);
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext)
		messages->creation_messengers += s->sType == VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
}

void tongs_messages_finish(struct tongs_messages *messages) {
	pthread_mutex_destroy(&messages->lock);
}

uint32_t tongs_messages_count(struct tongs_messages *messages, uint64_t key) {
	pthread_mutex_lock(&messages->lock);
	uint32_t slot = 0;
	while (slot < TONGS_MESSAGES_COUNTED && (messages->told[slot].count == 0 || messages->told[slot].key != key))
		slot++;
	if (slot == TONGS_MESSAGES_COUNTED) {
		slot = messages->oldest;
		messages->oldest = (slot + 1) % TONGS_MESSAGES_COUNTED;
		messages->told[slot].key = key;
		messages->told[slot].count = 0;
	}
	uint32_t count = messages->told[slot].count;
	if (count < UINT32_MAX)
		messages->told[slot].count = ++count;
	pthread_mutex_unlock(&messages->lock);
	return count;
}
