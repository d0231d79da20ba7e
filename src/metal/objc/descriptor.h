/* SPDX-License-Identifier: MIT */
/* Descriptors given to methods. */
#ifndef TONGS_METAL_OBJC_DESCRIPTOR_H
#define TONGS_METAL_OBJC_DESCRIPTOR_H

#include "metal/object.h"

struct tongs_texture_descriptor {
	struct tongs_object object;
	struct tongs_texture_info info;
};

struct tongs_heap_descriptor {
	struct tongs_object object;
	struct tongs_heap_info info;
};

/* The info of a descriptor, borrowed. NULL, and an error told, for whatever is not a live descriptor of its class: nil,
 * garbage, another object. `method` names the selector that was given it. */
const struct tongs_texture_info *tongs_objc_texture_info_get(const void *descriptor, SEL method);
const struct tongs_heap_info *tongs_objc_heap_info_get(const void *descriptor, SEL method);

/* One of the modes in `options` replaced by `mode`: `mask` and `shift` are MTLResource…ModeMask and …Shift. */
static inline MTLResourceOptions tongs_options_set(
	MTLResourceOptions options, NSUInteger mask, unsigned shift, NSUInteger mode) {
	return (options & ~mask) | (mode << shift & mask);
}

#endif
