/* SPDX-License-Identifier: MIT */
/* Captures Tongs' messages to its user, so that a test can assert what was reported, or that nothing was. */
#ifndef TESTS_OBJC_MESSAGES_H
#define TESTS_OBJC_MESSAGES_H

#include <stdio.h>
#include <string.h>

#include <tongs/metal.h>

static struct {
	unsigned count;
	char last[512];
} messages;

static void catch_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)user;
	messages.count++;
	snprintf(messages.last, sizeof(messages.last), "%s", text);
}

/* Forgets all messages so far. A cmocka setup function. */
static int hear_messages(void **state) {
	(void)state;
	memset(&messages, 0, sizeof(messages));
	tongs_set_message_callback(catch_message, NULL);
	return 0;
}

/* The same for a test of a device's objects: fails if there is no device, whose functions take no NULL. */
static inline int hear_messages_of_a_device(void **state) {
	struct tongs_device *device = tongs_device_new_default();
	tongs_device_unref(device);
	return device ? hear_messages(state) : -1;
}

/* Whether exactly one message was captured since the last check, and it contains `part`. */
static inline int was_logged(const char *part) {
	int yes = messages.count == 1 && strstr(messages.last, part) != NULL;
	if (!yes)
		printf("# %u messages, the last: %s\n", messages.count, messages.last);
	messages.count = 0;
	return yes;
}

#endif
