/* SPDX-License-Identifier: MIT */
/* OPAQUE_FD on the fake driver by itself: what each profile can share works, and each broken rule fails the program. */
#include "counts.h"
#include "mistakes.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __func__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

enum { SIZE = 64 << 10 };

static VkMemoryDedicatedAllocateInfo dedicated_info(VkImage image, VkBuffer buffer, const void *next) {
	return (VkMemoryDedicatedAllocateInfo){
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.pNext = next,
		.image = image,
		.buffer = buffer,
	};
}

static VkDeviceMemory export_for(const struct gpu *gpu, VkDeviceSize size, uint32_t type, VkImage image,
	VkBuffer buffer, VkExternalMemoryHandleTypeFlags types) {
	const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, buffer, NULL);
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleTypes = types,
	};
	return allocate(gpu, size, type, &export);
}

static VkDeviceMemory export(const struct gpu *gpu, VkDeviceSize size, uint32_t type) {
	return export_for(gpu, size, type, VK_NULL_HANDLE, VK_NULL_HANDLE, OPAQUE_FD);
}

static VkResult try_fd(const struct gpu *gpu, VkDeviceMemory memory, int *fd) {
	PFN_vkGetMemoryFdKHR get = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(gpu->device, "vkGetMemoryFdKHR");
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, .memory = memory, .handleType = OPAQUE_FD};
	*fd = -1;
	return get(gpu->device, &info, fd);
}

static int fd_of(const struct gpu *gpu, VkDeviceMemory memory) {
	int fd;
	check(try_fd(gpu, memory, &fd));
	REQUIRE(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	return fd;
}

static VkDeviceMemory import_for(
	const struct gpu *gpu, int fd, VkDeviceSize size, uint32_t type, VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = dedicated_info(image, buffer, NULL);
	const VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleType = OPAQUE_FD,
		.fd = fd,
	};
	return allocate(gpu, size, type, &import);
}

static VkDeviceMemory import(const struct gpu *gpu, int fd, VkDeviceSize size, uint32_t type) {
	return import_for(gpu, fd, size, type, VK_NULL_HANDLE, VK_NULL_HANDLE);
}

/* A type for buffers as OPAQUE_FD, host-visible if there is one. */
static uint32_t buffer_type(const struct gpu *gpu) {
	VkMemoryRequirements requirements;
	vkDestroyBuffer(gpu->device, make_buffer(gpu, 64, OPAQUE_FD, &requirements), NULL);
	uint32_t type = find_type(gpu, requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
	return type < gpu->memory.memoryTypeCount ? type : find_type(gpu, requirements.memoryTypeBits, 0);
}

static uint8_t *map(const struct gpu *gpu, VkDeviceMemory memory) {
	void *bytes;
	check(vkMapMemory(gpu->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes));
	return bytes;
}

static int count_fds(void) {
	int count = 0;
	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void share_buffer(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	struct gpu sibling;
	init_sibling(gpu, &sibling);
	VkBuffer buffer = make_buffer(gpu, SIZE, OPAQUE_FD, &requirements);
	VkBuffer other = make_buffer(&sibling, SIZE, OPAQUE_FD, &requirements);
	uint32_t type = buffer_type(gpu);
	VkDeviceMemory memory = export(gpu, requirements.size + requirements.alignment, type);
	int fd = fd_of(gpu, memory);
	VkDeviceMemory imported = import(&sibling, fd, requirements.size + requirements.alignment, type);
	REQUIRE(imported);
	REQUIRE((fcntl(fd, F_GETFD) >= 0) == ((get_profile() & WITH_HELD_FDS) != 0));
	check(vkBindBufferMemory(gpu->device, buffer, memory, requirements.alignment));
	check(vkBindBufferMemory(sibling.device, other, imported, requirements.alignment));
	uint8_t *bytes = map(gpu, memory), *shared = map(&sibling, imported);
	REQUIRE(bytes != shared);
	memset(bytes, 7, SIZE);
	REQUIRE(shared[0] == 7 && shared[SIZE - 1] == 7);
	/* The import outlives the export. */
	vkFreeMemory(gpu->device, memory, NULL);
	shared[1] = 8;
	vkDestroyBuffer(gpu->device, buffer, NULL);
	vkDestroyBuffer(sibling.device, other, NULL);
	vkFreeMemory(sibling.device, imported, NULL);
	vkDestroyDevice(sibling.device, NULL);
	finish(gpu);
}

static bool is_dedicated(const struct gpu *gpu) {
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	const VkPhysicalDeviceExternalImageFormatInfo external = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, .handleType = OPAQUE_FD};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &external,
		.format = info.format,
		.type = info.imageType,
		.tiling = info.tiling,
		.usage = info.usage,
	};
	VkExternalImageFormatProperties features = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &features};
	check(vkGetPhysicalDeviceImageFormatProperties2(gpu->physical, &query, &caps));
	const VkExternalMemoryFeatureFlags both =
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	REQUIRE((features.externalMemoryProperties.externalMemoryFeatures & both) == both);
	REQUIRE(features.externalMemoryProperties.compatibleHandleTypes & OPAQUE_FD);
	return features.externalMemoryProperties.externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT;
}

