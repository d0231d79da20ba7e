/* SPDX-License-Identifier: MIT */
/* The layer above the fake driver, without a loader. A failure that is not returned ends the program. */
#ifndef TONGS_TESTS_MOCK_FAKE_STACK_H
#define TONGS_TESTS_MOCK_FAKE_STACK_H

#include "fake_driver.h"

struct stack {
	VkNegotiateLayerInterface layer;
	VkInstance instance;
	VkDevice device;
};

PFN_vkNegotiateLoaderLayerInterfaceVersion find_negotiation(void);

/* The layer's entry points and no instance. */
void negotiate(struct stack *stack);

/* An instance, too, without a device, by default of 1.3 and without extensions; a device of it. */
void start(struct stack *stack);
void start_instance(struct stack *stack, uint32_t api_version, const char *const *extensions, uint32_t count);
VkResult start_device(struct stack *stack, const char *const *extensions, uint32_t count);
void finish(struct stack *stack);

PFN_vkVoidFunction instance_command(struct stack *stack, const char *name);
PFN_vkVoidFunction device_command(struct stack *stack, const char *name);

#endif
