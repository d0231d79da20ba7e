/* SPDX-License-Identifier: MIT */
/* Methods of TongsDevice that answer questions about features and limits. */
#include <string.h>

#include "metal/device.h"
#include "objc/absent.h"
#include "objc/array.h"
#include "objc/properties.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/clock.h"
#include "util/log.h"

/* An object of its own at each call. */
static id architecture(struct tongs_device *self, SEL _cmd) {
	return tongs_properties_new_architecture(tongs_string_new(tongs_device_get_name(self)));
}

static MTLDeviceLocation location(struct tongs_device *self, SEL _cmd) {
	return MTLDeviceLocationUnspecified;
}

static MTLArgumentBuffersTier argumentBuffersSupport(struct tongs_device *self, SEL _cmd) {
	return MTLArgumentBuffersTier1;
}

static MTLSize maxThreadsPerThreadgroup(struct tongs_device *self, SEL _cmd) {
	const uint32_t *size = self->properties.limits.maxComputeWorkGroupSize;
	return MTLSizeMake(size[0], size[1], size[2]);
}

static NSUInteger maxThreadgroupMemoryLength(struct tongs_device *self, SEL _cmd) {
	return self->properties.limits.maxComputeSharedMemorySize;
}

/* The least, for programs that divide work by it. */
static NSUInteger maximumConcurrentCompilationTaskCount(struct tongs_device *self, SEL _cmd) {
	return 1;
}

static BOOL supportsVertexAmplificationCount(struct tongs_device *self, SEL _cmd, NSUInteger count) {
	return count == 1;
}

static id counterSets(struct tongs_device *self, SEL _cmd) {
	return tongs_array_get_empty();
}

/* In sixteenths of a pixel: Metal's defaults are Vulkan's standard locations. */
static const struct {
	NSUInteger count;
	struct {
		uint8_t x, y;
	} at[16];
} positions[] = {
	{1, {{8, 8}}},
	{2, {{12, 12}, {4, 4}}},
	{4, {{6, 2}, {14, 6}, {2, 10}, {10, 14}}},
	{8, {{9, 5}, {7, 11}, {13, 9}, {5, 3}, {3, 13}, {1, 7}, {11, 15}, {15, 1}}},
	{16, {{9, 9}, {7, 5}, {5, 10}, {12, 7}, {3, 6}, {10, 13}, {13, 11}, {11, 3}, {6, 14}, {8, 1}, {4, 2}, {2, 12},
		     {0, 8}, {15, 4}, {14, 15}, {1, 0}}},
};

static void getDefaultSamplePositions(struct tongs_device *self, SEL _cmd, MTLSamplePosition *out, NSUInteger count) {
	for (size_t i = 0; out && i < sizeof(positions) / sizeof(positions[0]); i++) {
		if (positions[i].count != count)
			continue;
		for (NSUInteger k = 0; k < count; k++)
			out[k] =
				(MTLSamplePosition){(float)positions[i].at[k].x / 16, (float)positions[i].at[k].y / 16};
		return;
	}
	if (out)
		tongs_log_error(
			"%s there are no default positions of %lu samples", sel_getName(_cmd), (unsigned long)count);
	else
		tongs_log_error("%s positions is NULL", sel_getName(_cmd));
}

/* The times of a command buffer are of this clock. */
static void sampleTimestamps(struct tongs_device *self, SEL _cmd, uint64_t *cpuTimestamp, uint64_t *gpuTimestamp) {
	const uint64_t time = tongs_clock_now();
	if (cpuTimestamp)
		*cpuTimestamp = time;
	if (gpuTimestamp)
		*gpuTimestamp = time;
}

static void clear_regions(MTLRegion *regions, NSUInteger count) {
	if (regions)
		memset(regions, 0, count * sizeof(*regions));
}

static void convertSparsePixelRegions(struct tongs_device *self, SEL _cmd, const MTLRegion *pixelRegions,
	MTLRegion *tileRegions, MTLSize tileSize, NSUInteger mode, NSUInteger numRegions) {
	clear_regions(tileRegions, numRegions);
}

static void convertSparseTileRegions(struct tongs_device *self, SEL _cmd, const MTLRegion *tileRegions,
	MTLRegion *pixelRegions, MTLSize tileSize, NSUInteger numRegions) {
	clear_regions(pixelRegions, numRegions);
}

