/* SPDX-License-Identifier: MIT */
/* libtongs' own devices: references, caps, requirements of buffers and images, and the blocks of formats. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vulkan/own_device.h"
#include "format/format.h"
#include "vulkan/own_image.h"

static const struct tongs_image_shape rgba8 = {
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.type = VK_IMAGE_TYPE_2D,
	.extent = {50, 30, 1},
	.levels = 1,
	.layers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_OPTIMAL,
};

static int setup(void **state) {
	(void)state;
	messages_capture();
	return 0;
}

static struct tongs_own_device *create(void) {
	struct tongs_own_device *dev = NULL;
	assert_true(tongs_own_device_new_all(&dev, 1) >= 1);
	assert_non_null(dev);
	return dev;
}

static void requirements_are_queried(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	const struct tongs_physical_device_info *info = tongs_own_device_get_info(dev);
	assert_true(info->properties.apiVersion >= VK_API_VERSION_1_1);
	assert_true(info->import_alignment > 0);
	assert_int_not_equal(tongs_own_device_get_memory_types(dev, OWN_KIND(dev)), 0);

	struct tongs_image_shape shape = rgba8;
	struct tongs_own_image_requirements image;
	shape.tiling = VK_IMAGE_TILING_LINEAR;
	const struct tongs_import_kind *linear = info->roles.kinds[TONGS_ROLE_LINEAR];
	assert_true(tongs_own_image_query_requirements(dev, linear, &shape, 0, &image));
	assert_int_equal(image.tiling, VK_IMAGE_TILING_LINEAR);
	assert_true(image.levels[0].rowPitch >= 200);
	assert_true(image.memory.size >= image.levels[0].offset + 29 * image.levels[0].rowPitch + 200);
	assert_true(bytes_are(&image.levels[1], 0, sizeof(image.levels) - sizeof(image.levels[0])));

	VkMemoryRequirements requirements;
	assert_true(tongs_own_device_query_buffer_requirements(dev, TONGS_ROLE_BUFFER, 1000, &requirements));
	assert_true(requirements.size >= 1000);
	messages_expect_none();
	tongs_own_device_unref(dev);
	tongs_own_device_unref(NULL);
}

static void a_uuid_has_one_device(void **state) {
	(void)state;
	struct tongs_own_device *dev = create(), *again = create();
	struct tongs_own_device *same = tongs_own_device_new_from_id(&tongs_own_device_get_info(dev)->id);
	struct tongs_own_image_requirements image;
	assert_ptr_equal(again, dev);
	assert_ptr_equal(same, dev);
	tongs_own_device_unref(dev);
	tongs_own_device_unref(again);
	assert_true(tongs_own_image_query_requirements(same, OWN_KIND(same), &rgba8, 0, &image));
	tongs_own_device_unref(same);
	same = create();
	assert_true(tongs_own_image_query_requirements(same, OWN_KIND(same), &rgba8, 0, &image));
	tongs_own_device_unref(same);
	messages_expect_none();
}

/* Caps belong to a device with its driver, not to the hardware. */
static void caps_are_of_a_driver(void **state) {
	(void)state;
	struct tongs_vk_id id = {.device = "of caps", .driver = "one"};
	struct tongs_own_caps *one = tongs_own_caps_get(&id);
	assert_non_null(one);
	one->page_types = 5;
	memcpy(id.driver, "two", 4);
	assert_null(tongs_own_caps_lookup(&id));
	struct tongs_own_caps *two = tongs_own_caps_get(&id);
	assert_ptr_not_equal(two, one);
	assert_int_equal(two->page_types, 0);
	memcpy(id.driver, "one", 4);
	assert_ptr_equal(tongs_own_caps_lookup(&id), one);

	/* A driver that lists the same hardware is a different one. */
	struct tongs_own_device *dev = create();
	id = tongs_own_device_get_info(dev)->id;
	id.driver[0] ^= 1;
	assert_null(tongs_own_device_new_from_id(&id));
	struct tongs_own_device *any = tongs_own_device_new_from_uuid(id.device);
	assert_ptr_equal(any, dev);
	tongs_own_device_unref(any);
	tongs_own_device_unref(dev);
	messages_expect_none();
}

static struct tongs_vk listed; /* the driver's functions; a test hides some of its extensions */
static uint32_t device_version;
static bool lists_addresses;
static size_t devices_refused;

