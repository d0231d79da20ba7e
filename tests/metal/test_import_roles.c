/* SPDX-License-Identifier: MIT */
/* Which kind of memory each driver's resources are shared in, by what its queries report. */
#include "support.h"

#include <string.h>

#include "vulkan/import.h"

enum {
	LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
	VISIBLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
	COHERENT = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
	CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
	LAZY = VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT,
	PROTECTED = VK_MEMORY_PROPERTY_PROTECTED_BIT,
	AMD = VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD,
	ALL = LOCAL | VISIBLE | COHERENT | CACHED,

	IMPORT = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT,
	EXPORT = VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT,
	BOTH = IMPORT | EXPORT,
	DEDICATED = VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT,

	/* Instead of features: the query fails. */
	NEVER = 1 << 8,
	NO_HOST_MEMORY = 1 << 9,
	NO_DEVICE_MEMORY = 1 << 10,
};

/* What the queries report of one handle type. */
struct caps {
	bool listed;                                                      /* the extension */
	unsigned buffers, linear, optimal, optimal_target, optimal_depth; /* features, or one of the above */
};

enum { NONE, PAGES, DRIVER };

static const struct driver {
	const char *name;
	bool cpu;
	VkDeviceSize alignment; /* of host pages; 0: 4096 */
	VkFlags types[8];       /* ends with -1 unless full */
	struct caps pages, driver;
	/* Expected. */
	int buffer, linear, optimal;
	bool takes_optimal, combines;
	enum tongs_import_fault fault;
	VkResult result;
} drivers[] = {
	{
		.name = "NVIDIA",
		.types = {0, LOCAL, VISIBLE | COHERENT, VISIBLE | COHERENT | CACHED, LOCAL | VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "RADV",
		.types = {LOCAL, LOCAL, VISIBLE | COHERENT, LOCAL | VISIBLE | COHERENT, VISIBLE | COHERENT | CACHED,
			LOCAL | AMD, VISIBLE | COHERENT | AMD, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH | DEDICATED, BOTH | DEDICATED, BOTH | DEDICATED},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "RADV, an APU whose only other types are device-coherent",
		.types = {ALL, LOCAL | AMD, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH | DEDICATED, BOTH | DEDICATED, BOTH | DEDICATED},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "ANV, Tiger Lake",
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, NEVER, NEVER, NEVER},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "ANV, DG2",
		.types = {LOCAL, VISIBLE | COHERENT | CACHED, LOCAL | VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, IMPORT, NEVER, NEVER, NEVER},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "NVK",
		.types = {LOCAL, VISIBLE | COHERENT | CACHED, ~0u},
		.pages = {false, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = DRIVER,
		.linear = DRIVER,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "lavapipe",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = PAGES,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "SwiftShader",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, 0, 0, 0, 0, 0},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = DRIVER,
		.linear = DRIVER,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},

	/* Drivers that are none of these. */
	{
		.name = "a CPU without depth in host pages",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, NEVER},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "a CPU without render targets in host pages, and without OPAQUE_FD",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, 0, IMPORT},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = PAGES,
		.combines = true,
	},
	{
		.name = "a CPU that requires dedicated depth images",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT | DEDICATED},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "host pages alone",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = PAGES,
		.combines = true,
	},
	{
		.name = "host pages for buffers alone",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, NEVER, NEVER, NEVER, NEVER},
		.buffer = PAGES,
		.optimal = PAGES,
		.combines = true,
	},
	{
		.name = "host pages for LINEAR images alone",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.pages = {true, 0, IMPORT, NEVER, NEVER, NEVER},
		.linear = PAGES,
		.optimal = PAGES,
	},
	{
		.name = "driver memory for LINEAR images and buffers",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.driver = {true, BOTH, BOTH, 0, BOTH, BOTH},
		.buffer = DRIVER,
		.linear = DRIVER,
		.optimal = DRIVER,
		.combines = true,
	},
	{
		.name = "driver memory for OPTIMAL images alone",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.driver = {true, 0, NEVER, BOTH, BOTH, BOTH},
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "buffers in host pages, images in driver memory that are all dedicated",
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, 0, 0, 0, 0},
		.driver = {true, BOTH | DEDICATED, BOTH | DEDICATED, BOTH | DEDICATED, 0, 0},
		.buffer = PAGES,
		.linear = DRIVER,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},
	{
		.name = "no types but visible ones and such as cannot be shared",
		.types = {ALL, LOCAL | LAZY, LOCAL | PROTECTED, LOCAL | AMD, ~0u},
		.pages = {true, IMPORT, IMPORT, 0, 0, 0},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = PAGES,
		.linear = PAGES,
		.optimal = DRIVER,
		.takes_optimal = true,
	},
	{
		.name = "dedicated buffers and LINEAR images in host pages, which are never dedicated",
		.types = {ALL, ~0u},
		.pages = {true, IMPORT | DEDICATED, IMPORT | DEDICATED, IMPORT | DEDICATED, 0, 0},
		.fault = TONGS_IMPORT_NO_RESOURCE,
	},
	{
		.name = "driver memory that can be imported or exported, but not both",
		.types = {ALL, ~0u},
		.driver = {true, IMPORT, EXPORT, IMPORT, IMPORT, IMPORT},
		.fault = TONGS_IMPORT_NO_RESOURCE,
	},
	{
		.name = "coarse pages, and driver memory",
		.alignment = 1 << 20,
		.types = {LOCAL, VISIBLE | COHERENT, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = DRIVER,
		.linear = DRIVER,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true,
	},

	/* The fault is the farthest that any kind came. */
	{.name = "no extension",
		.types = {ALL, ~0u},
		.pages = {false, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {false, BOTH, BOTH, BOTH, BOTH, BOTH},
		.fault = TONGS_IMPORT_NO_EXTENSION},
	{.name = "coarse pages",
		.alignment = 1 << 20,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.fault = TONGS_IMPORT_LARGE_ALIGNMENT},
	{.name = "coarse pages, and denied driver memory",
		.alignment = 1 << 20,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, 0, 0, 0, 0, 0},
		.fault = TONGS_IMPORT_NO_RESOURCE},
	{.name = "denied host pages",
		.types = {ALL, ~0u},
		.pages = {true, 0, 0, NEVER, 0, 0},
		.fault = TONGS_IMPORT_NO_RESOURCE},

	/* Out of memory in each query. */
	{.name = "memory runs out for LINEAR pages",
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, NO_HOST_MEMORY, IMPORT, IMPORT, IMPORT},
		.result = VK_ERROR_OUT_OF_HOST_MEMORY},
	{.name = "memory runs out for OPTIMAL pages",
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, NO_DEVICE_MEMORY, IMPORT, IMPORT},
		.result = VK_ERROR_OUT_OF_DEVICE_MEMORY},
	{.name = "memory runs out for targets",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, NO_DEVICE_MEMORY, IMPORT},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.result = VK_ERROR_OUT_OF_DEVICE_MEMORY},
	{.name = "memory runs out for depth",
		.cpu = true,
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, NO_HOST_MEMORY},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.result = VK_ERROR_OUT_OF_HOST_MEMORY},
	{.name = "memory runs out for LINEAR driver memory",
		.types = {ALL, ~0u},
		.pages = {true, IMPORT, IMPORT, IMPORT, IMPORT, IMPORT},
		.driver = {true, BOTH, NO_DEVICE_MEMORY, BOTH, BOTH, BOTH},
		.result = VK_ERROR_OUT_OF_DEVICE_MEMORY},
	{.name = "memory runs out for OPTIMAL driver memory",
		.types = {ALL, ~0u},
		.driver = {true, BOTH, BOTH, NO_HOST_MEMORY, BOTH, BOTH},
		.result = VK_ERROR_OUT_OF_HOST_MEMORY},
	{.name = "what a device does not list is not queried",
		.types = {ALL, ~0u},
		.pages = {false, NO_HOST_MEMORY, NO_HOST_MEMORY, NO_HOST_MEMORY, 0, 0},
		.driver = {true, BOTH, BOTH, BOTH, BOTH, BOTH},
		.buffer = DRIVER,
		.linear = DRIVER,
		.optimal = DRIVER,
		.takes_optimal = true,
		.combines = true},
};

