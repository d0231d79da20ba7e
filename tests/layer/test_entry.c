/* SPDX-License-Identifier: MIT */
/* The layer's instances and devices, created as the loader creates them, above a fake driver that behaves as no
 * available driver does. */
#include <stdlib.h>
#include <string.h>

#include "fake_stack.h"
#include "harness.h"

static unsigned count_listed(struct stack *stack) {
	VkExtensionProperties list[8];
	uint32_t count = 8;
	unsigned found = 0;
	PFN_vkEnumerateDeviceExtensionProperties enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		stack, "vkEnumerateDeviceExtensionProperties");
	assert_vk(enumerate(fake_physical_device(), NULL, &count, list));
	for (uint32_t i = 0; i < count; i++)
		found += strcmp(list[i].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME) == 0;
	return found;
}

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

static void refuses_old_loaders(void **state) {
	VkNegotiateLayerInterface old = {.sType = LAYER_NEGOTIATE_INTERFACE_STRUCT, .loaderLayerInterfaceVersion = 1};
	(void)state;
	assert_int_equal(find_negotiation()(&old), VK_ERROR_INITIALIZATION_FAILED);
}

/* The loader queries with an instance of its own, which the layer has never seen. */
static void creates_instances_as_the_topmost_layer(void **state) {
	static void *table = &table, *unseen = &table;
	struct stack stack;
	(void)state;
	negotiate(&stack);
	PFN_vkVoidFunction create = stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance");
	assert_non_null(create);
	assert_ptr_equal(stack.layer.pfnGetInstanceProcAddr((VkInstance)&unseen, "vkCreateInstance"), create);
}

static void describes_itself(void **state) {
	struct stack stack;
	VkLayerProperties layer;
	uint32_t count = 0;
	(void)state;
	fake_reset();
	start(&stack);
	PFN_vkEnumerateInstanceLayerProperties layers =
		(PFN_vkEnumerateInstanceLayerProperties)stack.layer.pfnGetInstanceProcAddr(
			NULL, "vkEnumerateInstanceLayerProperties");
	assert_vk(layers(&count, NULL));
	assert_int_equal(count, 1);
	assert_vk(layers(&count, &layer));
	assert_string_equal(layer.layerName, "VK_LAYER_TONGS_metal_interop");
	count = 0;
	assert_int_equal(layers(&count, &layer), VK_INCOMPLETE);
	PFN_vkEnumerateDeviceLayerProperties device_layers =
		(PFN_vkEnumerateDeviceLayerProperties)instance_command(&stack, "vkEnumerateDeviceLayerProperties");
	assert_vk(device_layers(fake_physical_device(), &count, NULL));
	assert_int_equal(count, 1);
	count = 0;
	PFN_vkEnumerateInstanceExtensionProperties extensions =
		(PFN_vkEnumerateInstanceExtensionProperties)stack.layer.pfnGetInstanceProcAddr(
			NULL, "vkEnumerateInstanceExtensionProperties");
	count = 7;
	assert_vk(extensions(layer.layerName, &count, NULL));
	assert_int_equal(count, 1);
	VkExtensionProperties own;
	assert_vk(extensions(layer.layerName, &count, &own));
	assert_int_equal(count, 1);
	assert_string_equal(own.extensionName, "VK_EXT_layer_settings");
	count = 0;
	assert_int_equal(extensions(layer.layerName, &count, &own), VK_INCOMPLETE);
	assert_int_equal(extensions("VK_LAYER_other", &count, NULL), VK_ERROR_LAYER_NOT_PRESENT);

	/* The extensions are the layer's on a device that it adds them to, and the only ones. */
	VkExtensionProperties listed[2];
	PFN_vkEnumerateDeviceExtensionProperties enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		&stack, "vkEnumerateDeviceExtensionProperties");
	count = 7;
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, NULL));
	assert_int_equal(count, 2);
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, listed));
	assert_string_equal(listed[0].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
	assert_int_equal(listed[0].specVersion, VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION);
	assert_string_equal(listed[1].extensionName, VK_EXT_METAL_OBJECTS_EXTENSION_NAME);
	assert_int_equal(listed[1].specVersion, 2);
	count = 0;
	assert_int_equal(enumerate(fake_physical_device(), layer.layerName, &count, listed), VK_INCOMPLETE);
	finish(&stack);
	fake.extension_count = 0;
	start(&stack);
	enumerate = (PFN_vkEnumerateDeviceExtensionProperties)instance_command(
		&stack, "vkEnumerateDeviceExtensionProperties");
	assert_vk(enumerate(fake_physical_device(), layer.layerName, &count, NULL));
	assert_int_equal(count, 0);
	finish(&stack);
}

