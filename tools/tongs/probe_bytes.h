/* SPDX-License-Identifier: MIT */
/* Real bytes through each handle type in each memory type: Vulkan, Metal and a second VkDevice write them in turns, and
 * the others read them. */
#ifndef TONGS_TOOL_PROBE_BYTES_H
#define TONGS_TOOL_PROBE_BYTES_H

#include "probe.h"

/* A kind of resource as a handle type. */
struct tongs_probe_kind {
	size_t type;          /* of the handle, as for tongs_probe_get_type_name */
	const char *resource; /* "buffer", "LINEAR image", "OPTIMAL image" */
	bool is_image;
	VkImageTiling tiling; /* of images */
};

enum { TONGS_PROBE_KIND_COUNT = 7, TONGS_PROBE_BYTES_TEXT = 512 };
extern const struct tongs_probe_kind tongs_probe_kinds[TONGS_PROBE_KIND_COUNT];

/* The row of `probe` about such a resource; images are R8G8B8A8_UNORM. NULL if the format table has none. */
const struct tongs_probe_row *tongs_probe_find_row(
	const struct tongs_probe *probe, const struct tongs_probe_kind *kind);

/* Two VkDevices of one physical device, and Metal's queue there. Zeroed by a failed init; finish accepts that. */
struct tongs_probe_bytes {
	struct tongs_context first, second;
	struct tongs_device *device;
	struct tongs_command_queue *queue; /* NULL: the device has none */
};

bool tongs_probe_bytes_init(struct tongs_probe_bytes *bytes, const struct tongs_probe *probe, VkPhysicalDevice device);
void tongs_probe_bytes_finish(struct tongs_probe_bytes *bytes);

/* Tries a resource that `probe`'s row says can be shared, in that memory type. Returns whether all bytes came through;
 * writes who exchanged them, or what is wrong. */
bool tongs_probe_bytes_try(const struct tongs_probe_bytes *bytes, const struct tongs_probe_kind *kind,
	const struct tongs_probe_row *row, uint32_t memory_type, char text[TONGS_PROBE_BYTES_TEXT]);

#endif
