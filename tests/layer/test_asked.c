/* SPDX-License-Identifier: MIT */
/* What a driver is asked when the program queries, how often, and what becomes of its answers: above a fake driver. */
#include <string.h>

#include "fake_stack.h"
#include "harness.h"
#include "layer/commands.h"

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

static void query_buffers(struct stack *stack, VkBufferUsageFlags usage) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = usage,
		.handleType = MTLBUFFER,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	PFN_vkGetPhysicalDeviceExternalBufferProperties query =
		(PFN_vkGetPhysicalDeviceExternalBufferProperties)instance_command(
			stack, "vkGetPhysicalDeviceExternalBufferProperties");
	query(fake_physical_device(), &info, &properties);
	assert_int_equal(properties.externalMemoryProperties.externalMemoryFeatures,
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
}

static VkResult query_image_properties(struct stack *stack, VkImageFormatProperties2 *properties) {
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = MTLTEXTURE,
	};
	const VkPhysicalDeviceImageFormatInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	PFN_vkGetPhysicalDeviceImageFormatProperties2 query =
		(PFN_vkGetPhysicalDeviceImageFormatProperties2)instance_command(
			stack, "vkGetPhysicalDeviceImageFormatProperties2");
	return query(fake_physical_device(), &info, properties);
}

static VkResult query_images(struct stack *stack) {
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	return query_image_properties(stack, &properties);
}

