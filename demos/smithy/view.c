/* SPDX-License-Identifier: MIT */
/* Projections. */
#include "view.h"

#include <string.h>

#include "vec.h"

static const struct vec3 eye = {2.75f, 4.05f, 5.5f};
static const struct vec3 eye_target = {0.22f, 1.66f, 0.0f};
static const float eye_zoom = 2.5f; /* the cotangent of half the vertical angle of view */
static const float near = 1, far = 40;

static const struct vec3 lamp = {-4.0f, 7.6f, 4.2f};
static const struct vec3 lamp_target = {0.6f, 0.8f, 0};
static const float lamp_radius = 6.5f, lamp_depth = 22;

struct frame {
	struct vec3 right, up, forward;
};

static struct frame look(struct vec3 from, struct vec3 at) {
	struct frame frame = {.forward = vec3_normalize_or(vec3_sub(at, from), (struct vec3){0, 0, -1})};

	frame.right = vec3_normalize_or(vec3_cross(frame.forward, (struct vec3){0, 1, 0}), (struct vec3){1, 0, 0});
	frame.up = vec3_cross(frame.right, frame.forward);
	return frame;
}

/* The function p -> (p - origin) · axis / extent as a row of a matrix. */
static void set_row(float row[4], struct vec3 axis, struct vec3 origin, float extent) {
	row[0] = axis.x / extent;
	row[1] = axis.y / extent;
	row[2] = axis.z / extent;
	row[3] = -vec3_dot(axis, origin) / extent;
}

static void set_columns(float columns[16], float rows[4][4]) {
	for (int row = 0; row < 4; row++)
		for (int column = 0; column < 4; column++)
			columns[column * 4 + row] = rows[row][column];
}

struct tongs_view_constants tongs_view_get_lamp(void) {
	struct tongs_view_constants constants = {.eye = {eye.x, eye.y, eye.z, 1}};
	struct frame frame = look(lamp, lamp_target);
	float rows[4][4] = {[3] = {0, 0, 0, 1}};

	set_row(rows[0], frame.right, lamp, lamp_radius);
	set_row(rows[1], vec3_scale(frame.up, -1), lamp, lamp_radius); /* Vulkan's y points down */
	set_row(rows[2], frame.forward, lamp, lamp_depth);
	memcpy(constants.lamp, rows, sizeof constants.lamp);
	set_columns(constants.projection, rows);
	return constants;
}

struct tongs_view_constants tongs_view_get_camera(float aspect) {
	struct tongs_view_constants constants = tongs_view_get_lamp();
	struct frame frame = look(eye, eye_target);
	float rows[4][4], depth[4];

	set_row(rows[0], frame.right, eye, aspect / eye_zoom);
	set_row(rows[1], vec3_scale(frame.up, -1), eye, 1 / eye_zoom);
	set_row(depth, frame.forward, eye, 1);
	for (int i = 0; i < 4; i++) {
		rows[2][i] = depth[i] * far / (far - near) - (i == 3 ? far * near / (far - near) : 0);
		rows[3][i] = depth[i];
	}
	set_columns(constants.projection, rows);
	return constants;
}
