/* SPDX-License-Identifier: MIT */
/* Thousands of rounds of import, export and free leak nothing, in whatever order objects are released. */
#include <string.h>

#include "held.h"
#include "metal_side.h"

/* The first rounds fill pools and caches, which are bounded. */
enum { WARM_UP = 256, ROUNDS = 4096, SIZE = 20000, WIDTH = 40, HEIGHT = 24 };
/* 64 bytes a round, less than the smallest record that could be left behind; and the mappings of a driver's thread or
 * two that allocates late. */
enum { RSS_BOUND = 64 * ROUNDS, MAPPINGS_BOUND = 16 };

/* The resources of the process and the device. */
struct held {
	size_t rss, files, mappings, allocated;
};

static struct held measure(struct tongs_device *device) {
	return (struct held){
		held_rss(), held_files(), held_mappings(), tongs_device_get_current_allocated_size(device)};
}

struct rounds {
	struct gpu gpu;
	struct tongs_device *device;
	void *object; /* that is imported; NULL: exports */
};

static void many(struct rounds *rounds, void (*round)(struct rounds *rounds)) {
	for (int i = 0; i < WARM_UP; i++)
		round(rounds);
	struct held before = measure(rounds->device);
	for (int i = 0; i < ROUNDS; i++)
		round(rounds);
	struct held after = measure(rounds->device);
	assert_int_equal(after.allocated, before.allocated);
	assert_true(after.files <= before.files); /* an idle device of libtongs' own may have closed its own */
	if (held_rss_counts)
		assert_true(after.mappings <= before.mappings + MAPPINGS_BOUND);
	if (held_rss_counts && after.rss > before.rss + RSS_BOUND)
		fail_msg("%zu bytes more after %d rounds", after.rss - before.rss, ROUNDS);
}

static void rounds_init(struct rounds *rounds) {
	gpu_init(&rounds->gpu, NULL);
	rounds->device = tongs_device_new_default();
	rounds->object = NULL;
}

static void rounds_finish(struct rounds *rounds) {
	tongs_device_unref(rounds->device);
	gpu_finish(&rounds->gpu);
}

