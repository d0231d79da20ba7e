/* SPDX-License-Identifier: MIT */
/* Metal's enumerations, options and small structs by their own names, for C, C++ and Objective-C.
 *
 * An enumeration is an integer type plus constants, so that its size is the same in every language. In Objective-C by
 * clang it is a type of its own, as Apple's are. GNUstep's Foundation may be included before or after this header. */
#ifndef TONGS_METAL_TYPES_H
#define TONGS_METAL_TYPES_H

#include <stdint.h>

typedef intptr_t NSInteger;
typedef uintptr_t NSUInteger;

/* After `typedef`, and before the constants in braces. */
#if defined(__OBJC__) && defined(__clang__)
#define MTL_ENUM(type, name) \
	enum name : type name; \
	enum name : type
#else
#define MTL_ENUM(type, name) \
	type name; \
	enum
#endif
/* The same for constants that are combined by `|`, which in C++ gives an integer. */
#if defined(__OBJC__) && defined(__clang__) && !defined(__cplusplus)
#define MTL_OPTIONS(type, name) MTL_ENUM(type, name)
#else
#define MTL_OPTIONS(type, name) \
	type name; \
	enum
#endif

typedef MTL_ENUM(NSInteger, MTLGPUFamily){
	MTLGPUFamilyApple1 = 1001,
	MTLGPUFamilyApple2 = 1002,
	MTLGPUFamilyApple3 = 1003,
	MTLGPUFamilyApple4 = 1004,
	MTLGPUFamilyApple5 = 1005,
	MTLGPUFamilyApple6 = 1006,
	MTLGPUFamilyApple7 = 1007,
	MTLGPUFamilyApple8 = 1008,
	MTLGPUFamilyApple9 = 1009,
	MTLGPUFamilyMac1 = 2001,
	MTLGPUFamilyMac2 = 2002,
	MTLGPUFamilyCommon1 = 3001,
	MTLGPUFamilyCommon2 = 3002,
	MTLGPUFamilyCommon3 = 3003,
	MTLGPUFamilyMacCatalyst1 = 4001,
	MTLGPUFamilyMacCatalyst2 = 4002,
	MTLGPUFamilyMetal3 = 5001,
};

/* Has no constants: no device supports a feature set. */
typedef NSUInteger MTLFeatureSet;

typedef MTL_ENUM(NSUInteger, MTLDeviceLocation){
	MTLDeviceLocationBuiltIn = 0,
	MTLDeviceLocationSlot = 1,
	MTLDeviceLocationExternal = 2,
};
/* Not an enumerator, since those of ISO C are in the range of int. */
#define MTLDeviceLocationUnspecified ((MTLDeviceLocation)UINTPTR_MAX)

typedef MTL_ENUM(NSUInteger, MTLReadWriteTextureTier){
	MTLReadWriteTextureTierNone = 0,
	MTLReadWriteTextureTier1 = 1,
	MTLReadWriteTextureTier2 = 2,
};

typedef MTL_ENUM(NSUInteger, MTLArgumentBuffersTier){
	MTLArgumentBuffersTier1 = 0,
	MTLArgumentBuffersTier2 = 1,
};

typedef MTL_ENUM(NSInteger, MTLSparsePageSize){
	MTLSparsePageSize16 = 101,
	MTLSparsePageSize64 = 102,
	MTLSparsePageSize256 = 103,
};

typedef MTL_ENUM(NSInteger, MTLHeapType){
	MTLHeapTypeAutomatic = 0,
	MTLHeapTypePlacement = 1,
	MTLHeapTypeSparse = 2,
};

typedef MTL_ENUM(NSUInteger, MTLPurgeableState){
	MTLPurgeableStateKeepCurrent = 1,
	MTLPurgeableStateNonVolatile = 2,
	MTLPurgeableStateVolatile = 3,
	MTLPurgeableStateEmpty = 4,
};

typedef MTL_ENUM(NSUInteger, MTLCPUCacheMode){
	MTLCPUCacheModeDefaultCache = 0,
	MTLCPUCacheModeWriteCombined = 1,
};

