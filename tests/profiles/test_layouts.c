/* SPDX-License-Identifier: MIT */
/* Two LINEAR images of one shape whose layouts differ, as drivers may have them differ by flags: an image with another
 * layout is not imported; the pitch between layers does not matter if there is only one. Nothing is copied. */
#include "../layer/harness.h"

enum pitch { ARRAY, ROW, DEPTH };

static const VkImageCreateFlags flags_of[] = {
	[ARRAY] = VK_IMAGE_CREATE_EXTENDED_USAGE_BIT,
	[ROW] = VK_IMAGE_CREATE_EXTENDED_USAGE_BIT | VK_IMAGE_CREATE_ALIAS_BIT,
	[DEPTH] = VK_IMAGE_CREATE_EXTENDED_USAGE_BIT | VK_IMAGE_CREATE_MUTABLE_FORMAT_BIT,
};

static const struct row {
	VkImageType type;
	uint32_t height, depth, layers;
	bool refused[3]; /* by the pitch that differs */
} rows[] = {
	{VK_IMAGE_TYPE_2D, 16, 1, 1, {false, true, false}},
	{VK_IMAGE_TYPE_2D, 1, 1, 1, {false, false, false}},
	{VK_IMAGE_TYPE_2D, 16, 1, 3, {true, true, false}},
	{VK_IMAGE_TYPE_2D, 1, 1, 3, {true, false, false}},
	{VK_IMAGE_TYPE_3D, 16, 3, 1, {false, true, true}},
	{VK_IMAGE_TYPE_3D, 1, 3, 1, {false, false, true}},
};

static VkImageCreateInfo info_of(const struct row *row) {
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 32, row->height, VK_IMAGE_TILING_LINEAR);
	info.imageType = row->type;
	info.extent.depth = row->depth;
	info.arrayLayers = row->layers;
	return info;
}

static void check(struct gpu *gpu, const struct row *row, enum pitch pitch) {
	VkImageCreateInfo info = info_of(row);
	VkImage image = make_image(gpu, &info, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(gpu, image, MTLTEXTURE), imported;
	void *texture = handle_of(gpu, memory, MTLTEXTURE);
	for (int same = 0; same < 2; same++) {
		info.flags = same ? 0 : flags_of[pitch];
		VkImage other = make_image(gpu, &info, MTLTEXTURE);
		VkResult result = try_import(gpu, MTLTEXTURE, texture, 0,
			pick_mapped(gpu, handle_types(gpu, MTLTEXTURE, texture)), other, &imported);
		assert_int_equal(result, !same && row->refused[pitch] ? VK_ERROR_INVALID_EXTERNAL_HANDLE : VK_SUCCESS);
		vkDestroyImage(gpu->device, other, NULL);
		vkFreeMemory(gpu->device, imported, NULL);
	}
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

static void pitches_that_differ(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (enum pitch pitch = ARRAY; pitch <= DEPTH; pitch++)
			check(&gpu, &rows[i], pitch);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pitches_that_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