static VKAPI_ATTR VkResult VKAPI_CALL list_extensions(
	VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *extensions) {
	VkResult result = listed.EnumerateDeviceExtensionProperties(physical, layer, count, extensions);
	for (uint32_t i = 0; extensions && !lists_addresses && i < *count; i++)
		if (strcmp(extensions[i].extensionName, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME) == 0)
			memset(extensions[i].extensionName, 'x', 10);
	return result;
}

/* Rejects extensions that the driver does not list, as the specification requires. */
static VKAPI_ATTR VkResult VKAPI_CALL create_listed_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
	const VkAllocationCallbacks *callbacks, VkDevice *device) {
	for (uint32_t i = 0; i < info->enabledExtensionCount; i++) {
		const char *name = info->ppEnabledExtensionNames[i];
		bool known = strcmp(name, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) == 0 ||
			     (lists_addresses && strcmp(name, VK_KHR_BUFFER_DEVICE_ADDRESS_EXTENSION_NAME) == 0);
		if (!known) {
			devices_refused++;
			return VK_ERROR_EXTENSION_NOT_PRESENT;
		}
	}
	return listed.CreateDevice(physical, info, callbacks, device);
}

/* Core commands exist from the core version on, the extension's where it is enabled. */
static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_listed_command(VkDevice device, const char *name) {
	if ((strcmp(name, "vkGetBufferDeviceAddressKHR") == 0 && !lists_addresses) ||
		(strcmp(name, "vkGetBufferDeviceAddress") == 0 && device_version < VK_API_VERSION_1_2))
		return NULL;
	return listed.GetDeviceProcAddr(device, name);
}

/* Addresses are queried through core 1.2, otherwise through the extension; lavapipe's equal the CPU's. */
static void addresses_come_from_core_or_extension(void **state) {
	(void)state;
	static const struct {
		uint32_t version;
		bool extension, pointers;
	} rows[] = {
		{VK_API_VERSION_1_3, true, true},
		{VK_API_VERSION_1_2, false, true},
		{VK_API_VERSION_1_1, true, true},
		{VK_API_VERSION_1_1, false, false},
	};
	struct tongs_own_device *dev = create();
	const struct tongs_vk *vk = dev->physical.vk;
	uint32_t version = dev->physical.info.properties.apiVersion;
	if (!tongs_own_device_addresses_are_pointers(dev)) {
		tongs_own_device_unref(dev);
		skip();
	}
	assert_true(version >= VK_API_VERSION_1_2);
	struct tongs_vk hiding = listed = *vk;
	hiding.EnumerateDeviceExtensionProperties = list_extensions;
	hiding.CreateDevice = create_listed_device;
	hiding.GetDeviceProcAddr = get_listed_command;
	dev->physical.vk = &hiding;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		dev->caps->addresses_are_pointers = TONGS_TRISTATE_UNKNOWN;
		dev->physical.info.properties.apiVersion = device_version = rows[i].version;
		lists_addresses = rows[i].extension;
		assert_int_equal(tongs_own_device_addresses_are_pointers(dev), rows[i].pointers);
		assert_int_equal(
			dev->caps->addresses_are_pointers, rows[i].pointers ? TONGS_TRISTATE_YES : TONGS_TRISTATE_NO);
	}
	assert_int_equal(devices_refused, 0);
	dev->physical.vk = vk;
	dev->physical.info.properties.apiVersion = version;
	dev->caps->addresses_are_pointers = TONGS_TRISTATE_UNKNOWN;
	tongs_own_device_unref(dev);
	messages_expect_none();
}

static PFN_vkCreateImage create_image;
static size_t images_created;

static VKAPI_ATTR VkResult VKAPI_CALL count_image(
	VkDevice device, const VkImageCreateInfo *info, const VkAllocationCallbacks *callbacks, VkImage *image) {
	images_created++;
	return create_image(device, info, callbacks, image);
}

