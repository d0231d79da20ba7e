/* SPDX-License-Identifier: MIT */
/* The shapes of the smithy, its camera and its lamp. A unit is about a foot; y is up, the floor is y = 0, the anvil's
 * horn points to +x. */
#include "smithy.h"

#include <string.h>

static const struct vec3 X = {1, 0, 0}, Y = {0, 1, 0};

#define SWEEP(mesh, material, up, steps, ...) \
	do { \
		const struct tongs_station stations_[] = {__VA_ARGS__}; \
		tongs_mesh_sweep(mesh, material, up, stations_, sizeof stations_ / sizeof *stations_, steps); \
	} while (0)

static const float anvil_top = 2.5f;
static const struct vec3 shoe_center = {-0.02f, 2.548f, 0.12f};
static const float shoe_radius = 0.33f;
/* Where the horseshoe's open end and the tongs point, in the plane of the floor. */
static const struct vec3 grip_direction = {-0.66f, 0, 0.7513f};

static void add_room(struct tongs_mesh *mesh) {
	tongs_mesh_add_quad(mesh, TONGS_MATERIAL_FLOOR, (struct vec3){-14, 0, 12}, (struct vec3){28, 0, 0},
		(struct vec3){0, 0, -16});
	tongs_mesh_add_quad(
		mesh, TONGS_MATERIAL_WALL, (struct vec3){-14, 0, -4}, (struct vec3){28, 0, 0}, (struct vec3){0, 12, 0});
}

static void add_block(struct tongs_mesh *mesh) {
	SWEEP(mesh, TONGS_MATERIAL_WOOD, X, 6, {{0, 0, 0}, .86f, .80f, 1, 0}, {{0, .12f, 0}, .82f, .76f, 1, 0},
		{{0, .9f, 0}, .78f, .73f, 1, 0}, {{0, 1.46f, 0}, .80f, .75f, 1, 0}, {{0, 1.5f, 0}, .77f, .72f, 1, 0},
		{{0, 1.5f, 0}, .77f, .72f, 1, 0}, {{0, 1.5f, 0}, 0, 0, 1, 0});
	for (int i = 0; i < 2; i++) {
		float low = i ? 1.18f : .22f, high = low + .14f, r = i ? .80f : .84f;
		SWEEP(mesh, TONGS_MATERIAL_IRON, X, 2, {{0, low, 0}, r - .05f, r - .10f, 1, 0},
			{{0, low, 0}, r - .05f, r - .10f, 1, 0}, {{0, low, 0}, r, r - .05f, 1, 0},
			{{0, low, 0}, r, r - .05f, 1, 0}, {{0, high, 0}, r, r - .05f, 1, 0},
			{{0, high, 0}, r, r - .05f, 1, 0}, {{0, high, 0}, r - .05f, r - .10f, 1, 0});
	}
}

