/* SPDX-License-Identifier: MIT */
/* Descriptors given to methods. */
#ifndef TONGS_OBJC_DESCRIPTOR_H
#define TONGS_OBJC_DESCRIPTOR_H

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

/* The modes that are parts of the resource options. */
enum tongs_options_part {
	TONGS_PART_CPU_CACHE,
	TONGS_PART_STORAGE,
	TONGS_PART_HAZARD_TRACKING,
};

NSUInteger tongs_options_get(MTLResourceOptions options, enum tongs_options_part part);
/* A mode that there is not is refused with a message, which names `method`; the old one stays. */
void tongs_options_set(MTLResourceOptions *options, enum tongs_options_part part, NSUInteger mode, SEL method);

#endif
