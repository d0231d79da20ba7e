#version 450
#extension GL_GOOGLE_include_directive : require
/* SPDX-License-Identifier: MIT */
/* Writes each texel of a level as four integers to a buffer: SAMPLER is the kind of the image; CUBE: one, whose texels
 * are sampled in their direction. */
#include "texel.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0) uniform SAMPLER image;
layout(set = 0, binding = 1) writeonly buffer Texels {
	uvec4 texels[];
};

#ifdef CUBE
vec3 direction(ivec3 place, ivec2 size) {
	vec2 p = (vec2(place.xy) + 0.5) / vec2(size) * 2 - 1;
	vec3 faces[6] = vec3[](vec3(1, -p.y, -p.x), vec3(-1, -p.y, p.x), vec3(p.x, 1, p.y), vec3(p.x, -1, -p.y),
		vec3(p.x, -p.y, 1), vec3(-p.x, -p.y, -1));
	return faces[place.z];
}
#endif

void main() {
	ivec3 place = ivec3(gl_GlobalInvocationID);
#ifdef CUBE
	ivec3 size = ivec3(textureSize(image, level), 6);
#else
	ivec3 size = textureSize(image, level);
#endif
	if (any(greaterThanEqual(place, size)))
		return;
#ifdef CUBE
#define TEXEL textureLod(image, direction(place, size.xy), level)
#else
#define TEXEL texelFetch(image, place, level)
#endif
#ifdef INTEGER
	uvec4 texel = TEXEL;
#else
	uvec4 texel = uvec4(round(TEXEL * scale));
#endif
	texels[(place.z * size.y + place.y) * size.x + place.x] = texel & mask;
}
