/* SPDX-License-Identifier: MIT */
/* IOSurface's C functions. A program passes any pointer; it is looked up before it is used. */
#include <IOSurface/IOSurfaceRef.h>

#include "metal/interop.h"
#include "metal/surface.h"
#include "metal/surface_layout.h"
#include "objc/surface.h"
#include "objc/surface_properties.h"
#include "util/log.h"

_Static_assert(TONGS_SURFACE_BAD_ARGUMENT == kIOReturnBadArgument && TONGS_SURFACE_CANNOT_LOCK == kIOReturnCannotLock &&
		       TONGS_SURFACE_NOT_LOCKED == kIOReturnNotOpen && TONGS_SURFACE_SUCCESS == kIOReturnSuccess,
	"the codes of the class are those of the functions");
_Static_assert((int)TONGS_SURFACE_LOCK_READ_ONLY == (int)kIOSurfaceLockReadOnly &&
		       (int)TONGS_SURFACE_LOCK_AVOID_SYNC == (int)kIOSurfaceLockAvoidSync,
	"and so are its options");

/* NULL, with an error logged that names the function, for anything other than a live surface. */
static struct tongs_surface *get(IOSurfaceRef buffer, const char *function) {
	if (tongs_handle_kind(buffer) == TONGS_KIND_SURFACE)
		return (struct tongs_surface *)buffer;
	char text[TONGS_HANDLE_TEXT_SIZE];
	tongs_log_error("%s: %p %s: pass a live IOSurface", function, (void *)buffer,
		tongs_interop_describe_handle(buffer, text));
	return NULL;
}

static struct tongs_surface_plane get_plane(IOSurfaceRef buffer, size_t index, const char *function) {
	const struct tongs_surface *surface = get(buffer, function);
	const struct tongs_surface_plane *plane =
		surface ? tongs_surface_layout_get_plane(&surface->info, index) : NULL;
	if (surface && !plane)
		tongs_log_error("%s: there is no plane %zu: the surface has %lu", function, index,
			(unsigned long)surface->info.plane_count);
	return plane ? *plane : (struct tongs_surface_plane){0};
}

static struct tongs_surface_plane get_whole(IOSurfaceRef buffer, const char *function) {
	const struct tongs_surface *surface = get(buffer, function);
	return surface ? surface->info.whole : (struct tongs_surface_plane){0};
}

IOSurfaceRef IOSurfaceCreate(CFDictionaryRef properties) {
	static const char what[] = "IOSurfaceCreate:";
	struct tongs_surface_info info;
	struct tongs_surface *surface = NULL;
	bool shareable;
	if (!tongs_surface_properties_read((id)(uintptr_t)properties, &info, &shareable, what) ||
		!(surface = tongs_surface_alloc()) || tongs_surface_init(surface, &info, NULL, shareable, what))
		return (IOSurfaceRef)surface;
	tongs_surface_unref(surface);
	return NULL;
}

IOSurfaceRef IOSurfaceLookup(IOSurfaceID csid) {
	return (IOSurfaceRef)tongs_surface_new_from_id(csid);
}

IOSurfaceID IOSurfaceGetID(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? surface->id : 0;
}

IOReturn IOSurfaceLock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t *seed) {
	struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_lock_with_options(surface, options, seed) : kIOReturnBadArgument;
}

IOReturn IOSurfaceUnlock(IOSurfaceRef buffer, IOSurfaceLockOptions options, uint32_t *seed) {
	struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_unlock_with_options(surface, options, seed) : kIOReturnBadArgument;
}

uint32_t IOSurfaceGetSeed(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_get_seed(surface) : 0;
}

size_t IOSurfaceGetAllocSize(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? surface->info.alloc_size : 0;
}

size_t IOSurfaceGetWidth(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).width;
}

size_t IOSurfaceGetHeight(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).height;
}

size_t IOSurfaceGetBytesPerElement(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).bytes_per_element;
}

size_t IOSurfaceGetBytesPerRow(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).bytes_per_row;
}

size_t IOSurfaceGetElementWidth(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).element_width;
}

