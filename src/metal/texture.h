/* SPDX-License-Identifier: MIT */
/* Textures and their views. */
#ifndef TONGS_METAL_TEXTURE_H
#define TONGS_METAL_TEXTURE_H

#include "metal/buffer.h"
#include "metal/texture_shape.h"

struct tongs_texture {
	struct tongs_resource resource; /* first */
	struct tongs_texture_info info; /* resource_options as resolved */
	const struct tongs_format *format;
	NSUInteger slice_count;                /* faces of cubes counted */
	struct tongs_texture *parent;          /* a reference; NULL: not a view */
	NSUInteger parent_level, parent_slice; /* of the parent: the view's first */
	struct tongs_texture *root;            /* the texture at the end of the parents, itself if it is not a view */
	NSUInteger root_level, root_slice;     /* of the root: the view's first */
	struct tongs_buffer *buffer;           /* a reference; NULL: not over a buffer */
	struct tongs_surface *surface;         /* a reference; NULL: not over a surface */
	NSUInteger surface_plane;
	/* Of a plane (storage.of_planes): a reference, with the texture's number; NULL: rows whose layout is known. */
	struct tongs_planes *planes;
	uint32_t plane;
	struct tongs_image_shape shape; /* of the image; .format UNDEFINED: a view, or no image */
	/* Allocated with the texture, with level_count levels; NULL: a view. */
	const struct tongs_texture_layout *layout;
	/* On libtongs' own device; set once; NULL: not used yet. */
	_Atomic(struct tongs_own_image *) image;
	_Atomic(struct tongs_own_buffer *) rows;
};

/* Whether the texels are rows of a buffer, a surface or a plane, whose pitch no image of their own need have. */
static inline bool tongs_texture_has_rows(const struct tongs_texture *texture) {
	const struct tongs_texture *root = texture->root;
	return root->buffer || root->surface || (root->resource.storage.of_planes && !root->planes);
}
/* The bytes of such a texture on libtongs' own device, if it is its own root; created at the first call. NULL, with an
 * error logged, on failure. */
struct tongs_own_buffer *tongs_texture_get_own_rows(struct tongs_texture *texture);

/* The image on libtongs' own device of a texture that is its own root and has a shape; created at the first call. NULL,
 * with an error logged, on failure. Planes of one image have one. */
struct tongs_own_image *tongs_texture_get_own_image(struct tongs_texture *texture);
/* What `aspect` of a texture that is its own root is in its image: of a plane, that plane. */
static inline VkImageAspectFlags tongs_texture_get_image_aspect(
	const struct tongs_texture *root, VkImageAspectFlags aspect) {
	return root->planes ? (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << root->plane : aspect;
}
/* A new texture at `placement`, described by the fields of `model` that are set: info, parent with parent_level and
 * parent_slice, buffer, surface and surface_plane, planes and plane, shape, layout, of_surface and of_planes of its
 * storage; they are borrowed or copied. NULL, with an error logged that begins with `what`, when memory runs out; then
 * the placement is abandoned. */
struct tongs_texture *tongs_texture_create(
	const struct tongs_placement *placement, const struct tongs_texture *model, const char *what);
/* The layout, and the image, of a texture that is rows somewhere. */
struct tongs_texture_layout tongs_texture_get_rows_layout(
	const struct tongs_texture_info *info, NSUInteger bytes_per_row);
struct tongs_image_shape tongs_texture_get_rows_shape(const struct tongs_texture_info *info);
/* A texture described by `info`, whose image has `shape` and `layout`, at a placement outside heaps. NULL, with an
 * error logged that begins with `what`, when memory runs out. */
struct tongs_texture *tongs_texture_new_in_payload(const struct tongs_placement *placement,
	const struct tongs_texture_info *info, const struct tongs_image_shape *shape,
	const struct tongs_texture_layout *layout, const char *what);

#endif
