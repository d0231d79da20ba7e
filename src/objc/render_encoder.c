/* SPDX-License-Identifier: MIT */
/* TongsRenderCommandEncoder <MTLRenderCommandEncoder>, for passes without draws. */
#include "commands/command.h"
#include "metal/heap.h"
#include "metal/resource.h"
#include "objc/absent.h"
#include "objc/check.h"
#include "objc/tables.h"

typedef struct tongs_encoder encoder;

/* For methods with any arguments, which are not read. */
static void draw(encoder *self, SEL _cmd) {
	tongs_render_refuse_drawing(self, sel_getName(_cmd));
}

static void setColorStoreAction(encoder *self, SEL _cmd, MTLStoreAction action, NSUInteger index) {
	tongs_render_set_color_store_action(self, action, index);
}

static void setDepthStoreAction(encoder *self, SEL _cmd, MTLStoreAction action) {
	tongs_render_set_depth_store_action(self, action);
}

static void setStencilStoreAction(encoder *self, SEL _cmd, MTLStoreAction action) {
	tongs_render_set_stencil_store_action(self, action);
}

static void updateFence(encoder *self, SEL _cmd, struct tongs_fence *fence, MTLRenderStages stages) {
	if (tongs_check_kind(fence, TONGS_KIND_FENCE, _cmd))
		tongs_render_update_fence(self, fence, stages);
}

static void waitForFence(encoder *self, SEL _cmd, struct tongs_fence *fence, MTLRenderStages stages) {
	if (tongs_check_kind(fence, TONGS_KIND_FENCE, _cmd))
		tongs_render_wait_for_fence(self, fence, stages);
}

static void useResource(encoder *self, SEL _cmd, struct tongs_resource *resource, MTLResourceUsage usage) {
	if (tongs_handle_kind(resource) == TONGS_KIND_BUFFER || tongs_check_kind(resource, TONGS_KIND_TEXTURE, _cmd))
		tongs_render_touch(self, resource, sel_getName(_cmd));
}

static void useResourceStages(
	encoder *self, SEL _cmd, struct tongs_resource *resource, MTLResourceUsage usage, MTLRenderStages stages) {
	useResource(self, _cmd, resource, usage);
}

static void useResources(
	encoder *self, SEL _cmd, struct tongs_resource *const *resources, NSUInteger count, MTLResourceUsage usage) {
	for (NSUInteger i = 0; resources && i < count; i++)
		useResource(self, _cmd, resources[i], usage);
}

static void useResourcesStages(encoder *self, SEL _cmd, struct tongs_resource *const *resources, NSUInteger count,
	MTLResourceUsage usage, MTLRenderStages stages) {
	useResources(self, _cmd, resources, count, usage);
}

static void useHeap(encoder *self, SEL _cmd, struct tongs_heap *heap) {
	tongs_check_kind(heap, TONGS_KIND_HEAP, _cmd);
}

static void useHeapStages(encoder *self, SEL _cmd, struct tongs_heap *heap, MTLRenderStages stages) {
	useHeap(self, _cmd, heap);
}

static void useHeaps(encoder *self, SEL _cmd, struct tongs_heap *const *heaps, NSUInteger count) {
	for (NSUInteger i = 0; heaps && i < count; i++)
		useHeap(self, _cmd, heaps[i]);
}

static void useHeapsStages(
	encoder *self, SEL _cmd, struct tongs_heap *const *heaps, NSUInteger count, MTLRenderStages stages) {
	useHeaps(self, _cmd, heaps, count);
}

/* A method that needs a shader, of which one message for each encoder says that there are none. */
#define DRAWS(selector, types) REFUSES(selector, draw, types, &tongs_no_shaders)

/* The arguments of a shader's stage. */
#define STAGE(stage) \
	DRAWS("set" stage "Bytes:length:atIndex:", "v@:r^vQQ"), DRAWS("set" stage "Buffer:offset:atIndex:", "v@:@QQ"), \
		DRAWS("set" stage "BufferOffset:atIndex:", "v@:QQ"), \
		DRAWS("set" stage "Buffers:offsets:withRange:", "v@:^@^Q" ENC_RANGE), \
		DRAWS("set" stage "Texture:atIndex:", "v@:@Q"), \
		DRAWS("set" stage "Textures:withRange:", "v@:^@" ENC_RANGE), \
		DRAWS("set" stage "SamplerState:atIndex:", "v@:@Q"), \
		DRAWS("set" stage "SamplerStates:withRange:", "v@:^@" ENC_RANGE), \
		DRAWS("set" stage "SamplerState:lodMinClamp:lodMaxClamp:atIndex:", "v@:@ffQ"), \
		DRAWS("set" stage "SamplerStates:lodMinClamps:lodMaxClamps:withRange:", "v@:^@^f^f" ENC_RANGE)
