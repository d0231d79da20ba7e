/* SPDX-License-Identifier: MIT */
/* Catches what Tongs tells its user, so that a test can say what must have been told, or that nothing was. */
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

/* From here on: nothing told yet. A cmocka setup function. */
static int hear_messages(void **state) {
	(void)state;
	memset(&messages, 0, sizeof(messages));
	tongs_set_message_callback(catch_message, NULL);
	return 0;
}

/* Whether exactly one message came since the last look, and it has `part` in it. */
static inline int told(const char *part) {
	int yes = messages.count == 1 && strstr(messages.last, part) != NULL;
	if (!yes)
		printf("# %u messages, the last: %s\n", messages.count, messages.last);
	messages.count = 0;
	return yes;
}

#endif
