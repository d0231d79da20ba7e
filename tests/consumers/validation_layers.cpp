// SPDX-License-Identifier: MIT
// The validation layers' own tests of both extensions (Vulkan-ValidationLayers): each breaks one rule. Here Tongs
// reports the rule, in place of the validation layer, and nothing comes back.
#include <initializer_list>

#include "consumer.h"

namespace {

constexpr VkDeviceSize kBytes = 4096;

const VkExternalMemoryHandleTypeFlagBits kBuffer = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
					 kTexture = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT;

// Memory of VK_EXT_external_memory_metal.

struct Image {
	VkImage image = VK_NULL_HANDLE;
	VkMemoryRequirements requirements{};
	VkDeviceMemory memory = VK_NULL_HANDLE;
};

VkImageCreateInfo sampled_image_info() {
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 64, 64, VK_IMAGE_TILING_OPTIMAL);
	info.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	return info;
}

void open_with_image(gpu *device, Image *image) {
	gpu_init(device, nullptr);
	const VkImageCreateInfo info = sampled_image_info();
	if (!can_share_image(device, &info, kTexture))
		gpu_finish_and_skip(device, "no exportable metal texture");
	image->image = make_image(device, &info, kTexture);
	vkGetImageMemoryRequirements(device->device, image->image, &image->requirements);
}

// Exports the texture.
void *bind_exported(gpu *device, Image *image) {
	image->memory = export_memory(device, image->requirements.size,
		pick_type(device, image->requirements.memoryTypeBits, 0), kTexture, image->image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(device->device, image->image, image->memory, 0));
	return handle_of(device, image->memory, kTexture);
}

void close(gpu *device, const Image &image) {
	vkDestroyImage(device->device, image.image, nullptr);
	vkFreeMemory(device->device, image.memory, nullptr);
	gpu_finish(device);
}

void refuse_allocation(gpu *device, const void *next, VkDeviceSize size, uint32_t type, const char *rule) {
	const VkMemoryAllocateInfo info = {VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, next, size, type};
	VkDeviceMemory memory = VK_NULL_HANDLE;
	assert_int_not_equal(vkAllocateMemory(device->device, &info, nullptr, &memory), VK_SUCCESS);
	assert_true(memory == VK_NULL_HANDLE);
	assert_reported(device, rule);
}

void exportable_image_without_dedication(void **) {
	gpu device;
	Image image;
	open_with_image(&device, &image);
	const VkExportMemoryAllocateInfo exported = {VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, nullptr, kTexture};
	refuse_allocation(&device, &exported, image.requirements.size,
		pick_type(&device, image.requirements.memoryTypeBits, 0), "VUID-VkMemoryAllocateInfo-pNext-00639");
	close(&device, image);
}

// Neither without the struct, nor with one that names no image.
void imported_image_without_dedication(void **) {
	gpu device;
	Image image;
	open_with_image(&device, &image);
	void *handle = bind_exported(&device, &image);
	const VkMemoryDedicatedAllocateInfo none = {
		VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO, nullptr, VK_NULL_HANDLE, VK_NULL_HANDLE};
	for (const void *next : {static_cast<const void *>(nullptr), static_cast<const void *>(&none)}) {
		const VkImportMemoryMetalHandleInfoEXT imported = {
			VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT, next, kTexture, handle};
		refuse_allocation(&device, &imported, 0, 0, "VUID-VkMemoryAllocateInfo-pNext-10395");
	}
	close(&device, image);
}

// It is allocated all the same: the size of a texture is not looked at.
void imported_image_with_a_size(void **) {
	gpu device;
	Image image;
	open_with_image(&device, &image);
	void *handle = bind_exported(&device, &image);
	VkImageCreateInfo info = sampled_image_info();
	VkImage other = make_image(&device, &info, kTexture);
	VkDeviceMemory memory;
	assert_vk(try_import(&device, kTexture, handle, 100,
		pick_type(&device, image.requirements.memoryTypeBits & handle_types(&device, kTexture, handle), 0),
		other, &memory));
	assert_reported(&device, "VUID-VkMemoryAllocateInfo-pNext-10397");
	vkDestroyImage(device.device, other, nullptr);
	vkFreeMemory(device.device, memory, nullptr);
	close(&device, image);
}

void refuse_handle(gpu *device, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlagBits type, const char *rule) {
	const VkMemoryGetMetalHandleInfoEXT info = {
		VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT, nullptr, memory, type};
	void *handle = &handle;
	assert_int_not_equal(device->get_handle(device->device, &info, &handle), VK_SUCCESS);
	assert_null(handle);
	assert_reported(device, rule);
}

