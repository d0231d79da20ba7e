/* SPDX-License-Identifier: MIT */
/* Keys are constant strings, of Foundation's class if that is loaded in time. Where it is loaded later, they are other
 * keys than NSStrings of the same text, and dictionaries are asked for both. */
#include "objc/surface_properties.h"

#include <stddef.h>
#include <string.h>

#include "objc/send.h"
#include "objc/string.h"
#include "util/log.h"

/* KEY(exported symbol, text, second name): the constants of IOSurface.h, of which programs know the texts. */
#define KEYS(KEY) \
	KEY(kIOSurfaceWidth, "IOSurfaceWidth", IOSurfacePropertyKeyWidth) \
	KEY(kIOSurfaceHeight, "IOSurfaceHeight", IOSurfacePropertyKeyHeight) \
	KEY(kIOSurfaceBytesPerElement, "IOSurfaceBytesPerElement", IOSurfacePropertyKeyBytesPerElement) \
	KEY(kIOSurfaceElementWidth, "IOSurfaceElementWidth", IOSurfacePropertyKeyElementWidth) \
	KEY(kIOSurfaceElementHeight, "IOSurfaceElementHeight", IOSurfacePropertyKeyElementHeight) \
	KEY(kIOSurfaceBytesPerRow, "IOSurfaceBytesPerRow", IOSurfacePropertyKeyBytesPerRow) \
	KEY(kIOSurfaceOffset, "IOSurfaceOffset", IOSurfacePropertyKeyOffset) \
	KEY(kIOSurfaceAllocSize, "IOSurfaceAllocSize", IOSurfacePropertyKeyAllocSize) \
	KEY(kIOSurfacePixelFormat, "IOSurfacePixelFormat", IOSurfacePropertyKeyPixelFormat) \
	KEY(kIOSurfacePlaneInfo, "IOSurfacePlaneInfo", IOSurfacePropertyKeyPlaneInfo) \
	KEY(kIOSurfacePlaneWidth, "IOSurfacePlaneWidth", IOSurfacePropertyKeyPlaneWidth) \
	KEY(kIOSurfacePlaneHeight, "IOSurfacePlaneHeight", IOSurfacePropertyKeyPlaneHeight) \
	KEY(kIOSurfacePlaneBytesPerElement, "IOSurfacePlaneBytesPerElement", IOSurfacePropertyKeyPlaneBytesPerElement) \
	KEY(kIOSurfacePlaneElementWidth, "IOSurfacePlaneElementWidth", IOSurfacePropertyKeyPlaneElementWidth) \
	KEY(kIOSurfacePlaneElementHeight, "IOSurfacePlaneElementHeight", IOSurfacePropertyKeyPlaneElementHeight) \
	KEY(kIOSurfacePlaneBytesPerRow, "IOSurfacePlaneBytesPerRow", IOSurfacePropertyKeyPlaneBytesPerRow) \
	KEY(kIOSurfacePlaneOffset, "IOSurfacePlaneOffset", IOSurfacePropertyKeyPlaneOffset) \
	KEY(kIOSurfacePlaneSize, "IOSurfacePlaneSize", IOSurfacePropertyKeyPlaneSize) \
	KEY(kIOSurfaceCacheMode, "IOSurfaceCacheMode", IOSurfacePropertyKeyCacheMode) \
	KEY(kIOSurfaceIsGlobal, "IOSurfaceIsGlobal", IOSurfacePropertyKeyIsGlobal) \
	KEY(kIOSurfacePixelSizeCastingAllowed, "IOSurfacePixelSizeCastingAllowed", \
		IOSurfacePropertyKeyPixelSizeCastingAllowed) \
	KEY(kIOSurfaceName, "IOSurfaceName", IOSurfacePropertyKeyName)

#define NUMBER(symbol, text, second) KEY_##symbol,
enum { KEYS(NUMBER) KEY_COUNT };

#define STRING(symbol, text, second) TONGS_STRING_CONSTANT(text),
static struct tongs_string keys[KEY_COUNT] = {KEYS(STRING)};