static bool requires_dedicated(const struct gpu *gpu, VkImage image) {
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = image};
	vkGetImageMemoryRequirements2(gpu->device, &info, &requirements);
	return dedicated.requiresDedicatedAllocation;
}

/* An OPTIMAL image on each of two devices; the second one's memory is imported for an image of `other`. */
static void share_images(struct gpu *gpu, bool dedicated, const VkImageCreateInfo *other) {
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	VkMemoryRequirements requirements, rest;
	struct gpu sibling;
	init_sibling(gpu, &sibling);
	VkImage image = make_image(gpu, &info, OPAQUE_FD, &requirements);
	VkImage copy = make_image(&sibling, other, OPAQUE_FD, &rest);
	uint32_t type = find_type(gpu, requirements.memoryTypeBits, 0);
	VkDeviceMemory memory =
		export_for(gpu, requirements.size, type, dedicated ? image : VK_NULL_HANDLE, VK_NULL_HANDLE, OPAQUE_FD);
	VkDeviceMemory imported = import_for(&sibling, fd_of(gpu, memory), requirements.size, type,
		dedicated ? copy : VK_NULL_HANDLE, VK_NULL_HANDLE);
	REQUIRE(memory && imported);
	check(vkBindImageMemory(gpu->device, image, memory, 0));
	check(vkBindImageMemory(sibling.device, copy, imported, 0));
	vkDestroyImage(gpu->device, image, NULL);
	vkDestroyImage(sibling.device, copy, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
	vkFreeMemory(sibling.device, imported, NULL);
	vkDestroyDevice(sibling.device, NULL);
	finish(gpu);
}

static void share_image(struct gpu *gpu) {
	VkMemoryRequirements requirements, rest;
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(gpu, &info, OPAQUE_FD, &requirements), plain = make_image(gpu, &info, 0, &rest);
	/* What is not shared may take more, or less. */
	REQUIRE((rest.size > requirements.size) == ((get_profile() & (RADV | ANV)) != 0));
	REQUIRE((rest.size < requirements.size) == (get_profile() == HOSTILE));
	vkDestroyImage(gpu->device, plain, NULL);
	/* The query and the requirements tell one story. */
	REQUIRE(is_dedicated(gpu) == ((get_profile() & WITH_DEDICATED) != 0));
	REQUIRE(requires_dedicated(gpu, image) == is_dedicated(gpu));
	vkDestroyImage(gpu->device, image, NULL);
	share_images(gpu, is_dedicated(gpu), &info);
}

static void share_dedicated_image(struct gpu *gpu) {
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	share_images(gpu, true, &info);
}

static void share_image_not_dedicated(struct gpu *gpu) {
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	share_images(gpu, false, &info);
}

static void share_dedicated_image_of_less_usage(struct gpu *gpu) {
	VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	info.usage &= ~(VkImageUsageFlags)VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
	share_images(gpu, true, &info);
}

static void share_dedicated_image_of_another_format(struct gpu *gpu) {
	VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	info.format = VK_FORMAT_B8G8R8A8_UNORM;
	share_images(gpu, true, &info);
}

static void import_for_image_what_is_for_none(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(gpu, &info, OPAQUE_FD, &requirements);
	uint32_t type = find_type(gpu, requirements.memoryTypeBits, 0);
	int fd = fd_of(gpu, export(gpu, requirements.size, type));
	import_for(gpu, fd, requirements.size, type, image, VK_NULL_HANDLE);
}

static void import_for_buffer_what_is_for_another(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, SIZE, OPAQUE_FD, &requirements);
	VkBuffer smaller = make_buffer(gpu, SIZE / 2, OPAQUE_FD, &requirements);
	uint32_t type = buffer_type(gpu);
	int fd = fd_of(gpu, export_for(gpu, SIZE, type, VK_NULL_HANDLE, buffer, OPAQUE_FD));
	import_for(gpu, fd, SIZE, type, VK_NULL_HANDLE, smaller);
}

