/* SPDX-License-Identifier: MIT */
/* Who asks for the layer in this process' environment, and why the Vulkan loader does not load it all the same. */
#ifndef TONGS_TOOL_LAYER_REQUEST_H
#define TONGS_TOOL_LAYER_REQUEST_H

#include <stdbool.h>

enum { TONGS_LAYER_REQUEST_TEXT = 1024 };

/* Returns the variable that asks for the layer, "VK_INSTANCE_LAYERS", …; NULL: none does. */
const char *tongs_layer_request_find(void);

struct tongs_layer_absence {
	char reason[TONGS_LAYER_REQUEST_TEXT], mend[TONGS_LAYER_REQUEST_TEXT];
};

/* Fills `absence` for a layer that was asked for by that variable and is not loaded. `is_secure`: the program has
 * gained privileges at its start, as setuid programs do. */
void tongs_layer_request_explain(const char *variable, bool is_secure, struct tongs_layer_absence *absence);

#endif
