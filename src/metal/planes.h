/* SPDX-License-Identifier: MIT */
/* An image of several planes whose layout only the driver knows: what the textures of its planes have in common. */
#ifndef TONGS_METAL_PLANES_H
#define TONGS_METAL_PLANES_H

#include <stdatomic.h>

#include "vulkan/own_image.h"

struct tongs_planes {
	atomic_uint references;
	struct tongs_image_shape shape;
	/* On libtongs' own device; set once; NULL: not used yet. Ends with the last texture's reference, while that
	 * still has its device and memory. */
	_Atomic(struct tongs_own_image *) image;
};

/* NULL is fine. */
void tongs_planes_ref(struct tongs_planes *planes);
void tongs_planes_unref(struct tongs_planes *planes);

#endif
