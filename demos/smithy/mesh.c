/* SPDX-License-Identifier: MIT */
/* Grow a mesh; sweep a cross-section along a Catmull-Rom curve. */
#include "mesh.h"

#include <stdlib.h>

enum { FINE_ARC = 8, CORNERS = 4 };

struct section {
	struct tongs_station station;
	struct vec3 side, up;
};

void tongs_mesh_finish(struct tongs_mesh *mesh) {
	free(mesh->vertices);
	free(mesh->indices);
	*mesh = (struct tongs_mesh){0};
}

static void *grow(void *items, uint32_t *capacity, uint32_t needed, size_t size) {
	if (needed <= *capacity)
		return items;
	uint32_t wanted = needed * 2;
	void *grown = reallocarray(items, wanted, size);
	if (grown)
		*capacity = wanted;
	return grown;
}

static bool reserve(struct tongs_mesh *mesh, uint32_t vertices, uint32_t indices) {
	struct tongs_vertex *more_vertices =
		grow(mesh->vertices, &mesh->vertex_capacity, mesh->vertex_count + vertices, sizeof *mesh->vertices);
	if (more_vertices)
		mesh->vertices = more_vertices;
	uint32_t *more_indices =
		grow(mesh->indices, &mesh->index_capacity, mesh->index_count + indices, sizeof *mesh->indices);
	if (more_indices)
		mesh->indices = more_indices;
	mesh->failed |= !more_vertices || !more_indices;
	return !mesh->failed;
}

static void add_quad_indices(struct tongs_mesh *mesh, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
	const uint32_t corners[] = {a, b, c, c, b, d};

	for (size_t i = 0; i < sizeof corners / sizeof *corners; i++)
		mesh->indices[mesh->index_count++] = corners[i];
}

void tongs_mesh_add_quad(
	struct tongs_mesh *mesh, enum tongs_material material, struct vec3 corner, struct vec3 a, struct vec3 b) {
	struct vec3 normal = vec3_normalize_or(vec3_cross(a, b), (struct vec3){0, 1, 0});
	uint32_t first = mesh->vertex_count;

	if (!reserve(mesh, 4, 6))
		return;
	for (int i = 0; i < 4; i++) {
		struct vec3 at = vec3_add(corner, vec3_add(vec3_scale(a, i & 1), vec3_scale(b, i >> 1)));
		mesh->vertices[mesh->vertex_count++] =
			(struct tongs_vertex){.position = at, .normal = normal, .material = (float)material};
	}
	add_quad_indices(mesh, first, first + 1, first + 2, first + 3);
}

/* Uniform Catmull-Rom. Equal neighbours p0 = p1 stop the curve there and so make a crease. */
static float spline(float p0, float p1, float p2, float p3, float t) {
	return p1 + 0.5f * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

static struct tongs_station interpolate(const struct tongs_station *stations, size_t count, size_t i, float t) {
	const struct tongs_station *p1 = &stations[i], *p2 = &stations[i + 1];
	const struct tongs_station *p0 = i > 0 ? p1 - 1 : p1, *p3 = i + 2 < count ? p2 + 1 : p2;

#define MIX(field) spline(p0->field, p1->field, p2->field, p3->field, t)
	return (struct tongs_station){
		.at = {MIX(at.x), MIX(at.y), MIX(at.z)},
		.width = fmaxf(0, MIX(width)),
		.height = fmaxf(0, MIX(height)),
		.round = fminf(1, fmaxf(0, MIX(round))),
		.heat = fminf(1, fmaxf(0, MIX(heat))),
	};
#undef MIX
}

static bool is_same(const struct tongs_station *a, const struct tongs_station *b) {
	struct vec3 step = vec3_sub(a->at, b->at);

	return vec3_dot(step, step) == 0 && a->width == b->width && a->height == b->height;
}

/* Samples the curve into `sections`, a crease as the same section twice. Returns their number. */
static size_t sample(const struct tongs_station *stations, size_t count, unsigned steps, struct section *sections) {
	size_t n = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		if (is_same(&stations[i], &stations[i + 1])) {
			sections[n++].station = stations[i];
			continue;
		}
		for (unsigned step = 0; step < steps; step++)
			sections[n++].station = interpolate(stations, count, i, (float)step / (float)steps);
	}
	sections[n++].station = stations[count - 1];
	return n;
}

