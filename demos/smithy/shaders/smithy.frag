#version 450
/* SPDX-License-Identifier: MIT */
/* The smithy's light: a lamp with soft shadows, the glow of hot iron, a forge beyond the picture, haze. */

layout(push_constant) uniform Constants {
	mat4 projection;
	vec4 lamp[3];
	vec4 eye; /* w: how strongly the iron glows */
};
layout(set = 0, binding = 0) uniform sampler2DShadow shadow_map;

layout(location = 0) in vec3 world;
layout(location = 1) in vec3 world_normal;
layout(location = 2) flat in int surface;
layout(location = 3) in float temperature;

layout(location = 0) out vec4 colour;

const int FLOOR = 0, WALL = 1, WOOD = 2, IRON = 3, HOT_IRON = 4, SPARK = 5;

const vec3 LAMP_COLOUR = vec3(0.62, 0.76, 1.0) * 2.3;
const vec3 GLOW_AT = vec3(-0.02, 2.62, 0.12);
const vec3 GLOW_COLOUR = vec3(1.0, 0.36, 0.08);
const vec3 FORGE_AT = vec3(4.6, 1.9, -2.2);
const vec3 FORGE_COLOUR = vec3(1.0, 0.42, 0.13) * 7.5;

struct Material {
	vec3 albedo;
	float roughness;
	float metal;
	vec3 normal;
	vec3 emission;
};

float hash(vec3 p) {
	p = fract(p * vec3(0.1031, 0.1030, 0.0973));
	p += dot(p, p.yxz + 33.33);
	return fract((p.x + p.y) * p.z);
}

float noise(vec3 p) {
	vec3 i = floor(p), f = fract(p);
	f = f * f * (3.0 - 2.0 * f);
	vec4 low = vec4(hash(i), hash(i + vec3(1, 0, 0)), hash(i + vec3(0, 1, 0)), hash(i + vec3(1, 1, 0)));
	vec4 high = vec4(hash(i + vec3(0, 0, 1)), hash(i + vec3(1, 0, 1)), hash(i + vec3(0, 1, 1)), hash(i + vec3(1)));
	vec4 mixed = mix(low, high, f.z);
	vec2 row = mix(mixed.xz, mixed.yw, f.x);
	return mix(row.x, row.y, f.y);
}

float fbm(vec3 p) {
	float sum = 0.0, weight = 0.5;
	for (int i = 0; i < 4; i++) {
		sum += weight * noise(p);
		p = p * 2.03 + 17.1;
		weight *= 0.5;
	}
	return sum;
}

/* Blocks in rows, every other row shifted: x is the distance to the joint, y the block's own number. */
vec2 blocks(vec2 p, vec2 size) {
	float row = floor(p.y / size.y);
	p.x += size.x * 0.5 * mod(row, 2.0) + size.x * 0.23 * hash(vec3(row, 3.0, 1.0));
	vec2 cell = floor(p / size), inside = p - cell * size;
	vec2 edge = min(inside, size - inside);
	return vec2(min(edge.x, edge.y), hash(vec3(cell, 5.0)));
}

/* How high masonry stands at `p`, and its block's number. */
vec2 masonry(vec2 p, vec2 size, float joint) {
	p += 0.025 * (vec2(noise(vec3(p * 3.0, 1.0)), noise(vec3(p * 3.0, 9.0))) - 0.5);
	vec2 block = blocks(p, size);
	float height = smoothstep(joint * 0.3, joint * 1.6, block.x);
	return vec2(height * (0.8 + 0.2 * block.y) + 0.25 * fbm(vec3(p * 5.0, 2.0)), block.y);
}

/* Masonry on the plane that `u` and `v` span. */
void lay(inout Material m, vec2 p, vec3 u, vec3 v, vec2 size, float joint, vec3 stone, vec3 mortar) {
	const float step = 0.012;
	vec2 here = masonry(p, size, joint);
	float right = masonry(p + vec2(step, 0), size, joint).x, up = masonry(p + vec2(0, step), size, joint).x;
	float depth = 0.018;
	m.normal = normalize(m.normal - u * (right - here.x) * depth / step - v * (up - here.x) * depth / step);
	float grime = fbm(vec3(p * 1.3, 7.0));
	m.albedo = mix(mortar, stone * (0.55 + 0.75 * here.y), smoothstep(0.15, 0.55, here.x)) * (0.45 + 1.0 * grime);
	m.roughness = mix(0.95, 0.55, smoothstep(0.4, 1.1, here.x) * grime * 1.4);
}

