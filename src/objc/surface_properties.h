/* SPDX-License-Identifier: MIT */
/* The properties of a surface as a dictionary, whose keys are strings. */
#ifndef TONGS_OBJC_SURFACE_PROPERTIES_H
#define TONGS_OBJC_SURFACE_PROPERTIES_H

#include <objc/objc.h>
#include <tongs/metal.h>

/* Reads `properties`, an object that answers objectForKey:, and whether other processes can get the surface. False,
 * with an error logged that begins with `what`, if it does not, or a value is no number. */
bool tongs_surface_properties_read(id properties, struct tongs_surface_info *info, bool *shareable, const char *what);

enum tongs_surface_property {
	TONGS_SURFACE_PROPERTY_OTHER,
	TONGS_SURFACE_PROPERTY_ROW_BYTES,
	TONGS_SURFACE_PROPERTY_PLACE,  /* an offset */
	TONGS_SURFACE_PROPERTY_SIZE,   /* of the surface */
	TONGS_SURFACE_PROPERTY_EXTENT, /* width or height */
};
/* What `key`, any string, says. */
enum tongs_surface_property tongs_surface_properties_find(id key);

/* Makes objects of the keys, while the library is loaded. */
void tongs_surface_properties_init(void);

#endif
