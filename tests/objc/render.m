/* SPDX-License-Identifier: MIT */
/* Render passes in Objective-C, with and without an autorelease pool: descriptors, clears and resolves, and every
 * method of the encoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#ifndef WITH_FOUNDATION
#include <objc/NXConstStr.h>
#endif
#import <Metal/Metal.h>
#include <tongs/metal.h>

#include "queue.h"
#include "messages.h"

/* The compilers have no subscripts for this runtime. */
#define AT(array, index) [array objectAtIndexedSubscript:index]
#define SET(array, index, value) [array setObject:value atIndexedSubscript:index]

enum { EDGE = 16, SIZE = EDGE * EDGE * 4 };

static id<MTLTexture> new_target(MTLPixelFormat format, NSUInteger samples) {
	MTLTextureDescriptor *d = [[MTLTextureDescriptor alloc] init];
	const MTLTextureType type = samples > 1 ? MTLTextureType2DMultisample : MTLTextureType2D;
	d.textureType = type;
	d.pixelFormat = format;
	d.width = EDGE;
	d.height = EDGE;
	d.sampleCount = samples;
	d.usage = MTLTextureUsageRenderTarget;
	d.storageMode = MTLStorageModePrivate;
	id<MTLTexture> texture = [device newTextureWithDescriptor:d];
	[d release];
	assert_non_null(texture);
	return texture;
}