/* From hand to hand: memory that was imported for export is exported. NVIDIA's has other bytes then. */
static void export_import(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	VkDeviceMemory memory = export(gpu, SIZE, type);
	const VkExportMemoryAllocateInfo again = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = OPAQUE_FD};
	const VkImportMemoryFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = &again,
		.handleType = OPAQUE_FD,
		.fd = fd_of(gpu, memory),
	};
	VkDeviceMemory second = allocate(gpu, SIZE, type, &info);
	VkDeviceMemory third = import(gpu, fd_of(gpu, second), SIZE, type);
	REQUIRE(memory && second && third);
	map(gpu, memory)[5] = 55;
	REQUIRE((map(gpu, third)[5] == 55) == (get_profile() != NVIDIA));
	vkFreeMemory(gpu->device, memory, NULL);
	vkFreeMemory(gpu->device, second, NULL);
	vkFreeMemory(gpu->device, third, NULL);
	finish(gpu);
}

/* The driver needs the right to, if it is to hold no file descriptors. */
static bool can_open_mapped(void) {
	char path[96];
	FILE *file = tmpfile();
	REQUIRE(file && ftruncate(fileno(file), SIZE) == 0);
	char *pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
	REQUIRE(pages != MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)(uintptr_t)pages,
		(unsigned long)(uintptr_t)(pages + SIZE));
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	munmap(pages, SIZE);
	fclose(file);
	return fd >= 0;
}

/* Most drivers have a file descriptor for an export only while the program has one. */
static void hold_no_fds(struct gpu *gpu) {
	const int before = count_fds();
	uint32_t type = buffer_type(gpu);
	VkDeviceMemory memory = export(gpu, SIZE, type);
	VkDeviceMemory imported = import(gpu, fd_of(gpu, memory), SIZE, type);
	const int held = count_fds() - before;
	REQUIRE(memory && imported);
	REQUIRE(held == (get_profile() & WITH_HELD_FDS ? 2 : can_open_mapped() ? 0 : 1));
	vkFreeMemory(gpu->device, memory, NULL);
	vkFreeMemory(gpu->device, imported, NULL);
	REQUIRE(count_fds() == before);
}

static void count(struct gpu *gpu) {
	struct mock_counts counts;
	void (*get)(struct mock_counts *);
	void *library = dlopen("libvulkan_mock.so", RTLD_NOW | RTLD_NOLOAD);
	REQUIRE(library);
	*(void **)&get = dlsym(library, "vk_mockGetCounts");
	REQUIRE(get);
	uint32_t type = buffer_type(gpu);
	VkDeviceMemory memory = export(gpu, SIZE, type);
	VkDeviceMemory imported = import(gpu, fd_of(gpu, memory), SIZE, type);
	close(fd_of(gpu, memory));
	get(&counts);
	REQUIRE(counts.memories == 2 && counts.imports == 1 && counts.fds == 2);
	vkFreeMemory(gpu->device, memory, NULL);
	vkFreeMemory(gpu->device, imported, NULL);
	get(&counts);
	REQUIRE(counts.memories == 0);
}

static void *share_many(void *context) {
	const struct gpu *gpu = context;
	const uint32_t type = buffer_type(gpu);
	for (int i = 0; i < 200; i++) {
		VkMemoryRequirements requirements;
		VkBuffer buffer = make_buffer(gpu, SIZE, OPAQUE_FD, &requirements);
		VkDeviceMemory memory = export(gpu, SIZE, type);
		VkDeviceMemory imported = import(gpu, fd_of(gpu, memory), SIZE, type);
		REQUIRE(memory && imported);
		check(vkBindBufferMemory(gpu->device, buffer, imported, 0));
		map(gpu, memory)[3] = (uint8_t)i;
		REQUIRE(map(gpu, imported)[3] == (uint8_t)i);
		vkFreeMemory(gpu->device, memory, NULL);
		vkDestroyBuffer(gpu->device, buffer, NULL);
		vkFreeMemory(gpu->device, imported, NULL);
	}
	return NULL;
}

