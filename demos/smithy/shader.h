/* SPDX-License-Identifier: MIT */
/* What the demo's shaders need: their modules, and a pipeline layout of one descriptor and push constants. */
#ifndef TONGS_SMITHY_SHADER_H
#define TONGS_SMITHY_SHADER_H

#include <stddef.h>

#include "client/context.h"

struct tongs_shader_binding_info {
	VkDescriptorType type; /* of binding 0 */
	VkShaderStageFlags stages;
	VkDescriptorImageInfo image;   /* by the type, this */
	VkDescriptorBufferInfo buffer; /* or this is read */
	VkPushConstantRange constants;
};

struct tongs_shader_binding {
	VkDescriptorSetLayout set_layout;
	VkPipelineLayout layout;
	VkDescriptorPool pool;
	VkDescriptorSet set;
};

/* Fills in the zeroed `binding`. Returns false after a message; it may then be half-built, and is destroyed likewise.
 */
bool tongs_shader_create_binding(const struct tongs_context *context, const struct tongs_shader_binding_info *info,
	struct tongs_shader_binding *binding);
void tongs_shader_destroy_binding(const struct tongs_context *context, struct tongs_shader_binding *binding);

/* `code` is SPIR-V of `size` bytes. Returns false after a message. */
bool tongs_shader_create_module(
	const struct tongs_context *context, const uint32_t *code, size_t size, VkShaderModule *module);

#endif
