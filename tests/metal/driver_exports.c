/* SPDX-License-Identifier: MIT */
#include "driver_exports.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct gpu gpus[2];
struct tongs_own_device *own;
PFN_vkGetMemoryFdKHR get_fd;
atomic_uint errors;
unsigned opened;
static char last_error[512];

static void on_log(enum tongs_message_severity severity, const char *text, void *user) {
	(void)user;
	(void)severity;
	snprintf(last_error, sizeof(last_error), "%s", text);
	errors++;
}

void expect_error(const char *text) {
	if (errors != 1 || !strstr(last_error, text))
		fail_msg("one error with `%s' was expected; the last of %u: %s", text, errors, last_error);
	errors = 0;
}

int open_devices(void **state) {
	(void)state;
	for (int i = 0; i < 2; i++)
		gpu_init(&gpus[i], &(struct gpu_options){.without_extension = true, .with_fd = true});
	get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(gpus[0].device, "vkGetMemoryFdKHR");
	assert_non_null(get_fd);
	assert_true(tongs_own_device_new_all(&own, 1) >= 1);
	assert_non_null(tongs_own_device_get_vk_device(own));
	if (!tongs_import_find_used(&tongs_own_device_get_info(own)->roles, true)) {
		tongs_own_device_unref(own);
		own = NULL;
	}
	tongs_set_message_callback(on_log, NULL);
	return 0;
}

int close_devices(void **state) {
	(void)state;
	tongs_own_device_unref(own);
	for (int i = 0; i < 2; i++)
		gpu_finish(&gpus[i]);
	return 0;
}

int begin_test(void **state) {
	(void)state;
	errors = 0;
	return 0;
}

struct tongs_own_device *open_own(void *user) {
	(void)user;
	opened++;
	return own;
}

struct tongs_own_device *open_none(void *user) {
	(void)user;
	opened++;
	return NULL;
}

static VkBuffer make_fd_buffer(struct gpu *gpu, VkMemoryRequirements *requirements) {
	VkBuffer buffer = make_buffer(gpu, SIZE, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
	vkGetBufferMemoryRequirements(gpu->device, buffer, requirements);
	return buffer;
}

void exported_create(struct exported *exported, bool mapped) {
	VkMemoryRequirements requirements;
	exported->buffer = make_fd_buffer(&gpus[0], &requirements);
	const uint32_t type = mapped ? pick_mapped(&gpus[0], requirements.memoryTypeBits)
				     : pick_type(&gpus[0], requirements.memoryTypeBits, 0);
	exported->info = (struct tongs_driver_memory_info){
		.size = requirements.size,
		.memory_type = type,
		.host_visible = is_mapped(&gpus[0], type),
	};
	exported->memory = VK_NULL_HANDLE;
	exported->payload = tongs_driver_memory_create(&exported->info);
	assert_non_null(exported->payload);
	tongs_payload_ref(exported->payload);
}

void exported_attach(struct exported *exported) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = exported->info.size,
		.memoryTypeIndex = exported->info.memory_type,
	};
	assert_vk(vkAllocateMemory(gpus[0].device, &info, NULL, &exported->memory));
	assert_vk(vkBindBufferMemory(gpus[0].device, exported->buffer, exported->memory, 0));
	tongs_driver_memory_attach(exported->payload, gpus[0].device, exported->memory, get_fd);
}

void exported_init(struct exported *exported, bool mapped) {
	exported_create(exported, mapped);
	exported_attach(exported);
}

void exported_free(struct exported *exported, struct tongs_own_device *(*open_device)(void *user)) {
	tongs_driver_memory_detach(exported->payload, open_device, NULL);
	vkDestroyBuffer(gpus[0].device, exported->buffer, NULL);
	vkFreeMemory(gpus[0].device, exported->memory, NULL);
	tongs_payload_unref(exported->payload);
}

VkResult try_import_payload(struct tongs_payload *payload, uint32_t type, struct imported *imported) {
	const struct tongs_import *import = tongs_payload_get_import(payload);
	struct tongs_import_info import_info;
	VkMemoryRequirements requirements;
	VkResult result = import->kind->begin(import, 0, NULL, &import_info);
	if (result != VK_SUCCESS)
		return result;
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = import_info.head,
		.allocationSize = import->size,
		.memoryTypeIndex = type,
	};
	result = vkAllocateMemory(gpus[1].device, &info, NULL, &imported->memory);
	import->kind->end(&import_info, result);
	if (result != VK_SUCCESS)
		return result;
	imported->buffer = make_fd_buffer(&gpus[1], &requirements);
	assert_vk(vkBindBufferMemory(gpus[1].device, imported->buffer, imported->memory, 0));
	return VK_SUCCESS;
}

void imported_init(struct imported *imported, const struct exported *exported) {
	assert_vk(try_import_payload(exported->payload, exported->info.memory_type, imported));
}

void imported_free(struct imported *imported) {
	vkDestroyBuffer(gpus[1].device, imported->buffer, NULL);
	vkFreeMemory(gpus[1].device, imported->memory, NULL);
}

void write_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	static char noise[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_write_buffer(gpu, buffer, 0, noise, SIZE);
}

void check_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	static char noise[SIZE], seen[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_read_buffer(gpu, buffer, 0, seen, SIZE);
	assert_memory_equal(seen, noise, SIZE);
}

void check_bytes(const struct exported *exported, uint32_t seed) {
	struct imported imported;
	imported_init(&imported, exported);
	check_noise(&gpus[1], imported.buffer, seed);
	imported_free(&imported);
}

VKAPI_ATTR VkResult VKAPI_CALL fake_get_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd) {
	(void)device;
	*fd = fcntl((int)(uintptr_t)info->memory, F_DUPFD, 0);
	return *fd >= 0 ? VK_SUCCESS : VK_ERROR_TOO_MANY_OBJECTS;
}

int make_file(void) {
	FILE *file = tmpfile();
	assert_non_null(file);
	int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
	fclose(file);
	assert_true(fd >= 0);
	return fd;
}
