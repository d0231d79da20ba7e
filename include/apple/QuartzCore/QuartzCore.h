/* SPDX-License-Identifier: MIT */
/* What Tongs has of QuartzCore: declarations. */
#ifndef TONGS_APPLE_QUARTZCORE_H
#define TONGS_APPLE_QUARTZCORE_H

#include <QuartzCore/CABase.h>
#include <QuartzCore/CAMetalLayer.h>

#endif
