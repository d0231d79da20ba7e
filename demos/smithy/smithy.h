/* SPDX-License-Identifier: MIT */
/* What the demo's picture shows (an anvil on its block, a hot horseshoe, tongs, a hammer, sparks), and from where. */
#ifndef TONGS_SMITHY_SMITHY_H
#define TONGS_SMITHY_SMITHY_H

#include "mesh.h"

/* `stroke`, in what follows: how much of a stroke of the hammer is over, from 0, when it hits the iron, to 1, when it
 * hits again. TONGS_SMITHY_AT_REST: the hammer lies on the floor, and the camera sees all of the smithy. */
#define TONGS_SMITHY_AT_REST (-1.0f)

/* Fills the empty `mesh`. Returns false when memory runs out; finish the mesh in any case. */
bool tongs_smithy_build(struct tongs_mesh *mesh, float stroke);

/* The push constants of smithy.vert: 128 bytes, which every device has. */
struct tongs_smithy_view {
	float projection[16]; /* columns; to Vulkan's clip space */
	float lamp[3][4];     /* rows; to the clip space of the shadow map, orthographic */
	float eye[4];         /* where it is, and how strongly the iron lights the smithy */
};

/* The camera's view, for a picture `aspect` times as wide as high. */
struct tongs_smithy_view tongs_smithy_get_camera(float aspect, float stroke);
/* The lamp's view, for the shadow map. */
struct tongs_smithy_view tongs_smithy_get_lamp(float stroke);

#endif
