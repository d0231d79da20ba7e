/* SPDX-License-Identifier: MIT */
/* What Metal objects of a device can do besides sharing memory: events, command queues, surfaces. Each is tried. */
#ifndef TONGS_TOOL_PROBE_METAL_H
#define TONGS_TOOL_PROBE_METAL_H

#include "client/context.h"

#include <tongs/layer.h>

enum tongs_probe_feature {
	TONGS_PROBE_OBJECTS,
	TONGS_PROBE_SHARED_EVENT,
	TONGS_PROBE_COMMAND_QUEUE,
	TONGS_PROBE_BLIT,
	TONGS_PROBE_RENDER,
	TONGS_PROBE_SURFACE,
	TONGS_PROBE_FEATURE_COUNT,
};

struct tongs_probe_metal {
	struct {
		const char *name; /* NULL: not tried */
		bool works;
		bool is_broken; /* it does not, and nothing is missing that it needs */
		char text[256]; /* how it works, or why it does not */
	} features[TONGS_PROBE_FEATURE_COUNT];
};

/* Fills `metal` for the device of `context`. `roles`: the layer's, zeroed for a driver's own extension. */
void tongs_probe_metal_init(const struct tongs_context *context, const struct tongs_vulkan_identity *identity,
	const struct tongs_layer_roles *roles, struct tongs_probe_metal *metal);

#endif