/* However many a driver has: here the one that the layer requires is the last. */
static void lists_every_extension_of_the_driver(void **state) {
	static const uint32_t others[] = {0, 1, 318, 319, 320, 321, 1000};
	static VkExtensionProperties list[1003];
	struct stack stack;
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fake_reset();
		fake.other_extensions = others[i];
		start(&stack);
		PFN_vkEnumerateDeviceExtensionProperties enumerate =
			(PFN_vkEnumerateDeviceExtensionProperties)instance_command(
				&stack, "vkEnumerateDeviceExtensionProperties");
		uint32_t count = 0;
		assert_vk(enumerate(fake_physical_device(), NULL, &count, NULL));
		assert_int_equal(count, others[i] + 3);
		assert_vk(enumerate(fake_physical_device(), NULL, &count, list));
		assert_int_equal(count, others[i] + 3);
		assert_string_equal(list[others[i]].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
		assert_string_equal(list[others[i] + 1].extensionName, VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME);
		count = others[i] + 2;
		assert_int_equal(enumerate(fake_physical_device(), NULL, &count, list), VK_INCOMPLETE);
		assert_int_equal(count, others[i] + 2);
		assert_vk(start_device(&stack, metal, 1));
		finish(&stack);
	}
}

static void added_where_host_pages_can_be_imported(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_int_equal(count_listed(&stack), 1);
	finish(&stack);
	fake.import_alignment = 1 << 20; /* coarser than a page */
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
	fake.import_alignment = 4096;
	fake.buffer_features = 0; /* as SwiftShader, which has the extension */
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
	fake.buffer_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.extensions[0] = "VK_KHR_other";
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	finish(&stack);
}

static void device_gets_what_the_layer_requires(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
	assert_non_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	finish(&stack);

	static const char *const both[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME,
	};
	start(&stack);
	assert_vk(start_device(&stack, both, 2));
	assert_int_equal(fake.enabled_count, 1);
	finish(&stack);
}

/* Where the driver has the extension, the layer does nothing at all. */
static void steps_aside_for_a_native_extension(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.extensions[1] = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(count_listed(&stack), 1);
	assert_vk(start_device(&stack, metal, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], metal[0]);
	assert_ptr_equal(device_command(&stack, "vkGetMemoryMetalHandleEXT"), fake_get_metal_handle);
	assert_ptr_equal(instance_command(&stack, "vkGetMemoryMetalHandleEXT"), fake_get_metal_handle);
	assert_ptr_equal(
		device_command(&stack, "vkAllocateMemory"), fake_get_device_proc_addr(NULL, "vkAllocateMemory"));
	finish(&stack);
}

static void driver_failures_pass(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.create_device_result = VK_ERROR_TOO_MANY_OBJECTS;
	start(&stack);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_TOO_MANY_OBJECTS);
	stack.device = VK_NULL_HANDLE;
	finish(&stack);
}

