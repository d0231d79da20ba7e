/* SPDX-License-Identifier: MIT */
/* Own images copy texels: every format of the driver in every shape, written by one image and read by another that is
 * bound to the same memory. */
#include "test_own_device_pair.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	VkImageType type;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkImageCreateFlags flags;
} shapes[] = {
	{"1D", VK_IMAGE_TYPE_1D, {61, 1, 1}, 1, 1, 0},
	{"1D mipmapped array", VK_IMAGE_TYPE_1D, {64, 1, 1}, 7, 3, 0},
	{"2D", VK_IMAGE_TYPE_2D, {50, 30, 1}, 1, 1, 0},
	{"2D mipmapped", VK_IMAGE_TYPE_2D, {45, 70, 1}, 7, 1, 0},
	{"2D mipmapped array", VK_IMAGE_TYPE_2D, {32, 20, 1}, 3, 4, 0},
	{"cube", VK_IMAGE_TYPE_2D, {16, 16, 1}, 5, 6, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{"cube array", VK_IMAGE_TYPE_2D, {8, 8, 1}, 2, 12, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT},
	{"3D", VK_IMAGE_TYPE_3D, {17, 13, 9}, 1, 1, 0},
	{"3D mipmapped", VK_IMAGE_TYPE_3D, {32, 24, 10}, 5, 1, 0},
};

static struct tongs_image_shape make_shape(VkFormat format, size_t i, VkImageTiling tiling) {
	return (struct tongs_image_shape){
		.format = format,
		.type = shapes[i].type,
		.extent = shapes[i].extent,
		.levels = shapes[i].levels,
		.layers = shapes[i].layers,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = tiling,
	};
}

struct tally {
	size_t compared, differing, linear, optimal;
};

static void compare(
	struct tongs_own_device *dev, VkFormat format, size_t i, VkImageTiling tiling, struct tally *tally) {
	const struct tongs_image_shape shape = make_shape(format, i, tiling);
	struct pair pair;
	if (!driver_has(dev, &shape, shapes[i].flags))
		return;
	size_t differences = 1;
	if (pair_init(&pair, dev, &shape, shapes[i].flags)) {
		differences = visit_planes(&pair, write_plane) + visit_planes(&pair, read_plane) +
			      visit_planes(&pair, replace_part);
		tally->linear += pair.requirements.tiling == VK_IMAGE_TILING_LINEAR;
		tally->optimal += pair.requirements.tiling == VK_IMAGE_TILING_OPTIMAL;
		pair_finish(&pair);
	}
	if (differences > 0)
		printf("VkFormat %d, %s, %s: %zu differences\n", (int)format, shapes[i].name,
			tiling == VK_IMAGE_TILING_LINEAR ? "LINEAR" : "OPTIMAL", differences);
	tally->compared++;
	tally->differing += differences > 0;
}

static struct tally compare_formats(struct tongs_own_device *dev, int step) {
	struct tally tally = {0};
	for (int format = VK_FORMAT_R4G4_UNORM_PACK8; format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK; format += step)
		for (size_t i = 0; i < LENGTH(shapes); i++) {
			compare(dev, (VkFormat)format, i, VK_IMAGE_TILING_OPTIMAL, &tally);
			compare(dev, (VkFormat)format, i, VK_IMAGE_TILING_LINEAR, &tally);
		}
	return tally;
}

static int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

static struct tongs_own_device *create(void) {
	struct tongs_own_device *dev = NULL;
	assert_true(tongs_own_device_new_all(&dev, 1) >= 1);
	return dev;
}

static void every_format_in_every_shape(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	struct tally tally = compare_formats(dev, 1);
	print_message("%zu formats in shapes compared: %zu LINEAR, %zu OPTIMAL underneath, %zu differ\n",
		tally.compared, tally.linear, tally.optimal, tally.differing);
	assert_int_equal(tally.differing, 0);
	/* In pages, OPTIMAL images are LINEAR underneath where nothing is lost. */
	assert_true(tally.linear > (OWN_KIND(dev)->allocated_by_device ? 20 : 100) && tally.optimal > 10);
	messages_expect_none();
	tongs_own_device_unref(dev);
}

/* Larger than the staging buffer: rows of one slice, and several slices. */
static void large_regions_are_copied_in_chunks(void **state) {
	(void)state;
	static const struct tongs_image_shape large[] = {
		{VK_FORMAT_R32G32B32A32_SFLOAT, VK_IMAGE_TYPE_2D, {1000, 701, 1}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL},
		{VK_FORMAT_R32G32B32A32_UINT, VK_IMAGE_TYPE_3D, {700, 601, 2}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL},
		{VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_3D, {256, 256, 37}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL},
		{VK_FORMAT_BC7_UNORM_BLOCK, VK_IMAGE_TYPE_2D, {2501, 2049, 1}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL},
		{VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_TYPE_2D, {1500, 1001, 1}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL},
	};
	struct tongs_own_device *dev = create();
	size_t compared = 0;
	for (size_t i = 0; i < LENGTH(large); i++) {
		struct pair pair;
		if (!driver_has(dev, &large[i], 0))
			continue;
		assert_true(pair_init(&pair, dev, &large[i], 0));
		assert_int_equal(visit_planes(&pair, write_plane), 0);
		assert_int_equal(visit_planes(&pair, read_plane), 0);
		assert_int_equal(visit_planes(&pair, replace_part), 0);
		pair_finish(&pair);
		compared++;
	}
	assert_true(compared >= 3);
	messages_expect_none();
	tongs_own_device_unref(dev);
}

/* A new image contains the texels that its memory holds; depth and stencil are copied separately. */
static void images_contain_their_memory(void **state) {
	(void)state;
	static const VkFormat formats[] = {
		VK_FORMAT_D32_SFLOAT_S8_UINT, VK_FORMAT_D24_UNORM_S8_UINT, VK_FORMAT_R8G8B8A8_UNORM};
	struct tongs_own_device *dev = create();
	for (size_t i = 0; i < LENGTH(formats); i++) {
		const struct tongs_image_shape shape = make_shape(formats[i], 4, VK_IMAGE_TILING_OPTIMAL);
		struct pair pair;
		if (!driver_has(dev, &shape, 0))
			continue;
		assert_true(pair_init(&pair, dev, &shape, 0));
		assert_int_equal(visit_planes(&pair, write_plane), 0);
		tongs_own_image_destroy(pair.reader);
		pair.reader = pair_new_image(&pair);
		assert_non_null(pair.reader);
		assert_int_equal(visit_planes(&pair, read_plane), 0);
		pair_finish(&pair);
	}
	messages_expect_none();
	tongs_own_device_unref(dev);
}

static void bad_pages_and_regions_are_refused(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	const struct tongs_image_shape shape = make_shape(VK_FORMAT_BC1_RGBA_UNORM_BLOCK, 4, VK_IMAGE_TILING_OPTIMAL);
	size_t step = tongs_own_device_get_info(dev)->import_alignment;
	struct pair pair;
	assert_true(pair_init(&pair, dev, &shape, 0));
	const struct {
		char *pages;
		uint64_t size, offset;
	} places[] = {
		{pair.pages, pair.requirements.memory.size - 1, 0},
		{pair.pages, pair.size, pair.size},
		{pair.pages, pair.size, UINT64_MAX - pair.requirements.memory.alignment + 1},
		{pair.pages, pair.size, round_up(pair.size - pair.requirements.memory.size + 1, step)},
		{pair.pages, pair.size, pair.requirements.memory.alignment / 2},
		{pair.pages + step / 2, pair.size - step / 2, 0},
	};
	for (size_t i = 0; pair.pages && i < LENGTH(places); i++) {
		const struct tongs_import import = {
			.kind = tongs_import_get_kind(false), .contents = places[i].pages, .size = places[i].size};
		assert_null(tongs_own_image_create(dev, &shape, 0, &import, VK_NULL_HANDLE, places[i].offset));
		messages_expect("VK_ERROR_INVALID_EXTERNAL_HANDLE");
	}

	/* 32 x 20 texels, 3 levels, 4 layers. */
	static const VkImageAspectFlagBits color = VK_IMAGE_ASPECT_COLOR_BIT;
	const struct {
		struct tongs_own_image_region region;
		size_t row_pitch;
		const char *message;
	} rows[] = {
		{{VK_IMAGE_ASPECT_DEPTH_BIT, 0, 0, {0, 0, 0}, {32, 20, 1}}, 64, "no such aspect"},
		{{color, 3, 0, {0, 0, 0}, {4, 4, 1}}, 64, "no such level or layer"},
		{{color, 0, 4, {0, 0, 0}, {4, 4, 1}}, 64, "no such level or layer"},
		{{color, 0, 0, {0, 0, 0}, {0, 4, 1}}, 64, "inside the level"},
		{{color, 0, 0, {0, 0, 0}, {36, 4, 1}}, 72, "inside the level"},
		{{color, 0, 0, {0, 0, 0}, {4, 24, 1}}, 64, "inside the level"},
		{{color, 0, 0, {0, 0, 0}, {4, 4, 2}}, 64, "inside the level"},
		{{color, 0, 0, {-4, 0, 0}, {4, 4, 1}}, 64, "inside the level"},
		{{color, 0, 0, {4, 0, 0}, {UINT32_MAX - 3, 4, 1}}, 64, "inside the level"},
		{{color, 0, 0, {2, 0, 0}, {4, 4, 1}}, 64, "whole number of blocks"},
		{{color, 0, 0, {0, 0, 0}, {6, 4, 1}}, 64, "whole number of blocks"},
		{{color, 0, 0, {0, 0, 0}, {32, 20, 1}}, 63, "overlap"},
	};
	unsigned char bytes[64 * 5];
	memset(bytes, 0x5a, sizeof(bytes));
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_false(tongs_own_image_read(pair.reader, &rows[i].region, bytes, rows[i].row_pitch, 0));
		messages_expect(rows[i].message);
		assert_false(tongs_own_image_write(pair.writer, &rows[i].region, bytes, rows[i].row_pitch, 0));
		messages_expect(rows[i].message);
	}
	assert_true(bytes_are(bytes, 0x5a, sizeof(bytes)));
	assert_true(!pair.pages || bytes_are(pair.pages, 0, pair.size));
	pair_finish(&pair);
	tongs_own_device_unref(dev);
}

