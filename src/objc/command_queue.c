/* SPDX-License-Identifier: MIT */
/* TongsCommandQueue <MTLCommandQueue>, TongsFence <MTLFence> and TongsEvent <MTLEvent>. */
#include "commands/command.h"
#include "objc/absent.h"
#include "objc/descriptor.h"
#include "objc/keep.h"
#include "objc/string.h"
#include "objc/tables.h"

static struct tongs_device *queue_device(struct tongs_command_queue *self, SEL _cmd) {
	return tongs_command_queue_get_device(self);
}

static id queue_label(struct tongs_command_queue *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void queue_setLabel(struct tongs_command_queue *self, SEL _cmd, id text) {
	tongs_command_queue_set_label(self, tongs_string_get_text(text));
}

static void *make(struct tongs_command_queue *self, bool retained, MTLCommandBufferErrorOption options) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(self);
	if (!commands)
		return NULL;
	commands->retains = retained;
	commands->error_options = options;
	return tongs_keep(&commands->object);
}

static void *commandBuffer(struct tongs_command_queue *self, SEL _cmd) {
	return make(self, true, MTLCommandBufferErrorOptionNone);
}

static void *commandBufferWithUnretainedReferences(struct tongs_command_queue *self, SEL _cmd) {
	return make(self, false, MTLCommandBufferErrorOptionNone);
}

static void *commandBufferWithDescriptor(struct tongs_command_queue *self, SEL _cmd, const void *descriptor) {
	const struct tongs_command_buffer_info *info = tongs_descriptor_get_command_buffer_info(descriptor, _cmd);
	return info ? make(self, info->retained_references, info->error_options) : NULL;
}

static id queue_description(struct tongs_command_queue *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *name = tongs_label_read(&self->label, text, sizeof(text));
	return tongs_string_new_format(
		"<%s: %p> label = %s", object_getClassName((id)self), (void *)self, name ? name : "<none>");
}

static const struct tongs_objc_method queue_methods[] = {
	METHOD("device", queue_device, "@@:"),
	METHOD("label", queue_label, "@@:"),
	METHOD("setLabel:", queue_setLabel, "v@:@"),
	METHOD("commandBuffer", commandBuffer, "@@:"),
	METHOD("commandBufferWithUnretainedReferences", commandBufferWithUnretainedReferences, "@@:"),
	METHOD("commandBufferWithDescriptor:", commandBufferWithDescriptor, "@@:@"),
	ANSWERS_NO("insertDebugCaptureBoundary", tongs_answer_nothing, "v@:"),
	METHOD("description", queue_description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_command_queue = {
	.name = "TongsCommandQueue",
	.methods = queue_methods,
	.protocols = {"MTLCommandQueue"},
};

static struct tongs_device *fence_device(struct tongs_fence *self, SEL _cmd) {
	return tongs_fence_get_device(self);
}

static id fence_label(struct tongs_fence *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void fence_setLabel(struct tongs_fence *self, SEL _cmd, id text) {
	tongs_fence_set_label(self, tongs_string_get_text(text));
}

static const struct tongs_objc_method fence_methods[] = {
	METHOD("device", fence_device, "@@:"),
	METHOD("label", fence_label, "@@:"),
	METHOD("setLabel:", fence_setLabel, "v@:@"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_fence = {
	.name = "TongsFence",
	.methods = fence_methods,
	.protocols = {"MTLFence"},
};

static struct tongs_device *event_device(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_shared_event_get_device(self);
}

static id event_label(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void event_setLabel(struct tongs_shared_event *self, SEL _cmd, id text) {
	tongs_shared_event_set_label(self, tongs_string_get_text(text));
}

static const struct tongs_objc_method event_methods[] = {
	METHOD("device", event_device, "@@:"),
	METHOD("label", event_label, "@@:"),
	METHOD("setLabel:", event_setLabel, "v@:@"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_event = {
	.name = "TongsEvent",
	.methods = event_methods,
	.protocols = {"MTLEvent"},
};
