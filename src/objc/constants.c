/* SPDX-License-Identifier: MIT */
/* Metal's constant strings: domains and keys of errors, names of notifications and counters. Each has its own name as
 * its text. */
#include "objc/constants.h"

#include <stddef.h>

#include "objc/string.h"
#include "util/export.h"

#define CONSTANTS(CONSTANT) \
	CONSTANT(MTLBinaryArchiveDomain) \
	CONSTANT(MTLCaptureErrorDomain) \
	CONSTANT(MTLCommandBufferEncoderInfoErrorKey) \
	CONSTANT(MTLCommandBufferErrorDomain) \
	CONSTANT(MTLCounterErrorDomain) \
	CONSTANT(MTLDeviceRemovalRequestedNotification) \
	CONSTANT(MTLDeviceWasAddedNotification) \
	CONSTANT(MTLDeviceWasRemovedNotification) \
	CONSTANT(MTLDynamicLibraryDomain) \
	CONSTANT(MTLIOErrorDomain) \
	CONSTANT(MTLLibraryErrorDomain) \
	CONSTANT(MTLCommonCounterTimestamp) \
	CONSTANT(MTLCommonCounterTessellationInputPatches) \
	CONSTANT(MTLCommonCounterVertexInvocations) \
	CONSTANT(MTLCommonCounterPostTessellationVertexInvocations) \
	CONSTANT(MTLCommonCounterClipperInvocations) \
	CONSTANT(MTLCommonCounterClipperPrimitivesOut) \
	CONSTANT(MTLCommonCounterFragmentInvocations) \
	CONSTANT(MTLCommonCounterFragmentsPassed) \
	CONSTANT(MTLCommonCounterComputeKernelInvocations) \
	CONSTANT(MTLCommonCounterTotalCycles) \
	CONSTANT(MTLCommonCounterVertexCycles) \
	CONSTANT(MTLCommonCounterTessellationCycles) \
	CONSTANT(MTLCommonCounterPostTessellationVertexCycles) \
	CONSTANT(MTLCommonCounterFragmentCycles) \
	CONSTANT(MTLCommonCounterRenderTargetWriteCycles) \
	CONSTANT(MTLCommonCounterSetTimestamp) \
	CONSTANT(MTLCommonCounterSetStageUtilization) \
	CONSTANT(MTLCommonCounterSetStatistic)

#define NUMBER(name) CONSTANT_##name,
enum { CONSTANTS(NUMBER) CONSTANT_COUNT };

#define STRING(name) TONGS_STRING_CONSTANT(#name),
static struct tongs_string strings[CONSTANT_COUNT] = {CONSTANTS(STRING)};

#define EXPORT(name) \
	TONGS_API extern const void *const name; \
	const void *const name = &strings[CONSTANT_##name];
CONSTANTS(EXPORT)

void tongs_constants_init(void) {
	for (size_t i = 0; i < CONSTANT_COUNT; i++)
		tongs_string_init_constant(&strings[i]);
}