static void descriptors(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLTexture> texture = new_target(MTLPixelFormatRGBA8Unorm, 1);
	const NSUInteger count = [texture retainCount];
	MTLRenderPassDescriptor *pass = [[MTLRenderPassDescriptor alloc] init];
	assert_int_equal(tongs_handle_kind(pass), TONGS_KIND_RENDER_PASS_DESCRIPTOR);
	assert_int_equal(
		tongs_handle_kind(pass.colorAttachments), TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR_ARRAY);
	MTLRenderPassColorAttachmentDescriptor *color = AT(pass.colorAttachments, 7);
	assert_int_equal(tongs_handle_kind(color), TONGS_KIND_RENDER_PASS_COLOR_ATTACHMENT_DESCRIPTOR);
	assert_true([color isKindOfClass:[MTLRenderPassAttachmentDescriptor class]]);
	assert_null(color.texture);
	assert_null(color.resolveTexture);
	assert_int_equal(color.loadAction, MTLLoadActionDontCare);
	assert_int_equal(color.storeAction, MTLStoreActionStore);
	MTLClearColor clear = color.clearColor;
	assert_true(clear.red == 0 && clear.green == 0 && clear.blue == 0 && clear.alpha == 1);
	assert_int_equal(pass.depthAttachment.loadAction, MTLLoadActionClear);
	assert_int_equal(pass.depthAttachment.storeAction, MTLStoreActionDontCare);
	assert_true(pass.depthAttachment.clearDepth == 1);
	assert_int_equal(pass.stencilAttachment.loadAction, MTLLoadActionClear);
	assert_int_equal(pass.stencilAttachment.clearStencil, 0);

	color.texture = texture;
	color.resolveTexture = texture;
	color.level = 1;
	color.slice = 2;
	color.depthPlane = 3;
	color.resolveLevel = 4;
	color.resolveSlice = 5;
	color.resolveDepthPlane = 6;
	color.loadAction = MTLLoadActionLoad;
	color.storeAction = MTLStoreActionUnknown;
	color.clearColor = MTLClearColorMake(1, 2, 3, 4);
	pass.depthAttachment.texture = texture;
	pass.depthAttachment.clearDepth = 0.5;
	pass.stencilAttachment.clearStencil = 8;
	pass.renderTargetWidth = 9;
	pass.renderTargetHeight = 10;
	pass.renderTargetArrayLength = 11;
	assert_int_equal([texture retainCount], count + 3);
	MTLRenderPassDescriptor *copy = [pass copy];
	color.level = 100;
	pass.depthAttachment = nil;
	pass.stencilAttachment = nil;
	assert_true(pass.depthAttachment.clearDepth == 1 && !pass.depthAttachment.texture);
	assert_int_equal(pass.stencilAttachment.clearStencil, 0);
	[pass release];
	assert_int_equal([texture retainCount], count + 3);
	color = AT(copy.colorAttachments, 7);
	assert_ptr_equal(color.texture, texture);
	assert_ptr_equal(color.resolveTexture, texture);
	assert_true(color.level == 1 && color.slice == 2 && color.depthPlane == 3);
	assert_true(color.resolveLevel == 4 && color.resolveSlice == 5 && color.resolveDepthPlane == 6);
	assert_true(color.loadAction == MTLLoadActionLoad && color.storeAction == MTLStoreActionUnknown);
	clear = color.clearColor;
	assert_true(clear.red == 1 && clear.green == 2 && clear.blue == 3 && clear.alpha == 4);
	assert_true(copy.depthAttachment.clearDepth == 0.5 && copy.stencilAttachment.clearStencil == 8);
	assert_true(copy.renderTargetWidth == 9 && copy.renderTargetHeight == 10);
	assert_int_equal(copy.renderTargetArrayLength, 11);

	/* The array keeps copies, and outlives its pass. */
	MTLRenderPassColorAttachmentDescriptorArray *array = [copy.colorAttachments retain];
	SET(copy.colorAttachments, 0, color);
	color.level = 12;
	SET(copy.colorAttachments, 7, nil);
	MTLRenderPassDepthAttachmentDescriptor *depth = [[MTLRenderPassDepthAttachmentDescriptor alloc] init];
	depth.clearDepth = 0.25;
	copy.depthAttachment = depth;
	depth.clearDepth = 0.125;
	assert_true(copy.depthAttachment.clearDepth == 0.25);
	MTLRenderPassStencilAttachmentDescriptor *stencil = [[MTLRenderPassStencilAttachmentDescriptor alloc] init];
	stencil.clearStencil = 3;
	copy.stencilAttachment = stencil;
	assert_int_equal(copy.stencilAttachment.clearStencil, 3);
	[stencil release];
	[depth release];
	[copy release];
	assert_int_equal(AT(array, 0).level, 1);
	assert_int_equal(AT(array, 7).level, 0);
	[array release];
	assert_int_equal([texture retainCount], count);
	assert_int_equal(messages.count, 0);

	pass = [MTLRenderPassDescriptor renderPassDescriptor];
	assert_null(AT(pass.colorAttachments, 8));
	assert_true(was_logged("8 color attachments"));
	SET(pass.colorAttachments, 8, nil);
	assert_true(was_logged("8 color attachments"));
	SET(pass.colorAttachments, 0, (MTLRenderPassColorAttachmentDescriptor *)(id)pass.depthAttachment);
	assert_true(was_logged("not an MTLRenderPassColorAttachmentDescriptor"));
	AT(pass.colorAttachments, 0).texture = (id<MTLTexture>)(id)queue;
	assert_true(was_logged("not an MTLTexture"));
	pass.depthAttachment = (MTLRenderPassDepthAttachmentDescriptor *)(id)pass.stencilAttachment;
	assert_true(was_logged("not an MTLRenderPassDepthAttachmentDescriptor"));
	assert_null([MTLRenderPassAttachmentDescriptor alloc]);
	assert_true(was_logged("cannot be allocated"));
	array = [[MTLRenderPassColorAttachmentDescriptorArray alloc] init];
	assert_int_equal(AT(array, 3).storeAction, MTLStoreActionStore);
	[array release];
	[texture release];
	POOL_END
}

static void set_attachment(MTLRenderPassAttachmentDescriptor *attachment, id<MTLTexture> texture,
	id<MTLTexture> resolved, MTLStoreAction store) {
	attachment.texture = texture;
	attachment.resolveTexture = resolved;
	attachment.storeAction = store;
}

static void read_texels(id<MTLCommandBuffer> commands, id<MTLTexture> texture, id<MTLBuffer> buffer, NSUInteger bytes,
	MTLBlitOption option) {
	id<MTLBlitCommandEncoder> blit = [commands blitCommandEncoder];
	[blit copyFromTexture:texture
			     sourceSlice:0
			     sourceLevel:0
			    sourceOrigin:MTLOriginMake(0, 0, 0)
			      sourceSize:MTLSizeMake(EDGE, EDGE, 1)
				toBuffer:buffer
		       destinationOffset:0
		  destinationBytesPerRow:EDGE * bytes
		destinationBytesPerImage:EDGE * EDGE * bytes
				 options:option];
	[blit endEncoding];
}