/* A driver that has one of the extensions is left alone: the objects of both must be the same. */
static void steps_aside_for_either_native_extension(void **state) {
	static const char *const objects[] = {VK_EXT_METAL_OBJECTS_EXTENSION_NAME};
	struct stack stack;
	(void)state;
	fake_reset();
	fake.extensions[1] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(count_listed(&stack), 0);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_vk(start_device(&stack, objects, 1));
	assert_int_equal(fake.enabled_count, 1);
	assert_string_equal(fake.enabled[0], objects[0]);
	assert_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	assert_ptr_equal(
		device_command(&stack, "vkAllocateMemory"), fake_get_device_proc_addr(NULL, "vkAllocateMemory"));
	finish(&stack);
}

static void keep_message(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	strncpy(user, text, 1023);
}

/* Why a device has no extension that a program enables on it: in the log, if somebody wants to know. */
static void enabled_01387_where_it_is_not(void **state) {
	struct stack stack;
	char text[1024] = "";
	(void)state;
	tongs_set_message_callback(keep_message, text);
	for (int on = 0; on < 2; on++) {
		if (on)
			setenv("TONGS_VALIDATION", "1", 1);
		fake_reset();
		fake.extension_count = 0;
		start(&stack);
		assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
		assert_int_equal(strstr(text, "VUID-vkCreateDevice-ppEnabledExtensionNames-01387") != NULL, on);
		assert_int_equal(strstr(text, "VK_EXT_external_memory_metal is enabled") != NULL, on);
		assert_int_equal(strstr(text, "its driver lacks VK_KHR_external_memory_fd and VK_EXT_ext") != NULL, on);
		finish(&stack);
	}
	fake_reset();
	fake.extensions[1] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	assert_int_equal(start_device(&stack, metal, 1), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_non_null(strstr(text, "has one of the two extensions itself"));
	finish(&stack);
	unsetenv("TONGS_VALIDATION");
	tongs_set_message_callback(NULL, NULL);
}

/* A next layer that lacks the extensions: it advances the loader's link, as every layer does, and then fails. */
static struct {
	unsigned calls;
	uint32_t counts[4]; /* of extensions, in each call */
	const VkLayerInstanceLink *links[4];
} tries;

static VkResult VKAPI_CALL refuse_extensions(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	VkLayerInstanceCreateInfo *chain = (VkLayerInstanceCreateInfo *)info->pNext;
	while (chain->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO)
		chain = (VkLayerInstanceCreateInfo *)chain->pNext;
	assert_true(tries.calls < 4);
	tries.counts[tries.calls] = info->enabledExtensionCount;
	tries.links[tries.calls++] = chain->u.pLayerInfo;
	assert_non_null(chain->u.pLayerInfo);
	chain->u.pLayerInfo = chain->u.pLayerInfo->pNext;
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++)
		if (strcmp(info->ppEnabledExtensionNames[i], VK_EXT_DEBUG_UTILS_EXTENSION_NAME) != 0)
			return VK_ERROR_EXTENSION_NOT_PRESENT;
	fake.override = NULL;
	return ((PFN_vkCreateInstance)fake_get_instance_proc_addr(NULL, "vkCreateInstance"))(info, callbacks, instance);
}

static bool return_refusal(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	if (is_device || strcmp(name, "vkCreateInstance") != 0)
		return false;
	*command = (PFN_vkVoidFunction)refuse_extensions;
	return true;
}

static void try_again(const void *next_struct) {
	static const char *const own[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	struct stack stack;
	fake_reset();
	fake.override = return_refusal;
	memset(&tries, 0, sizeof(tries));
	negotiate(&stack);
	VkLayerInstanceLink last = {.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr}, next = last,
			    link = last;
	next.pNext = &last;
	link.pNext = &next;
	const VkLayerInstanceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
		.pNext = next_struct,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pNext = &chain,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = own,
	};
	assert_vk(((PFN_vkCreateInstance)stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance"))(
		&info, NULL, &stack.instance));
	assert_int_equal(tries.calls, 2);
	assert_int_equal(tries.counts[0], 3);
	assert_int_equal(tries.counts[1], 1);
	assert_ptr_equal(tries.links[0], &next);
	assert_ptr_equal(tries.links[1], &next);
	/* It works, and shares nothing. */
	assert_vk(start_device(&stack, NULL, 0));
	assert_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	finish(&stack);
}