/* Those of stages that can call functions and trace rays. */
#define STAGE_WITH_TABLES(stage) \
	STAGE(stage), DRAWS("set" stage "VisibleFunctionTable:atBufferIndex:", "v@:@Q"), \
		DRAWS("set" stage "VisibleFunctionTables:withBufferRange:", "v@:^@" ENC_RANGE), \
		DRAWS("set" stage "IntersectionFunctionTable:atBufferIndex:", "v@:@Q"), \
		DRAWS("set" stage "IntersectionFunctionTables:withBufferRange:", "v@:^@" ENC_RANGE), \
		DRAWS("set" stage "AccelerationStructure:atBufferIndex:", "v@:@Q")

static const struct tongs_objc_method draws[] = {
	DRAWS("setRenderPipelineState:", "v@:@"),
	DRAWS("setDepthStencilState:", "v@:@"),
	DRAWS("setVisibilityResultMode:offset:", "v@:QQ"),
	STAGE_WITH_TABLES("Vertex"),
	DRAWS("setVertexBytes:length:attributeStride:atIndex:", "v@:r^vQQQ"),
	DRAWS("setVertexBuffer:offset:attributeStride:atIndex:", "v@:@QQQ"),
	DRAWS("setVertexBufferOffset:attributeStride:atIndex:", "v@:QQQ"),
	DRAWS("setVertexBuffers:offsets:attributeStrides:withRange:", "v@:^@^Q^Q" ENC_RANGE),
	DRAWS("setVertexAmplificationCount:viewMappings:", "v@:Q^{?=II}"),
	STAGE_WITH_TABLES("Fragment"),
	STAGE_WITH_TABLES("Tile"),
	STAGE("Object"),
	STAGE("Mesh"),
	DRAWS("setObjectThreadgroupMemoryLength:atIndex:", "v@:QQ"),
	DRAWS("setThreadgroupMemoryLength:offset:atIndex:", "v@:QQQ"),
	DRAWS("setTessellationFactorBuffer:offset:instanceStride:", "v@:@QQ"),
	DRAWS("setTessellationFactorScale:", "v@:f"),
	DRAWS("dispatchThreadsPerTile:", "v@:" ENC_ORIGIN_OR_SIZE),
	DRAWS("drawPrimitives:vertexStart:vertexCount:", "v@:QQQ"),
	DRAWS("drawPrimitives:vertexStart:vertexCount:instanceCount:", "v@:QQQQ"),
	DRAWS("drawPrimitives:vertexStart:vertexCount:instanceCount:baseInstance:", "v@:QQQQQ"),
	DRAWS("drawPrimitives:indirectBuffer:indirectBufferOffset:", "v@:Q@Q"),
	DRAWS("drawIndexedPrimitives:indexCount:indexType:indexBuffer:indexBufferOffset:", "v@:QQQ@Q"),
	DRAWS("drawIndexedPrimitives:indexCount:indexType:indexBuffer:indexBufferOffset:instanceCount:", "v@:QQQ@QQ"),
	DRAWS("drawIndexedPrimitives:indexCount:indexType:indexBuffer:indexBufferOffset:instanceCount:baseVertex:"
	      "baseInstance:",
		"v@:QQQ@QQqQ"),
	DRAWS("drawIndexedPrimitives:indexType:indexBuffer:indexBufferOffset:indirectBuffer:indirectBufferOffset:",
		"v@:QQ@Q@Q"),
	DRAWS("drawPatches:patchStart:patchCount:patchIndexBuffer:patchIndexBufferOffset:instanceCount:baseInstance:",
		"v@:QQQ@QQQ"),
	DRAWS("drawPatches:patchIndexBuffer:patchIndexBufferOffset:indirectBuffer:indirectBufferOffset:", "v@:Q@Q@Q"),
	DRAWS("drawIndexedPatches:patchStart:patchCount:patchIndexBuffer:patchIndexBufferOffset:"
	      "controlPointIndexBuffer:controlPointIndexBufferOffset:instanceCount:baseInstance:",
		"v@:QQQ@Q@QQQ"),
	DRAWS("drawIndexedPatches:patchIndexBuffer:patchIndexBufferOffset:controlPointIndexBuffer:"
	      "controlPointIndexBufferOffset:indirectBuffer:indirectBufferOffset:",
		"v@:Q@Q@Q@Q"),
	DRAWS("drawMeshThreadgroups:threadsPerObjectThreadgroup:threadsPerMeshThreadgroup:",
		"v@:" ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE),
	DRAWS("drawMeshThreads:threadsPerObjectThreadgroup:threadsPerMeshThreadgroup:",
		"v@:" ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE),
	DRAWS("drawMeshThreadgroupsWithIndirectBuffer:indirectBufferOffset:threadsPerObjectThreadgroup:"
	      "threadsPerMeshThreadgroup:",
		"v@:@Q" ENC_ORIGIN_OR_SIZE ENC_ORIGIN_OR_SIZE),
	DRAWS("executeCommandsInBuffer:withRange:", "v@:@" ENC_RANGE),
	DRAWS("executeCommandsInBuffer:indirectBuffer:indirectBufferOffset:", "v@:@@Q"),
	REFUSES("sampleCountersInBuffer:atSampleIndex:withBarrier:", tongs_refuse, "v@:@QC", &tongs_no_counters),
	METHODS_END,
};

