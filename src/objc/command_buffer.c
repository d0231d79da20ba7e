/* SPDX-License-Identifier: MIT */
/* TongsCommandBuffer <MTLCommandBuffer>. */
#include "commands/command.h"
#include "objc/absent.h"
#include "objc/block.h"
#include "objc/check.h"
#include "objc/error.h"
#include "objc/keep.h"
#include "objc/properties.h"
#include "objc/render_pass.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"

static struct tongs_device *device(struct tongs_command_buffer *self, SEL _cmd) {
	return self->queue->device;
}

static struct tongs_command_queue *commandQueue(struct tongs_command_buffer *self, SEL _cmd) {
	return self->queue;
}

static BOOL retainedReferences(struct tongs_command_buffer *self, SEL _cmd) {
	return self->retains;
}

static MTLCommandBufferErrorOption errorOptions(struct tongs_command_buffer *self, SEL _cmd) {
	return self->error_options;
}

static id label(struct tongs_command_buffer *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void setLabel(struct tongs_command_buffer *self, SEL _cmd, id text) {
	tongs_command_buffer_set_label(self, tongs_string_get_text(text));
}

static MTLCommandBufferStatus status(struct tongs_command_buffer *self, SEL _cmd) {
	return tongs_command_buffer_get_status(self);
}

static id error(struct tongs_command_buffer *self, SEL _cmd) {
	const char *text;
	const MTLCommandBufferError code = tongs_command_buffer_get_error(self, &text);
	return code ? tongs_error_new("MTLCommandBufferErrorDomain", (long)code, text) : nil;
}

static double startTime(struct tongs_command_buffer *self, SEL _cmd) {
	return tongs_command_buffer_get_gpu_start_time(self);
}

static double endTime(struct tongs_command_buffer *self, SEL _cmd) {
	return tongs_command_buffer_get_gpu_end_time(self);
}

static void enqueue(struct tongs_command_buffer *self, SEL _cmd) {
	tongs_command_buffer_enqueue(self);
}

static void commit(struct tongs_command_buffer *self, SEL _cmd) {
	tongs_command_buffer_commit(self);
}

/* A tongs_command_buffer_handler whose `user` is a copied block. */
static void call_block(struct tongs_command_buffer *commands, void *block) {
	void *pool = tongs_runtime_push_pool();
	((void (*)(void *, struct tongs_command_buffer *))tongs_block_get_function(block))(block, commands);
	tongs_runtime_pop_pool(pool);
}

static void add_handler(struct tongs_command_buffer *self, bool scheduled, void *given, SEL method) {
	void *block = given ? tongs_block_copy(given) : NULL;
	if (block)
		tongs_command_buffer_add_handler(self, scheduled, call_block, tongs_block_release, block);
	else if (!given)
		tongs_log_error("%s the block is nil", sel_getName(method));
}

static void addScheduledHandler(struct tongs_command_buffer *self, SEL _cmd, void *block) {
	add_handler(self, true, block, _cmd);
}

static void addCompletedHandler(struct tongs_command_buffer *self, SEL _cmd, void *block) {
	add_handler(self, false, block, _cmd);
}

static void waitUntilScheduled(struct tongs_command_buffer *self, SEL _cmd) {
	tongs_command_buffer_wait_until_scheduled(self);
}

static void waitUntilCompleted(struct tongs_command_buffer *self, SEL _cmd) {
	tongs_command_buffer_wait_until_completed(self);
}

/* Borrowed from the command buffer, which has a reference of its own. */
static void *blitCommandEncoder(struct tongs_command_buffer *self, SEL _cmd) {
	struct tongs_encoder *encoder = tongs_command_buffer_new_blit_encoder(self);
	tongs_encoder_unref(encoder);
	return encoder;
}

/* A blit pass adds only samples of counters, of which there are none. */
static void *blitCommandEncoderWithDescriptor(struct tongs_command_buffer *self, SEL _cmd, const void *descriptor) {
	return tongs_properties_check(descriptor, "MTLBlitPassDescriptor", _cmd) ? blitCommandEncoder(self, _cmd)
										 : NULL;
}

static void *renderCommandEncoder(struct tongs_command_buffer *self, SEL _cmd, const void *descriptor) {
	struct tongs_render_pass_info info;
	if (!tongs_render_pass_get_info(descriptor, _cmd, &info))
		return NULL;
	struct tongs_encoder *encoder = tongs_command_buffer_new_render_encoder(self, &info);
	tongs_encoder_unref(encoder);
	return encoder;
}

/* For methods with any arguments, which are not read. */
static id no_encoder(struct tongs_command_buffer *self, SEL _cmd) {
	if (!self->refused_encoder)
		tongs_log_error("%s Tongs has no such encoder, but those of blits and of render passes without draws",
			sel_getName(_cmd));
	self->refused_encoder = true;
	return nil;
}

static bool check_event(const void *event, SEL method) {
	return tongs_handle_kind(event) == TONGS_KIND_EVENT || tongs_check_kind(event, TONGS_KIND_SHARED_EVENT, method);
}

static void encodeWaitForEvent(
	struct tongs_command_buffer *self, SEL _cmd, struct tongs_shared_event *event, uint64_t value) {
	if (check_event(event, _cmd))
		tongs_command_buffer_encode_wait(self, event, value);
}

static void encodeSignalEvent(
	struct tongs_command_buffer *self, SEL _cmd, struct tongs_shared_event *event, uint64_t value) {
	if (check_event(event, _cmd))
		tongs_command_buffer_encode_signal(self, event, value);
}

static id description(struct tongs_command_buffer *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *name = tongs_label_read(&self->label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s, status = %lu", object_getClassName((id)self), (void *)self,
		name ? name : "<none>", (unsigned long)status(self, NULL));
}

static const struct tongs_objc_method methods[] = {
	METHOD("device", device, "@@:"),
	METHOD("commandQueue", commandQueue, "@@:"),
	METHOD("retainedReferences", retainedReferences, "C@:"),
	METHOD("errorOptions", errorOptions, "Q@:"),
	METHOD("label", label, "@@:"),
	METHOD("setLabel:", setLabel, "v@:@"),
	METHOD("status", status, "Q@:"),
	METHOD("error", error, "@@:"),
	METHOD("GPUStartTime", startTime, "d@:"),
	METHOD("GPUEndTime", endTime, "d@:"),
	METHOD("kernelStartTime", startTime, "d@:"),
	METHOD("kernelEndTime", endTime, "d@:"),
	METHOD("enqueue", enqueue, "v@:"),
	METHOD("commit", commit, "v@:"),
	METHOD("addScheduledHandler:", addScheduledHandler, "v@:@?"),
	METHOD("addCompletedHandler:", addCompletedHandler, "v@:@?"),
	METHOD("waitUntilScheduled", waitUntilScheduled, "v@:"),
	METHOD("waitUntilCompleted", waitUntilCompleted, "v@:"),
	METHOD("blitCommandEncoder", blitCommandEncoder, "@@:"),
	METHOD("blitCommandEncoderWithDescriptor:", blitCommandEncoderWithDescriptor, "@@:@"),
	METHOD("renderCommandEncoderWithDescriptor:", renderCommandEncoder, "@@:@"),
	REFUSES("computeCommandEncoder", no_encoder, "@@:", &tongs_no_shaders),
	REFUSES("computeCommandEncoderWithDescriptor:", no_encoder, "@@:@", &tongs_no_shaders),
	REFUSES("computeCommandEncoderWithDispatchType:", no_encoder, "@@:Q", &tongs_no_shaders),
	REFUSES("parallelRenderCommandEncoderWithDescriptor:", no_encoder, "@@:@", &tongs_no_shaders),
	REFUSES("resourceStateCommandEncoder", no_encoder, "@@:", &tongs_no_shaders),
	REFUSES("resourceStateCommandEncoderWithDescriptor:", no_encoder, "@@:@", &tongs_no_shaders),
	REFUSES("accelerationStructureCommandEncoder", no_encoder, "@@:", &tongs_no_shaders),
	REFUSES("accelerationStructureCommandEncoderWithDescriptor:", no_encoder, "@@:@", &tongs_no_shaders),
	METHOD("encodeWaitForEvent:value:", encodeWaitForEvent, "v@:@Q"),
	METHOD("encodeSignalEvent:value:", encodeSignalEvent, "v@:@Q"),
	ANSWERS_NO("logs", tongs_answer_nil, "@@:"),
	ANSWERS_NO("pushDebugGroup:", tongs_answer_nothing, "v@:@"),
	ANSWERS_NO("popDebugGroup", tongs_answer_nothing, "v@:"),
	REFUSES("presentDrawable:", tongs_refuse, "v@:@", &tongs_no_drawables),
	REFUSES("presentDrawable:atTime:", tongs_refuse, "v@:@d", &tongs_no_drawables),
	REFUSES("presentDrawable:afterMinimumDuration:", tongs_refuse, "v@:@d", &tongs_no_drawables),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_command_buffer = {
	.name = "TongsCommandBuffer",
	.methods = methods,
	.protocols = {"MTLCommandBuffer"},
};
