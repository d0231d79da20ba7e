#version 450
/* SPDX-License-Identifier: MIT */
/* Places a vertex for the camera, or for the lamp when its shadow map is drawn. */

layout(push_constant) uniform Constants {
	mat4 projection;
	vec4 lamp[3]; /* rows: from the world to the shadow map's clip space */
	vec4 eye;
};

layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in float material;
layout(location = 3) in float heat;

layout(location = 0) out vec3 world;
layout(location = 1) out vec3 world_normal;
layout(location = 2) flat out int surface;
layout(location = 3) out float temperature;

void main() {
	world = position;
	world_normal = normal;
	surface = int(material);
	temperature = heat;
	gl_Position = projection * vec4(position, 1.0);
}
