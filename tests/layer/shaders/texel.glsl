/* SPDX-License-Identifier: MIT */
/* The texel at a place as four integers, as texel_at in pictures.c has it; and what each shader is told. */
layout(push_constant) uniform Constants {
	uvec4 mask; /* the bits that a channel can hold */
	vec4 scale; /* the integer that a channel's 1.0 stands for */
	float depth_scale;
	uint seed;
	int level;
	uint samples;
};

uvec4 texel_at(uvec3 place) {
	uint h = place.x * 0x9e3779b1u ^ place.y * 0x85ebca6bu ^ place.z * 0xc2b2ae35u ^ seed * 0x27d4eb2fu;
	h = (h ^ h >> 15) * 0x2c1b3c6du;
	h ^= h >> 12;
	return uvec4(h, h >> 7, h >> 14, h >> 21);
}
