/* SPDX-License-Identifier: MIT */
/* A Vulkan driver for the loader: lavapipe with the profile of another device. Memory types, formats and image caps
 * come from a table; lavapipe does the work. It checks each call by the rules of that device. For a driver that does no
 * work and needs no loader, see fake_driver.h. */
#ifndef TONGS_TESTS_MOCK_H
#define TONGS_TESTS_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include "counts.h"
#include "rules.h"

enum mock_formats {
	MOCK_COMPRESSED = 1 << 0,    /* BC */
	MOCK_DEPTH = 1 << 1,         /* depth and stencil */
	MOCK_THREE_CHANNEL = 1 << 2, /* R32G32B32 */
};

/* Memory types of resources created for no external memory, for HOST_ALLOCATION and for OPAQUE_FD. */
struct mock_types {
	uint32_t plain, host, fd;
};

#define MOCK_HOST VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define MOCK_FD VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT

struct mock_profile {
	const char *name; /* in TONGS_MOCK_PROFILE; begins the UUIDs, too */
	const char *device_name;
	uint32_t vendor, device;
	VkPhysicalDeviceType device_type;
	const char *hidden[6]; /* extensions that the device lacks */

	VkMemoryHeap heaps[4]; /* ends with one of size 0 */
	uint32_t type_count;
	VkMemoryType types[16];
	struct mock_types buffers, linear, optimal; /* lazily allocated ones are left out but for transient images */
	uint32_t pages;                             /* types that host pages can be imported as */
	uint32_t shared_pages;                      /* the same for pages of a MAP_SHARED mapping; 0: as `pages` */

	VkDeviceSize atom, map_alignment, import_alignment; /* limits */
	VkDeviceSize granularity;                           /* bufferImageGranularity; 0: 1 */
	uint32_t allocations;                               /* maxMemoryAllocationCount; 0: no limit */
	VkDeviceSize buffer_alignment, linear_alignment, optimal_alignment;
	VkDeviceSize uniform_alignment, texel_alignment; /* of buffers with that usage; 0: buffer_alignment */
	VkDeviceSize attachment_alignment;               /* of OPTIMAL images with that usage; 0: optimal_alignment */
	/* Bytes that OPTIMAL images need beyond lavapipe's: created for no external memory, as drivers compress these;
	 * for OPAQUE_FD. */
	VkDeviceSize plain_more, fd_more;
	VkDeviceSize address_offset; /* added to every device address */
	/* LINEAR attachments begin at this offset from where they are bound. */
	VkDeviceSize linear_offset;

	VkFormatFeatureFlags no_linear;       /* features that no format has with LINEAR */
	bool lies_about_linear;               /* the image query succeeds without them */
	unsigned no_linear_of, no_optimal_of; /* enum mock_formats that have no features with that tiling */
	bool flat_linear;                     /* LINEAR is 2D with one level, layer and sample */
	/* Handle types (MOCK_HOST, MOCK_FD) with which the image query fails for OPTIMAL; for what is not 2D. */
	VkExternalMemoryHandleTypeFlags no_optimal, no_volumes;
	/* Handle types for which the queries succeed without features. */
	VkExternalMemoryHandleTypeFlags denied_buffers, denied_linear, denied_optimal;
	/* Handle types for which OPTIMAL images require a dedicated allocation, and those where the query says so. */
	VkExternalMemoryHandleTypeFlags dedicated, says_dedicated;
	bool holds_fds;             /* each export and import holds a file descriptor */
	bool no_inert;              /* an import whose handle type is 0 fails */
	bool poisoned_by_import;    /* after one failed import of host pages all fail */
	bool export_reads_image;    /* an export reads the image that the memory is dedicated to */
	bool no_reexport;           /* an import that may be exported itself has other bytes than the exporter */
	VkDriverId driver_id;       /* 0: lavapipe's */
	VkSampleCountFlags samples; /* 0: lavapipe's */
	bool least_limits;          /* of images' sizes and layers: the specification's least */
	/* VkExternalSemaphoreHandleTypeFlags. What lavapipe lacks of binary ones stays out. Timelines as OPAQUE_FD are
	 * semaphores.c's work, and families have MOCK_QUEUES queues then. */
	VkExternalSemaphoreHandleTypeFlags binary_semaphores, timeline_semaphores;
	bool one_queue;               /* and yet */
	bool late_waits;              /* of several threads that wait for a semaphore, one is woken at once */
	uint64_t timeline_difference; /* maxTimelineSemaphoreValueDifference; 0: lavapipe's */
	/* Of depth and stencil, with sample 0. Lavapipe does the others as sample 0. */
	VkResolveModeFlags depth_resolves, stencil_resolves;
};

