/* SPDX-License-Identifier: MIT */
/* Whole images of any shape by Vulkan's copies: every level, layer and aspect as packed bytes. */
#ifndef TONGS_TESTS_LAYER_TEXELS_H
#define TONGS_TESTS_LAYER_TEXELS_H

#include <tongs/format.h>

#include "harness.h"

/* One level of one layer (or of all of a 3D image), packed as Metal's getBytes: gives it. */
struct slice {
	uint32_t level, layer;
	VkExtent3D extent;
	size_t row_bytes, image_bytes, size;
};

size_t slice_count(const VkImageCreateInfo *info);
struct slice slice_at(const VkImageCreateInfo *info, const struct tongs_format *format, size_t index);

/* Fills texels with values that an image of the format stores unchanged: noise, with depths between 0 and 1. */
void fill_texels(void *texels, size_t size, const struct tongs_format *format, uint32_t seed);

/* Vulkan's copies of a slice, to and from an image in GENERAL, which `first` takes from UNDEFINED. */
void gpu_write_slice(struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice,
	const void *texels);
void gpu_read_slice(
	struct gpu *gpu, VkImage image, const struct tongs_format *format, const struct slice *slice, void *texels);
/* Transitions the whole image from `from` to GENERAL. */
void gpu_to_general(
	struct gpu *gpu, VkImage image, const struct tongs_format *format, VkImageLayout from, uint32_t from_family);

#endif
