/* SPDX-License-Identifier: MIT */
/* Memory that Vulkan exports in one process and imports in another, which is this program, executed again. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metal_side.h"
#include "peer.h"

enum { WIDTH = 45, HEIGHT = 30, SIZE = 20000, SECONDS = 120 };

/* Colour, whose texels the host can access, and depth, whose layout only the driver knows. */
static const VkFormat formats[] = {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_D32_SFLOAT};

static int peer_socket; /* of the executed program */

/* An image of the peer's device over the received texture: it has the sender's texels, and then the peer's, also when
 * the sender has freed its memory. */
static void peer_image(void **state) {
	(void)state;
	struct gpu gpu;
	static uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	gpu_init(&gpu, NULL);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		const struct tongs_format *format = tongs_format_from_vk(formats[i]);
		const VkImageCreateInfo info = image_info(formats[i], WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
		const struct slice slice = slice_at(&info, format, 0);
		char skipped;
		assert_int_equal(recv(peer_socket, &skipped, 1, 0), 1);
		if (skipped == 's')
			continue;
		struct tongs_texture *texture = tongs_handle_receive(peer_socket, NULL);
		assert_non_null(texture);
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory;
		assert_vk(try_import(&gpu, MTLTEXTURE, texture, 0,
			pick_type(&gpu, handle_types(&gpu, MTLTEXTURE, texture), 0), image, &memory));
		assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
		tongs_texture_unref(texture);
		gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
		fill_texels(texels, slice.size, format, 1);
		gpu_read_slice(&gpu, image, format, &slice, got);
		assert_memory_equal(got, texels, slice.size);
		fill_texels(texels, slice.size, format, 2);
		gpu_write_slice(&gpu, image, format, &slice, texels);
		assert_true(peer_say(peer_socket, 'w') && peer_hear(peer_socket, 'f'));
		gpu_read_slice(&gpu, image, format, &slice, got);
		assert_memory_equal(got, texels, slice.size);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

static void peer_buffer(void **state) {
	(void)state;
	struct gpu gpu;
	static char bytes[SIZE], got[SIZE];
	gpu_init(&gpu, NULL);
	for (int i = 0; i < 2; i++) {
		const VkExternalMemoryHandleTypeFlags type = i ? MTLHEAP : MTLBUFFER;
		VkMemoryRequirements requirements;
		VkDeviceMemory memory;
		void *handle = tongs_handle_receive(peer_socket, NULL);
		assert_non_null(handle);
		assert_int_equal(tongs_handle_kind(handle), i ? TONGS_KIND_HEAP : TONGS_KIND_BUFFER);
		VkBuffer buffer = make_buffer_for(&gpu, type, handle, SIZE, &requirements);
		assert_vk(try_import(&gpu, type, handle, requirements.size,
			pick_type(&gpu, handle_types(&gpu, type, handle) & requirements.memoryTypeBits, 0),
			VK_NULL_HANDLE, &memory));
		assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
		if (i)
			tongs_heap_unref(handle);
		else
			tongs_buffer_unref(handle);
		fill_noise(bytes, SIZE, 1);
		gpu_read_buffer(&gpu, buffer, 0, got, SIZE);
		assert_memory_equal(got, bytes, SIZE);
		fill_noise(bytes, SIZE, 2);
		gpu_write_buffer(&gpu, buffer, 0, bytes, SIZE);
		assert_true(peer_say(peer_socket, 'w') && peer_hear(peer_socket, 'f'));
		gpu_read_buffer(&gpu, buffer, 0, got, SIZE);
		assert_memory_equal(got, bytes, SIZE);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	gpu_finish(&gpu);
}

static const struct tongs_format *surface_format(void) {
	return tongs_format_from_vk(VK_FORMAT_R8G8B8A8_UNORM);
}

/* The rows of a surface, without the bytes between them. */
static void copy_rows(struct tongs_surface *surface, uint8_t *texels, bool to_surface) {
	struct tongs_surface_info info;
	tongs_surface_get_info(surface, &info);
	for (size_t y = 0; y < HEIGHT; y++) {
		uint8_t *bytes = (uint8_t *)tongs_surface_get_base_address(surface) + y * info.whole.bytes_per_row;
		if (to_surface)
			memcpy(bytes, texels + y * WIDTH * 4, WIDTH * 4);
		else
			memcpy(texels + y * WIDTH * 4, bytes, WIDTH * 4);
	}
}

static bool begins_with_texels(struct gpu *gpu, VkImage image) {
	const VkImageSubresource first = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT};
	VkSubresourceLayout layout;
	vkGetImageSubresourceLayout(gpu->device, image, &first, &layout);
	return layout.offset == 0;
}

/* A received surface is an image of the peer's device: 's' if the driver imports no host pages for it. */
static void peer_surface(void **state) {
	(void)state;
	struct gpu gpu;
	static uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	gpu_init(&gpu, NULL);
	const struct tongs_format *format = surface_format();
	const VkImageCreateInfo info = image_info(format->vk_format, WIDTH, HEIGHT, VK_IMAGE_TILING_LINEAR);
	const struct slice slice = slice_at(&info, format, 0);
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_surface *surface = tongs_handle_receive(peer_socket, device);
	assert_non_null(surface);
	const bool shared = imports_host_pages(&gpu) && can_share_image(&gpu, &info, MTLTEXTURE);
	VkImage image = shared ? make_image(&gpu, &info, MTLTEXTURE) : VK_NULL_HANDLE;
	if (!shared || !begins_with_texels(&gpu, image)) {
		assert_true(peer_say(peer_socket, 's'));
	} else {
		const struct tongs_texture_info shape = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
		struct tongs_texture *texture = tongs_device_new_texture_from_surface(device, &shape, surface, 0);
		VkDeviceMemory memory;
		assert_non_null(texture);
		assert_vk(try_import(&gpu, MTLTEXTURE, texture, 0,
			pick_mapped(&gpu, handle_types(&gpu, MTLTEXTURE, texture)), image, &memory));
		assert_vk(vkBindImageMemory(gpu.device, image, memory, 0));
		tongs_texture_unref(texture);
		fill_texels(texels, sizeof(texels), format, 1);
		gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL);
		gpu_read_slice(&gpu, image, format, &slice, got);
		assert_memory_equal(got, texels, sizeof(texels));
		fill_texels(texels, sizeof(texels), format, 2);
		gpu_write_slice(&gpu, image, format, &slice, texels);
		assert_true(peer_say(peer_socket, 'w'));
		vkFreeMemory(gpu.device, memory, NULL);
	}
	tongs_surface_unref(surface);
	tongs_device_unref(device);
	vkDestroyImage(gpu.device, image, NULL);
	gpu_finish(&gpu);
}

/* The sender has no Vulkan device: it is the CPU's bytes that the other's GPU reads, and writes. */
static void surfaces(void **state) {
	(void)state;
	static uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	struct tongs_device *device = tongs_device_new_default();
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	tongs_device_unref(device);
	assert_true(alignment > 0);
	const struct tongs_surface_info info = {
		.whole = {.width = WIDTH,
			.height = HEIGHT,
			.bytes_per_element = 4,
			.bytes_per_row = (WIDTH * 4 + alignment - 1) / alignment * alignment}};
	struct tongs_surface *surface = tongs_surface_new_shareable(&info);
	assert_non_null(surface);
	fill_texels(texels, sizeof(texels), surface_format(), 1);
	copy_rows(surface, texels, true);
	const struct peer peer = peer_start("surface", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, surface));
	char said = 0;
	assert_int_equal(recv(peer.socket, &said, 1, 0), 1);
	fill_texels(texels, sizeof(texels), surface_format(), said == 'w' ? 2 : 1);
	copy_rows(surface, got, false);
	assert_memory_equal(got, texels, sizeof(texels));
	peer_finish(&peer);
	tongs_surface_unref(surface);
	if (said != 'w')
		skip();
}