static void multisampled_images_are_not_copied(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	struct tongs_image_shape shape = make_shape(VK_FORMAT_R8G8B8A8_UNORM, 2, VK_IMAGE_TILING_OPTIMAL);
	const struct tongs_own_image_region region = {.aspect = VK_IMAGE_ASPECT_COLOR_BIT, .extent = {1, 1, 1}};
	uint32_t texel = 77;
	struct pair pair;
	shape.samples = VK_SAMPLE_COUNT_4_BIT;
	if (driver_has(dev, &shape, 0)) {
		assert_true(pair_init(&pair, dev, &shape, 0));
		assert_int_equal(pair.requirements.tiling, VK_IMAGE_TILING_OPTIMAL);
		assert_true(pair.requirements.memory.size >= 4 * 4 * 50 * 30);
		messages_expect_none();
		assert_false(tongs_own_image_read(pair.reader, &region, &texel, 4, 0));
		messages_expect("several samples");
		assert_false(tongs_own_image_write(pair.writer, &region, &texel, 4, 0));
		messages_expect("several samples");
		assert_int_equal(texel, 77);
		assert_true(!pair.pages || bytes_are(pair.pages, 0, pair.size));
		pair_finish(&pair);
	}
	tongs_own_device_unref(dev);
}

static void *write_and_read(void *user) {
	struct tongs_own_device *dev = NULL;
	const VkFormat *format = user;
	const struct tongs_image_shape shape = make_shape(*format, 5, VK_IMAGE_TILING_OPTIMAL);
	for (unsigned round = 0; round < 6; round++) {
		struct pair pair;
		if (tongs_own_device_new_all(&dev, 1) == 0 || !pair_init(&pair, dev, &shape, 0))
			return user;
		size_t differences = visit_planes(&pair, write_plane) + visit_planes(&pair, read_plane);
		pair_finish(&pair);
		tongs_own_device_unref(dev);
		if (differences > 0)
			return user;
	}
	return NULL;
}

