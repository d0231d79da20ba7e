/* SPDX-License-Identifier: MIT */
/* Imports and property queries of pointers that are not handles: refused with zeroed outputs, and not dereferenced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../objc/libobjc.h"
#include "hostile.h"
#include "harness.h"
#include "metal/interop.h"
#include "memory/payload.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum { SIZE = 8192, WIDTH = 32, HEIGHT = 16 };

static const VkExternalMemoryHandleTypeFlags metal_types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};
static size_t tried, refused;

/* A device with one live object of each class that a handle, or what is taken for one, may have. */
enum { BUFFER, HEAP, TEXTURE, VIEW, IN_HEAP, DEVICE, DESCRIPTOR, HEAP_DESCRIPTOR, SURFACE, LIVE_COUNT };

static const VkExternalMemoryHandleTypeFlags right_types[LIVE_COUNT] = {
	[BUFFER] = MTLBUFFER,
	[HEAP] = MTLHEAP,
	[TEXTURE] = MTLTEXTURE,
	[VIEW] = MTLTEXTURE,
	[IN_HEAP] = MTLBUFFER,
};

struct scene {
	struct gpu gpu;
	uint32_t memory_type;
	VkBuffer buffer;
	VkImage image;
	VkDeviceMemory buffer_memory, image_memory, heap_memory; /* the last one is NULL if buffers are in heaps */
	void *live[LIVE_COUNT];
};

static id new_object(const char *class_name) {
	Class class = objc_lookUpClass(class_name);
	SEL selector = sel_registerName("new");
	return ((id(*)(id, SEL))(void (*)(void))objc_msg_lookup((id) class, selector))((id) class, selector);
}

static void release(void *object) {
	SEL selector = sel_registerName("release");
	((void (*)(id, SEL))(void (*)(void))objc_msg_lookup(object, selector))(object, selector);
}

static void scene_init(struct scene *scene) {
	struct gpu *gpu = &scene->gpu;
	const MTLTextureSwizzleChannels identity = {
		MTLTextureSwizzleRed, MTLTextureSwizzleGreen, MTLTextureSwizzleBlue, MTLTextureSwizzleAlpha};
	gpu_init(gpu, NULL);
	scene->memory_type = shared_type(gpu);
	const bool combines = can_combine(gpu);
	const VkExternalMemoryHandleTypeFlags types = combines ? MTLBUFFER | MTLHEAP : MTLBUFFER;
	scene->buffer = make_buffer(gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, types);
	scene->buffer_memory = export_for_buffer(gpu, scene->buffer, types);
	scene->heap_memory = combines ? VK_NULL_HANDLE
				      : export_memory(gpu, SIZE, shared_type_as(gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE,
						VK_NULL_HANDLE);
	VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	scene->image = make_image(gpu, &create, MTLTEXTURE);
	scene->image_memory = export_for_image(gpu, scene->image, MTLTEXTURE);
	void **live = scene->live;
	live[BUFFER] = handle_of(gpu, scene->buffer_memory, MTLBUFFER);
	live[HEAP] = handle_of(gpu, combines ? scene->buffer_memory : scene->heap_memory, MTLHEAP);
	live[TEXTURE] = handle_of(gpu, scene->image_memory, MTLTEXTURE);
	live[VIEW] =
		tongs_texture_new_view(live[TEXTURE], MTLPixelFormatRGBA8Unorm, MTLTextureType2D, 0, 1, 0, 1, identity);
	live[IN_HEAP] = tongs_heap_new_buffer_at(
		live[HEAP], 256, tongs_heap_get_resource_options(live[HEAP]) & ~MTLResourceHazardTrackingModeMask, 0);
	live[DEVICE] = tongs_device_ref(tongs_heap_get_device(live[HEAP]));
	live[DESCRIPTOR] = new_object("MTLTextureDescriptor");
	live[HEAP_DESCRIPTOR] = new_object("MTLHeapDescriptor");
	live[SURFACE] = tongs_surface_new(&(struct tongs_surface_info){.alloc_size = SIZE});
	for (size_t i = 0; i < LIVE_COUNT; i++)
		assert_non_null(live[i]);
}

static void scene_finish(struct scene *scene) {
	struct gpu *gpu = &scene->gpu;
	for (size_t i = VIEW; i < LIVE_COUNT; i++)
		release(scene->live[i]);
	vkDestroyBuffer(gpu->device, scene->buffer, NULL);
	vkDestroyImage(gpu->device, scene->image, NULL);
	vkFreeMemory(gpu->device, scene->buffer_memory, NULL);
	vkFreeMemory(gpu->device, scene->heap_memory, NULL);
	vkFreeMemory(gpu->device, scene->image_memory, NULL);
	gpu_finish(gpu);
}

/* Both commands refuse `handle` as `type` and leave nothing in their outputs. */
static bool is_refused(struct scene *scene, const void *handle, VkExternalMemoryHandleTypeFlags type) {
	struct gpu *gpu = &scene->gpu;
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xabcdef,
	};
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	bool good = gpu->get_properties(gpu->device, (VkExternalMemoryHandleTypeFlagBits)type, handle, &properties) ==
			    VK_ERROR_INVALID_EXTERNAL_HANDLE &&
		    properties.memoryTypeBits == 0;
	/* Of the type 0 the import is none, and the allocation succeeds. */
	if (type)
		good &= try_import(gpu, type, handle, SIZE, scene->memory_type, scene->image, &memory) ==
				VK_ERROR_INVALID_EXTERNAL_HANDLE &&
			memory == VK_NULL_HANDLE;
	return good;
}

