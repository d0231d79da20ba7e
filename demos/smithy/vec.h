/* SPDX-License-Identifier: MIT */
/* Vectors of three floats. */
#ifndef TONGS_SMITHY_VEC_H
#define TONGS_SMITHY_VEC_H

#include <math.h>

struct vec3 {
	float x, y, z;
};

static inline struct vec3 vec3_add(struct vec3 a, struct vec3 b) {
	return (struct vec3){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline struct vec3 vec3_sub(struct vec3 a, struct vec3 b) {
	return (struct vec3){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline struct vec3 vec3_scale(struct vec3 a, float factor) {
	return (struct vec3){a.x * factor, a.y * factor, a.z * factor};
}

static inline float vec3_dot(struct vec3 a, struct vec3 b) {
	return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline struct vec3 vec3_cross(struct vec3 a, struct vec3 b) {
	return (struct vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/* `fallback` where `a` has no direction. */
static inline struct vec3 vec3_normalize_or(struct vec3 a, struct vec3 fallback) {
	float length = sqrtf(vec3_dot(a, a));

	return length > 1e-6f ? vec3_scale(a, 1.0f / length) : fallback;
}

#endif
