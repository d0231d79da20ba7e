/* SPDX-License-Identifier: MIT */
/* What descriptors begin with, and the library's version. */
#include <tongs/metal.h>

const char *tongs_version(void) {
	return TONGS_VERSION;
}

void tongs_texture_info_init(struct tongs_texture_info *info) {
	*info = (struct tongs_texture_info){
		.type = MTLTextureType2D,
		.pixel_format = MTLPixelFormatRGBA8Unorm,
		.width = 1,
		.height = 1,
		.depth = 1,
		.mipmap_level_count = 1,
		.sample_count = 1,
		.array_length = 1,
		.resource_options = MTLResourceStorageModeShared,
		.usage = MTLTextureUsageShaderRead,
		.allow_gpu_optimized_contents = true,
		.compression_type = MTLTextureCompressionTypeLossless,
		.swizzle = {MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue,
			MTLTextureSwizzleAlpha},
	};
}

struct tongs_texture_info tongs_texture_info_2d(MTLPixelFormat format, NSUInteger width, NSUInteger height) {
	struct tongs_texture_info info;
	tongs_texture_info_init(&info);
	info.pixel_format = format;
	info.width = width;
	info.height = height;
	return info;
}

void tongs_heap_info_init(struct tongs_heap_info *info) {
	*info = (struct tongs_heap_info){
		.type = MTLHeapTypeAutomatic,
		.resource_options = MTLResourceStorageModePrivate,
		.sparse_page_size = MTLSparsePageSize16,
	};
}
