/* SPDX-License-Identifier: MIT */
/* Drawing into shared images and computing on them. All images are in GENERAL before and after. */
#ifndef TONGS_TESTS_LAYER_PIPELINES_H
#define TONGS_TESTS_LAYER_PIPELINES_H

#include "pictures.h"

struct shader {
	const uint32_t *code;
	size_t size;
};
#define SHADER(name) \
	{ name, sizeof(name) }

VkImageView make_view(struct gpu *gpu, VkImage image, VkImageViewType type, VkFormat format, uint32_t first_level,
	uint32_t level_count);

struct drawing_info {
	VkImage color, depth;
	VkSampleCountFlagBits samples;       /* of both; 0: one */
	VkImage resolve;                     /* resolve target of a multisampled `color`; else VK_NULL_HANDLE */
	VkFormat color_format, depth_format; /* of the views */
	VkExtent2D extent;
	VkAttachmentLoadOp load; /* of both attachments */
	VkClearValue clear[2];   /* colour, depth */
	struct shader fragment;
	bool blend; /* add to the existing contents */
};

/* A triangle over the whole `scissor`, where its depth is less than the depth attachment's. */
struct draw {
	VkRect2D scissor;
	struct constants constants;
};

void draw(struct gpu *gpu, const struct drawing_info *info, const struct draw *draws, size_t count);

struct compute_info {
	struct shader shader;
	VkImageView view;
	VkBuffer buffer; /* VK_NULL_HANDLE: a storage image is used, else an image with nearest sampling */
	struct constants constants;
	VkExtent3D extent; /* of the places to visit */
};

void compute(struct gpu *gpu, const struct compute_info *info);

#endif
