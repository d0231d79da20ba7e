/* SPDX-License-Identifier: MIT */
/* TongsSharedEvent <MTLSharedEvent>, MTLSharedEventListener and MTLSharedEventHandle. */
#define _GNU_SOURCE /* RTLD_DEFAULT; NOLINT(bugprone-reserved-identifier) */
#include "metal/handle.h"

#include <dlfcn.h>

#include "objc/block.h"
#include "objc/check.h"
#include "objc/send.h"
#include "objc/string.h"
#include "objc/tables.h"
#include "util/log.h"

static struct tongs_device *device(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_shared_event_get_device(self);
}

static id label(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_string_new_label(&self->label);
}

static void setLabel(struct tongs_shared_event *self, SEL _cmd, id text) {
	tongs_shared_event_set_label(self, tongs_string_get_text(text));
}

static uint64_t signaledValue(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_shared_event_get_signaled_value(self);
}

static void setSignaledValue(struct tongs_shared_event *self, SEL _cmd, uint64_t value) {
	tongs_shared_event_set_signaled_value(self, value);
}

static BOOL waitUntilSignaledValue(struct tongs_shared_event *self, SEL _cmd, uint64_t value, uint64_t timeout_ms) {
	return tongs_shared_event_wait(self, value, timeout_ms);
}

/* A tongs_shared_event_notification whose `user` is a copied block. */
static void call_block(struct tongs_shared_event *event, uint64_t value, void *block) {
	void *pool = tongs_runtime_push_pool();
	((void (*)(void *, struct tongs_shared_event *, uint64_t))tongs_block_get_function(block))(block, event, value);
	tongs_runtime_pop_pool(pool);
}

static void notifyListener(struct tongs_shared_event *self, SEL _cmd, struct tongs_shared_event_listener *listener,
	uint64_t value, void *given) {
	if (!tongs_check_kind(listener, TONGS_KIND_SHARED_EVENT_LISTENER, _cmd))
		return;
	if (!given) {
		tongs_log_error("notifyListener:atValue:block: the block is nil");
		return;
	}
	void *block = tongs_block_copy(given);
	if (block)
		tongs_event_notify(self, listener, value, call_block, tongs_block_release, block);
}

static struct tongs_event_handle *newSharedEventHandle(struct tongs_shared_event *self, SEL _cmd) {
	return tongs_event_handle_new(self);
}

static id description(struct tongs_shared_event *self, SEL _cmd) {
	char text[TONGS_LABEL_DESCRIPTION_SIZE];
	const char *name = tongs_label_read(&self->label, text, sizeof(text));
	return tongs_string_new_format("<%s: %p> label = %s, signaledValue = %llu", object_getClassName((id)self),
		(void *)self, name ? name : "<none>", (unsigned long long)signaledValue(self, NULL));
}

static const struct tongs_objc_method event_methods[] = {
	METHOD("device", device, "@@:"),
	METHOD("label", label, "@@:"),
	METHOD("setLabel:", setLabel, "v@:@"),
	METHOD("signaledValue", signaledValue, "Q@:"),
	METHOD("setSignaledValue:", setSignaledValue, "v@:Q"),
	METHOD("waitUntilSignaledValue:timeoutMS:", waitUntilSignaledValue, "C@:QQ"),
	METHOD("notifyListener:atValue:block:", notifyListener, "v@:@Q@?"),
	METHOD("newSharedEventHandle", newSharedEventHandle, "@@:"),
	METHOD("description", description, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_shared_event = {
	.name = "TongsSharedEvent",
	.methods = event_methods,
	.protocols = {"MTLSharedEvent", "MTLEvent"},
};

static id allocListener(Class self, SEL _cmd) {
	if (self == tongs_object_get_class(TONGS_KIND_SHARED_EVENT_LISTENER))
		return (id)tongs_shared_event_listener_new();
	return tongs_objc_refuse_subclass(self);
}

/* The listener keeps the queue. */
static id initWithDispatchQueue(struct tongs_shared_event_listener *self, SEL _cmd, void *queue) {
	void (*retain)(void *queue), (*release)(void *queue),
		(*dispatch)(void *queue, void *context, void (*run)(void *context));
	*(void **)&retain = dlsym(RTLD_DEFAULT, "dispatch_retain");
	*(void **)&release = dlsym(RTLD_DEFAULT, "dispatch_release");
	*(void **)&dispatch = dlsym(RTLD_DEFAULT, "dispatch_async_f");
	if (!queue || !retain || !release || !dispatch) {
		tongs_log_error(queue ? "initWithDispatchQueue: the program has no libdispatch: use init"
				      : "initWithDispatchQueue: the queue is NULL: use init");
		tongs_shared_event_listener_unref(self);
		return nil;
	}
	retain(queue);
	self->release = release;
	self->dispatch = dispatch;
	self->queue = queue;
	return (id)self;
}

static void *dispatchQueue(struct tongs_shared_event_listener *self, SEL _cmd) {
	return self->queue;
}

static const struct tongs_objc_method listener_methods[] = {
	METHOD("initWithDispatchQueue:", initWithDispatchQueue, "@@:@"),
	METHOD("dispatchQueue", dispatchQueue, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method listener_class_methods[] = {
	METHOD("alloc", allocListener, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_shared_event_listener = {
	.name = "MTLSharedEventListener",
	.methods = listener_methods,
	.class_methods = listener_class_methods,
};

static id handleLabel(struct tongs_event_handle *self, SEL _cmd) {
	return tongs_string_new_label(&self->event->label);
}

static id allocHandle(Class self, SEL _cmd) {
	tongs_log_error("%s cannot be allocated: newSharedEventHandle makes one", class_getName(self));
	return nil;
}

static const struct tongs_objc_method handle_methods[] = {
	METHOD("label", handleLabel, "@@:"),
	METHODS_END,
};

static const struct tongs_objc_method handle_class_methods[] = {
	METHOD("alloc", allocHandle, "@@:"),
	METHODS_END,
};

struct tongs_objc_class tongs_objc_shared_event_handle = {
	.name = "MTLSharedEventHandle",
	.methods = handle_methods,
	.class_methods = handle_class_methods,
};