/* Queries more shapes than the cache holds, each twice. */
static void requirements_are_cached(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	struct tongs_own_image_requirements first, second;
	struct tongs_image_shape shape = rgba8;
	assert_int_not_equal(tongs_own_device_get_memory_types(dev, OWN_KIND(dev)), 0);
	create_image = dev->vkd.CreateImage;
	dev->vkd.CreateImage = count_image;
	images_created = 0;
	enum { SHAPES = 3 * TONGS_OWN_IMAGE_CACHE_SLOTS };
	for (uint32_t i = 0; i < SHAPES; i++) {
		shape.extent.width = 1000 + i;
		assert_true(tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shape, 0, &first));
		assert_true(tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shape, 0, &second));
		assert_memory_equal(&first, &second, sizeof(first));
		assert_true(first.memory.size >= (VkDeviceSize)shape.extent.width * 30 * 4);
	}
	assert_int_equal(images_created, SHAPES);

	/* Every member distinguishes shapes. */
	shape = (struct tongs_image_shape){
		VK_FORMAT_R8G8B8A8_UNORM, VK_IMAGE_TYPE_2D, {777, 777, 1}, 1, 6, 1, VK_IMAGE_TILING_OPTIMAL};
	struct tongs_image_shape others[] = {shape, shape, shape, shape, shape};
	others[0].format = VK_FORMAT_R8G8B8A8_SRGB;
	others[1].extent.height = 778;
	others[2].levels = 2;
	others[3].layers = 1;
	others[4].layers = 1; /* some drivers have no others */
	others[4].tiling = VK_IMAGE_TILING_LINEAR;
	images_created = 0;
	assert_true(tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shape, 0, &first));
	assert_true(tongs_own_image_query_requirements(
		dev, OWN_KIND(dev), &shape, VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT, &first));
	for (size_t i = 0; i < LENGTH(others); i++) {
		const enum tongs_role role =
			others[i].tiling == VK_IMAGE_TILING_LINEAR ? TONGS_ROLE_LINEAR : TONGS_ROLE_OPTIMAL;
		assert_true(tongs_own_image_query_requirements(
			dev, tongs_own_device_get_info(dev)->roles.kinds[role], &others[i], 0, &first));
	}
	assert_int_equal(images_created, 2 + LENGTH(others));
	dev->vkd.CreateImage = create_image;
	tongs_own_device_unref(dev);
	messages_expect_none();
}

static void what_the_driver_lacks_is_refused(void **state) {
	(void)state;
	struct tongs_own_device *dev = create();
	struct tongs_own_image_requirements image = {.memory.size = 77};
	VkMemoryRequirements requirements = {.size = 77};
	struct tongs_image_shape shapes[] = {rgba8, rgba8, rgba8, rgba8, rgba8};
	shapes[0].extent.width = UINT32_MAX;
	shapes[1].levels = 99;
	shapes[2].samples = VK_SAMPLE_COUNT_64_BIT;
	shapes[3].layers = UINT32_MAX;
	shapes[4].type = VK_IMAGE_TYPE_1D;
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		char page[1];
		assert_false(tongs_own_image_query_requirements(dev, OWN_KIND(dev), &shapes[i], 0, &image));
		messages_expect("VK_ERROR_FORMAT_NOT_SUPPORTED");
		assert_null(tongs_own_image_create(dev, &shapes[i], 0,
			&(const struct tongs_import){.kind = tongs_import_get_kind(false), .contents = page},
			VK_NULL_HANDLE, 0));
		messages_expect("VK_ERROR_FORMAT_NOT_SUPPORTED");
	}
	assert_false(tongs_own_device_query_buffer_requirements(dev, TONGS_ROLE_BUFFER, UINT64_MAX, &requirements));
	messages_expect("VK_ERROR_OUT_OF_DEVICE_MEMORY");
	assert_int_equal(image.memory.size, 77);
	assert_int_equal(requirements.size, 77);
	tongs_own_device_unref(dev);
}

static void *make_query_destroy(void *user) {
	struct tongs_own_device *dev = NULL;
	struct tongs_own_image_requirements image;
	for (size_t i = 0; i < 5; i++) {
		if (tongs_own_device_new_all(&dev, 1) == 0 ||
			!tongs_own_image_query_requirements(dev, OWN_KIND(dev), &rgba8, 0, &image))
			return user;
		tongs_own_device_unref(dev);
	}
	return NULL;
}

