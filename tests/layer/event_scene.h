/* SPDX-License-Identifier: MIT */
/* A timeline semaphore that is an MTLSharedEvent, and a command queue that has the event. */
#ifndef TONGS_TESTS_LAYER_EVENT_SCENE_H
#define TONGS_TESTS_LAYER_EVENT_SCENE_H

#include "counts.h"
#include "semaphores.h"

enum { SIZE = 64 };

/* What the mock driver has done so far; zeros of another driver. */
struct mock_counts count(void);
/* Has the mock driver fail at the next call. */
void fail_next(const char *command, VkResult result);
/* Has its next vkSignalSemaphore begin so much later. */
void delay_signal(long nanoseconds);
/* Loses its devices, or has them again. */
void lose_devices(bool lost);

/* A device, a semaphore and memory, which Metal has, too. */
struct scene {
	struct gpu gpu;
	VkSemaphore semaphore;
	struct tongs_shared_event *event; /* a reference */
	struct tongs_command_queue *queue;
	struct tongs_buffer *buffer;
	bool counts; /* the mock driver does, for it shares timelines and has queues that wait */
};

void begin_scene(struct scene *scene);
void end_scene(struct scene *scene);

/* A command buffer: waits, unless for 0, fills the buffer, unless with 0, and signals, unless 0. A reference. */
struct tongs_command_buffer *encode(
	struct scene *scene, struct tongs_command_queue *queue, uint64_t wait, uint8_t fill, uint64_t signal);
/* The same, committed. */
struct tongs_command_buffer *commit(
	struct scene *scene, struct tongs_command_queue *queue, uint64_t wait, uint8_t fill, uint64_t signal);
/* Waits for it, and drops the reference. */
void finish(struct tongs_command_buffer *commands);

#endif
