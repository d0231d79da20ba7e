/* SPDX-License-Identifier: MIT */
/* Own devices when memory runs out: each allocation and each driver call fails once. The failure must be undone and
 * logged, and the next attempt must succeed. */
#include "test_own_device_pair.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/alloc.h"
#include "vulkan/own_device.h"

static const struct tongs_image_shape depth_stencil = {
	.format = VK_FORMAT_D32_SFLOAT_S8_UINT,
	.type = VK_IMAGE_TYPE_2D,
	.extent = {40, 30, 1},
	.levels = 2,
	.layers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_OPTIMAL,
};

static uint64_t calls_left = UINT64_MAX;
static long live;

static bool must_fail(void) {
	return calls_left != UINT64_MAX && calls_left-- == 0;
}

static VkResult try_query_memory_types(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
	VkDeviceSize offset, uint32_t *memory_types) {
	if (must_fail())
		return VK_ERROR_OUT_OF_DEVICE_MEMORY;
	return tongs_import_get_kind(false)->query_memory_types(command, device, import, offset, memory_types);
}

/* The pages as an import whose queries may run out of memory. */
static struct tongs_import make_import(void *pages, size_t size) {
	static struct tongs_import_kind kind;
	kind = *tongs_import_get_kind(false);
	kind.query_memory_types = try_query_memory_types;
	return (struct tongs_import){.kind = &kind, .contents = pages, .size = size};
}

/* An image in memory of the kind that the device has for it: in the pages, or in `*payload`. */
static struct tongs_own_image *create_image(struct tongs_own_device *dev, const struct tongs_image_shape *shape,
	const struct tongs_import *pages, struct tongs_payload **payload) {
	struct tongs_own_image_requirements requirements;
	*payload = NULL;
	if (!tongs_own_image_query_requirements(dev, OWN_KIND(dev), shape, 0, &requirements))
		return NULL;
	return OWN_KIND(dev)->allocated_by_device
		       ? create_in_driver_memory(dev, shape, 0, requirements.memory.memoryTypeBits, payload)
		       : tongs_own_image_create(dev, shape, 0, pages, VK_NULL_HANDLE, 0);
}

/* Opens a device and copies texels. Returns 0 on success, 1 for a failure that was logged, 2 for a fault. */
static int make_and_copy(void *pages, size_t size) {
	struct tongs_own_device *dev = NULL;
	struct tongs_own_image *image = NULL;
	struct tongs_payload *payload = NULL;
	const struct tongs_own_image_region region = {
		.aspect = VK_IMAGE_ASPECT_STENCIL_BIT, .level = 1, .extent = {20, 15, 1}};
	unsigned char noise[300], got[300] = {0};
	uint32_t random = 1;
	bool read = false;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)next_random(&random) | 1;

	const struct tongs_import import = make_import(pages, size);
	bool written = tongs_own_device_new_all(&dev, 1) > 0 &&
		       (image = create_image(dev, &depth_stencil, &import, &payload)) &&
		       tongs_own_image_write(image, &region, noise, 20, 0);
	if (written)
		read = tongs_own_image_read(image, &region, got, 20, 0);
	tongs_own_image_destroy(image);
	tongs_payload_unref(payload);
	tongs_own_device_unref(dev);
	size_t messages = messages_take();
	if (read)
		return memcmp(got, noise, sizeof(got)) == 0 && messages == 0 ? 0 : 2;
	return messages == 1 && bytes_are(got, 0, sizeof(got)) ? 1 : 2;
}

