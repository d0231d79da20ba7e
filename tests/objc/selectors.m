/* SPDX-License-Identifier: MIT */
/* Every selector of Metal's protocols and descriptors answers: what exists works, questions get NO or 0, and makers of
 * what Tongs does not have return nil with an NSError and one message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifndef WITH_FOUNDATION
#include <objc/NXConstStr.h>
#endif
#include <objc/message.h>
#include <objc/runtime.h>
#import <Metal/Metal.h>

#include "encodings.h"
#include "messages.h"
#include "queue.h"

static const struct row {
	const char *owner, *class, *selector, *types;
	int of_class;
} rows[] = {
#define OWNER(owner, class) {#owner, #class, NULL, NULL, 0},
#define SELECTOR(selector, types) {NULL, NULL, selector, types, 0},
#define CLASS_SELECTOR(selector, types) {NULL, NULL, selector, types, 1},
#include "selectors.inc"
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

/* Calls `visit` for each selector with the row of its owner. */
static void walk(void (*visit)(const struct row *owner, const struct row *row)) {
	const struct row *owner = NULL;
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].owner)
			owner = &rows[i];
		else
			visit(owner, &rows[i]);
}

struct answer {
	const char *owner, *selector, *reason;
	enum tongs_method_answer answer;
	int count;
};

static void find_answer(
	const char *owner, const char *selector, enum tongs_method_answer answer, const char *reason, void *user) {
	struct answer *found = user;
	if (strcmp(owner, found->owner) != 0 || strcmp(selector, found->selector) != 0)
		return;
	found->answer = answer;
	found->reason = reason;
	found->count++;
}

/* As `tongs info` lists it. The count is 0 for what a superclass has. */
static struct answer get_answer(const struct row *owner, const struct row *row) {
	struct answer answer = {owner->owner, row->selector, NULL, TONGS_METHOD_WORKS, 0};
	tongs_visit_methods(find_answer, &answer);
	return answer;
}

static void check_method(const struct row *owner, const struct row *row) {
	Class class = objc_lookUpClass(owner->class);
	char ours[256], theirs[256];
	if (!class)
		fail_msg("there is no class %s", owner->class);
	/* libobjc2's class_respondsToSelector knows nothing of a class that has received no message. */
	[(id) class class];
	if (row->of_class)
		class = object_getClass((id) class);
	struct objc_method *method = class_getInstanceMethod(class, sel_registerName(row->selector));
	if (!method || !class_respondsToSelector(class, sel_registerName(row->selector)))
		fail_msg("%s has no %s", owner->class, row->selector);
	normalize(method_getTypeEncoding(method), ours);
	normalize(row->types, theirs);
	if (strcmp(ours, theirs) != 0)
		fail_msg("%s of %s: %s, and Metal has %s", row->selector, owner->class, ours, theirs);
	/* An encoder of the facts is listed as the class that adopts it. */
	if (!row->of_class && strcmp(owner->owner, "MTLCommandEncoder") != 0)
		assert_int_equal(get_answer(owner, row).count <= 1, 1);
}

static void every_selector_has_a_method(void **state) {
	(void)state;
	walk(check_method);
	assert_int_equal(messages.count, 0);
}

/* What is listed is in the facts: the tool counts nothing twice, and leaves nothing out. */
static unsigned listed[4];

static void count_answer(
	const char *owner, const char *selector, enum tongs_method_answer answer, const char *reason, void *user) {
	(void)selector;
	(void)reason;
	if (strcmp(owner, user) == 0)
		listed[answer]++;
}

static void the_list_is_complete(void **state) {
	(void)state;
	tongs_visit_methods(count_answer, (void *)"MTLDevice");
	/* 117 of the facts, and `description`. */
	assert_int_equal(listed[0] + listed[1] + listed[2] + listed[3], 118);
	assert_int_equal(listed[TONGS_METHOD_KEEPS_VALUE], 0);
	assert_true(listed[TONGS_METHOD_WORKS] > 35 && listed[TONGS_METHOD_ANSWERS_NO] > 30);
	assert_true(listed[TONGS_METHOD_REFUSES] > 35);
}

static id<MTLTexture> target;

