/* SPDX-License-Identifier: MIT */
/* Mesa's drivers over the mock kernel report the same caps as over a real one. Without Tongs, so that its tests there
 * can be trusted. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <vulkan/vulkan.h>

enum {
	LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
	SHARED = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
	CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
	PROTECTED = VK_MEMORY_PROPERTY_PROTECTED_BIT,
	PAGE = 4096,
};
#define OPAQUE_FD VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

/* OPTIMAL images in host pages, dedicated allocations and larger imports: RADV has them, ANV does not. As OPAQUE_FD,
 * RADV had only 2D images at first. */
enum driver { ANV, RADV_2D, RADV };

/* What the devices say, as drivers of real ones do; newer versions of Mesa have more memory types. */
static const struct expected {
	const char *gpu;
	uint32_t mesa;    /* the first of the major versions that say so */
	const char *name; /* a part of the device's */
	enum driver driver;
	uint32_t type_count;
	VkMemoryPropertyFlags types[5];
	uint32_t page_types;
} all_expected[] = {
	{"navi31", 22, "GFX1100", RADV_2D, 9, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, SHARED | CACHED}, 0x10},
	{"navi31", 25, "NAVI31", RADV_2D, 11, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, LOCAL | SHARED}, 0x20},
	{"navi31", 26, "NAVI31", RADV, 11, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, LOCAL | SHARED}, 0x20},
	{"raven", 22, "RAVEN", RADV_2D, 9, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, SHARED | CACHED}, 0x10},
	{"raven", 25, "RAVEN", RADV_2D, 11, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, LOCAL | SHARED}, 0x20},
	{"raven", 26, "RAVEN", RADV, 11, {LOCAL, LOCAL, SHARED, LOCAL | SHARED, LOCAL | SHARED}, 0x20},
	{"tgl", 22, "TGL", ANV, 1, {LOCAL | SHARED | CACHED}, 0x1},
	{"tgl", 25, "TGL", ANV, 7, {LOCAL, LOCAL | SHARED, LOCAL | SHARED | CACHED, LOCAL | PROTECTED, LOCAL}, 0x7f},
	{"dg2", 22, "DG2", ANV, 3, {LOCAL, SHARED | CACHED, LOCAL | SHARED}, 0x7},
	{"dg2", 25, "DG2", ANV, 7, {LOCAL, SHARED | CACHED, LOCAL | SHARED, LOCAL | PROTECTED, LOCAL}, 0x7f},
};

static const struct expected *expected;

/* Two devices of one instance, and one of another. */
static struct side {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	PFN_vkGetMemoryFdKHR get_fd;
} sides[3];
static VkPhysicalDevice physical; /* of the first */
static VkDevice device;
static size_t files_before;

static void expect(void) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(physical, &properties);
	const uint32_t mesa = VK_API_VERSION_MAJOR(properties.driverVersion);
	const char *gpu = getenv("TONGS_MOCK_GPU");
	for (size_t i = 0; i < sizeof(all_expected) / sizeof(all_expected[0]); i++)
		if (gpu && strcmp(all_expected[i].gpu, gpu) == 0 && mesa >= all_expected[i].mesa)
			expected = &all_expected[i];
	assert_non_null(expected);
}

static VkInstance create_instance(VkPhysicalDevice *found) {
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_1};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &application};
	VkInstance instance;
	uint32_t count = 1;
	assert_int_equal(vkCreateInstance(&info, NULL, &instance), VK_SUCCESS);
	assert_int_equal(vkEnumeratePhysicalDevices(instance, &count, found), VK_SUCCESS);
	assert_int_equal(count, 1);
	return instance;
}

static void create_device(struct side *side) {
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueCount = 1,
		.pQueuePriorities = &(float){1},
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = sizeof(extensions) / sizeof(extensions[0]),
		.ppEnabledExtensionNames = extensions,
	};
	assert_int_equal(vkCreateDevice(side->physical, &info, NULL, &side->device), VK_SUCCESS);
	side->get_fd = (PFN_vkGetMemoryFdKHR)vkGetDeviceProcAddr(side->device, "vkGetMemoryFdKHR");
	assert_non_null(side->get_fd);
}

