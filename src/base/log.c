/* SPDX-License-Identifier: MIT */
/* One line to the message callback or stderr, within what TONGS_LOG lets through. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/metal.h>

enum level {
	LEVEL_OFF,
	LEVEL_ERROR,
	LEVEL_WARNING,
};

static const char *const level_names[] = {
	[LEVEL_OFF] = "off",
	[LEVEL_ERROR] = "error",
	[LEVEL_WARNING] = "warning",
};

static const char *const severity_names[] = {
	[TONGS_MESSAGE_ERROR] = "error",
	[TONGS_MESSAGE_WARNING] = "warning",
};

static pthread_once_t level_once = PTHREAD_ONCE_INIT;
static enum level level = LEVEL_WARNING; /* set once, by read_level */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tongs_message_callback message_callback; /* guarded by lock; NULL: stderr */
static void *message_user;                      /* guarded by lock */

/* The lock is held during the callback, so that a callback is never called after it was replaced. */
static void deliver(enum tongs_message_severity severity, const char *text) {
	pthread_mutex_lock(&lock);
	if (message_callback)
		message_callback(severity, text, message_user);
	else
		fprintf(stderr, "tongs: %s: %s\n", severity_names[severity], text);
	pthread_mutex_unlock(&lock);
}

static void read_level(void) {
	const char *name = getenv("TONGS_LOG");
	if (!name || !*name)
		return;
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			level = (enum level)i;
			return;
		}
	}
	char text[256];
	snprintf(text, sizeof(text), "TONGS_LOG is `%.100s': it can be off, error or warning; taken as warning", name);
	deliver(TONGS_MESSAGE_WARNING, text);
}

__attribute__((format(printf, 3, 0))) static void tell(
	enum tongs_message_severity severity, enum level needed, const char *format, va_list arguments) {
	pthread_once(&level_once, read_level);
	if (level < needed)
		return;
	char text[1024];
	vsnprintf(text, sizeof(text), format, arguments);
	deliver(severity, text);
}

void tongs_log_error(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	tell(TONGS_MESSAGE_ERROR, LEVEL_ERROR, format, arguments);
	va_end(arguments);
}

void tongs_log_warning(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	tell(TONGS_MESSAGE_WARNING, LEVEL_WARNING, format, arguments);
	va_end(arguments);
}

void tongs_set_message_callback(tongs_message_callback callback, void *user) {
	pthread_mutex_lock(&lock);
	message_callback = callback;
	message_user = user;
	pthread_mutex_unlock(&lock);
}
