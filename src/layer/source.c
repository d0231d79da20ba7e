/* SPDX-License-Identifier: MIT */
/* What VK_EXT_metal_objects makes an image of: an IOSurface, or an MTLTexture for each plane. */
#include "layer/source.h"

#include <string.h>

#include "format/format.h"
#include "layer/report.h"
#include "layer/texture.h"
#include "memory/payload.h"

/* Rows of texels somewhere, and the image's that they are to be. */
struct rows {
	uint32_t plane;
	uint64_t offset, pitch; /* of the first row in the payload; in bytes */
	const struct tongs_layer_texels *texels;
};

/* Whether the image can lie where its rows are, if it begins at source->offset, which the first plane sets. Reports if
 * not; `what` the rows are of. */
static bool check_rows(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	const struct tongs_layer_image *img, const struct rows *rows, const char *what,
	const struct tongs_subject *subjects) {
	const VkSubresourceLayout *own = &rows->texels->layout.levels[0];
	const uint64_t size = tongs_payload_get_size(source->payload);
	if (rows->pitch != own->rowPitch && rows->texels->shape.extent.height > 1) {
		tongs_report(dev, "TONGS-metal-object", subjects,
			"plane %u of the %s has %llu bytes per row, and the driver's image has %llu: create the %s "
			"with so many, or have Vulkan make it with the image",
			rows->plane, what, (unsigned long long)rows->pitch, (unsigned long long)own->rowPitch, what);
		return false;
	}
	if (rows->plane == 0)
		source->offset = rows->offset - own->offset;
	const uint64_t first = source->offset;
	if (rows->offset < own->offset || rows->offset - own->offset != first ||
		first % img->requirements.alignment != 0 || size < first || size - first < img->requirements.size) {
		tongs_report(dev, "TONGS-metal-object", subjects,
			"plane %u of the %s begins at byte %llu of %llu, and the driver's image takes %llu bytes with "
			"the alignment %llu, of which the plane begins at %llu: create the %s with the planes at these "
			"places, or have Vulkan make it with the image",
			rows->plane, what, (unsigned long long)rows->offset, (unsigned long long)size,
			(unsigned long long)img->requirements.size, (unsigned long long)img->requirements.alignment,
			(unsigned long long)own->offset, what);
		return false;
	}
	return true;
}

static bool check_surface_plane(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	const struct tongs_layer_image *img, const struct tongs_surface *surface, uint32_t number,
	const struct tongs_layer_texels *texels) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(surface, NULL));
	const VkExtent3D *extent = &texels->shape.extent;
	const uint32_t bytes = tongs_format_from_vk(texels->shape.format)->block_bytes;
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	const NSUInteger count = info.plane_count ? info.plane_count : 1;
	const struct tongs_surface_plane *plane = info.plane_count ? &info.planes[number] : &info.whole;
	if (!source->payload || count != tongs_format_count_planes(img->shape.format) ||
		plane->width != extent->width || plane->height != extent->height || plane->element_width != 1 ||
		plane->element_height != 1 || plane->bytes_per_element != bytes) {
		tongs_report(dev, "TONGS-metal-object", subjects,
			"plane %u of %lu of the surface has %lu x %lu pixels in elements of %lu x %lu and %lu bytes, "
			"and that of the image, of %u, %u x %u texels of %u bytes: create the image like the surface",
			number, (unsigned long)count, (unsigned long)plane->width, (unsigned long)plane->height,
			(unsigned long)plane->element_width, (unsigned long)plane->element_height,
			(unsigned long)plane->bytes_per_element, tongs_format_count_planes(img->shape.format),
			extent->width, extent->height, bytes);
		return false;
	}
	const struct rows rows = {
		.plane = number,
		.offset = plane->offset,
		.pitch = plane->bytes_per_row,
		.texels = texels,
	};
	return check_rows(source, dev, img, &rows, "surface", subjects);
}

/* A new surface, with memory of its own. */
static VkResult make_surface(struct tongs_layer_source *source, const struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img) {
	const struct tongs_layer_place place = {
		.payload = tongs_payload_create(img->requirements.size),
		.size = img->requirements.size,
	};
	if (!place.payload)
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	source->payload = place.payload;
	VkResult result = tongs_layer_texture_new_all(dev, handle, img, &place, 0, source->textures);
	tongs_payload_unref(place.payload); /* the textures have it */
	return result;
}

