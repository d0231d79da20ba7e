/* SPDX-License-Identifier: MIT */
/* Which texture descriptors Metal takes. */
#include "util/log.h"
#include "metal/device.h"
#include "metal/texture.h"

static const char *find_type_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind) {
	if (!kind)
		return "textureType is no MTLTextureType";
	if (kind->dimensions < 2 && info->height != 1)
		return "height of a one-dimensional texture must be 1";
	if (kind->dimensions < 3 && info->depth != 1)
		return "depth must be 1 but for MTLTextureType3D";
	if (kind->faces == 6 && info->width != info->height)
		return "width and height of a cube must be the same";
	if (!kind->array && info->array_length != 1)
		return "arrayLength must be 1 but for the array types";
	if (kind->multisample ? info->sample_count < 2 : info->sample_count != 1)
		return "sampleCount must be 1, or with the multisample types more";
	if (kind->multisample && info->mipmap_level_count != 1)
		return "mipmapLevelCount of a multisampled texture must be 1";
	/* The shading language has no level of detail for one-dimensional textures. */
	if (kind->dimensions == 1 && info->mipmap_level_count != 1)
		return "mipmapLevelCount of a one-dimensional texture must be 1";
	if (info->mipmap_level_count == 0 || info->mipmap_level_count > TONGS_MAX_LEVELS ||
		info->mipmap_level_count > tongs_texture_info_get_max_mipmap_level_count(info))
		return "mipmapLevelCount must be between 1 and what brings the largest extent down to 1";
	return NULL;
}

static const char *find_format_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind,
	const struct tongs_format *format) {
	switch (format->kind) {
	case TONGS_FORMAT_COLOR:
		return NULL;
	case TONGS_FORMAT_COMPRESSED:
		return kind->dimensions == 1 || kind->multisample
			       ? "pixelFormat is compressed, and textureType one-dimensional or multisampled"
			       : NULL;
	case TONGS_FORMAT_PACKED_422:
		if (info->type != MTLTextureType2D || info->mipmap_level_count != 1)
			return "pixelFormat is subsampled: textureType must be MTLTextureType2D, and "
			       "mipmapLevelCount 1";
		return info->width % format->block_width ? "pixelFormat is subsampled: width must be even" : NULL;
	default:
		return kind->dimensions != 2
			       ? "pixelFormat has depth or stencil: textureType must be a two-dimensional or cube type"
			       : NULL;
	}
}

const char *tongs_texture_find_swizzle_fault(MTLTextureSwizzleChannels swizzle) {
	bool fits = swizzle.red <= MTLTextureSwizzleAlpha && swizzle.green <= MTLTextureSwizzleAlpha &&
		    swizzle.blue <= MTLTextureSwizzleAlpha && swizzle.alpha <= MTLTextureSwizzleAlpha;
	return fits ? NULL : "swizzle is out of range";
}

static const char *find_fault(const struct tongs_texture_info *info, const struct tongs_texture_kind *kind,
	const struct tongs_format *format) {
	const char *fault = tongs_texture_find_swizzle_fault(info->swizzle);
	if (!format)
		return "pixelFormat is no MTLPixelFormat";
	if (!format->vk_format)
		return "pixelFormat has no Vulkan equal";
	if (!fault)
		fault = find_type_fault(info, kind);
	return fault ? fault : find_format_fault(info, kind, format);
}

static bool check_limits(const struct tongs_device *device, const struct tongs_texture_info *info,
	const struct tongs_texture_kind *kind, const char *what) {
	const VkPhysicalDeviceLimits *limits = &device->properties.limits;
	uint32_t most = *(const uint32_t *)((const char *)limits + kind->limit);
	uint32_t most_elements = limits->maxImageArrayLayers / kind->faces;
	if (info->width - 1 >= most || info->height - 1 >= most || info->depth - 1 >= most) {
		tongs_log_error("%s %lu x %lu x %lu: the extents of MTLTextureType%s must be between 1 and %u", what,
			(unsigned long)info->width, (unsigned long)info->height, (unsigned long)info->depth, kind->name,
			most);
		return false;
	}
	if (kind->array && info->array_length - 1 >= most_elements) {
		tongs_log_error("%s arrayLength %lu: it must be between 1 and %u for MTLTextureType%s", what,
			(unsigned long)info->array_length, most_elements, kind->name);
		return false;
	}
	/* Metal has no more, whatever the driver can do. */
	if (kind->multisample &&
		(info->sample_count > 8 || !tongs_device_supports_sample_count(device, info->sample_count))) {
		tongs_log_error("%s sampleCount %lu: ask supportsTextureSampleCount: which of 2, 4 and 8 can be had",
			what, (unsigned long)info->sample_count);
		return false;
	}
	return true;
}

static const MTLTextureUsage KNOWN_USAGES = MTLTextureUsageShaderRead | MTLTextureUsageShaderWrite |
					    MTLTextureUsageRenderTarget | MTLTextureUsagePixelFormatView |
					    MTLTextureUsageShaderAtomic;

const struct tongs_format *tongs_texture_check_info(
	const struct tongs_device *device, const struct tongs_texture_info *info, const char *what) {
	const struct tongs_texture_kind *kind = tongs_texture_kind_get(info->type);
	const struct tongs_format *format = tongs_format_from_metal(info->pixel_format);
	const char *fault = find_fault(info, kind, format);
	if (fault) {
		tongs_log_error("%s %s (textureType %lu%s%s, pixelFormat %lu%s%s, %lu x %lu x %lu, mipmapLevelCount "
				"%lu, sampleCount %lu, arrayLength %lu)",
			what, fault, (unsigned long)info->type, kind ? " " : "", kind ? kind->name : "",
			(unsigned long)info->pixel_format, format ? " " : "", format ? format->mtl_name : "",
			(unsigned long)info->width, (unsigned long)info->height, (unsigned long)info->depth,
			(unsigned long)info->mipmap_level_count, (unsigned long)info->sample_count,
			(unsigned long)info->array_length);
		return NULL;
	}
	if (info->usage & ~KNOWN_USAGES) {
		tongs_log_error("%s usage 0x%lx: 0x%lx of it is no MTLTextureUsage", what, (unsigned long)info->usage,
			(unsigned long)(info->usage & ~KNOWN_USAGES));
		return NULL;
	}
	if (info->compression_type != MTLTextureCompressionTypeLossless &&
		info->compression_type != MTLTextureCompressionTypeLossy) {
		tongs_log_error(
			"%s compressionType %ld is no MTLTextureCompressionType", what, (long)info->compression_type);
		return NULL;
	}
	if (!check_limits(device, info, kind, what) ||
		!tongs_storage_check_options(device, info->resource_options, what))
		return NULL;
	return format;
}
