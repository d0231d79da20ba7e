/* SPDX-License-Identifier: MIT */
/* The warning of vkDestroyDevice: how many objects are left of each type, and which the first are. */
#include "layer/leak_check.h"

#include <stdio.h>

#include "layer/report.h"

struct leftovers {
	VkObjectType type; /* of those that are visited now */
	size_t count;      /* of them */
	size_t named;
	struct tongs_subject subjects[TONGS_MAX_SUBJECTS];
};

static void count(uint64_t key, void *value, void *user) {
	struct leftovers *leftovers = user;
	if (value == TONGS_EXPORTED_ELSEWHERE)
		return;
	leftovers->count++;
	if (leftovers->named < TONGS_MAX_SUBJECTS)
		leftovers->subjects[leftovers->named++] = (struct tongs_subject){leftovers->type, key, NULL};
}

void tongs_leak_check_report(struct tongs_layer_device *device) {
	const struct {
		VkObjectType type;
		const char *name;
		struct tongs_map *map;
	} rows[] = {
		{VK_OBJECT_TYPE_DEVICE_MEMORY, "VkDeviceMemory", &device->memories},
		{VK_OBJECT_TYPE_BUFFER, "VkBuffer", &device->buffers},
		{VK_OBJECT_TYPE_IMAGE, "VkImage", &device->images},
	};
	struct leftovers leftovers = {0};
	char text[128];
	size_t used = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		leftovers.type = rows[i].type;
		leftovers.count = 0;
		tongs_map_visit(rows[i].map, count, &leftovers);
		if (leftovers.count)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu %s", used ? ", " : "",
				leftovers.count, rows[i].name);
	}
	if (used)
		tongs_report_warning(device, "VUID-vkDestroyDevice-device-05137", leftovers.subjects,
			"%s with Metal handle types are alive: destroy and free them before their device. They go with "
			"it, and so do their Metal objects, but for those that somebody has retained",
			text);
}
