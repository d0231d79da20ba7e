/* SPDX-License-Identifier: MIT */
/* A virtual machine's renderer (virglrenderer's venus): memory that it maps from a file is a no-copy MTLBuffer, and
 * that is imported; the guest maps the file once more. */
#define _GNU_SOURCE
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include <sys/mman.h>
#include <unistd.h>

#include "consumer.h"

/* What the guest asks for is not whole pages. */
enum { ASKED = 1000000, PATTERN = 0xab };

struct shm {
	int fd;
	void *mapping;
	size_t size;
	void *buffer;
};

/* The device is asked for by the function of the VkDevice, and is nobody's to release. */
static void *exported_device(struct gpu *gpu) {
	return consumer_export_device(
		gpu, (PFN_vkExportMetalObjectsEXT)vkGetDeviceProcAddr(gpu->device, "vkExportMetalObjectsEXT"));
}

static void shm_init(struct shm *shm, void *device) {
	const size_t page = (size_t)getpagesize();
	shm->size = (ASKED + page - 1) & ~(page - 1);
	shm->fd = memfd_create("venus", MFD_CLOEXEC);
	assert_int_equal(ftruncate(shm->fd, (off_t)shm->size), 0);
	shm->mapping = mmap(NULL, shm->size, PROT_READ | PROT_WRITE, MAP_SHARED, shm->fd, 0);
	assert_true(shm->mapping != MAP_FAILED);
	id<MTLBuffer> buffer = [(id<MTLDevice>)device newBufferWithBytesNoCopy:shm->mapping
									length:shm->size
								       options:MTLResourceStorageModeShared
								   deallocator:nil];
	assert_non_null(buffer);
	shm->buffer = (void *)buffer;
}

static void shm_finish(struct shm *shm) {
	CFRelease(shm->buffer);
	munmap(shm->mapping, shm->size);
	close(shm->fd);
}

/* Not dedicated, and of the first type that can be mapped, without a query of the handle. */
static VkResult import(struct gpu *gpu, const struct shm *shm, VkDeviceMemory *memory) {
	const VkImportMemoryMetalHandleInfoEXT handle = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT,
		.handle = shm->buffer,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &handle,
		.allocationSize = shm->size,
		.memoryTypeIndex = pick_type(gpu, UINT32_MAX, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT),
	};
	return vkAllocateMemory(gpu->device, &info, NULL, memory);
}

/* venus takes a physical device only if it exports heaps, from imports, too. */
static void physical_device(void **state) {
	const VkPhysicalDeviceExternalBufferInfo info = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	const VkExternalMemoryProperties *memory = &properties.externalMemoryProperties;
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, &(struct gpu_options){.api_version = VK_API_VERSION_1_1});
	vkGetPhysicalDeviceExternalBufferProperties(gpu.physical_device, &info, &properties);
	assert_true(memory->externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
	assert_true(memory->exportFromImportedHandleTypes & VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT);
	gpu_finish_unrefused(&gpu);
}

/* The pages, what Vulkan maps, what the GPU copies and the guest's own mapping are the same bytes. The buffer and the
 * mapping go before the VkDeviceMemory. */
static void shared_memory(void **state) {
	static uint8_t sent[ASKED], got[ASKED];
	struct gpu gpu;
	struct shm shm;
	VkDeviceMemory memory;
	void *mapped;
	(void)state;
	consumer_open(&gpu);
	void *device = exported_device(&gpu);
	assert_non_null(device);
	assert_true([[(id<MTLDevice>)device name] length] > 0);
	shm_init(&shm, device);
	if (!imports_host_pages(&gpu)) {
		refuse_import(&gpu, shm.buffer, shm.size, NO_HOST_PAGES);
		shm_finish(&shm);
		gpu_finish_and_skip(&gpu, "the driver imports no host pages");
	}
	const VkResult result = import(&gpu, &shm, &memory);
	if (result == VK_ERROR_INVALID_EXTERNAL_HANDLE && !has_unified_memory(&gpu)) {
		/* The first such type is not one of host pages: on a Mac every type is. */
		assert_reported(&gpu, "10412");
		shm_finish(&shm);
		gpu_finish_and_skip(&gpu, "the driver imports host pages in other types than the first");
	}
	assert_vk(result);
	assert_vk(vkMapMemory(gpu.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped));
	uint8_t *guest = mmap(NULL, shm.size, PROT_READ | PROT_WRITE, MAP_SHARED, shm.fd, 0);
	assert_true(guest != MAP_FAILED);
	fill_noise(sent, ASKED, 71);
	memcpy(guest, sent, ASKED);
	assert_memory_equal(mapped, sent, ASKED);
	assert_memory_equal([(id<MTLBuffer>)shm.buffer contents], sent, ASKED);
	memset(mapped, PATTERN, 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(guest[i], PATTERN);
	if (consumer_executes()) {
		VkBuffer buffer = make_buffer(
			&gpu, ASKED, VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLBUFFER);
		assert_vk(vkBindBufferMemory(gpu.device, buffer, memory, 0));
		memcpy(guest, sent, ASKED);
		gpu_read_buffer(&gpu, buffer, 0, got, ASKED);
		assert_memory_equal(got, sent, ASKED);
		fill_noise(sent, ASKED, 72);
		gpu_write_buffer(&gpu, buffer, 0, sent, ASKED);
		assert_memory_equal(guest, sent, ASKED);
		vkDestroyBuffer(gpu.device, buffer, NULL);
	}
	vkUnmapMemory(gpu.device, memory);
	shm_finish(&shm);
	vkFreeMemory(gpu.device, memory, NULL);
	assert_memory_equal(guest, sent, 16);
	munmap(guest, shm.size);
	gpu_finish_unrefused(&gpu);
}

int main(void) {
	@autoreleasepool {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test(physical_device),
			cmocka_unit_test(shared_memory),
		};
		return cmocka_run_group_tests_name("consumers: venus", tests, NULL, NULL);
	}
}