/* In children, because a process caches caps. */
static void every_allocation_fails_once(void **state) {
	(void)state;
	int result = 1;
	uint64_t n = 0;
	fflush(stdout);
	for (; result == 1 && n < 100; n++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			enum { SIZE = 1 << 20 };
			void *pages = tongs_alloc_pages(SIZE, 1 << 16);
			messages_capture();
			/* Keeps the driver loaded: ThreadSanitizer fails when a library with a suppression is closed.
			 */
			tongs_vk_ref();
			tongs_alloc_fail_after(n);
			result = make_and_copy(pages, SIZE);
			tongs_alloc_fail_after(UINT64_MAX);
			/* The failure must not affect the next attempt. */
			_exit(result == 1 && make_and_copy(pages, SIZE) != 0 ? 3 : result);
		}
		int status = 0;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		result = WEXITSTATUS(status);
	}
	assert_int_equal(result, 0);
	/* Lists of drivers, devices, extensions and queue families, the device, its sample page, the image. */
	assert_true(n > 12);
}

/* A driver call that may run out of memory. */
#define FALLIBLE(name, parameters, arguments) \
	static PFN_vk##name real_##name; \
	static VKAPI_ATTR VkResult VKAPI_CALL try_##name parameters { \
		return must_fail() ? VK_ERROR_OUT_OF_DEVICE_MEMORY : real_##name arguments; \
	}
/* A pair of calls that create and destroy an object. */
#define COUNTED(create, destroy, create_info, handle) \
	static PFN_vk##create real_##create; \
	static PFN_vk##destroy real_##destroy; \
	static VKAPI_ATTR VkResult VKAPI_CALL try_##create( \
		VkDevice device, const create_info *info, const VkAllocationCallbacks *callbacks, handle *object) { \
		VkResult result = \
			must_fail() ? VK_ERROR_OUT_OF_DEVICE_MEMORY : real_##create(device, info, callbacks, object); \
		live += result == VK_SUCCESS; \
		return result; \
	} \
	static VKAPI_ATTR void VKAPI_CALL try_##destroy( \
		VkDevice device, handle object, const VkAllocationCallbacks *callbacks) { \
		live -= object != VK_NULL_HANDLE; \
		real_##destroy(device, object, callbacks); \
	}

COUNTED(CreateImage, DestroyImage, VkImageCreateInfo, VkImage)
COUNTED(CreateBuffer, DestroyBuffer, VkBufferCreateInfo, VkBuffer)
COUNTED(AllocateMemory, FreeMemory, VkMemoryAllocateInfo, VkDeviceMemory)
COUNTED(CreateCommandPool, DestroyCommandPool, VkCommandPoolCreateInfo, VkCommandPool)
COUNTED(CreateFence, DestroyFence, VkFenceCreateInfo, VkFence)
FALLIBLE(BindImageMemory, (VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset),
	(device, image, memory, offset))
FALLIBLE(BindBufferMemory, (VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset),
	(device, buffer, memory, offset))
FALLIBLE(MapMemory,
	(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkMemoryMapFlags flags,
		void **bytes),
	(device, memory, offset, size, flags, bytes))
FALLIBLE(AllocateCommandBuffers, (VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *commands),
	(device, info, commands))
FALLIBLE(BeginCommandBuffer, (VkCommandBuffer commands, const VkCommandBufferBeginInfo *info), (commands, info))
FALLIBLE(EndCommandBuffer, (VkCommandBuffer commands), (commands))
FALLIBLE(ResetFences, (VkDevice device, uint32_t count, const VkFence *fences), (device, count, fences))
FALLIBLE(QueueSubmit, (VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence),
	(queue, count, submits, fence))

/* Waits before it fails, because the submission must complete. */
static PFN_vkWaitForFences real_WaitForFences;
static VKAPI_ATTR VkResult VKAPI_CALL try_WaitForFences(
	VkDevice device, uint32_t count, const VkFence *fences, VkBool32 all, uint64_t timeout) {
	VkResult result = real_WaitForFences(device, count, fences, all, timeout);
	return must_fail() ? VK_ERROR_OUT_OF_DEVICE_MEMORY : result;
}

