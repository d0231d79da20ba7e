/* SPDX-License-Identifier: MIT */
/* The MTLTextures of an image, one for each plane, and the IOSurface that the image may be. */
#include "layer/texture.h"

#include "format/format.h"
#include "layer/image.h"

#define FOURCC(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* CoreVideo's names of the formats that have one. */
static const struct {
	VkFormat format;
	uint32_t code;
} pixel_formats[] = {
	{VK_FORMAT_R8_UNORM, FOURCC('L', '0', '0', '8')},
	{VK_FORMAT_R8G8_UNORM, FOURCC('2', 'C', '0', '8')},
	{VK_FORMAT_R8G8B8A8_UNORM, FOURCC('R', 'G', 'B', 'A')},
	{VK_FORMAT_R8G8B8A8_SRGB, FOURCC('R', 'G', 'B', 'A')},
	{VK_FORMAT_B8G8R8A8_UNORM, FOURCC('B', 'G', 'R', 'A')},
	{VK_FORMAT_B8G8R8A8_SRGB, FOURCC('B', 'G', 'R', 'A')},
	{VK_FORMAT_A2R10G10B10_UNORM_PACK32, FOURCC('l', '1', '0', 'r')},
	{VK_FORMAT_R16_UNORM, FOURCC('L', '0', '1', '6')},
	{VK_FORMAT_R16G16_UNORM, FOURCC('2', 'C', '1', '6')},
	{VK_FORMAT_R16G16B16A16_UNORM, FOURCC('l', '6', '4', 'r')},
	{VK_FORMAT_R16_SFLOAT, FOURCC('L', '0', '0', 'h')},
	{VK_FORMAT_R16G16_SFLOAT, FOURCC('2', 'C', '0', 'h')},
	{VK_FORMAT_R16G16B16A16_SFLOAT, FOURCC('R', 'G', 'h', 'A')},
	{VK_FORMAT_R32_SFLOAT, FOURCC('L', '0', '0', 'f')},
	{VK_FORMAT_R32G32_SFLOAT, FOURCC('2', 'C', '0', 'f')},
	{VK_FORMAT_R32G32B32A32_SFLOAT, FOURCC('R', 'G', 'f', 'A')},
	{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, FOURCC('4', '2', '0', 'v')},
	{VK_FORMAT_G8_B8R8_2PLANE_422_UNORM, FOURCC('4', '2', '2', 'v')},
	{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, FOURCC('y', '4', '2', '0')},
	{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, FOURCC('x', '4', '2', '0')},
	{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_422_UNORM_3PACK16, FOURCC('x', '4', '2', '2')},
};

/* 0: none. */
static uint32_t get_pixel_format(VkFormat format) {
	for (size_t i = 0; i < sizeof(pixel_formats) / sizeof(*pixel_formats); i++)
		if (pixel_formats[i].format == format)
			return pixel_formats[i].code;
	return 0;
}

/* The image of one plane: itself, if it has one. */
static struct tongs_image_shape get_shape(const struct tongs_layer_image *img, uint32_t plane) {
	const struct tongs_format_plane part = tongs_format_get_plane(img->shape.format, plane);
	struct tongs_image_shape shape = img->shape;
	shape.format = part.format;
	shape.extent.width /= part.divisor.width;
	shape.extent.height /= part.divisor.height;
	return shape;
}

void tongs_layer_texture_describe(const struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, uint32_t plane, struct tongs_layer_texels *texels) {
	const struct tongs_image_shape shape = get_shape(img, plane);
	const VkImageCreateInfo create_info = {
		.flags = img->flags,
		.imageType = shape.type,
		.format = shape.format,
		.extent = shape.extent,
		.mipLevels = shape.levels,
		.arrayLayers = shape.layers,
		.samples = shape.samples,
		.usage = img->usage,
	};
	texels->shape = shape;
	tongs_texture_info_from_image(&create_info, &texels->info);
	tongs_image_get_layout(dev, handle, img, plane, &texels->layout);
}

static struct tongs_surface_plane get_surface_plane(
	const struct tongs_layer_place *place, const struct tongs_layer_texels *texels) {
	const VkSubresourceLayout *rows = &texels->layout.levels[0];
	return (struct tongs_surface_plane){
		.width = texels->shape.extent.width,
		.height = texels->shape.extent.height,
		.bytes_per_element = tongs_format_from_vk(texels->shape.format)->block_bytes,
		.bytes_per_row = rows->rowPitch,
		.offset = place->offset + rows->offset,
	};
}

/* A surface whose rows are the image's. NULL, with an error logged, when memory runs out. */
static struct tongs_surface *new_surface(const struct tongs_layer_image *img, const struct tongs_layer_place *place,
	const struct tongs_layer_texels *texels, uint32_t count) {
	struct tongs_surface_info info = {
		.pixel_format = get_pixel_format(img->shape.format),
		.alloc_size = place->offset + place->size,
	};
	if (count == 1)
		info.whole = get_surface_plane(place, texels);
	info.plane_count = count > 1 ? count : 0;
	for (uint32_t i = 0; i < info.plane_count; i++)
		info.planes[i] = get_surface_plane(place, &texels[i]);
	return tongs_interop_new_surface(place->payload, &info);
}

/* Each of the image's planes, without a surface. On failure, some are NULL. */
static void new_textures(const struct tongs_layer_device *dev, const struct tongs_layer_image *img,
	const struct tongs_layer_place *place, const struct tongs_layer_texels *texels, uint32_t count,
	struct tongs_texture *textures[TONGS_MAX_PLANES]) {
	if (count == 1) {
		textures[0] = tongs_interop_new_texture_at(dev->metal, place->payload, place->offset, place->size,
			&texels->info, &texels->shape, &texels->layout);
		return;
	}
	const bool linear = texels[0].layout.linear;
	struct tongs_planes *planes = linear ? NULL : tongs_interop_new_planes(&img->shape);
	for (uint32_t i = 0; i < count && (linear || planes); i++)
		textures[i] = tongs_interop_new_plane_texture(dev->metal, place->payload, place->offset, place->size,
			&texels[i].info, &texels[i].shape, &texels[i].layout, planes, i);
	tongs_interop_release_planes(planes); /* the textures have it */
}

VkResult tongs_layer_texture_new_all(const struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, const struct tongs_layer_place *place, MTLResourceOptions options,
	struct tongs_texture *textures[TONGS_MAX_PLANES]) {
	const uint32_t count = tongs_format_count_planes(img->shape.format);
	struct tongs_layer_texels texels[TONGS_MAX_PLANES];
	struct tongs_surface *surface = NULL;
	VkResult result = VK_SUCCESS;
	for (uint32_t i = 0; i < count; i++) {
		tongs_layer_texture_describe(dev, handle, img, i, &texels[i]);
		texels[i].info.resource_options |= options;
	}
	for (uint32_t i = 0; i < TONGS_MAX_PLANES; i++)
		textures[i] = NULL;
	if (img->surface && !(surface = new_surface(img, place, texels, count)))
		return VK_ERROR_OUT_OF_HOST_MEMORY;
	if (!surface)
		new_textures(dev, img, place, texels, count, textures);
	for (uint32_t i = 0; i < count && surface; i++)
		textures[i] = tongs_interop_new_surface_texture(
			dev->metal, surface, i, &texels[i].info, &texels[i].shape, &texels[i].layout);
	for (uint32_t i = 0; i < count; i++)
		if (!textures[i])
			result = VK_ERROR_OUT_OF_HOST_MEMORY;
	tongs_interop_release(surface);
	if (result != VK_SUCCESS)
		tongs_layer_release_textures(textures);
	return result;
}