static const struct driver *driver;

static const struct caps *get_caps(VkExternalMemoryHandleTypeFlagBits type) {
	if (type == VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT)
		return &driver->pages;
	assert_int_equal(type, VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT);
	return &driver->driver;
}

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *properties) {
	assert_ptr_equal(physical, &drivers);
	properties->properties.deviceType =
		driver->cpu ? VK_PHYSICAL_DEVICE_TYPE_CPU : VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
	for (VkBaseOutStructure *s = properties->pNext; s; s = s->pNext)
		if (s->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT)
			((VkPhysicalDeviceExternalMemoryHostPropertiesEXT *)s)->minImportedHostPointerAlignment =
				driver->alignment ? driver->alignment : 4096;
}

static VKAPI_ATTR void VKAPI_CALL get_memory(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *memory) {
	assert_ptr_equal(physical, &drivers);
	*memory = (VkPhysicalDeviceMemoryProperties){0};
	while (memory->memoryTypeCount < LENGTH(driver->types) && driver->types[memory->memoryTypeCount] != ~0u) {
		memory->memoryTypes[memory->memoryTypeCount].propertyFlags = driver->types[memory->memoryTypeCount];
		memory->memoryTypeCount++;
	}
}

static VKAPI_ATTR void VKAPI_CALL get_buffer(VkPhysicalDevice physical, const VkPhysicalDeviceExternalBufferInfo *info,
	VkExternalBufferProperties *properties) {
	assert_ptr_equal(physical, &drivers);
	assert_int_equal(info->flags, 0);
	properties->externalMemoryProperties.externalMemoryFeatures = get_caps(info->handleType)->buffers & 0xff;
}

