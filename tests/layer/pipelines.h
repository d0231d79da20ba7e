/* SPDX-License-Identifier: MIT */
/* Views, shaders and layouts of pipelines, and computing on shared images, which are in GENERAL before and after. */
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

VkShaderModule make_module(struct gpu *gpu, struct shader shader);
/* With struct constants for `stages`; `set_layout` may be NULL. */
VkPipelineLayout make_layout(struct gpu *gpu, VkShaderStageFlags stages, const VkDescriptorSetLayout *set_layout);

/* Of triangles without vertex buffers, over the viewport and cut off there: what `info` leaves out. Destroys the
 * modules of its stages. */
VkPipeline make_graphics_pipeline(
	struct gpu *gpu, const VkGraphicsPipelineCreateInfo *info, const VkViewport *viewport);

struct compute_info {
	struct shader shader;
	VkImageView view;
	VkBuffer buffer; /* VK_NULL_HANDLE: a storage image is used, else an image with nearest sampling */
	struct constants constants;
	VkExtent3D extent; /* of the places to visit */
};

void compute(struct gpu *gpu, const struct compute_info *info);

#endif