/* The colour of glowing iron, dark red to yellow-white. */
vec3 incandescence(float heat) {
	heat = max(heat, 0.0);
	return vec3(1.0, 0.42 * heat * heat + 0.06 * heat, 0.13 * heat * heat * heat * heat) * pow(heat, 2.2) * 2.9;
}

Material get_material() {
	Material m = Material(vec3(0.5), 0.6, 0.0, normalize(world_normal), vec3(0));
	if (surface == FLOOR) {
		lay(m, world.xz, vec3(1, 0, 0), vec3(0, 0, 1), vec2(1.5, 1.0), 0.03, vec3(0.20, 0.19, 0.19),
			vec3(0.05, 0.045, 0.04));
	} else if (surface == WALL) {
		lay(m, world.xy, vec3(1, 0, 0), vec3(0, 1, 0), vec2(0.86, 0.3), 0.03, vec3(0.30, 0.17, 0.13),
			vec3(0.16, 0.14, 0.125));
	} else if (surface == WOOD) {
		bool end_grain = m.normal.y > 0.9 && world.y > 1.3;
		float around = atan(world.z, world.x);
		vec3 grain = end_grain ? vec3(length(world.xz) * 26.0 + 1.5 * fbm(world * 4.0), around * 0.6, 0.0)
				       : vec3(world.xz * 17.0, world.y * 1.1);
		float rings = end_grain ? 0.5 + 0.5 * sin(grain.x * 1.6) : fbm(grain);
		m.albedo = mix(vec3(0.10, 0.055, 0.03), vec3(0.36, 0.21, 0.11), rings) * (0.6 + 0.6 * fbm(world * 6.0));
		m.roughness = 0.82;
	} else if (surface == SPARK) {
		m.albedo = vec3(0);
		m.emission = incandescence(0.45 + 0.7 * temperature) * 1.6;
	} else {
		float wear = fbm(world * 9.0), scratch = fbm(world * vec3(6.0, 40.0, 60.0));
		bool face = m.normal.y > 0.93 && world.y > 2.4 && world.x < 0.8;
		m.metal = 1.0;
		m.albedo = face ? vec3(0.58, 0.58, 0.60) : mix(vec3(0.20, 0.19, 0.19), vec3(0.34, 0.33, 0.33), wear);
		m.roughness = face ? 0.26 + 0.26 * scratch : 0.40 + 0.35 * wear;
		/* Rust where hands and hammer do not rub. */
		float rust = face ? 0.0 : smoothstep(0.50, 0.68, fbm(world * 3.1 + 4.0));
		m.albedo = mix(m.albedo, vec3(0.20, 0.10, 0.06), rust * 0.7);
		m.metal = mix(m.metal, 0.35, rust * 0.8);
		m.roughness = mix(m.roughness, 0.85, rust);
		float scale = surface == HOT_IRON ? 0.42 * smoothstep(0.5, 0.66, fbm(world * 21.0)) : 0.0;
		m.emission = incandescence(temperature * (1.0 - scale));
		if (surface == IRON)
			m.emission *= 0.5;
	}
	return m;
}

/* Light from all sides, as bright as it is in direction `d`: cool above, forge red from the right, dark below. */
vec3 surroundings(vec3 d) {
	vec3 sky = mix(vec3(0.020, 0.020, 0.024), vec3(0.15, 0.19, 0.27), smoothstep(-0.2, 0.9, d.y));
	float window = pow(max(dot(d, normalize(vec3(-0.6, 0.75, 0.55))), 0.0), 12.0);
	float forge = pow(max(dot(d, normalize(vec3(0.95, 0.1, -0.35))), 0.0), 5.0);
	return sky + vec3(0.7, 0.85, 1.1) * window * 0.9 + vec3(1.0, 0.4, 0.12) * forge * 0.9;
}

float get_shadow(vec3 normal) {
	vec4 p = vec4(world + normal * 0.02, 1.0);
	vec3 at = vec3(dot(lamp[0], p) * 0.5 + 0.5, dot(lamp[1], p) * 0.5 + 0.5, dot(lamp[2], p) - 0.0012);
	/* A spiral of taps, turned by another angle at each pixel. */
	float turn = hash(vec3(gl_FragCoord.xy, 1.0)) * 6.2831853, lit = 0.0;
	for (int i = 0; i < 16; i++) {
		float angle = turn + float(i) * 2.3999632;
		vec2 tap = vec2(cos(angle), sin(angle)) * sqrt((float(i) + 0.5) / 16.0) * 0.0085;
		lit += texture(shadow_map, vec3(at.xy + tap, at.z));
	}
	return lit / 16.0;
}