/* An instance of 1.0 is created with the extensions that queries require or, if they are missing, as the application
 * requested it: through the same layers, and with its own extensions. Exports make the layer copy the loader's links,
 * too. */
static void an_instance_is_tried_again_without_extensions(void **state) {
	const VkExportMetalObjectCreateInfoEXT device = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, NULL,
		VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
	(void)state;
	try_again(NULL);
	try_again(&device);
}

/* The struct types in the chain of vkCreateInstance, as the next layer sees them. */
static VkStructureType seen[8];
static unsigned seen_count;

static VkResult VKAPI_CALL see_chain(
	const VkInstanceCreateInfo *info, const VkAllocationCallbacks *callbacks, VkInstance *instance) {
	seen_count = 0;
	for (const VkBaseInStructure *s = info->pNext; s; s = s->pNext) {
		assert_true(seen_count < 8);
		seen[seen_count++] = s->sType;
	}
	fake.override = NULL;
	return ((PFN_vkCreateInstance)fake_get_instance_proc_addr(NULL, "vkCreateInstance"))(info, callbacks, instance);
}

static bool return_chain_seer(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	if (is_device || strcmp(name, "vkCreateInstance") != 0)
		return false;
	*command = (PFN_vkVoidFunction)see_chain;
	return true;
}

/* Only what is behind a struct of unknown size stays, since the chain cannot be copied up to there. */
static void exports_of_an_instance_end_at_the_layer(void **state) {
	(void)state;
	for (int with_unknown = 0; with_unknown < 2; with_unknown++) {
		struct stack stack;
		fake_reset();
		fake.override = return_chain_seer;
		negotiate(&stack);
		VkLayerInstanceLink link = {.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr};
		const VkBaseInStructure last = {.sType = VK_STRUCTURE_TYPE_MAX_ENUM - 1},
					first = {.sType = VK_STRUCTURE_TYPE_MAX_ENUM - 2};
		const VkExportMetalObjectCreateInfoEXT queue = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
							       &last,
							       VK_EXPORT_METAL_OBJECT_TYPE_METAL_COMMAND_QUEUE_BIT_EXT},
						       device = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
							       &queue,
							       VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT};
		VkBaseInStructure unknown = first;
		unknown.pNext = (const VkBaseInStructure *)&device;
		const VkLayerInstanceCreateInfo chain = {
			.sType = VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
			.pNext = with_unknown ? (const void *)&unknown : &device,
			.function = VK_LAYER_LINK_INFO,
			.u.pLayerInfo = &link,
		};
		const VkApplicationInfo application = {
			.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
		const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
			.pNext = &chain,
			.pApplicationInfo = &application};
		assert_vk(((PFN_vkCreateInstance)stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateInstance"))(
			&info, NULL, &stack.instance));
		assert_int_equal(seen_count, with_unknown ? 5 : 2);
		assert_int_equal(seen[0], VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
		assert_int_equal(seen[seen_count - 1], last.sType);
		stack.device = VK_NULL_HANDLE;
		((PFN_vkDestroyInstance)instance_command(&stack, "vkDestroyInstance"))(stack.instance, NULL);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_old_loaders),
		cmocka_unit_test(an_instance_is_tried_again_without_extensions),
		cmocka_unit_test(exports_of_an_instance_end_at_the_layer),
		cmocka_unit_test(creates_instances_as_the_topmost_layer),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(lists_every_extension_of_the_driver),
		cmocka_unit_test(added_where_host_pages_can_be_imported),
		cmocka_unit_test(device_gets_what_the_layer_requires),
		cmocka_unit_test(steps_aside_for_a_native_extension),
		cmocka_unit_test(steps_aside_for_either_native_extension),
		cmocka_unit_test(enabled_01387_where_it_is_not),
		cmocka_unit_test(driver_failures_pass),
	};
	return cmocka_run_group_tests_name("layer: entry", tests, NULL, NULL);
}