static void create_sides(void) {
	sides[0].instance = create_instance(&sides[0].physical);
	sides[1] = sides[0];
	sides[2].instance = create_instance(&sides[2].physical);
	for (int i = 0; i < 3; i++)
		create_device(&sides[i]);
	physical = sides[0].physical;
	device = sides[0].device;
}

static void destroy_sides(void) {
	for (int i = 0; i < 3; i++)
		vkDestroyDevice(sides[i].device, NULL);
	vkDestroyInstance(sides[0].instance, NULL);
	vkDestroyInstance(sides[2].instance, NULL);
}

static size_t count_files(void) {
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* What drivers open once and keep is there after the first time. */
static int init(void **state) {
	(void)state;
	create_sides();
	destroy_sides();
	files_before = count_files();
	create_sides();
	expect();
	return 0;
}

static int finish(void **state) {
	(void)state;
	destroy_sides();
	assert_int_equal(count_files(), files_before);
	return 0;
}

static void device_and_memory_types(void **state) {
	(void)state;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceProperties(physical, &properties);
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	assert_non_null(strstr(properties.deviceName, expected->name));
	assert_int_equal(memory.memoryTypeCount, expected->type_count);
	for (uint32_t i = 0; i < memory.memoryTypeCount && i < 5; i++)
		assert_int_equal(memory.memoryTypes[i].propertyFlags, expected->types[i]);
}

static VkDeviceMemory allocate_on(const struct side *side, VkDeviceSize size, uint32_t type, const void *next) {
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = next,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	VkDeviceMemory memory;
	assert_int_equal(vkAllocateMemory(side->device, &info, NULL, &memory), VK_SUCCESS);
	return memory;
}

static VkDeviceMemory allocate(VkDeviceSize size, uint32_t type, const void *next) {
	return allocate_on(&sides[0], size, type, next);
}

/* The first of them that can be mapped. */
static uint32_t first_of(uint32_t bits) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	uint32_t type = 0;
	while (!(bits >> type & 1) || !(memory.memoryTypes[type].propertyFlags & SHARED))
		type++;
	return type;
}

/* Other memory types take features that the devices do not enable. */
static bool is_shareable(uint32_t type) {
	VkPhysicalDeviceMemoryProperties memory;
	vkGetPhysicalDeviceMemoryProperties(physical, &memory);
	return !(memory.memoryTypes[type].propertyFlags & (PROTECTED | VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD));
}

/* Memory for export, dedicated to `image` or `buffer` unless they are NULL. */
static VkDeviceMemory export_memory(VkDeviceSize size, uint32_t type, VkImage image, VkBuffer buffer) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
	const VkExportMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleTypes = OPAQUE_FD,
	};
	return allocate(size, type, &info);
}

static int fd_of(const struct side *side, VkDeviceMemory memory) {
	const VkMemoryGetFdInfoKHR info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR,
		.memory = memory,
		.handleType = OPAQUE_FD,
	};
	int fd = -1;
	assert_int_equal(side->get_fd(side->device, &info, &fd), VK_SUCCESS);
	assert_true(fd >= 0);
	return fd;
}

/* Takes the fd if it succeeds. */
static VkResult import_fd(const struct side *side, int fd, VkDeviceSize size, uint32_t type, VkImage image,
	VkBuffer buffer, VkDeviceMemory *memory) {
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
		.buffer = buffer,
	};
	const VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = image || buffer ? &dedicated : NULL,
		.handleType = OPAQUE_FD,
		.fd = fd,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &import,
		.allocationSize = size,
		.memoryTypeIndex = type,
	};
	return vkAllocateMemory(side->device, &info, NULL, memory);
}

static unsigned char *map_on(const struct side *side, VkDeviceMemory memory) {
	void *bytes;
	assert_int_equal(vkMapMemory(side->device, memory, 0, VK_WHOLE_SIZE, 0, &bytes), VK_SUCCESS);
	return bytes;
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) >= 0;
}

