/* SPDX-License-Identifier: MIT */
/* Command queues, command buffers and their encoders. Commands are recorded for libtongs' own device at once; a command
 * buffer that is committed runs in the lane of its queue, step by step: commands, waiting for an event, signalling one.
 * While it is pending it keeps its resources, its queue and its device. */
#ifndef TONGS_COMMANDS_COMMAND_H
#define TONGS_COMMANDS_COMMAND_H

#include "metal/event.h"
#include "metal/label.h"
#include "metal/resource.h"
#include "util/lane.h"
#include "util/list.h"
#include "vulkan/own_commands.h"

enum { TONGS_SPARE_COMMANDS = 4 };

struct tongs_command_queue {
	struct tongs_object object;
	struct tongs_device *device; /* a reference */
	struct tongs_label label;
	struct tongs_lane *lane;
	/* Of the lane: a queue of libtongs' own device on which its command buffers wait for semaphores. NULL: none
	 * yet, or none was left. */
	VkQueue waiting_queue;
	uint32_t process; /* that took it */
	/* Empty ones, to be used again. */
	_Atomic(struct tongs_own_commands *) spare[TONGS_SPARE_COMMANDS];
};

struct tongs_step {
	struct tongs_own_commands *commands; /* NULL: of an event */
	struct tongs_shared_event *event;    /* a reference */
	uint64_t value;
	bool signals; /* else waits */
};

struct tongs_handler {
	tongs_command_buffer_handler call;
	void (*release)(void *user); /* may be NULL */
	void *user;
	bool scheduled; /* else completed */
};

struct tongs_command_buffer {
	struct tongs_object object;
	struct tongs_command_queue *queue; /* a reference */
	struct tongs_label label;
	struct tongs_lane_job job;
	MTLCommandBufferErrorOption error_options;
	bool refused_encoder; /* that Tongs lacks: has been reported */
	bool retains;         /* what retainedReferences says; in fact every command buffer retains */
	/* Of the thread that encodes, and then of the lane: */
	struct tongs_list steps; /* struct tongs_step; begins in `first_steps` */
	struct tongs_step first_steps[4];
	struct tongs_list retained;    /* struct tongs_object *: references */
	struct tongs_list fences;      /* struct tongs_fence_use, in the order of the passes */
	struct tongs_list handlers;    /* struct tongs_handler */
	struct tongs_encoder *encoder; /* the last one: a reference; NULL: none yet */
	VkResult result;               /* the first failure */
	/* Of fences; references, set by the commit: */
	struct tongs_list others;       /* struct tongs_shared_event *: each is 1 when another command buffer has run */
	struct tongs_shared_event *ran; /* becomes 1 when this one has; NULL: it updates no fence */
	_Atomic MTLCommandBufferStatus status;
	_Atomic uint32_t changes;    /* a futex of waiting threads */
	atomic_bool scheduled, done; /* the handlers have been called */
	pthread_t thread;            /* that calls handlers; of a command buffer that is committed */
	uint32_t process;            /* that committed it */
	double start, end;           /* seconds */
	/* What the GPU waits for, while it does, in a list of command_steps.c. */
	struct tongs_own_points waits;
	struct tongs_command_buffer *next_waiting;
};

static inline struct tongs_step *tongs_command_buffer_get_steps(const struct tongs_command_buffer *commands) {
	return commands->steps.items;
}

/* It ends with an error, of which the first counts; VK_SUCCESS is none. */
static inline void tongs_command_buffer_fail(struct tongs_command_buffer *commands, VkResult result) {
	if (commands->result == VK_SUCCESS)
		commands->result = result;
}

/* The head of every encoder. */
struct tongs_encoder {
	struct tongs_object object;
	struct tongs_command_buffer *commands; /* no reference; NULL: encoding has ended */
	struct tongs_device *device;           /* a reference */
	struct tongs_label label;
	void (*end)(struct tongs_encoder *encoder); /* records what comes last; NULL: nothing does */
};