#define ENC_REGIONS "^" ENC_REGION
const struct tongs_objc_method tongs_device_features[] = {
	METHOD("architecture", architecture, "@@:"),
	METHOD("location", location, "Q@:"),
	METHOD("argumentBuffersSupport", argumentBuffersSupport, "Q@:"),
	METHOD("maxThreadsPerThreadgroup", maxThreadsPerThreadgroup, ENC_ORIGIN_OR_SIZE "@:"),
	METHOD("maxThreadgroupMemoryLength", maxThreadgroupMemoryLength, "Q@:"),
	METHOD("maximumConcurrentCompilationTaskCount", maximumConcurrentCompilationTaskCount, "Q@:"),
	METHOD("supportsVertexAmplificationCount:", supportsVertexAmplificationCount, "C@:Q"),
	METHOD("getDefaultSamplePositions:count:", getDefaultSamplePositions, "v@:^{?=ff}Q"),
	METHOD("sampleTimestamps:gpuTimestamp:", sampleTimestamps, "v@:^Q^Q"),
	ANSWERS_NO("counterSets", counterSets, "@@:"),
	ANSWERS_NO("isHeadless", tongs_answer_no, "C@:"),
	ANSWERS_NO("isRemovable", tongs_answer_no, "C@:"),
	ANSWERS_NO("locationNumber", tongs_answer_0, "Q@:"),
	ANSWERS_NO("maxTransferRate", tongs_answer_0, "Q@:"),
	ANSWERS_NO("peerGroupID", tongs_answer_0, "Q@:"),
	ANSWERS_NO("peerIndex", tongs_answer_0, "I@:"),
	ANSWERS_NO("peerCount", tongs_answer_0, "I@:"),
	ANSWERS_NO("maxArgumentBufferSamplerCount", tongs_answer_0, "Q@:"),
	ANSWERS_NO("readWriteTextureSupport", tongs_answer_0, "Q@:"),
	ANSWERS_NO("areRasterOrderGroupsSupported", tongs_answer_no, "C@:"),
	ANSWERS_NO("areBarycentricCoordsSupported", tongs_answer_no, "C@:"),
	ANSWERS_NO("areProgrammableSamplePositionsSupported", tongs_answer_no, "C@:"),
	ANSWERS_NO("supports32BitFloatFiltering", tongs_answer_no, "C@:"),
	ANSWERS_NO("supports32BitMSAA", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsQueryTextureLOD", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsPullModelInterpolation", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsShaderBarycentricCoordinates", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsRasterizationRateMapWithLayerCount:", tongs_answer_no, "C@:Q"),
	ANSWERS_NO("supportsCounterSampling:", tongs_answer_no, "C@:Q"),
	ANSWERS_NO("supportsDynamicLibraries", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsRenderDynamicLibraries", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsRaytracing", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsRaytracingFromRender", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsPrimitiveMotionBlur", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsFunctionPointers", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsFunctionPointersFromRender", tongs_answer_no, "C@:"),
	ANSWERS_NO("supportsFeatureSet:", tongs_answer_no, "C@:Q"),
	ANSWERS_NO("shouldMaximizeConcurrentCompilation", tongs_answer_no, "C@:"),
	ANSWERS_NO("setShouldMaximizeConcurrentCompilation:", tongs_answer_nothing, "v@:C"),
	ANSWERS_NO("sparseTileSizeInBytes", tongs_answer_0, "Q@:"),
	ANSWERS_NO("sparseTileSizeInBytesForSparsePageSize:", tongs_answer_0, "Q@:q"),
	ANSWERS_NO("sparseTileSizeWithTextureType:pixelFormat:sampleCount:", tongs_answer_no_size,
		ENC_ORIGIN_OR_SIZE "@:QQQ"),
	ANSWERS_NO("sparseTileSizeWithTextureType:pixelFormat:sampleCount:sparsePageSize:", tongs_answer_no_size,
		ENC_ORIGIN_OR_SIZE "@:QQQq"),
	ANSWERS_NO("convertSparsePixelRegions:toTileRegions:withTileSize:alignmentMode:numRegions:",
		convertSparsePixelRegions, "v@:" ENC_REGIONS ENC_REGIONS ENC_ORIGIN_OR_SIZE "QQ"),
	ANSWERS_NO("convertSparseTileRegions:toPixelRegions:withTileSize:numRegions:", convertSparseTileRegions,
		"v@:" ENC_REGIONS ENC_REGIONS ENC_ORIGIN_OR_SIZE "Q"),
	ANSWERS_NO("accelerationStructureSizesWithDescriptor:", tongs_answer_no_size, ENC_ORIGIN_OR_SIZE "@:@"),
	ANSWERS_NO("heapAccelerationStructureSizeAndAlignWithSize:", tongs_answer_no_size_and_align,
		ENC_SIZE_AND_ALIGN "@:Q"),
	ANSWERS_NO("heapAccelerationStructureSizeAndAlignWithDescriptor:", tongs_answer_no_size_and_align,
		ENC_SIZE_AND_ALIGN "@:@"),
	METHODS_END,
};
