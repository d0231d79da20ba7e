/* SPDX-License-Identifier: MIT */
/* Fixture of the layer's tests: a device with the extension through the real loader, and helpers for buffers, images,
 * memory and copies. A call that fails unexpectedly fails the test. */
#ifndef TONGS_TESTS_LAYER_HARNESS_H
#define TONGS_TESTS_LAYER_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tongs/format.h>
#include <tongs/metal.h>
#include <tongs/vulkan_metal.h>
#include <vulkan/vulkan.h>

#define MTLBUFFER VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
#define MTLTEXTURE VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT
#define MTLHEAP VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT

#define assert_vk(call) assert_int_equal(call, VK_SUCCESS)

struct gpu_options {
	uint32_t api_version;   /* 0: 1.3 */
	uint32_t device;        /* the index of the physical device; the test is skipped if there are not as many */
	bool without_extension; /* the device doesn't enable VK_EXT_external_memory_metal */
	bool with_objects;      /* the device enables VK_EXT_metal_objects */
	/* VkExportMetalObjectCreateInfoEXT in the chain of an instance with a messenger; one bit each, 0: none. */
	VkExportMetalObjectTypeFlagsEXT instance_exports[2];
	bool without_messenger;     /* the instance doesn't enable VK_EXT_debug_utils */
	bool with_foreign;          /* the device enables VK_EXT_queue_family_foreign */
	bool with_fd;               /* the device enables VK_KHR_external_memory_fd */
	bool with_synchronization2; /* the device enables it if it can; older validation layers then miss acquires */
	bool without_loader;        /* the messenger does not receive the loader's messages about failed calls */
	/* VkLayerSettingsCreateInfoEXT for the instance, which then enables VK_EXT_layer_settings and has no messenger;
	 * may be NULL. */
	const void *layer_settings;
	/* Of the instance and the device; may be NULL. */
	const VkAllocationCallbacks *callbacks;
};

/* A message of Tongs that a messenger received. */
struct message {
	VkDebugUtilsMessageSeverityFlagBitsEXT severity;
	char rule[128];
	int32_t number;
	char text[1024];
	uint32_t object_count;
	struct {
		VkObjectType type;
		uint64_t handle;
		char name[128]; /* "": none */
	} objects[4];
};

/* An instance, a device with one queue, and the extension's commands. */
struct gpu {
	VkInstance instance;
	VkPhysicalDevice physical_device;
	VkDevice device;
	uint32_t queue_family;
	VkQueue queue;
	VkCommandPool pool;
	VkDebugUtilsMessengerEXT messenger;
	const VkAllocationCallbacks *callbacks;
	bool has_addresses, has_dynamic_rendering, has_synchronization2, has_timelines,
		has_ycbcr; /* the features are enabled */
	PFN_vkGetMemoryMetalHandleEXT get_handle;
	PFN_vkGetMemoryMetalHandlePropertiesEXT get_properties;
	PFN_vkExportMetalObjectsEXT export_objects; /* NULL: not enabled */
	/* Messages of Tongs since assert_reported, how many of them are errors, and the last one; errors of a
	 * validation layer below, which gpu_finish asserts to be 0. */
	unsigned reports, refused;
	struct message last;
	const char *expected_below; /* may be NULL; a rule whose errors from below are no errors of the test */
	unsigned errors_below;
	uint32_t api_version;
	VkInstance borrowed_instance; /* a sibling's */
	bool with_objects;            /* siblings have VK_EXT_metal_objects, too */
	struct gpu *reader;           /* from gpu_get_reader; NULL: not asked for yet */
};

void gpu_init(struct gpu *gpu, const struct gpu_options *options); /* NULL: the defaults */
void gpu_finish(struct gpu *gpu);
/* For flows of real programs: nothing that they do may be refused; some of it causes warnings. */
void gpu_finish_unrefused(struct gpu *gpu);
/* And skips the test. */
void gpu_finish_and_skip(struct gpu *gpu, const char *reason);

/* Whether the environment enables the validation layer. gpu_init asserts that it is loaded then. */
bool is_validated(void);

/* Asserts that Tongs reported `rule` (its number is enough) in one message since the last call; NULL: no message. */
void assert_reported(struct gpu *gpu, const char *rule);

/* The same. Also asserts that the message has `severity`, and that its objects include `handle` of `type` with `name`
 * (NULL: none), which the text also contains. Its last object is the device. */
#define OBJECT(type, handle, name) VK_OBJECT_TYPE_##type, (uint64_t)(uintptr_t)(handle), name
void assert_reported_of(struct gpu *gpu, const char *rule, VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkObjectType type, uint64_t handle, const char *name);
void set_name(struct gpu *gpu, VkObjectType type, uint64_t handle, const char *name);
#define REFUSED VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT
#define TOLERATED VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT

/* A device on the same physical device of the same instance; shares its instance. gpu_finish it first. */
void gpu_init_sibling(struct gpu *sibling, const struct gpu *gpu);
/* A sibling that lives until gpu_finish_reader or gpu_finish. */
struct gpu *gpu_get_reader(struct gpu *gpu);
void gpu_finish_reader(struct gpu *gpu);

VkBuffer make_buffer(struct gpu *gpu, VkDeviceSize size, VkBufferUsageFlags usage,
	VkExternalMemoryHandleTypeFlags types); /* 0 types: not shared */
