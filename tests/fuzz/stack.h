/* SPDX-License-Identifier: MIT */
/* The layer above the driver that believes nothing, anew for each input: what one leaves behind has no part in another.
 */
#ifndef TONGS_FUZZ_STACK_H
#define TONGS_FUZZ_STACK_H

#include "driver.h"
#include "input.h"
#include "layer/commands.h"

#define MTLBUFFER VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
#define MTLTEXTURE VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT
#define MTLHEAP VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT
#define METAL_TYPES ((VkExternalMemoryHandleTypeFlags)(MTLBUFFER | MTLTEXTURE | MTLHEAP))

struct stack {
	VkInstance instance;
	VkDebugUtilsMessengerEXT messenger;
	VkPhysicalDevice physical_device;
	VkDevice device; /* with the extension */
};

/* `optimal_import`: images of OPTIMAL tiling can lie in the driver's host pages. */
void stack_start(struct stack *stack, bool optimal_import);
/* The driver has no object left. */
void stack_stop(struct stack *stack);

/* Handle types: mostly one of Metal's, else some together or any bits but host pages. */
VkExternalMemoryHandleTypeFlags stack_choose_types(struct input *input);

/* An image's create info: small, and mostly of a shape that there is. */
VkImageCreateInfo stack_choose_image(struct input *input);

#endif
