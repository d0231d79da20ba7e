/* SPDX-License-Identifier: MIT */
/* The layer above the strict fake driver, and random images and handle types. */
#include "fuzz_stack.h"

#include "layer/chain.h"

/* Every message is complete and begins with its id. */
static VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	(void)user;
	REQUIRE(severity && types);
	REQUIRE(data->sType == VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CALLBACK_DATA_EXT);
	REQUIRE(data->pMessageIdName && data->pMessage);
	REQUIRE(strncmp(data->pMessage, data->pMessageIdName, strlen(data->pMessageIdName)) == 0);
	for (uint32_t i = 0; i < data->objectCount; i++)
		REQUIRE(data->pObjects[i].sType == VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT);
	return VK_FALSE;
}

static VkDebugUtilsMessengerEXT messenger;

static VkDebugUtilsMessengerEXT create_messenger(VkInstance instance) {
	const VkDebugUtilsMessengerCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity =
			VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
		.pfnUserCallback = on_message,
	};
	VkDebugUtilsMessengerEXT created;
	REQUIRE(tongs_CreateDebugUtilsMessengerEXT(instance, &info, NULL, &created) == VK_SUCCESS);
	return created;
}

void fuzz_start(struct stack *stack, bool optimal_import) {
	static const char *const instance_extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	static const char *const device_extensions[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};
	fake_reset_strict();
	fake.get_struct_size = tongs_chain_struct_size;
	fake.optimal_import = optimal_import;
	if (optimal_import)
		fake.device_type = VK_PHYSICAL_DEVICE_TYPE_CPU;
	start_instance(stack, VK_API_VERSION_1_3, instance_extensions, 1);
	messenger = create_messenger(stack->instance);
	REQUIRE(start_device(stack, device_extensions, 1) == VK_SUCCESS);
	/* The layer enables what it imports by, in place of the extension that it provides. */
	REQUIRE(fake.enabled_count == 1 && strcmp(fake.enabled[0], VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0);
}

void fuzz_finish(struct stack *stack) {
	REQUIRE(fake.live_memories == 0);
	REQUIRE(fake.live_buffers == 0);
	REQUIRE(fake.live_images == 0);
	tongs_DestroyDebugUtilsMessengerEXT(stack->instance, messenger, NULL);
	finish(stack);
}

VkExternalMemoryHandleTypeFlags choose_types(struct input *input) {
	static const VkExternalMemoryHandleTypeFlags usual[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP, MTLBUFFER | MTLHEAP,
		MTLBUFFER, MTLTEXTURE, MTLHEAP, METAL_TYPES, 0, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		MTLHEAP | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
	unsigned row = choose(input, sizeof(usual) / sizeof(*usual) + 1);
	if (row < sizeof(usual) / sizeof(*usual))
		return usual[row];
	/* The driver takes host pages for the layer's own imports. */
	return (VkExternalMemoryHandleTypeFlags)take(input, 4) &
	       ~(VkExternalMemoryHandleTypeFlags)VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
}

/* The last of each is invalid. */
static const VkFormat formats[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R8_UNORM, VK_FORMAT_R16G16B16A16_SFLOAT,
	VK_FORMAT_B8G8R8A8_SRGB, VK_FORMAT_R32G32B32A32_UINT, VK_FORMAT_BC1_RGBA_UNORM_BLOCK,
	VK_FORMAT_ASTC_8x5_UNORM_BLOCK, VK_FORMAT_D32_SFLOAT, VK_FORMAT_D24_UNORM_S8_UINT, VK_FORMAT_S8_UINT,
	VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, VK_FORMAT_UNDEFINED};
static const VkSampleCountFlagBits samples[] = {1, 1, 1, 4, 64, 0};

VkImageCreateInfo choose_image_info(struct input *input) {
	VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.flags = choose(input, 4) ? 0 : (VkImageCreateFlags)take(input, 2),
		.imageType = (VkImageType)choose(input, 4),
		.format = choose(input, 8) ? CHOOSE_FROM(input, formats) : (VkFormat)take(input, 4),
		.extent = {choose(input, 40), choose(input, 40), choose(input, 4)},
		.mipLevels = choose(input, 12),
		.arrayLayers = choose(input, 14),
		.samples = CHOOSE_FROM(input, samples),
		.tiling = (VkImageTiling)choose(input, 3),
		.usage = (VkImageUsageFlags)take(input, 1),
	};
	if (choose(input, 4))
		info.extent.height = info.imageType == VK_IMAGE_TYPE_1D ? 1 : info.extent.height;
	if (choose(input, 4))
		info.extent.depth = info.imageType == VK_IMAGE_TYPE_3D ? info.extent.depth : 1;
	if (choose(input, 4))
		info.arrayLayers = info.imageType == VK_IMAGE_TYPE_3D ? 1 : info.arrayLayers;
	return info;
}