/* NULL, with an error logged, when memory runs out. Takes a reference of its own. */
struct tongs_command_buffer *tongs_command_buffer_create(struct tongs_command_queue *queue);

/* Whether commands can be added. If not, logs an error that begins with `what`, a selector. */
bool tongs_command_buffer_check_open(const struct tongs_command_buffer *commands, const char *what);
/* Retains an object to the end of the command buffer. NULL is fine. */
void tongs_command_buffer_retain(struct tongs_command_buffer *commands, void *object);
/* Has it wait for a fence when it is committed, or update it. */
void tongs_command_buffer_use_fence(struct tongs_command_buffer *commands, struct tongs_fence *fence, bool updates);
/* Where to record; NULL on failure, of which the command buffer then reports. */
struct tongs_own_commands *tongs_command_buffer_get_commands(struct tongs_command_buffer *commands);
/* Adds an encoder of `size` bytes, which begins with a struct tongs_encoder: a reference of the caller's. NULL, with an
 * error logged, on failure. */
struct tongs_encoder *tongs_command_buffer_new_encoder(
	struct tongs_command_buffer *commands, enum tongs_kind kind, size_t size, const char *what);
/* `release`, which may be NULL, is called once with `user`: after the handler, or on failure. */
bool tongs_command_buffer_add_handler(struct tongs_command_buffer *commands, bool scheduled,
	tongs_command_buffer_handler handler, void (*release)(void *user), void *user);

/* Whether it is an open encoder of the kind. If not, these log an error that begins with `what`, a selector. */
bool tongs_encoder_check_kind(const struct tongs_encoder *encoder, enum tongs_kind kind, const char *what);
/* Whether a resource's storage is of the encoder's device. */
bool tongs_encoder_check_device(
	const struct tongs_encoder *encoder, const struct tongs_storage *storage, const char *what);
/* Whether a fence is. */
bool tongs_encoder_check_fence(const struct tongs_encoder *encoder, const struct tongs_fence *fence, const char *what);
/* Bytes of a resource, as commands are ordered by. */
struct tongs_own_bytes tongs_encoder_get_bytes(const struct tongs_storage *storage, uint64_t offset, uint64_t size);
struct tongs_object *tongs_encoder_destroy(struct tongs_object *object);

/* Checks a resource that a command would touch, if Tongs' memory needed one. */
void tongs_blit_touch(struct tongs_encoder *encoder, struct tongs_resource *resource, const char *what);
void tongs_blit_touch_level(struct tongs_encoder *encoder, struct tongs_texture *texture, NSUInteger slice,
	NSUInteger level, const char *what);

/* Orders command buffers of several queues; those of one run in order anyway. */
struct tongs_fence {
	struct tongs_object object;
	struct tongs_device *device; /* a reference */
	struct tongs_label label;
	struct tongs_list updates; /* that are not known to have run; guarded by a lock of fence.c */
};

struct tongs_fence_use {
	struct tongs_fence *fence; /* which the command buffer retains */
	bool updates;              /* else waits */
};

/* For the commit of a command buffer in `process`: adds references to the events of those that update the fence and
 * have a turn before `least`. False when memory runs out. */
bool tongs_fence_collect(struct tongs_fence *fence, uint64_t least, uint32_t process, struct tongs_list *others);
/* And has later ones wait for `ran`, if they wait for the fence. False when memory runs out. */
bool tongs_fence_update(struct tongs_fence *fence, uint64_t turn, uint32_t process, struct tongs_shared_event *ran);

/* Checks a resource that a render pass would use, and keeps it. */
void tongs_render_touch(struct tongs_encoder *encoder, struct tongs_resource *resource, const char *what);
/* Says once that nothing is drawn. */
void tongs_render_refuse_drawing(struct tongs_encoder *encoder, const char *what);

#endif
