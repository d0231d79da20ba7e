/* SPDX-License-Identifier: MIT */
/* The tables of all classes. Each is defined in the file of its class and registered by load.c. */
#ifndef TONGS_OBJC_TABLES_H
#define TONGS_OBJC_TABLES_H

#include "objc/class.h"

extern struct tongs_objc_class tongs_objc_root, tongs_objc_device, tongs_objc_heap, tongs_objc_resource,
	tongs_objc_buffer, tongs_objc_texture, tongs_objc_texture_descriptor, tongs_objc_heap_descriptor,
	tongs_objc_string, tongs_objc_array, tongs_objc_shared_event, tongs_objc_shared_event_listener,
	tongs_objc_shared_event_handle, tongs_objc_event, tongs_objc_fence, tongs_objc_command_queue,
	tongs_objc_command_buffer, tongs_objc_command_buffer_descriptor, tongs_objc_blit_command_encoder,
	tongs_objc_error, tongs_objc_surface, tongs_objc_shared_texture_handle, tongs_objc_render_command_encoder,
	tongs_objc_render_pass_descriptor, tongs_objc_render_pass_attachment, tongs_objc_render_pass_color_attachment,
	tongs_objc_render_pass_color_attachment_array, tongs_objc_render_pass_depth_attachment,
	tongs_objc_render_pass_stencil_attachment, tongs_objc_device_observer;

/* More methods of tongs_objc_device. */
extern const struct tongs_objc_method tongs_device_features[], tongs_device_makers[];
/* MTLCommandEncoder's, of each class of encoders. */
extern const struct tongs_objc_method tongs_encoder_methods[];

#endif
