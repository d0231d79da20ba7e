#version 450
/* SPDX-License-Identifier: MIT */
/* One triangle that covers the whole viewport, whose depth grows to the right by 1/4 and to the bottom by 1/8. */

void main() {
	vec2 place = vec2((gl_VertexIndex & 1) * 4 - 1, (gl_VertexIndex & 2) * 2 - 1);
	gl_Position = vec4(place, (place.x + 1) / 8 + (place.y + 1) / 16, 1);
}