static VKAPI_ATTR VkResult VKAPI_CALL get_image(
	VkPhysicalDevice physical, const VkPhysicalDeviceImageFormatInfo2 *info, VkImageFormatProperties2 *properties) {
	const VkPhysicalDeviceExternalImageFormatInfo *external = info->pNext;
	VkExternalImageFormatProperties *features = properties->pNext;
	assert_ptr_equal(physical, &drivers);
	assert_int_equal(external->sType, VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO);
	assert_int_equal(features->sType, VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES);
	const struct caps *caps = get_caps(external->handleType);
	assert_true(caps->listed);
	unsigned answer = caps->linear;
	if (info->tiling == VK_IMAGE_TILING_OPTIMAL)
		answer = info->usage & VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT ? caps->optimal_depth
			 : info->usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT       ? caps->optimal_target
										   : caps->optimal;
	/* Drivers may leave anything there when they fail. */
	features->externalMemoryProperties.externalMemoryFeatures = answer > 0xff ? BOTH : answer;
	return answer & NEVER              ? VK_ERROR_FORMAT_NOT_SUPPORTED
	       : answer & NO_HOST_MEMORY   ? VK_ERROR_OUT_OF_HOST_MEMORY
	       : answer & NO_DEVICE_MEMORY ? VK_ERROR_OUT_OF_DEVICE_MEMORY
					   : VK_SUCCESS;
}

