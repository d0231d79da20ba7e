/* SPDX-License-Identifier: MIT */
/* MTLSharedEventHandle and MTLSharedTextureHandle: stand for an event or a texture, in this process or another. */
#ifndef TONGS_METAL_HANDLE_H
#define TONGS_METAL_HANDLE_H

#include "metal/event.h"
#include "metal/texture.h"

struct tongs_event_handle {
	struct tongs_object object;
	struct tongs_shared_event *event; /* a reference */
};

struct tongs_texture_handle {
	struct tongs_object object;
	struct tongs_texture *texture; /* a reference; shareable */
};

/* NULL when memory runs out, with an error logged. */
struct tongs_event_handle *tongs_event_handle_new(struct tongs_shared_event *event);
/* NULL, with an error logged, if the texture is not shareable, too. */
struct tongs_texture_handle *tongs_texture_handle_new(struct tongs_texture *texture);

/* What a handle stands for, with a reference. NULL, with an error logged, if `handle`, any pointer, is none, or stands
 * for an object of another device. */
struct tongs_shared_event *tongs_event_handle_open(struct tongs_device *device, const void *handle);
struct tongs_texture *tongs_texture_handle_open(struct tongs_device *device, const void *handle);

#endif
