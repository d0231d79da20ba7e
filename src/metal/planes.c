/* SPDX-License-Identifier: MIT */
/* The image of several planes that textures share. */
#include "metal/planes.h"

#include "metal/interop.h"
#include "util/alloc.h"
#include "util/log.h"

void tongs_planes_ref(struct tongs_planes *planes) {
	if (planes)
		atomic_fetch_add(&planes->references, 1);
}

void tongs_planes_unref(struct tongs_planes *planes) {
	if (!planes || atomic_fetch_sub(&planes->references, 1) > 1)
		return;
	tongs_own_image_destroy(atomic_load(&planes->image));
	tongs_free(NULL, planes);
}

struct tongs_planes *tongs_interop_new_planes(const struct tongs_image_shape *image) {
	struct tongs_planes *planes = tongs_malloc(1, sizeof(*planes));
	if (!planes) {
		tongs_log_error("exported texture: out of memory for the planes of an image");
		return NULL;
	}
	atomic_init(&planes->references, 1);
	planes->shape = *image;
	return planes;
}

void tongs_interop_release_planes(struct tongs_planes *planes) {
	tongs_planes_unref(planes);
}
