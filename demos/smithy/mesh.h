/* SPDX-License-Identifier: MIT */
/* Vectors, triangles, and the way in which the demo's shapes are made: a rounded cross-section swept along a path. */
#ifndef TONGS_SMITHY_MESH_H
#define TONGS_SMITHY_MESH_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The same numbers as in smithy.frag. */
enum tongs_material {
	TONGS_MATERIAL_FLOOR,
	TONGS_MATERIAL_WALL,
	TONGS_MATERIAL_WOOD,
	TONGS_MATERIAL_IRON,
	TONGS_MATERIAL_HOT_IRON,
	TONGS_MATERIAL_SPARK,
};

struct tongs_vertex {
	struct vec3 position;
	struct vec3 normal;
	float material; /* enum tongs_material; flat over a triangle */
	float heat;     /* 0 (cold) to 1 */
};

struct tongs_mesh {
	struct tongs_vertex *vertices;
	uint32_t *indices;
	uint32_t vertex_count, vertex_capacity;
	uint32_t index_count, index_capacity;
	uint32_t arc; /* points of a corner's arc, at least 2, and less steps with less of them; 0, the default: 8 */
	bool failed;  /* memory ran out: nothing has been added since */
};

/* One cross-section. A smooth curve runs through the stations; a station given twice makes a crease. */
struct tongs_station {
	struct vec3 at;
	float width, height; /* half extents across the path and towards `up`; 0: a point */
	float round;         /* 0: a rectangle, 1: an ellipse */
	float heat;
};

/* Frees a mesh and leaves it empty, which is zeroed. */
void tongs_mesh_finish(struct tongs_mesh *mesh);

/* Adds a surface with `steps` sections between two stations. `up` must not be parallel to the path. Ends are left open:
 * to close one, end with a crease and a station of no extent. */
void tongs_mesh_sweep(struct tongs_mesh *mesh, enum tongs_material material, struct vec3 up,
	const struct tongs_station *stations, size_t count, unsigned steps);

/* Adds the parallelogram of `corner`, `corner` + `a` and `corner` + `b`; a × b points to its front. */
void tongs_mesh_add_quad(
	struct tongs_mesh *mesh, enum tongs_material material, struct vec3 corner, struct vec3 a, struct vec3 b);

#endif