static void refuse(struct scene *scene, const void *handle, VkExternalMemoryHandleTypeFlags right_type) {
	bool good = true;
	for (size_t i = 0; i < LENGTH(metal_types); i++)
		if (metal_types[i] != right_type)
			good &= is_refused(scene, handle, metal_types[i]);
	tried++;
	refused += good;
	if (!good)
		fail_msg("%p was not refused", handle);
}

static void what_is_no_object(void **state) {
	struct scene scene;
	struct hostile hostile;
	(void)state;
	scene_init(&scene);
	hostile_init(&hostile, (const void *const *)scene.live, LIVE_COUNT, 40000);
	for (size_t i = 0; i < hostile.count; i++)
		refuse(&scene, hostile.pointers[i], 0);
	refuse(&scene, tongs_buffer_get_contents(scene.live[BUFFER]), 0);
	assert_true(scene.gpu.reports > 0);
	hostile_finish(&hostile);
	scene_finish(&scene);
}

static void objects_of_other_classes(void **state) {
	struct scene scene;
	(void)state;
	scene_init(&scene);
	for (size_t i = 0; i < LIVE_COUNT; i++)
		refuse(&scene, scene.live[i], right_types[i]);
	scene_finish(&scene);
}

/* Each bit that is no Metal handle type, all pairs with one, and random masks, with good and bad handles. */
static void wrong_and_combined_types(void **state) {
	struct scene scene;
	VkExternalMemoryHandleTypeFlags types[32 * 4 + 200];
	size_t count = 0;
	(void)state;
	scene_init(&scene);
	types[count++] = 0;
	for (unsigned bit = 0; bit < 32; bit++) {
		const VkExternalMemoryHandleTypeFlags one = UINT32_C(1) << bit;
		if (!(one & (MTLBUFFER | MTLTEXTURE | MTLHEAP)))
			types[count++] = one;
		for (size_t i = 0; i < LENGTH(metal_types); i++)
			if (one != metal_types[i])
				types[count++] = one | metal_types[i];
	}
	uint8_t noise[4 * 50];
	fill_noise(noise, sizeof(noise), 12);
	for (size_t i = 0; i < sizeof(noise); i += 4) {
		uint32_t mask;
		memcpy(&mask, noise + i, 4);
		if (mask & (mask - 1))
			types[count++] = mask;
	}
	assert_true(count <= LENGTH(types));
	void *const handles[] = {
		scene.live[BUFFER], scene.live[HEAP], scene.live[TEXTURE], scene.live[DEVICE], NULL, (void *)1, types};
	for (size_t i = 0; i < LENGTH(handles) * count; i++) {
		bool good = is_refused(&scene, handles[i / count], types[i % count]);
		tried++;
		refused += good;
		if (!good)
			fail_msg("%p as 0x%x was not refused", handles[i / count], types[i % count]);
	}
	scene_finish(&scene);
}

