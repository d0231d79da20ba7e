/* SPDX-License-Identifier: MIT */
/* The set of live Metal objects: answers for any address without touching what it points to. */
#ifndef TONGS_METAL_REGISTRY_H
#define TONGS_METAL_REGISTRY_H

#include <stdbool.h>

#include "metal/object.h"

/* False when memory runs out. */
bool tongs_registry_insert(struct tongs_object *object);
void tongs_registry_remove(struct tongs_object *object);

/* TONGS_KIND_NONE for an address that is not a live object's. */
enum tongs_kind tongs_registry_kind(const void *address);

/* The object at `address` with one more reference, if it is a live one of `kind`; else NULL. An object whose last
 * reference is gone is not revived. */
struct tongs_object *tongs_registry_acquire(const void *address, enum tongs_kind kind);

/* Calls `visit` with every live object, in no order and, for those that come and go meanwhile, perhaps. The object
 * stays where it is during the call, in which nothing may be created or released. */
void tongs_registry_visit(void (*visit)(const struct tongs_object *object, void *user), void *user);

#endif