/* A new object for the row's owner, to be released; nil for what none can be made of. */
static id make_object(const char *owner) {
	if (strcmp(owner, "MTLDevice") == 0)
		return [device retain];
	if (strcmp(owner, "MTLBuffer") == 0 || strcmp(owner, "MTLResource") == 0)
		return [device newBufferWithLength:64 options:0];
	if (strcmp(owner, "MTLTexture") == 0)
		return [target retain];
	if (strcmp(owner, "MTLHeap") == 0) {
		MTLHeapDescriptor *descriptor = [[MTLHeapDescriptor alloc] init];
		descriptor.size = 65536;
		id heap = [device newHeapWithDescriptor:descriptor];
		[descriptor release];
		return heap;
	}
	if (strcmp(owner, "MTLCommandQueue") == 0)
		return [queue retain];
	if (strcmp(owner, "MTLCommandBuffer") == 0)
		return [(id)[queue commandBuffer] retain];
	if (strcmp(owner, "MTLBlitCommandEncoder") == 0 || strcmp(owner, "MTLCommandEncoder") == 0)
		return [(id)[[queue commandBuffer] blitCommandEncoder] retain];
	if (strcmp(owner, "MTLRenderCommandEncoder") == 0) {
		MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
		[pass.colorAttachments objectAtIndexedSubscript:0].texture = target;
		return [(id)[[queue commandBuffer] renderCommandEncoderWithDescriptor:pass] retain];
	}
	if (strcmp(owner, "MTLFence") == 0)
		return [device newFence];
	if (strcmp(owner, "MTLEvent") == 0)
		return [device newEvent];
	if (strcmp(owner, "MTLSharedEvent") == 0)
		return [device newSharedEvent];
	if (strcmp(owner, "MTLRenderPassAttachmentDescriptor") == 0)
		return [[MTLRenderPassColorAttachmentDescriptor alloc] init];
	return [[(id)objc_lookUpClass(owner) alloc] init];
}

static void drop_object(const char *owner, id object) {
	if (strstr(owner, "CommandEncoder"))
		[object endEncoding];
	[object release];
}

#define FUNCTION(type, object, selector) ((type)(void (*)(void))objc_msg_lookup(object, selector))

struct triple {
	uintptr_t words[3];
};
struct pair {
	uintptr_t words[2];
};
struct single {
	uintptr_t word;
};
struct quad {
	double values[4];
};

/* Sends a message with an argument that may be superfluous; returns the result as a word, where it is one. */
static uintptr_t call(id object, const char *name, const char *types, uintptr_t argument) {
	SEL selector = sel_registerName(name);
	if (strncmp(types, "{?=QQQ}", 7) == 0)
		return FUNCTION(struct triple(*)(id, SEL, uintptr_t), object, selector)(object, selector, argument)
			.words[0];
	if (strncmp(types, "{?=QQ}", 6) == 0)
		return FUNCTION(struct pair(*)(id, SEL, uintptr_t), object, selector)(object, selector, argument)
			.words[0];
	if (strncmp(types, "{?=dddd}", 8) == 0)
		return FUNCTION(struct quad(*)(id, SEL), object, selector)(object, selector).values[0] != 0;
	if (*types == '{')
		return FUNCTION(struct single(*)(id, SEL), object, selector)(object, selector).word;
	if (*types == 'd')
		return FUNCTION(double (*)(id, SEL), object, selector)(object, selector) != 0;
	if (*types == 'f')
		return FUNCTION(float (*)(id, SEL), object, selector)(object, selector) != 0;
	if (*types == 'C')
		return FUNCTION(BOOL(*)(id, SEL, uintptr_t), object, selector)(object, selector, argument);
	if (*types == 'I')
		return FUNCTION(uint32_t(*)(id, SEL, uintptr_t), object, selector)(object, selector, argument);
	return FUNCTION(uintptr_t(*)(id, SEL, uintptr_t), object, selector)(object, selector, argument);
}

static int starts_with(const char *text, const char *start) {
	return strncmp(text, start, strlen(start)) == 0;
}

