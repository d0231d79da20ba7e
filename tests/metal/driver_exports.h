/* SPDX-License-Identifier: MIT */
/* Driver memory of VkDevices of two instances without Tongs, an exporter and an importer; where libtongs uses driver
 * memory on the device, its own device is a third. */
#ifndef TONGS_TESTS_METAL_DRIVER_EXPORTS_H
#define TONGS_TESTS_METAL_DRIVER_EXPORTS_H

#include <stdatomic.h>

#include "../layer/harness.h"
#include "../layer/held.h"
#include "memory/driver_memory.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* SPARE and KEPT are MAX_SPARE_FDS and MAX_KEPT_FDS. */
enum { SIZE = 20000, SPARE = 128, KEPT = 512 };

extern struct gpu gpus[2];
extern struct tongs_own_device *own; /* NULL: it shares no driver memory */
extern PFN_vkGetMemoryFdKHR get_fd;
extern atomic_uint errors; /* that were logged by this test */

/* One error was logged, with this text. */
void expect_error(const char *text);

/* Of a group of tests. */
int open_devices(void **state);
int close_devices(void **state);
#define TEST(name) cmocka_unit_test_setup(name, begin_test)
int begin_test(void **state);

/* Mappings and imports of libtongs' own device require that it uses driver memory. */
#define REQUIRE_OWN() \
	do { \
		if (!own) \
			skip(); \
	} while (0)

/* For tongs_driver_memory_detach: libtongs' own device, or none. */
struct tongs_own_device *open_own(void *user);
struct tongs_own_device *open_none(void *user);
extern unsigned opened; /* calls of these */

/* Memory of gpus[0] with a buffer in it, and its payload with two references: the memory's and a Metal object's. */
struct exported {
	VkBuffer buffer;
	VkDeviceMemory memory;
	struct tongs_payload *payload;
	struct tongs_driver_memory_info info;
};

/* Without Vulkan memory yet. */
void exported_create(struct exported *exported, bool mapped);
void exported_attach(struct exported *exported);
void exported_init(struct exported *exported, bool mapped); /* both */
/* As vkFreeMemory does. */
void exported_free(struct exported *exported, struct tongs_own_device *(*open_device)(void *user));

/* An import into gpus[1] with a buffer. */
struct imported {
	VkBuffer buffer;
	VkDeviceMemory memory;
};

VkResult try_import_payload(struct tongs_payload *payload, uint32_t type, struct imported *imported);
void imported_init(struct imported *imported, const struct exported *exported);
void imported_free(struct imported *imported);

void write_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed);
void check_noise(struct gpu *gpu, VkBuffer buffer, uint32_t seed);
/* By an import. */
void check_bytes(const struct exported *exported, uint32_t seed);

/* A memory file that stands for a payload, so that no driver is slow or takes locks of its own: its number is the
 * VkDeviceMemory. */
int make_file(void);
VKAPI_ATTR VkResult VKAPI_CALL fake_get_fd(VkDevice device, const VkMemoryGetFdInfoKHR *info, int *fd);

#endif
