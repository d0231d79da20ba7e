/* SPDX-License-Identifier: MIT */
/* Faults of a broken driver, for what must notice them. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "objects.h"

bool mock_has_fault(const char *fault) {
	const char *name = getenv("TONGS_MOCK_FAULT");

	return name && strcmp(name, fault) == 0;
}

static VKAPI_ATTR void VKAPI_CALL CmdCopyBuffer(
	VkCommandBuffer commands, VkBuffer from, VkBuffer to, uint32_t count, const VkBufferCopy *regions) {
	while (mock_has_fault("hangs"))
		pause();
	if (mock_has_fault("crashes"))
		raise(SIGKILL);
	for (uint32_t i = 0; i < count; i++) {
		VkBufferCopy region = regions[i];
		region.size -= mock_has_fault("copies") && region.size > 1;
		mock_next.CmdCopyBuffer(commands, from, to, 1, &region);
	}
}

static VKAPI_ATTR void VKAPI_CALL CmdCopyBufferToImage(VkCommandBuffer commands, VkBuffer from, VkImage to,
	VkImageLayout layout, uint32_t count, const VkBufferImageCopy *regions) {
	for (uint32_t i = 0; i < count; i++) {
		VkBufferImageCopy region = regions[i];
		if (mock_has_fault("copies") && region.imageExtent.width > 1) {
			region.bufferRowLength =
				region.bufferRowLength ? region.bufferRowLength : region.imageExtent.width;
			region.imageExtent.width--;
		}
		mock_next.CmdCopyBufferToImage(commands, from, to, layout, 1, &region);
	}
}

const struct mock_hook mock_copy_hooks[] = {MOCK_COPY_COMMANDS(MOCK_HOOK){0}};