static void threads_have_their_own_images(void **state) {
	(void)state;
	static VkFormat formats[] = {
		VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_D32_SFLOAT, VK_FORMAT_R16G16_SFLOAT, VK_FORMAT_D16_UNORM};
	pthread_t threads[LENGTH(formats)];
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &formats[i]), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	messages_expect_none();
}

/* Runs under the Khronos validation layer: images of some formats in every shape, multisampled requirements, a buffer,
 * addresses. */
static int call_everything(void) {
	struct tongs_own_device *dev = NULL;
	struct tongs_image_shape shape = make_shape(VK_FORMAT_R8G8B8A8_UNORM, 2, VK_IMAGE_TILING_OPTIMAL);
	struct tongs_own_image_requirements requirements;
	VkMemoryRequirements buffer_requirements;
	if (tongs_own_device_new_all(&dev, 1) == 0)
		return 1;
	struct tally tally = compare_formats(dev, 9);
	for (int format = VK_FORMAT_D16_UNORM; format <= VK_FORMAT_D32_SFLOAT_S8_UINT; format++)
		compare(dev, (VkFormat)format, 4, VK_IMAGE_TILING_OPTIMAL, &tally);
	shape.samples = VK_SAMPLE_COUNT_4_BIT;
	bool good = tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shape, 0, &requirements) &&
		    tongs_own_device_query_buffer_requirements(dev, TONGS_ROLE_BUFFER, 12345, &buffer_requirements);
	/* Creates a VkDevice of its own. */
	tongs_own_device_addresses_are_pointers(dev);
	good &= dev->caps->addresses_are_pointers != TONGS_TRISTATE_UNKNOWN;
	tongs_own_device_unref(dev);
	return good && tally.compared > 50 && tally.differing == 0 ? 0 : 1;
}

