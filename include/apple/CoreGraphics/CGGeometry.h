/* SPDX-License-Identifier: MIT */
/* Points, sizes and rectangles. */
#ifndef TONGS_APPLE_CGGEOMETRY_H
#define TONGS_APPLE_CGGEOMETRY_H

#pragma GCC system_header /* or #include_next is a warning */

#if __has_include_next(<CoreGraphics/CGGeometry.h>)
#include_next <CoreGraphics/CGGeometry.h>
#else

#include <CoreGraphics/CGBase.h>

#ifndef CF_DEFINES_CG_TYPES /* by GNUstep */
typedef struct CGPoint {
	CGFloat x;
	CGFloat y;
} CGPoint;

typedef struct CGSize {
	CGFloat width;
	CGFloat height;
} CGSize;

typedef struct CGVector {
	CGFloat dx;
	CGFloat dy;
} CGVector;

typedef struct CGRect {
	CGPoint origin;
	CGSize size;
} CGRect;
#endif

CG_INLINE CGPoint CGPointMake(CGFloat x, CGFloat y) {
	CGPoint point = {x, y};
	return point;
}

CG_INLINE CGSize CGSizeMake(CGFloat width, CGFloat height) {
	CGSize size = {width, height};
	return size;
}

CG_INLINE CGVector CGVectorMake(CGFloat dx, CGFloat dy) {
	CGVector vector = {dx, dy};
	return vector;
}

CG_INLINE CGRect CGRectMake(CGFloat x, CGFloat y, CGFloat width, CGFloat height) {
	CGRect rect = {{x, y}, {width, height}};
	return rect;
}

CG_INLINE bool CGPointEqualToPoint(CGPoint point1, CGPoint point2) {
	return point1.x == point2.x && point1.y == point2.y;
}

CG_INLINE bool CGSizeEqualToSize(CGSize size1, CGSize size2) {
	return size1.width == size2.width && size1.height == size2.height;
}

/* On macOS these are variables; here they need no library. */
#define CGPointZero CGPointMake(0, 0)
#define CGSizeZero CGSizeMake(0, 0)
#define CGRectZero CGRectMake(0, 0, 0, 0)

#endif
#endif
