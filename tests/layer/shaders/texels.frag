#version 450
#extension GL_GOOGLE_include_directive : require
/* SPDX-License-Identifier: MIT */
/* The place's texel as colour, and that of the plane behind it as depth. */
#include "texel.glsl"

#ifdef INTEGER
layout(location = 0) out uvec4 color;
#else
layout(location = 0) out vec4 color;
#endif

void main() {
	uvec2 place = uvec2(gl_FragCoord.xy);
	uvec4 texel = texel_at(uvec3(place, 0)) & mask;
#ifdef INTEGER
	color = texel;
#else
	color = vec4(texel) / scale;
#endif
	gl_FragDepth = float(texel_at(uvec3(place, 1)).x & 0xffffu) / depth_scale;
}