typedef MTL_ENUM(NSUInteger, MTLStorageMode){
	MTLStorageModeShared = 0,
	MTLStorageModeManaged = 1,
	MTLStorageModePrivate = 2,
	MTLStorageModeMemoryless = 3,
};

typedef MTL_ENUM(NSUInteger, MTLHazardTrackingMode){
	MTLHazardTrackingModeDefault = 0,
	MTLHazardTrackingModeUntracked = 1,
	MTLHazardTrackingModeTracked = 2,
};

/* MTLResourceOptions combine one constant of each of the three modes. */
#define MTLResourceCPUCacheModeShift 0
#define MTLResourceCPUCacheModeMask ((NSUInteger)0xf << MTLResourceCPUCacheModeShift)
#define MTLResourceStorageModeShift 4
#define MTLResourceStorageModeMask ((NSUInteger)0xf << MTLResourceStorageModeShift)
#define MTLResourceHazardTrackingModeShift 8
#define MTLResourceHazardTrackingModeMask ((NSUInteger)0x3 << MTLResourceHazardTrackingModeShift)

typedef MTL_OPTIONS(NSUInteger, MTLResourceOptions){
	MTLResourceCPUCacheModeDefaultCache = MTLCPUCacheModeDefaultCache << MTLResourceCPUCacheModeShift,
	MTLResourceCPUCacheModeWriteCombined = MTLCPUCacheModeWriteCombined << MTLResourceCPUCacheModeShift,
	MTLResourceStorageModeShared = MTLStorageModeShared << MTLResourceStorageModeShift,
	MTLResourceStorageModeManaged = MTLStorageModeManaged << MTLResourceStorageModeShift,
	MTLResourceStorageModePrivate = MTLStorageModePrivate << MTLResourceStorageModeShift,
	MTLResourceStorageModeMemoryless = MTLStorageModeMemoryless << MTLResourceStorageModeShift,
	MTLResourceHazardTrackingModeDefault = MTLHazardTrackingModeDefault << MTLResourceHazardTrackingModeShift,
	MTLResourceHazardTrackingModeUntracked = MTLHazardTrackingModeUntracked << MTLResourceHazardTrackingModeShift,
	MTLResourceHazardTrackingModeTracked = MTLHazardTrackingModeTracked << MTLResourceHazardTrackingModeShift,
	MTLResourceOptionCPUCacheModeDefault = MTLResourceCPUCacheModeDefaultCache,
	MTLResourceOptionCPUCacheModeWriteCombined = MTLResourceCPUCacheModeWriteCombined,
};

typedef MTL_ENUM(NSUInteger, MTLTextureType){
	MTLTextureType1D = 0,
	MTLTextureType1DArray = 1,
	MTLTextureType2D = 2,
	MTLTextureType2DArray = 3,
	MTLTextureType2DMultisample = 4,
	MTLTextureTypeCube = 5,
	MTLTextureTypeCubeArray = 6,
	MTLTextureType3D = 7,
	MTLTextureType2DMultisampleArray = 8,
	MTLTextureTypeTextureBuffer = 9,
};

typedef MTL_OPTIONS(NSUInteger, MTLTextureUsage){
	MTLTextureUsageUnknown = 0x0,
	MTLTextureUsageShaderRead = 0x1,
	MTLTextureUsageShaderWrite = 0x2,
	MTLTextureUsageRenderTarget = 0x4,
	MTLTextureUsagePixelFormatView = 0x10,
	MTLTextureUsageShaderAtomic = 0x20,
};

typedef MTL_ENUM(NSInteger, MTLTextureCompressionType){
	MTLTextureCompressionTypeLossless = 0,
	MTLTextureCompressionTypeLossy = 1,
};

typedef MTL_ENUM(uint8_t, MTLTextureSwizzle){
	MTLTextureSwizzleZero = 0,
	MTLTextureSwizzleOne = 1,
	MTLTextureSwizzleRed = 2,
	MTLTextureSwizzleGreen = 3,
	MTLTextureSwizzleBlue = 4,
	MTLTextureSwizzleAlpha = 5,
};

