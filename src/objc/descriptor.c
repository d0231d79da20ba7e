/* SPDX-License-Identifier: MIT */
/* Modes that are set one by one, as parts of the resource options. */
#include "objc/descriptor.h"

#include <objc/runtime.h>

#include "util/log.h"

static const struct {
	NSUInteger mask;
	unsigned shift;
	NSUInteger last;
	const char *name;
} parts[] = {
	[TONGS_PART_CPU_CACHE] = {MTLResourceCPUCacheModeMask, MTLResourceCPUCacheModeShift,
		MTLCPUCacheModeWriteCombined, "MTLCPUCacheMode"},
	[TONGS_PART_STORAGE] = {MTLResourceStorageModeMask, MTLResourceStorageModeShift, MTLStorageModeMemoryless,
		"MTLStorageMode"},
	[TONGS_PART_HAZARD_TRACKING] = {MTLResourceHazardTrackingModeMask, MTLResourceHazardTrackingModeShift,
		MTLHazardTrackingModeTracked, "MTLHazardTrackingMode"},
};

NSUInteger tongs_options_get(MTLResourceOptions options, enum tongs_options_part part) {
	return (options & parts[part].mask) >> parts[part].shift;
}

void tongs_options_set(MTLResourceOptions *options, enum tongs_options_part part, NSUInteger mode, SEL method) {
	if (mode > parts[part].last)
		tongs_log_error("%s %lu is no %s: the old one, %lu, stays", sel_getName(method), (unsigned long)mode,
			parts[part].name, (unsigned long)tongs_options_get(*options, part));
	else
		*options = (*options & ~parts[part].mask) | mode << parts[part].shift;
}