static void threads_share_the_device(void **state) {
	(void)state;
	pthread_t threads[4];
	for (size_t i = 0; i < LENGTH(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_query_destroy, threads), 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void formats_of_vulkan_1_0_have_blocks(void **state) {
	(void)state;
	struct tongs_texel_block block;
	for (int format = VK_FORMAT_R4G4_UNORM_PACK8; format <= VK_FORMAT_ASTC_12x12_SRGB_BLOCK; format++) {
		VkImageAspectFlags aspects = tongs_format_get_aspects((VkFormat)format);
		assert_true(
			tongs_format_get_block((VkFormat)format, (VkImageAspectFlagBits)(aspects & -aspects), &block));
		assert_true(block.bytes >= 1 && block.bytes <= 32);
	}
}

static void blocks_of_aspects(void **state) {
	(void)state;
	static const struct {
		VkFormat format;
		uint8_t color, depth, stencil; /* 0: no such aspect */
	} rows[] = {
		{VK_FORMAT_D16_UNORM, 0, 2, 0},
		{VK_FORMAT_X8_D24_UNORM_PACK32, 0, 4, 0},
		{VK_FORMAT_D32_SFLOAT, 0, 4, 0},
		{VK_FORMAT_S8_UINT, 0, 0, 1},
		{VK_FORMAT_D16_UNORM_S8_UINT, 0, 2, 1},
		{VK_FORMAT_D24_UNORM_S8_UINT, 0, 4, 1},
		{VK_FORMAT_D32_SFLOAT_S8_UINT, 0, 4, 1},
		{VK_FORMAT_R16G16B16_SFLOAT, 6, 0, 0},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, 0, 0, 0},
	};
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const uint8_t bytes[] = {rows[i].color, rows[i].depth, rows[i].stencil};
		const VkImageAspectFlagBits aspects[] = {
			VK_IMAGE_ASPECT_COLOR_BIT, VK_IMAGE_ASPECT_DEPTH_BIT, VK_IMAGE_ASPECT_STENCIL_BIT};
		for (size_t k = 0; k < LENGTH(aspects); k++) {
			struct tongs_texel_block block = {0};
			assert_int_equal(tongs_format_get_block(rows[i].format, aspects[k], &block), bytes[k] > 0);
			assert_int_equal(block.bytes, bytes[k]);
		}
	}
}

static void blocks_of_planes(void **state) {
	(void)state;
	static const struct {
		VkFormat format;
		uint8_t planes[3]; /* bytes; 0: no such plane */
	} rows[] = {
		{VK_FORMAT_R8G8_UNORM, {0, 0, 0}},
		{VK_FORMAT_G8_B8R8_2PLANE_420_UNORM, {1, 2, 0}},
		{VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM, {1, 1, 1}},
		{VK_FORMAT_G10X6_B10X6R10X6_2PLANE_420_UNORM_3PACK16, {2, 4, 0}},
		{VK_FORMAT_G16_B16_R16_3PLANE_444_UNORM, {2, 2, 2}},
	};
	struct tongs_texel_block block;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		for (unsigned k = 0; k < 3; k++) {
			const VkImageAspectFlagBits aspect = (VkImageAspectFlagBits)(VK_IMAGE_ASPECT_PLANE_0_BIT << k);
			block = (struct tongs_texel_block){1, 1, 0};
			assert_int_equal(tongs_format_get_block(rows[i].format, aspect, &block), rows[i].planes[k] > 0);
			assert_int_equal(block.bytes, rows[i].planes[k]);
			assert_int_equal(block.width, 1);
			assert_int_equal(block.height, 1);
		}
		assert_false(tongs_format_get_block(rows[i].format,
			(VkImageAspectFlagBits)(VK_IMAGE_ASPECT_PLANE_0_BIT | VK_IMAGE_ASPECT_PLANE_1_BIT), &block));
	}
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
		/* Functions that need no Vulkan work. */
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
	/* Tests that fork come first, before any thread runs and Vulkan is loaded. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_a_driver, setup),
		cmocka_unit_test_setup(requirements_are_queried, setup),
		cmocka_unit_test_setup(a_uuid_has_one_device, setup),
		cmocka_unit_test_setup(caps_are_of_a_driver, setup),
		cmocka_unit_test_setup(addresses_come_from_core_or_extension, setup),
		cmocka_unit_test_setup(requirements_are_cached, setup),
		cmocka_unit_test_setup(what_the_driver_lacks_is_refused, setup),
		cmocka_unit_test_setup(threads_share_the_device, setup),
		cmocka_unit_test(formats_of_vulkan_1_0_have_blocks),
		cmocka_unit_test(blocks_of_aspects),
		cmocka_unit_test(blocks_of_planes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
