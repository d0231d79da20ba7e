/* SPDX-License-Identifier: MIT */
/* Imports of Metal handles: the checks of the object, and the memory types that it can be imported as. */
#ifndef TONGS_LAYER_IMPORT_H
#define TONGS_LAYER_IMPORT_H

#include "layer/objects.h"
#include "layer/report.h"

struct tongs_layer_import {
	struct tongs_layer_device *dev;
	const VkMemoryAllocateInfo *info;
	const VkImportMemoryMetalHandleInfoEXT *metal;  /* handleType is one of Metal's */
	const VkMemoryDedicatedAllocateInfo *dedicated; /* may be NULL */
	bool objects;                                   /* by VK_EXT_metal_objects: messages name no rule */

	enum tongs_kind kind;
	void *object; /* a reference, which the caller releases; NULL: the handle is not an object's */
	struct tongs_backing backing;
	VkDeviceSize page_offset; /* of the object's first byte in the driver's memory */
	VkDeviceSize size;        /* of the memory, in bytes */

	struct tongs_layer_image *image;   /* textures: the image that the memory is dedicated to */
	VkMemoryRequirements requirements; /* the image's */
	/* Of tongs_layer_import_get_subjects. The label is a copy: another thread may set a new one meanwhile. */
	struct tongs_subject subjects[TONGS_MAX_SUBJECTS];
	char label[TONGS_LABEL_TEXT_SIZE];
};

/* References the object behind `metal->handle` and checks it against the rest of the allocation. False, with a report,
 * if it can't be imported. In either case `import->object` is then a reference or NULL, and nothing else needs to be
 * cleaned up. */
bool tongs_layer_import_init(struct tongs_layer_import *import, struct tongs_layer_device *dev,
	const VkMemoryAllocateInfo *info, const VkImportMemoryMetalHandleInfoEXT *metal,
	const VkMemoryDedicatedAllocateInfo *dedicated, bool objects);

/* The memory types that an MTLTexture, or the MTLBuffer of several, can be imported as by VK_EXT_metal_objects.
 * VK_ERROR_INVALID_EXTERNAL_HANDLE, with a report, for a handle that is no such object of the device, or whose bytes
 * cannot be imported. */
VkResult tongs_layer_import_query_object(
	struct tongs_layer_device *dev, enum tongs_kind kind, void *handle, uint32_t *memory_types);

/* Whether the driver can import the object's bytes as the allocation's memory type. VK_ERROR_INVALID_EXTERNAL_HANDLE,
 * with a report, if it can't; or the driver's error. */
VkResult tongs_layer_import_check_memory_type(struct tongs_layer_import *import);

/* What messages about the import are about: the handle and the dedicated resource. */
const struct tongs_subject *tongs_layer_import_get_subjects(struct tongs_layer_import *import);

/* The memory types that the driver imports `import` as from `offset` on, a multiple of import_alignment, without those
 * that cannot be shared; 0 on failure. */
VkResult tongs_layer_import_query_memory_types(
	struct tongs_layer_device *dev, const struct tongs_import *import, VkDeviceSize offset, uint32_t *memory_types);

#endif
