/* SPDX-License-Identifier: MIT */
/* What programs attach to a surface: objects of theirs, by names. */
#ifndef TONGS_METAL_SURFACE_VALUES_H
#define TONGS_METAL_SURFACE_VALUES_H

#include <stdatomic.h>
#include <stdbool.h>

struct tongs_surface_value {
	void *object;
	void (*release)(void *object); /* at the value's end */
	atomic_size_t refs;
	struct tongs_surface_value *next; /* guarded by a lock of surface_values.c */
	char key[];
};

/* Zeroed: none. */
struct tongs_surface_values {
	struct tongs_surface_value *first; /* guarded by that lock; each a reference */
};

/* Replaces the value of the key. Takes over `object`, even on failure. False, with nothing changed, when memory runs
 * out.
 */
bool tongs_surface_values_set(
	struct tongs_surface_values *values, const char *key, void *object, void (*release)(void *object));
/* The key's value, with a reference; NULL: none. Another thread may replace it at any time. */
struct tongs_surface_value *tongs_surface_values_find(struct tongs_surface_values *values, const char *key);
void tongs_surface_value_unref(struct tongs_surface_value *value);
/* Nothing is done if there is none. */
void tongs_surface_values_remove(struct tongs_surface_values *values, const char *key);
void tongs_surface_values_remove_all(struct tongs_surface_values *values);

#endif
