/* SPDX-License-Identifier: MIT */
/* Tells the application which rule it broke. */
#ifndef TONGS_LAYER_REPORT_H
#define TONGS_LAYER_REPORT_H

#include "layer/objects.h"

/* What a message is about, besides the device, which is always the last of its objects. */
struct tongs_subject {
	VkObjectType type; /* VK_OBJECT_TYPE_UNKNOWN: a Metal object, or what was given as one */
	uint64_t handle;   /* 0: left out */
	const char *name;  /* may be NULL */
};

/* As many as a message may have: TONGS_SUBJECTS(TONGS_VK(IMAGE, image), TONGS_METAL(handle, label)). */
enum { TONGS_MAX_SUBJECTS = 3 };
#define TONGS_SUBJECTS(...) ((const struct tongs_subject[TONGS_MAX_SUBJECTS]){__VA_ARGS__})
#define TONGS_VK(type, handle) \
	{ VK_OBJECT_TYPE_##type, TONGS_KEY(handle), NULL }
#define TONGS_METAL(handle, label) \
	{ VK_OBJECT_TYPE_UNKNOWN, (uint64_t)(uintptr_t)(handle), label }

/* Sends one validation error to the application's VK_EXT_debug_utils messengers, or to the log where it has none and
 * TONGS_VALIDATION says so: a call was refused. It has the name of the `rule` (a VUID), the `subjects` (NULL: the
 * device alone) with the names that the application gave them, and a printf-like text without a full stop which says
 * what was given, what was wanted and how to mend it. The same rule and the same subjects are told
 * TONGS_VALIDATION_LIMIT times by an instance. May be called from any thread, with the device alive and no lock held
 * that a Vulkan command takes. */
void tongs_report(struct tongs_layer_device *device, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same as a validation warning: a rule was broken, and the call was done. `rule` is a VUID, or a name of ours that
 * begins with "TONGS-". */
void tongs_report_warning(struct tongs_layer_device *device, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Tells why a chain could not be copied (tongs_chain_init's VK_ERROR_VALIDATION_FAILED_EXT). */
struct tongs_chain;
void tongs_report_unknown_struct(struct tongs_layer_device *device, const struct tongs_chain *chain);

/* Whether a message would reach anyone: for checks that decide nothing else. */
bool tongs_report_is_heard(const struct tongs_layer_device *device);

/* "MTLBUFFER" and so on; "MTLBUFFER|MTLHEAP" for more; hexadecimal for what isn't Metal's. `text` has room for 96
 * bytes; returned. */
enum { TONGS_TYPES_TEXT_SIZE = 96 };
const char *tongs_report_types(VkExternalMemoryHandleTypeFlags types, char text[TONGS_TYPES_TEXT_SIZE]);

#endif
