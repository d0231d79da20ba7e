/* SPDX-License-Identifier: MIT */
/* Where the planes of a surface are: defaults and checks. */
#ifndef TONGS_METAL_SURFACE_LAYOUT_H
#define TONGS_METAL_SURFACE_LAYOUT_H

#include <tongs/metal.h>

/* The alignment of default plane offsets. */
enum { TONGS_SURFACE_PLANE_ALIGNMENT = 4096 };

/* The alignment of default pitches: what the driver of the device that was made first of those that live lays LINEAR
 * images of such elements out with, since it imports no others; 64 without a device, or for other elements. */
NSUInteger tongs_surface_layout_get_row_alignment(NSUInteger bytes_per_element);

/* Replaces the defaults in `info` by values, and sets the bytes of memory that images over the planes take, at least
 * alloc_size. False, with an error logged that begins with `what`, if it describes no surface. */
bool tongs_surface_layout_resolve(struct tongs_surface_info *info, uint64_t *memory_size, const char *what);

/* The plane, or all of a surface that is not planar for 0; NULL: none. */
const struct tongs_surface_plane *tongs_surface_layout_get_plane(
	const struct tongs_surface_info *info, NSUInteger plane);

#endif