static void memory_keeps_what_is_written(void **state) {
	(void)state;
	VkDeviceMemory memory = allocate((VkDeviceSize)4 * PAGE, first_of(~0u), NULL);
	unsigned char *bytes;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(vkMapMemory(device, memory, PAGE, VK_WHOLE_SIZE, 0, (void **)&bytes), VK_SUCCESS);
		if (round == 0)
			memset(bytes, 0x5a, (size_t)3 * PAGE);
		assert_int_equal(bytes[3 * PAGE - 1], 0x5a);
		vkUnmapMemory(device, memory);
	}
	vkFreeMemory(device, memory, NULL);
}

static void takes_host_pages(void **state) {
	(void)state;
	unsigned char *pages = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *mapped;
	PFN_vkGetMemoryHostPointerPropertiesEXT get = (PFN_vkGetMemoryHostPointerPropertiesEXT)vkGetDeviceProcAddr(
		device, "vkGetMemoryHostPointerPropertiesEXT");
	VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	assert_int_equal(get(device, HOST_ALLOCATION, pages, &properties), VK_SUCCESS);
	assert_int_equal(properties.memoryTypeBits, expected->page_types);
	const VkImportMemoryHostPointerInfoEXT host = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = HOST_ALLOCATION,
		.pHostPointer = pages,
	};
	VkDeviceMemory memory = allocate(PAGE, first_of(properties.memoryTypeBits), &host);
	assert_int_equal(vkMapMemory(device, memory, 0, VK_WHOLE_SIZE, 0, (void **)&mapped), VK_SUCCESS);
	assert_ptr_equal(mapped, pages);
	vkFreeMemory(device, memory, NULL);
	munmap(pages, PAGE);
}

static void optimal_images(void **state) {
	(void)state;
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = HOST_ALLOCATION,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
	VkResult result = vkGetPhysicalDeviceImageFormatProperties2(physical, &query, &caps);
	assert_int_equal(result, expected->driver != ANV ? VK_SUCCESS : VK_ERROR_FORMAT_NOT_SUPPORTED);
	if (result != VK_SUCCESS)
		return;
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = HOST_ALLOCATION,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = query.type,
		.format = query.format,
		.extent = {64, 64, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.usage = query.usage,
	};
	VkImage image;
	assert_int_equal(vkCreateImage(device, &info, NULL, &image), VK_SUCCESS);
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	vkGetImageMemoryRequirements2(device,
		&(VkImageMemoryRequirementsInfo2){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = image},
		&requirements);
	assert_int_equal(dedicated.requiresDedicatedAllocation, expected->driver != ANV);
	vkDestroyImage(device, image, NULL);
}

/* From one device to itself, to another, and to another instance's, and back. */
static void fds_carry_bytes(void **state) {
	(void)state;
	const VkDeviceSize size = (VkDeviceSize)3 * PAGE;
	const uint32_t type = first_of(~0u);
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		VkDeviceMemory memory = export_memory(size, type, VK_NULL_HANDLE, VK_NULL_HANDLE), imported[2];
		unsigned char *bytes = map_on(&sides[0], memory), *there = NULL;
		memset(bytes, 0x11 + (int)i, size);
		for (int j = 0; j < 2; j++) {
			int fd = fd_of(&sides[0], memory);
			assert_int_equal(
				import_fd(&sides[i], fd, size, type, VK_NULL_HANDLE, VK_NULL_HANDLE, &imported[j]),
				VK_SUCCESS);
			assert_false(is_open(fd));
			there = map_on(&sides[i], imported[j]);
			assert_int_equal(there[size - 1], j ? 0x22 : 0x11 + (int)i);
			there[size - 1] = 0x22;
			assert_int_equal(bytes[size - 1], 0x22);
		}
		/* In an order that leaves the others alone. */
		vkFreeMemory(device, memory, NULL);
		vkFreeMemory(sides[i].device, imported[0], NULL);
		assert_int_equal(there[0], 0x11 + (int)i);
		vkFreeMemory(sides[i].device, imported[1], NULL);
	}
}