#define EXPORT(symbol, text, second) \
	TONGS_API extern const void *const symbol, *const second; \
	const void *const symbol = &keys[KEY_##symbol]; \
	const void *const second = &keys[KEY_##symbol];
KEYS(EXPORT)

void tongs_surface_properties_init(void) {
	for (size_t i = 0; i < KEY_COUNT; i++)
		tongs_string_init_constant(&keys[i]);
}

/* The key as an NSString, which the caller releases. nil without Foundation. */
static id new_foundation_key(const struct tongs_string *key) {
	Class foundation = objc_lookUpClass("NSString");
	return foundation ? tongs_send1(tongs_send((id)foundation, "alloc"), "initWithUTF8String:", key->text) : nil;
}

static id find(id properties, size_t key) {
	id value = tongs_send1(properties, "objectForKey:", &keys[key]);
	id other = value || !tongs_string_is_own(&keys[key]) ? nil : new_foundation_key(&keys[key]);
	if (!other)
		return value;
	value = tongs_send1(properties, "objectForKey:", other);
	tongs_send(other, "release");
	return value;
}

/* False if the object is not a number that is at least 0. */
static bool get_number(id object, NSUInteger *number) {
	static const char *const getters[] = {
		"unsignedLongLongValue", "unsignedLongValue", "unsignedIntegerValue", "integerValue"};
	for (size_t i = 0; i < sizeof(getters) / sizeof(getters[0]); i++) {
		if (!tongs_responds(object, getters[i]))
			continue;
		SEL selector = sel_registerName(getters[i]);
		*number = TONGS_IMP(NSUInteger(*)(id, SEL), object, selector)(object, selector);
		return *number <= INTPTR_MAX;
	}
	if (!tongs_responds(object, "intValue"))
		return false;
	SEL selector = sel_registerName("intValue");
	const int value = TONGS_IMP(int (*)(id, SEL), object, selector)(object, selector);
	*number = (NSUInteger)value;
	return value >= 0;
}

/* Leaves the number as it is if there is no such property. */
static bool read_number(id properties, size_t key, NSUInteger *number, const char *what) {
	id value = find(properties, key);
	if (!value || get_number(value, number))
		return true;
	tongs_log_error("%s the value of %s, an object of class %s, must be a number that is not negative", what,
		keys[key].text, object_getClassName(value));
	return false;
}

struct field {
	size_t key, offset; /* the latter in struct tongs_surface_plane */
};

#define FIELD(symbol, name) \
	{ KEY_##symbol, offsetof(struct tongs_surface_plane, name) }

static const struct field whole_fields[] = {
	FIELD(kIOSurfaceWidth, width),
	FIELD(kIOSurfaceHeight, height),
	FIELD(kIOSurfaceBytesPerElement, bytes_per_element),
	FIELD(kIOSurfaceElementWidth, element_width),
	FIELD(kIOSurfaceElementHeight, element_height),
	FIELD(kIOSurfaceBytesPerRow, bytes_per_row),
	FIELD(kIOSurfaceOffset, offset),
};

static const struct field plane_fields[] = {
	FIELD(kIOSurfacePlaneWidth, width),
	FIELD(kIOSurfacePlaneHeight, height),
	FIELD(kIOSurfacePlaneBytesPerElement, bytes_per_element),
	FIELD(kIOSurfacePlaneElementWidth, element_width),
	FIELD(kIOSurfacePlaneElementHeight, element_height),
	FIELD(kIOSurfacePlaneBytesPerRow, bytes_per_row),
	FIELD(kIOSurfacePlaneOffset, offset),
	FIELD(kIOSurfacePlaneSize, size),
};

enum {
	WHOLE_FIELDS = sizeof(whole_fields) / sizeof(whole_fields[0]),
	PLANE_FIELDS = sizeof(plane_fields) / sizeof(plane_fields[0]),
};

static bool read_fields(
	id properties, const struct field *fields, size_t count, struct tongs_surface_plane *plane, const char *what) {
	for (size_t i = 0; i < count; i++)
		if (!read_number(properties, fields[i].key, (NSUInteger *)((char *)plane + fields[i].offset), what))
			return false;
	return true;
}

static bool check_dictionary(id object, const char *name, const char *what) {
	if (object && tongs_responds(object, "objectForKey:"))
		return true;
	tongs_log_error("%s %s is %s%s: pass an object that has objectForKey:", what, name,
		object ? "of class " : "nil", object ? object_getClassName(object) : "");
	return false;
}

static bool read_plane(id planes, NSUInteger index, struct tongs_surface_plane *plane, const char *what) {
	SEL selector = sel_registerName("objectAtIndex:");
	id properties = TONGS_IMP(id(*)(id, SEL, NSUInteger), planes, selector)(planes, selector, index);
	return check_dictionary(properties, "a plane of IOSurfacePlaneInfo", what) &&
	       read_fields(properties, plane_fields, PLANE_FIELDS, plane, what);
}

static bool read_planes(id planes, struct tongs_surface_info *info, const char *what) {
	if (!tongs_responds(planes, "count") || !tongs_responds(planes, "objectAtIndex:")) {
		tongs_log_error(
			"%s IOSurfacePlaneInfo is of class %s: pass an array", what, object_getClassName(planes));
		return false;
	}
	SEL selector = sel_registerName("count");
	info->plane_count = TONGS_IMP(NSUInteger(*)(id, SEL), planes, selector)(planes, selector);
	/* What is too many is refused later. */
	for (NSUInteger i = 0; i < info->plane_count && i < TONGS_SURFACE_MAX_PLANES; i++)
		if (!read_plane(planes, i, &info->planes[i], what))
			return false;
	return true;
}

bool tongs_surface_properties_read(id properties, struct tongs_surface_info *info, bool *shareable, const char *what) {
	NSUInteger pixel_format = 0, is_global = 0;
	*info = (struct tongs_surface_info){0};
	if (!check_dictionary(properties, "the dictionary", what) ||
		!read_fields(properties, whole_fields, WHOLE_FIELDS, &info->whole, what) ||
		!read_number(properties, KEY_kIOSurfaceAllocSize, &info->alloc_size, what) ||
		!read_number(properties, KEY_kIOSurfacePixelFormat, &pixel_format, what) ||
		!read_number(properties, KEY_kIOSurfaceIsGlobal, &is_global, what))
		return false;
	if (pixel_format > UINT32_MAX) {
		tongs_log_error("%s IOSurfacePixelFormat 0x%lx is more than four characters", what,
			(unsigned long)pixel_format);
		return false;
	}
	info->pixel_format = (uint32_t)pixel_format;
	*shareable = is_global;
	id planes = find(properties, KEY_kIOSurfacePlaneInfo);
	return !planes || read_planes(planes, info, what);
}

enum tongs_surface_property tongs_surface_properties_find(id key) {
	static const enum tongs_surface_property kinds[KEY_COUNT] = {
		[KEY_kIOSurfaceWidth] = TONGS_SURFACE_PROPERTY_EXTENT,
		[KEY_kIOSurfaceHeight] = TONGS_SURFACE_PROPERTY_EXTENT,
		[KEY_kIOSurfacePlaneWidth] = TONGS_SURFACE_PROPERTY_EXTENT,
		[KEY_kIOSurfacePlaneHeight] = TONGS_SURFACE_PROPERTY_EXTENT,
		[KEY_kIOSurfaceBytesPerRow] = TONGS_SURFACE_PROPERTY_ROW_BYTES,
		[KEY_kIOSurfacePlaneBytesPerRow] = TONGS_SURFACE_PROPERTY_ROW_BYTES,
		[KEY_kIOSurfaceOffset] = TONGS_SURFACE_PROPERTY_PLACE,
		[KEY_kIOSurfacePlaneOffset] = TONGS_SURFACE_PROPERTY_PLACE,
		[KEY_kIOSurfaceAllocSize] = TONGS_SURFACE_PROPERTY_SIZE,
		[KEY_kIOSurfacePlaneSize] = TONGS_SURFACE_PROPERTY_SIZE,
	};
	const char *text = tongs_string_get_text(key);
	for (size_t i = 0; text && i < KEY_COUNT; i++)
		if (strcmp(keys[i].text, text) == 0)
			return kinds[i];
	return TONGS_SURFACE_PROPERTY_OTHER;
}