typedef MTL_ENUM(NSUInteger, MTLPixelFormat){
	MTLPixelFormatInvalid = 0,
	MTLPixelFormatA8Unorm = 1,
	MTLPixelFormatR8Unorm = 10,
	MTLPixelFormatR8Unorm_sRGB = 11,
	MTLPixelFormatR8Snorm = 12,
	MTLPixelFormatR8Uint = 13,
	MTLPixelFormatR8Sint = 14,
	MTLPixelFormatR16Unorm = 20,
	MTLPixelFormatR16Snorm = 22,
	MTLPixelFormatR16Uint = 23,
	MTLPixelFormatR16Sint = 24,
	MTLPixelFormatR16Float = 25,
	MTLPixelFormatRG8Unorm = 30,
	MTLPixelFormatRG8Unorm_sRGB = 31,
	MTLPixelFormatRG8Snorm = 32,
	MTLPixelFormatRG8Uint = 33,
	MTLPixelFormatRG8Sint = 34,
	MTLPixelFormatB5G6R5Unorm = 40,
	MTLPixelFormatA1BGR5Unorm = 41,
	MTLPixelFormatABGR4Unorm = 42,
	MTLPixelFormatBGR5A1Unorm = 43,
	MTLPixelFormatR32Uint = 53,
	MTLPixelFormatR32Sint = 54,
	MTLPixelFormatR32Float = 55,
	MTLPixelFormatRG16Unorm = 60,
	MTLPixelFormatRG16Snorm = 62,
	MTLPixelFormatRG16Uint = 63,
	MTLPixelFormatRG16Sint = 64,
	MTLPixelFormatRG16Float = 65,
	MTLPixelFormatRGBA8Unorm = 70,
	MTLPixelFormatRGBA8Unorm_sRGB = 71,
	MTLPixelFormatRGBA8Snorm = 72,
	MTLPixelFormatRGBA8Uint = 73,
	MTLPixelFormatRGBA8Sint = 74,
	MTLPixelFormatBGRA8Unorm = 80,
	MTLPixelFormatBGRA8Unorm_sRGB = 81,
	MTLPixelFormatRGB10A2Unorm = 90,
	MTLPixelFormatRGB10A2Uint = 91,
	MTLPixelFormatRG11B10Float = 92,
	MTLPixelFormatRGB9E5Float = 93,
	MTLPixelFormatBGR10A2Unorm = 94,
	MTLPixelFormatBGR10_XR = 554,
	MTLPixelFormatBGR10_XR_sRGB = 555,
	MTLPixelFormatRG32Uint = 103,
	MTLPixelFormatRG32Sint = 104,
	MTLPixelFormatRG32Float = 105,
	MTLPixelFormatRGBA16Unorm = 110,
	MTLPixelFormatRGBA16Snorm = 112,
	MTLPixelFormatRGBA16Uint = 113,
	MTLPixelFormatRGBA16Sint = 114,
	MTLPixelFormatRGBA16Float = 115,
	MTLPixelFormatBGRA10_XR = 552,
	MTLPixelFormatBGRA10_XR_sRGB = 553,
	MTLPixelFormatRGBA32Uint = 123,
	MTLPixelFormatRGBA32Sint = 124,
	MTLPixelFormatRGBA32Float = 125,
	MTLPixelFormatBC1_RGBA = 130,
	MTLPixelFormatBC1_RGBA_sRGB = 131,
	MTLPixelFormatBC2_RGBA = 132,
	MTLPixelFormatBC2_RGBA_sRGB = 133,
	MTLPixelFormatBC3_RGBA = 134,
	MTLPixelFormatBC3_RGBA_sRGB = 135,
	MTLPixelFormatBC4_RUnorm = 140,
	MTLPixelFormatBC4_RSnorm = 141,
	MTLPixelFormatBC5_RGUnorm = 142,
	MTLPixelFormatBC5_RGSnorm = 143,
	MTLPixelFormatBC6H_RGBFloat = 150,
	MTLPixelFormatBC6H_RGBUfloat = 151,
	MTLPixelFormatBC7_RGBAUnorm = 152,
	MTLPixelFormatBC7_RGBAUnorm_sRGB = 153,
	MTLPixelFormatPVRTC_RGB_2BPP = 160,
	MTLPixelFormatPVRTC_RGB_2BPP_sRGB = 161,
	MTLPixelFormatPVRTC_RGB_4BPP = 162,
	MTLPixelFormatPVRTC_RGB_4BPP_sRGB = 163,
	MTLPixelFormatPVRTC_RGBA_2BPP = 164,
	MTLPixelFormatPVRTC_RGBA_2BPP_sRGB = 165,
	MTLPixelFormatPVRTC_RGBA_4BPP = 166,
	MTLPixelFormatPVRTC_RGBA_4BPP_sRGB = 167,
	MTLPixelFormatEAC_R11Unorm = 170,
	MTLPixelFormatEAC_R11Snorm = 172,
	MTLPixelFormatEAC_RG11Unorm = 174,
	MTLPixelFormatEAC_RG11Snorm = 176,
	MTLPixelFormatEAC_RGBA8 = 178,
	MTLPixelFormatEAC_RGBA8_sRGB = 179,
	MTLPixelFormatETC2_RGB8 = 180,
	MTLPixelFormatETC2_RGB8_sRGB = 181,
	MTLPixelFormatETC2_RGB8A1 = 182,
	MTLPixelFormatETC2_RGB8A1_sRGB = 183,
	MTLPixelFormatASTC_4x4_sRGB = 186,
	MTLPixelFormatASTC_5x4_sRGB = 187,
	MTLPixelFormatASTC_5x5_sRGB = 188,
	MTLPixelFormatASTC_6x5_sRGB = 189,
	MTLPixelFormatASTC_6x6_sRGB = 190,
	MTLPixelFormatASTC_8x5_sRGB = 192,
	MTLPixelFormatASTC_8x6_sRGB = 193,
	MTLPixelFormatASTC_8x8_sRGB = 194,
	MTLPixelFormatASTC_10x5_sRGB = 195,
	MTLPixelFormatASTC_10x6_sRGB = 196,
	MTLPixelFormatASTC_10x8_sRGB = 197,
	MTLPixelFormatASTC_10x10_sRGB = 198,
	MTLPixelFormatASTC_12x10_sRGB = 199,
	MTLPixelFormatASTC_12x12_sRGB = 200,
	MTLPixelFormatASTC_4x4_LDR = 204,
	MTLPixelFormatASTC_5x4_LDR = 205,
	MTLPixelFormatASTC_5x5_LDR = 206,
	MTLPixelFormatASTC_6x5_LDR = 207,
	MTLPixelFormatASTC_6x6_LDR = 208,
	MTLPixelFormatASTC_8x5_LDR = 210,
	MTLPixelFormatASTC_8x6_LDR = 211,
	MTLPixelFormatASTC_8x8_LDR = 212,
	MTLPixelFormatASTC_10x5_LDR = 213,
	MTLPixelFormatASTC_10x6_LDR = 214,
	MTLPixelFormatASTC_10x8_LDR = 215,
	MTLPixelFormatASTC_10x10_LDR = 216,
	MTLPixelFormatASTC_12x10_LDR = 217,
	MTLPixelFormatASTC_12x12_LDR = 218,
	MTLPixelFormatASTC_4x4_HDR = 222,
	MTLPixelFormatASTC_5x4_HDR = 223,
	MTLPixelFormatASTC_5x5_HDR = 224,
	MTLPixelFormatASTC_6x5_HDR = 225,
	MTLPixelFormatASTC_6x6_HDR = 226,
	MTLPixelFormatASTC_8x5_HDR = 228,
	MTLPixelFormatASTC_8x6_HDR = 229,
	MTLPixelFormatASTC_8x8_HDR = 230,
	MTLPixelFormatASTC_10x5_HDR = 231,
	MTLPixelFormatASTC_10x6_HDR = 232,
	MTLPixelFormatASTC_10x8_HDR = 233,
	MTLPixelFormatASTC_10x10_HDR = 234,
	MTLPixelFormatASTC_12x10_HDR = 235,
	MTLPixelFormatASTC_12x12_HDR = 236,
	MTLPixelFormatGBGR422 = 240,
	MTLPixelFormatBGRG422 = 241,
	MTLPixelFormatDepth16Unorm = 250,
	MTLPixelFormatDepth32Float = 252,
	MTLPixelFormatStencil8 = 253,
	MTLPixelFormatDepth24Unorm_Stencil8 = 255,
	MTLPixelFormatDepth32Float_Stencil8 = 260,
	MTLPixelFormatX32_Stencil8 = 261,
	MTLPixelFormatX24_Stencil8 = 262,
};