static void images(void **state) {
	(void)state;
	struct gpu gpu;
	static uint8_t texels[WIDTH * HEIGHT * 4], got[sizeof(texels)];
	size_t count = 0;
	gpu_init(&gpu, NULL);
	const struct peer peer = peer_start("image", SOCK_STREAM);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		const struct tongs_format *format = tongs_format_from_vk(formats[i]);
		const VkImageCreateInfo info = image_info(formats[i], WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
		const struct slice slice = slice_at(&info, format, 0);
		const bool shared = can_share_image(&gpu, &info, MTLTEXTURE);
		assert_true(peer_say(peer.socket, shared ? 'i' : 's'));
		if (!shared)
			continue;
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		gpu_to_general(&gpu, image, format, VK_IMAGE_LAYOUT_UNDEFINED, VK_QUEUE_FAMILY_IGNORED);
		fill_texels(texels, slice.size, format, 1);
		gpu_write_slice(&gpu, image, format, &slice, texels);
		assert_true(tongs_handle_send(peer.socket, handle_of(&gpu, memory, MTLTEXTURE)));
		assert_true(peer_hear(peer.socket, 'w'));
		fill_texels(texels, slice.size, format, 2);
		gpu_read_slice(&gpu, image, format, &slice, got);
		assert_memory_equal(got, texels, slice.size);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		assert_true(peer_say(peer.socket, 'f'));
		count++;
	}
	peer_finish(&peer);
	assert_true(count > 0 || !has_unified_memory(&gpu));
	gpu_finish(&gpu);
	if (count == 0)
		skip();
}

static void buffers(void **state) {
	(void)state;
	struct gpu gpu;
	static char bytes[SIZE], got[SIZE];
	gpu_init(&gpu, NULL);
	const struct peer peer = peer_start("buffer", SOCK_STREAM);
	for (int i = 0; i < 2; i++) {
		const VkExternalMemoryHandleTypeFlags type = i ? MTLHEAP : MTLBUFFER;
		VkBuffer buffer = make_buffer(
			&gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, type);
		VkDeviceMemory memory = export_for_buffer(&gpu, buffer, type);
		fill_noise(bytes, SIZE, 1);
		gpu_write_buffer(&gpu, buffer, 0, bytes, SIZE);
		assert_true(tongs_handle_send(peer.socket, handle_of(&gpu, memory, type)));
		assert_true(peer_hear(peer.socket, 'w'));
		fill_noise(bytes, SIZE, 2);
		gpu_read_buffer(&gpu, buffer, 0, got, SIZE);
		assert_memory_equal(got, bytes, SIZE);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		assert_true(peer_say(peer.socket, 'f'));
	}
	peer_finish(&peer);
	gpu_finish(&gpu);
}

int main(int argc, char **argv) {
	const char *name;
	if (peer_is_this(argc, argv, &name, &peer_socket)) {
		const struct CMUnitTest image[] = {cmocka_unit_test(peer_image)};
		const struct CMUnitTest buffer[] = {cmocka_unit_test(peer_buffer)};
		const struct CMUnitTest surface[] = {cmocka_unit_test(peer_surface)};
		alarm(SECONDS);
		if (strcmp(name, "surface") == 0)
			return cmocka_run_group_tests(surface, NULL, NULL);
		return strcmp(name, "image") == 0 ? cmocka_run_group_tests(image, NULL, NULL)
						  : cmocka_run_group_tests(buffer, NULL, NULL);
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images),
		cmocka_unit_test(buffers),
		cmocka_unit_test(surfaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