VkImageCreateInfo image_info(
	VkFormat format, uint32_t width, uint32_t height, VkImageTiling tiling); /* all transfers and sampling */
/* Skips the test if such an image cannot be shared, unless memory is unified. */
VkImage make_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types);

/* The lowest of the memory types in `bits` that has `flags`. */
uint32_t pick_type(struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags);
/* The lowest that can be mapped, or the lowest if none can. */
uint32_t pick_mapped(struct gpu *gpu, uint32_t bits);
/* The lowest that memory exported as MTLBUFFER and MTLHEAP can have. */
uint32_t pick_combined(struct gpu *gpu, uint32_t bits);
/* Whether memory of the type can be mapped. */
bool is_mapped(struct gpu *gpu, uint32_t type);
/* A memory type that buffers can be shared in, as MTLBUFFER or as `types`. */
uint32_t shared_type(struct gpu *gpu);
uint32_t shared_type_as(struct gpu *gpu, VkExternalMemoryHandleTypeFlags types);
/* The GPU is the CPU, and the driver says that it imports host pages: then they work for everything. */
bool has_unified_memory(struct gpu *gpu);
/* Whether the driver says that it imports host pages for buffers. */
bool imports_host_pages(const struct gpu *gpu);
/* Whether the query reports that memory of buffers can be exported as MTLBUFFER and MTLHEAP at once. */
bool can_combine(struct gpu *gpu);
/* The same for LINEAR images with `info`. */
bool can_combine_images(struct gpu *gpu, const VkImageCreateInfo *info);
/* Whether the query reports that such an image's memory must be dedicated to it. */
bool needs_dedicated(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type);
/* Whether the format is in the core of the device's and the instance's version; other formats are invalid. */
bool gpu_has_format(const struct gpu *gpu, const struct tongs_format *format);
/* What vkGetPhysicalDeviceImageFormatProperties2 reports of images with `info` that are shared as `type`. */
VkResult query_image_as(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlagBits type,
	VkImageFormatProperties *limits, VkExternalMemoryProperties *external);
/* Whether the query reports that images with `info` can be shared as `type`. On a device with unified memory the tests
 * require that; elsewhere, host memory may not support it. */
bool can_share_image(struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags type);

/* Memory for export as `types`; dedicated to `image` or `buffer` unless they are NULL. */
VkDeviceMemory export_memory(struct gpu *gpu, VkDeviceSize size, uint32_t type, VkExternalMemoryHandleTypeFlags types,
	VkImage image, VkBuffer buffer);
VkDeviceMemory export_for_buffer(struct gpu *gpu, VkBuffer buffer, VkExternalMemoryHandleTypeFlags types);
VkDeviceMemory export_for_image(struct gpu *gpu, VkImage image, VkExternalMemoryHandleTypeFlags types);

VkResult try_import(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle, VkDeviceSize size,
	uint32_t memory_type, VkImage image, VkDeviceMemory *memory);

/* Asserts that there is no memory type to import the MTLBuffer as, and that the import is refused with the reason. */
void refuse_import(struct gpu *gpu, const void *buffer, VkDeviceSize size, const char *reason);
#define NO_HOST_PAGES "are host pages, which the driver cannot import"
#define MAPPED_DRIVER_MEMORY "are driver memory that the CPU maps, and MTLBUFFER is host pages on this device"

void *handle_of(struct gpu *gpu, VkDeviceMemory memory, VkExternalMemoryHandleTypeFlags type);
uint32_t handle_types(struct gpu *gpu, VkExternalMemoryHandleTypeFlags type, const void *handle); /* memoryTypeBits */

VkCommandBuffer begin(struct gpu *gpu);
void submit(struct gpu *gpu, VkCommandBuffer commands); /* and wait */

/* A mapped buffer without Metal handle types, for copies. Skips the test if TONGS_TESTS_CANNOT_EXECUTE is set, which is
 * for drivers over a kernel without a GPU. */
struct staging {
	VkBuffer buffer;
	VkDeviceMemory memory;
	void *bytes;
};

void staging_init(struct gpu *gpu, struct staging *staging, VkDeviceSize size);
void staging_finish(struct gpu *gpu, struct staging *staging);

/* Copies between host bytes and a resource, by the GPU and a staging buffer without Metal handle types. */
void gpu_write_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, const void *bytes, VkDeviceSize size);
void gpu_read_buffer(struct gpu *gpu, VkBuffer buffer, VkDeviceSize offset, void *bytes, VkDeviceSize size);
void gpu_write_image(struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, const void *texels,
	VkDeviceSize size); /* from UNDEFINED to GENERAL */
/* Releases a buffer from one queue family to another, or acquires it. */
void gpu_transfer_buffer(struct gpu *gpu, VkBuffer buffer, uint32_t from, uint32_t to);
/* The same for a whole image, which stays in GENERAL. */
void gpu_transfer_image(struct gpu *gpu, VkImage image, VkImageAspectFlags aspects, uint32_t from, uint32_t to);
void gpu_acquire_image(struct gpu *gpu, VkImage image); /* an imported one, left in GENERAL by its external user */
void gpu_read_image(struct gpu *gpu, VkImage image, uint32_t width, uint32_t height, void *texels,
	VkDeviceSize size); /* stays GENERAL */

/* `size` bytes of noise that depends on `seed`. */
void fill_noise(void *bytes, size_t size, uint32_t seed);

#endif