static VkResult choose(struct tongs_import_roles *roles, enum tongs_import_fault *fault) {
	VkExtensionProperties extensions[3] = {{"VK_EXT_other", 1}};
	struct tongs_import_device device = {
		.physical = (VkPhysicalDevice)(uintptr_t)&drivers,
		.GetPhysicalDeviceProperties2 = get_properties,
		.GetPhysicalDeviceMemoryProperties = get_memory,
		.GetPhysicalDeviceExternalBufferProperties = get_buffer,
		.GetPhysicalDeviceImageFormatProperties2 = get_image,
		.extensions = extensions,
		.extension_count = 1,
	};
	if (driver->pages.listed)
		strcpy(extensions[device.extension_count++].extensionName, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
	if (driver->driver.listed)
		strcpy(extensions[device.extension_count++].extensionName, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
	return tongs_import_choose_roles(&device, roles, fault);
}

static int number(const struct tongs_import_kind *kind) {
	if (!kind)
		return NONE;
	assert_ptr_equal(kind, tongs_import_get_kind(kind->allocated_by_device));
	return kind->allocated_by_device ? DRIVER : PAGES;
}

static void each_driver_has_its_roles(void **state) {
	unsigned wrong = 0;
	(void)state;
	for (size_t i = 0; i < LENGTH(drivers); i++) {
		struct tongs_import_roles roles;
		enum tongs_import_fault fault = TONGS_IMPORT_NO_FAULT;
		driver = &drivers[i];
		memset(&roles, 0xff, sizeof(roles));
		VkResult result = choose(&roles, &fault);
		const int buffer = number(roles.kinds[TONGS_ROLE_BUFFER]);
		const int linear = number(roles.kinds[TONGS_ROLE_LINEAR]);
		const int optimal = number(roles.kinds[TONGS_ROLE_OPTIMAL]);
		if (result == driver->result && buffer == driver->buffer && linear == driver->linear &&
			optimal == driver->optimal && roles.takes_optimal == driver->takes_optimal &&
			roles.combines == driver->combines &&
			roles.splits == (driver->combines && driver->buffer != driver->optimal) &&
			(result != VK_SUCCESS || fault == driver->fault))
			continue;
		print_error("%s: %d, roles %d %d %d, takes_optimal %d, combines %d, splits %d, fault %d\n",
			driver->name, result, buffer, linear, optimal, roles.takes_optimal, roles.combines,
			roles.splits, fault);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void what_follows_from_roles(void **state) {
	const struct tongs_import_kind *pages = tongs_import_get_kind(false), *memory = tongs_import_get_kind(true);
	const struct tongs_import_roles nvidia = {.kinds = {pages, pages, memory}, .takes_optimal = true},
					none = {.takes_optimal = false},
					linear = {.kinds = {pages, pages, pages}, .takes_optimal = false};
	(void)state;
	assert_true(tongs_import_has_role(&nvidia));
	assert_false(tongs_import_has_role(&none));
	assert_ptr_equal(tongs_import_find_used(&nvidia, false), pages);
	assert_ptr_equal(tongs_import_find_used(&nvidia, true), memory);
	assert_null(tongs_import_find_used(&linear, true));
	assert_null(tongs_import_find_used(&none, false));
	assert_true(tongs_import_takes_optimal(&nvidia, memory));
	assert_false(tongs_import_takes_optimal(&nvidia, pages));
	assert_false(tongs_import_takes_optimal(&linear, pages));
	assert_false(tongs_import_takes_optimal(&none, pages));
}

static void memory_types_of_each_kind(void **state) {
	static const struct {
		VkMemoryPropertyFlags flags;
		bool pages, driver;
	} rows[] = {
		{0, false, true},
		{LOCAL, false, true},
		{VISIBLE | COHERENT, true, true},
		{ALL, true, true},
		{VISIBLE, false, false},
		{VISIBLE | CACHED, false, false},
		{LOCAL | VISIBLE | CACHED, false, false},
		{LOCAL | LAZY, false, false},
		{LOCAL | PROTECTED, false, false},
		{LOCAL | AMD, false, false},
		{VISIBLE | COHERENT | AMD, false, false},
		{ALL | PROTECTED, false, false},
	};
	VkPhysicalDeviceMemoryProperties memory = {.memoryTypeCount = LENGTH(rows)};
	uint32_t accepted[2] = {0}, private_types = 0;
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		memory.memoryTypes[i].propertyFlags = rows[i].flags;
		accepted[false] |= (uint32_t)rows[i].pages << i;
		accepted[true] |= (uint32_t)rows[i].driver << i;
		private_types |= (uint32_t) !(rows[i].flags & VISIBLE) << i;
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(tongs_import_find_accepted(tongs_import_get_kind(i), &memory), accepted[i]);
	assert_int_equal(tongs_import_find_private(&memory), private_types);
}

static void spans(void **state) {
	const struct tongs_import pages = {.kind = tongs_import_get_kind(false), .size = 1 << 20},
				  memory = {.kind = tongs_import_get_kind(true), .size = 1 << 20};
	(void)state;
	struct tongs_import_span span = tongs_import_get_span(&pages, 5000, 10000, 4096);
	assert_int_equal(span.start, 4096);
	assert_int_equal(span.offset, 904);
	assert_int_equal(span.size, 12288);
	span = tongs_import_get_span(&pages, 8192, 4096, 4096);
	assert_int_equal(span.start, 8192);
	assert_int_equal(span.offset, 0);
	assert_int_equal(span.size, 4096);
	/* An import of driver memory is all of it. */
	span = tongs_import_get_span(&memory, 5000, 10000, 4096);
	assert_int_equal(span.start, 0);
	assert_int_equal(span.offset, 5000);
	assert_int_equal(span.size, 1 << 20);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_driver_has_its_roles),
		cmocka_unit_test(what_follows_from_roles),
		cmocka_unit_test(memory_types_of_each_kind),
		cmocka_unit_test(spans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