static VkImageCreateInfo info_of(VkFormat format) {
	return image_info(format, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
}

static void import_memory(struct rounds *rounds, VkExternalMemoryHandleTypeFlags type, VkImage image) {
	struct gpu *gpu = &rounds->gpu;
	uint32_t memory_type = pick_type(gpu, handle_types(gpu, type, rounds->object), 0);
	VkDeviceMemory memory;
	assert_vk(try_import(gpu, type, rounds->object, SIZE, memory_type, image, &memory));
	assert_ptr_equal(handle_of(gpu, memory, type), rounds->object);
	if (image)
		assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	if (image)
		vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void import_buffer(struct rounds *rounds) {
	import_memory(rounds, MTLBUFFER, VK_NULL_HANDLE);
}

static void import_heap(struct rounds *rounds) {
	import_memory(rounds, MTLHEAP, VK_NULL_HANDLE);
}

static void import_color(struct rounds *rounds) {
	const VkImageCreateInfo info = info_of(VK_FORMAT_R8G8B8A8_UNORM);
	import_memory(rounds, MTLTEXTURE, make_image(&rounds->gpu, &info, MTLTEXTURE));
}

static void import_depth(struct rounds *rounds) {
	const VkImageCreateInfo info = info_of(VK_FORMAT_D32_SFLOAT);
	import_memory(rounds, MTLTEXTURE, make_image(&rounds->gpu, &info, MTLTEXTURE));
}

static void export_buffer(struct rounds *rounds) {
	VkBuffer buffer = make_buffer(&rounds->gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MTLBUFFER);
	VkDeviceMemory memory = export_for_buffer(&rounds->gpu, buffer, MTLBUFFER);
	void *contents = tongs_buffer_get_contents(handle_of(&rounds->gpu, memory, MTLBUFFER));
	if (contents)
		memset(contents, 0x5a, SIZE);
	vkDestroyBuffer(rounds->gpu.device, buffer, NULL);
	vkFreeMemory(rounds->gpu.device, memory, NULL);
}

static void export_heap(struct rounds *rounds) {
	VkDeviceMemory memory = export_memory(
		&rounds->gpu, SIZE, shared_type_as(&rounds->gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	handle_of(&rounds->gpu, memory, MTLHEAP);
	vkFreeMemory(rounds->gpu.device, memory, NULL);
}

static void export_texture(struct rounds *rounds, VkFormat format) {
	static uint8_t texels[WIDTH * HEIGHT * 4];
	const VkImageCreateInfo info = info_of(format);
	VkImage image = make_image(&rounds->gpu, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&rounds->gpu, image, MTLTEXTURE);
	struct tongs_texture *texture = handle_of(&rounds->gpu, memory, MTLTEXTURE);
	if (!is_private(tongs_texture_get_resource(texture)))
		assert_true(metal_write_image(&rounds->gpu, texture, &info, texels));
	vkDestroyImage(rounds->gpu.device, image, NULL);
	vkFreeMemory(rounds->gpu.device, memory, NULL);
}

static void export_color(struct rounds *rounds) {
	export_texture(rounds, VK_FORMAT_R8G8B8A8_UNORM);
}

static void export_depth(struct rounds *rounds) {
	export_texture(rounds, VK_FORMAT_D32_SFLOAT);
}

static void imports_and_frees(void **state) {
	struct rounds rounds;
	(void)state;
	rounds_init(&rounds);
	struct tongs_buffer *buffer = tongs_device_new_buffer(rounds.device, SIZE, MTLResourceStorageModeShared);
	rounds.object = buffer;
	many(&rounds, import_buffer);
	tongs_buffer_unref(buffer);

	struct tongs_heap *heap = metal_new_heap(rounds.device, 2 * SIZE);
	rounds.object = heap;
	many(&rounds, import_heap);
	tongs_heap_unref(heap);

	static const struct {
		MTLPixelFormat format;
		void (*round)(struct rounds *rounds);
	} textures[] = {
		{MTLPixelFormatRGBA8Unorm, import_color},
		{MTLPixelFormatDepth32Float, import_depth},
	};
	for (size_t i = 0; i < sizeof(textures) / sizeof(*textures); i++) {
		const struct tongs_texture_info info = tongs_texture_info_2d(textures[i].format, WIDTH, HEIGHT);
		struct tongs_texture *texture = metal_new_texture(&rounds.gpu, rounds.device, &info);
		if (!texture && !has_unified_memory(&rounds.gpu))
			continue;
		assert_non_null(texture);
		rounds.object = texture;
		many(&rounds, textures[i].round);
		tongs_texture_unref(texture);
	}
	rounds_finish(&rounds);
}

static void exports_and_frees(void **state) {
	static void (*const each[])(struct rounds * rounds) = {export_buffer, export_heap, export_color, export_depth};
	struct rounds rounds;
	(void)state;
	rounds_init(&rounds);
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++)
		many(&rounds, each[i]);
	rounds_finish(&rounds);
}

/* Each import is of the first one's object or of an earlier import's, by one of two devices; they are freed in an
 * unrelated order, the export first. The bytes stay until the last one is freed. */
static void shuffled_imports_of_imports(void **state) {
	enum { COUNT = 256 };
	struct gpu gpu, other;
	struct gpu *const gpus[] = {&gpu, &other};
	VkDeviceMemory memories[COUNT];
	uint32_t owners[COUNT], order[COUNT], random = 3;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	struct tongs_device *device = tongs_device_new_default();
	const size_t before = tongs_device_get_current_allocated_size(device);
	memories[0] = export_memory(&gpu, SIZE, shared_type(&gpu), MTLBUFFER, VK_NULL_HANDLE, VK_NULL_HANDLE);
	owners[0] = 0;
	struct tongs_buffer *buffer = handle_of(&gpu, memories[0], MTLBUFFER);
	const size_t with_one = tongs_device_get_current_allocated_size(device);
	assert_true(with_one > before);
	uint8_t wanted[64], got[64];
	fill_noise(wanted, sizeof(wanted), 5);
	metal_write_buffer(&gpu, buffer, 0, wanted, sizeof(wanted));
	for (uint32_t i = 1; i < COUNT; i++) {
		random = random * 1664525u + 1013904223u;
		uint32_t from = (random >> 8) % i;
		void *handle = handle_of(gpus[owners[from]], memories[from], MTLBUFFER);
		assert_ptr_equal(handle, buffer);
		owners[i] = random >> 31;
		struct gpu *owner = gpus[owners[i]];
		assert_vk(try_import(owner, MTLBUFFER, handle, SIZE,
			pick_type(owner, handle_types(owner, MTLBUFFER, handle), 0), VK_NULL_HANDLE, &memories[i]));
	}
	assert_int_equal(tongs_device_get_current_allocated_size(device), with_one);
	for (uint32_t i = 0; i < COUNT; i++)
		order[i] = i;
	for (uint32_t i = COUNT - 1; i > 1; i--) {
		random = random * 1664525u + 1013904223u;
		uint32_t j = 1 + (random >> 8) % i, swapped = order[i];
		order[i] = order[j];
		order[j] = swapped;
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
		metal_read_buffer(&gpu, buffer, 0, got, sizeof(got));
		assert_memory_equal(got, wanted, sizeof(wanted));
		vkFreeMemory(gpus[owners[order[i]]]->device, memories[order[i]], NULL);
	}
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	assert_int_equal(tongs_device_get_current_allocated_size(device), before);
	tongs_device_unref(device);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imports_and_frees),
		cmocka_unit_test(exports_and_frees),
		cmocka_unit_test(shuffled_imports_of_imports),
	};
	return cmocka_run_group_tests_name("layer: rounds", tests, NULL, NULL);
}