/* Whether the profile lacks the extension, or TONGS_MOCK_HIDES names it. A device without dynamic rendering or timeline
 * semaphores lacks what is in the core of its version, too: that is 1.2 without rendering. */
bool mock_hides(const char *extension);
/* Handle types whose extension is not hidden. */
VkExternalMemoryHandleTypeFlags mock_handle_types(void);

/* Whether TONGS_MOCK_FAULT names this fault, which makes a driver that is broken:
 * copies: copies into buffers and images leave the last byte or column out; hangs: copies into buffers never return;
 * crashes: these end the process; imports: an imported file has bytes of its own; pages: so have imported host pages;
 * refuses: what is exported or imported cannot be allocated in memory type 1. */
bool mock_has_fault(const char *fault);

/* What TONGS_MOCK_VERSION lowers the device's version to ("1.1"), or the driver's; commands of the core of a later one
 * are then those of extensions alone. */
uint32_t mock_get_version(uint32_t version);

extern const struct mock_profile *mock_profile; /* the one in TONGS_MOCK_PROFILE; never NULL after the first entry */
void mock_choose_profile(void);

/* Reports a call that breaks a rule. A program that made any exits with MOCK_EXIT_STATUS. The environment variable
 * TONGS_MOCK_TOLERATES exempts rules whose name contains it, or one of its parts between commas. */
