/* SPDX-License-Identifier: MIT */
/* The tables of all classes. Each is defined in the file of its class and registered by load.c. */
#ifndef TONGS_OBJC_TABLES_H
#define TONGS_OBJC_TABLES_H

#include "objc/class.h"

extern struct tongs_objc_class tongs_objc_root, tongs_objc_device, tongs_objc_heap, tongs_objc_resource,
	tongs_objc_buffer, tongs_objc_texture, tongs_objc_texture_descriptor, tongs_objc_heap_descriptor,
	tongs_objc_string, tongs_objc_array;

#endif