static void add_anvil(struct tongs_mesh *mesh) {
	const float top = anvil_top;

	SWEEP(mesh, TONGS_MATERIAL_IRON, X, 8, {{0, 1.5f, 0}, .44f, .62f, .25f, 0}, {{0, 1.5f, 0}, .44f, .62f, .25f, 0},
		{{0, 1.63f, 0}, .43f, .61f, .25f, 0}, {{0, 1.63f, 0}, .43f, .61f, .25f, 0},
		{{0, 1.72f, 0}, .32f, .46f, .4f, 0}, {{0, 1.86f, 0}, .22f, .31f, .6f, 0},
		{{0, 2.02f, 0}, .21f, .31f, .6f, 0}, {{0, 2.16f, 0}, .26f, .46f, .4f, 0},
		{{0, 2.26f, 0}, .29f, .56f, .25f, 0});
	/* Heel, face and the step down to the table in front of the horn. */
	SWEEP(mesh, TONGS_MATERIAL_IRON, Y, 8, {{-1.18f, top - .09f, 0}, 0, 0, .3f, 0},
		{{-1.18f, top - .09f, 0}, .27f, .07f, .3f, 0}, {{-1.18f, top - .09f, 0}, .27f, .07f, .3f, 0},
		{{-1.17f, top - .09f, 0}, .29f, .09f, .2f, 0}, {{-1.17f, top - .09f, 0}, .29f, .09f, .2f, 0},
		{{-.62f, top - .13f, 0}, .30f, .13f, .12f, 0}, {{-.3f, top - .17f, 0}, .30f, .17f, .1f, 0},
		{{.60f, top - .17f, 0}, .30f, .17f, .1f, 0}, {{.62f, top - .17f, 0}, .29f, .165f, .1f, 0},
		{{.62f, top - .17f, 0}, .29f, .165f, .1f, 0}, {{.62f, top - .17f, 0}, 0, 0, .1f, 0});
	SWEEP(mesh, TONGS_MATERIAL_IRON, Y, 4, {{.60f, top - .22f, 0}, .27f, .155f, .15f, 0},
		{{.80f, top - .22f, 0}, .27f, .155f, .15f, 0}, {{.82f, top - .22f, 0}, .255f, .14f, .15f, 0},
		{{.82f, top - .22f, 0}, .255f, .14f, .15f, 0}, {{.82f, top - .22f, 0}, 0, 0, .15f, 0});
	SWEEP(mesh, TONGS_MATERIAL_IRON, Y, 10, {{.80f, top - .225f, 0}, .235f, .15f, 1, 0},
		{{1.05f, top - .21f, 0}, .225f, .16f, 1, 0}, {{1.4f, top - .16f, 0}, .16f, .132f, 1, 0},
		{{1.68f, top - .085f, 0}, .07f, .065f, 1, 0}, {{1.76f, top - .06f, 0}, .03f, .03f, 1, 0},
		{{1.78f, top - .055f, 0}, 0, 0, 1, 0});
}

/* A point in the horizontal frame whose first axis is grip_direction. */
static struct vec3 at_grip(float along, float across, float height) {
	struct vec3 lateral = vec3_cross(Y, grip_direction);

	return vec3_add(vec3_add(shoe_center, vec3_scale(grip_direction, along)),
		vec3_add(vec3_scale(lateral, across), vec3_scale(Y, height)));
}

static void add_horseshoe(struct tongs_mesh *mesh) {
	enum { COUNT = 18 };
	struct tongs_station stations[COUNT + 4];
	const float opening = 0.55f; /* radians on each side of grip_direction */

	for (int i = 0; i < COUNT; i++) {
		float t = (float)i / (COUNT - 1);
		float angle = opening + t * 2 * ((float)M_PI - opening);
		/* Longer than wide, as horseshoes are. */
		float along = cosf(angle) * shoe_radius * 1.18f, across = sinf(angle) * shoe_radius;
		/* The end in the tongs has cooled; the toe glows. */
		float heat = 1.0f - 0.45f * fabsf(t - 0.42f) - (t > 0.85f ? (t - 0.85f) * 1.8f : 0);
		stations[i + 2] = (struct tongs_station){at_grip(along, across, 0), .085f, .045f, .35f, heat};
	}
	stations[0] = stations[1] = stations[2];
	stations[0].width = stations[0].height = 0;
	stations[COUNT + 2] = stations[COUNT + 3] = stations[COUNT + 1];
	stations[COUNT + 3].width = stations[COUNT + 3].height = 0;
	tongs_mesh_sweep(mesh, TONGS_MATERIAL_HOT_IRON, Y, stations, COUNT + 4, 4);
}