static void assert_all(id<MTLBuffer> buffer, uint32_t texel) {
	const uint32_t *texels = [buffer contents];
	for (unsigned i = 0; i < EDGE * EDGE; i++)
		assert_int_equal(texels[i], texel);
}

static void a_pass_clears_and_resolves(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLTexture> samples = new_target(MTLPixelFormatRGBA8Unorm, 4),
		       flat = new_target(MTLPixelFormatRGBA8Unorm, 1);
	id<MTLBuffer> buffer = [device newBufferWithLength:SIZE options:0];
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	set_attachment(AT(pass.colorAttachments, 0), samples, flat, MTLStoreActionMultisampleResolve);
	AT(pass.colorAttachments, 0).loadAction = MTLLoadActionClear;
	AT(pass.colorAttachments, 0).clearColor = MTLClearColorMake(0.2, 0.4, 0.6, 1);
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLRenderCommandEncoder> encoder = [commands renderCommandEncoderWithDescriptor:pass];
	assert_int_equal(tongs_handle_kind(encoder), TONGS_KIND_RENDER_COMMAND_ENCODER);
	assert_true([encoder conformsToProtocol:@protocol(MTLRenderCommandEncoder)]);
	assert_true([encoder conformsToProtocol:@protocol(MTLCommandEncoder)]);
	/* The command buffer has what the pass needs. */
	SET(pass.colorAttachments, 0, nil);
	[samples release];
	[encoder endEncoding];
	read_texels(commands, flat, buffer, 4, MTLBlitOptionNone);
	finish(commands);
	assert_int_equal(messages.count, 0);
	assert_all(buffer, 0xff996633);
	[flat release];
	[buffer release];
	POOL_END
}

/* With filters that the driver may lack. */
static void a_pass_resolves_depth_and_stencil(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLTexture> samples = new_target(MTLPixelFormatDepth32Float_Stencil8, 4),
		       flat = new_target(MTLPixelFormatDepth32Float_Stencil8, 1);
	id<MTLBuffer> depths = [device newBufferWithLength:SIZE options:0], stencils = [device newBufferWithLength:SIZE
													   options:0];
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	assert_int_equal(pass.depthAttachment.depthResolveFilter, MTLMultisampleDepthResolveFilterSample0);
	assert_int_equal(pass.stencilAttachment.stencilResolveFilter, MTLMultisampleStencilResolveFilterSample0);
	set_attachment(pass.depthAttachment, samples, flat, MTLStoreActionMultisampleResolve);
	set_attachment(pass.stencilAttachment, samples, flat, MTLStoreActionMultisampleResolve);
	pass.depthAttachment.clearDepth = 0.75;
	pass.stencilAttachment.clearStencil = 0x5a;
	pass.stencilAttachment.stencilResolveFilter = MTLMultisampleStencilResolveFilterDepthResolvedSample;
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	/* A copy has the filters, too. */
	MTLRenderPassDescriptor *copy = [pass copy];
	copy.depthAttachment.depthResolveFilter = 3;
	assert_null([commands renderCommandEncoderWithDescriptor:copy]);
	assert_true(was_logged("3 is not an MTLMultisampleDepthResolveFilter"));
	copy.depthAttachment.depthResolveFilter = MTLMultisampleDepthResolveFilterMax;
	assert_null([commands renderCommandEncoderWithDescriptor:copy]);
	assert_true(was_logged("needs the depth of sample 0"));
	copy.depthAttachment.depthResolveFilter = MTLMultisampleDepthResolveFilterSample0;
	copy.stencilAttachment.stencilResolveFilter = 2;
	assert_null([commands renderCommandEncoderWithDescriptor:copy]);
	assert_true(was_logged("2 is not an MTLMultisampleStencilResolveFilter"));
	[copy release];
	id<MTLRenderCommandEncoder> encoder = [commands renderCommandEncoderWithDescriptor:pass];
	assert_non_null(encoder);
	[encoder endEncoding];
	read_texels(commands, flat, depths, 4, MTLBlitOptionDepthFromDepthStencil);
	read_texels(commands, flat, stencils, 1, MTLBlitOptionStencilFromDepthStencil);
	finish(commands);
	assert_int_equal(messages.count, 0);
	assert_all(depths, 0x3f400000);
	for (unsigned i = 0; i < EDGE * EDGE; i++)
		assert_int_equal(((const uint8_t *)[stencils contents])[i], 0x5a);
	[samples release];
	[flat release];
	[depths release];
	[stencils release];
	POOL_END
}

