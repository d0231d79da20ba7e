/* SPDX-License-Identifier: MIT */
/* The rules of exports and of the extension's two commands. */
#include <string.h>

#include "rules.h"

static void refuse_handle(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type,
	const char *rule, VkObjectType object_type, uint64_t object, const char *name) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = memory,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)type,
	};
	void *handle = gpu;
	assert_int_equal(gpu->get_handle(gpu->device, &info, &handle), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_null(handle);
	assert_reported_of(gpu, rule, REFUSED, object_type, object, name);
	/* The text says what was requested. */
	static const struct {
		VkExternalMemoryHandleTypeFlags type;
		const char *name;
	} names[] = {{MTLBUFFER, "MTLBUFFER"}, {MTLTEXTURE, "MTLTEXTURE"}, {MTLHEAP, "MTLHEAP"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((type & names[i].type) && !strstr(gpu->last.text, names[i].name))
			fail_msg("%s is not in: %s", names[i].name, gpu->last.text);
}

static void handle_10413_10414_10415(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	uint32_t type = shared_type(&gpu);
	VkDeviceMemory memory = export_memory(&gpu, SIZE, type, MTLBUFFER, VK_NULL_HANDLE, VK_NULL_HANDLE);
	VkDeviceMemory plain = export_memory(&gpu, SIZE, 0, 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, "shared"));
	set_name(&gpu, OBJECT(DEVICE_MEMORY, plain, "plain"));
	refuse_handle(&gpu, plain, MTLBUFFER, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413",
		OBJECT(DEVICE_MEMORY, plain, "plain"));
	refuse_handle(&gpu, VK_NULL_HANDLE, MTLBUFFER, "10413", OBJECT(DEVICE, gpu.device, NULL));
	refuse_handle(&gpu, (VkDeviceMemory)(uintptr_t)0x1230, MTLBUFFER, "10413", OBJECT(DEVICE_MEMORY, 0x1230, NULL));
	refuse_handle(&gpu, memory, MTLHEAP, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414",
		OBJECT(DEVICE_MEMORY, memory, "shared"));
	const VkExternalMemoryHandleTypeFlags types[] = {
		0, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, MTLBUFFER | MTLHEAP, 0x80000000};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		refuse_handle(&gpu, memory, types[i], "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10415",
			OBJECT(DEVICE_MEMORY, memory, "shared"));
	handle_of(&gpu, memory, MTLBUFFER);
	assert_reported(&gpu, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	vkFreeMemory(gpu.device, plain, NULL);
	gpu_finish(&gpu);
}

/* Memory that was allocated for export, but as none of Metal's handle types, until it is freed. */
static void handle_10414_of_another_export(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (int round = 0; round < 3; round++) {
		VkBuffer buffer = make_buffer(&gpu, SIZE / 2, COPIES, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
		VkMemoryRequirements requirements;
		vkGetBufferMemoryRequirements(gpu.device, buffer, &requirements);
		VkDeviceMemory memory = export_memory(&gpu, SIZE, pick_mapped(&gpu, requirements.memoryTypeBits),
			VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, VK_NULL_HANDLE, VK_NULL_HANDLE);
		void *mapped;
		set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, "for a file"));
		refuse_handle(&gpu, memory, MTLBUFFER, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414",
			OBJECT(DEVICE_MEMORY, memory, "for a file"));
		/* In all else it is memory like any other. */
		assert_vk(vkMapMemory(gpu.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
		memset(mapped, 1, SIZE);
		vkUnmapMemory(gpu.device, memory);
		assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
		vkDestroyBuffer(gpu.device, buffer, NULL);
		assert_reported(&gpu, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		refuse_handle(&gpu, memory, MTLBUFFER, "10413", OBJECT(DEVICE_MEMORY, memory, NULL));
	}
	gpu_finish(&gpu);
}

/* Programs query imported memory for the handle that it was imported from, without having named it for export. */
static void handle_10413_of_an_import(void **state) {
	struct gpu gpu;
	VkDeviceMemory memory;
	(void)state;
	gpu_init(&gpu, NULL);
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	assert_vk(try_import(&gpu, MTLBUFFER, buffer, SIZE, pick_type(&gpu, handle_types(&gpu, MTLBUFFER, buffer), 0),
		VK_NULL_HANDLE, &memory));
	set_name(&gpu, OBJECT(DEVICE_MEMORY, memory, "imported"));
	assert_ptr_equal(handle_of(&gpu, memory, MTLBUFFER), buffer);
	assert_reported_of(&gpu, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413", TOLERATED,
		OBJECT(DEVICE_MEMORY, memory, "imported"));
	refuse_handle(&gpu, memory, MTLHEAP, "10413", OBJECT(DEVICE_MEMORY, memory, "imported"));
	/* The memory holds the object. */
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void refuse_properties(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle,
	const char *rule, VkObjectType object_type, uint64_t object, const char *name) {
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xabcdef,
	};
	assert_int_equal(
		gpu->get_properties(gpu->device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_int_equal(properties.memoryTypeBits, 0);
	assert_reported_of(gpu, rule, REFUSED, object_type, object, name);
}

static void properties_10416_10417(void **state) {
	static const char *const no_object = "VUID-vkGetMemoryMetalHandlePropertiesEXT-handle-10416",
				 *const no_type = "VUID-vkGetMemoryMetalHandlePropertiesEXT-handleType-10417";
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	set_name(&gpu, OBJECT(DEVICE, gpu.device, "the device"));
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	refuse_properties(&gpu, MTLBUFFER, NULL, no_object, OBJECT(DEVICE, gpu.device, "the device"));
	refuse_properties(&gpu, MTLBUFFER, (void *)1, no_object, OBJECT(UNKNOWN, 1, NULL));
	refuse_properties(&gpu, MTLBUFFER, device, no_object, OBJECT(UNKNOWN, device, NULL));
	refuse_properties(&gpu, MTLHEAP, buffer, no_object, OBJECT(UNKNOWN, buffer, NULL));
	assert_non_null(strstr(gpu.last.text, "an MTLBuffer"));
	const VkExternalMemoryHandleTypeFlags types[] = {
		0, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT, MTLBUFFER | MTLHEAP, 0x80000000};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		refuse_properties(&gpu, types[i], buffer, no_type, OBJECT(UNKNOWN, buffer, NULL));
	tongs_buffer_unref(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

static void export_00639_texture_without_an_image(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImage images[] = {VK_NULL_HANDLE, make_image(&gpu, &create, 0), make_image(&gpu, &create, MTLHEAP)};
	static const char *const mends[] = {"chain VkMemoryDedicatedAllocateInfo",
		"create it there, with VkExternalMemoryImageCreateInfo", "add MTLTEXTURE to"};
	for (size_t i = 0; i < 3; i++) {
		const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(images[i], VK_NULL_HANDLE);
		const VkExportMemoryAllocateInfo export = export_info(MTLTEXTURE, &dedicated);
		if (images[i])
			set_name(&gpu, OBJECT(IMAGE, images[i], "not for textures"));
		assert_refused(&gpu, &export, 65536, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
			"VUID-VkMemoryAllocateInfo-pNext-00639",
			images[i] ? VK_OBJECT_TYPE_IMAGE : VK_OBJECT_TYPE_DEVICE,
			images[i] ? (uint64_t)(uintptr_t)images[i] : (uint64_t)(uintptr_t)gpu.device,
			images[i] ? "not for textures" : NULL);
		assert_non_null(strstr(gpu.last.text, mends[i]));
		vkDestroyImage(gpu.device, images[i], NULL);
	}
	const VkExportMemoryAllocateInfo undedicated = export_info(MTLTEXTURE, NULL);
	assert_refused(&gpu, &undedicated, 65536, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT, "00639",
		OBJECT(DEVICE, gpu.device, NULL));
	gpu_finish(&gpu);
}

static void export_00656_types_that_cannot_be(void **state) {
	static const char *const rule = "VUID-VkExportMemoryAllocateInfo-handleTypes-00656";
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	uint32_t type = shared_type(&gpu);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLHEAP);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	set_name(&gpu, OBJECT(IMAGE, image, "optimal"));
	set_name(&gpu, OBJECT(BUFFER, buffer, "buffer"));
	const VkExternalMemoryHandleTypeFlags mixed[] = {
		MTLTEXTURE | MTLHEAP, MTLTEXTURE | MTLBUFFER, MTLBUFFER | VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT};
	for (size_t i = 0; i < sizeof(mixed) / sizeof(*mixed); i++) {
		const VkExportMemoryAllocateInfo export = export_info(mixed[i], NULL);
		assert_refused(&gpu, &export, 65536, type, VK_ERROR_VALIDATION_FAILED_EXT, rule,
			OBJECT(DEVICE, gpu.device, NULL));
	}
	/* Supported, but not by the resource. */
	const VkMemoryDedicatedAllocateInfo of_image = dedicated_info(image, VK_NULL_HANDLE),
					    of_buffer = dedicated_info(VK_NULL_HANDLE, buffer);
	const VkExportMemoryAllocateInfo image_export = export_info(MTLBUFFER, &of_image),
					 buffer_export = export_info(MTLTEXTURE, &of_buffer);
	assert_refused(&gpu, &image_export, 65536, type, VK_ERROR_VALIDATION_FAILED_EXT, rule,
		OBJECT(IMAGE, image, "optimal"));
	assert_refused(&gpu, &buffer_export, 65536, type, VK_ERROR_VALIDATION_FAILED_EXT, rule,
		OBJECT(BUFFER, buffer, "buffer"));
	/* Nor by the memory type. */
	const uint32_t bad_types[] = {31, 32, UINT32_MAX};
	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, NULL);
	for (size_t i = 0; i < sizeof(bad_types) / sizeof(*bad_types); i++)
		assert_refused(&gpu, &export, 65536, bad_types[i], VK_ERROR_VALIDATION_FAILED_EXT, rule,
			OBJECT(DEVICE, gpu.device, NULL));
	vkDestroyImage(gpu.device, image, NULL);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	gpu_finish(&gpu);
}

static void export_07899_07897_no_size(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	set_name(&gpu, OBJECT(DEVICE, gpu.device, "the device"));
	const VkExportMemoryAllocateInfo export = export_info(MTLHEAP, NULL);
	assert_refused(&gpu, &export, 0, shared_type_as(&gpu, MTLHEAP), VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryAllocateInfo-allocationSize-07899", OBJECT(DEVICE, gpu.device, "the device"));
	/* Neither import nor export, though there is a struct of the extension. */
	const VkImportMemoryMetalHandleInfoEXT none = import_info(0, NULL, NULL);
	assert_refused(&gpu, &none, 0, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryAllocateInfo-allocationSize-07897", OBJECT(DEVICE, gpu.device, "the device"));
	gpu_finish(&gpu);
}

static void export_02964_02965_fewer_bytes_than_the_resource_needs(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo create = rgba8(VK_IMAGE_TILING_OPTIMAL);
	const VkExternalMemoryHandleTypeFlags types[] = {MTLTEXTURE, MTLHEAP};
	for (size_t i = 0; i < 2; i++) {
		VkImage image = make_image(&gpu, &create, types[i]);
		const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, VK_NULL_HANDLE);
		const VkExportMemoryAllocateInfo export = export_info(types[i], &dedicated);
		VkMemoryRequirements requirements;
		vkGetImageMemoryRequirements(gpu.device, image, &requirements);
		assert_refused(&gpu, &export, requirements.size - 1, pick_type(&gpu, requirements.memoryTypeBits, 0),
			VK_ERROR_VALIDATION_FAILED_EXT, "VUID-VkMemoryDedicatedAllocateInfo-image-02964",
			OBJECT(IMAGE, image, NULL));
		vkDestroyImage(gpu.device, image, NULL);
	}
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	set_name(&gpu, OBJECT(BUFFER, buffer, "vertices"));
	const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(VK_NULL_HANDLE, buffer);
	const VkExportMemoryAllocateInfo export = export_info(MTLBUFFER, &dedicated);
	assert_refused(&gpu, &export, SIZE - 1, shared_type(&gpu), VK_ERROR_VALIDATION_FAILED_EXT,
		"VUID-VkMemoryDedicatedAllocateInfo-buffer-02965", OBJECT(BUFFER, buffer, "vertices"));
	vkDestroyBuffer(gpu.device, buffer, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handle_10413_10414_10415),
		cmocka_unit_test(handle_10414_of_another_export),
		cmocka_unit_test(handle_10413_of_an_import),
		cmocka_unit_test(properties_10416_10417),
		cmocka_unit_test(export_00639_texture_without_an_image),
		cmocka_unit_test(export_00656_types_that_cannot_be),
		cmocka_unit_test(export_07899_07897_no_size),
		cmocka_unit_test(export_02964_02965_fewer_bytes_than_the_resource_needs),
	};
	return cmocka_run_group_tests_name("layer: rules of exports", tests, NULL, NULL);
}
