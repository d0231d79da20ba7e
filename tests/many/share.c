/* SPDX-License-Identifier: MIT */
/* A program that shares: exports memory as each handle type, imports it into a second device, and compares the bytes on
 * all sides. `share SEED [FILE]`: the bytes are made from the seed. Once it holds all of it, it prints "holding", waits
 * for the end of stdin, and compares again. FILE is for the test of the test: it is mapped, locked and left behind. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <tongs/metal.h>

#include "client/share.h"

enum { SIDE = 64, SIZE = SIDE * SIDE * 4, HEAP_OFFSET = 1 << 16 };

static const VkBufferUsageFlags copies = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

/* What is shared: a buffer as MTLBUFFER, another in an MTLHEAP, an image as MTLTEXTURE. */
enum { BUFFER, HEAP, TEXTURE, COUNT };

static const struct {
	const char *name;
	VkExternalMemoryHandleTypeFlagBits type;
	VkDeviceSize offset;
} rows[COUNT] = {
	[BUFFER] = {"MTLBUFFER", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, 0},
	[HEAP] = {"MTLHEAP", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT, HEAP_OFFSET},
	[TEXTURE] = {"MTLTEXTURE", VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT, 0},
};

static const struct tongs_context_image_info image_info = {VK_FORMAT_R8G8B8A8_UNORM, {SIDE, SIDE},
	VK_SAMPLE_COUNT_1_BIT, VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
	VK_IMAGE_ASPECT_COLOR_BIT};

/* The exporter's or the importer's. */
struct side {
	struct tongs_context context;
	struct tongs_context_buffer buffers[TEXTURE];
	struct tongs_context_image image;
	bool has_texels; /* the image is in layout GENERAL */
};

static unsigned seed;

static void fill(uint8_t *bytes, unsigned row) {
	uint32_t x = seed * 2654435761u + row + 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(x >> 24);
	}
}

static bool check(bool right, unsigned row, const char *what) {
	if (!right)
		fprintf(stderr, "process %u, %s: %s\n", seed, rows[row].name, what);
	return right;
}

static bool are_right(const void *bytes, unsigned row, const char *what) {
	static uint8_t expected[SIZE];

	fill(expected, row);
	return check(bytes && memcmp(bytes, expected, SIZE) == 0, row, what);
}

static bool open_side(struct side *side, VkPhysicalDevice device, void *const *handles) {
	if (!tongs_context_init(&side->context, device, NULL))
		return false;
	for (unsigned row = 0; row < COUNT; row++) {
		const struct tongs_share share = {
			rows[row].type, handles ? handles[row] : NULL, rows[row].offset, false};
		if (row == TEXTURE
				? !tongs_share_create_image(&side->context, &share, &image_info, &side->image)
				: !tongs_share_create_buffer(&side->context, &share, SIZE, copies, &side->buffers[row]))
			return false;
	}
	side->has_texels = handles;
	return true;
}

static void close_side(struct side *side) {
	for (unsigned row = 0; side->context.device && row < TEXTURE; row++)
		tongs_context_destroy_buffer(&side->context, &side->buffers[row]);
	if (side->context.device)
		tongs_context_destroy_image(&side->context, &side->image);
	tongs_context_finish(&side->context);
}

static void copy_image(struct side *side, VkCommandBuffer commands, VkBuffer plain, bool write) {
	const VkBufferImageCopy region = {
		.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = {SIDE, SIDE, 1}};
	const VkImageMemoryBarrier to_general = {VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT, .newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED, .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = side->image.image, .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};

	if (side->has_texels)
		tongs_share_acquire_image(&side->context, commands, side->image.image);
	else
		vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0,
			NULL, 0, NULL, 1, &to_general);
	side->has_texels = true;
	if (write)
		vkCmdCopyBufferToImage(commands, plain, side->image.image, VK_IMAGE_LAYOUT_GENERAL, 1, &region);
	else
		vkCmdCopyImageToBuffer(commands, side->image.image, VK_IMAGE_LAYOUT_GENERAL, plain, 1, &region);
	tongs_context_barrier(commands);
	tongs_share_release_image(&side->context, commands, side->image.image);
}

static void copy_buffer(const struct side *side, VkCommandBuffer commands, unsigned row, VkBuffer plain, bool write) {
	const VkBuffer shared = side->buffers[row].buffer;

	tongs_share_acquire_buffer(&side->context, commands, shared);
	vkCmdCopyBuffer(commands, write ? plain : shared, write ? shared : plain, 1, &(VkBufferCopy){.size = SIZE});
	tongs_context_barrier(commands);
	tongs_share_release_buffer(&side->context, commands, shared);
}