/* The validation layer is loaded in a child only, because it writes to stdout. */
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
		tongs_vk_set_loader(load_vulkan());
		int result = call_everything();
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
	const char *error = strstr(text, "Validation Error");
	if (error)
		fail_msg("%.1000s", error);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_non_null(strstr(text, "Inserted device layer \"VK_LAYER_KHRONOS_validation\""));
}

static PFN_vkCmdPipelineBarrier pipeline_barrier;
static size_t to_host, acquired, released, wrong;

/* A barrier with the host stage cannot transfer ownership (VUID-vkCmdPipelineBarrier-srcStageMask-09633), so the
 * host's is one of its own. */
static VKAPI_ATTR void VKAPI_CALL check_barrier(VkCommandBuffer commands, VkPipelineStageFlags from,
	VkPipelineStageFlags to, VkDependencyFlags flags, uint32_t memory_count, const VkMemoryBarrier *memory,
	uint32_t buffer_count, const VkBufferMemoryBarrier *buffers, uint32_t image_count,
	const VkImageMemoryBarrier *images) {
	bool host = (from | to) & VK_PIPELINE_STAGE_HOST_BIT;
	for (uint32_t i = 0; i < memory_count; i++)
		to_host += (to & VK_PIPELINE_STAGE_HOST_BIT) && (from & VK_PIPELINE_STAGE_TRANSFER_BIT) &&
			   memory[i].srcAccessMask == VK_ACCESS_TRANSFER_WRITE_BIT &&
			   memory[i].dstAccessMask == VK_ACCESS_HOST_READ_BIT;
	for (uint32_t i = 0; i < image_count; i++) {
		wrong += host && images[i].srcQueueFamilyIndex != images[i].dstQueueFamilyIndex;
		acquired += images[i].srcQueueFamilyIndex == VK_QUEUE_FAMILY_EXTERNAL;
		released += images[i].dstQueueFamilyIndex == VK_QUEUE_FAMILY_EXTERNAL;
	}
	for (uint32_t i = 0; i < buffer_count; i++)
		wrong += host && buffers[i].srcQueueFamilyIndex != buffers[i].dstQueueFamilyIndex;
	pipeline_barrier(commands, from, to, flags, memory_count, memory, buffer_count, buffers, image_count, images);
}

static void owners_change_without_the_host(void **state) {
	(void)state;
	static const struct tongs_image_shape shape = {
		VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_TYPE_2D, {50, 30, 1}, 1, 1, 1, VK_IMAGE_TILING_OPTIMAL};
	struct tongs_own_device *dev = create();
	struct pair pair;
	assert_true(pair_init(&pair, dev, &shape, 0));
	pipeline_barrier = dev->vkd.CmdPipelineBarrier;
	dev->vkd.CmdPipelineBarrier = check_barrier;
	assert_int_equal(visit_planes(&pair, write_plane), 0);
	assert_int_equal(visit_planes(&pair, read_plane), 0);
	dev->vkd.CmdPipelineBarrier = pipeline_barrier;
	assert_int_equal(wrong, 0);
	/* Two aspects, each written and read. */
	assert_int_equal(acquired, 4);
	assert_int_equal(released, 4);
	assert_int_equal(to_host, 4);
	pair_finish(&pair);
	messages_expect_none();
	tongs_own_device_unref(dev);
}

int main(void) {
	/* Tests that fork come first, before any thread runs and Vulkan is loaded. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(calls_are_valid, setup),
		cmocka_unit_test_setup(every_format_in_every_shape, setup),
		cmocka_unit_test_setup(large_regions_are_copied_in_chunks, setup),
		cmocka_unit_test_setup(owners_change_without_the_host, setup),
		cmocka_unit_test_setup(images_contain_their_memory, setup),
		cmocka_unit_test_setup(bad_pages_and_regions_are_refused, setup),
		cmocka_unit_test_setup(multisampled_images_are_not_copied, setup),
		cmocka_unit_test_setup(threads_have_their_own_images, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