/* Handles whose memory was freed, Metal's own objects that were released, and addresses that are another's now. */
static void freed_and_recycled(void **state) {
	struct scene scene;
	(void)state;
	scene_init(&scene);
	for (size_t round = 0; round < 200; round++) {
		const bool heap = round % 2;
		VkDeviceMemory memory =
			export_memory(&scene.gpu, SIZE, shared_type_as(&scene.gpu, heap ? MTLHEAP : MTLBUFFER),
				heap ? MTLHEAP : MTLBUFFER, VK_NULL_HANDLE, VK_NULL_HANDLE);
		void *freed = handle_of(&scene.gpu, memory, heap ? MTLHEAP : MTLBUFFER);
		vkFreeMemory(scene.gpu.device, memory, NULL);
		refuse(&scene, freed, 0);
		struct tongs_buffer *buffer =
			tongs_device_new_buffer(scene.live[DEVICE], 256, MTLResourceStorageModeShared);
		refuse(&scene, freed, freed == buffer ? MTLBUFFER : 0);
		tongs_buffer_unref(buffer);
		refuse(&scene, buffer, 0);
	}
	scene_finish(&scene);
}

/* Objects of another physical device, which only its UUID tells apart: good handles, of the right class. */
static void objects_of_another_device(void **state) {
	static const struct tongs_vk_id id = {.device = "another device"};
	const VkPhysicalDeviceProperties properties = {
		.deviceType = VK_PHYSICAL_DEVICE_TYPE_CPU,
		.deviceName = "another",
	};
	const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 1,
		.memoryTypes = {{.propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT}},
		.memoryHeapCount = 1,
		.memoryHeaps = {{.size = UINT64_C(1) << 32}},
	};
	struct scene scene;
	(void)state;
	scene_init(&scene);
	struct tongs_device *another =
		tongs_interop_new_device(&id, &properties, &memory, &(const struct tongs_import_roles){0});
	struct tongs_texture_info info;
	struct tongs_image_shape shape;
	const struct tongs_texture_layout *layout;
	tongs_texture_get_info(scene.live[TEXTURE], &info);
	assert_true(tongs_interop_get_texture_image(scene.live[TEXTURE], &shape, &layout));
	struct tongs_payload *payload = tongs_payload_create(1 << 20);
	void *const objects[] = {
		tongs_interop_new_buffer(another, payload, 1 << 20, MTLCPUCacheModeDefaultCache, NULL),
		tongs_interop_new_heap(another, payload, 1 << 20, MTLCPUCacheModeDefaultCache),
		tongs_interop_new_texture_at(another, payload, 0, 1 << 20, &info, &shape, layout),
	};
	tongs_payload_unref(payload);
	for (size_t i = 0; i < LENGTH(objects); i++) {
		assert_non_null(objects[i]);
		refuse(&scene, objects[i], 0);
		tongs_interop_release(objects[i]);
	}
	refuse(&scene, another, 0);
	tongs_device_unref(another);
	scene_finish(&scene);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_object),
		cmocka_unit_test(objects_of_other_classes),
		cmocka_unit_test(wrong_and_combined_types),
		cmocka_unit_test(freed_and_recycled),
		cmocka_unit_test(objects_of_another_device),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	printf("tally: bad handles tried %zu\ntally: bad handles refused %zu\n", tried, refused);
	return failed;
}