/* Copies between the shared memory and `bytes`, on the device of the side. */
static bool copy(struct side *side, unsigned row, uint8_t *bytes, bool write) {
	struct tongs_context_buffer plain;

	if (!tongs_context_create_buffer(&side->context, SIZE, copies, &plain))
		return false;
	if (write)
		memcpy(plain.pages, bytes, SIZE);
	VkCommandBuffer commands = tongs_context_begin(&side->context);
	if (commands && row == TEXTURE)
		copy_image(side, commands, plain.buffer, write);
	else if (commands)
		copy_buffer(side, commands, row, plain.buffer, write);
	const bool done = commands && tongs_context_submit(&side->context, commands);
	if (done && !write)
		memcpy(bytes, plain.pages, SIZE);
	tongs_context_destroy_buffer(&side->context, &plain);
	return done;
}

/* Metal's own view of the bytes, unless they are Private. */
static bool metal_reads(unsigned row, void *handle) {
	struct tongs_buffer *buffer = row == BUFFER ? tongs_buffer_from_handle(handle) : NULL;
	struct tongs_texture *texture = row == TEXTURE ? tongs_texture_from_handle(handle) : NULL;
	static uint8_t bytes[SIZE];
	bool right = true;

	if (row == HEAP) {
		struct tongs_heap *heap = tongs_heap_from_handle(handle);
		struct tongs_buffer *placed =
			heap ? tongs_heap_new_buffer_at(heap, SIZE, tongs_heap_get_resource_options(heap), HEAP_OFFSET)
			     : NULL;
		right = check(placed, row, "Metal places no buffer in it");
		if (placed && tongs_buffer_get_contents(placed))
			right = are_right(tongs_buffer_get_contents(placed), row, "Metal reads other bytes");
		tongs_buffer_unref(placed);
	} else if (buffer) {
		if (tongs_buffer_get_contents(buffer))
			right = are_right(tongs_buffer_get_contents(buffer), row, "Metal reads other bytes");
	} else if (!check(texture, row, "its handle is no object of Metal")) {
		right = false;
	} else if (tongs_resource_get_storage_mode(tongs_texture_get_resource(texture)) != MTLStorageModePrivate) {
		const MTLRegion whole = {{0, 0, 0}, {SIDE, SIDE, 1}};
		right = tongs_texture_get_bytes(texture, bytes, SIDE * 4, 0, whole, 0, 0) &&
			are_right(bytes, row, "Metal reads other texels");
	}
	return right;
}

static bool are_all_right(struct side sides[2], void *const *handles) {
	static uint8_t bytes[SIZE];
	bool right = true;

	for (unsigned row = 0; row < COUNT; row++) {
		right &= metal_reads(row, handles[row]);
		for (unsigned i = 0; i < 2; i++)
			right &= copy(&sides[i], row, bytes, false) &&
				 are_right(bytes, row,
					 i ? "the importer reads other bytes" : "the exporter reads other bytes");
	}
	return right;
}

/* What the test must notice. */
static bool misbehave(const char *path) {
	const struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return file >= 0 && ftruncate(file, 4096) == 0 && fcntl(file, F_SETLK, &lock) == 0 &&
	       mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) != MAP_FAILED;
}

static bool hold(void) {
	ssize_t got;
	char byte;

	printf("holding\n");
	if (fflush(stdout) != 0)
		return false;
	do
		got = read(STDIN_FILENO, &byte, 1);
	while (got > 0 || (got < 0 && errno == EINTR));
	return got == 0;
}

static bool share(VkPhysicalDevice device) {
	struct side sides[2] = {0};
	void *handles[COUNT];
	uint8_t bytes[SIZE];
	bool done = open_side(&sides[0], device, NULL);

	for (unsigned row = 0; row < COUNT && done; row++) {
		const struct side *side = &sides[0];
		handles[row] = tongs_context_export(&side->context,
			row == TEXTURE ? side->image.memory : side->buffers[row].memory, rows[row].type);
		fill(bytes, row);
		done = handles[row] && copy(&sides[0], row, bytes, true);
	}
	done = done && open_side(&sides[1], device, handles) && are_all_right(sides, handles) && hold() &&
	       are_all_right(sides, handles);
	close_side(&sides[1]);
	close_side(&sides[0]);
	return done;
}

int main(int argc, char **argv) {
	struct tongs_vulkan vulkan;
	bool done = false;

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	if ((argc > 2 && !misbehave(argv[2])) || !tongs_vulkan_init(&vulkan))
		return EXIT_FAILURE;
	for (uint32_t i = 0; i < vulkan.device_count && !done; i++)
		if (tongs_vulkan_has_extension(vulkan.devices[i], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME)) {
			done = share(vulkan.devices[i]);
			break;
		}
	tongs_vulkan_finish(&vulkan);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