typedef MTL_ENUM(NSUInteger, MTLCommandBufferStatus){
	MTLCommandBufferStatusNotEnqueued = 0,
	MTLCommandBufferStatusEnqueued = 1,
	MTLCommandBufferStatusCommitted = 2,
	MTLCommandBufferStatusScheduled = 3,
	MTLCommandBufferStatusCompleted = 4,
	MTLCommandBufferStatusError = 5,
};

typedef MTL_ENUM(NSUInteger, MTLCommandBufferError){
	MTLCommandBufferErrorNone = 0,
	MTLCommandBufferErrorInternal = 1,
	MTLCommandBufferErrorTimeout = 2,
	MTLCommandBufferErrorPageFault = 3,
	MTLCommandBufferErrorBlacklisted = 4,
	MTLCommandBufferErrorAccessRevoked = 4,
	MTLCommandBufferErrorNotPermitted = 7,
	MTLCommandBufferErrorOutOfMemory = 8,
	MTLCommandBufferErrorInvalidResource = 9,
	MTLCommandBufferErrorMemoryless = 10,
	MTLCommandBufferErrorDeviceRemoved = 11,
	MTLCommandBufferErrorStackOverflow = 12,
};

typedef MTL_OPTIONS(NSUInteger, MTLCommandBufferErrorOption){
	MTLCommandBufferErrorOptionNone = 0,
	MTLCommandBufferErrorOptionEncoderExecutionStatus = 1,
};

