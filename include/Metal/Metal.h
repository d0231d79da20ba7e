/* SPDX-License-Identifier: MIT */
/* Metal for Objective-C on Linux, as far as Tongs has it: devices, heaps, buffers, textures. */
#ifndef METAL_METAL_H
#define METAL_METAL_H

#import <Metal/MTLBuffer.h>
#import <Metal/MTLDevice.h>
#import <Metal/MTLHeap.h>
#import <Metal/MTLResource.h>
#import <Metal/MTLTexture.h>

#endif