static void every_method(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLTexture> target = new_target(MTLPixelFormatRGBA8Unorm, 1),
		       both = new_target(MTLPixelFormatDepth32Float_Stencil8, 1);
	id<MTLBuffer> buffer = [device newBufferWithLength:SIZE options:0];
	id<MTLFence> fence = [device newFence];
	MTLHeapDescriptor *d = [[MTLHeapDescriptor alloc] init];
	d.size = 65536;
	id<MTLHeap> heap = [device newHeapWithDescriptor:d];
	[d release];
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	set_attachment(AT(pass.colorAttachments, 0), target, nil, MTLStoreActionUnknown);
	set_attachment(pass.depthAttachment, both, nil, MTLStoreActionUnknown);
	set_attachment(pass.stencilAttachment, both, nil, MTLStoreActionUnknown);
	AT(pass.colorAttachments, 0).loadAction = MTLLoadActionClear;
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLRenderCommandEncoder> e = [commands renderCommandEncoderWithDescriptor:pass];
	e.label = (NSString *)(id) @"render";
	assert_true([e.label length] == 6);
	assert_ptr_equal(e.device, device);
	assert_non_null([(TongsObject *)e description]);
	[e insertDebugSignpost:nil];
	[e pushDebugGroup:nil];
	[e popDebugGroup];
	[e setColorStoreAction:MTLStoreActionStore atIndex:0];
	[e setDepthStoreAction:MTLStoreActionStore];
	[e setStencilStoreAction:MTLStoreActionDontCare];
	[e updateFence:fence afterStages:MTLRenderStageFragment];
	[e waitForFence:fence beforeStages:MTLRenderStageVertex];
	const id<MTLResource> resources[] = {buffer, target};
	[e useResource:buffer usage:MTLResourceUsageRead];
	[e useResource:target usage:MTLResourceUsageRead stages:MTLRenderStageVertex];
	[e useResources:resources count:2 usage:MTLResourceUsageRead];
	[e useResources:resources count:2 usage:MTLResourceUsageRead stages:MTLRenderStageVertex];
	[e useHeap:heap];
	[e useHeap:heap stages:MTLRenderStageVertex];
	const MTLViewport viewport = {0, 0, 1, 1, 0, 1};
	const MTLScissorRect rect = {0, 0, 1, 1};
	[e setViewport:viewport];
	[e setViewports:&viewport count:1];
	[e setScissorRect:rect];
	[e setScissorRects:&rect count:1];
	[e setFrontFacingWinding:MTLWindingClockwise];
	[e setCullMode:MTLCullModeNone];
	[e setDepthClipMode:MTLDepthClipModeClip];
	[e setDepthBias:0 slopeScale:0 clamp:0];
	[e setTriangleFillMode:MTLTriangleFillModeFill];
	[e setBlendColorRed:0 green:0 blue:0 alpha:0];
	[e setStencilReferenceValue:0];
	[e setStencilFrontReferenceValue:0 backReferenceValue:0];
	[e textureBarrier];
	[e memoryBarrierWithScope:MTLBarrierScopeTextures
		      afterStages:MTLRenderStageFragment
		     beforeStages:MTLRenderStageVertex];
	[e memoryBarrierWithResources:resources
				count:2
			  afterStages:MTLRenderStageFragment
			 beforeStages:MTLRenderStageVertex];
	assert_int_equal(messages.count, 0);

	/* Said once. */
	[e setRenderPipelineState:nil];
	assert_true(was_logged("setRenderPipelineState: Tongs has no shaders"));
	const NSUInteger offset = 0;
	const id<MTLBuffer> buffers[] = {buffer};
	const id<MTLTexture> textures[] = {target};
	const id<MTLSamplerState> samplers[] = {nil};
	const NSRange one = NSMakeRange(0, 1);
	[e setDepthStencilState:nil];
	[e setVisibilityResultMode:MTLVisibilityResultModeDisabled offset:0];
	[e setVertexBytes:&offset length:8 atIndex:0];
	[e setVertexBuffer:buffer offset:0 atIndex:0];
	[e setVertexBufferOffset:0 atIndex:0];
	[e setVertexBuffers:buffers offsets:&offset withRange:one];
	[e setVertexTexture:target atIndex:0];
	[e setVertexTextures:textures withRange:one];
	[e setVertexSamplerState:nil atIndex:0];
	[e setVertexSamplerStates:samplers withRange:one];
	[e setFragmentBytes:&offset length:8 atIndex:0];
	[e setFragmentBuffer:buffer offset:0 atIndex:0];
	[e setFragmentBufferOffset:0 atIndex:0];
	[e setFragmentBuffers:buffers offsets:&offset withRange:one];
	[e setFragmentTexture:target atIndex:0];
	[e setFragmentTextures:textures withRange:one];
	[e setFragmentSamplerState:nil atIndex:0];
	[e setFragmentSamplerStates:samplers withRange:one];
	const MTLPrimitiveType triangle = MTLPrimitiveTypeTriangle;
	const MTLIndexType words = MTLIndexTypeUInt32;
	[e drawPrimitives:triangle vertexStart:0 vertexCount:3];
	[e drawPrimitives:triangle vertexStart:0 vertexCount:3 instanceCount:1];
	[e drawPrimitives:triangle vertexStart:0 vertexCount:3 instanceCount:1 baseInstance:0];
	[e drawPrimitives:triangle indirectBuffer:buffer indirectBufferOffset:0];
	[e drawIndexedPrimitives:triangle indexCount:3 indexType:words indexBuffer:buffer indexBufferOffset:0];
	[e drawIndexedPrimitives:triangle
		       indexCount:3
			indexType:words
		      indexBuffer:buffer
		indexBufferOffset:0
		    instanceCount:1];
	[e drawIndexedPrimitives:triangle
		       indexCount:3
			indexType:words
		      indexBuffer:buffer
		indexBufferOffset:0
		    instanceCount:1
		       baseVertex:0
		     baseInstance:0];
	[e drawIndexedPrimitives:triangle
			   indexType:words
			 indexBuffer:buffer
		   indexBufferOffset:0
		      indirectBuffer:buffer
		indirectBufferOffset:0];
	assert_int_equal(messages.count, 0);
	[e updateFence:nil afterStages:MTLRenderStageFragment];
	assert_true(was_logged("MTLFence"));
	[e waitForFence:(id<MTLFence>)(id)queue beforeStages:MTLRenderStageFragment];
	assert_true(was_logged("MTLFence"));
	[e useResource:(id<MTLResource>)(id)queue usage:MTLResourceUsageRead];
	assert_true(was_logged("MTLTexture"));
	[e useHeap:nil];
	assert_true(was_logged("MTLHeap"));
	[e endEncoding];
	[e drawPrimitives:triangle vertexStart:0 vertexCount:3];
	assert_true(was_logged("has ended"));
	read_texels(commands, target, buffer, 4, MTLBlitOptionNone);
	finish(commands);
	assert_int_equal(messages.count, 0);
	assert_all(buffer, 0xff000000);
	[target release];
	[both release];
	[buffer release];
	[fence release];
	[heap release];
	POOL_END
}