void handle_without_export(void **) {
	gpu device;
	gpu_init(&device, nullptr);
	VkBuffer buffer = make_buffer(&device, kBytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT, kBuffer);
	VkMemoryRequirements requirements;
	vkGetBufferMemoryRequirements(device.device, buffer, &requirements);
	VkDeviceMemory memory = export_memory(&device, requirements.size,
		pick_type(&device, requirements.memoryTypeBits, 0), 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	refuse_handle(&device, memory, kBuffer, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413");
	vkDestroyBuffer(device.device, buffer, nullptr);
	vkFreeMemory(device.device, memory, nullptr);
	gpu_finish(&device);
}

// Of the other Metal type, and of no Metal type.
void handle_of_another_type(void **) {
	gpu device;
	gpu_init(&device, nullptr);
	VkBuffer buffer = make_buffer(&device, kBytes, VK_BUFFER_USAGE_TRANSFER_DST_BIT, kBuffer);
	VkDeviceMemory memory = export_for_buffer(&device, buffer, kBuffer);
	refuse_handle(&device, memory, kTexture, "VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10414");
	refuse_handle(&device, memory, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
		"VUID-VkMemoryGetMetalHandleInfoEXT-handleType-10415");
	vkDestroyBuffer(device.device, buffer, nullptr);
	vkFreeMemory(device.device, memory, nullptr);
	gpu_finish(&device);
}

// VK_EXT_metal_objects. The suite has one test that goes through all rules with the same structs.

const VkExportMetalObjectCreateInfoEXT kEvent = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, nullptr,
					       VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT},
				       kMetalBuffer = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, nullptr,
					       VK_EXPORT_METAL_OBJECT_TYPE_METAL_BUFFER_BIT_EXT},
				       kMetalTexture = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT, nullptr,
					       VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT};

VkImageCreateInfo linear_image_info(const void *next) {
	VkImageCreateInfo info = image_info(VK_FORMAT_B8G8R8A8_UNORM, 128, 128, VK_IMAGE_TILING_LINEAR);
	info.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
	info.pNext = next;
	return info;
}

void refuse_image(gpu *device, VkFormat format, const void *next, const char *rule) {
	VkImageCreateInfo info = linear_image_info(next);
	info.format = format;
	VkImage image;
	assert_int_not_equal(vkCreateImage(device->device, &info, nullptr, &image), VK_SUCCESS);
	assert_reported(device, rule);
}

void wrong_create_infos(void **) {
	gpu device;
	const gpu_options options = {.with_objects = true, .instance_exports = {kEvent.exportObjectType}};
	gpu_init(&device, &options);
	assert_reported(&device, "VUID-VkInstanceCreateInfo-pNext-06779");
	refuse_allocation(&device, &kEvent, kBytes, shared_type(&device), "VUID-VkMemoryAllocateInfo-pNext-06780");
	refuse_image(&device, VK_FORMAT_B8G8R8A8_UNORM, &kEvent, "VUID-VkImageCreateInfo-pNext-06783");
	VkImportMetalTextureInfoEXT imported = {
		VK_STRUCTURE_TYPE_IMPORT_METAL_TEXTURE_INFO_EXT, nullptr, VK_IMAGE_ASPECT_COLOR_BIT, nullptr};
	refuse_image(&device, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, &imported, "VUID-VkImageCreateInfo-pNext-06784");
	imported.plane = VK_IMAGE_ASPECT_PLANE_1_BIT;
	refuse_image(&device, VK_FORMAT_B8G8R8A8_UNORM, &imported, "VUID-VkImageCreateInfo-pNext-06785");
	imported.plane = VK_IMAGE_ASPECT_PLANE_2_BIT;
	refuse_image(&device, VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, &imported, "VUID-VkImageCreateInfo-pNext-06786");

	const VkSemaphoreCreateInfo semaphore_info = {VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &kMetalBuffer};
	VkSemaphore semaphore;
	assert_int_not_equal(vkCreateSemaphore(device.device, &semaphore_info, nullptr, &semaphore), VK_SUCCESS);
	assert_reported(&device, "VUID-VkSemaphoreCreateInfo-pNext-06789");
	const VkEventCreateInfo event_info = {VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, &kMetalBuffer};
	VkEvent event;
	assert_int_not_equal(vkCreateEvent(device.device, &event_info, nullptr, &event), VK_SUCCESS);
	assert_reported(&device, "VUID-VkEventCreateInfo-pNext-06790");
	gpu_finish(&device);
}