static int ends_with(const char *text, const char *end) {
	const size_t length = strlen(text), tail = strlen(end);
	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static unsigned questions;

/* A getter, or a question with one number: it must return, without a message; 0 where it answers no. */
static void ask(const struct row *owner, const struct row *row) {
	const char *arguments = strstr(row->types, "@:") + 2;
	const int is_question =
		starts_with(row->selector, "supports") || starts_with(row->selector, "sparseTileSizeIn");
	if (row->of_class || row->types[0] == 'v' || (*arguments && !is_question) ||
		starts_with(row->selector, "new") || ends_with(row->selector, "Encoder") ||
		starts_with(row->selector, "commandBuffer"))
		return;
	const struct answer answer = get_answer(owner, row);
	assert_int_not_equal(answer.answer, TONGS_METHOD_REFUSES);
	id object = make_object(owner->owner);
	if (!object)
		fail_msg("no object of %s: %s", owner->owner, messages.last);
	questions++;
	for (uintptr_t argument = 0; argument <= (*arguments ? 3 : 0); argument++) {
		const uintptr_t result = call(object, row->selector, row->types, argument);
		if (answer.answer == TONGS_METHOD_ANSWERS_NO && result && row->types[0] != '@')
			fail_msg("%s of %s answers %lu", row->selector, owner->owner, (unsigned long)result);
	}
	if (messages.count)
		fail_msg("%s of %s: %s", row->selector, owner->owner, messages.last);
	drop_object(owner->owner, object);
}

static void questions_are_answered(void **state) {
	(void)state;
	POOL_BEGIN
	walk(ask);
	assert_true(questions > 480);
	POOL_END
}

static unsigned values;

/* What is set is there afterwards; objects by nil, which sets a default or nothing. */
static void set_and_get(const struct row *owner, const struct row *row) {
	const char *arguments = strstr(row->types, "@:") + 2;
	char getter[128];
	if (!strstr(owner->owner, "Descriptor") || !starts_with(row->selector, "set") || strlen(arguments) != 1)
		return;
	id object = make_object(owner->owner);
	snprintf(getter, sizeof(getter), "%c%.*s", row->selector[3] | 32, (int)strlen(row->selector) - 5,
		row->selector + 4);
	if (!class_respondsToSelector(object_getClass(object), sel_registerName(getter)))
		snprintf(getter, sizeof(getter), "is%.*s", (int)strlen(row->selector) - 4, row->selector + 3);
	assert_true(class_respondsToSelector(object_getClass(object), sel_registerName(getter)));
	SEL set = sel_registerName(row->selector), get = sel_registerName(getter);
	values++;
	if (*arguments == 'f') {
		FUNCTION(void (*)(id, SEL, float), object, set)(object, set, 0.25f);
		assert_true(FUNCTION(float (*)(id, SEL), object, get)(object, get) == 0.25f);
	} else if (*arguments == 'd') {
		FUNCTION(void (*)(id, SEL, double), object, set)(object, set, 0.25);
		assert_true(FUNCTION(double (*)(id, SEL), object, get)(object, get) == 0.25);
	} else {
		const uintptr_t last = *arguments == '@' ? 0 : 1;
		for (uintptr_t value = 0; value <= last; value++) {
			FUNCTION(void (*)(id, SEL, uintptr_t), object, set)(object, set, value);
			const uintptr_t got = call(object, getter, arguments, 0);
			if (got != value && *arguments != '@')
				fail_msg("%s of %s: %lu", getter, owner->owner, (unsigned long)got);
		}
	}
	if (messages.count)
		fail_msg("%s of %s: %s", row->selector, owner->owner, messages.last);
	drop_object(owner->owner, object);
}

static void descriptors_keep_values(void **state) {
	(void)state;
	POOL_BEGIN
	walk(set_and_get);
	assert_true(values > 320);
	POOL_END
}

/* A block, as compilers lay it out, that captures nothing. */
struct block {
	void *isa;
	int flags, reserved;
	void (*invoke)(void);
	void *descriptor;
};

static unsigned handled;
static id handled_error;

static void handle(struct block *block, id made, id error) {
	(void)block;
	assert_null(made);
	handled_error = error;
	handled++;
}

static void handle_with_reflection(struct block *block, id made, id reflection, id error) {
	(void)block;
	assert_true(made == nil && reflection == nil);
	handled_error = error;
	handled++;
}

static const char *text(id string) {
	return string ? FUNCTION(const char *(*)(id, SEL), string, @selector(UTF8String))(string, @selector(UTF8String))
		      : NULL;
}

static void check_error(id error, const struct answer *answer) {
	NSString *domains[] = {MTLLibraryErrorDomain, MTLDynamicLibraryDomain, MTLBinaryArchiveDomain,
		MTLCounterErrorDomain, MTLIOErrorDomain};
	int known = 0;
	if (!error)
		fail_msg("%s gives no NSError", answer->selector);
	assert_string_equal(text([error localizedDescription]), answer->reason);
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		known += [[error domain] isEqual:domains[i]];
	assert_int_equal(known, 1);
	assert_true([error code] != 0);
}

/* What code has at hand when it sends the message. */
static const struct {
	const char *part, *class;
} valid[] = {
	{"RenderPipelineStateWithDescriptor", "MTLRenderPipelineDescriptor"},
	{"WithTileDescriptor", "MTLTileRenderPipelineDescriptor"},
	{"WithMeshDescriptor", "MTLMeshRenderPipelineDescriptor"},
	{"ComputePipelineStateWithDescriptor", "MTLComputePipelineDescriptor"},
	{"newSamplerState", "MTLSamplerDescriptor"},
	{"newDepthStencilState", "MTLDepthStencilDescriptor"},
	{"newLibraryWithSource", "MTLCompileOptions"},
	{"StitchedDescriptor", "MTLStitchedLibraryDescriptor"},
	{"IndirectCommandBuffer", "MTLIndirectCommandBufferDescriptor"},
	{"CounterSampleBuffer", "MTLCounterSampleBufferDescriptor"},
	{"BinaryArchive", "MTLBinaryArchiveDescriptor"},
	{"IOCommandQueue", "MTLIOCommandQueueDescriptor"},
	{"AccelerationStructureWithDescriptor", "MTLPrimitiveAccelerationStructureDescriptor"},
	{"computeCommandEncoderWithDescriptor", "MTLComputePassDescriptor"},
};

static id new_argument(const char *selector) {
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		if (strstr(selector, valid[i].part))
			return [[(id)objc_lookUpClass(valid[i].class) alloc] init];
	return nil;
}

static unsigned refusals;

/* Sends a message whose arguments are words, the first of them `first`. */
static void refuse(const struct row *owner, const struct row *row, id first, int wants_error) {
	const struct answer answer = get_answer(owner, row);
	const char *arguments = strstr(row->types, "@:") + 2;
	const int takes_block = ends_with(arguments, "@?"), takes_error = !takes_block && ends_with(arguments, "^@");
	const int reflects = ends_with(arguments, "Q@?");
	struct block block = {.flags = 1 << 28, .invoke = (void (*)(void))handle};
	if (reflects)
		block.invoke = (void (*)(void))handle_with_reflection;
	size_t count = 0;
	for (const char *p = row->selector; *p; p++)
		count += *p == ':';
	id error = nil, reflection = nil;
	uintptr_t words[4] = {(uintptr_t)first, 0, 0, 0};
	if (takes_error || takes_block)
		assert_in_range(count, 2, 4);
	if (ends_with(arguments, "^@^@"))
		words[count - 2] = (uintptr_t)&reflection;
	if (wants_error && takes_error)
		words[count - 1] = (uintptr_t)&error;
	if (wants_error && takes_block)
		words[count - 1] = (uintptr_t)&block;
	id object = make_object(owner->owner);
	SEL selector = sel_registerName(row->selector);
	handled = 0;
	handled_error = nil;
	id made = FUNCTION(id(*)(id, SEL, uintptr_t, uintptr_t, uintptr_t, uintptr_t), object, selector)(
		object, selector, words[0], words[1], words[2], words[3]);
	if (row->types[0] == '@')
		assert_null(made);
	assert_null(reflection);
	if (!was_logged(row->selector))
		fail_msg("%s of %s", row->selector, owner->owner);
	assert_int_equal(handled, wants_error && takes_block);
	if (wants_error && (takes_error || takes_block))
		check_error(takes_error ? error : handled_error, &answer);
	assert_non_null(answer.reason);
	drop_object(owner->owner, object);
	refusals++;
}

static void refuse_all(const struct row *owner, const struct row *row) {
	if (row->of_class || get_answer(owner, row).answer != TONGS_METHOD_REFUSES)
		return;
	id argument = new_argument(row->selector);
	assert_int_equal(messages.count, 0);
	refuse(owner, row, nil, 1);
	refuse(owner, row, nil, 0);
	refuse(owner, row, argument, 1);
	[argument release];
}

static void makers_refuse(void **state) {
	(void)state;
	POOL_BEGIN
	walk(refuse_all);
	assert_true(refusals >= 3 * 150);
	POOL_END
}

static void descriptors_have_defaults(void **state) {
	(void)state;
	POOL_BEGIN
	MTLSamplerDescriptor *sampler = [[MTLSamplerDescriptor alloc] init];
	assert_true(sampler.normalizedCoordinates && sampler.maxAnisotropy == 1 && sampler.lodMaxClamp > 1e38f);
	assert_null(sampler.label);
	sampler.label = (NSString *)(id) @"nearest";
	assert_string_equal(text(sampler.label), "nearest");
	MTLSamplerDescriptor *copy = [(id)sampler copy];
	sampler.label = nil;
	sampler.maxAnisotropy = 4;
	assert_string_equal(text(copy.label), "nearest");
	assert_int_equal(copy.maxAnisotropy, 1);
	[copy release];
	[sampler release];

	MTLDepthStencilDescriptor *depth = [[MTLDepthStencilDescriptor alloc] init];
	assert_true(depth.depthCompareFunction == MTLCompareFunctionAlways && !depth.depthWriteEnabled);
	assert_int_equal(depth.frontFaceStencil.readMask, UINT32_MAX);
	depth.frontFaceStencil.readMask = 7;
	assert_int_equal(depth.frontFaceStencil.readMask, 7);
	MTLStencilDescriptor *stencil = [[MTLStencilDescriptor alloc] init];
	stencil.writeMask = 5;
	depth.backFaceStencil = stencil;
	stencil.writeMask = 6;
	assert_int_equal(depth.backFaceStencil.writeMask, 5);
	depth.backFaceStencil = nil;
	assert_int_equal(depth.backFaceStencil.writeMask, UINT32_MAX);
	MTLDepthStencilDescriptor *same = [(id)depth copy];
	depth.frontFaceStencil.readMask = 8;
	assert_int_equal(same.frontFaceStencil.readMask, 7);
	assert_int_equal(messages.count, 0);
	depth.backFaceStencil = (MTLStencilDescriptor *)(id)depth;
	assert_true(was_logged("setBackFaceStencil:"));
	[same release];
	[stencil release];
	[depth release];
	POOL_END
}

static void pipelines_are_described(void **state) {
	(void)state;
	POOL_BEGIN
	MTLRenderPipelineDescriptor *pipeline = [[MTLRenderPipelineDescriptor alloc] init];
	assert_true(pipeline.rasterizationEnabled && pipeline.sampleCount == 1 && pipeline.rasterSampleCount == 1);
	pipeline.sampleCount = 4;
	assert_int_equal(pipeline.rasterSampleCount, 4);
	MTLRenderPipelineColorAttachmentDescriptor *color = [pipeline.colorAttachments objectAtIndexedSubscript:7];
	assert_ptr_equal([pipeline.colorAttachments objectAtIndexedSubscript:7], color);
	assert_true(color.writeMask == MTLColorWriteMaskAll && color.sourceRGBBlendFactor == MTLBlendFactorOne);
	color.pixelFormat = MTLPixelFormatBGRA8Unorm;
	color.blendingEnabled = YES;
	[pipeline.colorAttachments setObject:color atIndexedSubscript:0];
	assert_ptr_not_equal([pipeline.colorAttachments objectAtIndexedSubscript:0], color);
	assert_true([pipeline.colorAttachments objectAtIndexedSubscript:0].blendingEnabled);
	MTLVertexDescriptor *vertices = [MTLVertexDescriptor vertexDescriptor];
	[vertices.attributes objectAtIndexedSubscript:30].format = MTLVertexFormatFloat4;
	assert_true([vertices.layouts objectAtIndexedSubscript:0].stepFunction == MTLVertexStepFunctionPerVertex);
	[vertices.layouts objectAtIndexedSubscript:0].stride = 16;
	pipeline.vertexDescriptor = vertices;
	[vertices.layouts objectAtIndexedSubscript:0].stride = 32;
	assert_int_equal([pipeline.vertexDescriptor.layouts objectAtIndexedSubscript:0].stride, 16);
	assert_int_equal(
		[pipeline.vertexDescriptor.attributes objectAtIndexedSubscript:30].format, MTLVertexFormatFloat4);
	MTLRenderPipelineDescriptor *copy = [(id)pipeline copy];
	color.pixelFormat = MTLPixelFormatInvalid;
	assert_int_equal([copy.colorAttachments objectAtIndexedSubscript:7].pixelFormat, MTLPixelFormatBGRA8Unorm);
	[pipeline reset];
	assert_null(pipeline.vertexDescriptor);
	assert_true(
		pipeline.sampleCount == 1 && ![pipeline.colorAttachments objectAtIndexedSubscript:0].blendingEnabled);
	assert_int_equal(copy.rasterSampleCount, 4);
	assert_int_equal(messages.count, 0);

	assert_null([copy.colorAttachments objectAtIndexedSubscript:8]);
	assert_true(was_logged("index 8: an MTLRenderPipelineColorAttachmentDescriptorArray has 8"));
	[copy.colorAttachments setObject:(MTLRenderPipelineColorAttachmentDescriptor *)(id)copy atIndexedSubscript:0];
	assert_true(was_logged("setObject:atIndexedSubscript:"));
	[copy.colorAttachments setObject:nil atIndexedSubscript:9];
	assert_true(was_logged("index 9"));
	[copy.colorAttachments setObject:nil atIndexedSubscript:7];
	assert_int_equal([copy.colorAttachments objectAtIndexedSubscript:7].pixelFormat, MTLPixelFormatInvalid);

	NSError *error = nil;
	assert_null([device newRenderPipelineStateWithDescriptor:copy error:&error]);
	assert_true(was_logged("newRenderPipelineStateWithDescriptor:error: Tongs has no shaders"));
	assert_true([[error domain] isEqual:MTLLibraryErrorDomain] && [error code] == MTLLibraryErrorUnsupported);
	assert_string_equal(text([error localizedDescription]), "Tongs has no shaders");
	[copy release];
	[pipeline release];
	POOL_END
}

static void subclasses_inherit(void **state) {
	(void)state;
	POOL_BEGIN
	MTLIntersectionFunctionDescriptor *function = [[MTLIntersectionFunctionDescriptor alloc] init];
	assert_true([function isKindOfClass:[MTLFunctionDescriptor class]]);
	function.name = (NSString *)(id) @"f";
	function.options = 1;
	MTLIntersectionFunctionDescriptor *copy = [(id)function copy];
	assert_true([copy isMemberOfClass:[MTLIntersectionFunctionDescriptor class]]);
	assert_string_equal(text(copy.name), "f");
	assert_int_equal(copy.options, 1);
	[copy release];
	[function release];

	MTLAccelerationStructureTriangleGeometryDescriptor *triangles =
		[[MTLAccelerationStructureTriangleGeometryDescriptor alloc] init];
	id<MTLBuffer> buffer = [device newBufferWithLength:64 options:0];
	triangles.opaque = YES;
	triangles.vertexBuffer = buffer;
	triangles.vertexStride = 12;
	assert_int_equal([(id)buffer retainCount], 2);
	MTLAccelerationStructureTriangleGeometryDescriptor *more = [(id)triangles copy];
	assert_int_equal([(id)buffer retainCount], 3);
	assert_true(more.opaque && more.vertexBuffer == buffer && more.vertexStride == 12);
	[triangles release];
	[more release];
	assert_int_equal([(id)buffer retainCount], 1);
	[buffer release];
	assert_int_equal(messages.count, 0);
	POOL_END
}

static void render_passes_keep_what_draws_would_use(void **state) {
	(void)state;
	POOL_BEGIN
	MTLRenderPassDescriptor *pass = [MTLRenderPassDescriptor renderPassDescriptor];
	id<MTLBuffer> buffer = [device newBufferWithLength:64 options:0];
	pass.visibilityResultBuffer = buffer;
	pass.tileWidth = 16;
	pass.depthAttachment.depthResolveFilter = MTLMultisampleDepthResolveFilterMax;
	[pass.colorAttachments objectAtIndexedSubscript:1].storeActionOptions =
		MTLStoreActionOptionCustomSamplePositions;
	[pass.sampleBufferAttachments objectAtIndexedSubscript:3].startOfVertexSampleIndex = 5;
	MTLRenderPassDescriptor *copy = [(id)pass copy];
	[pass.sampleBufferAttachments objectAtIndexedSubscript:3].startOfVertexSampleIndex = 6;
	assert_true(copy.visibilityResultBuffer == buffer && copy.tileWidth == 16);
	assert_int_equal(copy.depthAttachment.depthResolveFilter, MTLMultisampleDepthResolveFilterMax);
	assert_int_equal([copy.colorAttachments objectAtIndexedSubscript:1].storeActionOptions,
		MTLStoreActionOptionCustomSamplePositions);
	assert_int_equal([copy.sampleBufferAttachments objectAtIndexedSubscript:3].startOfVertexSampleIndex, 5);
	[copy release];
	MTLSamplePosition position = {0.5f, 0.5f};
	assert_int_equal([pass getSamplePositions:&position count:1], 0);
	[pass setSamplePositions:NULL count:0];
	assert_int_equal(messages.count, 0);
	[pass setSamplePositions:&position count:1];
	assert_true(was_logged("setSamplePositions:count:"));
	pass.visibilityResultBuffer = nil;
	assert_int_equal([(id)buffer retainCount], 1);
	[buffer release];
	POOL_END
}

static void blit_passes_make_encoders(void **state) {
	(void)state;
	POOL_BEGIN
	id<MTLCommandBuffer> commands = [queue commandBuffer];
	id<MTLBlitCommandEncoder> encoder =
		[commands blitCommandEncoderWithDescriptor:[MTLBlitPassDescriptor blitPassDescriptor]];
	assert_non_null(encoder);
	id<MTLBuffer> buffer = [device newBufferWithLength:4 options:0];
	[encoder fillBuffer:buffer range:NSMakeRange(0, 4) value:9];
	[encoder endEncoding];
	finish(commands);
	assert_int_equal(*(const char *)[buffer contents], 9);
	[buffer release];
	assert_null([[queue commandBuffer] blitCommandEncoderWithDescriptor:nil]);
	assert_true(was_logged("blitCommandEncoderWithDescriptor:"));
	POOL_END
}

static void constants_are_strings(void **state) {
	(void)state;
	POOL_BEGIN
	NSString *constants[] = {MTLCommandBufferErrorDomain, MTLLibraryErrorDomain, MTLCommonCounterTimestamp,
		MTLCommonCounterRenderTargetWriteCycles, MTLCommonCounterSetTimestamp, MTLCommonCounterSetStatistic};
	const char *const texts[] = {"MTLCommandBufferErrorDomain", "MTLLibraryErrorDomain",
		"MTLCommonCounterTimestamp", "MTLCommonCounterRenderTargetWriteCycles", "MTLCommonCounterSetTimestamp",
		"MTLCommonCounterSetStatistic"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_string_equal(text(constants[i]), texts[i]);
		assert_ptr_equal([[(id)constants[i] retain] autorelease], constants[i]);
		for (size_t k = 0; k < i; k++)
			assert_false([constants[i] isEqual:constants[k]]);
	}
	assert_int_equal(messages.count, 0);
	POOL_END
}

static void sparse_regions_are_empty(void **state) {
	(void)state;
	POOL_BEGIN
	MTLRegion from[2] = {MTLRegionMake2D(1, 2, 3, 4), MTLRegionMake2D(5, 6, 7, 8)}, to[3];
	memset(to, 0x55, sizeof(to));
	[device convertSparsePixelRegions:from
			    toTileRegions:to
			     withTileSize:MTLSizeMake(1, 1, 1)
			    alignmentMode:MTLSparseTextureRegionAlignmentModeOutward
			       numRegions:2];
	assert_true(to[0].origin.x == 0 && to[1].size.depth == 0 && to[2].origin.x != 0);
	to[0].size.width = 1;
	[device convertSparseTileRegions:from toPixelRegions:to withTileSize:MTLSizeMake(1, 1, 1) numRegions:1];
	assert_int_equal(to[0].size.width, 0);
	assert_int_equal(messages.count, 0);
	POOL_END
}

#ifdef WITH_FOUNDATION
/* What GNUstep keeps to the end is its own. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) {
	return "leak:libgnustep-base\n";
}
#endif

static int setup(void **state) {
	const int result = open_queue(state);
	MTLTextureDescriptor *descriptor = [[MTLTextureDescriptor alloc] init];
	descriptor.usage = MTLTextureUsageRenderTarget;
	target = [device newTextureWithDescriptor:descriptor];
	[descriptor release];
	return result || !target;
}

static int teardown(void **state) {
	[target release];
	return close_queue(state);
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(every_selector_has_a_method),
		TEST(the_list_is_complete),
		TEST(questions_are_answered),
		TEST(descriptors_keep_values),
		TEST(makers_refuse),
		TEST(descriptors_have_defaults),
		TEST(pipelines_are_described),
		TEST(subclasses_inherit),
		TEST(render_passes_keep_what_draws_would_use),
		TEST(blit_passes_make_encoders),
		TEST(constants_are_strings),
		TEST(sparse_regions_are_empty),
	};
	return cmocka_run_group_tests_name("objc selectors", tests, setup, teardown);
}
