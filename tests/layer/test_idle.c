/* SPDX-License-Identifier: MIT */
/* libtongs' own device after the application has finished with Metal: it is destroyed, with its threads and files,
 * whether its last user releases it inside vkDestroyDevice or when no instance is left. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vulkan/own_device.h"
#include "metal_side.h"

enum { WIDTH = 45, HEIGHT = 30, ROUNDS = 10 };

static size_t tasks_before, files_before;

static size_t count_own(const char *path) {
	size_t count = 0;
	DIR *folder = opendir(path);
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void wait_until_gone(void) {
	while (count_own("/proc/self/task") != tasks_before || count_own("/proc/self/fd") != files_before)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void export_and_free(struct gpu *gpu, const VkImageCreateInfo *info) {
	VkImage image = make_image(gpu, info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(gpu, image, MTLTEXTURE);
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* What Vulkan itself leaves behind when it has been used without Tongs' extension, and the file that libtongs keeps in
 * reserve once there was driver memory. */
static int measure(void **state) {
	struct gpu gpu;
	(void)state;
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	gpu_init(&gpu, &(struct gpu_options){.without_extension = true});
	gpu_finish(&gpu);
	tasks_before = count_own("/proc/self/task");
	gpu_init(&gpu, NULL);
	export_and_free(&gpu, &info);
	gpu_finish(&gpu);
	files_before = count_own("/proc/self/fd");
	return 0;
}

/* A shared image whose texels only a Vulkan device can read. */
struct depth {
	VkImageCreateInfo info;
	const struct tongs_format *format;
	VkImage image;
	VkDeviceMemory memory;
	struct tongs_texture *texture;
};

static bool depth_init(struct depth *depth, struct gpu *gpu) {
	depth->info = image_info(VK_FORMAT_D16_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	depth->format = tongs_format_from_vk(VK_FORMAT_D16_UNORM);
	if (!has_unified_memory(gpu) && !can_share_image(gpu, &depth->info, MTLTEXTURE))
		return false;
	depth->image = make_image(gpu, &depth->info, MTLTEXTURE);
	depth->memory = export_for_image(gpu, depth->image, MTLTEXTURE);
	depth->texture = handle_of(gpu, depth->memory, MTLTEXTURE);
	gpu_to_general(gpu, depth->image, depth->format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
	return true;
}

/* `gpu` may be NULL. */
static void depth_copy(const struct depth *depth, struct gpu *gpu, uint32_t seed) {
	static uint16_t sent[WIDTH * HEIGHT], got[WIDTH * HEIGHT];
	const struct slice slice = slice_at(&depth->info, depth->format, 0);
	fill_texels(sent, sizeof(sent), depth->format, seed);
	assert_true(metal_write_slice(gpu, depth->texture, &depth->info, &slice, sent));
	assert_true(metal_read_slice(gpu, depth->texture, &depth->info, &slice, got));
	assert_memory_equal(got, sent, sizeof(sent));
}

static void depth_finish(struct depth *depth, struct gpu *gpu) {
	vkDestroyImage(gpu->device, depth->image, NULL);
	vkFreeMemory(gpu->device, depth->memory, NULL);
}

/* The worker destroys the device at once, while the application's command is still running. */
static void let_go_inside_destroy_device(void **state) {
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct gpu gpu;
		struct depth depth;
		tongs_own_device_set_idle_delay(round % 3 == 0 ? UINT64_MAX : round % 3 * 500000);
		gpu_init(&gpu, NULL);
		if (!depth_init(&depth, &gpu)) {
			gpu_finish(&gpu);
			skip();
		}
		depth_copy(&depth, &gpu, round);
		depth_finish(&depth, &gpu);
		gpu_finish(&gpu);
		tongs_own_device_set_idle_delay(0);
		wait_until_gone();
	}
}

static void let_go_without_an_instance(void **state) {
	struct gpu gpu;
	struct depth depth;
	(void)state;
	tongs_own_device_set_idle_delay(0);
	gpu_init(&gpu, NULL);
	if (!depth_init(&depth, &gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	tongs_texture_ref(depth.texture);
	depth_finish(&depth, &gpu);
	gpu_finish(&gpu);
	/* The texture keeps it. */
	depth_copy(&depth, NULL, 1);
	depth_copy(&depth, NULL, 2);
	tongs_texture_unref(depth.texture);
	wait_until_gone();
}

/* libtongs' own device is queried once for whether OPTIMAL images can be shared. */
static void queries_do_not_bring_it_back(void **state) {
	struct gpu gpu;
	(void)state;
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	gpu_init(&gpu, NULL);
	can_share_image(&gpu, &info, MTLTEXTURE);
	gpu_finish(&gpu);
	tongs_own_device_set_idle_delay(0);
	wait_until_gone();

	tongs_own_device_set_idle_delay(UINT64_MAX);
	gpu_init(&gpu, NULL);
	assert_true(can_share_image(&gpu, &info, MTLTEXTURE));
	export_and_free(&gpu, &info);
	gpu_finish(&gpu);
	wait_until_gone();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_do_not_bring_it_back),
		cmocka_unit_test(let_go_inside_destroy_device),
		cmocka_unit_test(let_go_without_an_instance),
	};
	return cmocka_run_group_tests_name("layer: the own device, idle", tests, measure, NULL);
}