typedef MTL_OPTIONS(NSUInteger, MTLBlitOption){
	MTLBlitOptionNone = 0,
	MTLBlitOptionDepthFromDepthStencil = 1,
	MTLBlitOptionStencilFromDepthStencil = 2,
	MTLBlitOptionRowLinearPVRTC = 4,
};

typedef MTL_ENUM(NSUInteger, MTLLoadAction){
	MTLLoadActionDontCare = 0,
	MTLLoadActionLoad = 1,
	MTLLoadActionClear = 2,
};

typedef MTL_ENUM(NSUInteger, MTLStoreAction){
	MTLStoreActionDontCare = 0,
	MTLStoreActionStore = 1,
	MTLStoreActionMultisampleResolve = 2,
	MTLStoreActionStoreAndMultisampleResolve = 3,
	MTLStoreActionUnknown = 4,
	MTLStoreActionCustomSampleDepthStore = 5,
};

typedef MTL_ENUM(NSUInteger, MTLMultisampleDepthResolveFilter){
	MTLMultisampleDepthResolveFilterSample0 = 0,
	MTLMultisampleDepthResolveFilterMin = 1,
	MTLMultisampleDepthResolveFilterMax = 2,
};

typedef MTL_ENUM(NSUInteger, MTLMultisampleStencilResolveFilter){
	MTLMultisampleStencilResolveFilterSample0 = 0,
	MTLMultisampleStencilResolveFilterDepthResolvedSample = 1,
};

typedef MTL_OPTIONS(NSUInteger, MTLRenderStages){
	MTLRenderStageVertex = 1,
	MTLRenderStageFragment = 2,
	MTLRenderStageTile = 4,
	MTLRenderStageObject = 8,
	MTLRenderStageMesh = 16,
};

typedef MTL_OPTIONS(NSUInteger, MTLResourceUsage){
	MTLResourceUsageRead = 1,
	MTLResourceUsageWrite = 2,
	MTLResourceUsageSample = 4,
};

typedef MTL_OPTIONS(NSUInteger, MTLBarrierScope){
	MTLBarrierScopeBuffers = 1,
	MTLBarrierScopeTextures = 2,
	MTLBarrierScopeRenderTargets = 4,
};

typedef MTL_ENUM(NSUInteger, MTLPrimitiveType){
	MTLPrimitiveTypePoint = 0,
	MTLPrimitiveTypeLine = 1,
	MTLPrimitiveTypeLineStrip = 2,
	MTLPrimitiveTypeTriangle = 3,
	MTLPrimitiveTypeTriangleStrip = 4,
};