/* Turns each section square to the path. Where the path stands still (caps, steps), the last direction is kept. */
static void orient(struct section *sections, size_t count, struct vec3 up) {
	struct vec3 along = {0, 0, 0};

	for (size_t i = 0; i < count; i++) {
		struct vec3 before = sections[i > 0 ? i - 1 : i].station.at;
		struct vec3 after = sections[i + 1 < count ? i + 1 : i].station.at;
		along = vec3_normalize_or(vec3_sub(after, before), along);
		struct vec3 side = vec3_cross(up, along);
		sections[i].side = vec3_normalize_or(side, i > 0 ? sections[i - 1].side : side);
		sections[i].up = vec3_cross(along, sections[i].side);
	}
	/* A path that begins with a cap has no direction there: take the first one behind it. */
	for (size_t i = count - 1; i-- > 0;) {
		if (vec3_dot(sections[i].up, sections[i].up) < 0.5f) {
			sections[i].side = sections[i + 1].side;
			sections[i].up = sections[i + 1].up;
		}
	}
}

/* Point `i` of a section's ring of corners with `arc` points, and the direction in which the ring runs there. */
static struct vec3 get_ring_point(const struct section *section, uint32_t arc, uint32_t i, struct vec3 *direction) {
	const struct tongs_station *s = &section->station;
	uint32_t corner = i / arc % CORNERS;
	float angle = ((float)corner + (float)(i % arc) / (float)(arc - 1)) * (float)M_PI_2;
	float x = cosf(angle), y = sinf(angle);
	float center_x = (1 - s->round) * (corner == 0 || corner == 3 ? 1 : -1);
	float center_y = (1 - s->round) * (corner < 2 ? 1 : -1);

	*direction = vec3_add(vec3_scale(section->side, -y), vec3_scale(section->up, x));
	return vec3_add(s->at, vec3_add(vec3_scale(section->side, s->width * (center_x + s->round * x)),
				       vec3_scale(section->up, s->height * (center_y + s->round * y))));
}

/* The normal at ring point `i` of section `n`: across the ring and along the path, on this side of a crease only. */
static struct vec3 get_normal(const struct section *sections, size_t count, size_t n, uint32_t arc, uint32_t i) {
	struct vec3 ring, unused;
	size_t before = n > 0 && !is_same(&sections[n - 1].station, &sections[n].station) ? n - 1 : n;
	size_t after = n + 1 < count && !is_same(&sections[n].station, &sections[n + 1].station) ? n + 1 : n;

	get_ring_point(&sections[n], arc, i, &ring);
	struct vec3 along = vec3_sub(
		get_ring_point(&sections[after], arc, i, &unused), get_ring_point(&sections[before], arc, i, &unused));
	struct vec3 outward = vec3_cross(ring, vec3_cross(sections[n].side, sections[n].up));
	return vec3_normalize_or(vec3_cross(ring, along), outward);
}

void tongs_mesh_sweep(struct tongs_mesh *mesh, enum tongs_material material, struct vec3 up,
	const struct tongs_station *stations, size_t count, unsigned steps) {
	const uint32_t arc = mesh->arc ? mesh->arc : FINE_ARC, ring = CORNERS * arc;
	steps = (steps * arc + FINE_ARC - 1) / FINE_ARC;
	struct section *sections = calloc(count * steps + 1, sizeof *sections);

	if (!sections) {
		mesh->failed = true;
		return;
	}
	uint32_t rows = (uint32_t)sample(stations, count, steps, sections);
	uint32_t first = mesh->vertex_count;
	orient(sections, rows, up);
	if (!reserve(mesh, rows * ring, (rows - 1) * ring * 6))
		goto out;
	for (uint32_t n = 0; n < rows; n++) {
		for (uint32_t i = 0; i < ring; i++) {
			struct vec3 unused;
			mesh->vertices[mesh->vertex_count++] = (struct tongs_vertex){
				.position = get_ring_point(&sections[n], arc, i, &unused),
				.normal = get_normal(sections, rows, n, arc, i),
				.material = (float)material,
				.heat = sections[n].station.heat,
			};
		}
	}
	for (uint32_t n = 0; n + 1 < rows; n++) {
		for (uint32_t i = 0; i < ring; i++) {
			uint32_t here = first + n * ring, next = (i + 1) % ring;
			add_quad_indices(mesh, here + i, here + next, here + ring + i, here + ring + next);
		}
	}
out:
	free(sections);
}
