/* SPDX-License-Identifier: MIT */
/* The part of Metal that Tongs has on Linux, for Objective-C: devices, heaps, buffers, textures, command queues with
 * copies and render passes without draws, events.
 *
 * What it does not have is declared, too, so that programs compile unchanged; `tongs info --metal` lists what each
 * method does. Descriptors of what cannot be made keep what is set in them. Where nothing else is said, the default of
 * a property is 0, NO or nil, and an object that a property is set to is retained, or copied where it says copy. */
#ifndef METAL_METAL_H
#define METAL_METAL_H

#import <Metal/MTLAccelerationStructure.h>
#import <Metal/MTLArgument.h>
#import <Metal/MTLArgumentEncoder.h>
#import <Metal/MTLBinaryArchive.h>
#import <Metal/MTLBlitCommandEncoder.h>
#import <Metal/MTLBlitPass.h>
#import <Metal/MTLBuffer.h>
#import <Metal/MTLCommandBuffer.h>
#import <Metal/MTLCommandEncoder.h>
#import <Metal/MTLCommandQueue.h>
#import <Metal/MTLComputeCommandEncoder.h>
#import <Metal/MTLComputePass.h>
#import <Metal/MTLComputePipeline.h>
#import <Metal/MTLCounters.h>
#import <Metal/MTLDepthStencil.h>
#import <Metal/MTLDevice.h>
#import <Metal/MTLDrawable.h>
#import <Metal/MTLDynamicLibrary.h>
#import <Metal/MTLEvent.h>
#import <Metal/MTLFunctionConstantValues.h>
#import <Metal/MTLFunctionDescriptor.h>
#import <Metal/MTLFunctionStitching.h>
#import <Metal/MTLHeap.h>
#import <Metal/MTLIOCommandQueue.h>
#import <Metal/MTLIndirectCommandBuffer.h>
#import <Metal/MTLLibrary.h>
#import <Metal/MTLLinkedFunctions.h>
#import <Metal/MTLParallelRenderCommandEncoder.h>
#import <Metal/MTLPipeline.h>
#import <Metal/MTLRenderCommandEncoder.h>
#import <Metal/MTLRenderPass.h>
#import <Metal/MTLRenderPipeline.h>
#import <Metal/MTLResource.h>
#import <Metal/MTLResourceStateCommandEncoder.h>
#import <Metal/MTLResourceStatePass.h>
#import <Metal/MTLSampler.h>
#import <Metal/MTLStageInputOutputDescriptor.h>
#import <Metal/MTLTexture.h>
#import <Metal/MTLVertexDescriptor.h>

#endif
