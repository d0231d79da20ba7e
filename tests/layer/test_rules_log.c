/* SPDX-License-Identifier: MIT */
/* Broken rules where no messenger listens: in the log, if TONGS_VALIDATION is on. */
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "util/layer_settings.h"

/* What the log got. */
struct log {
	unsigned errors, warnings;
	char text[1024];
};

static void keep(enum tongs_message_severity severity, const char *text, void *user) {
	struct log *log = user;
	if (severity == TONGS_MESSAGE_ERROR)
		log->errors++;
	else
		log->warnings++;
	strncpy(log->text, text, sizeof(log->text) - 1);
}

static const VkMemoryGetMetalHandleInfoEXT bad_query = {
	.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
	.handleType = MTLBUFFER,
};

static void misuse(struct gpu *gpu) {
	void *handle;
	assert_int_equal(gpu->get_handle(gpu->device, &bad_query, &handle), VK_ERROR_VALIDATION_FAILED_EXT);
	assert_null(handle);
}

/* Set to a number by the build where TONGS_VALIDATION is on. */
static unsigned get_limit(void) {
	const char *text = getenv("TONGS_DUPLICATE_MESSAGE_LIMIT");
	return text ? (unsigned)atoi(text) : 0;
}

static bool is_on(void) {
	const char *text = getenv("TONGS_VALIDATION");
	return text && strcmp(text, "on") == 0;
}

static void without_the_extension(void **state) {
	struct log log = {0};
	struct gpu gpu;
	(void)state;
	tongs_set_message_callback(keep, &log);
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true});
	for (unsigned i = 1; i <= 2 * get_limit() + 1; i++)
		misuse(&gpu);
	assert_int_equal(log.errors, is_on() ? get_limit() : 0);
	if (is_on()) {
		assert_non_null(strstr(log.text, "VUID-VkMemoryGetMetalHandleInfoEXT-memory-10413: "));
		assert_non_null(strstr(log.text, "further reports are dropped"));
	}
	gpu_finish(&gpu);
	tongs_set_message_callback(NULL, NULL);
}

/* A messenger receives what the log would; once it is destroyed, the log does. */
static void without_a_messenger(void **state) {
	struct log log = {0};
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	tongs_set_message_callback(keep, &log);
	misuse(&gpu);
	assert_reported(&gpu, "10413");
	assert_int_equal(log.errors, 0);
	PFN_vkDestroyDebugUtilsMessengerEXT destroy = (PFN_vkDestroyDebugUtilsMessengerEXT)vkGetInstanceProcAddr(
		gpu.instance, "vkDestroyDebugUtilsMessengerEXT");
	destroy(gpu.instance, gpu.messenger, NULL);
	gpu.messenger = VK_NULL_HANDLE;
	misuse(&gpu);
	assert_reported(&gpu, NULL);
	assert_int_equal(log.errors, is_on());
	gpu_finish(&gpu);
	tongs_set_message_callback(NULL, NULL);
}

/* The environment comes before the instance. */
static void settings_of_the_instance(void **state) {
	static const VkBool32 yes = VK_TRUE;
	static const uint32_t two = 2;
	static const VkLayerSettingEXT settings[] = {
		{"VK_LAYER_TONGS_metal_interop", "validation", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &yes},
		{"VK_LAYER_TONGS_metal_interop", "duplicate_message_limit", VK_LAYER_SETTING_TYPE_UINT32_EXT, 1, &two},
	};
	static const VkLayerSettingsCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
		.settingCount = 2,
		.pSettings = settings,
	};
	struct log log = {0};
	struct gpu gpu;
	(void)state;
	tongs_set_message_callback(keep, &log);
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true, .layer_settings = &info});
	for (unsigned i = 0; i < 5; i++)
		misuse(&gpu);
	assert_int_equal(log.errors, is_on() ? get_limit() : two);
	assert_int_equal(log.warnings, 0);
	gpu_finish(&gpu);
	tongs_set_message_callback(NULL, NULL);
}

/* A violation that is reported and done is a warning there, too. */
static void warnings(void **state) {
	struct log log = {0};
	struct gpu gpu;
	(void)state;
	tongs_set_message_callback(keep, &log);
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true});
	VkDeviceMemory memory =
		export_memory(&gpu, SIZE, shared_type_as(&gpu, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER);
	assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
	assert_int_equal(log.warnings, is_on());
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	gpu_finish(&gpu);
	tongs_set_message_callback(NULL, NULL);
}

