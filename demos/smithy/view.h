/* SPDX-License-Identifier: MIT */
/* The camera and the lamp of the demo's picture, as the shaders' push constants. */
#ifndef TONGS_SMITHY_VIEW_H
#define TONGS_SMITHY_VIEW_H

/* As in smithy.vert; 128 bytes, which every device takes. */
struct tongs_view_constants {
	float projection[16]; /* columns; to Vulkan's clip space */
	float lamp[3][4];     /* rows; to the clip space of the shadow map, orthographic */
	float eye[4];
};

/* Seen by the camera, for a picture so many times wider than high. */
struct tongs_view_constants tongs_view_get_camera(float aspect);
/* Seen by the lamp: for the shadow map. */
struct tongs_view_constants tongs_view_get_lamp(void);

#endif
