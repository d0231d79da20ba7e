/* SPDX-License-Identifier: MIT */
/* What the files of the fake driver share. */
#ifndef TONGS_TESTS_MOCK_FAKE_PRIVATE_H
#define TONGS_TESTS_MOCK_FAKE_PRIVATE_H

#include "fake_driver.h"
#include "require.h"
#include "rules.h"

static const VkExternalMemoryHandleTypeFlags METAL_TYPES = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT |
							   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT |
							   VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT,
					     HOST = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;

/* Ends the program of a strict driver. */
#define STRICTLY(condition) REQUIRE(!fake.strict || (condition))
/* The same if `rule` is one that is broken, and says which. */
#define STRICTLY_NO(rule) fake_require_no(rule, __func__)
void fake_require_no(const char *rule, const char *function);

struct fake_command {
	const char *name;
	PFN_vkVoidFunction function;
};

#define FAKE_COMMAND(name, function) \
	{ "vk" #name, (PFN_vkVoidFunction)(PFN_vk##name)function }

/* Of memory, buffers and images; a row without a name ends them. */
extern const struct fake_command fake_resource_commands[];

void fake_check_device(VkDevice device);
/* The chain ends, and each struct of it can be read to its last byte. Only if the driver is strict. */
void fake_check_chain(const void *pNext);
/* Reads every byte, so that AddressSanitizer sees a copy that is too short. */
void fake_read_all(const void *bytes, size_t size);
/* Calls fake.look, if there is one. */
void fake_look(const char *command, const void *pNext);

/* The usages that images of the format can have. */
VkImageUsageFlags fake_get_usage(VkFormat format, VkImageTiling tiling);
/* Frees the handles of all memory, buffers and images. */
void fake_reset_handles(void);

#endif
