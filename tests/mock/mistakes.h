/* SPDX-License-Identifier: MIT */
/* For the tests of the profiles: a device without Tongs, and programs that each make one mistake. */
#ifndef TONGS_TESTS_MOCK_MISTAKES_H
#define TONGS_TESTS_MOCK_MISTAKES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <vulkan/vulkan.h>

#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT
#define OPAQUE_FD VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT

/* Profiles, as bits. */
enum {
	NVIDIA = 1 << 0,
	RADV = 1 << 1,
	ANV_TGL = 1 << 2,
	ANV_DG2 = 1 << 3,
	NVK = 1 << 4,
	SWIFTSHADER = 1 << 5,
	HOSTILE = 1 << 6,
	COARSE = 1 << 7,
	ALL = (1 << 8) - 1,
	ANV = ANV_TGL | ANV_DG2,
	WITH_HOST = ALL & ~NVK,
	WITH_FD = ALL & ~COARSE,
	WITH_DEDICATED = RADV | HOSTILE, /* OPTIMAL images require a dedicated allocation */
	WITH_ONE_TYPE = ANV_TGL | SWIFTSHADER | COARSE,
	WITH_HELD_FDS = SWIFTSHADER | HOSTILE,
};
unsigned get_profile(void); /* its bit */

struct gpu {
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkPhysicalDeviceMemoryProperties memory;
	bool has_host, has_fd;
	VkDeviceSize page; /* minImportedHostPointerAlignment */
};

void check(VkResult result); /* ends the program */
void init(struct gpu *gpu);
/* A second device; without extensions. Only the device is to be destroyed. */
void init_sibling(const struct gpu *gpu, struct gpu *sibling);
void init_bare_sibling(const struct gpu *gpu, struct gpu *sibling);
void finish(struct gpu *gpu);

/* The first type of `bits` with all the flags; memoryTypeCount: none. */
uint32_t find_type(const struct gpu *gpu, uint32_t bits, VkMemoryPropertyFlags flags);

VkBuffer make_buffer(const struct gpu *gpu, VkDeviceSize size, VkExternalMemoryHandleTypeFlags types,
	VkMemoryRequirements *requirements);
/* 64 x 64, R8G8B8A8, to be sampled and copied. */
VkImageCreateInfo image_info(VkImageType type, VkImageTiling tiling);
VkImage make_image(const struct gpu *gpu, const VkImageCreateInfo *info, VkExternalMemoryHandleTypeFlags types,
	VkMemoryRequirements *requirements);
/* VK_NULL_HANDLE where it fails. */
VkDeviceMemory allocate(const struct gpu *gpu, VkDeviceSize size, uint32_t type, const void *next);

/* A program that breaks a rule, on some profiles. */
struct mistake {
	const char *rule; /* is in the message; NULL: there is none, all is well */
	void (*make)(struct gpu *gpu);
	unsigned profiles;
};
/* Runs each in a process of its own, before this one has a driver whose threads a child would lack. */
void check_mistakes(const struct mistake *mistakes, size_t count);

#endif
