/* SPDX-License-Identifier: MIT */
/* libtongs' own Vulkan: canonical images, layout queries, and calls that the Khronos validation layer accepts. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpu/gpu.h"
#include "metal/pixel_format.h"

static const struct tongs_gpu_image_shape rgba8 = {
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.type = VK_IMAGE_TYPE_2D,
	.extent = {50, 30, 1},
	.levels = 1,
	.layers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_LINEAR,
};

static int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

static void usage_follows_from_the_features(void **state) {
	(void)state;
	static const struct {
		VkFormatFeatureFlags features;
		VkImageUsageFlags usage;
	} rows[] = {
		{0, 0},
		{VK_FORMAT_FEATURE_TRANSFER_SRC_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
		{VK_FORMAT_FEATURE_TRANSFER_DST_BIT, VK_IMAGE_USAGE_TRANSFER_DST_BIT},
		{VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT | VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_LINEAR_BIT,
			VK_IMAGE_USAGE_SAMPLED_BIT},
		{VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, VK_IMAGE_USAGE_STORAGE_BIT},
		{VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT | VK_FORMAT_FEATURE_TRANSFER_SRC_BIT,
			VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_INPUT_ATTACHMENT_BIT |
				VK_IMAGE_USAGE_TRANSFER_SRC_BIT},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct tongs_gpu_image_create_info create_info;
		tongs_gpu_image_create_info_init(&create_info, &rgba8, rows[i].features);
		assert_int_equal(create_info.info.usage, rows[i].usage);
		assert_ptr_equal(create_info.info.pNext, &create_info.external);
		assert_int_equal(
			create_info.external.handleTypes, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT);
		assert_int_equal(create_info.info.initialLayout, VK_IMAGE_LAYOUT_UNDEFINED);
		assert_int_equal(create_info.info.flags, 0);
		assert_memory_equal(&create_info.info.extent, &rgba8.extent, sizeof(rgba8.extent));
	}
}

static void queries_answer(void **state) {
	(void)state;
	struct tongs_gpu *gpu = NULL;
	assert_in_range(tongs_gpu_create_all(&gpu, 1), 1, 64);
	const struct tongs_gpu_info *info = tongs_gpu_get_info(gpu);
	assert_true(info->properties.apiVersion >= VK_API_VERSION_1_1);
	assert_true(info->host_pointer_alignment > 0);
	assert_int_not_equal(tongs_gpu_get_host_memory_types(gpu), 0);

	struct tongs_gpu_image_layout layout;
	assert_true(tongs_gpu_query_image(gpu, &rgba8, &layout));
	assert_true(layout.subresource.rowPitch >= 200);
	assert_true(layout.requirements.size >= layout.subresource.offset + 29 * layout.subresource.rowPitch + 200);

	VkMemoryRequirements requirements;
	assert_true(tongs_gpu_query_buffer(gpu, 1000, &requirements));
	assert_true(requirements.size >= 1000);
	assert_false(tongs_gpu_is_own_call());
	messages_expect_none();

	struct tongs_gpu *same = tongs_gpu_create(info->uuid);
	assert_non_null(same);
	tongs_gpu_destroy(gpu);
	assert_true(tongs_gpu_query_image(same, &rgba8, &layout));
	tongs_gpu_destroy(same);
	tongs_gpu_destroy(NULL);
}

static void what_the_driver_lacks_is_refused(void **state) {
	(void)state;
	struct tongs_gpu *gpu = NULL;
	assert_true(tongs_gpu_create_all(&gpu, 1) > 0);
	struct tongs_gpu_image_layout layout = {.requirements.size = 77};
	VkMemoryRequirements requirements = {.size = 77};
	struct tongs_gpu_image_shape shape = rgba8;
	shape.extent.width = UINT32_MAX;
	assert_false(tongs_gpu_query_image(gpu, &shape, &layout));
	messages_expect("VK_ERROR_FORMAT_NOT_SUPPORTED");
	shape = rgba8;
	shape.levels = 99;
	assert_false(tongs_gpu_query_image(gpu, &shape, &layout));
	messages_expect("VK_ERROR_FORMAT_NOT_SUPPORTED");
	shape = rgba8;
	shape.samples = VK_SAMPLE_COUNT_64_BIT;
	assert_false(tongs_gpu_query_image(gpu, &shape, &layout));
	messages_expect("VK_ERROR_FORMAT_NOT_SUPPORTED");
	assert_false(tongs_gpu_query_buffer(gpu, UINT64_MAX, &requirements));
	messages_expect("VK_ERROR_OUT_OF_DEVICE_MEMORY");
	assert_int_equal(layout.requirements.size, 77);
	assert_int_equal(requirements.size, 77);
	tongs_gpu_destroy(gpu);
}

static void *make_query_destroy(void *user) {
	struct tongs_gpu *gpu = NULL;
	struct tongs_gpu_image_layout layout;
	for (size_t i = 0; i < 5; i++) {
		if (tongs_gpu_create_all(&gpu, 1) == 0 || !tongs_gpu_query_image(gpu, &rgba8, &layout))
			return user;
		tongs_gpu_destroy(gpu);
	}
	return NULL;
}

static void threads_share_the_instance(void **state) {
	(void)state;
	pthread_t threads[3];
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_query_destroy, threads), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

/* Every kind of call, once, for each format. */
static int query_everything(void) {
	struct tongs_gpu *gpu = NULL;
	if (tongs_gpu_create_all(&gpu, 1) == 0)
		return 1;
	size_t answered = 0;
	for (size_t i = 0; i < tongs_pixel_format_count; i++) {
		struct tongs_gpu_image_layout layout;
		struct tongs_gpu_image_shape shape = rgba8;
		shape.format = tongs_pixel_formats[i].vk_format;
		/* The headers and layers of the oldest Vulkan that is supported do not know VK_FORMAT_A8_UNORM. */
		if (tongs_pixel_formats[i].class == TONGS_PIXEL_CLASS_COLOR && shape.format > 0 &&
			shape.format < 1000000000)
			answered += tongs_gpu_query_image(gpu, &shape, &layout);
	}
	VkMemoryRequirements requirements;
	bool buffer = tongs_gpu_query_buffer(gpu, 12345, &requirements);
	tongs_gpu_destroy(gpu);
	return answered > 20 && buffer ? 0 : 1;
}

