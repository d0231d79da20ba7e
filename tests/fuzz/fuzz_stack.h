/* SPDX-License-Identifier: MIT */
/* The layer above the strict fake driver, created anew for each input, so that no state carries over from one to the
 * next. */
#ifndef TONGS_FUZZ_FUZZ_STACK_H
#define TONGS_FUZZ_FUZZ_STACK_H

#include "../mock/fake_stack.h"
#include "input.h"
#include "layer/commands.h"

/* Bits of the memory types that Metal's pages can be imported as: those of fake.host_types that are coherent. */
enum { SHARED_TYPES = 2 };

#define MTLBUFFER VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
#define MTLTEXTURE VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT
#define MTLHEAP VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT
#define METAL_TYPES ((VkExternalMemoryHandleTypeFlags)(MTLBUFFER | MTLTEXTURE | MTLHEAP))

/* An instance with a messenger, and a device with the extension. `optimal_import`: images of OPTIMAL tiling can lie in
 * the driver's host pages. */
void fuzz_start(struct stack *stack, bool optimal_import);
/* The driver must have no object left. */
void fuzz_finish(struct stack *stack);

/* Handle types: mostly one of Metal's, else several, or any bits but host pages. */
VkExternalMemoryHandleTypeFlags choose_types(struct input *input);

/* An image's create info: small, and mostly valid. */
VkImageCreateInfo choose_image_info(struct input *input);

#endif