// Exports by one struct, which must come back with the object, or without one.
template <typename Info> void export_by(gpu *device, Info *info, const char *rule) {
	VkExportMetalObjectsInfoEXT objects = {VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT, info};
	device->export_objects(device->device, &objects);
	assert_reported(device, rule);
}

void refuse_texture(gpu *device, VkImage image, VkImageView view, VkBufferView buffer_view, VkImageAspectFlagBits plane,
	const char *rule) {
	VkExportMetalTextureInfoEXT info = {
		VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT, nullptr, image, view, buffer_view, plane, device};
	export_by(device, &info, rule);
	assert_null(info.mtlTexture);
}

// Of objects that did not say so when they were created.
void unmarked_objects(void **) {
	gpu device;
	consumer_open_plainly(&device);
	VkExportMetalDeviceInfoEXT metal_device = {VK_STRUCTURE_TYPE_EXPORT_METAL_DEVICE_INFO_EXT};
	export_by(&device, &metal_device, "VUID-VkExportMetalObjectsInfoEXT-pNext-06791");
	VkExportMetalCommandQueueInfoEXT queue = {
		VK_STRUCTURE_TYPE_EXPORT_METAL_COMMAND_QUEUE_INFO_EXT, nullptr, device.queue, nullptr};
	export_by(&device, &queue, "VUID-VkExportMetalObjectsInfoEXT-pNext-06792");
	VkDeviceMemory memory = export_memory(&device, kBytes, shared_type(&device), 0, VK_NULL_HANDLE, VK_NULL_HANDLE);
	VkExportMetalBufferInfoEXT buffer = {VK_STRUCTURE_TYPE_EXPORT_METAL_BUFFER_INFO_EXT, nullptr, memory, &device};
	export_by(&device, &buffer, "VUID-VkExportMetalObjectsInfoEXT-pNext-06793");
	assert_null(buffer.mtlBuffer);
	vkFreeMemory(device.device, memory, nullptr);

	const VkImageCreateInfo info = linear_image_info(nullptr);
	VkImage image;
	assert_vk(vkCreateImage(device.device, &info, nullptr, &image));
	refuse_texture(&device, image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_0_BIT,
		"VUID-VkExportMetalObjectsInfoEXT-pNext-06795");
	VkExportMetalIOSurfaceInfoEXT surface = {VK_STRUCTURE_TYPE_EXPORT_METAL_IO_SURFACE_INFO_EXT, nullptr, image};
	export_by(&device, &surface, "VUID-VkExportMetalObjectsInfoEXT-pNext-06803");
	assert_null(surface.ioSurface);
	vkDestroyImage(device.device, image, nullptr);

	VkExportMetalSharedEventInfoEXT event = {VK_STRUCTURE_TYPE_EXPORT_METAL_SHARED_EVENT_INFO_EXT};
	export_by(&device, &event, "VUID-VkExportMetalObjectsInfoEXT-pNext-06804");
	const VkSemaphoreCreateInfo semaphore_info = {VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
	assert_vk(vkCreateSemaphore(device.device, &semaphore_info, nullptr, &event.semaphore));
	export_by(&device, &event, "VUID-VkExportMetalObjectsInfoEXT-pNext-06805");
	vkDestroySemaphore(device.device, event.semaphore, nullptr);
	event.semaphore = VK_NULL_HANDLE;
	const VkEventCreateInfo event_info = {VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
	assert_vk(vkCreateEvent(device.device, &event_info, nullptr, &event.event));
	export_by(&device, &event, "VUID-VkExportMetalObjectsInfoEXT-pNext-06806");
	vkDestroyEvent(device.device, event.event, nullptr);
	assert_null(event.mtlSharedEvent);
	gpu_finish(&device);
}

// Views are of bound resources.
struct Views {
	VkImage image;
	VkBuffer buffer;
	VkDeviceMemory image_memory, buffer_memory;
	VkImageViewCreateInfo image_info;
	VkBufferViewCreateInfo buffer_info;
};

void open_with_views(gpu *device, Views *views) {
	VkImageCreateInfo info = image_info(VK_FORMAT_B8G8R8A8_UNORM, 128, 128, VK_IMAGE_TILING_OPTIMAL);
	VkMemoryRequirements requirements;
	consumer_open_plainly(device);
	if (!can_share_image(device, &info, kTexture))
		gpu_finish_and_skip(device, "no exportable metal texture");
	info.pNext = &kMetalTexture;
	assert_vk(vkCreateImage(device->device, &info, nullptr, &views->image));
	vkGetImageMemoryRequirements(device->device, views->image, &requirements);
	views->image_memory = export_memory(device, requirements.size,
		pick_type(device, requirements.memoryTypeBits, 0), 0, views->image, VK_NULL_HANDLE);
	assert_vk(vkBindImageMemory(device->device, views->image, views->image_memory, 0));
	views->buffer = make_buffer(device, 1024, VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT, 0);
	views->buffer_memory = export_for_buffer(device, views->buffer, 0);
	views->image_info = {VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO, nullptr, 0, views->image, VK_IMAGE_VIEW_TYPE_2D,
		VK_FORMAT_B8G8R8A8_UNORM, {}, {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
	views->buffer_info = {VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO, nullptr, 0, views->buffer,
		VK_FORMAT_B8G8R8A8_UNORM, 0, VK_WHOLE_SIZE};
}

void close(gpu *device, const Views &views) {
	vkDestroyBuffer(device->device, views.buffer, nullptr);
	vkFreeMemory(device->device, views.buffer_memory, nullptr);
	vkDestroyImage(device->device, views.image, nullptr);
	vkFreeMemory(device->device, views.image_memory, nullptr);
	gpu_finish(device);
}

void textures(void **) {
	gpu device;
	Views views;
	open_with_views(&device, &views);
	refuse_texture(&device, views.image, VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_PLANE_1_BIT,
		"VUID-VkExportMetalObjectsInfoEXT-pNext-06799");
	// Done all the same.
	VkExportMetalTextureInfoEXT color = {VK_STRUCTURE_TYPE_EXPORT_METAL_TEXTURE_INFO_EXT, nullptr, views.image,
		VK_NULL_HANDLE, VK_NULL_HANDLE, VK_IMAGE_ASPECT_COLOR_BIT, nullptr};
	export_by(&device, &color, "VUID-VkExportMetalObjectsInfoEXT-pNext-06798");
	assert_non_null(color.mtlTexture);
	close(&device, views);
}

void textures_of_views(void **) {
	gpu device;
	Views views;
	VkImageView plain, view;
	VkBufferView buffer_view;
	const VkImageAspectFlagBits first = VK_IMAGE_ASPECT_PLANE_0_BIT, second = VK_IMAGE_ASPECT_PLANE_1_BIT;
	open_with_views(&device, &views);
	views.buffer_info.pNext = views.image_info.pNext = &kEvent;
	assert_int_not_equal(vkCreateBufferView(device.device, &views.buffer_info, nullptr, &buffer_view), VK_SUCCESS);
	assert_reported(&device, "VUID-VkBufferViewCreateInfo-pNext-06782");
	assert_int_not_equal(vkCreateImageView(device.device, &views.image_info, nullptr, &view), VK_SUCCESS);
	assert_reported(&device, "VUID-VkImageViewCreateInfo-pNext-06787");

	views.buffer_info.pNext = views.image_info.pNext = nullptr;
	assert_vk(vkCreateBufferView(device.device, &views.buffer_info, nullptr, &buffer_view));
	assert_vk(vkCreateImageView(device.device, &views.image_info, nullptr, &plain));
	refuse_texture(&device, views.image, VK_NULL_HANDLE, buffer_view, first,
		"VUID-VkExportMetalObjectsInfoEXT-pNext-06794");
	refuse_texture(
		&device, VK_NULL_HANDLE, plain, VK_NULL_HANDLE, first, "VUID-VkExportMetalObjectsInfoEXT-pNext-06796");
	refuse_texture(&device, VK_NULL_HANDLE, VK_NULL_HANDLE, buffer_view, first,
		"VUID-VkExportMetalObjectsInfoEXT-pNext-06797");
	views.image_info.pNext = &kMetalTexture;
	assert_vk(vkCreateImageView(device.device, &views.image_info, nullptr, &view));
	refuse_texture(
		&device, VK_NULL_HANDLE, view, VK_NULL_HANDLE, second, "VUID-VkExportMetalObjectsInfoEXT-pNext-06801");
	vkDestroyBufferView(device.device, buffer_view, nullptr);
	vkDestroyImageView(device.device, plain, nullptr);
	vkDestroyImageView(device.device, view, nullptr);
	close(&device, views);
}

} // namespace

int main() {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exportable_image_without_dedication),
		cmocka_unit_test(imported_image_without_dedication),
		cmocka_unit_test(imported_image_with_a_size),
		cmocka_unit_test(handle_without_export),
		cmocka_unit_test(handle_of_another_type),
		cmocka_unit_test(wrong_create_infos),
		cmocka_unit_test(unmarked_objects),
		cmocka_unit_test(textures),
		cmocka_unit_test(textures_of_views),
	};
	return cmocka_run_group_tests_name("consumers: the validation layers' tests", tests, nullptr, nullptr);
}
