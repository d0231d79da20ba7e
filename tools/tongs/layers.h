/* SPDX-License-Identifier: MIT */
/* Which Vulkan layers are loaded in this process. */
#ifndef TONGS_TOOL_LAYERS_H
#define TONGS_TOOL_LAYERS_H

enum { TONGS_LAYERS_TEXT = 256 };

/* The names of all but Tongs, with commas; "" where there are none. */
void tongs_layers_list_others(char text[TONGS_LAYERS_TEXT]);

#endif