typedef MTL_ENUM(NSUInteger, MTLIndexType){
	MTLIndexTypeUInt16 = 0,
	MTLIndexTypeUInt32 = 1,
};

typedef MTL_ENUM(NSUInteger, MTLCullMode){
	MTLCullModeNone = 0,
	MTLCullModeFront = 1,
	MTLCullModeBack = 2,
};

typedef MTL_ENUM(NSUInteger, MTLWinding){
	MTLWindingClockwise = 0,
	MTLWindingCounterClockwise = 1,
};

typedef MTL_ENUM(NSUInteger, MTLDepthClipMode){
	MTLDepthClipModeClip = 0,
	MTLDepthClipModeClamp = 1,
};

typedef MTL_ENUM(NSUInteger, MTLTriangleFillMode){
	MTLTriangleFillModeFill = 0,
	MTLTriangleFillModeLines = 1,
};

typedef MTL_ENUM(NSUInteger, MTLVisibilityResultMode){
	MTLVisibilityResultModeDisabled = 0,
	MTLVisibilityResultModeBoolean = 1,
	MTLVisibilityResultModeCounting = 2,
};

typedef MTL_ENUM(NSUInteger, MTLDispatchType){
	MTLDispatchTypeSerial = 0,
	MTLDispatchTypeConcurrent = 1,
};

typedef struct {
	double red, green, blue, alpha;
} MTLClearColor;

typedef struct {
	double originX, originY, width, height, znear, zfar;
} MTLViewport;

typedef struct {
	NSUInteger x, y, width, height;
} MTLScissorRect;

typedef struct {
	NSUInteger x, y, z;
} MTLOrigin;

typedef struct {
	NSUInteger width, height, depth;
} MTLSize;

typedef struct {
	MTLOrigin origin;
	MTLSize size;
} MTLRegion;

typedef struct {
	NSUInteger size;
	NSUInteger align;
} MTLSizeAndAlign;

typedef struct {
	uint64_t _impl;
} MTLResourceID;

typedef struct {
	float x, y;
} MTLSamplePosition;

typedef struct {
	NSUInteger accelerationStructureSize;
	NSUInteger buildScratchBufferSize;
	NSUInteger refitScratchBufferSize;
} MTLAccelerationStructureSizes;

typedef struct {
	MTLTextureSwizzle red, green, blue, alpha;
} MTLTextureSwizzleChannels;

static inline MTLClearColor MTLClearColorMake(double red, double green, double blue, double alpha) {
	MTLClearColor color = {red, green, blue, alpha};
	return color;
}

static inline MTLOrigin MTLOriginMake(NSUInteger x, NSUInteger y, NSUInteger z) {
	MTLOrigin origin = {x, y, z};
	return origin;
}

static inline MTLSize MTLSizeMake(NSUInteger width, NSUInteger height, NSUInteger depth) {
	MTLSize size = {width, height, depth};
	return size;
}

static inline MTLRegion MTLRegionMake1D(NSUInteger x, NSUInteger width) {
	MTLRegion region = {{x, 0, 0}, {width, 1, 1}};
	return region;
}

static inline MTLRegion MTLRegionMake2D(NSUInteger x, NSUInteger y, NSUInteger width, NSUInteger height) {
	MTLRegion region = {{x, y, 0}, {width, height, 1}};
	return region;
}

static inline MTLRegion MTLRegionMake3D(
	NSUInteger x, NSUInteger y, NSUInteger z, NSUInteger width, NSUInteger height, NSUInteger depth) {
	MTLRegion region = {{x, y, z}, {width, height, depth}};
	return region;
}

static inline MTLTextureSwizzleChannels MTLTextureSwizzleChannelsMake(
	MTLTextureSwizzle red, MTLTextureSwizzle green, MTLTextureSwizzle blue, MTLTextureSwizzle alpha) {
	MTLTextureSwizzleChannels swizzle = {red, green, blue, alpha};
	return swizzle;
}

#define MTLTextureSwizzleChannelsDefault \
	MTLTextureSwizzleChannelsMake( \
		MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue, MTLTextureSwizzleAlpha)

#endif
