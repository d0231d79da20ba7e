/* SPDX-License-Identifier: MIT */
/* Helpers of libtongs' tests. */
#include "support.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t count, error_count;
static char last[1024];

static void capture(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	pthread_mutex_lock(&lock);
	count++;
	error_count += severity == TONGS_MESSAGE_ERROR;
	snprintf(last, sizeof(last), "%s", text);
	pthread_mutex_unlock(&lock);
}

void messages_capture(void) {
	tongs_set_message_callback(capture, NULL);
	messages_take();
}

size_t messages_take(void) {
	pthread_mutex_lock(&lock);
	size_t taken = count;
	count = error_count = 0;
	pthread_mutex_unlock(&lock);
	return taken;
}

static void expect(size_t errors_wanted, const char *what, const char *text) {
	size_t errors = error_count, all = messages_take();
	if (all != 1 || errors != errors_wanted)
		fail_msg("one %s with `%s' was expected; the last of %zu: %s", what, text, all, last);
	if (!strstr(last, text))
		fail_msg("the %s should have `%s' in it: %s", what, text, last);
}

void messages_expect(const char *text) {
	expect(1, "error", text);
}

void messages_expect_warning(const char *text) {
	expect(0, "warning", text);
}

void messages_expect_none(void) {
	if (messages_take() != 0)
		fail_msg("no message was expected: %s", last);
}

struct tongs_import_roles only_pages(void) {
	const struct tongs_import_kind *pages = tongs_import_get_kind(false);
	return (struct tongs_import_roles){.kinds = {pages, pages, pages}, .takes_optimal = true, .combines = true};
}

struct tongs_device *new_plain_device(VkPhysicalDeviceType type) {
	struct tongs_vk_id id = {.device = "plain device 00", .driver = "plain driver"};
	id.device[VK_UUID_SIZE - 1] = (uint8_t)type;
	const VkPhysicalDeviceProperties properties = {
		.apiVersion = VK_API_VERSION_1_3,
		.deviceType = type,
		.deviceName = "plain",
		.limits =
			{
				.maxImageDimension2D = 4096,
				.minTexelBufferOffsetAlignment = 16,
				.framebufferColorSampleCounts = VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT,
				.sampledImageColorSampleCounts =
					VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT | VK_SAMPLE_COUNT_8_BIT,
			},
	};
	const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 2,
		.memoryTypes = {{.propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, .heapIndex = 0},
			{.propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
				.heapIndex = 1}},
		.memoryHeapCount = 2,
		.memoryHeaps = {{.size = (VkDeviceSize)256 << 20, .flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT},
			{.size = (VkDeviceSize)64 << 20}},
	};
	const struct tongs_import_roles roles = only_pages();
	return tongs_interop_new_device(&id, &properties, &memory, &roles);
}

bool bytes_are(const void *bytes, int value, size_t size) {
	const unsigned char *byte = bytes;
	return size == 0 || (byte[0] == value && memcmp(byte, byte + 1, size - 1) == 0);
}

/* xorshift32 */
uint32_t next_random(uint32_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

PFN_vkGetInstanceProcAddr load_vulkan(void) {
	void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
	void *address = library ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
	PFN_vkGetInstanceProcAddr function;
	memcpy(&function, &address, sizeof(function));
	return function;
}

size_t count_mappings(void) {
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	size_t lines = 0;
	for (int c; (c = getc(maps)) != EOF;)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

size_t count_memfd_mappings(void) {
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	char line[4096];
	size_t lines = 0;
	while (fgets(line, sizeof(line), maps))
		lines += strstr(line, "/memfd:") != NULL;
	fclose(maps);
	return lines;
}

size_t count_files(void) {
	DIR *folder = opendir("/proc/self/fd");
	size_t entries = 0;
	while (readdir(folder))
		entries++;
	closedir(folder);
	return entries;
}
