#version 450
#extension GL_GOOGLE_include_directive : require
/* SPDX-License-Identifier: MIT */
/* The place's texel as colour, and that of the plane behind it as depth. INTEGER: an unsigned one; SIGNED: a signed one;
 * TARGETS: in some samples alone, and into a second attachment, too. */
#include "texel.glsl"

#if defined(SIGNED)
layout(location = 0) out ivec4 color;
#elif defined(INTEGER)
layout(location = 0) out uvec4 color;
#else
layout(location = 0) out vec4 color;
#endif
#ifdef TARGETS
layout(location = 1) out vec4 second;
#endif

void main() {
	uvec2 place = uvec2(gl_FragCoord.xy);
	uvec4 texel = texel_at(uvec3(place, 0)) & mask;
#if defined(SIGNED)
	color = ivec4(texel) - ivec4(mask / 2);
#elif defined(INTEGER)
	color = texel;
#else
	color = vec4(texel) / scale;
#endif
#ifdef TARGETS
	uvec4 other = texel_at(uvec3(place, 2));
	second = vec4(other & 255) / 255;
	gl_SampleMask[0] = samples > 1 ? int(other.x) : ~0;
#endif
	gl_FragDepth = float(texel_at(uvec3(place, 1)).x & 0xffffu) / depth_scale;
}
