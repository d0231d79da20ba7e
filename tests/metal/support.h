/* SPDX-License-Identifier: MIT */
/* Helpers of libtongs' tests: cmocka, plain devices, and captured messages. */
#ifndef TONGS_TEST_SUPPORT_H
#define TONGS_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metal/interop.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The kind of memory of an own device's OPTIMAL images. */
#define OWN_KIND(dev) (tongs_own_device_get_info(dev)->roles.kinds[TONGS_ROLE_OPTIMAL])

/* Roles of a device that shares host pages alone. */
struct tongs_import_roles only_pages(void);

/* A device object as the layer creates it, without a Vulkan device; its largest buffer is 64 MiB. */
struct tongs_device *new_plain_device(VkPhysicalDeviceType type);

/* Captures messages from now on. */
void messages_capture(void);
/* Returns the number of messages since the last call of a messages_ function. */
size_t messages_take(void);
/* Fails unless exactly one error came and it contains `text`. */
void messages_expect(const char *text);
/* The same for one warning. */
void messages_expect_warning(const char *text);
/* Fails unless none came. */
void messages_expect_none(void);

/* Whether `size` bytes are all `value`. */
bool bytes_are(const void *bytes, int value, size_t size);
/* A reproducible sequence. */
uint32_t next_random(uint32_t *state);

/* From the Vulkan loader, independent of libtongs. */
PFN_vkGetInstanceProcAddr load_vulkan(void);

/* Lines of /proc/self/maps. */
size_t count_mappings(void);
/* Those of memory that processes share, which no thread that starts has. */
size_t count_memfd_mappings(void);
/* Entries of /proc/self/fd. */
size_t count_files(void);

#endif
