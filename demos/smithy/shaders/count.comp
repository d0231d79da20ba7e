#version 450
/* SPDX-License-Identifier: MIT */
/* Fills a buffer with numbers made from a seed: element i is i * 2654435761 + seed. */

layout(local_size_x = 64) in;
layout(push_constant) uniform Constants {
	uint seed;
};
layout(set = 0, binding = 0) buffer Numbers {
	uint numbers[];
};

void main() {
	uint i = gl_GlobalInvocationID.x;
	if (i < numbers.length())
		numbers[i] = i * 2654435761u + seed;
}