/* Neither who exported it nor who imported it is needed. */
static void fds_outlive_the_memory(void **state) {
	(void)state;
	const VkDeviceSize size = (VkDeviceSize)2 * PAGE;
	const uint32_t type = first_of(~0u);
	VkDeviceMemory memory = export_memory(size, type, VK_NULL_HANDLE, VK_NULL_HANDLE), imported;
	map_on(&sides[0], memory)[PAGE] = 0x33;
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = OPAQUE_FD,
	};
	const VkImportMemoryFdInfoKHR import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR,
		.pNext = &export,
		.handleType = OPAQUE_FD,
		.fd = fd_of(&sides[0], memory),
	};
	vkFreeMemory(device, memory, NULL);
	imported = allocate_on(&sides[2], size, type, &import);
	assert_int_equal(map_on(&sides[2], imported)[PAGE], 0x33);
	int fd = fd_of(&sides[2], imported);
	vkFreeMemory(sides[2].device, imported, NULL);
	assert_int_equal(import_fd(&sides[1], fd, size, type, VK_NULL_HANDLE, VK_NULL_HANDLE, &imported), VK_SUCCESS);
	assert_int_equal(map_on(&sides[1], imported)[PAGE], 0x33);
	vkFreeMemory(sides[1].device, imported, NULL);
}