/* Cook-Torrance with GGX, for a light of `radiance` from `l`. */
vec3 shine(Material m, vec3 v, vec3 l, vec3 radiance) {
	vec3 h = normalize(v + l);
	float nl = max(dot(m.normal, l), 0.0), nv = max(dot(m.normal, v), 0.02), nh = max(dot(m.normal, h), 0.0);
	float a = m.roughness * m.roughness, a2 = a * a, k = a * 0.5;
	float d = nh * nh * (a2 - 1.0) + 1.0;
	vec3 f0 = mix(vec3(0.04), m.albedo, m.metal);
	vec3 f = f0 + (1.0 - f0) * pow(clamp(1.0 - dot(h, v), 0.0, 1.0), 5.0);
	vec3 specular = f * a2 / (3.14159 * d * d) / (4.0 * (nl * (1.0 - k) + k) * (nv * (1.0 - k) + k));
	return (m.albedo * (1.0 - m.metal) / 3.14159 + min(specular, vec3(8.0))) * nl * radiance;
}

/* What a lamp at `at` scatters into the view ray of length `far` through haze: the integral of 1/r². */
float scatter(vec3 from, vec3 d, vec3 at, float far) {
	vec3 q = from - at;
	float b = dot(d, q), s = inversesqrt(max(dot(q, q) - b * b, 1e-3));
	return s * (atan((far + b) * s) - atan(b * s));
}

/* Corners get less light: under the anvil, where the block meets the floor, where the floor meets the wall. */
float get_openness() {
	float block = surface == FLOOR ? smoothstep(0.6, 1.9, length(world.xz)) : 1.0;
	float corner = surface == FLOOR ? smoothstep(-4.0, -2.4, world.z) : surface == WALL ? smoothstep(0.0, 1.6, world.y) : 1.0;
	float waist = surface == IRON && world.y < 2.3 && length(world.xz) < 1.0 ? smoothstep(0.1, 0.75, length(world.xz)) : 1.0;
	return (0.25 + 0.75 * block) * (0.4 + 0.6 * corner) * (0.35 + 0.65 * waist);
}

void main() {
	Material m = get_material();
	vec3 to_eye = eye.xyz - world, v = normalize(to_eye);
	float far = length(to_eye), open = get_openness();

	vec3 to_lamp = -normalize(vec3(lamp[2].xyz));
	float pool = exp(-0.085 * dot(world.xz, world.xz));
	vec3 light = shine(m, v, to_lamp, LAMP_COLOUR * (0.15 + 0.85 * pool) * get_shadow(normalize(world_normal)));

	/* The horseshoe is no point: its light wraps around, and does not blow up close to it. */
	vec3 to_glow = GLOW_AT - world;
	float near = dot(to_glow, to_glow);
	if (surface != HOT_IRON && surface != SPARK)
		light += shine(m, v, normalize(to_glow + m.normal * 0.25), GLOW_COLOUR * 3.6 * eye.w / (near + 0.16)) * mix(open, 1.0, 0.4);
	vec3 to_forge = FORGE_AT - world;
	light += shine(m, v, normalize(to_forge), FORGE_COLOUR / (dot(to_forge, to_forge) + 1.5)) * open;

	vec3 mirror = mix(reflect(-v, m.normal), m.normal, m.roughness * m.roughness);
	vec3 f0 = mix(vec3(0.03), m.albedo, m.metal);
	float grazing = pow(clamp(1.0 - dot(m.normal, v), 0.0, 1.0), 5.0) * (1.0 - m.roughness);
	light += surroundings(mirror) * (f0 + grazing * 0.5) * open;
	light += surroundings(m.normal) * m.albedo * (1.0 - m.metal) * 0.55 * open;
	light += m.emission;

	float clear = exp(-max(far - 6.0, 0.0) * 0.085);
	light = mix(vec3(0.012, 0.013, 0.018), light, clear);
	light += GLOW_COLOUR * 0.026 * eye.w * scatter(eye.xyz, -v, GLOW_AT, far);
	light += FORGE_COLOUR * 0.004 * scatter(eye.xyz, -v, FORGE_AT, far);

	/* A filmic curve, then the transfer function: the image holds what a screen shows. */
	light *= 1.2;
	light = clamp(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0.0, 1.0);
	vec3 dither = vec3(hash(vec3(gl_FragCoord.xy, 2.0))) - 0.5;
	colour = vec4(pow(light, vec3(1.0 / 2.2)) + dither / 255.0, 1.0);
}
