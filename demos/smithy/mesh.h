/* SPDX-License-Identifier: MIT */
/* Triangles, and the one way in which the demo's shapes are made: a rounded cross-section swept along a path. */
#ifndef TONGS_SMITHY_MESH_H
#define TONGS_SMITHY_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vec.h"

/* Numbers that the fragment shader knows. */
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
	float heat;     /* 0: cold, 1: as hot as it gets */
};

struct tongs_mesh {
	struct tongs_vertex *vertices;
	uint32_t *indices;
	uint32_t vertex_count, vertex_capacity;
	uint32_t index_count, index_capacity;
	bool failed; /* memory ran out: nothing was added from then on */
};

/* One cross-section. Between stations everything runs along a smooth curve; a station given twice makes a crease. */
struct tongs_station {
	struct vec3 at;
	float width, height; /* half extents: across the path, and towards `up`; 0: a point */
	float round;         /* 0: a rectangle, 1: an ellipse */
	float heat;
};

/* Zeroed is an empty mesh; finish leaves it so. */
void tongs_mesh_finish(struct tongs_mesh *mesh);

/* `steps` sections are made between two stations; `up` must not be parallel to the path. Ends are left open: finish
 * with a crease and a station of no extent to close one. */
void tongs_mesh_sweep(struct tongs_mesh *mesh, enum tongs_material material, struct vec3 up,
	const struct tongs_station *stations, size_t count, unsigned steps);

/* The parallelogram of `corner`, `corner` + `a` and `corner` + `b`, seen from the side to which a × b points. */
void tongs_mesh_add_quad(
	struct tongs_mesh *mesh, enum tongs_material material, struct vec3 corner, struct vec3 a, struct vec3 b);

#endif
