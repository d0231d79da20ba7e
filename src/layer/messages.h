/* SPDX-License-Identifier: MIT */
/* An instance's debug messengers, and how often each message was sent. */
#ifndef TONGS_LAYER_MESSAGES_H
#define TONGS_LAYER_MESSAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vulkan/vulkan_core.h>

struct tongs_messenger;

enum { TONGS_MESSAGES_COUNTED = 256 };

struct tongs_messages {
	/* The application's. Vulkan does not allow one to be destroyed while another command of the instance or its
	 * devices runs, so those commands may walk the list without a lock. */
	_Atomic(struct tongs_messenger *) messengers;
	const VkAllocationCallbacks *callbacks; /* the instance's; may be NULL */
	/* A lock in messages.c guards changes of the list, and all of the following. */
	struct {
		uint64_t key;
		uint32_t count; /* 0: unused */
	} counts[TONGS_MESSAGES_COUNTED];
	/* Searched linearly: only broken rules are counted, and nothing is allocated. */
	uint32_t oldest; /* index of the count that the next new key replaces */
};

/* `callbacks` are the instance's, outlive it, and may be NULL. */
void tongs_messages_init(struct tongs_messages *messages, const VkAllocationCallbacks *callbacks);
/* Also frees messengers that the application did not destroy. */
void tongs_messages_finish(struct tongs_messages *messages);

/* Adds a messenger that was created with `info`, or removes one. `callbacks` are the command's and may be NULL. False:
 * out of memory. Messengers in VkInstanceCreateInfo's chain are not added: they receive messages only while the
 * instance is created or destroyed, when there is no device. */
bool tongs_messages_add_messenger(struct tongs_messages *messages, VkDebugUtilsMessengerEXT messenger,
	const VkDebugUtilsMessengerCreateInfoEXT *info, const VkAllocationCallbacks *callbacks);
void tongs_messages_remove_messenger(
	struct tongs_messages *messages, VkDebugUtilsMessengerEXT messenger, const VkAllocationCallbacks *callbacks);

bool tongs_messages_has_messenger(struct tongs_messages *messages);

/* Calls the messengers that accept validation messages of `severity`. Does not use vkSubmitDebugUtilsMessageEXT: the
 * loader's takes a lock that it also holds during vkDestroyDevice. */
void tongs_messages_send(struct tongs_messages *messages, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	const VkDebugUtilsMessengerCallbackDataEXT *data);

/* Counts the message `key`; returns how often it was counted, this time included. Only the latest
 * TONGS_MESSAGES_COUNTED keys are remembered; the count of an older one starts again. */
uint32_t tongs_messages_count(struct tongs_messages *messages, uint64_t key);

#endif