size_t IOSurfaceGetElementHeight(IOSurfaceRef buffer) {
	return get_whole(buffer, __func__).element_height;
}

void *IOSurfaceGetBaseAddress(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_get_base_address(surface) : NULL;
}

OSType IOSurfaceGetPixelFormat(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? surface->info.pixel_format : 0;
}

size_t IOSurfaceGetPlaneCount(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? surface->info.plane_count : 0;
}

size_t IOSurfaceGetWidthOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).width;
}

size_t IOSurfaceGetHeightOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).height;
}

size_t IOSurfaceGetBytesPerElementOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).bytes_per_element;
}

size_t IOSurfaceGetBytesPerRowOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).bytes_per_row;
}

size_t IOSurfaceGetElementWidthOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).element_width;
}

size_t IOSurfaceGetElementHeightOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	return get_plane(buffer, planeIndex, __func__).element_height;
}

void *IOSurfaceGetBaseAddressOfPlane(IOSurfaceRef buffer, size_t planeIndex) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_get_base_address_of_plane(surface, planeIndex) : NULL;
}

void IOSurfaceSetValue(IOSurfaceRef buffer, CFStringRef key, CFTypeRef value) {
	struct tongs_surface *surface = get(buffer, __func__);
	if (surface)
		tongs_surface_set_object(surface, (id)(uintptr_t)value, (id)(uintptr_t)key);
}

CFTypeRef IOSurfaceCopyValue(IOSurfaceRef buffer, CFStringRef key) {
	struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_copy_object(surface, (id)(uintptr_t)key) : NULL;
}

void IOSurfaceRemoveValue(IOSurfaceRef buffer, CFStringRef key) {
	struct tongs_surface *surface = get(buffer, __func__);
	if (surface)
		tongs_surface_remove_object(surface, (id)(uintptr_t)key);
}

void IOSurfaceRemoveAllValues(IOSurfaceRef buffer) {
	struct tongs_surface *surface = get(buffer, __func__);
	if (surface)
		tongs_surface_values_remove_all(&surface->values);
}

int32_t IOSurfaceGetUseCount(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface ? tongs_surface_get_use_count(surface) : 0;
}

void IOSurfaceIncrementUseCount(IOSurfaceRef buffer) {
	struct tongs_surface *surface = get(buffer, __func__);
	if (surface)
		tongs_surface_increment_use_count(surface);
}

void IOSurfaceDecrementUseCount(IOSurfaceRef buffer) {
	struct tongs_surface *surface = get(buffer, __func__);
	if (surface)
		tongs_surface_decrement_use_count(surface);
}

bool IOSurfaceIsInUse(IOSurfaceRef buffer) {
	const struct tongs_surface *surface = get(buffer, __func__);
	return surface && tongs_surface_is_in_use(surface);
}

bool IOSurfaceAllowsPixelSizeCasting(IOSurfaceRef buffer) {
	get(buffer, __func__);
	return false;
}

size_t IOSurfaceGetPropertyMaximum(CFStringRef property) {
	/* Of images in two dimensions, on all drivers of desktops and on lavapipe. */
	const size_t max_extent = 16384;
	return tongs_surface_properties_find((id)(uintptr_t)property) == TONGS_SURFACE_PROPERTY_EXTENT ? max_extent : 0;
}

/* Of pitches of BGRA, the most common. */
size_t IOSurfaceGetPropertyAlignment(CFStringRef property) {
	switch (tongs_surface_properties_find((id)(uintptr_t)property)) {
	case TONGS_SURFACE_PROPERTY_ROW_BYTES:
		return tongs_surface_layout_get_row_alignment(4);
	case TONGS_SURFACE_PROPERTY_PLACE:
	case TONGS_SURFACE_PROPERTY_SIZE:
		return TONGS_SURFACE_PLANE_ALIGNMENT;
	default:
		return 1;
	}
}

size_t IOSurfaceAlignProperty(CFStringRef property, size_t value) {
	const size_t alignment = IOSurfaceGetPropertyAlignment(property);
	size_t more;
	return __builtin_add_overflow(value, alignment - 1, &more) ? 0 : more & ~(alignment - 1);
}
