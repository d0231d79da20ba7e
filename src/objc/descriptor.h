/* SPDX-License-Identifier: MIT */
/* Descriptors: objects that hold the properties of an object to be created, in the struct of the C interface. */
#ifndef TONGS_OBJC_DESCRIPTOR_H
#define TONGS_OBJC_DESCRIPTOR_H

#include <stdbool.h>

#include <objc/runtime.h>
#include <tongs/metal.h>

/* The properties of an MTLCommandBufferDescriptor. */
struct tongs_command_buffer_info {
	bool retained_references;
	MTLCommandBufferErrorOption error_options;
};

/* The properties of a descriptor, borrowed. NULL, with an error logged that begins with `method`, for anything other
 * than a live descriptor of the class: nil, garbage, another object. */
const struct tongs_texture_info *tongs_descriptor_get_texture_info(const void *descriptor, SEL method);
const struct tongs_heap_info *tongs_descriptor_get_heap_info(const void *descriptor, SEL method);
const struct tongs_command_buffer_info *tongs_descriptor_get_command_buffer_info(const void *descriptor, SEL method);

#endif
