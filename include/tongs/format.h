/* SPDX-License-Identifier: MIT */
/* The formats of Vulkan and Metal: which of them are the same, and how their texels lie in memory. One row per format:
 * those of Vulkan's core and of its cross-vendor extensions, and all of Metal's. */
#ifndef TONGS_FORMAT_H
#define TONGS_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include <tongs/metal.h>
#include <vulkan/vulkan_core.h>

/* Formats of VK_KHR_maintenance5, by their names in Vulkan 1.4. */
#ifndef VK_VERSION_1_4
#define VK_FORMAT_A1B5G5R5_UNORM_PACK16 ((VkFormat)1000470000)
#define VK_FORMAT_A8_UNORM ((VkFormat)1000470001)
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum tongs_format_kind {
	TONGS_FORMAT_COLOR,         /* uncompressed; a block is one texel */
	TONGS_FORMAT_DEPTH,         /* a block is one texel */
	TONGS_FORMAT_STENCIL,       /* a block is one texel */
	TONGS_FORMAT_DEPTH_STENCIL, /* a block is one texel */
	TONGS_FORMAT_COMPRESSED,
	TONGS_FORMAT_PACKED_422,   /* a block is two texels of a row, which share their chroma */
	TONGS_FORMAT_MULTI_PLANAR, /* each plane has texels of its own */
};

/* What the bits of a component mean: the suffixes of Vulkan's names. */
enum tongs_numeric_format {
	TONGS_NUMERIC_UNORM,
	TONGS_NUMERIC_SNORM,
	TONGS_NUMERIC_USCALED,
	TONGS_NUMERIC_SSCALED,
	TONGS_NUMERIC_UINT,
	TONGS_NUMERIC_SINT,
	TONGS_NUMERIC_UFLOAT,
	TONGS_NUMERIC_SFLOAT,
	TONGS_NUMERIC_SRGB, /* as UNORM; red, green and blue with the sRGB transfer function */
	TONGS_NUMERIC_XR,   /* Metal's fixed point of extended range */
};

struct tongs_format {
	const char *vk_name;       /* without VK_FORMAT_; NULL: Metal only */
	const char *mtl_name;      /* without MTLPixelFormat; NULL: Vulkan only */
	VkFormat vk_format;        /* VK_FORMAT_UNDEFINED: Metal only */
	MTLPixelFormat mtl_format; /* MTLPixelFormatInvalid: Vulkan only */
	enum tongs_format_kind kind;
	enum tongs_numeric_format numeric_format; /* of colour, or else of depth; stencil is always UINT */
	uint8_t block_width, block_height;        /* in texels */
	uint8_t block_bytes;                      /* that hold data; of all planes together */
	/* Bytes from block to block in getBytes: and replaceRegion:. More than block_bytes where a 32-bit depth and a
	 * stencil are padded to 8 bytes. */
	uint8_t block_stride;
	uint8_t plane_count; /* 1, 2 or 3 */
	/* The texels that share one chroma sample: the extent of an image must be a multiple of this. 0: the format has
	 * no chroma, and is sampled without a Y'CbCr conversion. */
	uint8_t chroma_width, chroma_height;
	VkImageAspectFlags aspects; /* COLOR, DEPTH and/or STENCIL, or PLANE_0 to PLANE_2 */
	/* The components of a block as a little-endian number, the least significant bits first: a letter (r, g, b, a;
	 * d and s for depth and stencil; e for an exponent that the others share; x for unused bits) and the number of
	 * bits, as in "b5g6r5". A depth and a stencil are as Metal packs them. NULL: compressed, several planes, or XR.
	 */
	const char *layout;
	const struct tongs_format
		*srgb_pair; /* the same format with, or without, the sRGB transfer function; NULL: none */
};

/* The row of a format. NULL: the table does not have it, VK_FORMAT_UNDEFINED and MTLPixelFormatInvalid included. */
TONGS_API const struct tongs_format *tongs_format_from_vk(VkFormat format);
TONGS_API const struct tongs_format *tongs_format_from_metal(MTLPixelFormat format);

/* The row after `format` (NULL: the first one), or NULL behind the last: Metal's formats in the order of
 * MTLPixelFormat, then those of Vulkan alone in the order of VkFormat. */
TONGS_API const struct tongs_format *tongs_format_next(const struct tongs_format *format);

/* The lowest version of Vulkan in whose core the VkFormat is: devices of lower versions have it only where an extension
 * is enabled, and queries about it are invalid without
 * (VUID-vkGetPhysicalDeviceImageFormatProperties-format-parameter). UINT32_MAX: no version's, or NULL, or a format of
 * Metal alone. */
TONGS_API uint32_t tongs_format_get_core_version(const struct tongs_format *format);

/* One aspect of a block. Vulkan copies one aspect at a time between an image and a buffer; Metal has depth and stencil
 * in one texel. */
struct tongs_format_aspect {
	uint8_t copy_bytes; /* in the buffer of a VkBufferImageCopy; 4 for a depth of 24 bits */
	uint8_t offset;     /* bytes from the start of the block in getBytes: and replaceRegion: */
	uint8_t bytes;      /* there: those, or the first, of copy_bytes */
};

/* Fills `layout` and returns true, or returns false: the format lacks the aspect or is NULL, or the aspect is a plane
 * or not one alone. */
TONGS_API bool tongs_format_get_aspect(
	const struct tongs_format *format, VkImageAspectFlagBits aspect, struct tongs_format_aspect *layout);

#ifdef __cplusplus
}
#endif

#endif
