/* SPDX-License-Identifier: MIT */
/* Tells the application which rule it broke. */
#ifndef TONGS_LAYER_REPORT_H
#define TONGS_LAYER_REPORT_H

#include "layer/records.h"

/* Sends one validation error to the application's VK_EXT_debug_utils messengers, if it has any: the name of the `rule`
 * (a VUID), the object, and a printf-like text which says what was given, what was wanted and how to mend it. */
void tongs_report(const struct tongs_vk_device *device, const char *rule, VkObjectType type, uint64_t object,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "MTLBUFFER" and so on; "MTLBUFFER|MTLHEAP" for more; hexadecimal for what isn't Metal's. `text` has room for 96
 * bytes; returned. */
enum { TONGS_TYPES_TEXT_SIZE = 96 };
const char *tongs_report_types(VkExternalMemoryHandleTypeFlags types, char text[TONGS_TYPES_TEXT_SIZE]);

#endif
