/* SPDX-License-Identifier: MIT */
/* Who hears an instance's messages, and how often each was told. */
#ifndef TONGS_LAYER_MESSAGES_H
#define TONGS_LAYER_MESSAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct tongs_messenger;

enum { TONGS_MESSAGES_COUNTED = 256 };

struct tongs_messages {
	/* The application's live ones. None is destroyed while another command of the instance, or of a device of it,
	 * runs: so those may follow the list without a lock. */
	_Atomic(struct tongs_messenger *) messengers;
	const VkAllocationCallbacks *callbacks; /* the instance's; may be NULL */
	/* The list changes, and what follows does, with a lock of messages.c held. */
	struct {
		uint64_t key;
		uint32_t count; /* 0: free */
	} told[TONGS_MESSAGES_COUNTED];
	uint32_t oldest; /* the one that is forgotten when a new one comes */
};

/* `callbacks`, which may be NULL, are the instance's and outlive it. */
void tongs_messages_init(struct tongs_messages *messages, const VkAllocationCallbacks *callbacks);
/* Also frees what is left of messengers that the application left behind. */
void tongs_messages_finish(struct tongs_messages *messages);

/* A messenger with `info` came, or went; `callbacks` are the command's, and `add` is false when memory runs out.
 * Messengers of VkInstanceCreateInfo's chain are none of these: they hear what happens while there is no device. */
bool tongs_messages_add(struct tongs_messages *messages, VkDebugUtilsMessengerEXT messenger,
	const VkDebugUtilsMessengerCreateInfoEXT *info, const VkAllocationCallbacks *callbacks);
void tongs_messages_remove(
	struct tongs_messages *messages, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *callbacks);

bool tongs_messages_are_heard(struct tongs_messages *messages);

/* Calls the messengers that want such messages. Not by vkSubmitDebugUtilsMessageEXT, for which the loader takes a lock
 * that it holds during vkDestroyDevice. */
void tongs_messages_send(struct tongs_messages *messages, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	const VkDebugUtilsMessengerCallbackDataEXT *data);

/* How often the message `key` was told, this time included. */
uint32_t tongs_messages_count(struct tongs_messages *messages, uint64_t key);

#endif
