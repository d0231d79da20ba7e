/* SPDX-License-Identifier: MIT */
/* A program that uses no Metal handle makes the same calls below Tongs as without it, compared byte by byte in a record
 * of them. What Tongs adds is listed here: names of extensions, and queries of its own while instance and device are
 * made. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "harness.h"

static const char *self;

/* The program: a buffer and an image that are filled, mapped and destroyed. */
static int application(uint32_t version, bool with_extension) {
	struct gpu gpu;
	struct staging staging;
	const struct gpu_options options = {
		.api_version = version,
		.without_extension = !with_extension,
		.without_messenger = true,
	};
	gpu_init(&gpu, &options);
	staging_init(&gpu, &staging, 4096);
	memset(staging.bytes, 1, 4096);
	VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &info, 0);
	VkDeviceMemory memory = export_for_image(&gpu, image, 0);
	const VkImageViewCreateInfo view_info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = info.format,
		.subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
	};
	VkImageView view;
	assert_vk(vkCreateImageView(gpu.device, &view_info, NULL, &view));
	VkCommandBuffer commands = begin(&gpu);
	vkCmdFillBuffer(commands, staging.buffer, 0, 256, 7);
	submit(&gpu, commands);
	const VkMappedMemoryRange range = {
		.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
		.memory = staging.memory,
		.size = VK_WHOLE_SIZE,
	};
	assert_vk(vkFlushMappedMemoryRanges(gpu.device, 1, &range));
	assert_vk(vkInvalidateMappedMemoryRanges(gpu.device, 1, &range));
	vkUnmapMemory(gpu.device, staging.memory);
	vkDestroyImageView(gpu.device, view, NULL);
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	staging_finish(&gpu, &staging);
	vkFreeMemory(gpu.device, VK_NULL_HANDLE, NULL);
	gpu_finish(&gpu);
	return 0;
}

/* Runs the program in a process of its own, below it `layers` and the recording one; the record is the caller's. */
static char *record(const char *layers, const char *version, bool with_extension) {
	char path[] = "/tmp/tongs-calls-XXXXXX", variable[128], enabled[128], *text = NULL;
	int file = mkstemp(path);
	assert_true(file >= 0);
	close(file);
	snprintf(variable, sizeof(variable), "TONGS_TEST_RECORDING=%s", path);
	snprintf(enabled, sizeof(enabled), "VK_INSTANCE_LAYERS=%sVK_LAYER_TONGS_test", layers);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		putenv(variable);
		putenv(enabled);
		execl(self, self, version, with_extension ? "with" : "without", (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	size_t size = 0;
	FILE *stream = fopen(path, "r");
	assert_non_null(stream);
	assert_true(getdelim(&text, &size, '\0', stream) > 0);
	fclose(stream);
	unlink(path);
	return text;
}

/* The line of `text` that begins with `name`, without it; the caller's. */
static char *line_of(const char *text, const char *name) {
	const char *line = strstr(text, name);
	if (!line)
		fail_msg("%s was not called", name);
	line += strlen(name);
	return strndup(line, strcspn(line, "\n"));
}

/* The device is made when the program asks for its queue, the first call after that. */
static const char *after_creation(const char *text) {
	const char *rest = strstr(text, "\nvkGetDeviceQueue ");
	assert_non_null(rest);
	return rest;
}

/* Beside the creation of one instance and one device there are queries alone before the device is there, the loader's
 * own and those of Tongs. */
static void check_queries(const char *text) {
	static const char *const queries[] = {
		"vkEnumeratePhysicalDevices ",
		"vkEnumerateDeviceExtensionProperties ",
		"vkGetPhysicalDeviceProperties ",
		"vkGetPhysicalDeviceProperties2 ",
		"vkGetPhysicalDeviceMemoryProperties ",
		"vkGetPhysicalDeviceExternalBufferProperties ",
		"vkGetPhysicalDeviceImageFormatProperties2 ",
		"vkGetMemoryHostPointerPropertiesEXT ",
		/* A buffer without memory, to find the alignment of shared ones. */
		"vkCreateBuffer size 1 ",
		"vkGetBufferMemoryRequirements ",
		"vkDestroyBuffer ",
	};
	const char *end = after_creation(text);
	unsigned created = 0;
	for (const char *line = text; line && line < end; line = strchr(line, '\n'), line += line != NULL) {
		bool known = false;
		for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++)
			known |= strncmp(line, queries[i], strlen(queries[i])) == 0;
		bool creation =
			strncmp(line, "vkCreateInstance ", 17) == 0 || strncmp(line, "vkCreateDevice ", 15) == 0;
		if (!known && !creation)
			fail_msg("not a call of Tongs' own: %.60s", line);
		created += creation;
	}
	assert_int_equal(created, 2);
}

struct expectation {
	const char *version;
	bool with_extension;
	const char *names; /* of the device's extensions behind the program's own */
};

static void check_creation(const char *plain, const char *tongs, const char *name, const char *added) {
	char *before = line_of(plain, name), *after = line_of(tongs, name), expected[1024];
	snprintf(expected, sizeof(expected), "%s%s", before, added);
	assert_string_equal(after, expected);
	free(before);
	free(after);
}

static void check(const struct expectation *expectation) {
	char *plain = record("", expectation->version, false);
	char *tongs = record("VK_LAYER_TONGS_metal_interop:", expectation->version, expectation->with_extension);
	check_creation(plain, tongs, "vkCreateInstance ", "");
	check_creation(plain, tongs, "vkCreateDevice ", expectation->names);
	check_queries(tongs);
	assert_true(strlen(after_creation(plain)) > 500);
	assert_string_equal(after_creation(tongs), after_creation(plain));
	free(plain);
	free(tongs);
}

static void same_calls_without_the_extension(void **state) {
	(void)state;
	check(&(struct expectation){"1.3", false, ""});
	/* The two extensions that Tongs needs of the instance are enabled by the program itself. */
	check(&(struct expectation){"1.0", false, ""});
}

static void same_calls_with_the_extension_enabled(void **state) {
	(void)state;
	check(&(struct expectation){"1.3", true, " VK_EXT_external_memory_host"});
	check(&(struct expectation){"1.0", true, " VK_EXT_external_memory_host VK_KHR_maintenance2"});
}

/* Records of different programs differ; otherwise the comparison would prove nothing. */
static void a_record_distinguishes_programs(void **state) {
	(void)state;
	char *newer = record("", "1.3", false), *older = record("", "1.0", false);
	assert_string_not_equal(newer, older);
	assert_non_null(strstr(newer, "vkCreateBuffer size 4096 "));
	assert_non_null(strstr(newer, "vkCmdFillBuffer offset 0 size 256 data 7\n"));
	free(newer);
	free(older);
}

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_calls_without_the_extension),
		cmocka_unit_test(same_calls_with_the_extension_enabled),
		cmocka_unit_test(a_record_distinguishes_programs),
	};
	self = argv[0];
	if (argc > 2)
		return application(strcmp(argv[1], "1.0") == 0 ? VK_API_VERSION_1_0 : VK_API_VERSION_1_3,
			strcmp(argv[2], "with") == 0);
	return cmocka_run_group_tests_name("layer: recorded calls", tests, NULL, NULL);
}
