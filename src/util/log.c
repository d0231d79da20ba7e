/* SPDX-License-Identifier: MIT */
/* One line to the message callback or stderr, if the log level lets it through. */
#include "util/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include <tongs/metal.h>

#include "util/fork.h"
#include "util/setting_table.h"

/* The values of TONGS_SETTING_LOG. */
enum level {
	LEVEL_OFF,
	LEVEL_ERROR,
	LEVEL_WARNING,
};

static const char *const severity_names[] = {
	[TONGS_MESSAGE_ERROR] = "error",
	[TONGS_MESSAGE_WARNING] = "warning",
};

static pthread_once_t level_once = PTHREAD_ONCE_INIT;
static atomic_uint level = LEVEL_WARNING;
static char bad_level[256]; /* the warning about a bad value; set once, by read_level */
static atomic_bool has_bad_level;

struct receiver {
	tongs_message_callback callback; /* NULL: stderr */
	void *user;
};

/* The lock is held during the callback, so that a callback is never called after it was replaced. A thread that calls
 * exit() inside the callback enters again, and so may a child that is forked there. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct receiver receivers[2]; /* guarded by lock, like the next */
static _Atomic unsigned present;     /* index of the current one: a child finds the old or the new one */
static _Thread_local unsigned depth; /* how deep this thread has entered; it takes the lock once */
static _Thread_local bool drops_errors;
static atomic_bool ending; /* messages go to stderr without the lock */

static void enter(void) {
	if (depth++ == 0)
		pthread_mutex_lock(&lock);
}

static void leave(void) {
	if (--depth == 0)
		pthread_mutex_unlock(&lock);
}

static void begin_child(void) {
	if (depth == 0)
		pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void add_to_fork(void) {
	static struct tongs_fork_hook hook = {.begin_child = begin_child};
	tongs_fork_add_hook(&hook);
}

static void print(enum tongs_message_severity severity, const char *text) {
	fprintf(stderr, "tongs: %s: %s\n", severity_names[severity], text);
}

static void deliver(enum tongs_message_severity severity, const char *text) {
	if (atomic_load(&ending)) {
		print(severity, text);
		return;
	}
	enter();
	const struct receiver receiver = receivers[atomic_load(&present)];
	if (receiver.callback)
		receiver.callback(severity, text, receiver.user);
	else
		print(severity, text);
	leave();
}

/* What settings.c does for all other settings; it logs through this file itself. */
static void read_level(void) {
	const struct tongs_setting_row *row = tongs_setting_get_row(TONGS_SETTING_LOG);
	for (enum tongs_setting_source source = 0; source < TONGS_SETTING_SOURCE_COUNT; source++) {
		char name[TONGS_SETTING_NAME_SIZE];
		const char *value = tongs_setting_find(TONGS_SETTING_LOG, source, name);
		uint64_t parsed;
		if (value && tongs_setting_parse(row, value, &parsed)) {
			atomic_store(&level, (unsigned)parsed);
			return;
		}
		if (!value || atomic_load(&has_bad_level))
			continue;
		snprintf(bad_level, sizeof(bad_level), "%s is `%.100s'; it can be %s; the value is ignored", name,
			value, tongs_setting_describe_type(row));
		atomic_store(&has_bad_level, true);
	}
}

/* A callback may log itself, so the warning waits for the end of pthread_once. */
static void load_level(void) {
	pthread_once(&level_once, read_level);
	if (atomic_load(&has_bad_level) && atomic_exchange(&has_bad_level, false))
		deliver(TONGS_MESSAGE_WARNING, bad_level);
}

void tongs_log_set_level(unsigned new_level) {
	load_level();
	atomic_store(&level, new_level);
}

__attribute__((format(printf, 3, 0))) static void log_message(
	enum tongs_message_severity severity, enum level needed, const char *format, va_list arguments) {
	load_level();
	if (atomic_load(&level) < needed)
		return;
	char text[1024];
	vsnprintf(text, sizeof(text), format, arguments);
	deliver(severity, text);
}

void tongs_log_error(const char *format, ...) {
	va_list arguments;
	if (drops_errors)
		return;
	va_start(arguments, format);
	log_message(TONGS_MESSAGE_ERROR, LEVEL_ERROR, format, arguments);
	va_end(arguments);
}

void tongs_log_warning(const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	log_message(TONGS_MESSAGE_WARNING, LEVEL_WARNING, format, arguments);
	va_end(arguments);
}

void tongs_set_message_callback(tongs_message_callback callback, void *user) {
	enter();
	const unsigned next = !atomic_load(&present);
	receivers[next] = (struct receiver){.callback = callback, .user = user};
	atomic_store(&present, next);
	leave();
}

void tongs_log_drop_errors(bool drop) {
	drops_errors = drop;
}

void tongs_log_end(void) {
	atomic_store(&ending, true);
}
