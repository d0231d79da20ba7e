/* SPDX-License-Identifier: MIT */
/* Who hears an instance's messages, and how often each was told. */
#ifndef TONGS_LAYER_MESSAGES_H
#define TONGS_LAYER_MESSAGES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { TONGS_MESSAGES_COUNTED = 256 };

struct tongs_messages {
	atomic_uint messengers;       /* the application's live ones */
	uint32_t creation_messengers; /* of VkInstanceCreateInfo, which live while the instance is created and destroyed
				       */
	pthread_mutex_t lock;         /* guards what follows */
	struct {
		uint64_t key;
		uint32_t count; /* 0: free */
	} told[TONGS_MESSAGES_COUNTED];
	uint32_t oldest; /* the one that is forgotten when a new one comes */
};

/* `pNext` is VkInstanceCreateInfo's. */
void tongs_messages_init(struct tongs_messages *messages, const void *pNext);
void tongs_messages_finish(struct tongs_messages *messages);

/* How often the message `key` was told, this time included. */
uint32_t tongs_messages_count(struct tongs_messages *messages, uint64_t key);

#endif