/* Query results are cached for the life of the instance; errors are not cached. */
static void queries_once(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	start(&stack);
	/* Once whether the device takes host pages at all, and once for each kind of buffer. */
	for (int i = 0; i < 3; i++)
		query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
	assert_int_equal(fake.buffer_queries, 2);
	query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
	assert_int_equal(fake.buffer_queries, 3);

	/* LINEAR images, OPTIMAL ones, and on a CPU device two kinds of OPTIMAL ones more. */
	assert_int_equal(fake.image_queries, 4);
	fake.image_result = VK_ERROR_OUT_OF_HOST_MEMORY;
	assert_int_equal(query_images(&stack), VK_ERROR_OUT_OF_HOST_MEMORY);
	assert_int_equal(query_images(&stack), VK_ERROR_OUT_OF_HOST_MEMORY);
	assert_int_equal(fake.image_queries, 6);
	/* A success without features. */
	fake.image_result = VK_SUCCESS;
	fake.image_features = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(query_images(&stack), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(fake.image_queries, 7);
	finish(&stack);

	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.buffer_queries = fake.image_queries = 0;
	start(&stack);
	query_buffers(&stack, VK_BUFFER_USAGE_TRANSFER_SRC_BIT);
	assert_int_equal(fake.buffer_queries, 2);
	fake.image_features = 0;
	assert_int_equal(query_images(&stack), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(fake.image_queries, 5);
	finish(&stack);
}

/* Queries that run out of memory say nothing about the device: the next one asks again. */
static void lost_roles_are_chosen_again(void **state) {
	struct stack stack;
	(void)state;
	fake_reset();
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	start(&stack);
	for (int i = 0; i < 2; i++) {
		fake.image_result = i ? VK_ERROR_OUT_OF_HOST_MEMORY : VK_ERROR_OUT_OF_DEVICE_MEMORY;
		assert_int_equal(query_images(&stack), fake.image_result);
		stack.device = VK_NULL_HANDLE;
		assert_int_equal(start_device(&stack, metal, 1), fake.image_result);
		stack.device = VK_NULL_HANDLE;
	}
	fake.image_result = VK_SUCCESS;
	assert_vk(query_images(&stack));
	assert_vk(start_device(&stack, metal, 1));
	finish(&stack);
}

/* An image that differs from all others in format or flags. */
static void create_image_of(struct stack *stack, unsigned i) {
	/* All but those of sparse, protected and disjoint images. */
	static const VkImageCreateFlags flags[] = {
		0x8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x400, 0x1000, 0x2000, 0x4000, 0x8000};
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLHEAP,
	};
	VkImageCreateInfo info = image_info((VkFormat)(VK_FORMAT_R8_UNORM + i % 5), 16, 16, VK_IMAGE_TILING_LINEAR);
	info.pNext = &external;
	info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	for (unsigned bit = 0; bit < sizeof(flags) / sizeof(*flags); bit++)
		if (i / 5 >> bit & 1)
			info.flags |= flags[bit];
	VkImage image;
	assert_vk(((PFN_vkCreateImage)device_command(stack, "vkCreateImage"))(stack->device, &info, NULL, &image));
	((PFN_vkDestroyImage)device_command(stack, "vkDestroyImage"))(stack->device, image, NULL);
}

/* However many kinds of images a program has created: the driver is queried once for each new kind, besides the queries
 * for its format, and not again for a recently created one. */
static void queries_once_after_ten_thousand_images(void **state) {
	enum { IMAGES = 10000, FORMATS = 5 };
	struct stack stack;
	(void)state;
	fake_reset();
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	start(&stack);
	assert_vk(start_device(&stack, metal, 1));
	unsigned first = fake.image_queries;
	for (unsigned i = 0; i < IMAGES; i++)
		create_image_of(&stack, i);
	assert_true(fake.image_queries - first >= IMAGES && fake.image_queries - first <= IMAGES + FORMATS);
	first = fake.image_queries;
	for (unsigned round = 0; round < 100; round++)
		for (unsigned i = IMAGES - 12; i < IMAGES; i++)
			create_image_of(&stack, i);
	/* Two of the twelve may have been evicted. */
	assert_true(fake.image_queries - first <= 2);
	finish(&stack);
}

/* A driver that returns success but no features: the layer returns the error that the specification requires. */
static void featureless_success_is_an_error(void **state) {
	VkImageFormatProperties2 properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	struct stack stack;
	(void)state;
	fake_reset();
	start(&stack);
	assert_int_equal(query_image_properties(&stack, &properties), VK_ERROR_FORMAT_NOT_SUPPORTED);
	assert_int_equal(properties.imageFormatProperties.maxMipLevels, 0);
	finish(&stack);
}

/* Queries to the driver about an image that is not created. */
static unsigned layout_queries, sparse_queries;
static VkExternalMemoryHandleTypeFlags queried_types;

static void VKAPI_CALL return_layout(
	VkDevice device, const VkDeviceImageSubresourceInfoKHR *info, VkSubresourceLayout2KHR *layout) {
	(void)device;
	const VkExternalMemoryImageCreateInfo *external = info->pCreateInfo->pNext;
	layout_queries++;
	queried_types = external ? external->handleTypes : 0;
	layout->subresourceLayout = (VkSubresourceLayout){.size = 1024, .rowPitch = 64};
}

static void VKAPI_CALL return_sparse(VkDevice device, const VkDeviceImageMemoryRequirements *info, uint32_t *count,
	VkSparseImageMemoryRequirements2 *requirements) {
	(void)device;
	(void)info;
	(void)requirements;
	sparse_queries++;
	*count = 7;
}

static bool return_image_caps(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	(void)is_device;
	if (strcmp(name, "vkGetDeviceImageSubresourceLayoutKHR") == 0)
		*command = (PFN_vkVoidFunction)return_layout;
	else if (strcmp(name, "vkGetDeviceImageSparseMemoryRequirements") == 0)
		*command = (PFN_vkVoidFunction)return_sparse;
	else
		return false;
	return true;
}

/* The driver is queried about the image that it would be given, and not about one that cannot be created. */
static void images_that_are_not_made(void **state) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME, VK_KHR_MAINTENANCE_5_EXTENSION_NAME};
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_LINEAR);
	info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	const VkImageSubresource2KHR subresource = {.sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_EXT};
	const VkDeviceImageSubresourceInfoKHR layout_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR,
		.pCreateInfo = &info,
		.pSubresource = &subresource,
	};
	const VkDeviceImageMemoryRequirements sparse_query = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
		.pCreateInfo = &info,
	};
	VkSubresourceLayout2KHR layout = {.sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT};
	struct stack stack;
	uint32_t count = 9;
	(void)state;
	fake_reset();
	fake.override = return_image_caps;
	fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
	start(&stack);
	assert_vk(start_device(&stack, extensions, 2));
	PFN_vkGetDeviceImageSubresourceLayoutKHR get_layout = (PFN_vkGetDeviceImageSubresourceLayoutKHR)device_command(
		&stack, "vkGetDeviceImageSubresourceLayoutKHR");
	PFN_vkGetDeviceImageSparseMemoryRequirements get_sparse =
		(PFN_vkGetDeviceImageSparseMemoryRequirements)device_command(
			&stack, "vkGetDeviceImageSparseMemoryRequirements");
	layout_queries = sparse_queries = 0;

	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(queried_types, 0);
	get_sparse(stack.device, &sparse_query, &count, NULL);
	assert_int_equal(count, 7);

	info.pNext = &external;
	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(layout_queries, 2);
	assert_int_equal(queried_types, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT);
	assert_int_equal(layout.subresourceLayout.rowPitch, 64);
	get_sparse(stack.device, &sparse_query, &count, NULL);
	assert_int_equal(sparse_queries, 1);
	assert_int_equal(count, 0);

	info.flags = VK_IMAGE_CREATE_SPARSE_BINDING_BIT;
	get_layout(stack.device, &layout_query, &layout);
	assert_int_equal(layout_queries, 2);
	assert_int_equal(layout.subresourceLayout.rowPitch, 0);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_once),
		cmocka_unit_test(lost_roles_are_chosen_again),
		cmocka_unit_test(queries_once_after_ten_thousand_images),
		cmocka_unit_test(featureless_success_is_an_error),
		cmocka_unit_test(images_that_are_not_made),
	};
	return cmocka_run_group_tests_name("layer: asked", tests, NULL, NULL);
}
