/* SPDX-License-Identifier: MIT */
/* Metal's pixel formats, one row each, and the look-ups in both directions. */
#include "format/pixel_format.h"

#define FORMAT(name_, vk_, width_, height_, bytes_, class_, twin_) \
	{ \
		.name = #name_, .value = MTLPixelFormat##name_, .vk_format = VK_FORMAT_##vk_, .block_width = width_, \
		.block_height = height_, .block_bytes = bytes_, .class = TONGS_PIXEL_CLASS_##class_, \
		.srgb_pair = MTLPixelFormat##twin_ \
	}

/* clang-format off: one row a line. */
const struct tongs_pixel_format tongs_pixel_formats[] = {
	FORMAT(A8Unorm, A8_UNORM_NUMBER, 1, 1, 1, COLOR, Invalid),
	FORMAT(R8Unorm, R8_UNORM, 1, 1, 1, COLOR, R8Unorm_sRGB),
	FORMAT(R8Unorm_sRGB, R8_SRGB, 1, 1, 1, COLOR, R8Unorm),
	FORMAT(R8Snorm, R8_SNORM, 1, 1, 1, COLOR, Invalid),
	FORMAT(R8Uint, R8_UINT, 1, 1, 1, COLOR, Invalid),
	FORMAT(R8Sint, R8_SINT, 1, 1, 1, COLOR, Invalid),
	FORMAT(R16Unorm, R16_UNORM, 1, 1, 2, COLOR, Invalid),
	FORMAT(R16Snorm, R16_SNORM, 1, 1, 2, COLOR, Invalid),
	FORMAT(R16Uint, R16_UINT, 1, 1, 2, COLOR, Invalid),
	FORMAT(R16Sint, R16_SINT, 1, 1, 2, COLOR, Invalid),
	FORMAT(R16Float, R16_SFLOAT, 1, 1, 2, COLOR, Invalid),
	FORMAT(RG8Unorm, R8G8_UNORM, 1, 1, 2, COLOR, RG8Unorm_sRGB),
	FORMAT(RG8Unorm_sRGB, R8G8_SRGB, 1, 1, 2, COLOR, RG8Unorm),
	FORMAT(RG8Snorm, R8G8_SNORM, 1, 1, 2, COLOR, Invalid),
	FORMAT(RG8Uint, R8G8_UINT, 1, 1, 2, COLOR, Invalid),
	FORMAT(RG8Sint, R8G8_SINT, 1, 1, 2, COLOR, Invalid),
	FORMAT(B5G6R5Unorm, R5G6B5_UNORM_PACK16, 1, 1, 2, COLOR, Invalid),
	FORMAT(A1BGR5Unorm, R5G5B5A1_UNORM_PACK16, 1, 1, 2, COLOR, Invalid),
	FORMAT(ABGR4Unorm, R4G4B4A4_UNORM_PACK16, 1, 1, 2, COLOR, Invalid),
	FORMAT(BGR5A1Unorm, A1R5G5B5_UNORM_PACK16, 1, 1, 2, COLOR, Invalid),
	FORMAT(R32Uint, R32_UINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(R32Sint, R32_SINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(R32Float, R32_SFLOAT, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG16Unorm, R16G16_UNORM, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG16Snorm, R16G16_SNORM, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG16Uint, R16G16_UINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG16Sint, R16G16_SINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG16Float, R16G16_SFLOAT, 1, 1, 4, COLOR, Invalid),
	FORMAT(RGBA8Unorm, R8G8B8A8_UNORM, 1, 1, 4, COLOR, RGBA8Unorm_sRGB),
	FORMAT(RGBA8Unorm_sRGB, R8G8B8A8_SRGB, 1, 1, 4, COLOR, RGBA8Unorm),
	FORMAT(RGBA8Snorm, R8G8B8A8_SNORM, 1, 1, 4, COLOR, Invalid),
	FORMAT(RGBA8Uint, R8G8B8A8_UINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(RGBA8Sint, R8G8B8A8_SINT, 1, 1, 4, COLOR, Invalid),
	FORMAT(BGRA8Unorm, B8G8R8A8_UNORM, 1, 1, 4, COLOR, BGRA8Unorm_sRGB),
	FORMAT(BGRA8Unorm_sRGB, B8G8R8A8_SRGB, 1, 1, 4, COLOR, BGRA8Unorm),
	FORMAT(RGB10A2Unorm, A2B10G10R10_UNORM_PACK32, 1, 1, 4, COLOR, Invalid),
	FORMAT(RGB10A2Uint, A2B10G10R10_UINT_PACK32, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG11B10Float, B10G11R11_UFLOAT_PACK32, 1, 1, 4, COLOR, Invalid),
	FORMAT(RGB9E5Float, E5B9G9R9_UFLOAT_PACK32, 1, 1, 4, COLOR, Invalid),
	FORMAT(BGR10A2Unorm, A2R10G10B10_UNORM_PACK32, 1, 1, 4, COLOR, Invalid),
	FORMAT(RG32Uint, R32G32_UINT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RG32Sint, R32G32_SINT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RG32Float, R32G32_SFLOAT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA16Unorm, R16G16B16A16_UNORM, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA16Snorm, R16G16B16A16_SNORM, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA16Uint, R16G16B16A16_UINT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA16Sint, R16G16B16A16_SINT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA16Float, R16G16B16A16_SFLOAT, 1, 1, 8, COLOR, Invalid),
	FORMAT(RGBA32Uint, R32G32B32A32_UINT, 1, 1, 16, COLOR, Invalid),
	FORMAT(RGBA32Sint, R32G32B32A32_SINT, 1, 1, 16, COLOR, Invalid),
	FORMAT(RGBA32Float, R32G32B32A32_SFLOAT, 1, 1, 16, COLOR, Invalid),
	FORMAT(BC1_RGBA, BC1_RGBA_UNORM_BLOCK, 4, 4, 8, COMPRESSED, BC1_RGBA_sRGB),
	FORMAT(BC1_RGBA_sRGB, BC1_RGBA_SRGB_BLOCK, 4, 4, 8, COMPRESSED, BC1_RGBA),
	FORMAT(BC2_RGBA, BC2_UNORM_BLOCK, 4, 4, 16, COMPRESSED, BC2_RGBA_sRGB),
	FORMAT(BC2_RGBA_sRGB, BC2_SRGB_BLOCK, 4, 4, 16, COMPRESSED, BC2_RGBA),
	FORMAT(BC3_RGBA, BC3_UNORM_BLOCK, 4, 4, 16, COMPRESSED, BC3_RGBA_sRGB),
	FORMAT(BC3_RGBA_sRGB, BC3_SRGB_BLOCK, 4, 4, 16, COMPRESSED, BC3_RGBA),
	FORMAT(BC4_RUnorm, BC4_UNORM_BLOCK, 4, 4, 8, COMPRESSED, Invalid),
	FORMAT(BC4_RSnorm, BC4_SNORM_BLOCK, 4, 4, 8, COMPRESSED, Invalid),
	FORMAT(BC5_RGUnorm, BC5_UNORM_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(BC5_RGSnorm, BC5_SNORM_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(BC6H_RGBFloat, BC6H_SFLOAT_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(BC6H_RGBUfloat, BC6H_UFLOAT_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(BC7_RGBAUnorm, BC7_UNORM_BLOCK, 4, 4, 16, COMPRESSED, BC7_RGBAUnorm_sRGB),
	FORMAT(BC7_RGBAUnorm_sRGB, BC7_SRGB_BLOCK, 4, 4, 16, COMPRESSED, BC7_RGBAUnorm),
	FORMAT(PVRTC_RGB_2BPP, UNDEFINED, 8, 4, 8, COMPRESSED, PVRTC_RGB_2BPP_sRGB),
	FORMAT(PVRTC_RGB_2BPP_sRGB, UNDEFINED, 8, 4, 8, COMPRESSED, PVRTC_RGB_2BPP),
	FORMAT(PVRTC_RGB_4BPP, UNDEFINED, 4, 4, 8, COMPRESSED, PVRTC_RGB_4BPP_sRGB),
	FORMAT(PVRTC_RGB_4BPP_sRGB, UNDEFINED, 4, 4, 8, COMPRESSED, PVRTC_RGB_4BPP),
	FORMAT(PVRTC_RGBA_2BPP, PVRTC1_2BPP_UNORM_BLOCK_IMG, 8, 4, 8, COMPRESSED, PVRTC_RGBA_2BPP_sRGB),
	FORMAT(PVRTC_RGBA_2BPP_sRGB, PVRTC1_2BPP_SRGB_BLOCK_IMG, 8, 4, 8, COMPRESSED, PVRTC_RGBA_2BPP),
	FORMAT(PVRTC_RGBA_4BPP, PVRTC1_4BPP_UNORM_BLOCK_IMG, 4, 4, 8, COMPRESSED, PVRTC_RGBA_4BPP_sRGB),
	FORMAT(PVRTC_RGBA_4BPP_sRGB, PVRTC1_4BPP_SRGB_BLOCK_IMG, 4, 4, 8, COMPRESSED, PVRTC_RGBA_4BPP),
	FORMAT(EAC_R11Unorm, EAC_R11_UNORM_BLOCK, 4, 4, 8, COMPRESSED, Invalid),
	FORMAT(EAC_R11Snorm, EAC_R11_SNORM_BLOCK, 4, 4, 8, COMPRESSED, Invalid),
	FORMAT(EAC_RG11Unorm, EAC_R11G11_UNORM_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(EAC_RG11Snorm, EAC_R11G11_SNORM_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(EAC_RGBA8, ETC2_R8G8B8A8_UNORM_BLOCK, 4, 4, 16, COMPRESSED, EAC_RGBA8_sRGB),
	FORMAT(EAC_RGBA8_sRGB, ETC2_R8G8B8A8_SRGB_BLOCK, 4, 4, 16, COMPRESSED, EAC_RGBA8),
	FORMAT(ETC2_RGB8, ETC2_R8G8B8_UNORM_BLOCK, 4, 4, 8, COMPRESSED, ETC2_RGB8_sRGB),
	FORMAT(ETC2_RGB8_sRGB, ETC2_R8G8B8_SRGB_BLOCK, 4, 4, 8, COMPRESSED, ETC2_RGB8),
	FORMAT(ETC2_RGB8A1, ETC2_R8G8B8A1_UNORM_BLOCK, 4, 4, 8, COMPRESSED, ETC2_RGB8A1_sRGB),
	FORMAT(ETC2_RGB8A1_sRGB, ETC2_R8G8B8A1_SRGB_BLOCK, 4, 4, 8, COMPRESSED, ETC2_RGB8A1),
	FORMAT(ASTC_4x4_sRGB, ASTC_4x4_SRGB_BLOCK, 4, 4, 16, COMPRESSED, ASTC_4x4_LDR),
	FORMAT(ASTC_5x4_sRGB, ASTC_5x4_SRGB_BLOCK, 5, 4, 16, COMPRESSED, ASTC_5x4_LDR),
	FORMAT(ASTC_5x5_sRGB, ASTC_5x5_SRGB_BLOCK, 5, 5, 16, COMPRESSED, ASTC_5x5_LDR),
	FORMAT(ASTC_6x5_sRGB, ASTC_6x5_SRGB_BLOCK, 6, 5, 16, COMPRESSED, ASTC_6x5_LDR),
	FORMAT(ASTC_6x6_sRGB, ASTC_6x6_SRGB_BLOCK, 6, 6, 16, COMPRESSED, ASTC_6x6_LDR),
	FORMAT(ASTC_8x5_sRGB, ASTC_8x5_SRGB_BLOCK, 8, 5, 16, COMPRESSED, ASTC_8x5_LDR),
	FORMAT(ASTC_8x6_sRGB, ASTC_8x6_SRGB_BLOCK, 8, 6, 16, COMPRESSED, ASTC_8x6_LDR),
	FORMAT(ASTC_8x8_sRGB, ASTC_8x8_SRGB_BLOCK, 8, 8, 16, COMPRESSED, ASTC_8x8_LDR),
	FORMAT(ASTC_10x5_sRGB, ASTC_10x5_SRGB_BLOCK, 10, 5, 16, COMPRESSED, ASTC_10x5_LDR),
	FORMAT(ASTC_10x6_sRGB, ASTC_10x6_SRGB_BLOCK, 10, 6, 16, COMPRESSED, ASTC_10x6_LDR),
	FORMAT(ASTC_10x8_sRGB, ASTC_10x8_SRGB_BLOCK, 10, 8, 16, COMPRESSED, ASTC_10x8_LDR),
	FORMAT(ASTC_10x10_sRGB, ASTC_10x10_SRGB_BLOCK, 10, 10, 16, COMPRESSED, ASTC_10x10_LDR),
	FORMAT(ASTC_12x10_sRGB, ASTC_12x10_SRGB_BLOCK, 12, 10, 16, COMPRESSED, ASTC_12x10_LDR),
	FORMAT(ASTC_12x12_sRGB, ASTC_12x12_SRGB_BLOCK, 12, 12, 16, COMPRESSED, ASTC_12x12_LDR),
	FORMAT(ASTC_4x4_LDR, ASTC_4x4_UNORM_BLOCK, 4, 4, 16, COMPRESSED, ASTC_4x4_sRGB),
	FORMAT(ASTC_5x4_LDR, ASTC_5x4_UNORM_BLOCK, 5, 4, 16, COMPRESSED, ASTC_5x4_sRGB),
	FORMAT(ASTC_5x5_LDR, ASTC_5x5_UNORM_BLOCK, 5, 5, 16, COMPRESSED, ASTC_5x5_sRGB),
	FORMAT(ASTC_6x5_LDR, ASTC_6x5_UNORM_BLOCK, 6, 5, 16, COMPRESSED, ASTC_6x5_sRGB),
	FORMAT(ASTC_6x6_LDR, ASTC_6x6_UNORM_BLOCK, 6, 6, 16, COMPRESSED, ASTC_6x6_sRGB),
	FORMAT(ASTC_8x5_LDR, ASTC_8x5_UNORM_BLOCK, 8, 5, 16, COMPRESSED, ASTC_8x5_sRGB),
	FORMAT(ASTC_8x6_LDR, ASTC_8x6_UNORM_BLOCK, 8, 6, 16, COMPRESSED, ASTC_8x6_sRGB),
	FORMAT(ASTC_8x8_LDR, ASTC_8x8_UNORM_BLOCK, 8, 8, 16, COMPRESSED, ASTC_8x8_sRGB),
	FORMAT(ASTC_10x5_LDR, ASTC_10x5_UNORM_BLOCK, 10, 5, 16, COMPRESSED, ASTC_10x5_sRGB),
	FORMAT(ASTC_10x6_LDR, ASTC_10x6_UNORM_BLOCK, 10, 6, 16, COMPRESSED, ASTC_10x6_sRGB),
	FORMAT(ASTC_10x8_LDR, ASTC_10x8_UNORM_BLOCK, 10, 8, 16, COMPRESSED, ASTC_10x8_sRGB),
	FORMAT(ASTC_10x10_LDR, ASTC_10x10_UNORM_BLOCK, 10, 10, 16, COMPRESSED, ASTC_10x10_sRGB),
	FORMAT(ASTC_12x10_LDR, ASTC_12x10_UNORM_BLOCK, 12, 10, 16, COMPRESSED, ASTC_12x10_sRGB),
	FORMAT(ASTC_12x12_LDR, ASTC_12x12_UNORM_BLOCK, 12, 12, 16, COMPRESSED, ASTC_12x12_sRGB),
	FORMAT(ASTC_4x4_HDR, ASTC_4x4_SFLOAT_BLOCK, 4, 4, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_5x4_HDR, ASTC_5x4_SFLOAT_BLOCK, 5, 4, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_5x5_HDR, ASTC_5x5_SFLOAT_BLOCK, 5, 5, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_6x5_HDR, ASTC_6x5_SFLOAT_BLOCK, 6, 5, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_6x6_HDR, ASTC_6x6_SFLOAT_BLOCK, 6, 6, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_8x5_HDR, ASTC_8x5_SFLOAT_BLOCK, 8, 5, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_8x6_HDR, ASTC_8x6_SFLOAT_BLOCK, 8, 6, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_8x8_HDR, ASTC_8x8_SFLOAT_BLOCK, 8, 8, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_10x5_HDR, ASTC_10x5_SFLOAT_BLOCK, 10, 5, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_10x6_HDR, ASTC_10x6_SFLOAT_BLOCK, 10, 6, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_10x8_HDR, ASTC_10x8_SFLOAT_BLOCK, 10, 8, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_10x10_HDR, ASTC_10x10_SFLOAT_BLOCK, 10, 10, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_12x10_HDR, ASTC_12x10_SFLOAT_BLOCK, 12, 10, 16, COMPRESSED, Invalid),
	FORMAT(ASTC_12x12_HDR, ASTC_12x12_SFLOAT_BLOCK, 12, 12, 16, COMPRESSED, Invalid),
	FORMAT(GBGR422, G8B8G8R8_422_UNORM, 2, 1, 4, PACKED_422, Invalid),
	FORMAT(BGRG422, B8G8R8G8_422_UNORM, 2, 1, 4, PACKED_422, Invalid),
	FORMAT(Depth16Unorm, D16_UNORM, 1, 1, 2, DEPTH, Invalid),
	FORMAT(Depth32Float, D32_SFLOAT, 1, 1, 4, DEPTH, Invalid),
	FORMAT(Stencil8, S8_UINT, 1, 1, 1, STENCIL, Invalid),
	FORMAT(Depth24Unorm_Stencil8, D24_UNORM_S8_UINT, 1, 1, 4, DEPTH_STENCIL, Invalid),
	FORMAT(Depth32Float_Stencil8, D32_SFLOAT_S8_UINT, 1, 1, 5, DEPTH_STENCIL, Invalid),
	FORMAT(X32_Stencil8, UNDEFINED, 1, 1, 5, STENCIL, Invalid),
	FORMAT(X24_Stencil8, UNDEFINED, 1, 1, 4, STENCIL, Invalid),
	FORMAT(BGRA10_XR, UNDEFINED, 1, 1, 8, COLOR, BGRA10_XR_sRGB),
	FORMAT(BGRA10_XR_sRGB, UNDEFINED, 1, 1, 8, COLOR, BGRA10_XR),
	FORMAT(BGR10_XR, UNDEFINED, 1, 1, 4, COLOR, BGR10_XR_sRGB),
	FORMAT(BGR10_XR_sRGB, UNDEFINED, 1, 1, 4, COLOR, BGR10_XR),
};
/* clang-format on */

const size_t tongs_pixel_format_count = sizeof(tongs_pixel_formats) / sizeof(tongs_pixel_formats[0]);

const struct tongs_pixel_format *tongs_pixel_format_get(MTLPixelFormat format) {
	size_t low = 0, high = tongs_pixel_format_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (tongs_pixel_formats[middle].value < format)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == tongs_pixel_format_count || tongs_pixel_formats[low].value != format)
		return NULL;
	return &tongs_pixel_formats[low];
}

MTLPixelFormat tongs_pixel_format_from_vk(VkFormat format) {
	if (format == VK_FORMAT_UNDEFINED)
		return MTLPixelFormatInvalid;
	for (size_t i = 0; i < tongs_pixel_format_count; i++) {
		if (tongs_pixel_formats[i].vk_format == format)
			return tongs_pixel_formats[i].value;
	}
	return MTLPixelFormatInvalid;
}

VkFormat tongs_pixel_format_to_vk(MTLPixelFormat format) {
	const struct tongs_pixel_format *row = tongs_pixel_format_get(format);
	return row ? row->vk_format : VK_FORMAT_UNDEFINED;
}

bool tongs_pixel_format_is_srgb_pair(MTLPixelFormat a, MTLPixelFormat b) {
	const struct tongs_pixel_format *row = tongs_pixel_format_get(a);
	return row && (a == b || (b != MTLPixelFormatInvalid && row->srgb_pair == b));
}

size_t tongs_pixel_format_get_block_stride(const struct tongs_pixel_format *format) {
	/* A float and a stencil byte are as far apart as floats can be, and so 8 bytes. */
	return format->block_bytes == 5 ? 8 : format->block_bytes;
}

/* The stencil of a combined format has a format of its own. */
static const MTLPixelFormat stencils[][2] = {
	{MTLPixelFormatDepth24Unorm_Stencil8, MTLPixelFormatX24_Stencil8},
	{MTLPixelFormatDepth32Float_Stencil8, MTLPixelFormatX32_Stencil8},
};

enum tongs_view_rule tongs_pixel_format_get_view_rule(
	const struct tongs_pixel_format *format, const struct tongs_pixel_format *view) {
	if (tongs_pixel_format_is_srgb_pair(format->value, view->value))
		return TONGS_VIEW_ALWAYS;
	if (format->class == TONGS_PIXEL_CLASS_COLOR && view->class == TONGS_PIXEL_CLASS_COLOR &&
		format->block_bytes == view->block_bytes)
		return TONGS_VIEW_WITH_USAGE;
	for (size_t i = 0; i < sizeof(stencils) / sizeof(*stencils); i++)
		if (stencils[i][0] == format->value && stencils[i][1] == view->value)
			return TONGS_VIEW_WITH_USAGE;
	return TONGS_VIEW_NEVER;
}