static void other_encoders_are_refused(void **state) {
	(void)state;
	POOL_BEGIN
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	assert_null([commands computeCommandEncoder]);
	assert_true(was_logged("computeCommandEncoder Tongs has no such encoder"));
	assert_null([commands computeCommandEncoderWithDescriptor:nil]);
	assert_null([commands computeCommandEncoderWithDispatchType:MTLDispatchTypeSerial]);
	assert_null([commands parallelRenderCommandEncoderWithDescriptor:pass]);
	assert_null([commands resourceStateCommandEncoder]);
	assert_null([commands resourceStateCommandEncoderWithDescriptor:nil]);
	assert_null([commands accelerationStructureCommandEncoder]);
	assert_null([commands accelerationStructureCommandEncoderWithDescriptor:nil]);
	assert_int_equal(messages.count, 0);
	assert_null([commands renderCommandEncoderWithDescriptor:nil]);
	assert_true(was_logged("not an MTLRenderPassDescriptor"));
	assert_null([commands renderCommandEncoderWithDescriptor:pass]);
	assert_true(was_logged("no attachment"));
	finish(commands);
	POOL_END
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(descriptors),
		TEST(a_pass_clears_and_resolves),
		TEST(a_pass_resolves_depth_and_stencil),
		TEST(every_method),
		TEST(other_encoders_are_refused),
	};
	return cmocka_run_group_tests_name("objc render passes", tests, open_queue, close_queue);
}