/* Invalid values are reported once, with the first message that they concern, and then ignored. */
static void bad_values(void **state) {
	struct log log = {0};
	struct gpu gpu;
	(void)state;
	tongs_set_message_callback(keep, &log);
	gpu_init(&gpu, &(struct gpu_options){.without_messenger = true});
	misuse(&gpu);
	misuse(&gpu);
	assert_int_equal(log.errors, 0);
	assert_int_equal(log.warnings, 2);
	assert_non_null(strstr(log.text, "TONGS_DUPLICATE_MESSAGE_LIMIT"));
	gpu_finish(&gpu);
	tongs_set_message_callback(NULL, NULL);
}

/* Bad uses on a device that enabled neither extension. */
static void export_buffer(struct gpu *gpu) {
	VkBuffer buffer = make_buffer(gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	vkDestroyBuffer(gpu->device, buffer, NULL);
}

static void export_image(struct gpu *gpu) {
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_LINEAR);
	VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	VkImage image;
	info.pNext = &external;
	assert_vk(vkCreateImage(gpu->device, &info, NULL, &image));
	vkDestroyImage(gpu->device, image, NULL);
}

static void allocate_with(struct gpu *gpu, const void *next) {
	VkDeviceMemory memory = VK_NULL_HANDLE;
	if (try_allocate(gpu, next, SIZE, 0, &memory) == VK_SUCCESS)
		vkFreeMemory(gpu->device, memory, NULL);
}

static void export_memory_of_none(struct gpu *gpu) {
	const VkExportMemoryAllocateInfo info = export_info(MTLBUFFER, NULL);
	allocate_with(gpu, &info);
}

static void import_none(struct gpu *gpu) {
	const VkImportMemoryMetalHandleInfoEXT info = import_info(MTLBUFFER, NULL, NULL);
	allocate_with(gpu, &info);
}

static void export_surface(struct gpu *gpu) {
	VkImageCreateInfo info = rgba8(VK_IMAGE_TILING_LINEAR);
	const VkExportMetalObjectCreateInfoEXT export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECT_CREATE_INFO_EXT,
		.exportObjectType = VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT,
	};
	VkImage image;
	info.pNext = &export;
	assert_vk(vkCreateImage(gpu->device, &info, NULL, &image));
	vkDestroyImage(gpu->device, image, NULL);
}

/* Reported once a device, as a warning that names what is missing; ordinary calls are not. */
static void what_is_not_enabled(void **state) {
	static const struct {
		void (*use)(struct gpu *gpu);
		const char *rule, *text;
	} rows[] = {
		{export_buffer, "VUID-VkExternalMemoryBufferCreateInfo-handleTypes-parameter",
			"handleTypes has MTLBUFFER|MTLHEAP of VK_EXT_external_memory_metal, which this VkDevice did"},
		{export_image, "VUID-VkExternalMemoryImageCreateInfo-handleTypes-parameter", "MTLTEXTURE"},
		{export_memory_of_none, "VUID-VkExportMemoryAllocateInfo-handleTypes-parameter", "MTLBUFFER"},
		{import_none, "VUID-VkMemoryAllocateInfo-pNext-pNext",
			"VkImportMemoryMetalHandleInfoEXT is a struct of VK_EXT_external_memory_metal"},
		{export_surface, "VUID-VkImageCreateInfo-pNext-pNext",
			"VkExportMetalObjectCreateInfoEXT is a struct of VK_EXT_metal_objects"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct log log = {0};
		struct gpu gpu;
		tongs_set_message_callback(keep, &log);
		gpu_init(&gpu, &(struct gpu_options){.without_extension = true, .without_messenger = true});
		VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, 0);
		vkDestroyBuffer(gpu.device, buffer, NULL);
		assert_int_equal(log.warnings, 0);
		rows[i].use(&gpu);
		assert_int_equal(log.warnings, is_on());
		assert_true(!is_on() || strncmp(log.text, rows[i].rule, strlen(rows[i].rule)) == 0);
		assert_true(!is_on() || strstr(log.text, rows[i].text));
		assert_true(!is_on() || strstr(log.text, "ppEnabledExtensionNames"));
		rows[i].use(&gpu);
		export_buffer(&gpu);
		assert_int_equal(log.warnings, is_on());
		assert_int_equal(log.errors, 0);
		gpu_finish(&gpu);
		tongs_set_message_callback(NULL, NULL);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_extension),
		cmocka_unit_test(without_a_messenger),
		cmocka_unit_test(settings_of_the_instance),
		cmocka_unit_test(warnings),
		cmocka_unit_test(what_is_not_enabled),
	};
	const struct CMUnitTest of_bad_values[] = {cmocka_unit_test(bad_values)};
	const char *value = getenv("TONGS_VALIDATION");
	if (value && strcmp(value, "perhaps") == 0)
		return cmocka_run_group_tests_name("layer: bad settings", of_bad_values, NULL, NULL);
	return cmocka_run_group_tests_name("layer: rules in the log", tests, NULL, NULL);
}