/* Two bars that cross at the rivet, the jaws around the horseshoe's end. */
static void add_tongs(struct tongs_mesh *mesh) {
	const float end = -.17f; /* across: where the horseshoe's end is */

	for (int i = 0; i < 2; i++) {
		float s = i ? -1 : 1, lift = i ? .03f : -.02f;
		SWEEP(mesh, TONGS_MATERIAL_IRON, Y, 8, {at_grip(.12f, end + s * .125f, .0f), 0, 0, .4f, .6f},
			{at_grip(.12f, end + s * .125f, .0f), .03f, .05f, .4f, .6f},
			{at_grip(.12f, end + s * .125f, .0f), .03f, .05f, .4f, .6f},
			{at_grip(.34f, end + s * .125f, .0f), .035f, .055f, .4f, .45f},
			{at_grip(.50f, end + s * .13f, lift), .04f, .055f, .4f, .3f},
			{at_grip(.66f, end + s * .04f, lift * 1.5f), .055f, .03f, .4f, .15f},
			{at_grip(.74f, end - s * .03f, lift * 1.5f), .055f, .03f, .4f, .1f},
			{at_grip(.95f, end - s * .11f, lift + .02f), .036f, .036f, .8f, 0},
			{at_grip(1.5f, end - s * .15f, .06f), .033f, .033f, 1, 0},
			{at_grip(2.9f, end - s * .19f, .20f), .028f, .028f, 1, 0},
			{at_grip(2.9f, end - s * .19f, .20f), .028f, .028f, 1, 0},
			{at_grip(2.9f, end - s * .19f, .20f), 0, 0, 1, 0});
	}
	SWEEP(mesh, TONGS_MATERIAL_IRON, X, 3, {at_grip(.7f, end, -.10f), .05f, .05f, 1, 0},
		{at_grip(.7f, end, .09f), .05f, .05f, 1, 0}, {at_grip(.7f, end, .115f), .03f, .03f, 1, 0},
		{at_grip(.7f, end, .12f), 0, 0, 1, 0});
}

/* Where something stands, and its axes. */
struct pose {
	struct vec3 origin, x, y, z;
};

static struct vec3 place(const struct pose *pose, struct vec3 at) {
	return vec3_add(vec3_add(pose->origin, vec3_scale(pose->x, at.x)),
		vec3_add(vec3_scale(pose->y, at.y), vec3_scale(pose->z, at.z)));
}

static void sweep_posed(struct tongs_mesh *mesh, enum tongs_material material, const struct pose *pose, struct vec3 up,
	const struct tongs_station *stations, size_t count, unsigned steps) {
	struct tongs_station placed[12];

	for (size_t i = 0; i < count; i++) {
		placed[i] = stations[i];
		placed[i].at = place(pose, stations[i].at);
	}
	tongs_mesh_sweep(mesh, material, up, placed, count, steps);
}

#define SWEEP_POSED(mesh, material, pose, up, steps, ...) \
	do { \
		const struct tongs_station stations_[] = {__VA_ARGS__}; \
		sweep_posed(mesh, material, pose, up, stations_, sizeof stations_ / sizeof *stations_, steps); \
	} while (0)

/* The head's face is at the pose's origin, below the head. */
static void add_hammer(struct tongs_mesh *mesh, const struct pose *pose) {
	SWEEP_POSED(mesh, TONGS_MATERIAL_IRON, pose, pose->x, 5, {{0, 0, 0}, 0, 0, .45f, 0},
		{{0, 0, 0}, .15f, .15f, .45f, 0}, {{0, 0, 0}, .15f, .15f, .45f, 0},
		{{0, .10f, 0}, .155f, .155f, .45f, 0}, {{0, .14f, 0}, .125f, .125f, .6f, 0},
		{{0, .3f, 0}, .12f, .12f, .5f, 0}, {{0, .42f, 0}, .10f, .12f, .5f, 0},
		{{0, .56f, 0}, .03f, .12f, .5f, 0}, {{0, .56f, 0}, .03f, .12f, .5f, 0}, {{0, .56f, 0}, 0, 0, .5f, 0});
	SWEEP_POSED(mesh, TONGS_MATERIAL_WOOD, pose, pose->y, 6, {{-.2f, .27f, -.07f}, 0, 0, 1, 0},
		{{-.2f, .27f, -.07f}, .05f, .07f, 1, 0}, {{-.2f, .27f, -.07f}, .05f, .07f, 1, 0},
		{{.35f, .22f, .12f}, .045f, .065f, 1, 0}, {{1.05f, .12f, .36f}, .06f, .075f, 1, 0},
		{{1.35f, .08f, .46f}, .055f, .07f, 1, 0}, {{1.35f, .08f, .46f}, .055f, .07f, 1, 0},
		{{1.35f, .08f, .46f}, 0, 0, 1, 0});
}

