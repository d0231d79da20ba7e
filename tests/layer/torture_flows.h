/* SPDX-License-Identifier: MIT */
/* The flows that are made to fail, for the table in test_failures.c. */
#ifndef TONGS_TESTS_LAYER_TORTURE_FLOWS_H
#define TONGS_TESTS_LAYER_TORTURE_FLOWS_H

#include "torture.h"

#define DECLARE(name) bool name(struct torture *torture, const struct flow *flow)

/* torture_objects.c: up to objects without memory */
DECLARE(flow_instance);
DECLARE(flow_device);
DECLARE(flow_plain_device);
DECLARE(flow_old_device); /* of Vulkan 1.0 */
DECLARE(flow_extensions);
DECLARE(flow_buffer_query);
DECLARE(flow_image_query);
DECLARE(flow_buffer);
DECLARE(flow_many_buffers); /* on a device of their own */
DECLARE(flow_image);
DECLARE(flow_requirements);
DECLARE(flow_long_chains);

/* torture_memory.c: memory and what is done with it */
DECLARE(flow_export);
DECLARE(flow_import);
DECLARE(flow_properties);
DECLARE(flow_map);
DECLARE(flow_bind);
DECLARE(flow_view);

/* torture_exports.c: VK_EXT_metal_objects */
DECLARE(flow_object_buffer);
DECLARE(flow_object_image);           /* with a size: in memory that is not dedicated */
DECLARE(flow_object_image_surface);   /* the same, of which the memory is a surface */
DECLARE(flow_object_unbound_surface); /* the same, which never gets memory */
DECLARE(flow_object_import);
DECLARE(flow_object_surface); /* with a size: a new one */
DECLARE(flow_object_planes);
DECLARE(flow_object_optimal_planes);
DECLARE(flow_object_events);

/* torture_metal.c: libtongs alone */
DECLARE(flow_metal_devices);
DECLARE(flow_metal_commands);
DECLARE(flow_metal_render_pass);
DECLARE(flow_metal_render_depth);
DECLARE(flow_metal_buffers);
DECLARE(flow_metal_heap);
DECLARE(flow_metal_textures);
DECLARE(flow_metal_texels);
DECLARE(flow_metal_registry);
DECLARE(flow_metal_address);
DECLARE(flow_metal_strings);
#undef DECLARE

/* The beginning of other flows: objects created with the round's callbacks. False, and *object NULL, when that fails.
 */
bool torture_create_buffer(struct torture *torture, VkExternalMemoryHandleTypeFlags types, VkBuffer *buffer);
bool torture_create_image(struct torture *torture, const struct flow *flow, VkImage *image);

#endif
