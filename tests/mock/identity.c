/* SPDX-License-Identifier: MIT */
/* What a buffer or an image was created with, as far as a dedicated import must have it in common with its export. The
 * rule wants identical images; drivers want those that lie the same way, and what programs add to images of one texture
 * (usage, flags for views) moves no texel that is shared. */
#include <stdio.h>

#include "objects.h"

static const char *const buffer_fields[MOCK_FIELDS] = {"size", "sharing mode"};
static const char *const image_fields[MOCK_FIELDS] = {"type", "format", "width", "height", "depth", "levels", "layers",
	"samples", "tiling", "sharing mode", "handle types"};

/* The sRGB variant of a format lies the same way. */
static VkFormat without_srgb(VkFormat format) {
	switch (format) {
	case VK_FORMAT_R8_SRGB:
		return VK_FORMAT_R8_UNORM;
	case VK_FORMAT_R8G8_SRGB:
		return VK_FORMAT_R8G8_UNORM;
	case VK_FORMAT_R8G8B8A8_SRGB:
		return VK_FORMAT_R8G8B8A8_UNORM;
	case VK_FORMAT_B8G8R8A8_SRGB:
		return VK_FORMAT_B8G8R8A8_UNORM;
	default:
		return format;
	}
}

struct mock_identity mock_identify_buffer(const VkBufferCreateInfo *info) {
	return (struct mock_identity){
		.object_type = VK_OBJECT_TYPE_BUFFER,
		.fields = {info->size, (uint64_t)info->sharingMode},
	};
}

struct mock_identity mock_identify_image(const VkImageCreateInfo *info) {
	const VkExternalMemoryImageCreateInfo *external =
		chain_find(info->pNext, VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO);
	return (struct mock_identity){
		.object_type = VK_OBJECT_TYPE_IMAGE,
		.fields = {(uint64_t)info->imageType, (uint64_t)without_srgb(info->format), info->extent.width,
			info->extent.height, info->extent.depth, info->mipLevels, info->arrayLayers,
			(uint64_t)info->samples, (uint64_t)info->tiling, (uint64_t)info->sharingMode,
			external ? external->handleTypes : 0},
	};
}

bool mock_compare(const struct mock_identity *one, const struct mock_identity *other, char text[128]) {
	if (one->object_type != other->object_type) {
		snprintf(text, 128, "the export is dedicated to %s",
			other->object_type == VK_OBJECT_TYPE_IMAGE    ? "an image"
			: other->object_type == VK_OBJECT_TYPE_BUFFER ? "a buffer"
								      : "nothing");
		return false;
	}
	const char *const *names = one->object_type == VK_OBJECT_TYPE_IMAGE ? image_fields : buffer_fields;
	for (size_t i = 0; i < MOCK_FIELDS; i++)
		if (one->fields[i] != other->fields[i]) {
			snprintf(text, 128, "%s 0x%llx, the export's has 0x%llx", names[i], ULL(one->fields[i]),
				ULL(other->fields[i]));
			return false;
		}
	return true;
}
