#version 450
/* SPDX-License-Identifier: MIT */
/* One triangle that covers the whole viewport. */

void main() {
	gl_Position = vec4((gl_VertexIndex & 1) * 4 - 1, (gl_VertexIndex & 2) * 2 - 1, 0, 1);
}
