/* SPDX-License-Identifier: MIT */
/* The leak check (TONGS_LEAKS=1, for debugging): logs each object that is alive when the process exits. */

#include <stdio.h>
#include <unistd.h>

#include "metal/device.h"
#include "metal/event.h"
#include "metal/heap.h"
#include "util/lane.h"
#include "util/log.h"
#include "util/settings.h"

enum {
	MAX_REPORTS = 100,
	PATIENCE_SECONDS = 1, /* for lanes and for listeners; lanes that call drivers have ended by now */
};

static pid_t process; /* 0: off */

__attribute__((constructor)) static void enable(void) {
	if (tongs_settings_get(TONGS_SETTING_LEAKS))
		process = getpid();
}

struct tally {
	size_t count[TONGS_KIND_LAST + 1];
	size_t all;
};

static void count(const struct tongs_object *object, void *user) {
	struct tally *tally = user;
	tally->count[object->kind]++;
	tally->all++;
}

static const struct tongs_storage *storage_of(const struct tongs_object *object) {
	switch (object->kind) {
	case TONGS_KIND_HEAP:
		return &((const struct tongs_heap *)object)->storage;
	case TONGS_KIND_BUFFER:
	case TONGS_KIND_TEXTURE:
		return &((const struct tongs_resource *)object)->storage;
	default:
		return NULL;
	}
}

static void report(const struct tongs_object *object, void *user) {
	size_t *reported = user;
	if ((*reported)++ >= MAX_REPORTS)
		return;
	const struct tongs_storage *storage = storage_of(object);
	char text[101];
	const char *label = object->kind == TONGS_KIND_DEVICE
				    ? tongs_device_get_name((const struct tongs_device *)object)
			    : storage ? tongs_label_read(&storage->label, text, sizeof(text))
				      : NULL;
	char size[32] = "";
	if (storage)
		snprintf(size, sizeof(size), ", %llu bytes", (unsigned long long)storage->size);
	tongs_log_warning("alive at exit: %s %p%s%.100s%s%s, references %zu", tongs_kind_name(object->kind),
		(const void *)object, label ? " `" : "", label ? label : "", label ? "'" : "", size,
		atomic_load_explicit(&object->refs, memory_order_relaxed));
}

/* Runs after the destructors of the program and of the libraries that use this one, so the message callback may be
 * gone. In a child of fork(), the objects are the parent's, and nothing is reported. */
__attribute__((destructor)) static void report_leaks(void) {
	if (process == 0 || process != getpid())
		return;
	tongs_lane_wait_for_all(PATIENCE_SECONDS);
	tongs_event_end_threads(PATIENCE_SECONDS);
	struct tally tally = {0};
	tongs_object_visit(count, &tally);
	if (tally.all == 0)
		return;
	tongs_log_end();
	char text[512];
	int used = snprintf(text, sizeof(text), "%zu Metal objects are alive at exit:", tally.all);
	for (enum tongs_kind kind = TONGS_KIND_DEVICE; kind <= TONGS_KIND_LAST; kind++)
		if (tally.count[kind])
			used += snprintf(text + used, sizeof(text) - (size_t)used, " %s %zu", tongs_kind_name(kind),
				tally.count[kind]);
	tongs_log_warning("%s", text);
	size_t reported = 0;
	tongs_object_visit(report, &reported);
	if (reported > MAX_REPORTS)
		tongs_log_warning("alive at exit: and %zu more", reported - MAX_REPORTS);
}