static void share_at_once(struct gpu *gpu) {
	pthread_t threads[4];
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		REQUIRE(pthread_create(&threads[i], NULL, share_many, gpu) == 0);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		pthread_join(threads[i], NULL);
	finish(gpu);
}

static void get_fd_of_what_is_not_exported(struct gpu *gpu) {
	int fd;
	try_fd(gpu, allocate(gpu, SIZE, buffer_type(gpu), NULL), &fd);
}

static void get_fd_of_an_import(struct gpu *gpu) {
	int fd;
	uint32_t type = buffer_type(gpu);
	try_fd(gpu, import(gpu, fd_of(gpu, export(gpu, SIZE, type)), SIZE, type), &fd);
}

static void export_as_pages(struct gpu *gpu) {
	export_for(gpu, SIZE, 0, VK_NULL_HANDLE, VK_NULL_HANDLE, HOST_ALLOCATION);
}

static void export_as_fd(struct gpu *gpu) {
	export(gpu, SIZE, 0);
}

static void import_less(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	import(gpu, fd_of(gpu, export(gpu, SIZE, type)), SIZE / 2, type);
}

static void import_more(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	import(gpu, fd_of(gpu, export(gpu, SIZE, type)), SIZE + 1, type);
}

static void import_as_another_type(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	import(gpu, fd_of(gpu, export(gpu, SIZE, type)), SIZE, type ? type - 1 : 1);
}

static void import_another_file(struct gpu *gpu) {
	FILE *file = tmpfile();
	REQUIRE(file && ftruncate(fileno(file), SIZE) == 0);
	import(gpu, fileno(file), SIZE, buffer_type(gpu));
}

static void import_twice(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	int fd = fd_of(gpu, export(gpu, SIZE, type));
	import(gpu, fd, SIZE, type);
	import(gpu, fd, SIZE, type);
}

static void close_imported(struct gpu *gpu) {
	uint32_t type = buffer_type(gpu);
	int fd = fd_of(gpu, export(gpu, SIZE, type));
	VkDeviceMemory imported = import(gpu, fd, SIZE, type);
	close(fd);
	vkFreeMemory(gpu->device, imported, NULL);
}

static void import_without_extension(struct gpu *gpu) {
	struct gpu sibling;
	init_bare_sibling(gpu, &sibling);
	uint32_t type = buffer_type(gpu);
	import(&sibling, fd_of(gpu, export(gpu, SIZE, type)), SIZE, type);
}

static void query_fd(struct gpu *gpu) {
	PFN_vkGetMemoryFdPropertiesKHR get =
		(PFN_vkGetMemoryFdPropertiesKHR)vkGetDeviceProcAddr(gpu->device, "vkGetMemoryFdPropertiesKHR");
	VkMemoryFdPropertiesKHR properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR};
	get(gpu->device, OPAQUE_FD, fd_of(gpu, export(gpu, SIZE, buffer_type(gpu))), &properties);
}

static void bind_buffer_of(struct gpu *gpu, VkExternalMemoryHandleTypeFlags types, bool imported, bool exported) {
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(gpu, 64, types, &requirements);
	uint32_t type = find_type(gpu, requirements.memoryTypeBits, VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT);
	VkDeviceMemory memory = exported ? export(gpu, SIZE, type) : allocate(gpu, SIZE, type, NULL);
	if (imported)
		memory = import(gpu, fd_of(gpu, memory), SIZE, type);
	vkBindBufferMemory(gpu->device, buffer, memory, 0);
}

static void bind_plain_buffer_to_export(struct gpu *gpu) {
	bind_buffer_of(gpu, 0, false, true);
}

static void bind_plain_buffer_to_import(struct gpu *gpu) {
	bind_buffer_of(gpu, 0, true, true);
}

static void bind_buffer_to_plain(struct gpu *gpu) {
	bind_buffer_of(gpu, OPAQUE_FD, false, false);
}

