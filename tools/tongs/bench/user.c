/* SPDX-License-Identifier: MIT */
/* What an ordinary program has on a device. */
#include "user.h"

static const VkDeviceSize memory_size = 1 << 20;

const VkBufferCreateInfo tongs_bench_user_buffer = {
	.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
	.size = 64 << 10,
	.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_VERTEX_BUFFER_BIT,
};

const VkImageCreateInfo tongs_bench_user_image = {
	.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
	.imageType = VK_IMAGE_TYPE_2D,
	.format = VK_FORMAT_R8G8B8A8_UNORM,
	.extent = {256, 256, 1},
	.mipLevels = 1,
	.arrayLayers = 1,
	.samples = VK_SAMPLE_COUNT_1_BIT,
	.tiling = VK_IMAGE_TILING_LINEAR, /* host-visible memory takes it everywhere */
	.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
};

static bool load(struct tongs_bench_user *user) {
	bool found = true;

#define LOAD(name) \
	user->name = (PFN_vk##name)vkGetDeviceProcAddr(user->device, "vk" #name); \
	found = found && user->name;
	TONGS_BENCH_USER_COMMANDS(LOAD)
#undef LOAD
	return tongs_vulkan_ok(found ? VK_SUCCESS : VK_ERROR_INITIALIZATION_FAILED, "finding the device's commands");
}

static bool allocate(const struct tongs_bench_user *user, VkDeviceMemory *memory) {
	return tongs_vulkan_ok(user->AllocateMemory(user->device,
				       &(VkMemoryAllocateInfo){
					       .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
					       .allocationSize = memory_size,
					       .memoryTypeIndex = user->memory_type,
				       },
				       NULL, memory),
		"vkAllocateMemory");
}

static bool make_memory(struct tongs_bench_user *user) {
	void *bytes;

	return allocate(user, &user->memory) && allocate(user, &user->mapped) &&
	       tongs_vulkan_ok(user->MapMemory(user->device, user->mapped, 0, VK_WHOLE_SIZE, 0, &bytes), "vkMapMemory");
}

static bool make_resources(struct tongs_bench_user *user) {
	return tongs_vulkan_ok(user->CreateBuffer(user->device, &tongs_bench_user_buffer, NULL, &user->buffer),
		       "vkCreateBuffer") &&
	       tongs_vulkan_ok(
		       user->CreateImage(user->device, &tongs_bench_user_image, NULL, &user->image), "vkCreateImage") &&
	       tongs_vulkan_ok(user->BindImageMemory(user->device, user->image, user->memory, 0), "vkBindImageMemory");
}

bool tongs_bench_user_init(struct tongs_bench_user *user, VkDevice device, uint32_t memory_type) {
	*user = (struct tongs_bench_user){.device = device, .memory_type = memory_type};
	return load(user) && make_memory(user) && make_resources(user);
}

void tongs_bench_user_finish(struct tongs_bench_user *user) {
	if (user->DestroyBuffer)
		user->DestroyBuffer(user->device, user->buffer, NULL);
	if (user->DestroyImage)
		user->DestroyImage(user->device, user->image, NULL);
	if (user->FreeMemory) {
		user->FreeMemory(user->device, user->memory, NULL);
		user->FreeMemory(user->device, user->mapped, NULL);
	}
	*user = (struct tongs_bench_user){0};
}