#define MOCK_EXIT_STATUS 86
void mock_violation(const char *rule, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reports each struct of the chain that is not in `allowed`, a list that ends with 0. */
void mock_check_chain(const char *command, const void *next, const VkStructureType *allowed);

/* Whether timeline semaphores are shared as OPAQUE_FD. */
enum { MOCK_QUEUES = 3 };
bool mock_shares_timelines(void);
/* Stops what mirrors the semaphores of a device. */
void mock_end_semaphores(VkDevice device);

void mock_count_late_wait(void);
void mock_count_failure(void);
void mock_count_semaphores(unsigned imports, unsigned waits, unsigned destroyed);
__attribute__((visibility("default"))) void vk_mockGetCounts(struct mock_counts *counts);
/* VkResolveModeFlags of depth and stencil that the process has used. */
__attribute__((visibility("default"))) unsigned vk_mockGetResolveModes(void);
/* The next call of a command of semaphores.c fails, where that file says so. `command` must stay. */
__attribute__((visibility("default"))) void vk_mockFail(const char *command, VkResult result);
/* The next vkSignalSemaphore begins so much later, less than a second. */
__attribute__((visibility("default"))) void vk_mockDelaySignal(long nanoseconds);
/* From now on, or no longer, all devices are lost: semaphores' values can neither be read nor waited for. */
__attribute__((visibility("default"))) void vk_mockLose(bool is_lost);

/* The hooked commands, each with the suffix of the extension that introduced it. */
#define MOCK_PHYSICAL_DEVICE_COMMANDS(X) \
	X(GetPhysicalDeviceProperties, "") \
	X(GetPhysicalDeviceProperties2, "KHR") \
	X(GetPhysicalDeviceMemoryProperties, "") \
	X(GetPhysicalDeviceMemoryProperties2, "KHR") \
	X(GetPhysicalDeviceFormatProperties, "") \
	X(GetPhysicalDeviceFormatProperties2, "KHR") \
	X(GetPhysicalDeviceImageFormatProperties, "") \
	X(GetPhysicalDeviceImageFormatProperties2, "KHR") \
	X(GetPhysicalDeviceExternalBufferProperties, "KHR") \
	X(GetPhysicalDeviceExternalSemaphoreProperties, "KHR") \
	X(GetPhysicalDeviceFeatures2, "KHR") \
	X(GetPhysicalDeviceQueueFamilyProperties, "") \
	X(GetPhysicalDeviceQueueFamilyProperties2, "KHR") \
	X(EnumerateDeviceExtensionProperties, "") \
	X(CreateDevice, "")
#define MOCK_MEMORY_COMMANDS(X) \
	X(DestroyDevice, "") \
	X(AllocateMemory, "") \
	X(FreeMemory, "") \
	X(GetMemoryFdKHR, "") \
	X(GetMemoryFdPropertiesKHR, "")
#define MOCK_PAGE_COMMANDS(X) X(GetMemoryHostPointerPropertiesEXT, "")
#define MOCK_MAPPING_COMMANDS(X) \
	X(MapMemory, "") \
	X(UnmapMemory, "") \
	X(FlushMappedMemoryRanges, "") \
	X(InvalidateMappedMemoryRanges, "")
#define MOCK_RESOURCE_COMMANDS(X) \
	X(CreateBuffer, "") \
	X(DestroyBuffer, "") \
	X(CreateImage, "") \
	X(DestroyImage, "") \
	X(CreateImageView, "") \
	X(GetBufferMemoryRequirements, "") \
	X(GetBufferMemoryRequirements2, "KHR") \
	X(GetImageMemoryRequirements, "") \
	X(GetImageMemoryRequirements2, "KHR") \
	X(GetDeviceBufferMemoryRequirements, "KHR") \
	X(GetDeviceImageMemoryRequirements, "KHR") \
	X(BindBufferMemory, "") \
	X(BindBufferMemory2, "KHR") \
	X(BindImageMemory, "") \
	X(BindImageMemory2, "KHR") \
	X(GetImageSubresourceLayout, "") \
	X(GetBufferDeviceAddress, "KHR")

#define MOCK_SEMAPHORE_COMMANDS(X) \
	X(DestroySemaphore, "") \
	X(GetSemaphoreCounterValue, "KHR") \
	X(SignalSemaphore, "KHR") \
	X(WaitSemaphores, "KHR") \
	X(GetSemaphoreFdKHR, "") \
	X(ImportSemaphoreFdKHR, "") \
	X(CreateSemaphore, "") \
	X(GetDeviceQueue, "") \
	X(WaitForFences, "") \
	X(CmdPipelineBarrier, "") \
	X(QueueSubmit, "")

#define MOCK_RENDERING_COMMANDS(X) X(CmdBeginRendering, "KHR")

#define MOCK_COPY_COMMANDS(X) \
	X(CmdCopyBuffer, "") \
	X(CmdCopyBufferToImage, "")

/* Commands that the oldest supported headers lack. */
struct mock_layout2 {
	VkStructureType sType;
	void *pNext;
	VkSubresourceLayout subresourceLayout;
};
typedef VkResult(VKAPI_PTR *mock_map2)(VkDevice device, const struct map_info *info, void **data);
typedef VkResult(VKAPI_PTR *mock_unmap2)(VkDevice device, const struct unmap_info *info);
typedef void(VKAPI_PTR *mock_get_layout2)(
	VkDevice device, VkImage image, const void *subresource, struct mock_layout2 *layout);

#define MOCK_MEMBER(name, suffix) PFN_vk##name name;
struct mock_next {
	MOCK_PHYSICAL_DEVICE_COMMANDS(MOCK_MEMBER)
	MOCK_MEMORY_COMMANDS(MOCK_MEMBER)
	MOCK_PAGE_COMMANDS(MOCK_MEMBER)
	MOCK_MAPPING_COMMANDS(MOCK_MEMBER)
	MOCK_RESOURCE_COMMANDS(MOCK_MEMBER)
	MOCK_SEMAPHORE_COMMANDS(MOCK_MEMBER)
	MOCK_COPY_COMMANDS(MOCK_MEMBER)
	MOCK_RENDERING_COMMANDS(MOCK_MEMBER)
	mock_map2 MapMemory2;
	mock_unmap2 UnmapMemory2;
	mock_get_layout2 GetImageSubresourceLayout2;
};
extern struct mock_next mock_next;

/* A command and its hook. The lists end with a row without a name. */
struct mock_hook {
	const char *name, *suffix; /* of the extension that introduced it; may be "" */
	PFN_vkVoidFunction function;
	PFN_vkVoidFunction *next;
};
extern const struct mock_hook mock_physical_device_hooks[], mock_memory_hooks[], mock_page_hooks[],
	mock_mapping_hooks[], mock_resource_hooks[], mock_copy_hooks[], mock_semaphore_hooks[], mock_rendering_hooks[];
/* A row; the hook has the command's name without vk. */
#define MOCK_HOOK(name, suffix) {"vk" #name, suffix, (PFN_vkVoidFunction)name, (PFN_vkVoidFunction *)&mock_next.name},

/* Features of `format` with `tiling`, by the profile. */
VkFormatFeatureFlags mock_features(VkPhysicalDevice physical, VkFormat format, VkImageTiling tiling);

/* The UUIDs of the profile's device and driver. */
void mock_make_uuids(uint8_t device[VK_UUID_SIZE], uint8_t driver[VK_UUID_SIZE]);

/* Records what a device is created with. */
void mock_note_device(VkDevice device, VkPhysicalDevice physical, const VkDeviceCreateInfo *info);

#endif
