#version 450
#extension GL_GOOGLE_include_directive : require
/* SPDX-License-Identifier: MIT */
/* Stores the texel of each place of a level: IMAGE is the kind of the image, FORMAT its format. */
#include "texel.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0, FORMAT) uniform writeonly IMAGE image;

void main() {
	ivec3 place = ivec3(gl_GlobalInvocationID);
	if (any(greaterThanEqual(place, imageSize(image))))
		return;
	uvec4 texel = texel_at(uvec3(place)) & mask;
#ifdef INTEGER
	imageStore(image, place, texel);
#else
	imageStore(image, place, vec4(texel) / scale);
#endif
}
