/* SPDX-License-Identifier: MIT */
/* The name of CAMetalLayer. Tongs has no layers: the class does not exist, and what asks for it by name gets Nil. */
#ifndef TONGS_APPLE_CAMETALLAYER_H
#define TONGS_APPLE_CAMETALLAYER_H

#include <CoreGraphics/CGGeometry.h>
#include <QuartzCore/CABase.h>

#ifdef __OBJC__
@class CAMetalLayer;
@protocol CAMetalDrawable;
#endif

#endif
