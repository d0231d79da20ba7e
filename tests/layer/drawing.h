/* SPDX-License-Identifier: MIT */
/* Drawing into images, which are in GENERAL before and after. */
#ifndef TONGS_TESTS_LAYER_DRAWING_H
#define TONGS_TESTS_LAYER_DRAWING_H

#include "pipelines.h"

struct drawing_info {
	VkImage color, second, depth;                       /* `second` may be VK_NULL_HANDLE */
	VkFormat color_format, second_format, depth_format; /* of the views */
	VkSampleCountFlagBits samples;                      /* of them all; 0: one */
	VkImage resolve; /* resolve target of a multisampled `color`; else VK_NULL_HANDLE */
	VkExtent2D extent;
	VkAttachmentLoadOp load; /* of them all; with DONT_CARE the depth is cleared */
	VkClearValue clear[2];   /* colours, depth */
	struct shader fragment;
	bool blend;   /* add to the existing contents */
	bool dynamic; /* without a render pass object */
};

/* A triangle over the whole `scissor`, where its depth is less than the depth attachment's. */
struct draw {
	VkRect2D scissor;
	struct constants constants;
};

void draw(struct gpu *gpu, const struct drawing_info *info, const struct draw *draws, size_t count);

#endif
