/* SPDX-License-Identifier: MIT */
/* Zombies, for debugging: with TONGS_ZOMBIES=1 a released object keeps its head, and tells when it is used. */
#ifndef TONGS_METAL_ZOMBIE_H
#define TONGS_METAL_ZOMBIE_H

#include <stdbool.h>

#include "metal/object.h"

/* Called when the library is loaded, if at all: objects that are freed from then on get `class`. */
void tongs_zombie_enable(Class class);
/* Nil: there are none. */
Class tongs_zombie_get_class(void);

/* Makes a zombie of an object whose parts are finished; an older one goes for it. False where there are none: then
 * `object` is still the caller's to free. */
bool tongs_zombie_keep(struct tongs_object *object);

/* Tells that `message` was sent to `object`. False, and nothing told, if that is no zombie. */
bool tongs_zombie_tell(const struct tongs_object *object, const char *message);
/* The same of a reference that was counted on a zombie, `change` times, which is taken back. */
void tongs_zombie_undo(struct tongs_object *object, int change, const char *message);

#endif
