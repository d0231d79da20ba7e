/* SPDX-License-Identifier: MIT */
/* The part of Metal that Tongs has on Linux, for Objective-C: devices, heaps, buffers, textures. */
#ifndef METAL_METAL_H
#define METAL_METAL_H

#import <Metal/MTLBuffer.h>
#import <Metal/MTLDevice.h>
#import <Metal/MTLHeap.h>
#import <Metal/MTLResource.h>
#import <Metal/MTLTexture.h>

#endif
