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

struct tongs_texture_info tongs_texture_info_cube(MTLPixelFormat format, NSUInteger size) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, size, size);
	info.type = MTLTextureTypeCube;
	return info;
}

struct tongs_texture_info tongs_texture_info_buffer(MTLPixelFormat format, NSUInteger width) {
	struct tongs_texture_info info = tongs_texture_info_2d(format, width, 1);
	info.type = MTLTextureTypeTextureBuffer;
	return info;
}

NSUInteger tongs_texture_info_get_max_mipmap_level_count(const struct tongs_texture_info *info) {
	NSUInteger largest = info->width > info->height ? info->width : info->height, count = 1;
	if (info->depth > largest)
		largest = info->depth;
	while (largest >>= 1)
		count++;
	return count;
}

void tongs_heap_info_init(struct tongs_heap_info *info) {
	*info = (struct tongs_heap_info){
		.type = MTLHeapTypeAutomatic,
		.resource_options = MTLResourceStorageModePrivate,
		.sparse_page_size = MTLSparsePageSize16,
	};
}