static void bind_buffer_for_pages_to_plain(struct gpu *gpu) {
	bind_buffer_of(gpu, HOST_ALLOCATION, false, false);
}

static void bind_buffer_for_pages_to_export(struct gpu *gpu) {
	bind_buffer_of(gpu, HOST_ALLOCATION, false, true);
}

static void bind_image_of(
	struct gpu *gpu, VkImageTiling tiling, VkExternalMemoryHandleTypeFlags types, bool imported, bool exported) {
	VkMemoryRequirements requirements;
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, tiling);
	VkImage image = make_image(gpu, &info, types, &requirements);
	uint32_t type = find_type(gpu, requirements.memoryTypeBits, 0);
	VkDeviceMemory memory =
		exported ? export(gpu, requirements.size, type) : allocate(gpu, requirements.size, type, NULL);
	if (imported)
		memory = import(gpu, fd_of(gpu, memory), requirements.size, type);
	vkBindImageMemory(gpu->device, image, memory, 0);
}

/* As on NVIDIA, where such an image reads garbage. */
static void bind_plain_image_to_export(struct gpu *gpu) {
	bind_image_of(gpu, VK_IMAGE_TILING_OPTIMAL, 0, false, true);
}

static void bind_plain_image_to_import(struct gpu *gpu) {
	bind_image_of(gpu, VK_IMAGE_TILING_OPTIMAL, 0, true, true);
}

static void bind_image_to_plain(struct gpu *gpu) {
	bind_image_of(gpu, VK_IMAGE_TILING_OPTIMAL, OPAQUE_FD, false, false);
}

static void bind_linear_for_pages_to_export(struct gpu *gpu) {
	bind_image_of(gpu, VK_IMAGE_TILING_LINEAR, HOST_ALLOCATION, false, true);
}

static void make_buffer_for_both(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	make_buffer(gpu, 64, HOST_ALLOCATION | OPAQUE_FD, &requirements);
}

static void make_image_of(
	struct gpu *gpu, VkImageType type, VkImageTiling tiling, VkExternalMemoryHandleTypeFlags types) {
	VkMemoryRequirements requirements;
	const VkImageCreateInfo info = image_info(type, tiling);
	make_image(gpu, &info, types, &requirements);
}

static void make_image_for_both(struct gpu *gpu) {
	make_image_of(gpu, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR, HOST_ALLOCATION | OPAQUE_FD);
}

static void make_volume(struct gpu *gpu) {
	make_image_of(gpu, VK_IMAGE_TYPE_3D, VK_IMAGE_TILING_OPTIMAL, OPAQUE_FD);
}

static void make_linear(struct gpu *gpu) {
	make_image_of(gpu, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_LINEAR, OPAQUE_FD);
}

static void make_optimal(struct gpu *gpu) {
	make_image_of(gpu, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, OPAQUE_FD);
}

static void make_optimal_for_pages(struct gpu *gpu) {
	make_image_of(gpu, VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL, HOST_ALLOCATION);
}

static void make_buffer_for_fd(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	make_buffer(gpu, 64, OPAQUE_FD, &requirements);
}

static void make_buffer_for_pages(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	make_buffer(gpu, 64, HOST_ALLOCATION, &requirements);
}

static void map_image(struct gpu *gpu) {
	VkMemoryRequirements requirements;
	const VkImageCreateInfo info = image_info(VK_IMAGE_TYPE_2D, VK_IMAGE_TILING_OPTIMAL);
	make_image(gpu, &info, OPAQUE_FD, &requirements);
	void *bytes;
	vkMapMemory(gpu->device, export(gpu, SIZE, find_type(gpu, requirements.memoryTypeBits, 0)), 0, VK_WHOLE_SIZE, 0,
		&bytes);
}

/* Imports in another process, one byte more than there is if `more`. */
static void import_elsewhere(struct gpu *gpu, VkDeviceSize more) {
	char arguments[3][24];
	uint32_t type = buffer_type(gpu);
	VkDeviceMemory memory = export(gpu, SIZE, type);
	int fd = fcntl(fd_of(gpu, memory), F_DUPFD, 0);
	map(gpu, memory)[9] = 99;
	snprintf(arguments[0], sizeof(arguments[0]), "%d", fd);
	snprintf(arguments[1], sizeof(arguments[1]), "%llu", (unsigned long long)(SIZE + more));
	snprintf(arguments[2], sizeof(arguments[2]), "%u", type);
	execl("/proc/self/exe", "test_mock_fd", arguments[0], arguments[1], arguments[2], (char *)NULL);
	REQUIRE(!"exec");
}

