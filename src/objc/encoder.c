/* SPDX-License-Identifier: MIT */
/* What all command encoders answer: <MTLCommandEncoder>. */
#include "commands/command.h"
#include "objc/absent.h"
#include "objc/string.h"
#include "objc/tables.h"

typedef struct tongs_encoder encoder;

static struct tongs_device *device(encoder *self, SEL _cmd) {
	return tongs_encoder_get_device(self);
}

static id label(encoder *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void setLabel(encoder *self, SEL _cmd, id text) {
	tongs_encoder_set_label(self, tongs_string_get_text(text));
}

static void endEncoding(encoder *self, SEL _cmd) {
	tongs_encoder_end(self);
}

static id description(encoder *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *name = tongs_label_read(&self->label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s%s", object_getClassName((id)self), (void *)self,
		name ? name : "<none>", self->commands ? "" : ", ended");
}

const struct tongs_objc_method tongs_encoder_methods[] = {
	METHOD("device", device, "@@:"),
	METHOD("label", label, "@@:"),
	METHOD("setLabel:", setLabel, "v@:@"),
	METHOD("endEncoding", endEncoding, "v@:"),
	ANSWERS_NO("insertDebugSignpost:", tongs_answer_nothing, "v@:@"),
	ANSWERS_NO("pushDebugGroup:", tongs_answer_nothing, "v@:@"),
	ANSWERS_NO("popDebugGroup", tongs_answer_nothing, "v@:"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};
