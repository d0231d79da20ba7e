/* SPDX-License-Identifier: MIT */
/* An ordinary program's objects on a device, none of which is shared, and the commands that it uses on them. */
#ifndef TONGS_TOOL_BENCH_USER_H
#define TONGS_TOOL_BENCH_USER_H

#include "client/vulkan.h"

#define TONGS_BENCH_USER_COMMANDS(X) \
	X(AllocateMemory) \
	X(BindBufferMemory) \
	X(BindImageMemory) \
	X(CreateBuffer) \
	X(CreateImage) \
	X(CreateImageView) \
	X(DestroyBuffer) \
	X(DestroyImage) \
	X(DestroyImageView) \
	X(FlushMappedMemoryRanges) \
	X(FreeMemory) \
	X(GetBufferMemoryRequirements) \
	X(GetBufferMemoryRequirements2) \
	X(GetImageMemoryRequirements) \
	X(GetImageMemoryRequirements2) \
	X(InvalidateMappedMemoryRanges) \
	X(MapMemory) \
	X(UnmapMemory)

struct tongs_bench_user {
	VkDevice device; /* borrowed */
	uint32_t memory_type;
	VkDeviceMemory memory; /* of both resources in turn; never mapped */
	VkDeviceMemory mapped;
	VkBuffer buffer;
	VkImage image; /* bound to `memory`, as views want it */
		       /* As vkGetDeviceProcAddr gives them. */
#define DECLARE(name) PFN_vk##name name;
	TONGS_BENCH_USER_COMMANDS(DECLARE)
#undef DECLARE
};

/* `memory_type` is host-visible. False, with a message. `finish` takes a zeroed or half-made one. */
bool tongs_bench_user_init(struct tongs_bench_user *user, VkDevice device, uint32_t memory_type);
void tongs_bench_user_finish(struct tongs_bench_user *user);

/* The resources that it has, and that it makes. */
extern const VkBufferCreateInfo tongs_bench_user_buffer;
extern const VkImageCreateInfo tongs_bench_user_image;

#endif