/* The head stands on its face, and the handle leans on it along the floor. */
static void add_resting_hammer(struct tongs_mesh *mesh) {
	add_hammer(mesh, &(struct pose){{1.75f, 0, 1.0f}, X, Y, {0, 0, 1}});
}

/* On the toe of the horseshoe. */
static struct vec3 get_struck_point(void) {
	return at_grip(-shoe_radius * 1.1f, 0, .045f);
}

/* Up slowly, down fast: radians. */
static float get_lift(float stroke) {
	const float highest = .8f, top = .7f;
	float up = fminf(stroke / top, 1), down = fmaxf((stroke - top) / (1 - top), 0);

	return highest * up * up * (3 - 2 * up) * (1 - down * down);
}

/* The handle points to where the smith's hand holds it, about which the hammer turns. */
static void add_swung_hammer(struct tongs_mesh *mesh, float stroke) {
	const struct vec3 handle = vec3_normalize_or((struct vec3){.9f, 0, .42f}, X), side = vec3_cross(handle, Y);
	const struct vec3 hand = vec3_add(get_struck_point(), vec3_add(vec3_scale(handle, 1.5f), vec3_scale(Y, .12f)));
	const float lift = get_lift(stroke), sine = sinf(lift), cosine = cosf(lift);
	const struct vec3 out = vec3_sub(vec3_scale(handle, cosine), vec3_scale(Y, sine));
	const struct vec3 up = vec3_add(vec3_scale(Y, cosine), vec3_scale(handle, sine));
	/* In the hammer's own frame the handle runs along x and a little along z. */
	const float x = .949f, z = .315f;
	struct pose pose = {.x = vec3_sub(vec3_scale(out, x), vec3_scale(side, z)),
		.y = up,
		.z = vec3_add(vec3_scale(out, z), vec3_scale(side, x))};

	pose.origin = vec3_sub(hand, vec3_add(vec3_scale(out, 1.5f), vec3_scale(up, .12f)));
	add_hammer(mesh, &pose);
}

/* Reproducible numbers from 0 to 1. */
static float next_random(uint32_t *state) {
	*state = *state * 1664525u + 1013904223u;
	return (float)(*state >> 8) / (float)(1 << 24);
}

/* Each spark is a streak along its own flight, thrown from the horseshoe. */
static void add_sparks(struct tongs_mesh *mesh) {
	uint32_t seed = 7;

	for (int i = 0; i < 90; i++) {
		float angle = next_random(&seed) * 2 * (float)M_PI, speed = .5f + 2.2f * next_random(&seed);
		float rise = .6f + 2.6f * next_random(&seed), time = .1f + .55f * next_random(&seed);
		float heat = 1 - .6f * time - .3f * next_random(&seed);
		struct vec3 velocity = {cosf(angle) * speed, rise, sinf(angle) * speed};
		struct vec3 at = vec3_add(shoe_center, vec3_scale(velocity, time));
		at.y -= 2.4f * time * time;
		velocity.y -= 4.8f * time;
		struct vec3 half = vec3_scale(velocity, .012f + .012f * next_random(&seed));
		float r = .005f + .006f * next_random(&seed);
		if (at.y < .05f)
			continue;
		SWEEP(mesh, TONGS_MATERIAL_SPARK, fabsf(velocity.y) > speed ? X : Y, 1,
			{vec3_sub(at, half), 0, 0, 1, heat * .6f}, {at, r, r, 1, heat},
			{vec3_add(at, half), 0, 0, 1, heat});
	}
}