static void import_in_another_process(struct gpu *gpu) {
	import_elsewhere(gpu, 0);
}

static void import_more_in_another_process(struct gpu *gpu) {
	import_elsewhere(gpu, 1);
}

static int be_another_process(char **arguments) {
	struct gpu gpu;
	init(&gpu);
	VkDeviceMemory memory = import(&gpu, (int)strtol(arguments[1], NULL, 10), strtoull(arguments[2], NULL, 10),
		(uint32_t)strtoul(arguments[3], NULL, 10));
	REQUIRE(memory && map(&gpu, memory)[9] == 99);
	vkFreeMemory(gpu.device, memory, NULL);
	finish(&gpu);
	return 0;
}

static void mistakes_fail_the_program(void **state) {
	static const struct mistake mistakes[] = {
		{NULL, share_buffer, WITH_FD},
		{NULL, share_image, WITH_FD},
		{NULL, share_dedicated_image, WITH_FD},
		{NULL, export_import, WITH_FD},
		{NULL, hold_no_fds, WITH_FD},
		{NULL, count, WITH_FD},
		{NULL, share_at_once, WITH_FD},
		{NULL, import_in_another_process, WITH_FD},
		{"VUID-VkMemoryAllocateInfo-allocationSize-01742", import_more_in_another_process, WITH_FD},
		{"VUID-vkBindImageMemory-image-01445", share_image_not_dedicated, WITH_DEDICATED},
		{NULL, share_dedicated_image_of_less_usage, WITH_FD},
		{"VUID-VkMemoryDedicatedAllocateInfo-image-01878", share_dedicated_image_of_another_format, WITH_FD},
		{"VUID-VkMemoryDedicatedAllocateInfo-image-01878", import_for_image_what_is_for_none, WITH_FD},
		{"VUID-VkMemoryDedicatedAllocateInfo-buffer-01879", import_for_buffer_what_is_for_another, WITH_FD},
		{"VUID-VkMemoryGetFdInfoKHR-handleType-00671", get_fd_of_what_is_not_exported, WITH_FD},
		{"VUID-VkMemoryGetFdInfoKHR-handleType-00671", get_fd_of_an_import, WITH_FD},
		{"VUID-VkExportMemoryAllocateInfo-handleTypes-00656", export_as_pages, ALL},
		{"VUID-VkExportMemoryAllocateInfo-handleTypes-00656", export_as_fd, COARSE},
		{"VUID-VkMemoryAllocateInfo-allocationSize-01742", import_less, WITH_FD},
		{"VUID-VkMemoryAllocateInfo-allocationSize-01742", import_more, WITH_FD},
		{"VUID-VkMemoryAllocateInfo-allocationSize-01742", import_as_another_type, WITH_FD & ~WITH_ONE_TYPE},
		{"VUID-VkImportMemoryFdInfoKHR-handleType-00670", import_another_file, WITH_FD},
		{"VUID-VkImportMemoryFdInfoKHR-handleType-00670", import_twice, WITH_FD & ~WITH_HELD_FDS},
		{"imported already", import_twice, WITH_HELD_FDS},
		{"but it was closed", close_imported, WITH_HELD_FDS},
		{"extension", import_without_extension, WITH_FD},
		{"VUID-vkGetMemoryFdPropertiesKHR-handleType-00674", query_fd, WITH_FD},
		{"VUID-vkBindBufferMemory-memory-02726", bind_plain_buffer_to_export, WITH_FD},
		{"VUID-vkBindBufferMemory-memory-02985", bind_plain_buffer_to_import, WITH_FD},
		{"unshared", bind_buffer_to_plain, WITH_FD},
		{"unshared", bind_buffer_for_pages_to_plain, WITH_HOST & ~SWIFTSHADER},
		{"VUID-vkBindBufferMemory-memory-02726", bind_buffer_for_pages_to_export,
			WITH_FD & WITH_HOST & ~SWIFTSHADER},
		{"VUID-vkBindImageMemory-memory-02728", bind_plain_image_to_export, WITH_FD},
		{"VUID-vkBindImageMemory-memory-02989", bind_plain_image_to_import, WITH_FD},
		{"unshared", bind_image_to_plain, WITH_FD},
		{"VUID-vkBindImageMemory-memory-02728", bind_linear_for_pages_to_export,
			WITH_FD & WITH_HOST & ~SWIFTSHADER},
		{"VUID-VkBufferCreateInfo-pNext-00920", make_buffer_for_both, ALL},
		{"VUID-VkImageCreateInfo-pNext-00990", make_image_for_both, WITH_FD & WITH_HOST},
		{"VUID-VkImageCreateInfo", make_volume, RADV | COARSE},
		{NULL, make_volume, WITH_FD & ~RADV},
		{"VUID-VkImageCreateInfo-pNext-00990", make_linear, HOSTILE | COARSE},
		{NULL, make_linear, WITH_FD & ~HOSTILE},
		{"VUID-VkImageCreateInfo-pNext-00990", make_optimal, COARSE},
		{"VUID-VkImageCreateInfo", make_optimal_for_pages, ANV | NVK | SWIFTSHADER},
		{NULL, make_optimal_for_pages, NVIDIA | RADV | HOSTILE | COARSE},
		{"VUID-VkBufferCreateInfo-pNext-00920", make_buffer_for_fd, COARSE},
		{"VUID-VkBufferCreateInfo-pNext-00920", make_buffer_for_pages, NVK | SWIFTSHADER},
		{"VUID-vkMapMemory-memory-00682", map_image, WITH_FD & ~WITH_ONE_TYPE},
	};
	(void)state;
	check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

/* vkGetMemoryFdKHR fails after two. */
static void get_three_fds(struct gpu *gpu) {
	VkDeviceMemory memory = export(gpu, SIZE, buffer_type(gpu));
	int fd;
	close(fd_of(gpu, memory));
	close(fd_of(gpu, memory));
	REQUIRE(try_fd(gpu, memory, &fd) == VK_ERROR_TOO_MANY_OBJECTS && fd == -1);
}

static void fds_run_out(void **state) {
	static const struct mistake mistake = {NULL, get_three_fds, WITH_FD};
	(void)state;
	setenv("TONGS_MOCK_FDS", "2", 1);
	check_mistakes(&mistake, 1);
	unsetenv("TONGS_MOCK_FDS");
}

static void find_garbage(struct gpu *gpu) {
	REQUIRE(map(gpu, export(gpu, SIZE, buffer_type(gpu)))[SIZE - 1] == 0xcd);
}

static void exports_are_not_cleared(void **state) {
	static const struct mistake mistake = {NULL, find_garbage, WITH_FD};
	(void)state;
	setenv("TONGS_MOCK_GARBAGE", "1", 1);
	check_mistakes(&mistake, 1);
	unsetenv("TONGS_MOCK_GARBAGE");
}

static void find_no_extension(struct gpu *gpu) {
	REQUIRE(!gpu->has_fd && !vkGetDeviceProcAddr(gpu->device, "vkGetMemoryFdKHR"));
	const VkPhysicalDeviceExternalBufferInfo query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = OPAQUE_FD,
	};
	VkExternalBufferProperties properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(gpu->physical, &query, &properties);
	REQUIRE(properties.externalMemoryProperties.externalMemoryFeatures == 0);
}

static void extensions_are_hidden(void **state) {
	static const struct mistake mistakes[] = {
		{NULL, find_no_extension, ALL},
		{"VUID-VkImageCreateInfo", make_optimal, ALL},
		{"VUID-VkBufferCreateInfo-pNext-00920", make_buffer_for_fd, ALL},
		{"VUID-VkExportMemoryAllocateInfo-handleTypes-00656", export_as_fd, ALL},
	};
	(void)state;
	setenv("TONGS_MOCK_HIDES", VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME, 1);
	check_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
	unsetenv("TONGS_MOCK_HIDES");
}

int main(int count, char **arguments) {
	if (count == 4)
		return be_another_process(arguments);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_fail_the_program),
		cmocka_unit_test(fds_run_out),
		cmocka_unit_test(exports_are_not_cleared),
		cmocka_unit_test(extensions_are_hidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
