/* SPDX-License-Identifier: MIT */
/* Reports to the application which rule it broke. */
#ifndef TONGS_LAYER_REPORT_H
#define TONGS_LAYER_REPORT_H

#include "layer/objects.h"

/* An object that a message is about. The device is always added as the last one. */
struct tongs_subject {
	VkObjectType type; /* VK_OBJECT_TYPE_UNKNOWN: a Metal object, or what was passed as one */
	uint64_t handle;   /* 0: left out */
	const char *name;  /* NULL: the name that the application gave to the handle, if any */
};

/* An array of the most subjects that a message can have: TONGS_SUBJECTS(TONGS_VK(IMAGE, image), TONGS_METAL(handle,
 * label)). */
enum { TONGS_MAX_SUBJECTS = 3 };
#define TONGS_SUBJECTS(...) ((const struct tongs_subject[TONGS_MAX_SUBJECTS]){__VA_ARGS__})
#define TONGS_VK(type, handle) \
	{ VK_OBJECT_TYPE_##type, TONGS_KEY(handle), NULL }
#define TONGS_METAL(handle, label) \
	{ VK_OBJECT_TYPE_UNKNOWN, (uint64_t)(uintptr_t)(handle), label }

/* Reports a validation error, for a call that fails: to the application's VK_EXT_debug_utils messengers; or, if it has
 * none and its `validation` is set, to the log. `rule` is a VUID, or a name of Tongs' own that begins with "TONGS-".
 * `subjects` is an array of TONGS_MAX_SUBJECTS, or NULL for the device alone. The printf-like text, without a full
 * stop, says what is wrong, with the value; then, after a colon, the next step.
 *
 * An instance reports the same rule about the same subjects `duplicate_message_limit` times. May be called from any
 * thread while the device lives. The caller must not hold a lock that a Vulkan command takes: messengers run here. */
void tongs_report(struct tongs_layer_device *dev, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same as a validation warning, for a call that succeeds all the same. */
void tongs_report_warning(struct tongs_layer_device *dev, const char *rule, const struct tongs_subject *subjects,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Reports why tongs_chain_init returned VK_ERROR_VALIDATION_FAILED_EXT. */
struct tongs_chain;
void tongs_report_unknown_struct(struct tongs_layer_device *dev, const struct tongs_chain *chain);

/* True, with a report, if a create info of `what` asks for exports that it must not; `wanted` are those it may. */
bool tongs_report_wrong_export(struct tongs_layer_device *dev, const struct tongs_wrong_export *wrong, const char *rule,
	const struct tongs_subject *subjects, const char *what, const char *wanted);

/* Whether a report reaches anyone: to skip checks that serve nothing else. */
bool tongs_report_has_listener(const struct tongs_layer_device *dev);

/* "MTLBUFFER", "MTLBUFFER|MTLHEAP" and so on; hexadecimal for types that aren't Metal's. Returns `text`. */
enum { TONGS_TYPES_TEXT_SIZE = 96 };
const char *tongs_report_types(VkExternalMemoryHandleTypeFlags types, char text[TONGS_TYPES_TEXT_SIZE]);

/* Vulkan's name of the format, or its number. Returns `text`. */
enum { TONGS_FORMAT_TEXT_SIZE = 64 };
const char *tongs_report_format(VkFormat format, char text[TONGS_FORMAT_TEXT_SIZE]);

#endif
