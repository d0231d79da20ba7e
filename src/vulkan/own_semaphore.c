/* SPDX-License-Identifier: MIT */
#include "vulkan/own_semaphore.h"

#include <stdatomic.h>
#include <unistd.h>

#include "util/alloc.h"
#include "vulkan/driver_call.h"

struct tongs_own_semaphore {
	struct tongs_own_device *dev; /* a reference */
	VkSemaphore handle;
	atomic_size_t references;
};

static VkResult create(const struct tongs_vk_device *vkd, VkSemaphore *handle) {
	static const VkSemaphoreTypeCreateInfo type = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
		.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
	};
	const VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
	return vkd->CreateSemaphore(vkd->device, &info, NULL, handle);
}

/* The driver takes over the file descriptor on success. */
static VkResult import(const struct tongs_vk_device *vkd, VkSemaphore handle, int fd) {
	const VkImportSemaphoreFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_SEMAPHORE_FD_INFO_KHR,
		.semaphore = handle,
		.handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT,
		.fd = fd,
	};
	return vkd->ImportSemaphoreFdKHR(vkd->device, &info);
}

struct tongs_own_semaphore *tongs_own_semaphore_import(struct tongs_own_device *dev, int fd) {
	const struct tongs_vk_device *vkd = &dev->vkd;
	struct tongs_own_semaphore *semaphore = vkd->ImportSemaphoreFdKHR ? tongs_malloc(1, sizeof(*semaphore)) : NULL;
	if (!semaphore || create(vkd, &semaphore->handle) != VK_SUCCESS)
		goto fail;
	if (import(vkd, semaphore->handle, fd) != VK_SUCCESS)
		goto fail_created;
	semaphore->dev = tongs_own_device_ref(dev);
	atomic_init(&semaphore->references, 1);
	return semaphore;

fail_created:
	vkd->DestroySemaphore(vkd->device, semaphore->handle, NULL);
fail:
	tongs_free(NULL, semaphore);
	close(fd);
	return NULL;
}

struct tongs_own_semaphore *tongs_own_semaphore_ref(struct tongs_own_semaphore *semaphore) {
	atomic_fetch_add(&semaphore->references, 1);
	return semaphore;
}

static bool was_last(struct tongs_own_semaphore *semaphore) {
	return semaphore && atomic_fetch_sub(&semaphore->references, 1) == 1;
}

void tongs_own_semaphore_unref(struct tongs_own_semaphore *semaphore) {
	if (!was_last(semaphore))
		return;
	const struct tongs_vk_device *vkd = &semaphore->dev->vkd;
	vkd->DestroySemaphore(vkd->device, semaphore->handle, NULL);
	tongs_own_device_unref(semaphore->dev);
	tongs_free(NULL, semaphore);
}

void tongs_own_semaphore_abandon(struct tongs_own_semaphore *semaphore) {
	if (was_last(semaphore))
		tongs_free(NULL, semaphore);
}

uint64_t tongs_own_semaphore_get_value(const struct tongs_own_semaphore *semaphore) {
	const struct tongs_vk_device *vkd = &semaphore->dev->vkd;
	uint64_t value;
	const VkResult result = vkd->GetSemaphoreCounterValue(vkd->device, semaphore->handle, &value);
	return result == VK_SUCCESS ? value : UINT64_MAX;
}

void tongs_own_semaphore_raise_at_end(struct tongs_own_semaphore *semaphore, uint64_t value) {
	const struct tongs_vk_device *vkd = &semaphore->dev->vkd;
	const VkSemaphoreSignalInfo info = {
		.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO,
		.semaphore = semaphore->handle,
		.value = value,
	};
	if (tongs_own_semaphore_get_value(semaphore) < value)
		vkd->SignalSemaphore(vkd->device, &info);
}

void tongs_own_semaphore_raise(struct tongs_own_semaphore *semaphore, uint64_t value) {
	if (!tongs_driver_call_begin())
		return;
	tongs_own_semaphore_raise_at_end(semaphore, value);
	tongs_driver_call_end();
}

VkSemaphore tongs_own_semaphore_get_handle(const struct tongs_own_semaphore *semaphore) {
	return semaphore->handle;
}
