/* SPDX-License-Identifier: MIT */
/* What the loader does between a program and the layer. */
#include "fake_stack.h"

#include <dlfcn.h>

#include "require.h"

PFN_vkVoidFunction instance_command(struct stack *stack, const char *name) {
	return stack->layer.pfnGetInstanceProcAddr(stack->instance, name);
}

/* A fuzzer links the layer's objects, so that they are instrumented; a test loads its library. */
PFN_vkNegotiateLoaderLayerInterfaceVersion find_negotiation(void) {
#ifdef TONGS_LAYER_LIBRARY
	PFN_vkNegotiateLoaderLayerInterfaceVersion negotiate_version;
	void *library = dlopen(TONGS_LAYER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		fprintf(stderr, "%s\n", dlerror());
	REQUIRE(library);
	/* POSIX's own way around ISO C, which has no cast from an object's pointer to a function's. */
	*(void **)&negotiate_version = dlsym(library, "vkNegotiateLoaderLayerInterfaceVersion");
	REQUIRE(negotiate_version);
	return negotiate_version;
#else
	return vkNegotiateLoaderLayerInterfaceVersion;
#endif
}

void negotiate(struct stack *stack) {
	*stack = (struct stack){
		.layer = {.sType = LAYER_NEGOTIATE_INTERFACE_STRUCT, .loaderLayerInterfaceVersion = 2},
	};
	REQUIRE(find_negotiation()(&stack->layer) == VK_SUCCESS);
	REQUIRE(stack->layer.loaderLayerInterfaceVersion == 2);
}

void start(struct stack *stack) {
	start_instance(stack, VK_API_VERSION_1_3, NULL, 0);
}

void start_instance(struct stack *stack, uint32_t api_version, const char *const *extensions, uint32_t count) {
	negotiate(stack);
	VkLayerInstanceLink link = {.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr};
	const VkLayerInstanceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = api_version,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &chain,
		.pApplicationInfo = &application,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = extensions,
	};
	PFN_vkCreateInstance create =
		(PFN_vkCreateInstance)stack->layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance");
	REQUIRE(create(&info, NULL, &stack->instance) == VK_SUCCESS);
}

VkResult start_device(struct stack *stack, const char *const *extensions, uint32_t count) {
	VkLayerDeviceLink link = {
		.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr,
		.pfnNextGetDeviceProcAddr = fake_get_device_proc_addr,
	};
	const VkLayerDeviceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &chain,
		.enabledExtensionCount = count,
		.ppEnabledExtensionNames = extensions,
	};
	PFN_vkCreateDevice create = (PFN_vkCreateDevice)instance_command(stack, "vkCreateDevice");
	return create(fake_physical_device(), &info, NULL, &stack->device);
}

PFN_vkVoidFunction device_command(struct stack *stack, const char *name) {
	return stack->layer.pfnGetDeviceProcAddr(stack->device, name);
}

void finish(struct stack *stack) {
	if (stack->device)
		((PFN_vkDestroyDevice)device_command(stack, "vkDestroyDevice"))(stack->device, NULL);
	((PFN_vkDestroyInstance)instance_command(stack, "vkDestroyInstance"))(stack->instance, NULL);
}
