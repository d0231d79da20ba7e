/* SPDX-License-Identifier: MIT */
/* Messages to other processes as a forger sees them. */
#ifndef TONGS_TESTS_METAL_FORGE_H
#define TONGS_TESTS_METAL_FORGE_H

#include "open_device.h"

#include "metal/message.h"
#include "util/parcel.h"

/* The message about an object, with file descriptors. */
struct tongs_parcel capture(const void *handle);
/* What is received of a message. */
void *pass(const struct tongs_parcel *parcel);
/* Fails unless nothing is received, with an error that contains `text`, and nothing of it stays. */
void refuse(const struct tongs_parcel *parcel, const char *text);

static inline struct tongs_message *message_of(struct tongs_parcel *parcel) {
	return (struct tongs_message *)(void *)parcel->bytes;
}

/* Refuses `parcel` with a change to `changed`, its copy. */
#define FORGE(change, text) \
	do { \
		changed = parcel; \
		change; \
		refuse(&changed, text); \
	} while (0)

#endif