static void put_between(struct tongs_vk_device *vkd) {
#define PUT(name) \
	real_##name = vkd->name; \
	vkd->name = try_##name;
	PUT(CreateImage)
	PUT(DestroyImage)
	PUT(CreateBuffer)
	PUT(DestroyBuffer)
	PUT(AllocateMemory)
	PUT(FreeMemory)
	PUT(CreateCommandPool)
	PUT(DestroyCommandPool)
	PUT(CreateFence)
	PUT(DestroyFence)
	PUT(BindImageMemory)
	PUT(BindBufferMemory)
	PUT(MapMemory)
	PUT(AllocateCommandBuffers)
	PUT(BeginCommandBuffer)
	PUT(EndCommandBuffer)
	PUT(ResetFences)
	PUT(QueueSubmit)
	PUT(WaitForFences)
#undef PUT
}

/* Uses the other queue than depth and stencil. */
static void copy_color(struct tongs_own_device *dev, void *pages, size_t size) {
	enum { ROW = 8 * 4 };
	struct tongs_image_shape color = depth_stencil;
	color.format = VK_FORMAT_R8G8B8A8_UNORM;
	const struct tongs_own_image_region region = {.aspect = VK_IMAGE_ASPECT_COLOR_BIT, .extent = {8, 8, 1}};
	unsigned char noise[8 * ROW], got[8 * ROW] = {0};
	uint32_t random = 2;
	struct tongs_payload *payload;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (unsigned char)next_random(&random);
	const struct tongs_import import = make_import(pages, size);
	struct tongs_own_image *image = create_image(dev, &color, &import, &payload);
	assert_non_null(image);
	assert_true(tongs_own_image_write(image, &region, noise, ROW, 0));
	assert_true(tongs_own_image_read(image, &region, got, ROW, 0));
	assert_memory_equal(got, noise, sizeof(got));
	tongs_own_image_destroy(image);
	tongs_payload_unref(payload);
}

static void every_call_of_the_driver_fails_once(void **state) {
	(void)state;
	enum { SIZE = 1 << 20 };
	struct tongs_own_device *dev = NULL;
	void *pages = tongs_alloc_pages(SIZE, 1 << 16);
	messages_capture();
	assert_true(tongs_own_device_new_all(&dev, 1) > 0);
	assert_int_not_equal(tongs_own_device_get_memory_types(dev, OWN_KIND(dev)), 0);
	assert_non_null(tongs_own_device_get_vk_device(dev));
	const bool driver = OWN_KIND(dev)->allocated_by_device;
	put_between(&dev->vkd);
	/* The device must stay the same without references. */
	tongs_own_device_set_idle_delay(UINT64_MAX);
	tongs_own_device_unref(dev);

	int result = 1;
	uint64_t n = 0;
	for (; result == 1 && n < 100; n++) {
		/* Empties the cache. */
		tongs_free(NULL, dev->image_cache);
		dev->image_cache = NULL;
		assert_true(tongs_own_device_new_all(&dev, 1) > 0);
		calls_left = n;
		result = make_and_copy(pages, SIZE);
		calls_left = UINT64_MAX;
		/* The failure must not affect the next attempt, nor leave objects when the device is unused. */
		assert_int_equal(make_and_copy(pages, SIZE), 0);
		tongs_own_device_unref(dev);
		assert_int_equal(live, 0);
	}
	assert_int_equal(result, 0);
	/* A measured image, a bound one, the commands, the staging buffer, two copies; and the success. Of pages the
	 * memory types are queried, too. */
	assert_int_equal(n, 1 + (driver ? 3 : 4) + 3 + 4 + 2 * 5 + 1);

	/* While the device is used, a queue keeps its pool and fence, and the device the staging buffer and its memory.
	 */
	assert_true(tongs_own_device_new_all(&dev, 1) > 0);
	assert_int_equal(make_and_copy(pages, SIZE), 0);
	assert_int_equal(live, 2 + 2);
	copy_color(dev, pages, SIZE);
	assert_int_equal(live, 2 + 2 + 2);
	tongs_own_device_unref(dev);
	assert_int_equal(live, 0);
	tongs_free_pages(pages, SIZE);
}

int main(void) {
	/* Tests that fork come first, before any thread runs and Vulkan is loaded. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_fails_once),
		cmocka_unit_test(every_call_of_the_driver_fails_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