/* The validation layer writes to stdout; a child has it loaded, this process does not. */
static void calls_are_valid(void **state) {
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		setenv("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation", 1);
		setenv("VK_LOADER_DEBUG", "layer", 1);
		int result = query_everything();
		fflush(stdout);
		_exit(result);
	}
	close(ends[1]);
	static char text[1 << 20];
	size_t length = 0;
	for (ssize_t got;
		length < sizeof(text) - 1 && (got = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0;)
		length += (size_t)got;
	text[length] = '\0';
	close(ends[0]);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_non_null(strstr(text, "VK_LAYER_KHRONOS_validation"));
	const char *error = strstr(text, "Validation Error");
	if (error)
		fail_msg("%.1000s", error);
}

static void without_a_driver(void **state) {
	(void)state;
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static const uint8_t uuid[VK_UUID_SIZE] = {1};
		setenv("VK_ICD_FILENAMES", "/nonexistent", 1);
		setenv("VK_DRIVER_FILES", "/nonexistent", 1);
		bool none = !tongs_device_new_default() && messages_take() > 0 && tongs_device_new_all(NULL, 0) == 0 &&
			    messages_take() > 0 && !tongs_device_new_from_uuid(uuid) && messages_take() > 0;
		/* What needs no Vulkan works. */
		struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
		struct tongs_buffer *buffer = tongs_device_new_buffer(device, 100, 0);
		bool works = buffer && bytes_are(tongs_buffer_get_contents(buffer), 0, 100);
		tongs_buffer_unref(buffer);
		tongs_device_unref(device);
		_exit(none && works ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
	/* First what forks: no thread runs and no Vulkan is loaded yet. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_are_valid, setup),
		cmocka_unit_test_setup(without_a_driver, setup),
		cmocka_unit_test_setup(usage_follows_from_the_features, setup),
		cmocka_unit_test_setup(queries_answer, setup),
		cmocka_unit_test_setup(what_the_driver_lacks_is_refused, setup),
		cmocka_unit_test_setup(threads_share_the_instance, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