/* A failure leaves the fd open. */
static void other_fds_are_refused(void **state) {
	(void)state;
	VkDeviceMemory memory;
	int fd = memfd_create("no buffer object", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	assert_int_equal(import_fd(&sides[0], fd, PAGE, first_of(~0u), VK_NULL_HANDLE, VK_NULL_HANDLE, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	assert_true(is_open(fd));
	close(fd);
}

/* The memory behind an fd is whole pages; ANV refuses an import that is larger, RADV does not look. */
static void sizes(void **state) {
	(void)state;
	static const VkDeviceSize all[] = {1, PAGE - 1, PAGE, 3 * PAGE + 16, (64 << 10) + 1, 1 << 20};
	const VkDeviceSize more = 64 << 10;
	for (uint32_t type = 0; type < expected->type_count; type++)
		for (size_t i = 0; is_shareable(type) && i < sizeof(all) / sizeof(all[0]); i++) {
			VkDeviceMemory memory = export_memory(all[i], type, VK_NULL_HANDLE, VK_NULL_HANDLE), imported;
			int fd = fd_of(&sides[0], memory);
			const VkDeviceSize size = (VkDeviceSize)lseek(fd, 0, SEEK_END);
			assert_true(size >= all[i] && size % PAGE == 0);
			VkResult result =
				import_fd(&sides[1], fd, size + more, type, VK_NULL_HANDLE, VK_NULL_HANDLE, &imported);
			assert_int_equal(
				result, expected->driver != ANV ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE);
			if (result == VK_SUCCESS) {
				vkFreeMemory(sides[1].device, imported, NULL);
				fd = fd_of(&sides[0], memory);
			}
			assert_int_equal(
				import_fd(&sides[1], fd, all[i], type, VK_NULL_HANDLE, VK_NULL_HANDLE, &imported),
				VK_SUCCESS);
			vkFreeMemory(sides[1].device, imported, NULL);
			vkFreeMemory(device, memory, NULL);
		}
}

/* The mock needs a file for memory that was shared where it cannot open the one of a mapping. */
static bool can_reopen_mappings(void) {
	char path[64];
	int fd = memfd_create("sample", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	uintptr_t page = (uintptr_t)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)page, (unsigned long)page + PAGE);
	fd = open(path, O_RDWR | O_CLOEXEC);
	munmap((void *)page, PAGE);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void exports_hold_no_fds(void **state) {
	(void)state;
	enum { COUNT = 1000 };
	static VkDeviceMemory memory[COUNT], imported[COUNT];
	const uint32_t type = first_of(~0u);
	const size_t before = count_files();
	for (int i = 0; i < COUNT; i++)
		memory[i] = export_memory(PAGE, type, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_int_equal(count_files(), before);
	for (int i = 0; i < COUNT; i++) {
		int fd = fd_of(&sides[0], memory[i]);
		assert_int_equal(
			import_fd(&sides[1 + i % 2], fd, PAGE, type, VK_NULL_HANDLE, VK_NULL_HANDLE, &imported[i]),
			VK_SUCCESS);
	}
	if (can_reopen_mappings())
		assert_int_equal(count_files(), before);
	for (int i = 0; i < COUNT; i++) {
		vkFreeMemory(device, memory[i], NULL);
		vkFreeMemory(sides[1 + i % 2].device, imported[i], NULL);
	}
	assert_int_equal(count_files(), before);
}

struct resource {
	VkImage image;
	VkBuffer buffer;
	VkMemoryRequirements requirements;
	bool dedicated;
};

static void bind(const struct side *side, const struct resource *resource, VkDeviceMemory memory) {
	assert_int_equal(resource->image ? vkBindImageMemory(side->device, resource->image, memory, 0)
					 : vkBindBufferMemory(side->device, resource->buffer, memory, 0),
		VK_SUCCESS);
}

static void destroy(const struct side *side, const struct resource *resource, VkDeviceMemory memory) {
	vkDestroyImage(side->device, resource->image, NULL);
	vkDestroyBuffer(side->device, resource->buffer, NULL);
	vkFreeMemory(side->device, memory, NULL);
}

static struct resource create_image(const struct side *side, const VkImageCreateInfo *info) {
	struct resource resource = {0};
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	assert_int_equal(vkCreateImage(side->device, info, NULL, &resource.image), VK_SUCCESS);
	vkGetImageMemoryRequirements2(side->device,
		&(VkImageMemoryRequirementsInfo2){
			.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2, .image = resource.image},
		&requirements);
	resource.requirements = requirements.memoryRequirements;
	resource.dedicated = dedicated.requiresDedicatedAllocation;
	return resource;
}

static struct resource create_buffer(const struct side *side) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = OPAQUE_FD,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = &external,
		.size = 1000,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
	};
	struct resource resource = {0};
	assert_int_equal(vkCreateBuffer(side->device, &info, NULL, &resource.buffer), VK_SUCCESS);
	vkGetBufferMemoryRequirements(side->device, resource.buffer, &resource.requirements);
	return resource;
}

/* Shares memory of `type`, dedicated to the resources or not. Where it can be mapped both see the same bytes. */
static void share(const struct side *side, const VkImageCreateInfo *info, uint32_t type, bool dedicated) {
	VkPhysicalDeviceMemoryProperties types;
	vkGetPhysicalDeviceMemoryProperties(physical, &types);
	struct resource own = info ? create_image(&sides[0], info) : create_buffer(&sides[0]);
	struct resource other = info ? create_image(side, info) : create_buffer(side);
	assert_memory_equal(&other.requirements, &own.requirements, sizeof(own.requirements));
	const VkDeviceSize size = own.requirements.size;
	VkDeviceMemory memory = export_memory(
		size, type, dedicated ? own.image : VK_NULL_HANDLE, dedicated ? own.buffer : VK_NULL_HANDLE);
	VkDeviceMemory imported;
	bind(&sides[0], &own, memory);
	assert_int_equal(import_fd(side, fd_of(&sides[0], memory), size, type, dedicated ? other.image : VK_NULL_HANDLE,
				 dedicated ? other.buffer : VK_NULL_HANDLE, &imported),
		VK_SUCCESS);
	bind(side, &other, imported);
	if (types.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) {
		map_on(&sides[0], memory)[size - 1] = 0x44;
		assert_int_equal(map_on(side, imported)[size - 1], 0x44);
	}
	destroy(&sides[0], &own, memory);
	destroy(side, &other, imported);
}

static unsigned share_in_all_types(const VkImageCreateInfo *info, uint32_t bits, bool requires_dedicated) {
	unsigned count = 0;
	for (uint32_t type = 0; type < expected->type_count; type++)
		for (size_t i = 0; (bits >> type & 1) && is_shareable(type) && i < sizeof(sides) / sizeof(sides[0]);
			i++)
			for (int dedicated = requires_dedicated; dedicated < 2; dedicated++, count++)
				share(&sides[i], info, type, dedicated);
	return count;
}

static void buffers_as_fds(void **state) {
	(void)state;
	const VkPhysicalDeviceExternalBufferInfo query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
		.handleType = OPAQUE_FD,
	};
	VkExternalBufferProperties caps = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
	vkGetPhysicalDeviceExternalBufferProperties(physical, &query, &caps);
	assert_int_equal(caps.externalMemoryProperties.externalMemoryFeatures,
		VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
	assert_false(caps.externalMemoryProperties.compatibleHandleTypes & HOST_ALLOCATION);
	struct resource sample = create_buffer(&sides[0]);
	unsigned count = share_in_all_types(NULL, sample.requirements.memoryTypeBits, false);
	print_message("%u buffers shared as OPAQUE_FD\n", count);
	destroy(&sides[0], &sample, VK_NULL_HANDLE);
}

enum {
	TRANSFERS = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT,
	COLOR = TRANSFERS | VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT,
	DEPTH = TRANSFERS | VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT,
};

/* What drivers answer for an image as OPAQUE_FD. */
enum answer { NO, YES, DEDICATED };

static const struct shape {
	const char *name;
	VkFormat format;
	VkImageType type;
	VkImageTiling tiling;
	VkImageUsageFlags usage;
	VkExtent3D extent;
	uint32_t levels, layers;
	VkSampleCountFlagBits samples;
	enum answer radv, anv;
} shapes[] = {
#define LINEAR VK_IMAGE_TILING_LINEAR
#define OPTIMAL VK_IMAGE_TILING_OPTIMAL
#define RGBA8 VK_FORMAT_R8G8B8A8_UNORM
	{"LINEAR", RGBA8, VK_IMAGE_TYPE_2D, LINEAR, COLOR, {60, 44, 1}, 1, 1, 1, YES, YES},
	{"LINEAR, levels and layers", RGBA8, VK_IMAGE_TYPE_2D, LINEAR, TRANSFERS, {60, 44, 1}, 3, 2, 1, YES, YES},
	{"LINEAR, 3D", RGBA8, VK_IMAGE_TYPE_3D, LINEAR, TRANSFERS, {60, 44, 5}, 1, 1, 1, YES, YES},
	{"LINEAR, BC7", VK_FORMAT_BC7_UNORM_BLOCK, VK_IMAGE_TYPE_2D, LINEAR, TRANSFERS, {60, 44, 1}, 1, 1, 1, NO, YES},
	{"LINEAR, depth", VK_FORMAT_D32_SFLOAT, VK_IMAGE_TYPE_2D, LINEAR, TRANSFERS, {60, 44, 1}, 1, 1, 1, NO, NO},
	{"OPTIMAL", RGBA8, VK_IMAGE_TYPE_2D, OPTIMAL, COLOR, {300, 200, 1}, 1, 1, 1, DEDICATED, YES},
	{"levels and layers", RGBA8, VK_IMAGE_TYPE_2D, OPTIMAL, COLOR, {64, 64, 1}, 7, 6, 1, DEDICATED, YES},
	{"1D", RGBA8, VK_IMAGE_TYPE_1D, OPTIMAL, TRANSFERS, {64, 1, 1}, 1, 1, 1, DEDICATED, YES},
	{"3D", RGBA8, VK_IMAGE_TYPE_3D, OPTIMAL, TRANSFERS, {64, 64, 9}, 1, 1, 1, DEDICATED, YES},
	{"BC7", VK_FORMAT_BC7_UNORM_BLOCK, VK_IMAGE_TYPE_2D, OPTIMAL, TRANSFERS, {64, 64, 1}, 7, 1, 1, DEDICATED, YES},
	{"D16", VK_FORMAT_D16_UNORM, VK_IMAGE_TYPE_2D, OPTIMAL, DEPTH, {300, 200, 1}, 1, 1, 1, DEDICATED, YES},
	{"D32", VK_FORMAT_D32_SFLOAT, VK_IMAGE_TYPE_2D, OPTIMAL, DEPTH, {300, 200, 1}, 1, 1, 1, DEDICATED, YES},
	{"S8", VK_FORMAT_S8_UINT, VK_IMAGE_TYPE_2D, OPTIMAL, DEPTH, {300, 200, 1}, 1, 1, 1, DEDICATED, YES},
	{"D32S8", VK_FORMAT_D32_SFLOAT_S8_UINT, VK_IMAGE_TYPE_2D, OPTIMAL, DEPTH, {300, 200, 1}, 1, 1, 1, DEDICATED,
		YES},
	{"4 samples", RGBA8, VK_IMAGE_TYPE_2D, OPTIMAL, COLOR, {300, 200, 1}, 1, 1, 4, DEDICATED, YES},
	{"8 samples", RGBA8, VK_IMAGE_TYPE_2D, OPTIMAL, COLOR, {300, 200, 1}, 1, 1, 8, DEDICATED, YES},
	{"D32, 4 samples", VK_FORMAT_D32_SFLOAT, VK_IMAGE_TYPE_2D, OPTIMAL, DEPTH, {300, 200, 1}, 1, 1, 4, DEDICATED,
		YES},
};

static enum answer ask(const struct shape *shape) {
	const VkPhysicalDeviceExternalImageFormatInfo handle = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO,
		.handleType = OPAQUE_FD,
	};
	const VkPhysicalDeviceImageFormatInfo2 query = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
		.pNext = &handle,
		.format = shape->format,
		.type = shape->type,
		.tiling = shape->tiling,
		.usage = shape->usage,
	};
	VkExternalImageFormatProperties external = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
	VkImageFormatProperties2 caps = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2, .pNext = &external};
	const VkResult result = vkGetPhysicalDeviceImageFormatProperties2(physical, &query, &caps);
	if (result == VK_ERROR_FORMAT_NOT_SUPPORTED)
		return NO;
	const VkImageFormatProperties *limits = &caps.imageFormatProperties;
	const VkExternalMemoryFeatureFlags features = external.externalMemoryProperties.externalMemoryFeatures;
	assert_int_equal(result, VK_SUCCESS);
	assert_true(limits->maxMipLevels >= shape->levels && limits->maxArrayLayers >= shape->layers);
	assert_true(limits->sampleCounts & shape->samples);
	assert_true(features & VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT);
	assert_true(features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT);
	assert_false(external.externalMemoryProperties.compatibleHandleTypes & HOST_ALLOCATION);
	return features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT ? DEDICATED : YES;
}