#define VIEWPORT "{?=dddddd}"
#define SCISSOR "{?=QQQQ}"
static const struct tongs_objc_method methods[] = {
	METHOD("setColorStoreAction:atIndex:", setColorStoreAction, "v@:QQ"),
	METHOD("setDepthStoreAction:", setDepthStoreAction, "v@:Q"),
	METHOD("setStencilStoreAction:", setStencilStoreAction, "v@:Q"),
	METHOD("updateFence:afterStages:", updateFence, "v@:@Q"),
	METHOD("waitForFence:beforeStages:", waitForFence, "v@:@Q"),
	METHOD("useResource:usage:", useResource, "v@:@Q"),
	METHOD("useResource:usage:stages:", useResourceStages, "v@:@QQ"),
	METHOD("useResources:count:usage:", useResources, "v@:^@QQ"),
	METHOD("useResources:count:usage:stages:", useResourcesStages, "v@:^@QQQ"),
	METHOD("useHeap:", useHeap, "v@:@"),
	METHOD("useHeap:stages:", useHeapStages, "v@:@Q"),
	METHOD("useHeaps:count:", useHeaps, "v@:^@Q"),
	METHOD("useHeaps:count:stages:", useHeapsStages, "v@:^@QQ"),
	ANSWERS_NO("setViewport:", tongs_answer_nothing, "v@:" VIEWPORT),
	ANSWERS_NO("setViewports:count:", tongs_answer_nothing, "v@:^" VIEWPORT "Q"),
	ANSWERS_NO("setScissorRect:", tongs_answer_nothing, "v@:" SCISSOR),
	ANSWERS_NO("setScissorRects:count:", tongs_answer_nothing, "v@:^" SCISSOR "Q"),
	ANSWERS_NO("setFrontFacingWinding:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("setCullMode:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("setDepthClipMode:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("setDepthBias:slopeScale:clamp:", tongs_answer_nothing, "v@:fff"),
	ANSWERS_NO("setTriangleFillMode:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("setBlendColorRed:green:blue:alpha:", tongs_answer_nothing, "v@:ffff"),
	ANSWERS_NO("setStencilReferenceValue:", tongs_answer_nothing, "v@:I"),
	ANSWERS_NO("setStencilFrontReferenceValue:backReferenceValue:", tongs_answer_nothing, "v@:II"),
	ANSWERS_NO("textureBarrier", tongs_answer_nothing, "v@:"),
	ANSWERS_NO("memoryBarrierWithScope:afterStages:beforeStages:", tongs_answer_nothing, "v@:QQQ"),
	ANSWERS_NO("memoryBarrierWithResources:count:afterStages:beforeStages:", tongs_answer_nothing, "v@:^@QQQ"),
	ANSWERS_NO("setColorStoreActionOptions:atIndex:", tongs_answer_nothing, "v@:QQ"),
	ANSWERS_NO("setDepthStoreActionOptions:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("setStencilStoreActionOptions:", tongs_answer_nothing, "v@:Q"),
	ANSWERS_NO("tileWidth", tongs_answer_0, "Q@:"),
	ANSWERS_NO("tileHeight", tongs_answer_0, "Q@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_render_command_encoder = {
	.name = "TongsRenderCommandEncoder",
	.methods = methods,
	.more = {draws, tongs_encoder_methods},
	.protocols = {"MTLRenderCommandEncoder", "MTLCommandEncoder"},
};
