/* SPDX-License-Identifier: MIT */
/* The lately released objects that are kept, and what they were. */
#include "metal/zombie.h"

#include <pthread.h>

#include "util/alloc.h"
#include "util/fork.h"
#include "util/log.h"
#include "metal/released.h"

enum {
	MOST = 4096,   /* zombies at a time; 4 MiB if all are textures */
	MOST_TOLD = 4, /* messages about one of them, so that a loop does not fill the disk */
};

static Class class; /* constant once the library is loaded */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct tongs_object *object; /* NULL: not taken yet */
	struct tongs_released was;
	unsigned told;
} zombies[MOST];    /* guarded by lock */
static size_t next; /* guarded by lock; the oldest, or the first free one */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_ZOMBIE, NULL);

void tongs_zombie_enable(Class zombie_class) {
	class = zombie_class;
}

Class tongs_zombie_get_class(void) {
	return class;
}

bool tongs_zombie_keep(struct tongs_object *object) {
	if (!class)
		return false;
	struct tongs_released was = {.kind = object->kind};
	tongs_released_find(object, &was);
	object->isa = class;
	pthread_mutex_lock(&lock);
	struct tongs_object *oldest = zombies[next].object;
	zombies[next].object = object;
	zombies[next].was = was;
	zombies[next].told = 0;
	next = (next + 1) % MOST;
	pthread_mutex_unlock(&lock);
	tongs_free(NULL, oldest);
	return true;
}

bool tongs_zombie_tell(const struct tongs_object *object, const char *message) {
	if (!class || object->isa != class)
		return false;
	struct tongs_released was = {.kind = object->kind};
	unsigned told = 0;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MOST; i++) {
		if (zombies[i].object == object) {
			was = zombies[i].was;
			told = ++zombies[i].told;
		}
	}
	pthread_mutex_unlock(&lock);
	if (told > MOST_TOLD)
		return true;
	char text[256];
	tongs_released_describe(&was, text, sizeof(text));
	tongs_log_warning("`%s' was sent to %p, which was %s; nothing is done and 0 is returned%s", message,
		(const void *)object, text, told == MOST_TOLD ? "; no more is told of this object" : "");
	return true;
}

void tongs_zombie_undo(struct tongs_object *object, int change, const char *message) {
	if (!class)
		return;
	atomic_fetch_sub_explicit(&object->refs, (size_t)change, memory_order_relaxed);
	tongs_zombie_tell(object, message);
}