static void images_as_fds(void **state) {
	(void)state;
	unsigned count = 0;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *shape = &shapes[i];
		const enum answer answer = ask(shape);
		const bool flat = shape->type == VK_IMAGE_TYPE_2D;
		if (answer != (expected->driver == ANV                   ? shape->anv
				      : expected->driver == RADV || flat ? shape->radv
									 : NO))
			fail_msg("%s: %d", shape->name, answer);
		if (answer == NO)
			continue;
		const VkExternalMemoryImageCreateInfo external = {
			.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
			.handleTypes = OPAQUE_FD,
		};
		const VkImageCreateInfo info = {
			.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
			.pNext = &external,
			.imageType = shape->type,
			.format = shape->format,
			.extent = shape->extent,
			.mipLevels = shape->levels,
			.arrayLayers = shape->layers,
			.samples = shape->samples,
			.tiling = shape->tiling,
			.usage = shape->usage,
		};
		struct resource sample = create_image(&sides[0], &info);
		assert_int_equal(sample.dedicated, answer == DEDICATED);
		count += share_in_all_types(&info, sample.requirements.memoryTypeBits, sample.dedicated);
		destroy(&sides[0], &sample, VK_NULL_HANDLE);
	}
	print_message("%u images shared as OPAQUE_FD\n", count);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_and_memory_types),
		cmocka_unit_test(memory_keeps_what_is_written),
		cmocka_unit_test(takes_host_pages),
		cmocka_unit_test(optimal_images),
		cmocka_unit_test(fds_carry_bytes),
		cmocka_unit_test(fds_outlive_the_memory),
		cmocka_unit_test(other_fds_are_refused),
		cmocka_unit_test(sizes),
		cmocka_unit_test(exports_hold_no_fds),
		cmocka_unit_test(buffers_as_fds),
		cmocka_unit_test(images_as_fds),
	};
	return cmocka_run_group_tests(tests, init, finish);
}
