/* SPDX-License-Identifier: MIT */
/* Tells at exit of each object that is alive: kind, address, label, size, references. */
#include "metal/leaks.h"

#include <stdio.h>
#include <unistd.h>

#include "util/log.h"
#include "metal/device.h"
#include "metal/heap.h"
#include "metal/registry.h"
#include "metal/resource.h"

enum { MOST_TOLD = 100 };

static pid_t process; /* 0: nothing is told */

void tongs_leaks_enable(void) {
	process = getpid();
}

struct tally {
	size_t count[TONGS_KIND_HEAP_DESCRIPTOR + 1];
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

static void tell(const struct tongs_object *object, void *user) {
	size_t *told = user;
	if ((*told)++ >= MOST_TOLD)
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

/* Runs after the destructors of the program and of the libraries that use this one, whose message callback may be gone
 * with them. */
__attribute__((destructor)) static void tell_leaks(void) {
	if (process == 0 || process != getpid())
		return;
	struct tally tally = {0};
	tongs_registry_visit(count, &tally);
	if (tally.all == 0)
		return;
	tongs_log_end();
	char text[512];
	int used = snprintf(text, sizeof(text), "%zu Metal objects are alive at exit:", tally.all);
	for (enum tongs_kind kind = TONGS_KIND_DEVICE; kind <= TONGS_KIND_HEAP_DESCRIPTOR; kind++)
		if (tally.count[kind])
			used += snprintf(text + used, sizeof(text) - (size_t)used, " %s %zu", tongs_kind_name(kind),
				tally.count[kind]);
	tongs_log_warning("%s", text);
	size_t told = 0;
	tongs_registry_visit(tell, &told);
	if (told > MOST_TOLD)
		tongs_log_warning("alive at exit: and %zu more", told - MOST_TOLD);
}