static VkResult make_textures(struct tongs_layer_source *source, struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, struct tongs_surface *surface) {
	struct tongs_layer_texels texels[TONGS_MAX_PLANES];
	const uint32_t count = tongs_format_count_planes(img->shape.format);
	source->payload = tongs_interop_get_surface_payload(surface);
	for (uint32_t i = 0; i < count; i++) {
		tongs_layer_texture_describe(dev, handle, img, i, &texels[i]);
		if (!check_surface_plane(source, dev, img, surface, i, &texels[i]))
			return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	for (uint32_t i = 0; i < count; i++) {
		source->textures[i] = tongs_interop_new_surface_texture(
			dev->metal, surface, i, &texels[i].info, &texels[i].shape, &texels[i].layout);
		if (!source->textures[i])
			return VK_ERROR_OUT_OF_HOST_MEMORY;
	}
	return VK_SUCCESS;
}

VkResult tongs_layer_source_init_surface(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	VkImage handle, const struct tongs_layer_image *img, void *surface) {
	char what[TONGS_HANDLE_TEXT_SIZE];
	*source = (struct tongs_layer_source){.offset = 0};
	if (!surface)
		return make_surface(source, dev, handle, img);
	void *object = tongs_interop_acquire(surface, TONGS_KIND_SURFACE);
	if (!object) {
		tongs_report(dev, "TONGS-metal-object", TONGS_SUBJECTS(TONGS_METAL(surface, NULL)),
			"ioSurface is %p, which %s: pass a retained IOSurface, or NULL for a new one", surface,
			tongs_interop_describe_handle(surface, what));
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	}
	VkResult result = make_textures(source, dev, handle, img, object);
	tongs_interop_release(object);
	if (result != VK_SUCCESS)
		tongs_layer_source_finish(source);
	return result;
}

/* Why the texture is not like the image's plane, as a phrase; NULL: it is, as far as its rows may tell. */
static const char *find_difference(const struct tongs_layer_source *source, const struct tongs_layer_device *dev,
	const struct tongs_layer_image *img, const struct tongs_texture *texture, const struct tongs_backing *backing,
	const struct tongs_image_shape *wanted) {
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	if (backing->device != dev->metal)
		return "belongs to another MTLDevice";
	if (!tongs_interop_get_texture_image(texture, &shape, &layout) || !layout->linear)
		return "is no rows of texels: make it over a buffer or surface, or of an image that Vulkan exports";
	if (tongs_interop_is_swizzled(texture))
		return "has a swizzle, and images have none";
	if (shape.format != wanted->format || shape.type != wanted->type || shape.levels != 1 || shape.layers != 1 ||
		shape.samples != VK_SAMPLE_COUNT_1_BIT || shape.extent.width != wanted->extent.width ||
		shape.extent.height != wanted->extent.height)
		return "has another format, type or size than the plane";
	if (source->payload && source->payload != backing->payload)
		return "is in other memory than the first plane, and the driver has all planes in one: make the "
		       "textures over one buffer or surface";
	if (tongs_payload_get_import(backing->payload)->kind !=
		tongs_layer_choose_image_kind(&dev->roles, img->types, img->shape.tiling))
		return "is in memory that the device does not bind such images to";
	return NULL;
}

/* Whether the texture is that plane of an image like this one, and the others are planes of the same. Only the driver
 * knows where they lie, which is where this image has them, too: one rule creates both. */
static bool check_opaque_plane(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	const struct tongs_layer_image *img, uint32_t plane, const struct tongs_backing *backing) {
	const struct tongs_texture *texture = source->textures[plane];
	struct tongs_image_shape image;
	uint32_t number;
	const char *difference = NULL;
	const struct tongs_planes *planes = tongs_interop_get_planes(texture, &image, &number);
	if (backing->device != dev->metal)
		difference = "belongs to another MTLDevice";
	else if (!planes || memcmp(&image, &img->shape, sizeof(image)) != 0)
		difference = "is no plane of an image like this, whose planes lie where only the driver knows: import "
			     "textures that Vulkan exports of an image of the same format, size and tiling";
	else if (number != plane)
		difference = "is another plane of its image: import each as the plane that it is";
	else if (source->planes && planes != source->planes)
		difference = "is of another image than the first plane: import the planes of one image";
	if (difference) {
		tongs_report(dev, "TONGS-metal-object", TONGS_SUBJECTS(TONGS_METAL(texture, NULL)),
			"the texture of plane %u %s", plane, difference);
		return false;
	}
	source->planes = planes;
	source->payload = backing->payload;
	source->offset = backing->offset;
	return true;
}

/* Sets the texture of a plane if it is like the plane and lies where that does. */
static bool add_plane(struct tongs_layer_source *source, struct tongs_layer_device *dev, VkImage handle,
	const struct tongs_layer_image *img, uint32_t plane, void *texture) {
	const struct tongs_subject *subjects = TONGS_SUBJECTS(TONGS_METAL(texture, NULL));
	char what[TONGS_HANDLE_TEXT_SIZE];
	struct tongs_layer_texels texels;
	struct tongs_backing backing;
	source->textures[plane] = tongs_interop_acquire(texture, TONGS_KIND_TEXTURE);
	if (!source->textures[plane]) {
		tongs_report(dev, "TONGS-metal-object", subjects,
			"mtlTexture is %p, which %s: pass a retained texture of this device's MTLDevice", texture,
			tongs_interop_describe_handle(texture, what));
		return false;
	}
	tongs_layer_texture_describe(dev, handle, img, plane, &texels);
	tongs_interop_get_backing(source->textures[plane], TONGS_KIND_TEXTURE, &backing);
	if (!img->linear)
		return check_opaque_plane(source, dev, img, plane, &backing);
	const char *difference = find_difference(source, dev, img, source->textures[plane], &backing, &texels.shape);
	if (difference) {
		tongs_report(dev, "TONGS-metal-object", subjects, "the texture of plane %u, %u x %u texels, %s", plane,
			texels.shape.extent.width, texels.shape.extent.height, difference);
		return false;
	}
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	tongs_interop_get_texture_image(source->textures[plane], &shape, &layout);
	source->payload = backing.payload;
	const struct rows rows = {
		.plane = plane,
		.offset = backing.offset + layout->levels[0].offset,
		.pitch = layout->levels[0].rowPitch,
		.texels = &texels,
	};
	return check_rows(source, dev, img, &rows, "textures", subjects);
}

static const VkImportMetalTextureInfoEXT *find_import(const void *pNext, uint32_t plane) {
	for (const VkBaseInStructure *s = pNext; s; s = s->pNext) {
		const VkImportMetalTextureInfoEXT *import = (const VkImportMetalTextureInfoEXT *)s;
		if (s->sType == VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT &&
			(VkImageAspectFlags)import->plane == (VkImageAspectFlags)VK_IMAGE_ASPECT_PLANE_0_BIT << plane)
			return import;
	}
	return NULL;
}

VkResult tongs_layer_source_init_planes(struct tongs_layer_source *source, struct tongs_layer_device *dev,
	VkImage handle, const struct tongs_layer_image *img, const void *pNext) {
	const uint32_t count = tongs_format_count_planes(img->shape.format);
	VkResult result = VK_SUCCESS;
	*source = (struct tongs_layer_source){.offset = 0};
	for (uint32_t i = 0; i < count && result == VK_SUCCESS; i++) {
		const VkImportMetalTextureInfoEXT *import = find_import(pNext, i);
		if (!import) {
			tongs_report(dev, "TONGS-metal-object", NULL,
				"the image has %u planes, and plane %u is imported of no texture: chain one "
				"VkImportMetalTextureInfoEXT for each",
				count, i);
			result = VK_ERROR_VALIDATION_FAILED_EXT;
		} else if (!add_plane(source, dev, handle, img, i, import->mtlTexture)) {
			result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
		}
	}
	if (result != VK_SUCCESS)
		tongs_layer_source_finish(source);
	return result;
}

void tongs_layer_source_finish(struct tongs_layer_source *source) {
	tongs_layer_release_textures(source->textures);
}