/* Sparks that fly from the struck point since the hammer hit it. Those of the next stroke replace them. */
static void add_burst(struct tongs_mesh *mesh, float stroke) {
	const struct vec3 from = get_struck_point();
	uint32_t seed = 11;

	for (int i = 0; i < 150; i++) {
		float angle = next_random(&seed) * 2 * (float)M_PI, speed = .5f + 2.6f * next_random(&seed);
		float rise = .3f + 3.0f * next_random(&seed), life = .2f + .75f * next_random(&seed);
		float r = .006f + .007f * next_random(&seed), time = .06f + 1.1f * stroke;
		float heat = 1 - .8f * stroke / life;
		struct vec3 velocity = {cosf(angle) * speed, rise, sinf(angle) * speed};
		struct vec3 at = vec3_add(from, vec3_scale(velocity, time));
		at.y -= 2.4f * time * time;
		velocity.y -= 4.8f * time;
		struct vec3 half = vec3_scale(velocity, .024f);
		if (stroke > life || at.y < .05f)
			continue;
		SWEEP(mesh, TONGS_MATERIAL_SPARK, fabsf(velocity.y) > speed ? X : Y, 1,
			{vec3_sub(at, half), 0, 0, 1, heat * .6f}, {at, r, r, 1, heat},
			{vec3_add(at, half), 0, 0, 1, heat});
	}
}

bool tongs_smithy_build(struct tongs_mesh *mesh, float stroke) {
	static void (*const parts[])(struct tongs_mesh *) = {
		add_block,
		add_anvil,
		add_horseshoe,
		add_tongs,
	};

	/* A stroke is many pictures, and small ones. */
	mesh->arc = stroke < 0 ? 0 : 4;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		parts[i](mesh);
	if (stroke < 0) {
		add_resting_hammer(mesh);
		add_sparks(mesh);
	} else {
		add_swung_hammer(mesh, stroke);
		mesh->arc = 2;
		add_burst(mesh, stroke);
	}
	/* Last, because most of it is behind something, and need not be shaded. */
	add_room(mesh);
	return !mesh->failed;
}

static const struct camera {
	struct vec3 eye, target;
	float zoom; /* the cotangent of half the vertical angle of view */
} still_camera = {{2.75f, 4.05f, 5.5f}, {0.22f, 1.66f, 0.0f}, 2.5f},
  stroke_camera = {{2.75f, 4.05f, 5.5f}, {0.42f, 2.62f, 0.0f}, 3.9f};
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

static const struct camera *get_camera(float stroke) {
	return stroke < 0 ? &still_camera : &stroke_camera;
}

/* Sparks flash when the hammer hits. */
static float get_glow(float stroke) {
	return stroke < 0 ? 1 : .8f + 1.5f * expf(-7 * stroke);
}

struct tongs_smithy_view tongs_smithy_get_lamp(float stroke) {
	const struct vec3 eye = get_camera(stroke)->eye;
	struct tongs_smithy_view view = {.eye = {eye.x, eye.y, eye.z, get_glow(stroke)}};
	struct frame frame = look(lamp, lamp_target);
	float rows[4][4] = {[3] = {0, 0, 0, 1}};

	set_row(rows[0], frame.right, lamp, lamp_radius);
	set_row(rows[1], vec3_scale(frame.up, -1), lamp, lamp_radius); /* Vulkan's y points down */
	set_row(rows[2], frame.forward, lamp, lamp_depth);
	memcpy(view.lamp, rows, sizeof view.lamp);
	set_columns(view.projection, rows);
	return view;
}

struct tongs_smithy_view tongs_smithy_get_camera(float aspect, float stroke) {
	const struct camera *camera = get_camera(stroke);
	const struct vec3 eye = camera->eye;
	const float zoom = camera->zoom;
	struct tongs_smithy_view view = tongs_smithy_get_lamp(stroke);
	struct frame frame = look(eye, camera->target);
	float rows[4][4], depth[4];

	set_row(rows[0], frame.right, eye, aspect / zoom);
	set_row(rows[1], vec3_scale(frame.up, -1), eye, 1 / zoom);
	set_row(depth, frame.forward, eye, 1);
	for (int i = 0; i < 4; i++) {
		rows[2][i] = depth[i] * far / (far - near) - (i == 3 ? far * near / (far - near) : 0);
		rows[3][i] = depth[i];
	}
	set_columns(view.projection, rows);
	return view;
}
