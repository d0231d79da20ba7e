/* SPDX-License-Identifier: MIT */
/* Errors of the validation layer below are received; otherwise the absence of its errors in other tests would mean
 * nothing. */
#include "harness.h"

static void errors_below_are_heard(void **state) {
	(void)state;
	struct gpu gpu;
	gpu_init(&gpu, NULL);
	/* VUID-VkBufferCreateInfo-size-00912 */
	const VkBufferCreateInfo empty = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
	};
	VkBuffer buffer = VK_NULL_HANDLE;
	if (vkCreateBuffer(gpu.device, &empty, NULL, &buffer) == VK_SUCCESS)
		vkDestroyBuffer(gpu.device, buffer, NULL);
	assert_int_equal(gpu.errors_below, 1);
	gpu.errors_below = 0;
	gpu_finish(&gpu);
}

/* Below, not above: Tongs has already replaced handle types that the driver does not know, and refused calls do not
 * reach the validation layer. */
static void it_is_below(void **state) {
	(void)state;
	struct gpu gpu;
	gpu_init(&gpu, NULL);
	VkBuffer buffer = make_buffer(&gpu, 4096, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MTLBUFFER);
	void *handle = NULL;
	const VkMemoryGetMetalHandleInfoEXT none = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.handleType = MTLBUFFER,
	};
	assert_int_not_equal(gpu.get_handle(gpu.device, &none, &handle), VK_SUCCESS);
	assert_int_equal(gpu.reports, 1);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_below_are_heard),
		cmocka_unit_test(it_is_below),
	};
	return cmocka_run_group_tests_name("layer: validation", tests, NULL, NULL);
}
